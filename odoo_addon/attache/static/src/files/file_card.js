// A file as a card, and the fields of a file in the list.

import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { labels } from "../tree/labels";
import { downloadFile } from "../tree/leaving";
import { factsOf, pictureOf, sizeInWords, stateOf } from "./file_words";

/** What cards and list have in common. */
class FileShown extends Component {
    setup() {
        this.labels = labels;
    }

    get file() {
        return factsOf(this.props.record);
    }

    get picture() {
        return pictureOf(this.file);
    }

    get state() {
        return stateOf(this.file);
    }

    get size() {
        return sizeInWords(this.file.attache_bytes);
    }

    /** A picture that cannot be had, say since the cloud is away, gives way to the sign. */
    onNoPicture(ev) {
        ev.target.classList.add("d-none");
        ev.target.nextElementSibling?.classList.remove("d-none");
    }

    star() {
        this.env.attacheScreen.deeds.star([this.file]);
    }

    openInCloud() {
        this.env.attacheScreen.deeds.openInCloud(this.file);
    }

    download() {
        downloadFile(this.file.id);
    }

    toggle() {
        this.env.attacheScreen.toggle(this.props.record);
    }

    onMenu(ev) {
        this.env.attacheScreen.openMenu(this.props.record, ev.currentTarget);
    }
}

export class FileCard extends FileShown {
    static template = "attache.FileCard";
    static props = { ...standardWidgetProps };
}

export class FileName extends FileShown {
    static template = "attache.FileName";
    static props = { ...standardFieldProps };
}

export class FileState extends FileShown {
    static template = "attache.FileState";
    static props = { ...standardFieldProps };
}

export class FileSize extends FileShown {
    static template = "attache.FileSize";
    static props = { ...standardFieldProps };
}

export class FileTags extends FileShown {
    static template = "attache.FileTags";
    static props = { ...standardFieldProps };
}

export class FileButtons extends FileShown {
    static template = "attache.FileButtons";
    static props = { ...standardFieldProps };
}

registry.category("view_widgets").add("attache_file_card", { component: FileCard });
const fields = registry.category("fields");
fields.add("attache_file_name", { component: FileName, supportedTypes: ["char"] });
fields.add("attache_file_state", { component: FileState, supportedTypes: ["selection"] });
fields.add("attache_file_size", { component: FileSize, supportedTypes: ["float"] });
fields.add("attache_file_buttons", { component: FileButtons, supportedTypes: ["boolean"] });
fields.add("attache_file_tags", {
    component: FileTags,
    supportedTypes: ["many2many"],
    relatedFields: [
        { name: "display_name", type: "char" },
        { name: "color", type: "integer", readonly: true },
    ],
});
