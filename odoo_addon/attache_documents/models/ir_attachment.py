from odoo import api, models

from odoo.addons.attache.context_mark import is_ours

from .documents_document import DOCUMENT

PLACED = {"attache_folder_id", "res_model"}


class IrAttachment(models.Model):
    """A document's file lives in the workspace of its document, unless it is another record's that
    has a folder of its own. Whoever moves either moves both."""

    _inherit = "ir.attachment"

    def _attache_documents(self):
        """{file id: documents that show it, its own before others}, in the trash or not."""
        documents = self.env[DOCUMENT]._attache_quiet()
        found = documents.search([("attachment_id", "in", self.ids)], order="id")
        return {
            file.id: shown.sorted(lambda one, file=file: (not file._attache_owned_by(one), one.id))
            for file, shown in found.grouped("attachment_id").items()
        }

    def _attache_owned_by(self, document):
        return (self.sudo().res_model, self.sudo().res_id) == (DOCUMENT, document.id)

    def _attache_in_workspaces(self):
        if DOCUMENT not in self.env["attache.folder"]._record_models():
            return self.browse()
        return self.sudo().filtered(lambda file: file.attache_folder_id._is_workspace())

    # -- Documents leads ------------------------------------------------------------------

    def _attache_go_home(self):
        result = super()._attache_go_home()
        self.filtered(lambda file: not file.sudo().attache_folder_id)._attache_follow_documents()
        return result

    def _attache_follow_documents(self):
        """These files go where their documents are; a file of another place of Attaché's stays."""
        folders = self.env["attache.folder"].sudo()
        if DOCUMENT not in folders._record_models():
            return
        files = self.sudo().filtered(
            lambda file: (
                file.type == "binary"
                and not file.res_field
                and file.res_model != "attache.trash"
                and (not file.attache_folder_id or file.attache_folder_id._is_workspace())
            )
        )
        documents = files._attache_documents()
        active = {file: shown.filtered("active") for file, shown in documents.items()}
        wanted = {(DOCUMENT, one.folder_id.id) for shown in active.values() for one in shown}
        wanted |= {(file.res_model, file.res_id) for file in files if file.id in documents}
        homes = folders._homes({place for place in wanted if all(place)})
        moved = False
        for file in files:
            shown = active.get(file.id, self.env[DOCUMENT])
            places = [(DOCUMENT, one.folder_id.id) for one in shown]
            if shown and file.res_model != DOCUMENT:
                places.insert(0, (file.res_model, file.res_id))
            home = next((homes[place] for place in places if place in homes), False)
            if home and home != file.attache_folder_id.id:
                clouds = file._attache_clouds()
                file._attache_write({"attache_folder_id": home, **file._attache_name_in(shown)})
                file._attache_come_home(clouds)
                moved = True
            elif shown and not home and not file.attache_folder_id:
                # Out of the trash of Documents, to where nothing is synced.
                if file._attache_is_released():
                    file._attache_write(file._attache_stored_home())
            elif not home and file.attache_folder_id and not file._attache_is_folders_own():
                # What is in the trash of Documents is in the store's, as far as it was released.
                trashed = documents.get(file.id) and not shown and file.res_model == DOCUMENT
                file._attache_leave_workspace(alive=not trashed)
                moved = True
        if moved:
            self.env["attache.sidecar"]._nudge()

    def _attache_name_in(self, documents):
        """A document's own file is called what the document is."""
        own = documents.filtered(self._attache_owned_by)[:1]
        return {"name": own.name} if own and own.name != self.name else {}

    def _attache_is_folders_own(self):
        """Whether this is attached to the folder of Documents itself: in its chatter, say."""
        return (self.res_model, self.res_id) == self.attache_folder_id._holder()

    def _attache_leave_workspace(self, alive):
        """Out of the workspace, and of the cloud: with its bytes where it is still to be read."""
        home = self._attache_stored_home() if alive and self._attache_is_released() else {}
        self._attache_write({**home, "attache_folder_id": False})

    def _attache_take_names(self):
        """Files in workspaces are called what their documents are."""
        files = self._attache_in_workspaces()
        documents = files._attache_documents()
        for file in files:
            name = documents[file.id][:1].name if file.id in documents else file.name
            if name and name != file.name:
                file._attache_write({"name": name})

    # -- Attaché leads --------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        files = super().create(vals_list)
        placed = [
            file.id
            for file, vals in zip(files, vals_list, strict=True)
            if vals.get("attache_folder_id")
        ]
        self.browse(placed)._attache_settle_documents()
        return files

    @api.model
    def _attache_create(self, vals_list):
        files = super()._attache_create(vals_list)
        files._attache_settle_documents()
        return files

    def write(self, vals):
        if not vals.keys() & {"attache_folder_id", "name"}:
            return super().write(vals)
        inside = self._attache_in_workspaces()
        shown = self._attache_move_shown(inside, vals)
        rest = {name: value for name, value in vals.items() if name not in PLACED | {"res_id"}}
        if shown and rest:
            super(IrAttachment, shown).write(rest)
        others = self - shown
        result = super(IrAttachment, others).write(vals) if others or not self else True
        if "attache_folder_id" in vals:
            others._attache_placed(inside)
        if "name" in vals:
            self._attache_give_names()
        return result

    def _attache_move_shown(self, inside, vals):
        """Another record's file goes from one workspace to another with its document, and stays
        that record's. Answers those that did."""
        folder = self.env["attache.folder"].browse(vals.get("attache_folder_id") or ())
        if not inside or not folder.sudo()._is_workspace():
            return self.browse()
        folder.check_access("write")
        documents = inside._attache_documents()
        shown = inside.filtered(lambda file: file.res_model != DOCUMENT and file.id in documents)
        self.browse(shown.ids).check_access("write")
        for file in shown:
            self.env[DOCUMENT].browse(documents[file.id][:1].ids).check_access("write")
            documents[file.id][:1]._attache_set(folder_id=folder.sudo().record_id, active=True)
            file._attache_follow_documents()
        return self.browse(shown.ids)

    def _attache_write(self, vals):
        placed = PLACED <= vals.keys() and vals["res_model"] != "attache.trash"
        inside = self._attache_in_workspaces() if placed else self.browse()
        result = super()._attache_write(vals)
        if placed:
            self._attache_placed(inside)
        if "name" in vals:
            self._attache_give_names()
        return result

    def _attache_holder(self, folder):
        if folder._is_workspace() and (shown := self._attache_documents().get(self.id)):
            if self.attache_folder_id._is_workspace() and self.res_model != DOCUMENT:
                return self.res_model, self.res_id
            return DOCUMENT, shown[0].id
        return super()._attache_holder(folder)

    def _attache_placed(self, inside):
        """Somebody put these files where they are. What left the workspaces has no document any
        more: those who read that would read it still, whatever becomes of it."""
        left = inside.filtered(lambda file: not file.attache_folder_id._is_workspace())
        for shown in left._attache_documents().values():
            shown._attache_drop()
        self._attache_settle_documents()

    def _attache_settle_documents(self):
        """Files in workspaces have a document there."""
        files = self._attache_in_workspaces()
        documents = files._attache_documents()
        fresh = files.filtered(lambda file: file.id not in documents)
        made = (
            self.env[DOCUMENT]
            ._attache_quiet()
            .create([file._attache_document_vals() for file in fresh])
        )
        for file, document in zip(fresh, made, strict=True):
            documents[file.id] = document
        for file in files:
            document, folder = documents[file.id][:1], file.attache_folder_id
            document._attache_set(folder_id=folder.record_id, name=file.name, active=True)
            kept = file.res_model not in (DOCUMENT, folder._name, False)
            if not kept and not file._attache_owned_by(document):
                file._attache_write({"res_model": DOCUMENT, "res_id": document.id})

    def _attache_document_vals(self):
        folder = self.attache_folder_id._document().sudo()
        vals = {
            "name": self.name,
            "type": self.type,
            "folder_id": folder.id,
            "attachment_id": self.id,
            "owner_id": folder.owner_id.id,
            "company_id": folder.company_id.id,
            "access_internal": folder.access_internal,
            "access_via_link": folder.access_via_link,
        }
        return {**vals, "url": self.url} if self.type == "url" else vals

    def _attache_give_names(self):
        """Documents in workspaces are called what their files are."""
        files = self._attache_in_workspaces()
        documents = files._attache_documents()
        for file in files:
            if file.id in documents:
                documents[file.id][:1]._attache_set(name=file.name)

    # -- the trash ------------------------------------------------------------------------

    def _attache_trash(self, reason):
        """A document's file is in the trash of Documents."""
        inside = self._attache_in_workspaces()
        documents = inside._attache_documents()
        own = inside.filtered(lambda file: file.id in documents and file.res_model == DOCUMENT)
        result = super(IrAttachment, self - own)._attache_trash(reason)
        for shown in documents.values():
            shown._attache_set(active=False)
        own._attache_write({"attache_folder_id": False})
        return result

    def unlink(self):
        """Whoever deletes the file of a document puts that into the trash of Documents."""
        own = self.browse()
        if not is_ours(self.env, "attache_for_good"):
            inside = self._attache_in_workspaces()
            documents = inside._attache_documents()
            own = inside.filtered(lambda file: file.id in documents and file.res_model == DOCUMENT)
        if own:
            self.browse(own.ids).check_access("unlink")
            own._attache_trash("odoo")
            self.env["attache.sidecar"]._nudge()
        rest = self - own
        return super(IrAttachment, rest).unlink() if rest else True
