// The folders of a record and what is in the chosen one: which they are, and which files lie there.

import { markRaw, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";

import { FolderStore } from "../tree/folder_store";

const FOLDED = "attache.box.folded";
const FEW = 100; // files that are read again one by one

/** What the chatter shows of a file, as the server tells it. */
export const FIELDS = [
    "name",
    "mimetype",
    "checksum",
    "file_size",
    "create_date",
    "type",
    "url",
    "has_thumbnail",
    "attache_folder_id",
    "attache_state",
    "attache_percent",
    "attache_state_text",
    "attache_web_url",
    "attache_bytes",
    "attache_starred",
];

/**
 * One for each open box. `thread` is the record in the store of mail.
 *
 * `state`: { root, folders, more, selected, isRead, error, isFolded }, where `root` is the folder of
 * the record and `folders` are all below it.
 */
export class Box {
    constructor(orm, thread) {
        this.orm = orm;
        this.thread = thread;
        this.store = new FolderStore(orm, { folders: [] });
        this.question = 0;
        this.state = reactive({
            root: null,
            folders: markRaw([]),
            more: false,
            selected: false,
            isRead: false,
            error: false,
            isFolded: browser.localStorage.getItem(FOLDED) === "1",
        });
        markRaw(this);
    }

    // -- folders ---------------------------------------------------------------------------

    /** Reads the folders. Only the last question's answer counts. */
    async read() {
        const question = ++this.question;
        const { model, id } = this.thread;
        let told = null;
        try {
            told = await this.orm.call("attache.folder", "read_box", [model, id]);
        } catch (error) {
            if (question === this.question) {
                Object.assign(this.state, { isRead: true, error: !this.state.root });
            }
            throw error;
        }
        if (question !== this.question) {
            return;
        }
        const root = told.folder && markRaw(told.folder);
        const folders = markRaw(told.folders.map((folder) => markRaw(folder)));
        Object.assign(this.state, { root, folders, more: told.more, isRead: true, error: false });
        if (!this.get(this.state.selected)) {
            this.state.selected = root && root.id;
        }
        this.show();
        if (!root) {
            this.thread.attache_folder_id = false; // gone, or hidden by now
        }
    }

    /** Gives the tree its folders, with the number of files in each. */
    show() {
        const { root, folders } = this.state;
        if (!root) {
            this.store.setFolders([]);
            return;
        }
        const counts = this.counts();
        const badge = (folder) => ({ ...folder, badge: counts.get(folder.id) || "" });
        const wasEmpty = !this.store.folders.size;
        this.store.setFolders([badge(root), ...folders.map(badge)]);
        if (wasEmpty) {
            this.store.expanded.add(root.id);
            this.store.changed();
        }
    }

    get(id) {
        const { root, folders } = this.state;
        return root?.id === id ? root : folders.find((folder) => folder.id === id);
    }

    /** The chosen folder. */
    get folder() {
        return this.get(this.state.selected) || this.state.root;
    }

    select(id) {
        this.state.selected = id;
        for (const [above] of this.store.above(this.get(id) || {})) {
            this.store.expanded.add(above);
        }
        this.store.changed();
    }

    toggle() {
        this.state.isFolded = !this.state.isFolded;
        browser.localStorage.setItem(FOLDED, this.state.isFolded ? "1" : "0");
    }

    // -- files -----------------------------------------------------------------------------

    /** Where a file is shown: files that lie in no folder are the record's own, as in Odoo. */
    placeOf(file) {
        const { root, more } = this.state;
        const known = this.known.has(file.attache_folder_id);
        return known || (more && file.attache_folder_id) ? file.attache_folder_id : root?.id;
    }

    get known() {
        const { root, folders } = this.state;
        if (this.knownOf !== folders) {
            this.knownOf = folders;
            this.knownIds = new Set([root?.id, ...folders.map(({ id }) => id)]);
        }
        return this.knownIds;
    }

    get files() {
        const selected = this.folder?.id;
        return this.thread.attachments.filter((file) => this.placeOf(file) === selected);
    }

    counts() {
        const counts = new Map();
        for (const file of this.thread.attachments) {
            const place = this.placeOf(file);
            counts.set(place, (counts.get(place) || 0) + 1);
        }
        return counts;
    }

    /** Whether one may rename, move and delete a file, and give it another content. */
    canChange(file) {
        const folder = this.get(this.placeOf(file));
        return Boolean(folder?.can_write) && !file.uploading;
    }

    /** All files again. */
    async readFiles() {
        await this.thread.fetchThreadData(["attachments"]);
    }

    /** Shows what became of some files. */
    async readSome(ids) {
        if (ids.length > FEW) {
            return this.readFiles();
        }
        const { model, id } = this.thread;
        const domain = [
            ["id", "in", ids],
            ["res_model", "=", model],
            ["res_id", "=", id],
        ];
        const rows = await this.orm.searchRead("ir.attachment", domain, FIELDS);
        const here = new Set(rows.map((row) => row.id));
        const { store } = this.thread;
        for (const row of rows) {
            const folder = row.attache_folder_id && row.attache_folder_id[0];
            const values = { ...row, attache_folder_id: folder, thread: { model, id } };
            store["ir.attachment"].insert(values);
        }
        for (const file of this.thread.attachments.filter((file) => ids.includes(file.id))) {
            if (!here.has(file.id)) {
                file.delete();
            }
        }
    }

    /** News came: of these folders and files, or of nobody knows which. */
    async hear({ folders, files }) {
        const all = !folders || !files || !files.length;
        await Promise.all([this.read(), all ? this.readFiles() : this.readSome(files)]);
    }
}
