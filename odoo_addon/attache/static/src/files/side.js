// The left of the file manager: places, folders and tags.

import { Component, useEffect, useExternalListener, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { FolderTree } from "../tree/folder_tree";
import { PLACES } from "./screen";
import { useTagDeeds } from "./tag_deeds";

export class Side extends Component {
    static template = "attache.Side";
    static components = { FolderTree };
    static props = {};

    setup() {
        this.ui = useState(useService("ui"));
        this.screen = this.env.attacheScreen;
        this.actions = this.env.attacheActions;
        this.place = useState(this.screen.state);
        this.tagState = useState(this.screen.tags.state);
        this.tags = useTagDeeds(this.screen);
        this.root = useRef("root");
        this.state = useState({ over: "" });
        useEffect(
            (isOpen) => {
                if (isOpen && this.ui.isSmall) {
                    // Not before it is drawn: what is hidden takes no focus.
                    requestAnimationFrame(() => this.root.el?.querySelector("button").focus());
                }
            },
            () => [this.place.drawer],
        );
        useExternalListener(window, "keydown", (ev) => {
            if (ev.key === "Escape") {
                this.place.drawer = false;
            }
        });
    }

    get places() {
        return Object.entries(PLACES).map(([id, place]) => ({ id, ...place }));
    }

    get canTag() {
        return this.tagState.version >= 0 && this.screen.tags.canWrite;
    }

    get hasTags() {
        return this.tagState.version >= 0 && this.screen.tags.folders.size > 0;
    }

    get noFolders() {
        return _t("There are no folders yet.");
    }

    get tagsHeading() {
        return _t("Tags");
    }

    onTag(tag) {
        this.screen.setTag(tag.id === this.place.tag ? false : tag.id);
    }
}
