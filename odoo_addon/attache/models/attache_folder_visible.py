from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

SECURITY_FIELDS = (
    "kind", "record_model", "record_id", "res_model", "res_id", "trashed_at", "parent_id",
    "parent_path", "create_uid", "restricted",
)  # fmt: skip
NAMED = 2000  # more folders than these are not looked up one by one


class AttacheFolder(models.Model):
    """Which folders the user sees, as SQL.

    A folder is *open* by itself unless it is in the trash, stands for a record that the user may
    not read, or is for other people. One is seen when it and every folder above it are open. A
    rule's folder must also *hold* something: an open folder of another kind, or a file, in it or
    in rule's folders below it. Of a rule's folder on the way to something nothing more is asked:
    it holds that.

    The same is asked in three shapes, since a screen that lists one folder must not pay for all
    that there are: of the folders in some folders, of those at or below some, and of all.
    """

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _visible_sql(self, alias, domain):
        """Whether the user sees the folder `alias`, which also meets `domain`."""
        self.flush_model(SECURITY_FIELDS)
        self.env["ir.attachment"].flush_model(["attache_folder_id", "res_field"])
        if (ids := _named(self, domain, "id")) is not None:
            parents = SQL("(SELECT parent_id FROM attache_folder WHERE id IN %s)", ids)
            found = _Asked(self).inside(SQL("folder_.id IN %s", ids), parents)
        elif (ids := _named(self, domain, "parent_id")) is not None:
            where = SQL("(folder_.parent_id IN %s OR folder_.parent_id IS NULL)", ids)
            found = _Asked(self).inside(where, ids)
        elif (ids := _tops(domain)) is not None:
            found = _Asked(self).below(ids)
        else:
            found = _Asked(self).all()
        # Neither as a join nor by a guess of how many are found: with a wrong one, Postgres goes
        # through all of them for each row. Of what is DISTINCT it makes a hash table.
        return SQL(
            "(%s IN (SELECT DISTINCT found_.id FROM (%s) AS found_)) IS TRUE",
            SQL.identifier(alias, "id"),
            found,
        )

    def _visible(self):
        """Those of these folders that the user sees."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM attache_folder AS folder WHERE id IN %s AND %s",
                tuple(self.ids) or (0,),
                self._visible_sql("folder", Domain("id", "in", self.ids)),
            )
        )
        visible = {row[0] for row in rows}
        return self.filtered(lambda folder: folder.id in visible or not folder.id)


def _named(folders, domain, name):
    """The ids that `domain` allows for a field, when it says so and they are not too many."""
    conditions = domain.optimize(folders).map_conditions(
        lambda one: one if (one.field_expr, one.operator) == (name, "in") else Domain.TRUE
    )
    for condition in conditions.optimize(folders).iter_conditions():
        ids = tuple(filter(None, condition.value)) or (0,)
        few = len(ids) <= NAMED and all(isinstance(one, int) for one in ids)
        return ids if few else None
    return None


def _tops(domain):
    """The ids of folders at or below which `domain` looks."""
    for one in domain.iter_conditions():
        if (one.field_expr, one.operator) != ("id", "child_of"):
            continue
        value = [one.value] if isinstance(one.value, int) else one.value
        if not isinstance(value, (list, tuple, set)) or not all(type(id_) is int for id_ in value):
            continue
        # It must be asked of every folder that is found.
        if domain.map_conditions(lambda c, one=one: Domain.FALSE if c is one else c).is_false():
            return tuple(value) or (0,)
    return None


class _Asked:
    """One question of one user, as SELECTs of the ids of folders that are seen.

    What Postgres plans for longer than it runs is what may be read of each model. So it is told
    beforehand, by one small query, which models there are in the folders that this is about.
    """

    def __init__(self, folders):
        self.folders, self.env = folders, folders.env
        self.restricted, self.queries = False, {}
        self.all_rules = folders.env.user.has_group("attache.group_admin")

    # -- the three shapes -----------------------------------------------------------------

    def inside(self, where, parents):
        """Of the folders that `where` says, which lie in one of `parents`, or in none."""
        asked = SQL(
            "SELECT folder_.kind, folder_.record_model FROM attache_folder AS folder_ WHERE %s",
            where,
        )
        models_above, models_ = self._about(self._kinds_above(parents), asked)
        return SQL(
            """WITH %(above)s, open_ AS MATERIALIZED (%(open)s)
               SELECT open_.id FROM open_
                WHERE (open_.parent_id IS NULL OR open_.parent_id IN %(seen)s)%(holds)s""",
            above=self._above(parents, models_above),
            open=self._open(where, models_),
            seen=self._seen_above(),
            holds=self._and_holds("open_", "" in models_),
        )

    def below(self, tops):
        """Of the folders at or below `tops`."""
        asked = SQL(
            """(WITH RECURSIVE tree_ AS (
                    SELECT id, kind, record_model FROM attache_folder WHERE id IN %s
                     UNION
                    SELECT folder_.id, folder_.kind, folder_.record_model
                      FROM tree_ JOIN attache_folder AS folder_ ON folder_.parent_id = tree_.id)
                SELECT kind, record_model FROM tree_)""",
            tops,
        )
        models_above, models_ = self._about(self._kinds_above(tops), asked)
        return SQL(
            """WITH RECURSIVE %(above)s, tree_ AS (
                   SELECT folder_.* FROM attache_folder AS folder_
                    WHERE folder_.id IN %(seen)s AND folder_.id IN %(tops)s
                    UNION
                   SELECT folder_.* FROM tree_
                     JOIN attache_folder AS folder_ ON folder_.parent_id = tree_.id),
               open_ AS MATERIALIZED (%(open)s), seen_ AS (
                   SELECT open_.id, open_.kind FROM open_ WHERE open_.id IN %(tops)s
                    UNION
                   SELECT open_.id, open_.kind
                     FROM seen_ JOIN open_ ON open_.parent_id = seen_.id)
               SELECT seen_.id FROM seen_ WHERE TRUE%(holds)s""",
            above=self._above(tops, models_above),
            seen=self._seen_above(),
            tops=tops,
            open=self._open(SQL("TRUE"), models_, "tree_"),
            holds=self._and_holds("seen_", "" in models_),
        )

    def all(self):
        """Of all folders: from the top down, in a few passes over the table."""
        self._about()
        return SQL(
            """WITH RECURSIVE open_ AS MATERIALIZED (%(open)s), seen_ AS (
                   SELECT open_.* FROM open_ WHERE open_.parent_id IS NULL
                    UNION ALL
                   SELECT open_.* FROM seen_ JOIN open_ ON open_.parent_id = seen_.id),
               holding_ AS (
                   SELECT seen_.parent_id AS id FROM seen_ WHERE seen_.kind <> 'rule'
                    UNION
                   SELECT seen_.id FROM seen_ WHERE seen_.kind = 'rule' AND %(files)s
                    UNION
                   SELECT seen_.parent_id FROM holding_ JOIN seen_ ON seen_.id = holding_.id
                    WHERE seen_.kind = 'rule')
               SELECT seen_.id FROM seen_ WHERE %(all_rules)s OR seen_.kind <> 'rule'
                UNION ALL
               SELECT seen_.id FROM seen_ JOIN holding_ ON holding_.id = seen_.id
                WHERE seen_.kind = 'rule'""",
            open=self._open(SQL("TRUE"), self.folders._record_models()),
            files=self._files("seen_"),
            all_rules=self.all_rules,
        )

    # -- what they are made of ------------------------------------------------------------

    def _about(self, *asked):
        """For each SELECT of (kind, record_model), the models in it; among them "" when there are
        folders of rules."""
        # What comes next is so much SQL that Postgres would compile for seconds what runs for
        # milliseconds: not in this transaction.
        self.restricted, _jit, *models_ = self.folders._any_restricted_and(
            SQL("set_config('jit', 'off', TRUE)"),
            *(
                SQL(
                    """ARRAY (SELECT DISTINCT CASE WHEN kind = 'rule' THEN '' ELSE record_model END
                               FROM (%s) AS about_
                              WHERE kind IN ('rule', 'record', 'shortcut'))""",
                    one,
                )
                for one in asked
            ),
        )
        return models_

    def _kinds_above(self, ids):
        return SQL(
            """SELECT step_.kind, step_.record_model FROM attache_folder AS step_
                WHERE step_.id IN (
                    SELECT unnest(string_to_array(rtrim(parent_path, '/'), '/')::int[])
                      FROM attache_folder WHERE id IN %s)""",
            ids,
        )

    def _readable(self, models_):
        """[(model, query of its records that the user may read)]."""
        for name in models_:
            Model = self.env.get(name or "")
            if name in self.queries or Model is None or not Model.has_access("read"):
                continue
            query = Model.with_context(active_test=False)._search(Domain.TRUE)
            if not query.is_empty():
                self.queries[name] = query
        return [(name, self.queries[name]) for name in models_ if name in self.queries]

    def _open(self, where, models_, source="attache_folder"):
        """Folders that are open by themselves: (id, parent_id, kind). Each model's are joined with
        the records that may be read, so that Postgres chooses how by what it knows of both."""
        source, closed = SQL.identifier(source), SQL()
        if self.restricted:
            closed = SQL(
                """ AND folder_.id NOT IN (
                    SELECT closed_.id FROM attache_folder AS closed_ WHERE %s)""",
                self.folders._restricted_sql("closed_"),
            )
        branches = [
            SQL(
                """SELECT folder_.id, folder_.parent_id, folder_.kind FROM %s AS folder_
                    WHERE %s AND folder_.trashed_at IS NULL
                      AND folder_.kind NOT IN ('record', 'shortcut')%s""",
                source, where, closed,
            )
        ]  # fmt: skip
        for name, query in self._readable(models_):
            branches.append(
                SQL(
                    """SELECT folder_.id, folder_.parent_id, folder_.kind
                         FROM %s AS folder_ JOIN %s AS record_ ON record_.id = folder_.record_id
                        WHERE %s AND folder_.trashed_at IS NULL
                          AND folder_.kind IN ('record', 'shortcut')
                          AND folder_.record_model = %s""",
                    source, query.subselect(SQL.identifier(query.table, "id")), where, name,
                )
            )  # fmt: skip
        return SQL(" UNION ALL ").join(branches)

    def _above(self, ids, models_):
        """The folders `ids` with the way to them, and what is open of that."""
        return SQL(
            """above_ AS MATERIALIZED (
                   SELECT id, string_to_array(rtrim(parent_path, '/'), '/')::int[] AS path
                     FROM attache_folder WHERE id IN %s),
               step_ AS MATERIALIZED (%s)""",
            ids,
            self._open(SQL("folder_.id IN (SELECT unnest(above_.path) FROM above_)"), models_),
        )

    def _seen_above(self):
        return SQL(
            """(SELECT above_.id FROM above_ WHERE NOT EXISTS (
                   SELECT 1 FROM unnest(above_.path) AS way_(id)
                    WHERE way_.id NOT IN (SELECT step_.id FROM step_)))"""
        )

    def _and_holds(self, alias, rules=True):
        """A rule's folder is for those for whom something is in it, and for administrators."""
        if self.all_rules:
            return SQL()
        if not rules:
            return SQL(" AND %s <> 'rule'", SQL.identifier(alias, "kind"))
        return SQL(
            """ AND (%(row)s.kind <> 'rule' OR EXISTS (
                   WITH RECURSIVE rule_ AS (
                       SELECT %(row)s.id AS id
                        UNION ALL
                       SELECT part_.id
                         FROM rule_ JOIN attache_folder AS part_ ON part_.parent_id = rule_.id
                        WHERE part_.kind = 'rule' AND part_.trashed_at IS NULL)
                   SELECT 1 FROM rule_ WHERE %(files)s OR EXISTS (
                       SELECT 1 FROM (%(inside)s) AS held_ WHERE held_.kind <> 'rule')))""",
            row=SQL.identifier(alias),
            files=self._files("rule_"),
            inside=self._open(
                SQL("folder_.parent_id = rule_.id"), self.folders._record_models()
            ),
        )

    def _files(self, alias):
        return SQL(
            """EXISTS (SELECT 1 FROM ir_attachment AS file_
                        WHERE file_.attache_folder_id = %s AND file_.res_field IS NULL)""",
            SQL.identifier(alias, "id"),
        )
