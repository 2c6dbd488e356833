// What buttons with a sign alone say to those who hear them.

import { _t } from "@web/core/l10n/translation";

export const labels = {
    cancel: (name) => _t("Cancel %s", name),
    download: (name) => _t("Download %s", name),
    more: (name) => _t("More for %s", name),
    openInCloud: (name) => _t("Open %s in the cloud", name),
    preview: (name) => _t("Preview %s", name),
    select: (name) => _t("Select %s", name),
    star: (name) => _t("Star %s", name),
    untag: (name) => _t("Remove the tag %s", name),
    uploadAgain: (name) => _t("Upload %s again", name),
};
