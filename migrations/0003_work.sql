-- Who works on what, and when.

create table leases (
    connection uuid primary key,
    holder text not null,
    token bigint not null,               -- increases with every holder: the fence
    until timestamptz not null
);

create table schedules (
    connection uuid not null,
    what text not null,
    every bigint not null check (every > 0),   -- milliseconds
    next_run timestamptz not null,
    primary key (connection, what)
);
create index schedules_due on schedules (next_run);

-- What a connection was asked to look at and has not looked at yet.
create table asks (
    connection uuid not null,
    what text not null,
    at timestamptz not null default now(),
    primary key (connection, what)
);
