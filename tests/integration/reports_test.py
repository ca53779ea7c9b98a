#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One record in every form: the same counts, forms that the real schemas accept, and nothing foreign that gets out of its place."""
import json
import os
import re
import sys

import drops
import records
from forms import FORMATS, look_at_html, look_at_junit, look_at_markdown, look_at_sarif, primary, render
from sbtest import case, main, sb

@case("all forms of a record have the same counts")
def _(folder):
    what = records.typical()
    forms = render(what)
    count, worst = len(what["findings"]), primary(what)
    files = len(what["artifacts"])
    log = look_at_sarif(forms["sarif"])["runs"][0]
    assert sum(r["occurrenceCount"] for r in log["results"]) == len(worst)
    assert (log["properties"]["findings"], log["properties"]["primary"], log["properties"]["files"]) == (count, len(worst), files)
    assert sorted({r["ruleId"] for r in log["results"]}) == sorted({f["cause"] for f in worst})
    suite = look_at_junit(forms["junit"]).find("testsuite")
    assert int(suite.get("tests")) == files == len(suite.findall("testcase"))
    below = [a for a in what["artifacts"] if a["level"] in ("different", "repackaged", "image-identical")]
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == len(below)
    assert int(suite.get("errors")) == 0 and not suite.findall("testcase/skipped")
    issues = json.loads(forms["codequality"])
    assert len(issues) == len(log["results"]) == len({i["fingerprint"] for i in issues})
    assert [i["fingerprint"] for i in issues] == [r["partialFingerprints"]["samebuild/v1"] for r in log["results"]]
    assert f"of {count} findings" in forms["markdown"] and f"shown 10 of {count}" in forms["text"]
    text = "".join(look_at_html(forms["html"]).text)
    assert f"{count - len(worst)} further findings follow" in text
    for severity in ("critical", "major", "minor", "info"):
        assert f"{sum(f['severity'] == severity for f in worst)} {severity}" in text, severity
    for level, symbol in (("identical", "●"), ("explained", "◑"), ("different", "✗"), ("repackaged", "◔")):
        mine = [a for a in what["artifacts"] if a["level"] == level]
        size = sum(a["shipped"]["size"] for a in mine)
        assert f"| {symbol} {level} | {len(mine)} | {size:,} |" in forms["markdown"], forms["markdown"]
        assert re.search(rf"{level}\s*{len(mine)}{size:,}", re.sub(r"\s+", "", text)), level
        assert f"{symbol} {level} {len(mine)}" in forms["text"]
    assert json.loads(forms["json"])["findings"] == what["findings"]


