# SPDX-License-Identifier: Apache-2.0
"""Compare two files and demand a level, a name and a severity."""
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


def text_of(finding):
    return " > ".join([*finding["where"], finding["note"]])


def expect(level, shipped, rebuilt, *options, named=(), severity=None):
    """One finding must hold every word of @named in its way in or note, and have @severity."""
    record = compare(shipped, rebuilt, *options)
    assert record["level"] == level, json.dumps(record, indent=1)[:6000]
    words = [named] if isinstance(named, str) else named
    if words:
        hits = [f for f in record["findings"] if all(word in text_of(f) for word in words)]
        assert hits, f"nobody names {words}: {json.dumps(record['findings'], indent=1)[:6000]}"
        assert severity is None or any(f["severity"] == severity for f in hits), hits
    return record


def primary(record):
    return [f for f in record["findings"] if f["primary"]]


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()
