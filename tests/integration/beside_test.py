#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stands beside a comparison: what runs in the network (--installed), and the last evaluated delivery (--previous)."""
import json
import os

import records
from forms import FORMATS, look_at_html, look_at_junit, look_at_markdown, look_at_sarif, render
from sbtest import case, main, sb

BASE = bytes(range(256)) * 40


def write(path, data):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, 0o644)


def three(installed, shipped, rebuilt, *options, code):
    for name, data in (("installed", installed), ("shipped.bin", shipped), ("rebuilt", rebuilt)):
        write(name, data)
    return sb("compare", "--json", "--installed", "installed", "shipped.bin", "rebuilt", *options, code=code).json()


def other(n):
    return BASE[:700 + n] + b"evil" + BASE[704 + n:]


@case("which side deviates, for each way in which two of three agree", user=True)
def _(folder):
    rows = {"none": (BASE, BASE, BASE), "installed": (other(1), BASE, BASE), "shipped": (BASE, other(1), BASE), "rebuilt": (BASE, BASE, other(1)),
            "all": (other(1), other(2), other(3))}
    for deviates, sides in rows.items():
        record = three(*sides, code=0 if deviates == "none" else 1)
        assert record["installed"]["deviates"] == deviates, (deviates, record["installed"])
        pairs = record["installed"]["pairs"]
        equal = {"shipped-rebuilt": sides[1] == sides[2], "installed-shipped": sides[0] == sides[1], "installed-rebuilt": sides[0] == sides[2]}
        assert pairs == {name: "identical" if same else "different" for name, same in equal.items()}, (deviates, pairs)
        assert record["level"] == ("identical" if deviates == "none" else "different")
    text = sb("compare", "--installed", "installed", "shipped.bin", "rebuilt", code=1).out
    assert "three different things" in text and "installed against delivered" in text


@case("one byte of what runs is named, although delivery and rebuild are equal")
def _(folder):
    record = three(BASE[:5000] + b"\x00" + BASE[5001:], BASE, BASE, code=1)
    named = [f for f in record["findings"] if f["artifact"] == "installed-shipped//installed" and f["shipped"]["offset"] == 5000]
    assert named and named[0]["where"][0] == "installed-shipped//installed", record["findings"]
    assert [f["id"] for f in record["findings"]] == [f"f{n + 1}" for n in range(len(record["findings"]))]
    assert {a["name"]: a["level"] for a in record["artifacts"]} == {"shipped.bin": "identical", "installed-shipped//installed": "different",
                                                                    "installed-rebuilt//installed": "different"}


@case("facts of the rebuild excuse nothing between what runs and what was delivered")
def _(folder):
    with open("facts.json", "w", encoding="utf-8") as f:
        json.dump({"schema": "samebuild-facts/1", "path": "/build/acme-1.0"}, f)
    vendor, ours, third = (b"made in %s by %s/cc\n" % (p, p) for p in (b"/home/x/acme1.0", b"/build/acme-1.0", b"/home/y/acme1.0"))
    record = three(vendor, vendor, ours, "--facts", "facts.json", code=0)
    assert record["level"] == "explained" and record["installed"]["deviates"] == "none"
    record = three(third, vendor, ours, "--facts", "facts.json", code=1)
    assert record["installed"]["pairs"] == {"shipped-rebuilt": "explained", "installed-shipped": "different", "installed-rebuilt": "explained"}
    assert record["installed"]["deviates"] == "unclear" and record["level"] == "different"


@case("folders: a file that runs and was never delivered", user=True)
def _(folder):
    for side in ("net", "release", "built"):
        write(f"{side}/usr/bin/tool", BASE)
        write(f"{side}/etc/conf", b"a=1\n")
    assert sb("compare", "--json", "--installed", "net", "release", "built", code=0).json()["installed"]["deviates"] == "none"
    write("net/usr/bin/telnetd", b"#!/bin/sh\n")
    record = sb("compare", "--json", "--installed", "net", "release", "built", code=1).json()
    assert record["installed"]["deviates"] == "installed"
    notes = {f["artifact"]: f["note"] for f in record["findings"]}
    assert notes["installed-shipped//usr/bin/telnetd"] == "this runs in the network, but was not delivered", notes
    assert notes["installed-rebuilt//usr/bin/telnetd"] == "this runs in the network, but the rebuild does not make it", notes
    assert sb("compare", "--installed", "absent", "release", "built").code == 3
    assert sb("compare", "--installed", "net/usr/bin/tool", "release", "built").code == 2


