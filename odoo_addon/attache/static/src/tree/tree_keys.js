// The keyboard of a tree, as WAI-ARIA describes it.

const PATIENCE = 800; // ms within which letters belong to one word
const PAGE = 10;

/** `tree`: a FolderTree. Answers `onKeydown`. */
export function useTreeKeys(tree) {
    let typed = "";
    let at = 0;

    function go(place) {
        const rows = tree.rows;
        const to = Math.min(Math.max(place, 0), rows.length - 1);
        if (rows[to]) {
            tree.state.active = rows[to].folder ? rows[to].folder.id : null;
            tree.scrollTo(to);
        }
    }

    function goRight(row, place) {
        const { store } = tree.props;
        if (!row.folder.has_children || store.found) {
            return;
        }
        if (store.isOpen(row.folder)) {
            go(place + 1);
        } else {
            tree.toggle(row);
        }
    }

    function goLeft(row, place) {
        const { store } = tree.props;
        if (store.isOpen(row.folder) && !store.found) {
            tree.toggle(row);
            return;
        }
        const rows = tree.rows;
        for (let above = place - 1; above >= 0; above--) {
            if (rows[above].depth < row.depth) {
                go(above);
                return;
            }
        }
    }

    /** The next row that begins with what was typed within a short while. */
    function goToTyped(sign, place) {
        const now = Date.now();
        typed = now - at < PATIENCE ? typed + sign : sign;
        at = now;
        const rows = tree.rows;
        const begin = typed.length > 1 ? place : place + 1;
        for (let step = 0; step < rows.length; step++) {
            const next = (begin + step) % rows.length;
            if (rows[next].folder?.name.toLowerCase().startsWith(typed)) {
                go(next);
                return;
            }
        }
    }

    /** Opens all folders beside this one. */
    function openAll(row) {
        const beside = tree.rows.filter(({ folder, parent }) => folder && parent === row.parent);
        for (const { folder } of beside.slice(0, 50)) {
            if (folder.has_children) {
                tree.props.store.setOpen(folder, true);
            }
        }
    }

    function onKeydown(ev) {
        const place = tree.active;
        const row = tree.rows[place];
        if (!row || ev.altKey || ev.target.closest("button, input")) {
            return;
        }
        if (ev.key === "F10" && ev.shiftKey) {
            done(ev, () => tree.openMenu());
            return;
        }
        if (ev.ctrlKey || ev.metaKey) {
            return;
        }
        const { onDelete, onRename } = tree.props;
        const keys = {
            ArrowDown: () => go(place + 1),
            ArrowUp: () => go(place - 1),
            PageDown: () => go(place + PAGE),
            PageUp: () => go(place - PAGE),
            Home: () => go(0),
            End: () => go(tree.rows.length - 1),
            ContextMenu: () => tree.openMenu(),
            ...(row.folder && {
                ArrowRight: () => goRight(row, place),
                ArrowLeft: () => goLeft(row, place),
                Enter: () => tree.select(row),
                " ": () => tree.select(row),
                "*": () => openAll(row),
                ...(onRename && { F2: () => onRename(row.folder) }),
                ...(onDelete && { Delete: () => onDelete(row.folder) }),
            }),
        };
        if (keys[ev.key]) {
            done(ev, keys[ev.key]);
        } else if (ev.key.length === 1) {
            done(ev, () => goToTyped(ev.key.toLowerCase(), place));
        }
    }

    return { onKeydown };
}

function done(ev, act) {
    ev.preventDefault();
    ev.stopPropagation();
    act();
}
