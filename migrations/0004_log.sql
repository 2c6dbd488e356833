-- Who did what, and why. Rows are only ever added; each carries a hash over itself and the one before.

create table log (
    chain text not null,                 -- a connection's id, or 'sidecar'
    seq bigint not null,
    at timestamptz not null,
    who text not null,
    what text not null,
    subject text not null,
    reason text not null,
    outcome text not null,
    detail text not null,                -- JSON, as text: the hash is over these very bytes
    hash bytea not null,
    primary key (chain, seq)
);
create index log_at on log (at desc);

-- The end of each chain, locked while it grows: a log that was cut short no longer reaches it.
create table log_heads (
    chain text primary key,
    seq bigint not null,
    hash bytea not null
);

create function log_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the log is append-only';
end
$$;

create trigger log_rows before update or delete on log
    for each row execute function log_is_append_only();
create trigger log_whole before truncate on log
    for each statement execute function log_is_append_only();
