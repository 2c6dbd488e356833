-- Who is connected: paired Odoo databases, and the places in clouds that belong to them.

create table databases (
    uuid text primary key,               -- Odoo's own database.uuid
    url text not null,
    name text not null,
    login text not null,
    key bytea not null,                  -- sealed: the API key of the service user
    secret bytea not null,               -- sealed: signs tokens and nudges both ways
    epoch text not null,                 -- of Odoo's feed; another one means a restored or copied database
    wire text not null,                  -- json2 or xmlrpc
    created timestamptz not null default now(),
    updated timestamptz not null default now()
);

create table connections (
    id uuid primary key,
    database text not null references databases (uuid),
    name text not null,
    provider text not null,
    settings jsonb not null default '{}',  -- what everybody may read: address, path
    secrets bytea,                         -- sealed: passwords, tokens
    state text not null default 'active' check (state in ('active', 'paused', 'held', 'error')),
    reason text,                           -- why it is in that state, for people
    root_label text not null default '',
    web_url text,
    created timestamptz not null default now(),
    updated timestamptz not null default now(),
    unique (database, name)
);

create table settings (
    key text primary key,
    value jsonb not null,
    updated timestamptz not null default now()
);
