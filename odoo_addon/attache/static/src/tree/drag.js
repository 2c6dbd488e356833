// What is being dragged. A browser tells a target only of what kind it is until it is dropped, so
// what the target must know beforehand is kept here.

import { reactive } from "@odoo/owl";

const FILES = "application/x-attache-files";
const FOLDER = "application/x-attache-folder";

/** `files`: ids; `folder`: a folder. Both are null while nothing of ours is dragged. */
export const drag = reactive({ files: null, folder: null });

/** Begins to drag files, or one folder. `label` is shown beside the pointer. */
export function startDrag(ev, { files = null, folder = null }, label) {
    Object.assign(drag, { files, folder });
    ev.dataTransfer.effectAllowed = "move";
    ev.dataTransfer.setData(folder ? FOLDER : FILES, JSON.stringify(folder ? folder.id : files));
    const picture = document.createElement("div");
    picture.className = "o_attache_dragged";
    picture.textContent = label;
    document.body.append(picture);
    ev.dataTransfer.setDragImage(picture, -12, -8);
    // The browser takes its picture of it right after this event.
    requestAnimationFrame(() => picture.remove());
    const end = () => {
        Object.assign(drag, { files: null, folder: null });
        window.removeEventListener("dragend", end, true);
        window.removeEventListener("drop", later, true);
    };
    // The target reads what was dropped first.
    const later = () => setTimeout(end);
    window.addEventListener("dragend", end, true);
    window.addEventListener("drop", later, true);
}

/** What an event brings: "files", "folder", "upload" (from outside), or nothing. */
export function draggedKind(ev) {
    const types = [...(ev.dataTransfer?.types || [])];
    if (types.includes(FOLDER)) {
        return drag.folder ? "folder" : "";
    }
    if (types.includes(FILES)) {
        return drag.files ? "files" : "";
    }
    return types.includes("Files") ? "upload" : "";
}
