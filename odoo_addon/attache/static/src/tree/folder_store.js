// What is known of the folders, and which of them are open. A tree of many thousands is read in
// pages, and only those pages that somebody looks at.

import { markRaw, reactive } from "@odoo/owl";

export const PAGE = 200;
const TOP = 0; // the level above which there is nothing
const FOUND = 80;

/** The folders in one folder: a place for each, filled where its page has been read. */
class Level {
    ids = [];
    length = 0;
    fresh = new Set(); // offsets of pages that are up to date
    asked = new Map(); // offset: the answer to come
}

/**
 * Two sources of folders:
 *
 * - `new FolderStore(orm)` reads them by itself, level by level (`attache.folder.read_children`).
 * - `new FolderStore(orm, { folders })` shows those that it is given, and `setFolders(folders)`
 *   replaces them. A folder whose parent is not among them stands at the top.
 *
 * A folder is a plain object as `attache.folder.read_children` tells it. Components take
 * `useState(store.state)` and read `version`, which changes with everything else.
 */
export class FolderStore {
    constructor(orm, { folders, sorted = true } = {}) {
        this.orm = orm;
        this.sorted = sorted; // by name; given folders only
        this.given = Boolean(folders);
        this.state = reactive({ version: 0, text: "", finding: false, error: "" });
        this.folders = new Map();
        this.levels = new Map();
        this.expanded = new Set();
        this.found = null; // the answer to a search, while there is one
        this.question = 0;
        this.lines = null;
        markRaw(this);
        if (folders) {
            this.setFolders(folders);
        }
    }

    get(id) {
        return this.folders.get(id);
    }

    changed() {
        this.lines = null;
        this.state.version++;
    }

    // -- what is shown ---------------------------------------------------------------------

    /** The rows from top to bottom. A row without a folder is one that has not been read. */
    get rows() {
        if (!this.lines) {
            this.lines = this.found ? this.foundRows() : this.treeRows();
        }
        return this.lines;
    }

    foundRows() {
        const { folders } = this.found;
        return folders.map((folder, place) => ({
            key: `${folder.id}`,
            folder,
            depth: 1,
            place,
            size: folders.length,
        }));
    }

    treeRows() {
        const rows = [];
        const walk = (parent, depth) => {
            const level = this.levels.get(parent);
            for (let place = 0; level && place < level.length; place++) {
                const folder = this.folders.get(level.ids[place]);
                const key = folder ? `${folder.id}` : `${parent}…${place}`;
                rows.push({ key, folder, parent, depth, place, size: level.length });
                if (folder && this.isOpen(folder)) {
                    walk(folder.id, depth + 1);
                }
            }
        };
        walk(TOP, 1);
        return rows;
    }

    get isRead() {
        return this.levels.has(TOP);
    }

    isOpen(folder) {
        return folder.has_children && this.expanded.has(folder.id);
    }

    /** Whether its subfolders are on their way. */
    isOpening(folder) {
        return this.isOpen(folder) && !this.levels.has(folder.id);
    }

    // -- opening and closing ---------------------------------------------------------------

    async setOpen(folder, open) {
        if (open) {
            this.expanded.add(folder.id);
        } else {
            this.expanded.delete(folder.id);
        }
        this.changed();
        if (open) {
            await this.read(folder.id);
        }
    }

    /** Opens all above the last folder of a path, which begins at the top. */
    async reveal(path) {
        this.keep(path);
        const above = path.slice(0, -1);
        for (const { id } of above) {
            this.expanded.add(id);
        }
        await Promise.all([TOP, ...above.map(({ id }) => id)].map((id) => this.read(id)));
        this.changed();
    }

    // -- reading ---------------------------------------------------------------------------

    /** Whatever of these rows has not been read, or may be out of date. */
    need(rows) {
        if (this.given || this.found) {
            return;
        }
        const wanted = new Map();
        for (const { parent, place } of rows) {
            const offset = place - (place % PAGE);
            wanted.set(`${parent}/${offset}`, [parent, offset]);
        }
        for (const [parent, offset] of wanted.values()) {
            this.read(parent, offset);
        }
    }

    /** A page of a level, unless it is up to date. */
    async read(parent = TOP, offset = 0) {
        if (this.given) {
            return;
        }
        const level = this.levels.get(parent) || new Level();
        if (level.fresh.has(offset)) {
            return;
        }
        if (!level.asked.has(offset)) {
            const answer = this.readPage(parent, level, offset);
            level.asked.set(offset, answer);
            answer.finally(() => level.asked.delete(offset)).catch(() => {});
        }
        await level.asked.get(offset);
    }

