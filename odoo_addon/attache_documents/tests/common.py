from odoo.addons.attache.tests.common import AttacheCase


class WorkspaceCase(AttacheCase):
    """A workspace with a folder in it, and the sidecar's calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Documents = cls.env["documents.document"]
        cls.internal = cls.document("Internal", type="folder", access_internal="edit")
        cls.workspace = cls.workspace_of(cls.root, cls.internal)
        service = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "sidecar",
                    "login": "sidecar-of-tests",
                    "group_ids": [(6, 0, [cls.env.ref("attache.group_sidecar").id])],
                }
            )
        )
        cls.service = cls.env["attache.service"].with_user(service)

    @classmethod
    def document(cls, name, **vals):
        return cls.Documents.create({"name": name, "owner_id": False, **vals})

    @classmethod
    def workspace_of(cls, parent, document):
        """The folder that the sidecar makes for a folder of Documents."""
        return cls.folder(
            parent,
            document.name,
            kind="record",
            key=f"record:documents.document:{document.id}",
            record_model=document._name,
            record_id=document.id,
        )

    def applied(self, call, **item):
        [result] = getattr(self.service, call)(items=[item])
        self.env.invalidate_all()
        self.assertTrue(result["ok"], result)
        return result["row"]

    def from_cloud(self, folder, name="a.txt", key="k1"):
        """A file that the sidecar found in the cloud."""
        row = self.applied(
            "apply_files",
            op="create",
            key=key,
            folder=folder.id,
            name=name,
            size=5,
            sha1="0" * 40,
            mimetype="text/plain",
        )
        return self.env["ir.attachment"].browse(row["id"])

    def showing(self, file):
        documents = self.Documents.with_context(active_test=False)
        return documents.search([("attachment_id", "=", file.id)])

    def row(self, file):
        return self.service.read(files=[file.id])["files"]

    def holder(self, file):
        return file.res_model, file.res_id
