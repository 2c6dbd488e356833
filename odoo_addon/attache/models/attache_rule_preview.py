import contextlib

from psycopg2 import IntegrityError

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from .attache_service import SERVICE_LOGIN


class AttacheRule(models.Model):
    """What the rule form asks before anything is saved."""

    _inherit = "attache.rule"  # pylint: disable=consider-merging-classes-inherited

    def preview(self, values):
        """Has the sidecar work out what folders would be, with these values as `write` or
        `create` takes them. Answers {preview: id}, or {error: sentence} where saving them would
        be refused; the error may say the field and the character that it is about.

        The values are saved for true and taken back, so that exactly what would refuse them
        refuses them: constraints, the database, rights. Others never see it.
        """
        self.check_access("write" if self else "create")
        fault = self._draft_fault(values)
        if fault:
            return fault
        draft = None
        try:
            # Closing the savepoint always takes back what was written since.
            with contextlib.closing(self.env.cr.savepoint()):
                rule = self._saved(values)
                draft = {
                    "rule": self.id or 0,
                    "rules": rule._draft_rules(is_new=not self),
                    "models": sorted(rule._models()),
                }
        except AccessError:
            raise
        except UserError as error:
            return {"error": str(error)}
        except IntegrityError as error:
            return {"error": self._sql_error_to_message(error)}
        preview = self.env["attache.preview"].sudo().create(draft)
        self.env["attache.sidecar"]._nudge()
        return {"preview": preview.id}

    def _saved(self, values):
        rule = self or self.create(values)
        if self:
            self.write(values)
        self.env.flush_all()
        return rule

    def _draft_fault(self, values):
        """What can be told with its place before anything is tried."""
        ids = values.get("model_id", self.model_id.id)
        model = self.env["ir.model"].sudo().browse(ids or ())
        if not model:
            return {"error": self.env._("Choose a model first."), "field": "model_id"}
        text = values.get("name_expression", self.name_expression)
        if fault := self._expression_fault(model.model, text):
            return {"error": fault[1], "field": "name_expression", "position": fault[0]}
        return None

    def _draft_rules(self, is_new):
        """Every active rule as the sidecar is told it, and this one whether active or not; a new
        one has the id 0."""
        service = self.env["res.users"].sudo().search([("login", "=", SERVICE_LOGIN)])
        # As `settings` tells them: labels in the language of the service user, its time zone.
        env = self.env(user=service or self.env.user, context={}, su=True)
        rules = self.with_env(env(context=env["res.users"].context_get()))
        told = [rule._to_wire() for rule in rules.search([]) | rules]
        for rule in told:
            if is_new and rule["id"] == self.id:
                rule["id"] = 0
        return told

    @api.model
    def _readable_models(self):
        """Those of open previews too."""
        names = super()._readable_models()
        previews = self.env["attache.preview"]._open()
        return names.union(*(preview.models or () for preview in previews))
