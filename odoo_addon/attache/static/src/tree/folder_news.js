// Hears of it when something in a folder changed: by Odoo's bus, and by asking again once somebody
// comes back to the window.

import { onWillUnmount, useEffect, useExternalListener } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";

const GATHER = 300; // ms: a folder of many files changes many times
const AWAY = 5000; // ms out of the window until a look is worth it

/**
 * `getFolders()`: ids of the folders that are shown. `onNews({ folders, files })` names those that
 * changed; both are null when nobody knows. It must not be called for what one did oneself.
 */
export function useFolderNews(getFolders, onNews) {
    const bus = useService("bus_service");
    const open = new Set();
    let folders = new Set();
    let files = new Set();
    let left = 0;
    const tell = debounce(() => {
        const news = { folders: [...folders], files: [...files] };
        folders = new Set();
        files = new Set();
        onNews(news);
    }, GATHER);
    const hear = (news) => {
        (news.folders || []).forEach((id) => folders.add(id));
        (news.files || []).forEach((id) => files.add(id));
        tell();
    };
    bus.subscribe("attache/news", hear);
    useEffect(
        () => {
            const wanted = new Set(getFolders().filter(Boolean).map(channel));
            for (const name of [...open].filter((one) => !wanted.has(one))) {
                bus.deleteChannel(name);
                open.delete(name);
            }
            for (const name of [...wanted].filter((one) => !open.has(one))) {
                bus.addChannel(name);
                open.add(name);
            }
        },
        () => [getFolders().join()],
    );
    useExternalListener(window, "blur", () => (left = Date.now()));
    useExternalListener(window, "focus", () => {
        if (left && Date.now() - left > AWAY) {
            onNews({ folders: null, files: null });
        }
        left = 0;
    });
    onWillUnmount(() => {
        bus.unsubscribe("attache/news", hear);
        tell.cancel();
        open.forEach((name) => bus.deleteChannel(name));
    });
}

function channel(id) {
    return `attache.folder_${id}`;
}
