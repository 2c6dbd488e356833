"""The records of the rules' bench: customers with projects, tasks and orders, and leads of teams.

One of each is made by Odoo itself; the others are copies of its row, since Odoo would take an hour
for as many. The whole set lies in a template database that is kept in the bed.
"""

import contextlib
import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .. import place, process, template
from ..odoo import Database, Odoo
from ..postgres import Postgres

# Finds its records and nothing of the demo data.
DOMAIN = [("name", "=like", "Bench %")]


@dataclass(frozen=True)
class Rule:
    """A rule of the bench. `parent` is the title of another one, `field` the relation to it."""

    title: str
    model: str
    name: str
    parent: str = ""
    field: str = ""

    @property
    def paths(self) -> list[list[str]]:
        """What the name walks, as steps from the record."""
        return [path.split(".") for path in re.findall(r"object\.([\w.]+)", self.name)]

    def called(self, values: list[str]) -> str:
        """The folder's name, from the values of the paths."""
        parts = iter(values)
        return re.sub(r"\{\{.*?\}\}", lambda _: next(parts), self.name)


CUSTOMERS = Rule("Customers", "res.partner", "{{ object.ref }} {{ object.name }}")
PROJECTS = Rule(
    "Projects", "project.project", "{{ object.name }}", parent="Customers", field="partner_id"
)
TASKS = Rule(
    "Tasks", "project.task", "{{ object.project_id.partner_id.ref }} {{ object.name }}",
    parent="Projects", field="project_id",
)  # fmt: skip
ORDERS = Rule(
    "Orders", "sale.order", "{{ object.name }} {{ object.partner_id.name }}",
    parent="Customers", field="partner_id",
)  # fmt: skip
LEADS = Rule("Leads", "crm.lead", "{{ object.team_id.name }} {{ object.name }}")
RULES = (CUSTOMERS, PROJECTS, TASKS, ORDERS, LEADS)


@dataclass(frozen=True)
class Records:
    """How many of each there are."""

    customers: int
    projects: int
    tasks: int
    orders: int
    leads: int
    teams: int

    @property
    def by_rule(self) -> dict[Rule, int]:
        """Records that each rule matches."""
        counts = (self.customers, self.projects, self.tasks, self.orders, self.leads)
        return dict(zip(RULES, counts, strict=True))

    @property
    def all(self) -> int:
        """Records that the rules match; teams have no rule."""
        return sum(self.by_rule.values())

    @property
    def folders(self) -> int:
        """Automatic folders: one for each record, those of the rules at the top, and one for a rule
        wherever records of it lie below another's."""
        tops = sum(not rule.parent for rule in RULES)
        below = [(self.projects, self.customers), (self.tasks, self.projects)]
        below += [(self.orders, self.customers)]
        return self.all + tops + sum(min(pair) for pair in below)

    def part(self, share: float) -> dict[Rule, int]:
        """The same mixture, smaller."""
        return {rule: max(1, round(count * share)) for rule, count in self.by_rule.items()}

    def fill(self, odoo: Odoo) -> None:
        """Makes them in an Odoo."""
        odoo.shell(_ONE.format(teams=self.teams))
        odoo.database.psql(_COPIES.format(**vars(self)))


WHOLE = Records(10_000, 5_000, 45_000, 30_000, 10_000, teams=50)
SHORT = Records(200, 100, 900, 600, 200, teams=5)

# The first of each, and the teams.
_ONE = """
customer = env["res.partner"].create({{"name": "Bench customer 0", "ref": "C0"}})
project = env["project.project"].create({{"name": "Bench project 0", "partner_id": customer.id}})
env["project.task"].create({{"name": "Bench task 0", "project_id": project.id}})
env["sale.order"].create({{"name": "Bench order 0", "partner_id": customer.id}})
teams = env["crm.team"].create([{{"name": f"Bench team {{n}}"}} for n in range({teams})])
env["crm.lead"].create({{"name": "Bench lead 0", "type": "lead", "team_id": teams[0].id}})
env.cr.commit()
"""

