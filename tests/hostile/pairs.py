# SPDX-License-Identifier: Apache-2.0
"""Many pairs in one comparison: two directories with a file for each pair."""
import json
import os
import re

from sbtest import sb

FACTS = {"schema": "samebuild-facts/1", "path": "/build/acme-1.0", "user": "builder", "host": "maker-7", "epoch": 1700000000,
         "kernel": "6.1.0-13-amd64", "locale": "en_US.UTF-8", "timezone": "Europe/Berlin", "jobs": 2}


def lay(pairs, suffix=""):
    """Both sides as files of `shipped` and `rebuilt`: [(label, shipped, rebuilt, …)] → {name: pair}."""
    names = {}
    for side in ("shipped", "rebuilt"):
        os.makedirs(side)
    for number, pair in enumerate(pairs):
        label, shipped, rebuilt = pair[:3]
        assert shipped != rebuilt, f"{label}: nothing was changed"
        name = "%04d %s%s" % (number, re.sub(r"[^\w. -]", "_", label), suffix)
        for side, data in (("shipped", shipped), ("rebuilt", rebuilt)):
            with open(os.path.join(side, name), "wb") as f:
                f.write(data)
        names[name] = pair
    return names


def compare(names, facts=None):
    """{name: artifact with its findings}, and the record."""
    words = []
    if facts is not None:
        with open("facts.json", "w") as f:
            json.dump(facts, f)
        words = ["--facts", "facts.json"]
    result = sb("compare", "shipped", "rebuilt", "--json", *words, timeout=300)
    assert result.code in (0, 1, 5), result
    record = result.json()
    found = {a["name"]: dict(a, findings=[]) for a in record["artifacts"]}
    assert set(found) == set(names), set(found) ^ set(names)
    for finding in record["findings"]:
        found[finding["artifact"]]["findings"].append(finding)
    for artifact in found.values():
        c = artifact["coverage"]
        assert c["bytes"] == c["equal"] + c["claimed"] + c["residual"] + c["opaque"], artifact
    return found, record
