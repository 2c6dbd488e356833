import json
import logging
import uuid

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

PARAMETER = "attache.feed"
KEPT_DAYS = 30
UNMET_PAGE = 5000  # files and folders that one reading brings together
END = 2**63 - 1  # beyond every line of its transaction
# A row is dirty when one of these changes. Files: name, bytes, place.
WATCHED = {
    "ir.attachment": (
        "name", "store_fname", "checksum", "file_size", "attache_size", "type", "url",
        "attache_folder_id", "res_model", "res_id", "res_field",
    ),
    "attache.folder": (
        "name", "parent_id", "kind", "key", "connection_id", "rule_id", "record_model",
        "record_id", "in_scope", "stopped", "trashed_at",
    ),
    "attache.rule": (
        "sequence", "active", "title", "model_id", "domain", "company_id", "period_field_id",
        "period_direction", "period_count", "period_unit", "parent_id", "parent_field_id",
        "name_expression", "connection_id", "nest_field_id", "below", "split_field_id",
        "split_unit", "leave",
    ),
    "attache.connection": ("name", "provider", "active", "root_id", "root_label"),
    "attache.preview": ("rule",),  # never changes: a new one is told, its answer is not
}  # fmt: skip
# Rows that are part of a rule: told as the rule.
LINES = {
    "attache.rule.split": ("sequence", "name", "values"),
    "attache.rule.default": ("sequence", "path"),
}

# to_jsonb instead of OLD.column: a column that an upgrade drops or alters is then no error, and
# the trigger depends on no column, so it never stands in an upgrade's way. Of attachments it names
# those alone that are there for as long as the addon is.
FUNCTION = """
CREATE OR REPLACE FUNCTION attache_note() RETURNS trigger LANGUAGE plpgsql AS $body$
-- Arguments: model, name of the id column, then the columns that count.
DECLARE
    is_file boolean := TG_TABLE_NAME = 'ir_attachment';
    old_row jsonb;
    new_row jsonb;
    row_id bigint;
    col text;
    changed boolean := TG_OP <> 'UPDATE';
    mark text := nullif(current_setting('attache.origin', true), '');
BEGIN
    IF is_file THEN
        -- A record's file in no folder: the record's may be in the making now, and not in our
        -- snapshot.
        IF TG_OP <> 'DELETE' THEN
            IF NEW.attache_folder_id IS NULL AND NEW.res_id > 0 AND NEW.res_field IS NULL
               AND NEW.type = 'binary'
               AND (TG_OP = 'INSERT' OR OLD.attache_folder_id IS NOT NULL
                    OR (OLD.res_model, OLD.res_id, OLD.res_field, OLD.type) IS DISTINCT FROM
                       (NEW.res_model, NEW.res_id, NEW.res_field, NEW.type)) THEN
                INSERT INTO attache_unmet (model, res_id) VALUES (TG_ARGV[0], NEW.id);
            END IF;
        END IF;
        -- Many rows at once, and most of them not ours: what can be told without the conversion
        -- is. In no folder, then or now: not told.
        IF (TG_OP = 'INSERT' OR OLD.attache_folder_id IS NULL)
           AND (TG_OP = 'DELETE' OR NEW.attache_folder_id IS NULL) THEN
            RETURN NULL;
        END IF;
        IF TG_OP = 'DELETE' THEN
            row_id := OLD.id;
        ELSE
            row_id := NEW.id;
        END IF;
        changed := changed OR OLD.attache_folder_id IS DISTINCT FROM NEW.attache_folder_id;
        IF NOT changed THEN
            -- Bytes are told by the checksum.
            OLD.db_datas := NULL;
            NEW.db_datas := NULL;
            OLD.index_content := NULL;
            NEW.index_content := NULL;
        END IF;
    END IF;
    IF NOT (is_file AND changed) THEN
        IF TG_OP <> 'INSERT' THEN
            old_row := to_jsonb(OLD);
        END IF;
        IF TG_OP <> 'DELETE' THEN
            new_row := to_jsonb(NEW);
        END IF;
        row_id := (coalesce(new_row, old_row) ->> TG_ARGV[1])::bigint;
    END IF;
    IF NOT changed THEN
        FOREACH col IN ARRAY coalesce(TG_ARGV[2:], '{}') LOOP
            IF old_row -> col IS DISTINCT FROM new_row -> col THEN
                changed := true;
                EXIT;
            END IF;
        END LOOP;
    END IF;
    IF NOT changed THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'attache_folder' AND new_row ->> 'kind' = 'record'
       AND (TG_OP = 'INSERT'
            OR old_row -> 'record_id' IS DISTINCT FROM new_row -> 'record_id'
            OR old_row -> 'trashed_at' IS DISTINCT FROM new_row -> 'trashed_at') THEN
        INSERT INTO attache_unmet (model, res_id) VALUES (TG_ARGV[0], row_id);
    END IF;
    INSERT INTO attache_feed (model, res_id, op, origin) VALUES (
        TG_ARGV[0],
        row_id,
        CASE
            WHEN TG_OP = 'DELETE' AND TG_ARGV[1] = 'id' THEN 'd'
            -- Its files come and go with it. Which they are the reader looks up: one that is
            -- being added at this moment is not in our snapshot.
            WHEN TG_TABLE_NAME = 'attache_folder' AND TG_OP = 'UPDATE'
                 AND (old_row -> 'connection_id' IS DISTINCT FROM new_row -> 'connection_id'
                      OR old_row -> 'trashed_at' IS DISTINCT FROM new_row -> 'trashed_at')
            THEN 'f'
            ELSE 'w'
        END,
        mark
    );
    RETURN NULL;
END
$body$
"""
TABLE = """
CREATE TABLE IF NOT EXISTS attache_feed (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id bigserial NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    model text NOT NULL,
    res_id bigint NOT NULL,
    op text NOT NULL,
    origin text
);
CREATE INDEX IF NOT EXISTS attache_feed_place ON attache_feed (xid, id);
CREATE TABLE IF NOT EXISTS attache_unmet (model text NOT NULL, res_id bigint NOT NULL)
"""


