-- A folder of Odoo whose rule says that nothing in it is synced any more.
alter table entries add column stopped boolean not null default false;
