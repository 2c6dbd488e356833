import { UploadQueue } from "@attache/upload/upload_service";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { browser } from "@web/core/browser/browser";
import { allowTranslations, patchWithCleanup } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");

const FOLDER = { id: 7, name: "Contracts" };
let sent = [];

/** A request that waits until the test answers it. */
class Request extends EventTarget {
    upload = new EventTarget();
    open() {}
    send(form) {
        this.form = form;
        sent.push(this);
    }
    abort() {
        expect.step(`abort ${this.form.get("ufile").name}`);
    }
    answer(status, body) {
        Object.assign(this, { status, responseText: JSON.stringify(body) });
        this.dispatchEvent(new Event("load"));
    }
}

beforeEach(() => {
    allowTranslations();
    sent = [];
    patchWithCleanup(browser, { XMLHttpRequest: Request });
});

const one = (name, path = "") => ({ file: new File(["x"], name), path });
const states = ({ items }) => items.map(({ state }) => state);

test("three go at once, and the next one when one has arrived", () => {
    const queue = new UploadQueue();
    queue.bus.addEventListener("uploaded", ({ detail }) => expect.step(`arrived ${detail.id}`));
    queue.add([one("a"), one("b"), one("c"), one("d")], FOLDER);
    expect(states(queue)).toEqual(["sending", "sending", "sending", "waiting"]);
    expect(sent[0].form.get("folder_id")).toBe("7");
    sent[1].answer(200, { id: 31 });
    expect(states(queue)).toEqual(["sending", "done", "sending", "sending"]);
    expect.verifySteps(["arrived 31"]);
});

test("two that would make one folder do not go together", () => {
    const queue = new UploadQueue();
    queue.add([one("a", "Hall"), one("b", "Hall"), one("c")], FOLDER);
    expect(states(queue)).toEqual(["sending", "waiting", "sending"]);
    sent[0].answer(200, { id: 1 });
    expect(states(queue)).toEqual(["done", "sending", "sending"]);
});

test("what is refused says why, and may be tried again", () => {
    const queue = new UploadQueue();
    queue.add([one("a"), one("b")], FOLDER);
    sent[0].answer(403, { error: "This record is archived." });
    sent[1].answer(413); // a page of the web server's
    expect(states(queue)).toEqual(["failed", "failed"]);
    expect(queue.items[0].error).toBe("This record is archived.");
    expect(queue.items[1].error).toBe("Larger than this Odoo takes.");
    queue.retry(queue.items[0]);
    sent[2].answer(200, { id: 5 });
    expect(states(queue)).toEqual(["done", "failed"]);
});

test("a cancelled one is ended, and what comes of it does not count", () => {
    const queue = new UploadQueue();
    queue.add([one("a"), one("b")], FOLDER);
    queue.cancel(queue.items[0]);
    expect.verifySteps(["abort a"]);
    sent[0].answer(200, { id: 9 });
    expect(states(queue)).toEqual(["cancelled", "sending"]);
    queue.clear();
    expect(queue.items.map(({ name }) => name)).toEqual(["b"]);
});
