// Files in words: how far they have come, how large they are, and of what kind.

import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";
import { FileModel } from "@web/core/file_viewer/file_model";

export const STATES = {
    local: { icon: "fa-hdd-o", word: _t("In Odoo"), look: "text-muted" },
    waiting: { icon: "fa-clock-o", word: _t("Waiting"), look: "text-muted" },
    syncing: { icon: "fa-refresh", word: _t("Syncing"), look: "o_attache_info" },
    cloud: { icon: "fa-cloud", word: _t("In the cloud"), look: "o_attache_good" },
    conflict: { icon: "fa-code-fork", word: _t("Conflict"), look: "o_attache_warn" },
    stuck: { icon: "fa-exclamation-triangle", word: _t("Stuck"), look: "o_attache_bad" },
};

/** { icon, word, look, title } of a file: `word` has the percent, `title` says why. */
export function stateOf(file) {
    const state = STATES[file.attache_state] || STATES.local;
    const word =
        file.attache_state === "syncing" && file.attache_percent
            ? _t("Syncing, %s %", file.attache_percent)
            : state.word;
    return { ...state, word, title: file.attache_state_text || word };
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function sizeInWords(bytes) {
    let size = bytes || 0;
    let unit = 0;
    while (size >= 1000 && unit < UNITS.length - 1) {
        size /= 1000;
        unit++;
    }
    const digits = unit && size < 100 ? 1 : 0;
    return `${formatFloat(size, { digits: [16, digits], trailingZeros: false })} ${UNITS[unit]}`;
}

/** The file as Odoo's previewer takes it. */
export function asPreview({ id, name, mimetype, checksum }) {
    return Object.assign(new FileModel(), { id, name, mimetype, checksum, type: "binary" });
}

/** Address of a small picture of the file; nothing when there is none. */
export function pictureOf({ id, mimetype, checksum, has_thumbnail }, size = "360x240") {
    if ((mimetype || "").startsWith("image/") && asPreview({ mimetype }).isImage) {
        return `/web/image/${id}/${size}?unique=${checksum || ""}`;
    }
    return has_thumbnail ? `/web/image/ir.attachment/${id}/thumbnail?unique=${checksum || ""}` : "";
}

/** The plain facts of a record of a view. */
export function factsOf(record) {
    const { data, resId } = record;
    const tags = data.attache_tag_ids ? data.attache_tag_ids.records : [];
    return {
        ...data,
        id: resId,
        tags: tags.map(({ resId: id, data: tag }) => ({
            id,
            name: tag.display_name,
            color: tag.color || 0,
        })),
        folder: data.attache_folder_id || null,
        owner: data.create_uid || null,
    };
}
