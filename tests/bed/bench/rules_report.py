"""The run of the rules' bench, what it prints, and the bounds that it shows."""

import json
import os
import time

from .. import place, process
from ..odoo import Odoo
from . import naive, records
from .calls import Calls
from .records import RULES, Records
from .rules import Rules

MOST_MEMORY = 250.0  # MiB
A_CALL = 500  # records or folders that a call is for, at least
IDLE = 3  # calls of a cycle without changes, for each rule
SHARE = 0.02  # of the records, for the program that reads one by one
SECONDS = 3600  # that a slow machine may take for the first evaluation


def say(text: str) -> None:
    """One line of progress."""
    print(f"bench: {text}", flush=True)


def run(what: Records = records.WHOLE) -> dict:
    """Measures everything once, prints it and keeps it in target/bench/rules.json."""
    figures: dict = {"begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    load = [os.getloadavg()[0]]
    say(f"{what.all} records in Odoo; they are made once")
    with records.cluster(what) as kept:
        database = kept.copy("bench_rules")
        with Odoo(database, idle=True) as odoo:
            say("installing the addon in a copy of that Odoo")
            odoo.install("attache")
            secret = naive.key(odoo)
        with (
            Odoo(database, workers=2, cron_threads=1) as odoo,
            Calls(odoo.url) as calls,
            process.scratch("rules") as folder,
        ):
            say("a program that reads record by record")
            single = naive.Naive(calls.url, database, secret).sample(what, SHARE)
            names = single.pop("names")
            with Rules(odoo, what, folder / "sidecar", calls) as rules:
                figures |= measure(rules, names)
    figures["naive"] = single
    figures["load"] = [*load, os.getloadavg()[0]]
    figures["bounds"] = bounds(what, figures)
    show(what, figures)
    return figures


def measure(rules: Rules, names: dict, seconds: float = SECONDS) -> dict:
    """The phases, one after the other. `names` are those that another program computed."""
    say("the first evaluation of all rules")
    figures = {"first": rules.first(seconds)}
    found = rules.names()
    if wrong := [(key, name, found.get(key)) for key, name in names.items() if name != found[key]]:
        raise RuntimeError(f"{len(wrong)} names are not the same, as {wrong[0]}")
    say("cycles in which nothing changed")
    figures["idle"] = rules.idle()
    say("one task is renamed, then one customer")
    figures["task"] = rules.changed(
        "project.task", [("name", "=", "Bench task 7")], {"name": "Bench task seven"}, "%task seven"
    )
    figures["customer"] = rules.changed(
        "res.partner", [("name", "=", "Bench customer 7")], {"name": "Bench customer seven"},
        "%customer seven",
    )  # fmt: skip
    figures["own_count"] = rules.own_count()
    say("a complete check by a sidecar that was started anew")
    figures["whole"] = rules.whole()
    return figures


def bounds(what: Records, figures: dict) -> list[dict]:
    """What must hold, and whether it does."""
    first, idle = figures["first"], figures["idle"]
    rows = [
        ("calls that read or learn, first evaluation", first["read"], what.all / A_CALL),
        ("all its calls, folders written too", first["all"], what.all / A_CALL),
        ("calls of a cycle without changes", idle["each"], IDLE * len(RULES)),
        ("memory in MiB, all folders in Odoo", first["memory_arranged"], MOST_MEMORY),
        ("memory in MiB, all folders in the store", first["memory"], MOST_MEMORY),
    ]
    found = [
        {"what": title, "found": round(value, 1), "most": most, "met": value <= most}
        for title, value, most in rows
    ]
    log, proxy = first["log"]
    met = log == proxy
    found.append(
        {"what": "calls in Odoo's own log, as counted", "found": log, "most": proxy, "met": met}
    )
    return found


def show(what: Records, figures: dict) -> None:
    """Prints everything and writes target/bench/rules.json."""
    first, single = figures["first"], figures["naive"]
    by_rule = ", ".join(f"{count} {rule.title}" for rule, count in what.by_rule.items())
    print(f"\nrules: {len(RULES)} over {what.all} records ({by_rule}), {what.folders} folders")
    print(f"{'':34}{'s':>9}{'calls':>8}  of them")
    lines = [("first evaluation, to Odoo's last folder", first["seconds"], first["all"], first)]
    lines += [(name, one["seconds"], one["all"], one) for name, one in (
        ("one task renamed", figures["task"]),
        (f"a customer renamed, {figures['customer']['folders']} folders", figures["customer"]),
        ("a complete check after a start", figures["whole"]),
    )]  # fmt: skip
    for title, seconds, calls, one in lines:
        print(f"{title:40}{seconds:9.1f}{calls:8}  {listed(one['calls'])}")
    print(f"  before it writes: {first['reading_seconds']:.1f} s, {first['read']} calls, "
          f"{first['mib_read']:.1f} MiB; calls that read: {listed(first['reads_of'])}")  # fmt: skip
    print(f"  to the last folder in the store: {first['store_seconds']:.1f} s")
    idle = figures["idle"]
    print(f"cycle without changes: {idle['each']:.1f} calls "
          f"({listed(idle['calls'])} in {idle['cycles']} cycles)")  # fmt: skip
    own = figures["own_count"] or "it tells none"
    print(f"calls of all kinds that the sidecar itself counts: {own}")
    print(f"record by record: {single['records']} records, {single['calls']} calls, "
          f"{single['seconds']:.1f} s")  # fmt: skip
    each = single["calls"] / single["records"], single["seconds"] / single["records"]
    ours = first["read"] / what.all, first["reading_seconds"] / what.all
    print(f"for a record, beside that program: {each[0] / ours[0]:.0f} times fewer calls, "
          f"{each[1] / ours[1]:.0f} times less time")  # fmt: skip
    for bound in figures["bounds"]:
        word = "met" if bound["met"] else "MISSED"
        print(f"{bound['what']}: {bound['found']:g} (at most {bound['most']:g}) {word}")
    print(f"load of the machine: {min(figures['load']):.1f} to {max(figures['load']):.1f}")
    target = place.REPO / "target" / "bench" / "rules.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"kept in {target}", flush=True)


def listed(counts: dict[str, int]) -> str:
    """`3 search_read, 1 watch`."""
    return ", ".join(f"{count} {name}" for name, count in counts.items())
