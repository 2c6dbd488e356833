// What stands where there is nothing to show, and what to do about it.

import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

import { folderOf } from "./screen";

export class Empty extends Component {
    static template = "attache.Empty";
    static props = {};

    setup() {
        this.action = useService("action");
        this.screen = this.env.attacheScreen;
        this.actions = this.env.attacheActions;
        this.place = useState(this.screen.state);
        this.known = useState(this.screen.folders.state);
        onWillStart(async () => {
            this.isAdmin = await user.hasGroup("attache.group_admin");
        });
    }

    /** No folder at all: nothing can be put anywhere yet. */
    get isUnused() {
        const { folders } = this.screen;
        return this.known.version >= 0 && folders.isRead && !folders.levels.get(0).length;
    }

    get said() {
        const { place, isSearching, tag, gone } = this.place;
        const folder = folderOf(this.place);
        if (gone) {
            return {
                icon: "fa-question-circle-o",
                title: _t("This folder is not here"),
                text: _t("It was deleted, or you have no right to see it."),
                button: { text: _t("All files"), act: () => this.screen.openPlace("all") },
            };
        }
        if (isSearching || tag) {
            return {
                icon: "fa-search",
                title: _t("Nothing found"),
                text: this.isEverywhere
                    ? _t("No file fits. Try other words, or take a filter away.")
                    : _t("No file in this folder and below it fits."),
                button: !this.isEverywhere && {
                    text: _t("Search everywhere"),
                    act: () => this.screen.openPlace("all"),
                },
            };
        }
        if (place === "trash") {
            return {
                icon: "fa-trash-o",
                title: _t("The trash is empty"),
                text: _t("What you delete stays here for a while and can be restored."),
            };
        }
        if (this.isUnused) {
            return this.unused;
        }
        const said = {
            recent: {
                icon: "fa-clock-o",
                title: _t("Nothing new"),
                text: _t("Files that were added or changed in the last 30 days show up here."),
            },
            starred: {
                icon: "fa-star-o",
                title: _t("Nothing starred"),
                text: _t("Star files and folders that you want to find again fast."),
            },
            all: {
                icon: "fa-files-o",
                title: _t("No files yet"),
                text: _t("Choose a folder and drop files into it."),
            },
        };
        if (said[place]) {
            return said[place];
        }
        if (folder?.has_children) {
            return {
                small: true,
                title: _t("No files in this folder itself"),
                text: folder.can_write ? _t("Drop files here to put some into it.") : "",
            };
        }
        if (folder?.can_write) {
            return {
                icon: "fa-cloud-upload",
                title: _t("Nothing here yet"),
                text: _t("Drop files or whole folders here, or"),
                button: { text: _t("Upload files"), act: () => this.actions.upload(folder) },
            };
        }
        return {
            icon: "fa-folder-open-o",
            title: _t("No files here"),
            text: _t("You may not put any into this folder."),
        };
    }

    get isEverywhere() {
        return this.place.place !== "folder";
    }

    get unused() {
        const open = (name) => () => this.action.doAction(`attache.${name}`);
        return {
            icon: "fa-sitemap",
            title: _t("There are no folders yet"),
            text: this.isAdmin
                ? _t("Rules make folders from your records. Take one that is ready, or write one.")
                : _t("An administrator of Attaché sets up which records have folders."),
            button: this.isAdmin && {
                text: _t("Choose a preset"),
                act: open("attache_preset_action"),
            },
            other: this.isAdmin && { text: _t("Rules"), act: open("attache_rule_action") },
        };
    }
}