@case("three ways in every form, and read back")
def _(folder):
    record = three(other(1), BASE, BASE, code=1)
    forms = render(record)
    assert json.loads(forms["json"]) == record
    page = "".join(look_at_html(forms["html"]).text)
    for form in ("html", "markdown", "text"):
        assert "what runs in the network is something else" in forms[form], form
    assert "installed against rebuilt" in page
    look_at_markdown(forms["markdown"])
    suite = look_at_junit(forms["junit"]).find("testsuite")
    assert suite.get("tests") == "6" and suite.get("failures") == "4"
    look_at_sarif(forms["sarif"])


@case("a record that says more than its pairs is refused")
def _(folder):
    good = three(BASE, BASE, BASE, code=0)
    assert sb("report", records.keep("good", good), "-o", "json=-").code == 0
    for name, change in (("better", {"pairs": dict(good["installed"]["pairs"], **{"installed-shipped": "different"})}), ("none", {"deviates": "installed"}),
                         ("undecided", {"pairs": dict(good["installed"]["pairs"], **{"installed-rebuilt": "undetermined"}), "deviates": "undetermined"})):
        result = sb("report", records.keep(name, dict(good, installed=dict(good["installed"], **change))), "-o", "json=-")
        assert result.code == 6 and "record-inconsistent" in result.err, result


def tree(side, files):
    for name, data in files.items():
        write(f"{side}/{name}", data)


@case("since the last delivery: findings new, gone and the same; files by their digests; never the level", user=True)
def _(folder):
    same, gone, fresh = BASE + b"same", BASE + b"gone", BASE + b"new"
    tree("old", {"same": same, "gone": gone, "fixed": other(1), "equal": BASE})
    tree("built", {"same": BASE, "gone": BASE, "fixed": BASE, "equal": BASE, "new": BASE})
    sb("compare", "old", "built", "-o", "json=then.json", "-q", code=1)
    tree("now", {"same": same, "fixed": BASE, "equal": BASE, "new": fresh})
    os.remove("built/gone")
    alone = sb("compare", "--json", "now", "built", code=1).json()
    record = sb("compare", "--json", "--previous", "then.json", "now", "built", code=1).json()
    previous = record.pop("previous")
    assert record == alone, "nothing but the new key"
    by_id = {f["id"]: f["artifact"] for f in record["findings"]}
    assert {by_id[i] for i in previous["new"]} == {"new"} and previous["same"] == 1
    assert {f["artifact"] for f in previous["gone"]} == {"gone", "fixed", "new"}
    assert {a["name"]: a["shipped"] for a in previous["artifacts"]} == {"same": "same", "gone": "gone", "fixed": "gone", "new": "new"}
    assert previous["level"] == "different"
    # A record that claims to be better helps nobody.
    forged = json.dumps(records.good()).encode()
    write("forged.json", forged)
    assert sb("compare", "--previous", "forged.json", "now", "built").code == 1
    write("damaged.json", forged[:-20])
    assert sb("compare", "--previous", "damaged.json", "now", "built").code not in (0, 1, 70)
    assert sb("compare", "--previous", "ffffffff", "now", "built").code == 2


@case("since the last delivery, in every form, and read back; the same delivery has nothing new")
def _(folder):
    tree("old", {"a": other(1), "b": BASE})
    tree("built", {"a": BASE, "b": BASE})
    tree("now", {"a": other(1), "b": other(9)})
    sb("compare", "old", "built", "-o", "json=then.json", "-q", code=1)
    record = sb("compare", "--json", "--previous", "then.json", "now", "built", code=1).json()
    forms = render(record)
    assert json.loads(forms["json"]) == record
    page = look_at_html(forms["html"])
    assert "badge new" in forms["html"] and "Since the last evaluated delivery" in "".join(page.text)
    for form in FORMATS:
        assert form in ("json", "codequality") or "1 new finding, 0 gone, 1 the same" in forms[form], form
    look_at_markdown(forms["markdown"])
    look_at_junit(forms["junit"])
    look_at_sarif(forms["sarif"])
    again = sb("compare", "--json", "--previous", "then.json", "old", "built", code=1).json()["previous"]
    assert again["new"] == [] and again["gone"] == [] and {a["shipped"] for a in again["artifacts"]} == {"same"}


main()
