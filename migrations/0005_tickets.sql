-- Admin tickets that were used: each opens the admin page once.

create table tickets (
    digest text primary key,
    until timestamptz not null           -- after this the ticket has expired anyway
);
