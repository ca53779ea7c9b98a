#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every crafted archive as the only source of a drop, through `samebuild check`: exit code, id, named entry, nothing written beside."""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_archives  # noqa: E402
from sbtest import case, main, own, sb  # noqa: E402

TARGETS = ("/evil", "/abs", "/tmp/evil", "../evil", "../../evil")


def manifest(crafted):
    sha256 = hashlib.sha256(crafted.data).hexdigest()
    drop = {"schema": "samebuild-drop/1", "name": "crafted", "version": "1", "vendor": "Nobody",
            "sources": [{"path": crafted.file, "sha256": sha256}], "toolchain": {"root": "host"},
            "build": {"path": "/build/crafted", "steps": [{"run": ["true"]}]},
            "outputs": [{"shipped": "shipped.bin", "built": "shipped.bin"}]}
    if crafted.limits:
        drop["limits"] = crafted.limits
    return json.dumps(drop)


def picture(top):
    """Names, types, sizes, modes and times below @top."""
    found = {}
    for folder, below, names in os.walk(top):
        for name in below + names:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            found[path] = (st.st_mode, st.st_size, st.st_mtime_ns)
    return found


def judge(crafted, result):
    """What is wrong with the answer, or None."""
    if crafted.refuse is None or (crafted.or_good and result.code == 0):
        return None if result.code == 0 else f"not taken: {result}"
    if result.code != 3:
        return f"exit {result.code}, not 3: {result}"
    ids = (crafted.refuse, *crafted.also)
    if not any(f"error[{i}]" in result.err for i in ids):
        return f"expected {crafted.refuse}: {result.err}"
    error = result.json()["errors"][0]
    if error["id"] not in ids:
        return f"--json says {error['id']}"
    if crafted.entry and (f"> {crafted.entry}" not in f"> {' > '.join(error['where'])}" or crafted.entry not in result.err):
        return f"does not name {crafted.entry}: {error['where']} | {result.err}"
    if any(ord(c) < 32 and c != "\n" for c in result.err) or any(ord(c) < 32 and c != "\n" for c in result.out):
        return f"control characters reach the terminal: {result.err!r}"
    return None


def check(crafted):
    for name, data in ((crafted.file, crafted.data), ("drop.json", manifest(crafted).encode()), ("shipped.bin", b"x")):
        with open(name, "wb") as f:
            f.write(data)
    own()
    before, there = picture("."), [os.path.lexists(t) for t in TARGETS]
    result = sb("check", "drop.json", "--json", timeout=120)
    if picture(".") != before or [os.path.lexists(t) for t in TARGETS] != there:
        return f"something was written beside: {set(picture('.')) ^ set(before)}"
    fault = judge(crafted, result)
    os.unlink(crafted.file)
    return fault


def register(family):
    @case(f"check: {family.__name__.replace('_', ' ')}", user=True)
    def _(_):
        wrong, count = [], 0
        for crafted in family():
            count += 1
            fault = check(crafted)
            if fault:
                wrong.append(f"{crafted.name}: {fault}")
        assert count > 0
        assert not wrong, f"{len(wrong)} of {count} wrong\n" + "\n".join(wrong)


for each in make_archives.FAMILIES:
    register(each)
main()
