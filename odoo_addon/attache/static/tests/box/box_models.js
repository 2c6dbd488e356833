// Odoo's mock server with what our addon adds to it: records that have a folder, and files that
// lie in one.

import { mailModels, openFormView, start, startServer } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, getKwArgs, models, onRpc } from "@web/../tests/web_test_helpers";

const OURS = [
    "attache_folder_id",
    "attache_state",
    "attache_percent",
    "attache_state_text",
    "attache_web_url",
    "attache_bytes",
    "attache_starred",
];

/** What `read_box` answers; without a root the record has no folder. */
const box = { root: null, folders: [] };

class IrAttachment extends mailModels.IrAttachment {
    attache_folder_id = fields.Integer();
    attache_state = fields.Char();
    attache_percent = fields.Integer();
    attache_state_text = fields.Char();
    attache_web_url = fields.Char();
    attache_bytes = fields.Float();
    attache_starred = fields.Boolean();

    get _to_store_defaults() {
        return [...super._to_store_defaults, ...OURS];
    }
}

class MailThread extends mailModels.MailThread {
    _thread_to_store() {
        super._thread_to_store(...arguments);
        const { store, request_list } = getKwArgs(arguments, "store", "fields", "request_list");
        if ((request_list || []).includes("attachments")) {
            const told = { attache_folder_id: box.root ? box.root.id : false };
            store._add_record_fields(this.env[this._name].browse(this[0].id), told, true);
        }
    }
}

class AttacheFolder extends models.Model {
    _name = "attache.folder";
    name = fields.Char();
}

class AttacheTrash extends models.Model {
    _name = "attache.trash";
    name = fields.Char();
}

export function defineBoxModels() {
    return defineModels({ ...mailModels, IrAttachment, MailThread, AttacheFolder, AttacheTrash });
}

/** A folder as the server tells it. */
export function folder(id, name, vals = {}) {
    return {
        id,
        name,
        kind: "manual",
        parent_id: 1,
        has_children: false,
        res_model: "res.partner",
        res_id: 1,
        record_model: false,
        record_id: false,
        connection_id: 1,
        rule_id: false,
        in_scope: true,
        stopped: false,
        archived: false,
        restricted: false,
        deserted: false,
        can_write: true,
        can_change: true,
        home_id: false,
        web_url: false,
        starred: false,
        ...vals,
    };
}

export function home(vals = {}) {
    return folder(1, "Azure", { kind: "record", parent_id: 99, can_change: false, ...vals });
}

/** Opens the form of a contact that has the files `[{ name, … }]`. */
export async function openRecord({ root = home(), folders = [], files = [] } = {}) {
    Object.assign(box, { root, folders });
    onRpc("attache.folder", "read_box", () => ({
        folder: box.root || false,
        folders: box.folders,
        more: false,
        can_write: Boolean(box.root?.can_write),
    }));
    const env = await startServer();
    const partner = env["res.partner"].create({ name: "Azure" });
    const ids = files.map((vals) =>
        env["ir.attachment"].create({
            mimetype: "text/plain",
            res_model: "res.partner",
            res_id: partner,
            attache_folder_id: root ? root.id : false,
            attache_state: "waiting",
            ...vals,
        }),
    );
    await start();
    await openFormView("res.partner", partner, { arch: "<form><sheet/><chatter/></form>" });
    return { env, partner, ids, box };
}
