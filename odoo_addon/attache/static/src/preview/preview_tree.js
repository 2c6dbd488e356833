// A tree of folders that opens and closes, by mouse and by keyboard.

import { Component, onWillUpdateProps, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

import { KINDS, STATES } from "./words";

const OPEN_AT_FIRST = 60; // rows
const PAGE = 10;

export class PreviewTree extends Component {
    static template = "attache.PreviewTree";
    static props = { nodes: Array };

    setup() {
        this.space = " "; // for whoever hears the row
        this.root = useRef("root");
        // Which folders are open is kept by path, so that it outlives a new preview.
        this.state = useState({ open: {}, active: null });
        this.read(this.props.nodes);
        onWillUpdateProps(({ nodes }) => this.read(nodes));
    }

    /** Makes flat rows of the nodes, and opens the first levels as far as they fit. */
    read(nodes) {
        this.all = [];
        let level = nodes.map((node, place) => this.row(node, place, null));
        let shown = level.length;
        while (level.length) {
            const next = level.flatMap(({ children }) => children);
            shown += next.length;
            for (const row of level) {
                if (!(row.key in this.state.open)) {
                    this.state.open[row.key] = shown <= OPEN_AT_FIRST || row.level === 1;
                }
            }
            level = next;
        }
        const keys = new Set(this.all.map(({ key }) => key));
        if (!keys.has(this.state.active)) {
            this.state.active = this.all.length ? this.all[0].key : null;
        }
    }

    row(node, place, parent) {
        // Siblings may have one name.
        const twins = (parent ? parent.node.children : this.props.nodes)
            .slice(0, place)
            .filter(({ name }) => name === node.name).length;
        const row = {
            node,
            parent,
            key: `${parent ? parent.key : ""}/${node.name}#${twins}`,
            level: parent ? parent.level + 1 : 1,
            place: place + 1,
            kind: KINDS[node.kind] || KINDS.record,
            state: STATES[node.state],
        };
        this.all.push(row);
        row.children = (node.children || []).map((child, place) => this.row(child, place, row));
        return row;
    }

    /** What is shown, from top to bottom: rows, and after the children of one how many more it has. */
    get lines() {
        const lines = [];
        const walk = (row) => {
            lines.push({ key: row.key, row });
            if (this.isOpen(row)) {
                row.children.forEach(walk);
                if (row.node.more) {
                    lines.push({ key: `${row.key}/…`, cut: row });
                }
            }
        };
        this.all.filter(({ parent }) => !parent).forEach(walk);
        return lines;
    }

    isOpen({ key }) {
        return Boolean(this.state.open[key]);
    }

    opens({ node }) {
        return node.children.length > 0 || node.more > 0;
    }

    /** What a folder was, in words. */
    was({ node }) {
        if (!node.was) {
            return "";
        }
        return node.state === "renamed" ? _t("was %s", node.was) : _t("from %s", node.was);
    }

    more({ node }) {
        return node.more === 1 ? _t("… and 1 more") : _t("… and %s more", node.more);
    }

    toggle(row) {
        this.state.active = row.key;
        if (this.opens(row)) {
            this.state.open[row.key] = !this.state.open[row.key];
        }
    }

    setAll(isOpen) {
        for (const row of this.all) {
            this.state.open[row.key] = isOpen;
        }
    }

    onKeydown(ev) {
        const rows = this.lines.map(({ row }) => row).filter(Boolean);
        const at = rows.findIndex(({ key }) => key === this.state.active);
        const row = rows[at];
        if (!row || ev.ctrlKey || ev.altKey || ev.metaKey) {
            return;
        }
        const go = (place) => this.focus(rows[Math.min(Math.max(place, 0), rows.length - 1)]);
        const isOpen = this.opens(row) && this.isOpen(row);
        const keys = {
            ArrowDown: () => go(at + 1),
            ArrowUp: () => go(at - 1),
            PageDown: () => go(at + PAGE),
            PageUp: () => go(at - PAGE),
            Home: () => go(0),
            End: () => go(rows.length - 1),
            ArrowRight: () => (isOpen ? go(row.children.length ? at + 1 : at) : this.toggle(row)),
            ArrowLeft: () => (isOpen ? this.toggle(row) : row.parent && this.focus(row.parent)),
            Enter: () => this.toggle(row),
            " ": () => this.toggle(row),
            "*": () => this.setAll(true),
        };
        const act = keys[ev.key];
        if (act) {
            ev.preventDefault();
            ev.stopPropagation();
            act();
        }
    }

    focus(row) {
        this.state.active = row.key;
        const place = this.all.indexOf(row);
        this.root.el.querySelector(`[data-row="${place}"]`)?.focus();
    }
}
