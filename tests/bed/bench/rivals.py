"""Programs that do the same work: a loop in Odoo's own process, and rclone."""

import json
import os
import subprocess
import time
from pathlib import Path

from .. import place
from ..apache import Apache
from ..odoo import Odoo
from .corpus import Corpus

# What an app inside Odoo does: one file after the other over one kept connection. With `proved`
# each is read back and compared. The time of starting Odoo is not counted.
_LOOP = """
import json, resource, time, urllib.parse
import requests
session = requests.Session()
session.auth = ({user!r}, {password!r})
def ask(method, path, data=None):
    answer = session.request(method, {url!r} + "/" + urllib.parse.quote(path), data=data)
    answer.raise_for_status()
    return answer.content
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
begin, used = time.monotonic(), cpu()
partners = env["res.partner"].search({domain!r})
names = {{partner.id: partner.name for partner in partners}}
files = env["ir.attachment"].search(
    [("res_model", "=", "res.partner"), ("res_id", "in", partners.ids)], order="res_id, id"
)
made, wrong = set(), 0
for number, file in enumerate(files, 1):
    folder = names[file.res_id]
    if folder not in made:
        ask("MKCOL", folder)
        made.add(folder)
    raw = file.raw
    ask("PUT", folder + "/" + file.name, raw)
    if {proved!r}:
        wrong += ask("GET", folder + "/" + file.name) != raw
    if number % 50 == 0:
        env.cr.commit()
env.cr.commit()
print(json.dumps({{
    "seconds": time.monotonic() - begin, "files": len(files), "wrong": wrong,
    "cpu": cpu() - used,
    "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}}))
"""


def loop_in_odoo(odoo: Odoo, apache: Apache, corpus: Corpus, folder: str, proved: bool) -> dict:
    """Copies the corpus from within `odoo shell` into a new folder of the store."""
    apache.request("MKCOL", folder).raise_for_status()
    answer = odoo.shell(
        _LOOP.format(
            user=apache.user,
            password=apache.password,
            url=f"{apache.url}/{folder}",
            domain=corpus.domain,
            proved=proved,
        )
    )
    told = json.loads(answer.splitlines()[-1])
    if told["files"] != corpus.files or told["wrong"]:
        raise RuntimeError(f"the loop in Odoo did not copy everything: {told}")
    return {"seconds": told["seconds"], "rss_mib": told["rss_mib"], "cpu": {"odoo": told["cpu"]}}


def rclone(apache: Apache, source: Path, folder: str, *options: str) -> dict:
    """`rclone copy` of a folder on disk to a folder of the store; with all that it starts."""
    program = place.bed() / "rclone/usr/bin/rclone"
    if not program.exists():
        raise RuntimeError("no rclone in the bed: run tests/bed/setup.sh --bench")
    hidden = subprocess.run(
        [program, "obscure", "-"], input=apache.password, text=True, check=True, capture_output=True
    )
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(source.parent),
        "RCLONE_CONFIG": "",
        "RCLONE_WEBDAV_URL": apache.url,
        "RCLONE_WEBDAV_USER": apache.user,
        "RCLONE_WEBDAV_PASS": hidden.stdout.strip(),
    }
    begin = time.monotonic()
    child = subprocess.Popen(
        [program, "copy", str(source), f":webdav:{folder}", *options],
        env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    if child.returncode:
        raise RuntimeError(f"rclone: {said[-2000:]}")
    cpu = used.ru_utime + used.ru_stime
    return {"seconds": seconds, "rss_mib": used.ru_maxrss / 1024, "cpu": {"rclone": cpu}}