    async readPage(parent, level, offset) {
        // Said before asking: news that come while the answer is on its way make it old again.
        level.fresh.add(offset);
        let answer = null;
        try {
            answer = await this.orm.call("attache.folder", "read_children", [parent || false], {
                offset,
                limit: PAGE,
            });
        } catch (error) {
            level.fresh.delete(offset);
            throw error;
        }
        const { folders, length } = answer;
        this.keep(folders);
        level.length = length;
        level.ids.length = length;
        folders.forEach(({ id }, place) => (level.ids[offset + place] = id));
        this.levels.set(parent, level);
        const above = this.folders.get(parent);
        if (above && above.has_children !== length > 0) {
            this.keep([{ ...above, has_children: length > 0 }]);
        }
        this.changed();
    }

    /** Remembers folders as they were told just now. */
    keep(folders) {
        for (const folder of folders) {
            this.folders.set(folder.id, markRaw(folder));
        }
    }

    /** Changes what is known of one folder. */
    patch(id, values) {
        const folder = this.folders.get(id);
        if (folder) {
            this.keep([{ ...folder, ...values }]);
            if (this.found) {
                const change = (one) => (one.id === id ? markRaw({ ...one, ...values }) : one);
                this.found.folders = this.found.folders.map(change);
            }
            this.changed();
        }
    }

    setFolders(folders) {
        this.folders.clear();
        this.levels.clear();
        this.keep(folders);
        const compare = (one, other) => one.name.localeCompare(other.name, undefined, SORTED);
        const inOrder = this.sorted ? [...folders].sort(compare) : folders;
        this.levels.set(TOP, new Level());
        for (const folder of inOrder) {
            const parent = this.folders.has(folder.parent_id) ? folder.parent_id : TOP;
            if (!this.levels.has(parent)) {
                this.levels.set(parent, new Level());
            }
            const level = this.levels.get(parent);
            level.ids.push(folder.id);
            level.length++;
        }
        for (const folder of folders) {
            folder.has_children = this.levels.has(folder.id);
        }
        if (this.found) {
            this.find(this.state.text);
        }
        this.changed();
    }

    /** Some folders changed, or all may have: read again once they are looked at. What is shown
     * stays until then. */
    outdate(ids) {
        const levels = ids ? ids.map((id) => this.levels.get(id || TOP)) : this.levels.values();
        for (const level of levels) {
            level?.fresh.clear();
        }
        this.changed();
    }

    // -- searching -------------------------------------------------------------------------

    /** Shows what is called so, as a flat list. Only the last question's answer counts. */
    async find(text) {
        const question = ++this.question;
        this.state.text = text;
        const wanted = text.trim();
        if (!wanted) {
            Object.assign(this.state, { finding: false, error: "" });
            this.found = null;
            this.changed();
            return;
        }
        if (this.given) {
            this.found = this.findGiven(wanted.toLowerCase());
            this.changed();
            return;
        }
        this.state.finding = true;
        try {
            const found = await this.orm.call("attache.folder", "find_folders", [wanted], {
                limit: FOUND,
            });
            if (question === this.question) {
                this.keep(found.folders);
                this.found = found;
                this.state.error = "";
            }
        } catch (error) {
            if (question === this.question) {
                this.state.error = error.data?.message || error.message;
            }
        }
        if (question === this.question) {
            this.state.finding = false;
            this.changed();
        }
    }

    findGiven(needle) {
        const all = [...this.folders.values()];
        const folders = all.filter(({ name }) => name.toLowerCase().includes(needle));
        return {
            folders: folders.slice(0, FOUND).map((one) => ({ ...one, path: this.above(one) })),
            length: folders.length,
        };
    }

    /** [[id, name]] of the known folders above one, from the top. */
    above(folder) {
        const path = [];
        for (let one = this.get(folder.parent_id); one; one = this.get(one.parent_id)) {
            path.unshift([one.id, one.name]);
        }
        return path;
    }

    /** Whether a folder is another one or below it, as far as is known. */
    isWithin(folder, other) {
        return folder.id === other.id || this.above(folder).some(([id]) => id === other.id);
    }
}

const SORTED = { numeric: true, sensitivity: "base" };
