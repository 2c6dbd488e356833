// Dropping onto a folder that is shown outside of the tree: a card, or a step of the path.

import { useState } from "@odoo/owl";

import { drag, draggedKind } from "../tree/drag";

/** `over` is the id of the folder under the pointer; the handlers take the event and a folder. */
export function useFolderDrop(actions) {
    const state = useState({ over: null });

    function takes(ev, folder) {
        const kind = draggedKind(ev);
        if (!kind || (!folder.can_write && !folder.home_id)) {
            return "";
        }
        return kind === "folder" && drag.folder.id === folder.id ? "" : kind;
    }

    return {
        state,
        onDragOver(ev, folder) {
            const kind = takes(ev, folder);
            if (kind) {
                ev.preventDefault();
                ev.stopPropagation();
                ev.dataTransfer.dropEffect = kind === "upload" ? "copy" : "move";
                state.over = folder.id;
            }
        },
        onDragLeave() {
            state.over = null;
        },
        onDrop(ev, folder) {
            const kind = takes(ev, folder);
            state.over = null;
            if (!kind) {
                return;
            }
            ev.preventDefault();
            ev.stopPropagation();
            if (kind === "folder") {
                actions.moveFolder(drag.folder, folder);
            } else if (kind === "files") {
                actions.dropFiles(folder, drag.files);
            } else {
                actions.dropUpload(folder, ev.dataTransfer);
            }
        },
    };
}
