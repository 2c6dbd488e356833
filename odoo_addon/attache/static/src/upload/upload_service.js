// The queue of uploads. It outlives the screen that began them.

import { EventBus, markRaw, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

import { UploadPanel } from "./upload_panel";

const AT_ONCE = 3;
const OPEN = ["waiting", "sending"];

/**
 * `items`: { id, name, path, folder, size, sent, state, error }, where `state` is waiting, sending,
 * done, failed or cancelled, and `folder` is { id, name }. `bus` tells "uploaded" with
 * { folder, id, path } for each file that has arrived.
 */
export class UploadQueue {
    constructor() {
        this.bus = new EventBus();
        this.state = reactive({ items: [], folded: false });
        this.made = new Set(); // folders that an upload has made, or found
        this.last = 0;
        markRaw(this);
        browser.addEventListener("beforeunload", (ev) => {
            if (this.open.length) {
                ev.preventDefault();
            }
        });
    }

    get items() {
        return this.state.items;
    }

    get open() {
        return this.items.filter(({ state }) => OPEN.includes(state));
    }

    /** Queues `[{ file, path }]` for a folder. */
    add(files, folder) {
        if (!this.open.length) {
            this.state.items = [];
            this.made.clear();
        }
        for (const { file, path } of files) {
            this.items.push({
                id: ++this.last,
                file: markRaw(file),
                name: file.name,
                path: path || "",
                folder: { id: folder.id, name: folder.name },
                size: file.size,
                sent: 0,
                state: "waiting",
                error: "",
            });
        }
        this.state.folded = false;
        this.next();
    }

    cancel(item) {
        const { request } = item;
        Object.assign(item, { state: "cancelled", request: null });
        request?.abort();
        this.next();
    }

    cancelAll() {
        this.open.forEach((item) => Object.assign(item, { state: "cancelled" }));
        this.items.forEach(({ request }) => request?.abort());
    }

    retry(item) {
        Object.assign(item, { state: "waiting", sent: 0, error: "" });
        this.next();
    }

    /** Forgets what has ended. */
    clear() {
        this.state.items = this.open;
    }

    /** Sends what may be sent now. */
    next() {
        for (const item of this.items) {
            const sending = this.items.filter(({ state }) => state === "sending");
            if (sending.length >= AT_ONCE) {
                return;
            }
            // Two at once would make one folder twice.
            const waits = this.makesFolder(item) && sending.some((one) => this.makesFolder(one));
            if (item.state === "waiting" && !waits) {
                this.send(item);
            }
        }
    }

    makesFolder({ folder, path }) {
        return Boolean(path) && !this.made.has(`${folder.id}/${path}`);
    }

    /** Remembers that the folders on the way to a file are there. */
    arrived({ folder, path }) {
        const steps = path.split("/");
        steps.forEach((_, at) => this.made.add(`${folder.id}/${steps.slice(0, at + 1).join("/")}`));
    }

    send(item) {
        item.state = "sending";
        const form = new FormData();
        form.append("csrf_token", odoo.csrf_token);
        form.append("folder_id", item.folder.id);
        form.append("path", item.path);
        form.append("ufile", item.file);
        const request = new browser.XMLHttpRequest();
        item.request = markRaw(request);
        request.upload.addEventListener("progress", ({ loaded, total }) => {
            item.sent = total ? Math.min(1, loaded / total) : 0;
        });
        request.addEventListener("load", () => this.end(item, request));
        request.addEventListener("error", () =>
            this.fail(item, _t("The connection broke. Try again.")),
        );
        request.open("POST", "/attache/upload");
        request.send(form);
    }

    end(item, request) {
        if (item.state !== "sending") {
            return;
        }
        let answer = null;
        try {
            answer = JSON.parse(request.responseText);
        } catch {
            answer = { error: this.wordsOf(request.status) };
        }
        if (request.status >= 400 || answer.error || !answer.id) {
            this.fail(item, answer.error || this.wordsOf(request.status));
            return;
        }
        Object.assign(item, { state: "done", sent: 1, request: null, done: answer.id });
        this.arrived(item);
        this.bus.trigger("uploaded", { folder: item.folder.id, id: answer.id, path: item.path });
        this.next();
    }

    wordsOf(status) {
        const said = {
            413: _t("Larger than this Odoo takes."),
            403: _t("You may not put files into this folder."),
            404: _t("The folder is not there any more."),
        };
        return said[status] || _t("The server did not take it (%s). Try again.", status);
    }

    fail(item, error) {
        if (OPEN.includes(item.state)) {
            Object.assign(item, { state: "failed", error: error.toString(), request: null });
        }
        this.next();
    }
}

export const uploadService = {
    start() {
        const queue = new UploadQueue();
        registry.category("main_components").add("attache.UploadPanel", {
            Component: UploadPanel,
            props: { queue },
        });
        return queue;
    },
};

registry.category("services").add("attache_upload", uploadService);
