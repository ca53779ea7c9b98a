# SPDX-License-Identifier: Apache-2.0
"""What suites of changed files share: compare two, and expect a level and the name of the place."""
import json

from sbtest import sb

CODES = {"identical": 0, "reproduced": 0, "unsigned-identical": 0, "explained": 0, "repackaged": 1, "image-identical": 1, "different": 1,
         "undetermined": 5}


def compare(shipped, rebuilt, *options):
    result = sb("compare", shipped, rebuilt, "--json", *options)
    record = result.json()
    assert result.code == CODES[record["level"]], result
    for artifact in record["artifacts"]:
        c = artifact["coverage"]
        assert c["bytes"] == c["equal"] + c["claimed"] + c["residual"] + c["opaque"], c
    return record


def expect(level, shipped, rebuilt, *options, named=None, severity=None):
    """Compare; some finding's way in or note must hold @named, and have @severity."""
    record = compare(shipped, rebuilt, *options)
    assert record["level"] == level, json.dumps(record, indent=1)[:6000]
    if named:
        hits = [f for f in record["findings"] if named in " > ".join([*f["where"], f["note"]])]
        assert hits, f"nobody names {named}: {json.dumps(record['findings'], indent=1)[:6000]}"
        assert severity is None or any(f["severity"] == severity for f in hits), hits
    return record


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()
