-- Without the addon Odoo keeps no folders and tells no changes: both are kept here.

-- Whether the addon is in the database. Without it everything below counts.
alter table databases add column addon boolean not null default true;

-- Orders what was written to the two tables below. Whoever writes holds the database's lock until
-- its end, so that a reader never sees a later number before an earlier one.
create sequence plain_version;

create table plain_folder (
    id bigint generated always as identity primary key,
    database text not null,
    key text not null,                   -- of the rule's or record's, or of the operation that made it
    name text not null,
    parent bigint,                       -- null for the root of a connection only
    kind text not null check (kind in ('root', 'rule', 'record', 'manual', 'shortcut')),
    rule bigint,
    model text,                          -- whose folder it is
    res_id bigint,
    in_scope boolean not null default true,
    stopped boolean not null default false,
    connection uuid not null,
    version bigint not null,
    gone boolean not null default false  -- a tombstone
);
create unique index plain_folder_key on plain_folder (database, key) where not gone;
create index plain_folder_version on plain_folder (database, version);
create index plain_folder_record on plain_folder (database, model, res_id) where not gone;
create index plain_folder_parent on plain_folder (parent) where not gone;

-- Files as Odoo last told them, and where among the folders they lie.
create table plain_file (
    database text not null,
    id bigint not null,                  -- of the attachment
    folder bigint not null,
    model text not null,
    res_id bigint not null,
    name text not null,
    size bigint not null,
    sha1 text not null,
    written text not null,               -- Odoo's write_date
    created text not null,               -- Odoo's create_date: another one is another attachment
    owed boolean not null default false, -- Odoo is still to be told the record
    version bigint not null,
    gone boolean not null default false, -- a tombstone
    primary key (database, id)
);
create index plain_file_version on plain_file (database, version);
create index plain_file_folder on plain_file (folder) where not gone;

-- Files that are being made in Odoo: what an unheard call made is found again by these.
create table plain_creation (
    database text not null,
    key uuid not null,                   -- of the operation
    folder bigint not null,
    model text not null,
    res_id bigint not null,
    name text not null,
    sha1 text not null,
    above bigint not null,               -- the greatest attachment known before
    made bigint,                         -- what was made, once that is known
    at timestamptz not null default now(),
    primary key (database, key)
);

-- What was last written to the witness in Odoo: an older word there tells of a restored backup.
create table plain_beat (
    database text not null,
    beat text not null,
    at timestamptz not null default now(),
    primary key (database, beat)
);