@case("what is foreign stays text in every form")
def _(folder):
    what = records.hostile()
    forms = render(what)
    for form, text in forms.items():
        raw = text.encode()
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw), form
        for hidden in ("\u202e", "\ufeff", "\u2028", "\x9b"):
            assert hidden not in text, form
    page = look_at_html(forms["html"])
    assert "<img src=x onerror=alert(1)>0" in "".join(page.text)
    assert page.tags.count("style") == 1 and "alert(1)" not in "".join(f"{n}={v}" for n, v in page.attributes if n.startswith("on"))
    log = look_at_sarif(forms["sarif"])
    for result in log["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri) and not uri.startswith("/"), uri
    suite = look_at_junit(forms["junit"]).find("testsuite")
    assert suite.findall("testcase")[0].get("name") == "<img src=x onerror=alert(1)>0"
    assert "]]>" not in forms["junit"]
    assert len(json.loads(forms["codequality"])) == len(primary(what))
    look_at_markdown(forms["markdown"])


@case("words of a file make no link and no placeholder of a SARIF message")
def _(folder):
    evil = "/x [sign in](https://evil.example/) {0} \\[x](y) a\\b"
    name = "release/acme.bin"
    what = records.record("different", [records.artifact(name, "different", 10, 1, residual=1)],
                          [records.finding(1, [name], "bytes", "build-path", "hint", "major", evil.replace("\\", "\\\\"), (0, 1, "00"), (0, 1, "01"))])
    (result,) = look_at_sarif(render(what)["sarif"])["runs"][0]["results"]
    text = result["message"]["text"]
    assert not re.search(r"(?<!\\)(?:\\\\)*[][]", text) and not re.search(r"[{}]", re.sub(r"\{\{|\}\}", "", text)), text
    assert "sign in" in text and "{{0}}" in text and r"a\\b" in text, text


@case("a kept run that holds what no report writes is refused, before a form shows it")
def _(folder):
    for number, letter in enumerate(("\x1b[31m", "\u202e", "\u2028", "\x07", "\u200b")):
        for key in ("note", "preview"):
            what = records.typical()
            if key == "note":
                what["findings"][0]["note"] += letter
            else:
                what["findings"][0]["shipped"]["preview"] = letter
            result = sb("report", records.keep(f"{key}{number}", what), "-o", "text=-")
            assert result.code not in (0, 70) and letter not in result.out + result.err, (letter, result)


@case("a name of 4,096 bytes and a way in of 64 parts are cut where it is told")
def _(folder):
    name = "d" * 4096
    way = [name] + ["p" * 4000 + str(n) for n in range(63)]
    what = records.record("different", [records.artifact(name, "different", 10, 1, residual=1)],
                          [records.finding(1, way, "bytes", "unexplained", "none", "major", "n" * 60000, (0, 1, "00"), (0, 1, "01"))])
    forms = render(what)
    page = "".join(look_at_html(forms["html"]).text)
    assert "of 4096 bytes)" in page and "52 more" in page and "of 60000 bytes)" in page
    look_at_markdown(forms["markdown"])
    assert "of 60000 bytes)" in forms["markdown"]
    look_at_sarif(forms["sarif"])
    look_at_junit(forms["junit"])


@case("too many findings are cut at the limits of the readers, and the rest is told")
def _(folder):
    what = records.huge(20000)
    forms = render(what)
    look_at_html(forms["html"])
    assert "Shown 250 of 20,005 unproven findings" in forms["html"]
    log = look_at_sarif(forms["sarif"])["runs"][0]
    assert len(log["results"]) == 5000 and [r["level"] for r in log["results"]] == ["error"] * 5000
    notes = [n["message"]["text"] for n in log["invocations"][0]["toolExecutionNotifications"]]
    assert "5000 results shown of 20005, the rest in the JSON record" in notes, notes
    issues = json.loads(forms["codequality"])
    assert len(issues) == 5001 and issues[-1]["check_name"] == "left-out"
    assert "shown 10 of 20000" in forms["junit"]
    look_at_markdown(forms["markdown"])
    assert len(forms["text"].splitlines()) <= 80


@case("fingerprints stay when bytes move, and differ when the place or the cause does")
def _(folder):
    def prints(what, name):
        return [i["fingerprint"] for i in json.loads(render(what, name)["codequality"])]
    what = records.typical()
    before = prints(what, "before")
    moved = records.typical()
    for finding in moved["findings"]:
        for side in ("shipped", "rebuilt"):
            if finding[side]:
                finding[side]["offset"] += 16
    assert prints(moved, "moved") == before
    other = records.typical()
    other["findings"][0]["where"][-1] += "2"
    other["findings"][1]["cause"] = "compiler"
    changed = prints(other, "other")
    assert changed[0] != before[0] and changed[1] != before[1] and changed[2:] == before[2:]
    # Parts are told apart: a way in is no text that is joined.
    joined = records.typical()
    joined["findings"][0]["where"][3:] = [".text › check_auth"]
    assert prints(joined, "joined")[0] != before[0]


@case("a record without anything, and good ones, are told as what they are")
def _(folder):
    forms = render(records.empty(), "empty")
    suite = look_at_junit(forms["junit"]).find("testsuite")
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1"), "nothing compared must not read as a pass"
    assert not look_at_sarif(forms["sarif"])["runs"][0]["invocations"][0]["executionSuccessful"]
    assert "Nothing was compared" in forms["html"] and "Nothing was compared" in forms["markdown"]
    look_at_html(forms["html"])
    for level in ("identical", "unsigned-identical", "explained"):
        forms = render(records.good(level), level)
        suite = look_at_junit(forms["junit"]).find("testsuite")
        assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")
        assert json.loads(forms["codequality"]) == []
        assert look_at_sarif(forms["sarif"])["runs"][0]["results"] == []
        look_at_html(forms["html"])
    bad = records.record("undetermined", [records.artifact("a", "undetermined", 10, 1, opaque=10)], [])
    suite = look_at_junit(render(bad, "bad")["junit"]).find("testsuite")
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")


@case("what compare writes is what report writes, by any number of jobs", user=True)
def _(folder):
    for side, word in (("a", b"one"), ("b", b"two")):
        os.makedirs(f"{side}/x")
        for n in range(12):
            with open(f"{side}/x/{n}", "wb") as f:
                f.write(word * n + b"end\n")
    outputs = [word for form in FORMATS for word in ("-o", f"{form}=1.{form}")]
    sb("compare", "-j1", "a", "b", *outputs, code=1)
    sb("compare", "-j4", "a", "b", *[w.replace("=1.", "=4.") for w in outputs], code=1)
    for form in FORMATS:
        with open(f"1.{form}", "rb") as f, open(f"4.{form}", "rb") as g:
            assert f.read() == g.read(), form


@case("a form that cannot be written ends with 75, the others and the run are written all the same", user=True)
def _(folder):
    with open("a", "w", encoding="utf-8") as f:
        f.write("a")
    with open("b", "w", encoding="utf-8") as f:
        f.write("b")
    result = sb("compare", "a", "b", "-o", "junit=/dev/full", "-o", "html=absent/x.html", "-o", "sarif=good.sarif")
    assert result.code == 75 and "error[report-unwritable]" in result.err, result
    with open("good.sarif", encoding="utf-8") as f:
        assert json.load(f)["version"] == "2.1.0"
    assert sb("compare", "a", "b", "-o", "pdf=x").code == 2


@case("verify: the record names the delivery, is kept before a form fails with 75, and every form comes of it later", user=True)
def _(folder):
    drops.tarball("src.tar.xz", {"acme-1.0/source": "source\n"})
    os.mkdir("release")
    with open("release/prog", "w", encoding="utf-8") as f:
        f.write("evil")
    drops.manifest(steps=["sh: printf x > out/prog"], built="out/prog")
    result = sb("verify", "drop.yaml", "-o", "junit=/dev/full", "-o", "sarif=good.sarif", "-o", "json=record.json")
    assert result.code == 75 and "report-unwritable" in result.err, result
    with open("record.json", encoding="utf-8") as f:
        record = json.load(f)
    assert [(i["name"], i["sha256"]) for i in record["delivery"]["inputs"]] == [("src.tar.xz", drops.sha256("src.tar.xz"))]
    assert record["delivery"]["name"] == "acme"
    runs = os.listdir(os.path.join(os.path.dirname(folder), "home", "state", "samebuild", "runs"))
    assert len(runs) == 1
    outputs = [word for form in FORMATS for word in ("-o", f"{form}=later.{form}")]
    sb("report", runs[0], *outputs, code=0)
    forms = {}
    for form in FORMATS:
        with open(f"later.{form}", encoding="utf-8", newline="") as f:
            forms[form] = f.read()
    assert json.loads(forms["json"]) == record and "acme 1.0" in "".join(look_at_html(forms["html"]).text)
    assert look_at_junit(forms["junit"]).find("testsuite").get("failures") == "1"
    with open("good.sarif", encoding="utf-8", newline="") as f:
        assert f.read() == forms["sarif"]


sys.setrecursionlimit(10000)
main()