class AttacheFeed(models.AbstractModel):
    """The feed of changes: triggers write lines, a reader sees only what no open transaction can
    still precede. Its table is plain SQL: the ORM knows no transaction ids."""

    _name = "attache.feed"
    _description = "Change feed"

    def init(self):
        self.env.cr.execute(TABLE)
        self.env.cr.execute(FUNCTION)
        self.pool.post_init(self._install)

    def _install(self):
        """(Re)creates the triggers that are missing or differ."""
        for model, columns in WATCHED.items():
            self._trigger(self.env[model]._table, "attache_note", (model, "id", *columns))
        for model, columns in LINES.items():
            arguments = ("attache.rule", "rule_id", *columns)
            self._trigger(self.env[model]._table, "attache_note", arguments)
        self.env["attache.watch"]._restore()

    def _drop(self):
        """For the uninstallation: nothing of this addon acts from here on."""
        self.pool.attache_uninstalled = True
        self.env["attache.watch"]._remove_all()
        self.env.cr.execute("DROP FUNCTION IF EXISTS attache_note() CASCADE")
        self.env.cr.execute("DROP TABLE IF EXISTS attache_feed, attache_unmet")
        self.env["ir.config_parameter"].sudo().search([("key", "=like", "attache.%")]).unlink()

    @api.model
    def _triggers(self, pattern):
        """{(table, trigger): arguments} of what is installed."""
        rows = self.env.execute_query(
            SQL(
                """SELECT c.relname, t.tgname, t.tgargs FROM pg_trigger t
                   JOIN pg_class c ON c.oid = t.tgrelid
                   JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = current_schema AND t.tgname LIKE %s AND NOT t.tgisinternal""",
                pattern,
            )
        )
        return {
            (table, name): tuple(bytes(args).decode().split("\0")[:-1])
            for table, name, args in rows
        }

    @api.model
    def _trigger(self, table, name, arguments):
        """Puts one trigger on a table; the same again costs no lock."""
        if self._triggers(name).get((table, name)) == tuple(arguments):
            return
        self.env.cr.execute(
            SQL(
                """CREATE OR REPLACE TRIGGER %s AFTER INSERT OR UPDATE OR DELETE ON %s
                   FOR EACH ROW EXECUTE FUNCTION attache_note(%s)""",
                SQL.identifier(name),
                SQL.identifier(table),
                SQL(", ").join(SQL("%s", argument) for argument in arguments),
            )
        )

    # -- reading --------------------------------------------------------------------------

    @api.model
    def _epoch(self):
        """The name of this database's present life."""
        state = self._state()
        if state.get("identity") != self._identity():
            state = self._new_life()
        return state["epoch"]

    def _state(self):
        # Not get_param: its cache may lag behind another worker's write.
        rows = self.env.execute_query(
            SQL("SELECT value FROM ir_config_parameter WHERE key = %s", PARAMETER)
        )
        return json.loads(rows[0][0]) if rows else {}

    def _identity(self):
        """What changes when the database is copied, restored, promoted or moved."""
        [row] = self.env.execute_query(
            SQL(
                """SELECT s.system_identifier::text, d.oid::text,
                          left(pg_walfile_name(pg_current_wal_lsn()), 8),
                          (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid')
                     FROM pg_control_system() s, pg_database d
                    WHERE d.datname = current_database()"""
            )
        )
        return "/".join(part or "" for part in row)

    def _new_life(self):
        """Lines of the life before order by another clock of transactions: they go."""
        self.env.cr.execute("DELETE FROM attache_feed")
        state = {"epoch": uuid.uuid4().hex, "identity": self._identity(), "floor": [0, 0]}
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, json.dumps(state))
        return state

    @api.model
    def _read(self, cursor, limit):
        epoch = self._epoch()
        [(xmin, xmax, lag)] = self.env.execute_query(
            SQL(
                """SELECT low::text::bigint, high::text::bigint,
                          (SELECT extract(epoch FROM clock_timestamp() - min(at))
                             FROM attache_feed WHERE xid >= low)
                     FROM (SELECT pg_snapshot_xmin(s) AS low, pg_snapshot_xmax(s) AS high
                             FROM pg_current_snapshot() s) AS fence"""
            )
        )
        answer = {
            "epoch": epoch,
            "expired": False,
            "rows": [],
            "cursor": f"{epoch[:8]}:{xmin - 1}:{END}",
            "more": False,
            "lag": float(lag or 0),
        }
        if not cursor:
            return answer
        life, place = self._parse(cursor)
        if life != epoch[:8]:
            return {**answer, "expired": True}
        if self._rewound(place, xmax):
            epoch = self._new_life()["epoch"]
            cursor = f"{epoch[:8]}:{xmin - 1}:{END}"
            return {**answer, "epoch": epoch, "cursor": cursor, "expired": True}
        if list(place) < self._state()["floor"]:
            return {**answer, "expired": True}
        lines = self.env.execute_query(
            SQL(
                """SELECT xid::text, id, model, res_id, op, origin FROM attache_feed
                    WHERE (xid, id) > (%s::text::xid8, %s) AND xid < %s::text::xid8
                    ORDER BY xid, id LIMIT %s""",
                str(place[0]),
                place[1],
                str(xmin),
                limit + 1,
            )
        )
        more, lines = len(lines) > limit, lines[:limit]
        if lines:
            cursor = f"{epoch[:8]}:{lines[-1][0]}:{lines[-1][1]}"
        return {
            **answer,
            "rows": [list(line[2:]) for line in lines],
            "cursor": cursor,
            "more": more,
        }

    @api.autovacuum
    def _bring_home(self):
        """A file comes into its record's folder where the two were made at the same time and
        neither saw the other: whichever was committed last is met here last, and the other is
        there by then. What this changes is told by the next reading."""
        rows = self.env.execute_query(
            SQL(
                """DELETE FROM attache_unmet WHERE ctid = ANY (ARRAY (
                       SELECT ctid FROM attache_unmet LIMIT %s FOR UPDATE SKIP LOCKED))
                   RETURNING model, res_id""",
                UNMET_PAGE,
            )
        )
        met = {"attache.folder": set(), "ir.attachment": set()}
        for model, res_id in rows:
            met[model].add(res_id)
        folders, files = (
            self.env[model].sudo().with_context(attache_sidecar=False).browse(ids).exists()
            for model, ids in met.items()
        )
        folders._adopt()
        if not self._go_home(files):
            # One of them: the others are not kept outside by it.
            for file in files:
                self._go_home(file)
        return len(rows), int(len(rows) == UNMET_PAGE)  # done, and whether there may be more

    def _go_home(self, files):
        """Whether they could; why not is in the log."""
        try:
            with self.env.cr.savepoint():
                files._attache_go_home()
        except OperationalError:
            raise
        except Exception:
            _logger.exception("%s: not in their records' folders", files)
            return False
        return True

    @api.model
    def _keep_unmet(self, files):
        """Has files that are in no folder looked at once more by the next reading."""
        homeless = files.filtered(lambda file: not file.attache_folder_id)
        if homeless:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO attache_unmet SELECT 'ir.attachment', unnest(%s)", homeless.ids
                )
            )

    def _parse(self, cursor):
        try:
            life, xid, number = cursor.split(":")
            return life, (int(xid), int(number))
        except (AttributeError, ValueError):
            raise UserError(
                self.env._(
                    "The cursor %s is not one of this feed: ask for its present end.", cursor
                )
            ) from None

    def _rewound(self, place, xmax):
        """Whether the reader knows a future that this database has not: it was put back."""
        xid, number = place
        if xid >= xmax:
            return True
        if number == END or list(place) <= self._state()["floor"]:
            return False
        return not self.env.execute_query(
            SQL(
                "SELECT 1 FROM attache_feed WHERE xid = %s::text::xid8 AND id = %s",
                str(xid),
                number,
            )
        )

    @api.autovacuum
    def _gc_feed(self):
        """Removes the lines up to the last old one, and remembers how far that was."""
        rows = self.env.execute_query(
            SQL(
                """SELECT xid::text, id FROM attache_feed
                    WHERE at < now() - make_interval(days => %s)
                      AND xid < pg_snapshot_xmin(pg_current_snapshot())
                    ORDER BY xid DESC, id DESC LIMIT 1""",
                KEPT_DAYS,
            )
        )
        self._epoch()
        if not rows:
            return
        xid, number = rows[0]
        self.env.cr.execute(
            SQL("DELETE FROM attache_feed WHERE (xid, id) <= (%s::text::xid8, %s)", xid, number)
        )
        state = {**self._state(), "floor": [int(xid), number]}
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, json.dumps(state))
