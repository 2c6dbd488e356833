-- The books: what each side told, what both agreed on, and what is intended.
-- No foreign keys to connections: a million rows would pay for them, and forgetting a connection
-- deletes its book explicitly.

create table entries (
    connection uuid not null,
    side text not null,
    id text not null,
    parent text,
    name text not null,
    kind text not null,
    revision text not null,
    fingerprint jsonb,
    automatic boolean not null,
    released boolean not null,
    primary key (connection, side, id)
);
-- The subtree that vanishes with its folder.
create index entries_parent on entries (connection, side, parent);

create table pairs (
    connection uuid not null,
    id uuid not null,
    odoo text not null,
    cloud text not null,
    kind text not null,
    parent uuid,
    odoo_name text not null,
    cloud_name text not null,
    odoo_revision text not null,
    cloud_revision text not null,
    fingerprint jsonb,
    proof jsonb,
    proved boolean not null,
    primary key (connection, id),
    unique (connection, odoo),
    unique (connection, cloud)
);

create table cursors (
    connection uuid not null,
    side text not null,
    cursor text not null,
    primary key (connection, side)
);

create table operations (
    connection uuid not null,
    id uuid not null,
    key text not null,
    verb text not null,
    class smallint not null,             -- smaller is more urgent
    action jsonb not null,
    reason text not null,
    subject text not null,
    state text not null check (state in ('intended', 'waiting', 'stuck', 'done', 'dropped')),
    attempts integer not null,
    run_at bigint not null,              -- milliseconds since 1970 UTC
    message text,
    created timestamptz not null default now(),
    updated timestamptz not null default now(),
    primary key (connection, id)
);
create unique index operations_open on operations (connection, key) where state not in ('done', 'dropped');
create index operations_queue on operations (connection, class, run_at) where state not in ('done', 'dropped');
create index operations_recent on operations (connection, updated desc);

create table trashed (
    connection uuid not null,
    odoo text not null,
    handle text not null,
    fingerprint jsonb not null,
    primary key (connection, odoo)
);

create table held (
    connection uuid primary key,
    cause text not null,
    keys text[] not null,
    whole boolean not null,
    approved boolean not null,
    since timestamptz not null default now()
);
