// The attachment box of a record that has a folder: its folders beside the files of one of them.

import {
    Component,
    onMounted,
    onWillStart,
    onWillUnmount,
    useEffect,
    useRef,
    useState,
} from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useBus, useService } from "@web/core/utils/hooks";

import { useFolderDrop } from "../files/folder_drop";
import { useContextMenu } from "../tree/context_menu";
import { draggedKind } from "../tree/drag";
import { useFolderDeeds } from "../tree/folder_deeds";
import { useFolderNews } from "../tree/folder_news";
import { FolderTree } from "../tree/folder_tree";
import { chooseFiles, droppedFiles } from "../upload/dropped";
import { Box } from "./box";
import { useBoxFileDeeds } from "./box_file_deeds";
import { BoxFiles } from "./box_files";
import { DeletedDialog } from "./deleted_dialog";

const NARROW = 680; // px
const HEARD = 100; // folders

export class AttachmentBox extends Component {
    static template = "attache.AttachmentBox";
    static components = { BoxFiles, FolderTree };
    static props = {
        thread: Object,
        // (file, folderId): uploads one file into a folder
        upload: Function,
        // (attachment): ends an upload
        cancel: Function,
        // the files of the record are others now
        onChanged: Function,
    };

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.uploads = useService("attache_upload");
        this.box = new Box(useService("orm"), this.props.thread);
        this.known = useState(this.box.state);
        this.state = useState({ isNarrow: false, isOver: false });
        this.root = useRef("root");
        this.menu = useContextMenu();
        this.deeds = useFolderDeeds({
            store: this.box.store,
            onChanged: () => this.read(),
            onGone: (folder) => this.onGone(folder),
            onUpload: (folder, whole) => this.onUpload(folder, whole),
        });
        this.fileDeeds = useBoxFileDeeds({
            canChange: (file) => this.box.canChange(file),
            readAgain: () => this.readAll(),
            onChanged: () => this.props.onChanged(),
        });
        this.drop = useFolderDrop({
            moveFolder: (folder, into) => this.deeds.move(folder, into),
            dropFiles: (folder, ids) => this.onDropFiles(folder, ids),
            dropUpload: (folder, dataTransfer) => this.onDropUpload(folder, dataTransfer),
        });
        useFolderNews(
            () => this.heard,
            (news) => this.quietly(() => this.box.hear(news)),
        );
        useBus(this.uploads.bus, "uploaded", ({ detail }) => this.onUploaded(detail));
        onWillStart(() => {
            this.read(); // the box need not wait for it
        });
        useEffect(
            () => this.box.show(),
            () => [JSON.stringify([...this.box.counts()])],
        );
        this.watchSize();
        this.watchDrops();
    }

    watchSize() {
        const sizes = new ResizeObserver(([{ contentRect }]) => {
            this.state.isNarrow = contentRect.width < NARROW;
        });
        onMounted(() => sizes.observe(this.root.el));
        onWillUnmount(() => sizes.disconnect());
    }

    /** Files from outside may be dropped anywhere in the chatter. */
    watchDrops() {
        const over = (ev) => this.onDragOver(ev);
        const leave = (ev) => this.onDragLeave(ev);
        const drop = (ev) => this.onDrop(ev);
        useEffect(
            (el) => {
                const area = el.closest(".o-mail-Chatter") || el;
                area.addEventListener("dragover", over);
                area.addEventListener("dragleave", leave);
                area.addEventListener("drop", drop);
                return () => {
                    area.removeEventListener("dragover", over);
                    area.removeEventListener("dragleave", leave);
                    area.removeEventListener("drop", drop);
                };
            },
            () => [this.root.el],
        );
    }

    // -- reading ---------------------------------------------------------------------------

    /** Nobody asked for it: what fails is tried again by the next news. */
    async quietly(act) {
        try {
            await act();
        } catch {
            // The box shows what it knew.
        }
    }

    read() {
        return this.quietly(() => this.box.read());
    }

    async readAll() {
        await this.quietly(() => this.box.hear({ folders: null, files: null }));
        this.props.onChanged();
    }

    /** Folders of which one hears: of very many, only some. */
    get heard() {
        const { root, folders, selected } = this.known;
        const ids = folders.slice(0, HEARD).map(({ id }) => id);
        return [...new Set([root?.id, selected, ...ids])];
    }

    // -- what is shown ---------------------------------------------------------------------

    get folder() {
        const { root, folders, selected } = this.known; // observed
        return (root && folders.find(({ id }) => id === selected)) || root;
    }

    /** From the record's folder down to the chosen one. */
    get path() {
        const path = [];
        for (let one = this.folder; one; one = this.box.get(one.parent_id)) {
            path.unshift(one);
        }
        return path;
    }

    get hasTree() {
        return this.known.folders.length > 0;
    }

    get canWrite() {
        return Boolean(this.folder?.can_write);
    }

    /** Why nothing can be changed here, or that it is not synced. */
    get notice() {
        const { folder } = this;
        if (folder.archived) {
            return _t(
                "The record is archived, so its files can only be looked at. Unarchive it to change them.",
            );
        }
        if (!folder.can_write) {
            return _t("You may look at these files, not change them.");
        }
        return folder.stopped
            ? _t("The record matches no rule any more, so its files are not synced.")
            : "";
    }

    get more() {
        return this.known.more
            ? _t("There are more folders: open it in Files to see them all.")
            : "";
    }

    get foldTitle() {
        return this.known.isFolded ? _t("Show the folders") : _t("Hide the folders");
    }

    get emptyText() {
        return this.canWrite
            ? _t("No files here yet. Drop some here, or press Upload.")
            : _t("No files here.");
    }

    get dropText() {
        return this.canWrite
            ? _t("Drop files to put them into %s", this.folder.name)
            : _t("You may not put files into %s", this.folder.name);
    }

    // -- folders ---------------------------------------------------------------------------

    onSelect(folder) {
        if (folder.kind !== "shortcut") {
            this.box.select(folder.id);
        } else if (this.box.get(folder.home_id)) {
            this.box.select(folder.home_id);
        } else if (folder.home_id) {
            this.openInFiles(folder.home_id);
        }
    }

    openInFiles(id) {
        this.action.doAction("attache.attache_files_action", { props: { resId: id } });
    }

    onGone(folder) {
        if (this.path.some(({ id }) => id === folder.id)) {
            this.box.select(folder.parent_id);
        }
        this.readAll();
    }

    onCreate() {
        this.deeds.create(this.folder, (id) => this.box.select(id));
    }

    menuItems(folder) {
        const here = new Set(["openRecord"]); // one is there
        const files = { id: "openFiles", icon: "fa-folder-open-o", text: _t("Open in Files") };
        files.act = () => this.openInFiles(folder.home_id || folder.id);
        return [files, ...this.deeds.menuItems(folder).filter(({ id }) => !here.has(id))];
    }

    onMenu(ev) {
        const { folder } = this;
        const deleted = {
            id: "deleted",
            icon: "fa-undo",
            text: _t("Recently deleted by you…"),
            act: () => this.showDeleted(),
        };
        const items = [...this.menuItems(folder), { separator: true }, deleted];
        this.menu.open(items, ev.currentTarget, folder.name);
    }

    showDeleted() {
        const { thread } = this.props;
        this.dialog.add(DeletedDialog, { thread, restored: () => this.readAll() });
    }

    // -- files from outside ----------------------------------------------------------------

    async onUpload(folder, whole = false) {
        this.upload(folder, await chooseFiles(whole));
    }

    async onDropUpload(folder, dataTransfer) {
        this.upload(folder, await droppedFiles(dataTransfer));
    }

    /** Files go Odoo's way; those of whole folders by the queue, which makes the folders, and so do
     * those of people who may write to the folder but not to the record. */
    async upload(folder, files) {
        const target = folder.home_id || folder.id;
        const { canPostMessage } = this.props.thread;
        const queued = files.filter(({ path }) => path || !canPostMessage);
        if (queued.length) {
            this.uploads.add(queued, { id: target, name: folder.name });
        }
        const single = files.filter((file) => !queued.includes(file));
        if (single.length) {
            await Promise.all(single.map(({ file }) => this.props.upload(file, target)));
            this.props.onChanged();
        }
    }

    onUploaded({ folder, id, path }) {
        if (this.box.get(folder)) {
            const read = path ? this.box.read() : null;
            this.quietly(() => Promise.all([read, this.box.readSome([id])]));
        }
    }

    onDragOver(ev) {
        if (draggedKind(ev) !== "upload" || ev.defaultPrevented || !this.isOurs(ev)) {
            this.state.isOver = false;
            return;
        }
        ev.preventDefault();
        ev.dataTransfer.dropEffect = this.canWrite ? "copy" : "none";
        this.state.isOver = true;
    }

    /** Beside the box, while a message is written, it is the message that files are for. */
    isOurs({ target, currentTarget }) {
        const isWriting = currentTarget.querySelector(".o-mail-Composer");
        return Boolean(this.folder) && (!isWriting || this.root.el.contains(target));
    }

    /** A folder that takes it says so itself. */
    onDragOverFolders() {
        this.state.isOver = false;
    }

    onDragLeave(ev) {
        if (!ev.currentTarget.contains(ev.relatedTarget)) {
            this.state.isOver = false;
        }
    }

    onDrop(ev) {
        const wanted = this.state.isOver && draggedKind(ev) === "upload";
        this.state.isOver = false;
        if (wanted && this.canWrite) {
            ev.preventDefault();
            this.onDropUpload(this.folder, ev.dataTransfer);
        }
    }

    // -- our own files ---------------------------------------------------------------------

    onDropFiles(folder, ids) {
        const files = this.props.thread.attachments.filter(({ id }) => ids.includes(id));
        if (files.length) {
            this.fileDeeds.move(files, folder);
        }
    }
}
