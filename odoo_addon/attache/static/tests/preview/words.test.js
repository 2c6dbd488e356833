import { countsInWords } from "@attache/preview/words";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { allowTranslations } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");
beforeEach(allowTranslations);

test("only what there is, is told", () => {
    const told = countsInWords({ records: 1, folders: 3, new: 2, moved: 0 });
    expect(told.map(({ key }) => key)).toEqual(["all", "new"]);
    expect(told[0].text.toString()).toBe("1 record, 3 folders in all");
    expect(told[1].text.toString()).toBe("2 new");
    expect(told[1].icon).toBe("fa-plus");
});

test("no count at all is still a sentence", () => {
    const [all] = countsInWords({});
    expect(all.text.toString()).toBe("0 records, 0 folders in all");
});
