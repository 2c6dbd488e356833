// Odoo's own cards and list of attachments, and of the trash, as the file manager shows them.

import { useEffect, useSubEnv } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { SearchModel } from "@web/search/search_model";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { KanbanRecord } from "@web/views/kanban/kanban_record";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

import { FilesControlPanel } from "./control_panel";
import { Empty } from "./empty";
import { FolderStrip } from "./folder_strip";

const ON_PHONE = ["name", "attache_bytes"];

/** While something is searched for, what is below the folder is searched as well. */
export class FilesSearchModel extends SearchModel {
    get isSearching() {
        return this.query.some(({ searchItemId }) => {
            const { type } = this.searchItems[searchItemId];
            return !["groupBy", "dateGroupBy"].includes(type);
        });
    }

    _getDomain(params = {}) {
        const { globalDomain } = this;
        if (this.query && this.isSearching) {
            this.globalDomain = globalDomain.map((term) =>
                term[0] === "attache_folder_id" && term[1] === "="
                    ? [term[0], "child_of", term[2]]
                    : term,
            );
        }
        try {
            return super._getDomain(params);
        } finally {
            this.globalDomain = globalDomain;
        }
    }
}

/** What both controllers have in common: the screen knows the view, and the view its selection. */
const OnScreen = (Controller) =>
    class extends Controller {
        setup() {
            super.setup();
            this.screen = this.env.attacheScreen;
            useSubEnv({ attacheModel: this.model });
            useEffect(
                () => {
                    this.screen.view = this;
                    return () => {
                        if (this.screen.view === this) {
                            this.screen.view = null;
                        }
                    };
                },
                () => [],
            );
            useEffect(
                () => {
                    this.screen.noteSelection();
                },
                () => [this.model.root.selection?.map(({ id }) => id).join()],
            );
            useEffect(
                (isSearching) => {
                    this.screen.state.isSearching = isSearching;
                },
                () => [this.env.searchModel.isSearching || false],
            );
        }

        /** Reads again what is shown. What was selected stays so, where it is still there. */
        async reload() {
            const { context, domain, groupBy, orderBy } = this.env.searchModel;
            const isSame = JSON.stringify(domain) === JSON.stringify(this.model.config.domain);
            // A load for another place may be on its way: this one overtakes it.
            await this.model.load(isSame ? {} : { context, domain, groupBy, orderBy });
            const { chosen } = this.screen;
            for (const record of this.model.root.records) {
                if (chosen.has(record.resId)) {
                    record._toggleSelection(true);
                }
            }
            this.screen.noteSelection();
            // Once it is drawn.
            requestAnimationFrame(() => this.screen.refocus());
        }

        openRecord(record) {
            this.screen.deeds.preview({ id: record.resId, ...record.data });
        }
    };

// -- cards --------------------------------------------------------------------------------

class FilesKanbanRecord extends KanbanRecord {
    static template = "attache.FilesKanbanRecord";

    onGlobalClick() {
        // See pointer.js
    }
}

class FilesKanbanRenderer extends KanbanRenderer {
    static template = "attache.FilesKanbanRenderer";
    static components = {
        ...KanbanRenderer.components,
        Empty,
        FolderStrip,
        KanbanRecord: FilesKanbanRecord,
    };
}

class FilesKanbanController extends OnScreen(KanbanController) {}

// -- list ---------------------------------------------------------------------------------

class FilesListRenderer extends ListRenderer {
    static template = "attache.FilesListRenderer";
    static recordRowTemplate = "attache.FilesListRow";
    static components = { ...ListRenderer.components, Empty, FolderStrip };

    async onCellClicked() {
        // See pointer.js
    }

    /** A phone has room for the name and a little more. */
    getActiveColumns() {
        const columns = super.getActiveColumns();
        return this.env.isSmall ? columns.filter(({ name }) => ON_PHONE.includes(name)) : columns;
    }

    get showNoContentHelper() {
        return !this.props.list.model.hasData();
    }

    get getEmptyRowIds() {
        return [];
    }
}

class FilesListController extends OnScreen(ListController) {}

registry.category("views").add("attache_files_kanban", {
    ...kanbanView,
    Controller: FilesKanbanController,
    Renderer: FilesKanbanRenderer,
    SearchModel: FilesSearchModel,
    ControlPanel: FilesControlPanel,
});

registry.category("views").add("attache_files_list", {
    ...listView,
    Controller: FilesListController,
    Renderer: FilesListRenderer,
    SearchModel: FilesSearchModel,
    ControlPanel: FilesControlPanel,
});

// -- trash --------------------------------------------------------------------------------

class TrashListRenderer extends ListRenderer {
    static template = "attache.TrashListRenderer";
    static components = { ...ListRenderer.components, Empty };

    async onCellClicked(record) {
        this.toggleRecordSelection(record);
    }

    get showNoContentHelper() {
        return !this.props.list.model.hasData();
    }

    get getEmptyRowIds() {
        return [];
    }
}

class TrashListController extends OnScreen(ListController) {}

registry.category("views").add("attache_trash_list", {
    ...listView,
    Controller: TrashListController,
    Renderer: TrashListRenderer,
    ControlPanel: FilesControlPanel,
});
