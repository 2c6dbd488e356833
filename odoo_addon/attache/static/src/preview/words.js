// What happens to a folder, in words, with a colour and a sign for each.

import { _t } from "@web/core/l10n/translation";

export const STATES = {
    same: null,
    new: { word: _t("new"), icon: "fa-plus", color: "text-bg-success" },
    renamed: { word: _t("renamed"), icon: "fa-pencil", color: "text-bg-info" },
    moved: { word: _t("moved"), icon: "fa-arrow-right", color: "text-bg-warning" },
    left: { word: _t("leaves"), icon: "fa-sign-out", color: "text-bg-danger" },
};

export const CHANGES = { ...STATES, back: { ...STATES.new, word: _t("comes back") } };

export const KINDS = {
    rule: { icon: "fa-sitemap", word: _t("folder of a rule") },
    record: { icon: "fa-folder", word: _t("folder of a record") },
    subfolder: { icon: "fa-folder-o", word: _t("subfolder") },
    shortcut: { icon: "fa-share", word: _t("shortcut: its folder is elsewhere") },
};

/** [{ text, color, icon }] of the counts that are not zero. */
export function countsInWords(counts) {
    const all = counts.folders || 0;
    const records = counts.records || 0;
    const told = [
        {
            key: "all",
            text:
                records === 1
                    ? _t("1 record, %s folders in all", all)
                    : _t("%(records)s records, %(all)s folders in all", { records, all }),
        },
    ];
    const words = {
        new: [_t("%s new", counts.new), STATES.new],
        renamed: [_t("%s renamed", counts.renamed), STATES.renamed],
        moved: [_t("%s moved", counts.moved), STATES.moved],
        left: [_t("%s leaving", counts.left), STATES.left],
        back: [_t("%s coming back", counts.back), CHANGES.back],
        same: [_t("%s stay as they are", counts.same), null],
        collisions: [_t("%s share a name", counts.collisions), CLASH],
        altered: [_t("%s are written differently in the cloud", counts.altered), CLOUD],
    };
    for (const [key, [text, look]] of Object.entries(words)) {
        if (counts[key]) {
            told.push({ key, text, ...look });
        }
    }
    return told;
}

const CLASH = { icon: "fa-clone", color: "text-bg-warning" };
const CLOUD = { icon: "fa-cloud", color: "text-bg-light" };
