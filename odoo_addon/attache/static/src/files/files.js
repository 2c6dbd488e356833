// The file manager.

import {
    Component,
    onWillStart,
    onWillUnmount,
    useEffect,
    useRef,
    useState,
    useSubEnv,
} from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useBus, useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { useSetupAction } from "@web/search/action_hook";
import { View } from "@web/views/view";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { draggedKind } from "../tree/drag";
import { useFolderDeeds } from "../tree/folder_deeds";
import { useFolderNews } from "../tree/folder_news";
import { useWords } from "../tree/leaving";
import { chooseFiles, droppedFiles } from "../upload/dropped";
import { Details } from "./details";
import { useFileDeeds } from "./file_deeds";
import { useFilePointer } from "./pointer";
import { domainOf, folderOf, ORDERS, Screen } from "./screen";
import { Side } from "./side";

const FRESH = 400; // ms: many uploads end at once
const WATCHED = 30; // folders of which one hears at once

/** What outlives the screen: the browser's back button begins it anew. */
const kept = {};

export class Files extends Component {
    static template = "attache.Files";
    static components = { View, Side, Details };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.uploads = useService("attache_upload");
        this.ui = useState(useService("ui"));
        this.words = useWords();
        this.middle = useRef("middle");
        // Not the component's own service: what outlives it must get its answers.
        this.screen = new Screen(this.env.services.orm, kept);
        this.place = useState(this.screen.state);
        this.state = useState({ dropping: false });
        this.actions = this.makeActions();
        this.pointer = useFilePointer(this.screen, this.actions.files, this.middle);
        Object.assign(this.screen, {
            deeds: this.actions.files,
            openMenu: this.pointer.openMenu,
            refocus: this.pointer.refocus,
            folderItems: this.actions.folderItems,
        });
        this.screen.onMoved = () => this.onMoved();
        onWillUnmount(() => (this.screen.onMoved = () => {}));
        useSubEnv({
            attacheScreen: this.screen,
            attacheActions: this.actions,
            config: { ...this.env.config, viewSwitcherEntries: [] },
        });
        useSetupAction({ getLocalState: () => ({ where: this.where }) });
        this.hear();
        onWillStart(async () => {
            this.actions.isAdmin = await user.hasGroup("attache.group_admin");
            const where = this.props.state?.where || Screen.fromAddress(this.props.resId);
            // The first place is read beside everything else.
            this.screen.folders.outdate();
            this.screen.go(where);
            this.screen.tags.load();
            this.screen.openTop();
        });
        useEffect(
            () => {
                this.onMoved();
            },
            () => [],
        );
    }

    get where() {
        const { place, folderId, tag } = this.place;
        return { place, folderId, tag };
    }

    /** The address and the title follow. */
    onMoved() {
        const { place, folderId, tag } = this.screen.state;
        this.props.updateActionState({
            resId: folderId || false,
            place: place === "folder" || place === "all" ? undefined : place,
            tag: tag || undefined,
        });
        this.env.config.setDisplayName?.(this.screen.title || _t("Files").toString());
    }

    // -- what Odoo's view is told ----------------------------------------------------------

    /** The same object as long as nothing changed: the view reads its data anew with each other one. */
    get viewProps() {
        const isTrash = this.place.place === "trash";
        const domain = domainOf(this.place);
        const type = isTrash ? "list" : this.place.view;
        const wanted = this.place.place === "recent" ? "changed" : this.place.order;
        // The list has its own heads to order it by.
        const isOurs = type === "kanban" || this.place.place === "recent";
        const order = isOurs && ORDERS[wanted] ? ORDERS[wanted].by : [];
        const key = JSON.stringify([domain, order, type]);
        if (key !== this.viewKey) {
            this.viewKey = key;
            const { params } = this.props.action;
            this.shownProps = {
                resModel: isTrash ? "attache.trash" : "ir.attachment",
                type,
                domain,
                orderBy: order,
                context: {},
                loadIrFilters: true,
                display: { controlPanel: { adaptToScroll: false } },
                views: isTrash
                    ? [
                          [params.trash_list, "list"],
                          [params.trash_search, "search"],
                      ]
                    : [
                          [params.kanban, "kanban"],
                          [params.list, "list"],
                          [params.search, "search"],
                      ],
                searchViewId: isTrash ? params.trash_search : params.search,
            };
        }
        return this.shownProps;
    }

    get resModel() {
        return this.place.place === "trash" ? "attache.trash" : "ir.attachment";
    }

    get showsDetails() {
        if (this.place.place === "trash") {
            return false;
        }
        return this.ui.isSmall ? this.place.page : this.place.details;
    }

    // -- news ------------------------------------------------------------------------------

    hear() {
        const { screen } = this;
        // Reading the version has this asked again when folders open and close.
        const known = useState(screen.folders.state);
        const shown = () => (known.version < 0 ? [] : [...screen.folders.expanded].slice(-WATCHED));
        useFolderNews(
            () => [this.place.folderId, ...shown()],
            ({ folders, files }) => this.onNews(folders, files),
        );
        const arrived = debounce(() => screen.reload(), FRESH);
        useBus(this.uploads.bus, "uploaded", ({ detail: { folder, path } }) => {
            if (path) {
                const above = screen.folders.get(folder);
                if (above && !above.has_children) {
                    screen.folders.patch(folder, { has_children: true });
                }
                screen.folders.outdate();
            }
            arrived();
        });
    }

    onNews(folders, files) {
        const { screen } = this;
        screen.folders.outdate(folders || undefined);
        const shown = new Set(files || []);
        const isHere =
            !folders ||
            folders.includes(screen.state.folderId) ||
            screen.records.some(({ resId }) => shown.has(resId));
        if (isHere) {
            screen.reload();
        }
    }

    // -- what people do --------------------------------------------------------------------

    makeActions() {
        const { screen } = this;
        const upload = async (folder, wholeFolder) => {
            const chosen = await chooseFiles(wholeFolder);
            if (chosen.length) {
                this.uploads.add(chosen, folder);
            }
        };
        const openFolder = (folder) => screen.openFolder(folder.home_id || folder.id);
        const folders = useFolderDeeds({
            store: screen.folders,
            onOpen: openFolder,
            onUpload: upload,
            onChanged: () => screen.read(),
            onGone: (folder) => {
                if (screen.state.path.some(({ id }) => id === folder.id)) {
                    screen.openFolder(folder.parent_id);
                }
            },
        });
        const files = useFileDeeds(screen);
        return {
            folders,
            files,
            upload,
            openFolder,
            folderItems: (folder) => folders.menuItems(folder),
            moveFolder: (folder, into) => folders.move(folder, into),
            dropFiles: (folder, ids) => files.move(ids, folder),
            dropUpload: async (folder, dataTransfer) => {
                const dropped = await droppedFiles(dataTransfer);
                if (dropped.length) {
                    this.uploads.add(dropped, folder);
                }
            },
            trash: {
                restore: () => this.restore(),
                forget: () => this.forget(),
            },
        };
    }

    async restore() {
        const { screen } = this;
        try {
            const ids = await screen.selectedIds();
            await this.orm.call("attache.trash", "action_restore", [ids]);
            this.words.say(
                ids.length === 1
                    ? _t("The file was restored.")
                    : _t("%s files restored.", ids.length),
            );
        } catch (error) {
            this.words.fail(error);
        }
        screen.clear();
        await screen.reload();
    }

    async forget() {
        const { screen } = this;
        const ids = await screen.selectedIds();
        this.dialog.add(ConfirmationDialog, {
            title: _t("Delete for good?"),
            body: _t("%s files will be gone for good. Nobody can bring them back.", ids.length),
            confirmLabel: _t("Delete for good"),
            confirmClass: "btn-danger",
            confirm: async () => {
                await this.orm.unlink("attache.trash", ids);
                screen.clear();
                await screen.reload();
            },
            cancel: () => {},
        });
    }

    // -- dropping into the middle ----------------------------------------------------------

    takesDrop(ev) {
        return draggedKind(ev) === "upload" && Boolean(this.screen.folder);
    }

    onDragOver(ev) {
        if (!this.takesDrop(ev)) {
            return;
        }
        ev.preventDefault();
        const can = this.screen.folder.can_write;
        ev.dataTransfer.dropEffect = can ? "copy" : "none";
        this.state.dropping = true;
    }

    onDragLeave(ev) {
        if (!this.middle.el.contains(ev.relatedTarget)) {
            this.state.dropping = false;
        }
    }

    onDrop(ev) {
        this.state.dropping = false;
        if (!this.takesDrop(ev)) {
            return;
        }
        ev.preventDefault();
        const { folder } = this.screen;
        if (folder.can_write) {
            this.actions.dropUpload(folder, ev.dataTransfer);
        }
    }

    get canDrop() {
        return Boolean(folderOf(this.place)?.can_write);
    }

    get dropText() {
        const folder = folderOf(this.place);
        if (!folder) {
            return "";
        }
        return folder.can_write
            ? _t("Drop to upload to %s", folder.name)
            : _t("You may not put files into %s", folder.name);
    }
}

registry.category("actions").add("attache.files", Files);
