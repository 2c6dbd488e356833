// What leaves the screen: archives, links, and what can be taken back.

import { useService } from "@web/core/utils/hooks";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

import { TextDialog, wordsOf } from "./dialogs";

const UNDO = 10000; // ms
const FRAMES = 5;

let archives = 0;

/**
 * Asks the server for one archive of `{ folders, files, tags }` (ids); the browser saves it. Into a
 * frame of its own, so that a refusal does not take the place of the page: `onFail(error)` is told.
 */
export function downloadArchive(what, onFail = () => {}) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { name: `o_attache_archive_${++archives}`, hidden: true });
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: "/attache/zip", target: frame.name });
    form.hidden = true;
    const values = { csrf_token: odoo.csrf_token };
    for (const [name, ids] of Object.entries(what)) {
        if (ids?.length) {
            values[name] = ids.join(",");
        }
    }
    for (const [name, value] of Object.entries(values)) {
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name, value });
        form.append(input);
    }
    // A removed frame takes along what has not begun: the last ones stay.
    const frames = [...document.querySelectorAll("iframe[name^=o_attache_archive]")];
    frames.slice(0, -FRAMES).forEach((old) => old.remove());
    document.body.append(frame, form);
    // It shows a page only when there is nothing to save.
    frame.addEventListener("load", () => {
        if (!isBlank(frame)) {
            frame.remove();
            onFail(new Error(_t("The archive could not be made. There may be nothing in it.")));
        }
    });
    form.submit();
    form.remove();
}

function isBlank(frame) {
    try {
        return frame.contentWindow.location.href === "about:blank";
    } catch {
        return false; // the browser's own page: nobody answered
    }
}

/** Has the browser save one file. */
export function downloadFile(id) {
    const link = document.createElement("a");
    Object.assign(link, { href: `/web/content/${id}?download=true`, download: "" });
    document.body.append(link);
    link.click();
    link.remove();
}

export function folderLink(id) {
    return `${browser.location.origin}/odoo/files/${id}`;
}

export function fileLink(id) {
    return `${browser.location.origin}/web/content/${id}`;
}

/** Words at the upper right, some of which can be taken back. */
export function useWords() {
    const notification = useService("notification");
    const dialog = useService("dialog");

    function say(message, options = {}) {
        return notification.add(message, { type: "success", ...options });
    }

    function fail(error) {
        notification.add(wordsOf(error), { type: "danger" });
    }

    return {
        say,
        fail,

        /** Tells what was done; `undo` takes it back. */
        undoable(message, undo) {
            const take = async () => {
                close();
                try {
                    await undo();
                } catch (error) {
                    fail(error);
                }
            };
            const buttons = [{ name: _t("Undo"), icon: "fa-undo", onClick: take }];
            const close = say(message, { autocloseDelay: UNDO, buttons });
        },

        async copy(text, done) {
            try {
                await browser.navigator.clipboard.writeText(text);
                say(done);
            } catch {
                dialog.add(TextDialog, { title: _t("Copy this"), text });
            }
        },
    };
}
