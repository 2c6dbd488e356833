from odoo import api, models
from odoo.fields import Domain

from .attache_rule import _expression_paths

# Split folders that are called by what records hold, and not by what the rule says.
OF_RECORDS = ("many2one", "char")


class AttachePreview(models.Model):
    """Takes the names of records away that the reader of a preview may not see.

    The sidecar reads everything, and not everybody who may write rules may read what they are
    about. A name is shown of a record that the reader may read, and only where the reader may
    read every field that decides about names and places of its model.
    """

    _inherit = "attache.preview"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _for_reader(self, rule, rules, result):
        return Reader(self.env, rule, rules, result).answer()


class Reader:
    """What one person may see of one answer."""

    def __init__(self, env, rule, rules, result):
        # Whoever may switch a company on sees it here without doing so.
        env = env(context=dict(env.context, allowed_company_ids=env.user.company_ids.ids))
        self.env, self.result = env(su=False), result
        self.hidden = env._("(no access)")
        self.rules = {told["id"]: told for told in rules}
        self.rule = self.rules.get(rule)
        self.paths = self._paths()
        self.records = self._readable()
        self.whole = self._sees_all(self._models())
        self.whole_before = self.whole and self._sees_all_before()
        self.splits, self.places, self.seen = set(), {}, {}

    def answer(self):
        """The result without names that are not for this reader."""
        if self.rule and not self._fields_open(self.rule["model"]):
            return self._nothing()
        tree = self.result.get("tree") or []
        self._note(tree)
        return {
            **self.result,
            "tree": [self._node(node) for node in tree],
            "changes": [self._change(change) for change in self.result.get("changes") or []],
            "collisions": [self._collision(one) for one in self.result.get("collisions") or []],
            "warnings": [self._warning(one) for one in self.result.get("warnings") or []],
        }

    def _nothing(self):
        """For a model that this reader may not read, or not by the fields that the rule asks for:
        how many records match would already tell what is in them."""
        model = self.env["ir.model"].sudo()._get(self.rule["model"]).name
        message = self.env._(
            "You may not read what decides about folders of %s: nothing of them is shown to you. "
            "The rule itself works.",
            model,
        )
        said = {"message": message, "records": 0, "example": None}
        empty = {"tree": [], "changes": [], "collisions": [], "counts": {}, "warnings": [said]}
        return {**self.result, **empty}

    # -- what may be read -----------------------------------------------------------------

    def _paths(self):
        """{model: every path that decides about its folders}."""
        paths = {}
        domain_paths = self.env["attache.rule"]._domain_paths
        for rule in self.rules.values():
            found = paths.setdefault(rule["model"], {"display_name"})
            found.update(domain_paths(rule["domain"]))
            found.update(_expression_paths(rule["name_expression"] or ""))
            for part in ("period", "split"):
                found.update([rule[part]["field"]] if rule.get(part) else ())
            found.update(filter(None, (rule["parent_field"], rule.get("nest_field"))))
        return paths

    def _readable(self):
        """{model: ids that may be shown} of all records that the result names."""
        named = {}
        for one in self._named():
            if one.get("model") and one.get("res_id"):
                named.setdefault(one["model"], set()).add(one["res_id"])
        return {model: self._readable_of(model, ids) for model, ids in named.items()}

    def _named(self):
        """Everything in the result that names a record."""
        waiting = list(self.result.get("tree") or [])
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("children") or []
        yield from self.result.get("changes") or []
        yield from self.result.get("collisions") or []

    def _readable_of(self, model, ids):
        if not self._fields_open(model):
            return set()
        records = self.env[model].browse(ids).exists()._filtered_access("read")
        steps = {path.rpartition(".")[0] for path in self.paths.get(model, ()) if "." in path}
        for step in sorted(steps):
            records = self._leading(records, step)
        return set(records.ids)

    def _leading(self, records, step):
        """Those of the records whose path leads through records only that may be read."""
        there = {record: record.sudo() for record in records}
        for name in step.split("."):
            there = {record: at[name] for record, at in there.items()}
            every = self.env[next(iter(there.values()))._name] if there else records
            every = every.union(*(at.sudo(False) for at in there.values()))
            readable = set(every._filtered_access("read").ids)
            there = {record: at for record, at in there.items() if readable.issuperset(at.ids)}
        return records.browse([record.id for record in there])

    def _fields_open(self, model):
        """Whether every field that decides about a model's folders may be read."""
        Model = self.env.get(model)
        return (
            Model is not None
            and model in self.paths
            and all(self._path_open(Model, path) for path in self.paths[model])
        )

    def _path_open(self, Model, path):
        for name in path.split("."):
            field = Model._fields.get(name) if Model is not None else None
            if field is None or not Model.has_access("read"):
                return False
            if not Model._has_field_access(field, "read"):
                return False
            Model = self.env.get(field.comodel_name) if field.relational else None
        return True

    def _models(self):
        """The models of all that the result names, and of whatever that may lie below."""
        models = {one["model"] for one in self._named() if one.get("model")}
        models.update([self.rule["model"]] if self.rule else ())
        every, before = self.rules.values(), 0
        while before != len(models):
            before = len(models)
            above = {rule["parent"] for rule in every if rule["model"] in models}
            models.update(rule["model"] for rule in every if rule["id"] in above)
        return models

    def _sees_all(self, models):
        """Whether no record of these models is kept from this reader, nor one on the way of their
        paths."""
        if not all(map(self._fields_open, models)):
            return False
        return all(map(self._sees_all_of, models.union(*map(self._on_the_way, models))))

    def _sees_all_of(self, model):
        Model = self.env[model].with_context(active_test=False)
        if not Model.has_access("read"):
            return False
        return Model.search_count([]) == Model.sudo().search_count([])

    def _on_the_way(self, model):
        """The models that the paths of a model walk through."""
        models = set()
        for path in self.paths[model]:
            Model = self.env[model]
            for name in path.split(".")[:-1]:
                Model = self.env[Model._fields[name].comodel_name]
                models.add(Model._name)
        return models

    def _sees_all_of_the_rule(self):
        return bool(self.rule) and self._sees_all({self.rule["model"]})

    def _sees_all_before(self):
        """Whether nothing is kept from this reader of what folders may have stood in."""
        mine = self.rule and self.rule["connection"]
        on_it = {rule["model"] for rule in self.rules.values() if rule["connection"] == mine}
        Folder = self.env["attache.folder"]
        closed = Domain("restricted", "=", True) & Domain("trashed_at", "=", False)
        return (
            Folder.search_count(closed) == Folder.sudo().search_count(closed)
            and self._sees_all(on_it)
        )

    # -- what is shown --------------------------------------------------------------------

    def _shown(self, one):
        return self.whole or one.get("res_id") in self.records.get(one.get("model"), ())

    def _own(self, node):
        """Whether the name of a node may be shown. A split folder is called by what the records
        in it hold: one of them must be shown."""
        if node.get("model"):
            return self._shown(node)
        if id(node) not in self.splits or self.whole:
            return True
        return any(self._shown(below) for below in self._below(node) if below.get("model"))

    def _below(self, node):
        for child in node.get("children") or []:
            yield child
            yield from self._below(child)

    def _note(self, nodes, above=(), parent=None):
        """Remembers which are split folders, and by path whether a name may be shown."""
        for node in nodes:
            split = (self.rules.get(node.get("rule")) or {}).get("split") or {}
            of_rule = parent and (node.get("kind"), node.get("rule")) == ("rule", parent["rule"])
            if of_rule and parent["kind"] == "rule" and split.get("kind") in OF_RECORDS:
                self.splits.add(id(node))
            path = (*above, node["name"])
            # Of two of one name the closed one decides.
            self.places[path] = self.places.get(path, True) and self._own(node)
            self._note(node.get("children") or [], path, node)

    def _node(self, node):
        children = [self._node(child) for child in node.get("children") or []]
        told = {**node, "children": children}
        if not self._own(node):
            told.update(name=self.hidden, stored=None, was=None, res_id=None)
        elif node.get("state") != "renamed":
            told["was"] = self._path(node.get("was"), node["name"], whole=self.whole_before)
        return told

    def _change(self, change):
        shown = self._shown(change) if change.get("model") else self._stands_open(change)
        told = {
            **change,
            "from": self._path(change.get("from"), change["name"], shown, self.whole_before),
            "to": self._path(change.get("to"), change["name"], shown, self.whole),
        }
        return told if shown else {**told, "name": self.hidden, "res_id": None}

    def _stands_open(self, change):
        """Whether the name of a folder that is no record's may be shown: by where it stands."""
        paths = [change.get("to"), change.get("from")]
        return self.whole or any(self._open(tuple(path.split("/"))) for path in paths if path)

    def _collision(self, collision):
        folder = collision.get("folder") or ""
        told = {**collision, "folder": self._path(folder, whole=self.whole)}
        own = (*filter(None, folder.split("/")), collision["name"])
        if self._shown(collision) if collision.get("model") else self.whole or self._open(own):
            return told
        return {**told, "name": self.hidden, "stored": self.hidden, "res_id": None}

    def _warning(self, warning):
        if self.whole or not warning.get("records") or self._sees_all_of_the_rule():
            return warning
        message = self.env._("Something is amiss with records, not all of which you may see.")
        return {**warning, "message": message, "example": None}

    def _path(self, path, name=None, shown=True, whole=False):
        """A path, each name in it judged by itself, unless all may be shown. The last one is
        `name` or was before; whether it is shown is given."""
        if not path or (whole and shown):
            return path
        parts, own = path.split("/"), None
        if name is not None:
            # A name may hold the sign that parts names.
            count = name.count("/") + 1 if f"/{path}".endswith(f"/{name}") else 1
            parts, own = parts[:-count], "/".join(parts[-count:])
        ends = range(1, len(parts) + 1)
        told = [parts[end - 1] if self._open(tuple(parts[:end])) else self.hidden for end in ends]
        if own is not None:
            told.append(own if shown else self.hidden)
        return "/".join(told)

    def _open(self, path):
        """Whether the last name of a path of folders may be shown."""
        if path not in self.seen:
            self.seen[path] = self.places.get(path) or self._visible(path)
        return self.seen[path]

    def _visible(self, path):
        """Whether Odoo has folders at this path, all of which the reader sees."""
        Folder = self.env["attache.folder"].sudo()
        connection = self.rule and self.rule["connection"]
        at = Folder.search([("kind", "=", "root"), ("connection_id.uuid", "=", connection)])
        for name in path:
            at = Folder.search([("parent_id", "in", at.ids), ("name", "=", name)])
        at = at.sudo(False)
        return bool(at) and at == at._filtered_access("read")
