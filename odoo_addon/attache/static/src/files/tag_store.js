// The tags, as a FolderTree shows them: items without a place in the store.

import { FolderStore } from "../tree/folder_store";

export class TagStore extends FolderStore {
    constructor(orm) {
        super(orm, { folders: [], sorted: false });
        this.canWrite = false;
        this.isLoaded = false;
    }

    async load() {
        const { tags, can_write } = await this.orm.call("attache.tag", "read_tags");
        this.canWrite = can_write;
        this.isLoaded = true;
        this.setFolders(
            tags.map((tag) => ({
                ...tag,
                kind: "tag",
                badge: tag.files || "",
                can_write: true,
                can_change: can_write,
            })),
        );
    }

    get all() {
        return [...this.folders.values()];
    }
}
