// Folders in words: what kind of folder it is, its sign, and what is special about it.

import { _t } from "@web/core/l10n/translation";

export const KINDS = {
    root: { icon: "fa-cloud", word: _t("Connection") },
    rule: { icon: "fa-sitemap", word: _t("Folder of a rule") },
    record: { icon: "fa-folder", word: _t("Folder of a record") },
    manual: { icon: "fa-folder-o", word: _t("Folder") },
    shortcut: { icon: "fa-share", word: _t("Shortcut: its folder is elsewhere") },
    tag: { icon: "fa-tag", word: _t("Tag") },
};

export function kindOf(folder) {
    return KINDS[folder.kind] || KINDS.manual;
}

/** What a reader should know of a folder, as small signs behind its name. */
export function marksOf(folder) {
    const marks = [];
    if (folder.starred) {
        marks.push({ key: "starred", icon: "fa-star o_attache_star", word: _t("Starred") });
    }
    if (folder.deserted) {
        marks.push({
            key: "deserted",
            icon: "fa-exclamation-triangle text-warning",
            word: _t("Closed: nobody is listed any more"),
        });
    } else if (folder.restricted) {
        marks.push({ key: "restricted", icon: "fa-lock", word: _t("For some people only") });
    }
    if (folder.stopped) {
        marks.push({ key: "stopped", icon: "fa-unlink", word: _t("No longer synced") });
    } else if (folder.in_scope === false) {
        marks.push({ key: "scope", icon: "fa-unlink", word: _t("No rule wants it any more") });
    }
    if (folder.archived) {
        marks.push({
            key: "archived",
            icon: "fa-archive",
            word: _t("Read-only: its record is archived"),
        });
    }
    return marks;
}

/** A text in pieces, [{ text, found }], where `found` ones are what was searched for. */
export function piecesOf(text, wanted) {
    const needle = (wanted || "").trim().toLowerCase();
    const low = text.toLowerCase();
    // Lower case may be longer than the sign itself: then nothing is marked rather than the wrong.
    if (!needle || low.length !== text.length) {
        return [{ text, found: false }];
    }
    const pieces = [];
    let begin = 0;
    for (let at = low.indexOf(needle); at >= 0; at = low.indexOf(needle, begin)) {
        if (at > begin) {
            pieces.push({ text: text.slice(begin, at), found: false });
        }
        begin = at + needle.length;
        pieces.push({ text: text.slice(at, begin), found: true });
    }
    if (begin < text.length) {
        pieces.push({ text: text.slice(begin), found: false });
    }
    return pieces;
}