# Copies rows with all their columns but those that are told; `n` counts from 1, and `first` is the
# identity of the row that is copied. New identities follow the greatest one.
_COPIES = """
create function pg_temp.copies(source text, named text, last int, told jsonb) returns void as $$
declare first int; above int; columns text; own text; assigned text;
begin
    execute format('select id from %I where name::text like %L order by id limit 1', source, named)
        into first;
    execute format('select max(id) from %I', source) into above;
    select string_agg(quote_ident(column_name), ', ') into columns
        from information_schema.columns
        where table_name = source and table_schema = 'public' and column_name <> 'id'
            and not told ? column_name;
    select string_agg(quote_ident(key), ', '), string_agg(value, ', ') into own, assigned
        from jsonb_each_text(told);
    execute format(
        'insert into %I (id, %s, %s) select %s + n, %s, %s from %I, generate_series(1, %s) n
            where id = %s order by n',
        source, own, columns, above, assigned, columns, source, last, first);
    perform setval(source || '_id_seq', above + last);
end $$ language plpgsql;

create temp table at as select
    (select max(id) from res_partner) as partner,
    (select max(id) from project_project) as project;
create temp table zero as select
    (select id from res_partner where name = 'Bench customer 0') as partner,
    (select id from project_project where name->>'en_US' = 'Bench project 0') as project,
    (select min(id) from crm_team where name->>'en_US' like 'Bench team %') as team;
-- The customer and the project of a number; the one that Odoo made has the number 0.
create function pg_temp.customer(n int) returns int as $$
    select case n when 0 then zero.partner else at.partner + n end from at, zero $$ language sql;
create function pg_temp.project(n int) returns int as $$
    select case n when 0 then zero.project else at.project + n end from at, zero $$ language sql;

select pg_temp.copies('res_partner', 'Bench customer 0', {customers} - 1, jsonb_build_object(
    'name', '''Bench customer '' || n', 'complete_name', '''Bench customer '' || n',
    'ref', '''C'' || n', 'commercial_partner_id', 'pg_temp.customer(n)'));
select pg_temp.copies('project_project', '%Bench project 0%', {projects} - 1, jsonb_build_object(
    'name', 'jsonb_build_object(''en_US'', ''Bench project '' || n)',
    'partner_id', 'pg_temp.customer(n % {customers})'));
select pg_temp.copies('project_task', 'Bench task 0', {tasks} - 1, jsonb_build_object(
    'name', '''Bench task '' || n', 'project_id', 'pg_temp.project(n % {projects})',
    'partner_id', 'pg_temp.customer(n % {projects} % {customers})'));
select pg_temp.copies('sale_order', 'Bench order 0', {orders} - 1, jsonb_build_object(
    'name', '''Bench order '' || n', 'access_token', 'null',
    'partner_id', 'pg_temp.customer(n % {customers})',
    'partner_invoice_id', 'pg_temp.customer(n % {customers})',
    'partner_shipping_id', 'pg_temp.customer(n % {customers})'));
select pg_temp.copies('crm_lead', 'Bench lead 0', {leads} - 1, jsonb_build_object(
    'name', '''Bench lead '' || n', 'team_id', '(select team from zero) + n % {teams}'));
analyze;
"""


def _key(records: Records) -> str:
    facts = [(template.folder() / "key").read_text(), repr(records), _ONE, _COPIES]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


@contextlib.contextmanager
def cluster(records: Records) -> Iterator[Database]:
    """A running private cluster with an Odoo that has these records; they are made once, and again
    when what they are made from changes."""
    kept = place.bed() / f"records-{records.all}"
    key = kept / "key"
    if not key.exists() or key.read_text() != _key(records):
        _build(records, kept)
    with Postgres(seed=kept / "cluster") as postgres:
        yield Database(postgres, _NAME, kept / "data")


_NAME = "odoo_records"


def _build(records: Records, kept: Path) -> None:
    new = kept.with_name(f"{kept.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    process.own(new)
    with Postgres(folder=new, seed=template.folder() / "cluster") as postgres:
        plain = Database(postgres, template.NAME, template.folder() / "data")
        with Odoo(plain.copy(_NAME), idle=True) as odoo:
            records.fill(odoo)
        postgres.drop_database(template.NAME)
        postgres.psql("vacuum analyze", _NAME)
        postgres.psql("checkpoint")
    (new / f"data-{_NAME}").rename(new / "data")
    (new / "key").write_text(_key(records))
    shutil.rmtree(kept, ignore_errors=True)
    new.rename(kept)
