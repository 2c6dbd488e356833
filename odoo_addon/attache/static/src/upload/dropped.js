// Files as people drop and choose them, whole folders included: [{ file, path }], where `path` is
// the folder that the file lies in, relative to what was dropped.

const NEVER = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/** What was dropped. Must be called within the event: the browser forgets it afterwards. */
export async function droppedFiles(dataTransfer) {
    const items = [...dataTransfer.items].filter(({ kind }) => kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry?.());
    if (!entries.length || !entries.every(Boolean)) {
        return [...dataTransfer.files].map((file) => ({ file, path: "" })).filter(isWanted);
    }
    const found = [];
    for (const entry of entries) {
        await walk(entry, "", found);
    }
    return found.filter(isWanted);
}

/** What was chosen in an input; with a whole folder, each file knows its way. */
export function chosenFiles(files) {
    return [...files]
        .map((file) => {
            const steps = (file.webkitRelativePath || "").split("/");
            return { file, path: steps.slice(0, -1).join("/") };
        })
        .filter(isWanted);
}

/** Has a person choose files, or a whole folder: a promise of [{ file, path }]. */
export function chooseFiles(wholeFolder) {
    const input = document.createElement("input");
    Object.assign(input, { type: "file", multiple: true, hidden: true });
    input.className = "o_attache_choose_files";
    input.webkitdirectory = Boolean(wholeFolder);
    // It stands in the page for programs that put files into it.
    document.querySelectorAll(`.${input.className}`).forEach((old) => old.remove());
    document.body.append(input);
    return new Promise((resolve) => {
        const end = (files) => {
            input.remove();
            resolve(files);
        };
        input.addEventListener("change", () => end(chosenFiles(input.files)));
        input.addEventListener("cancel", () => end([]));
        input.click();
    });
}

function isWanted({ file }) {
    return !NEVER.has(file.name);
}

async function walk(entry, path, found) {
    if (entry.isFile) {
        const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
        found.push({ file, path });
        return;
    }
    const reader = entry.createReader();
    const inside = path ? `${path}/${entry.name}` : entry.name;
    for (;;) {
        // A reader tells at most a hundred at a time.
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!some.length) {
            return;
        }
        for (const one of some) {
            await walk(one, inside, found);
        }
    }
}
