// A menu at the pointer or at an element, by mouse, touch and keyboard.

import { Component, onMounted, onWillUnmount, useExternalListener, useRef } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

const EDGE = 8; // px left free at the window's border

/**
 * An item: { id, text, icon, act, danger, title, checked, colors }, where `title` says more about it
 * and `colors` makes it a row of colours of which `act(number)` is told one; or { separator: true }.
 */
export class ContextMenu extends Component {
    static template = "attache.ContextMenu";
    static props = { items: Array, x: Number, y: Number, label: String, close: Function };

    setup() {
        this.ui = useService("ui");
        this.root = useRef("root");
        this.from = document.activeElement;
        onMounted(() => this.place());
        onWillUnmount(() => this.from?.isConnected && this.from.focus({ preventScroll: true }));
        const outside = (ev) => {
            if (!this.root.el.contains(ev.target)) {
                this.props.close();
            }
        };
        useExternalListener(window, "pointerdown", outside, { capture: true });
        useExternalListener(window, "blur", () => this.props.close());
        useExternalListener(window, "resize", () => this.props.close());
        useExternalListener(window, "wheel", outside, { capture: true });
    }

    get items() {
        // No two lines beside each other, and none at an end.
        const items = this.props.items.filter(Boolean);
        return items.filter(
            ({ separator }, at) =>
                !separator || (at > 0 && items[at + 1] && !items[at + 1].separator),
        );
    }

    get colors() {
        return [...Array(12).keys()];
    }

    place() {
        const el = this.root.el;
        const { width, height } = el.getBoundingClientRect();
        if (!this.ui.isSmall) {
            const left = Math.min(this.props.x, window.innerWidth - width - EDGE);
            const top = Math.min(this.props.y, window.innerHeight - height - EDGE);
            el.style.left = `${Math.max(EDGE, left)}px`;
            el.style.top = `${Math.max(EDGE, top)}px`;
        }
        el.style.visibility = "visible";
        this.buttons[0]?.focus({ preventScroll: true });
    }

    get buttons() {
        return [...this.root.el.querySelectorAll("button")];
    }

    act(item, value) {
        this.props.close();
        item.act(value);
    }

    onKeydown(ev) {
        const { buttons } = this;
        const at = buttons.indexOf(document.activeElement);
        const go = (to) => buttons.at(to % buttons.length).focus();
        const keys = {
            ArrowDown: () => go(at + 1),
            ArrowUp: () => go(at - 1),
            ArrowRight: () => go(at + 1),
            ArrowLeft: () => go(at - 1),
            Home: () => go(0),
            End: () => go(-1),
            Escape: () => this.props.close(),
            Tab: () => this.props.close(),
        };
        const act =
            keys[ev.key] ||
            (ev.key.length === 1 && ev.key !== " " && (() => this.goTo(ev.key.toLowerCase(), at)));
        if (act) {
            ev.preventDefault();
            act();
        }
        ev.stopPropagation();
    }

    /** The next item that begins with this letter. */
    goTo(sign, at) {
        const { buttons } = this;
        const inTurn = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
        const begins = ({ innerText }) => innerText.trim().toLowerCase().startsWith(sign);
        inTurn.find(begins)?.focus();
    }
}

/** `open(items, at, label)`: `at` is a mouse event or an element. */
export function useContextMenu() {
    const overlay = useService("overlay");
    let close = () => {};
    onWillUnmount(() => close());
    return {
        open(items, at, label = "") {
            close();
            const [x, y] = pointOf(at);
            const props = { items, x, y, label: label.toString(), close: () => close() };
            close = overlay.add(ContextMenu, props);
        },
    };
}

function pointOf(at) {
    if (at instanceof Element) {
        const box = at.getBoundingClientRect();
        return [box.left + Math.min(24, box.width / 2), box.top + Math.min(24, box.height)];
    }
    if (at.clientX || at.clientY) {
        return [at.clientX, at.clientY];
    }
    // A key or a screen reader pressed the button.
    return pointOf(at.target);
}
