import os
import tempfile

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, human_size

from ..context_mark import OURS, is_ours
from .attache_sidecar import CHUNK

SCHEME = "attache://"
MEMORY_PARAMETER = "attache.max_in_memory"
MEMORY_LIMIT = 512 * 1024 * 1024


class IrAttachment(models.Model):
    """Released files: their bytes are in the cloud only, and every way to read them still works.

    Such a row keeps type 'binary' and says `attache://…` where others name a file in the
    filestore.
    """

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    def _attache_is_released(self):
        self.ensure_one()
        return bool(self.store_fname and self.store_fname.startswith(SCHEME))

    def _attache_bytes(self):
        """The size, also beyond what `file_size` can hold."""
        self.ensure_one()
        return int(self.attache_size) if self._attache_is_released() else self.file_size or 0

    @api.model
    def _attache_count_released(self):
        return self.with_context(attache_trash=True, skip_res_field_check=True).search_count(
            [("store_fname", "=like", f"{SCHEME}%"), ("res_model", "!=", "attache.trash")]
        )

    # -- reading --------------------------------------------------------------------------

    @api.model
    def _file_read(self, fname, size=None):
        if not fname or not fname.startswith(SCHEME):
            return super()._file_read(fname, size)
        file = self._attache_of(fname)
        if size:
            return self._attache_read_head(file, size)
        limit = int(self.env["ir.config_parameter"].sudo().get_param(MEMORY_PARAMETER, 0))
        if file._attache_bytes() > (limit or MEMORY_LIMIT):
            raise UserError(
                self.env._(
                    "The file %(name)s has %(size)s and is too large to be read at once: download "
                    "it, or raise the system parameter %(parameter)s.",
                    name=file.name,
                    size=human_size(file._attache_bytes()),
                    parameter=MEMORY_PARAMETER,
                )
            )
        return b"".join(file._attache_pieces())

    @api.model
    def _attache_of(self, fname):
        """The row behind a store name."""
        if len(self) == 1 and self.sudo().store_fname == fname:
            return self.sudo()
        file = self.sudo().with_context(
            attache_trash=True, attache_closed=OURS, skip_res_field_check=True
        )
        file = file.search([("store_fname", "=", fname)], limit=1)
        if not file:
            raise UserError(self.env._("No file is stored as %s.", fname))
        return file

    def _attache_read_head(self, file, size):
        size = min(size, file._attache_bytes())
        if not size:
            return b""
        answer = self.env["attache.sidecar"]._open(file, f"bytes=0-{size - 1}")
        try:
            return b"".join(answer.iter_content(CHUNK))[:size]
        finally:
            answer.close()

    def _attache_pieces(self):
        """The content of one released file, checked, in pieces."""
        self.ensure_one()
        size = self._attache_bytes()
        if not size:
            return iter(())
        sidecar = self.env["attache.sidecar"]
        return sidecar._pieces(self, sidecar._open(self), size)

    def _to_http_stream(self):
        self._attache_refuse_reader()  # Odoo also comes here by an address, past `ir.binary`
        if self._attache_is_released():
            from ..released_stream import ReleasedStream

            return ReleasedStream(self)
        return super()._to_http_stream()

    # -- keeping Odoo's own storage off ---------------------------------------------------

    @api.model
    def _file_delete(self, fname):
        # Odoo would make a path of the name.
        if not fname.startswith(SCHEME):
            super()._file_delete(fname)

    @api.model
    def _get_storage_domain(self):
        # Moving between filestore and database would download every released file.
        return list(
            Domain(super()._get_storage_domain()) & Domain("store_fname", "not =like", f"{SCHEME}%")
        )

    def _attache_write_cloud(self, vals):
        """Writes that this file has other bytes, in the cloud. What other apps compute of them and
        store, such as the form fields of a PDF, stays what it was: Odoo would compute it within
        this call, for which the sidecar waits, and which may not ask it for the bytes."""
        told = [
            field
            for name in ("raw", "datas")
            for field in self.pool.get_dependent_fields(self._fields[name])
            if field.store and field.compute
        ]
        before = {field: self.env.records_to_compute(field) for field in told}
        self._attache_write(vals)
        for field in told:
            due = self.env.records_to_compute(field) - before[field]
            self.env.remove_to_compute(field, due)

    # -- copies ---------------------------------------------------------------------------

    def copy_data(self, default=None):
        default = dict(default or {})
        released = self.filtered(lambda file: file._attache_is_released())
        if not released or default.keys() & {"datas", "db_datas", "raw"}:
            return super().copy_data(default)
        vals_list = []
        for file in self:
            if file in released:
                [vals] = super(IrAttachment, file).copy_data({**default, "raw": b""})
                vals.pop("raw")
                vals_list.append({**vals, "attache_source": file.id})
            else:
                vals_list += super(IrAttachment, file).copy_data(default)
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        sources = [vals.get("attache_source") for vals in vals_list]
        vals_list = [
            {name: value for name, value in vals.items() if name != "attache_source"}
            for vals in vals_list
        ]
        files = super().create(vals_list)
        for file, source in zip(files, sources, strict=True):
            if source:
                file._attache_take_bytes(self.browse(source))
        return files

    def _attache_take_bytes(self, source):
        """Gives a new row the bytes of another. They are fetched piece by piece, and only when
        the filestore has no such bytes any more."""
        source.check_access("read")
        source = source.sudo()
        if not source._attache_is_released():
            self.sudo().write({"raw": source.raw, "mimetype": source.mimetype})
            return
        self._attache_write(source._attache_stored_home())

    # -- bringing bytes home --------------------------------------------------------------

    def _attache_stored_home(self):
        """Values of a row that has this released file's bytes in Odoo's own storage."""
        self.ensure_one()
        vals = {
            "checksum": self.checksum,
            "file_size": self._attache_bytes(),
            "mimetype": self.mimetype,
            "attache_size": 0,
        }
        if not self._attache_bytes():
            return {**vals, "store_fname": False, "db_datas": False}
        if self._storage() == "db":
            data = self._file_read(self.store_fname)
            return {**vals, "store_fname": False, "db_datas": data}
        return {**vals, "store_fname": self._attache_fetch(), "db_datas": False}

    def _attache_clouds(self):
        """{file: its connection} of those whose bytes are in the cloud only. The sidecar moves
        nothing to another connection, and could not be asked for bytes by itself."""
        if is_ours(self.env, "attache_sidecar"):
            return {}
        released = self.sudo().filtered(lambda file: file._attache_is_released())
        return {file: file.attache_folder_id.connection_id for file in released}

    def _attache_come_home(self, clouds):
        """Released files that left their connection, for another or for none, get their bytes
        back: the copy in the cloud goes with the place there. `clouds` is where they were. Where
        the bytes cannot be had, the move is refused."""
        self.env.flush_all()
        for file, cloud in clouds.items():
            left = file.attache_folder_id.connection_id != cloud
            if cloud and left and file._attache_is_released():
                file._attache_write(file._attache_stored_home())

    def _attache_fetch(self):
        """The file in the filestore with this content, fetched when it is not there."""
        # The filestore's cleaner takes a lock that excludes this one: it cannot run before the
        # row that names the file is committed.
        self.env.cr.execute("LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE")
        fname = f"{self.checksum[:2]}/{self.checksum}"
        path = self._full_path(fname)
        self._mark_for_gc(fname)
        if os.path.isfile(path) and os.path.getsize(path) == self._attache_bytes():
            return fname
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".attache-", dir=os.path.dirname(path))
        try:
            with os.fdopen(handle, "wb") as target:
                for piece in self._attache_pieces():
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        return fname

    @api.model
    def _attache_all_home(self):
        """Brings every released file's bytes back; the first that cannot be had stops it."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL("SELECT id FROM ir_attachment WHERE store_fname LIKE %s", f"{SCHEME}%")
        )
        for file in self.browse(row[0] for row in rows):
            file._attache_write(file._attache_stored_home())
        self.env.flush_all()
