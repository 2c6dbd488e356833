// The chatter shows our box in place of Odoo's for records that have a folder. For all others, and
// until it is known, everything is as Odoo has it.

import { AttachmentList } from "@mail/core/common/attachment_list";
import { Chatter } from "@mail/chatter/web_portal/chatter";
import { MailAttachmentDropzone } from "@mail/core/common/mail_attachment_dropzone";
import { useEffect, useState } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";

import "@mail/chatter/web/chatter_patch"; // ours comes after it

import { useContextMenu } from "../tree/context_menu";
import { AttachmentBox } from "./attachment_box";
import { useBoxFileDeeds } from "./box_file_deeds";

Object.assign(Chatter.components, { AttacheBox: AttachmentBox });

patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        // Odoo closes its box when there is no file. Ours stays until it is closed.
        this.attacheBox = useState({ isWanted: false });
        useEffect(
            (isOpen) => {
                if (isOpen) {
                    this.attacheBox.isWanted = true;
                }
            },
            () => [this.attacheIsOpen],
        );
    },

    get attacheFolder() {
        return this.state.thread?.attache_folder_id || false;
    },

    get attacheIsOpen() {
        const isOpen = this.state.isAttachmentBoxOpened || this.attacheBox.isWanted;
        return Boolean(this.attacheFolder) && isOpen;
    },

    onClickAddAttachments() {
        if (!this.attacheFolder) {
            super.onClickAddAttachments(...arguments);
            return;
        }
        const isOpen = !this.attacheIsOpen;
        this.state.isAttachmentBoxOpened = isOpen;
        this.attacheBox.isWanted = isOpen;
        if (isOpen) {
            this.rootRef.el.scrollTop = 0;
            this.state.thread.scrollTop = "bottom";
        }
    },

    attacheUpload(file, folder) {
        return this.attachmentUploader.uploadFile(file, { attacheFolder: folder });
    },

    attacheCancel(attachment) {
        return this.attachmentUploader.unlink(attachment);
    },

    attacheChanged() {
        if (this.props.hasParentReloadOnAttachmentsChanged) {
            this.reloadParentView();
        }
    },
});

// The open box takes what is dropped, also onto one of its folders: nothing may lie over it.
patch(MailAttachmentDropzone.prototype, {
    setup() {
        super.setup(...arguments);
        const { extraClass, ref } = this.props;
        const isChatters = (extraClass || "").includes("o-mail-Chatter-dropzone");
        this.attacheHides = isChatters && Boolean(ref.el?.querySelector(".o_attache_box"));
    },
});

// Files in messages can what they can in the box.
patch(AttachmentList.prototype, {
    setup() {
        super.setup(...arguments);
        this.attacheMenu = useContextMenu();
        this.attacheDeeds = useBoxFileDeeds({
            canChange: (file) => Boolean(file.thread?.hasWriteAccess),
            readAgain: (thread) => thread?.fetchThreadData(["attachments", "messages"]),
        });
    },

    attacheHas(attachment) {
        return Boolean(attachment.attache_folder_id) && !this.env.inComposer;
    },

    attacheOpenMenu(attachment, ev) {
        const items = this.attacheDeeds.menuItems(attachment, this.props.attachments);
        this.attacheMenu.open(items, ev.currentTarget, attachment.name);
    },

    getActions(attachment) {
        const actions = super.getActions(attachment);
        if (!this.attacheHas(attachment)) {
            return actions;
        }
        const known = new Set(["preview", "download", "trash"]);
        const more = this.attacheDeeds
            .menuItems(attachment, this.props.attachments)
            .filter(({ id }) => id && !known.has(id))
            .map(({ text, icon, act }) => ({ label: text, icon: `fa ${icon}`, onSelect: act }));
        return [...actions, ...more];
    },
});
