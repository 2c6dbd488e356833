// What Odoo's store knows besides of a record and of its files.

import { Attachment } from "@mail/core/common/attachment_model";
import { AttachmentUploadService } from "@mail/core/common/attachment_upload_service";
import { Thread } from "@mail/core/common/thread_model";
import { patch } from "@web/core/utils/patch";

patch(Thread.prototype, {
    setup() {
        super.setup(...arguments);
        /** Id of the record's folder, false without one, undefined until it is known. */
        this.attache_folder_id = undefined;
    },
});

patch(Attachment.prototype, {
    setup() {
        super.setup(...arguments);
        this.attache_folder_id = false;
        this.attache_state = false;
        this.attache_percent = 0;
        this.attache_state_text = false;
        this.attache_web_url = false;
        this.attache_bytes = 0;
        this.attache_starred = false;
    },
});

// A file that is uploaded into a folder of its record: `options.attacheFolder` is the folder's id.
patch(AttachmentUploadService.prototype, {
    _buildFormData(formData, tmpURL, thread, composer, tmpId, options) {
        const data = super._buildFormData(...arguments);
        if (options?.attacheFolder && !composer) {
            formData.append("attache_folder_id", options.attacheFolder);
        }
        return data;
    },

    _makeAttachmentData(upload) {
        const data = super._makeAttachmentData(...arguments);
        const folder = Number(upload.data.get("attache_folder_id"));
        return folder ? { ...data, attache_folder_id: folder } : data;
    },
});
