# SPDX-License-Identifier: Apache-2.0
"""Packages that were built long before the tools of today: rebuilt, each differs by exactly what its table row says. Reaches the mirror."""
import functools

import corpus_inputs
from sbtest import case, main


@functools.cache
def corpus():
    return corpus_inputs.Corpus("corpus-drift", corpus_inputs.DRIFT)


@functools.cache
def rebuilt(package, code):
    record = corpus_inputs.verify(corpus().drop(package, package), code)
    assert len(record["artifacts"]) == len(corpus_inputs.DRIFT[package][1]), record["artifacts"]
    return record


def levels(record):
    return {a["name"].split("_")[0]: a["level"] for a in record["artifacts"]}


def open_findings(record):
    """{(part of the package, cause)} of what nobody owns and what does not follow from anything."""
    return {(part_of(f), f["cause"]) for f in record["findings"] if f["primary"] and f["severity"] != "info" and f["rule"] in ("none", "hint")}


def part_of(finding):
    """control file, documentation, or the region of a program."""
    for word in finding["where"]:
        if "/doc/" in word or "/man/" in word:
            return "documentation"
    return finding["where"][3] if "control.tar" in finding["where"] else next((w for w in finding["where"] if w[:1] == "." and w[1:2] != "/"), finding["where"][-1])


def owned(record):
    return {f["cause"] for f in record["findings"] if f["primary"] and f["rule"] not in ("none", "hint")}


@case("hello: the clock of the build stands where it stood, the build-id is left")
def _(_dir):
    corpus_inputs.expect_build_id(corpus(), "hello")


@case("yajl: the build-id, and the room of a run path that was as long as the vendor's directory")
def _(_dir):
    record = rebuilt("yajl", 1)
    assert levels(record) == {"libyajl2": "explained", "yajl-tools": "different"}, levels(record)
    assert owned(record) == {"build-id"}, owned(record)
    found = open_findings(record)
    assert (".dynstr", "build-path") in found, found
    assert {part for part, _ in found} <= {".dynstr", "program headers"} | {p for p, _ in found if p.startswith("segment ")}, found


@case("lz4: the library by its build-id, the tool by its code, documentation by debhelper")
def _(_dir):
    record = rebuilt("lz4", 1)
    assert owned(record) == {"build-id"}, owned(record)
    library = [f for f in record["findings"] if f["artifact"].startswith("liblz4")]
    assert not [f for f in library if f["primary"] and any("liblz4.so" in w for w in f["where"]) and f["cause"] != "build-id"], library
    parts = {(part_of(f), f["cause"]) for f in library if f["primary"] and f["rule"] in ("none", "hint")}
    assert parts == {("documentation", "compiler"), ("./triggers", "compiler")}, parts
    assert any(f["artifact"].startswith("lz4_") and ".text" in f["where"] and f["severity"] == "critical" for f in record["findings"]), "code"


@case("libtry-tiny-perl: debhelper and pod2man drift, no code")
def _(_dir):
    record = rebuilt("libtry-tiny-perl", 1)
    assert open_findings(record) == {("documentation", "compiler")}, open_findings(record)


@case("bzip2: a binary rebuild; names of the library in another order, and debhelper drift")
def _(_dir):
    record = rebuilt("bzip2", 1)
    found = open_findings(record)
    assert (".dynstr", "order") in found, found
    assert {cause for part, cause in found if part in ("documentation", "./triggers")} <= {"compiler"}, found
    sums = [f for f in record["findings"] if "./md5sums" in f["where"]]
    assert sums and all(f["rule"] == "derived" for f in sums), sums  # bzcat is a hard link to bunzip2


@case("the size that a package states of itself follows from its files")
def _(_dir):
    record = rebuilt("lz4", 1)
    stated = [f for f in record["findings"] if "./control" in f["where"]]
    assert stated and all(f["rule"] == "derived" and not f["primary"] for f in stated), stated


main()
