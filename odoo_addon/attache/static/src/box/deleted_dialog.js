// What one has deleted of a record oneself, and can bring back.

import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

import { wordsOf } from "../tree/dialogs";
import { useWords } from "../tree/leaving";

const TRASH = "attache.trash";
const SHOWN = 80;

export class DeletedDialog extends Component {
    static template = "attache.DeletedDialog";
    static components = { Dialog };
    static props = {
        thread: Object,
        restored: Function,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.words = useWords();
        this.state = useState({ rows: null, error: "", busy: false });
        onWillStart(() => this.read());
    }

    async read() {
        const { model, id } = this.props.thread;
        const domain = [
            ["res_model", "=", model],
            ["res_id", "=", id],
            ["create_uid", "=", user.userId],
            ["reason", "=", "odoo"],
        ];
        const names = ["name", "create_date", "folder_id"];
        try {
            this.state.rows = await this.orm.searchRead(TRASH, domain, names, { limit: SHOWN });
        } catch (error) {
            this.state.error = wordsOf(error).toString();
        }
    }

    /** When it was deleted, and where it lay. */
    when({ create_date: at, folder_id: folder }) {
        const day = formatDateTime(deserializeDateTime(at));
        return folder ? _t("%(day)s, from %(folder)s", { day, folder: folder[1] }) : day;
    }

    async restore(row) {
        Object.assign(this.state, { busy: true, error: "" });
        try {
            await this.orm.call(TRASH, "action_restore", [[row.id]]);
            this.state.rows = this.state.rows.filter(({ id }) => id !== row.id);
            this.words.say(_t("%s is back.", row.name));
        } catch (error) {
            this.state.error = wordsOf(error).toString();
        }
        this.state.busy = false;
        await this.props.restored();
    }
}
