# SPDX-License-Identifier: Apache-2.0
"""verify --solve on real packages, and with more than one real toolchain root. Reaches the package mirror; the roots are kept in the cache of the tests."""
import functools
import glob
import json
import os
import re
import shutil

import corpus_inputs
from sbtest import case, main, sb
from solving import Product, facts, levels, sha256

# The build-id and what is made of it: names and sums of debug files, digests of the package, and how well all of it compresses.
LEFT_OF_A_BUILD_ID = {"build-id", "debuglink-name", "debuglink-crc", "debugaltlink", "./md5sums", "size", "index", "control.tar", "data.tar"}


@functools.cache
def corpus():
    return corpus_inputs.Corpus("corpus-drift", corpus_inputs.DRIFT)


def solve(manifest, *options):
    result = sb("verify", manifest, "--json", *options, timeout=900)
    assert result.code in (0, 1), result
    return result.json()


def left_of(record):
    """What is left of the files that no rebuild made equal: the innermost names."""
    assert not any(f["left_more"] > 8 for f in record["solve"]["files"]), record["solve"]["files"]
    return {way.rsplit(" > ", 1)[-1] for f in record["solve"]["files"] for way in f["left"]}


@case("hello: a clock that stands in another year is found by what was delivered, and all but the build-id is equal then")
def _(_dir):
    manifest = corpus().drop("hello", "hello")
    with open(manifest) as f:
        text = f.read()
    theirs = re.search(r"epoch: (\d+)", text).group(1)
    with open(manifest, "w") as f:
        f.write(text.replace(f"epoch: {theirs}", "epoch: 1700000000"))  # later than all sources, and another year
    record = solve(manifest, "--solve", "3")
    file, = record["solve"]["files"]
    assert record["solve"]["rebuilds"][0]["facts"] == {"epoch": theirs}, record["solve"]
    assert file["before"] > 1000 and file["after"] < 200 and not file["rebuild"], file
    assert left_of(record) <= LEFT_OF_A_BUILD_ID, left_of(record)
    assert not any(".text" in way for way in file["left"]), file["left"]
    # the facts raise nothing: the build-id is not equal, so that the level is that of the manifest's own clock
    assert record["level"] == "different", record["level"]


@case("hello: a clock before its sources is not tried, and the reason names the file")
def _(_dir):
    manifest = corpus().drop("hello", "hello")
    with open("facts.json", "w") as f:
        json.dump({"schema": "samebuild-facts/1", "epoch": 1262304000}, f)  # 2010; hello 2.10 is of 2014
    record = solve(manifest, "--facts", "facts.json")
    trial, = record["solve"]["rebuilds"]
    assert trial["end"] == "failed" and "not built: the clock would stand at 2010-01-01" in trial["why"] and "hello" in trial["why"], trial
    assert record["level"] == "explained", record["level"]


@case("yajl: the length of the vendor's path is found, and what is left follows from the build-id")
def _(_dir):
    record = solve(corpus().drop("yajl", "yajl"), "--solve", "3")
    kept = [r for r in record["solve"]["rebuilds"] if r["end"] == "closer"]
    assert [len(r["facts"]["path"]) for r in kept] == [18], record["solve"]["rebuilds"]
    tools = next(f for f in record["solve"]["files"] if "yajl-tools" in f["name"])
    assert (tools["before"], tools["after"]) == (676, 270), tools
    assert left_of(record) <= LEFT_OF_A_BUILD_ID, left_of(record)


# ---- more than one toolchain ----

NEWEST = 'CC=$(ls /usr/bin/gcc-1[0-9] | head -n 1); '
CODE = {"main.c": '#include <stdio.h>\nint main(int c, char **v) { return printf("%s %d in %s\\n", v[0], c * 3, __FILE__) < 0; }\n'}
STEP = NEWEST + '$CC -g -O2 -o prog "$PWD/main.c"'


def of_two_compilers():
    """A drop whose root has gcc 12 and whose delivered program was made by gcc 11, at another path; the archives of both roots."""
    ours, theirs = corpus().root(), corpus().other_root("gcc-11", "--include", "gcc-11")
    for name, source in (("ours.tar.zst", ours), ("theirs.tar.zst", theirs)):
        try:
            os.link(source, name)
        except OSError:
            shutil.copy(source, name)
    product = Product(CODE, [STEP], ["prog"])
    product.drop["limits"] = {"wall": "300s", "disk": "2G"}
    product.drop["toolchain"] = {"root": "theirs.tar.zst", "sha256": sha256("theirs.tar.zst")}
    product.vendor({}, path="/srv/vendor/acme")
    product.drop["toolchain"] = {"root": "ours.tar.zst", "sha256": sha256("ours.tar.zst")}
    product.save()
    return product


@case("roots are tried in turn when an ident names another compiler, and the one that reproduces is a fact of the record and of the statement")
def _(dir):
    of_two_compilers()
    plain = solve("drop.json", "--solve", "3")
    needed = [n for n in plain["solve"]["needed"] if n["what"] == "gcc-11"]
    assert levels(plain) == {"prog": "different"} and needed and needed[0]["version"] == "11.3.0-12" and needed[0]["ours"].startswith("12.2.0"), plain["solve"]
    with open("broken.tar.zst", "wb") as f:
        f.write(b"no archive")
    sb("key", "new", "lab.key", "--passphrase-fd", "0", stdin="word\n", code=0)
    result = sb("verify", "drop.json", "--solve", "6", "--toolchain", "broken.tar.zst", "--toolchain", "ours.tar.zst", "--toolchain", "theirs.tar.zst", "--json", "--sign", "lab.key",
                "--attestation", "a.jsonl", "--passphrase-fd", "0", stdin="word\n", timeout=900, code=0)
    record = result.json()
    assert levels(record) == {"prog": "reproduced"} and not record["solve"]["needed"], record["solve"]
    found = facts(record)
    assert found == {"path": "/srv/vendor/acme", "toolchain": sha256("theirs.tar.zst")}, found
    tried = [r["facts"].get("toolchain") for r in record["solve"]["rebuilds"]]
    assert tried.index(sha256("broken.tar.zst")) < tried.index(sha256("theirs.tar.zst")) and sha256("ours.tar.zst") not in tried, tried
    seen, = (e for e in record["solve"]["evidence"] if e["value"] == sha256("theirs.tar.zst"))
    assert seen["how"] == "toolchain" and "theirs.tar.zst, since" in seen["where"] and "gcc-11 11.3.0-12" in seen["where"], seen
    shown = sb("attest", "show", "a.jsonl", "--json", code=0).out
    assert '"inferred"' in shown and sha256("theirs.tar.zst") in shown, shown
    # remembered, the root is asked for by its digest
    state = sorted(glob.glob(os.path.join(os.path.dirname(dir), "home/state/samebuild/runs/*/facts.json")), key=os.path.getmtime)[-1]
    again = solve("drop.json", "--facts", state, "--toolchain", "theirs.tar.zst")
    assert levels(again) == {"prog": "reproduced"} and len(again["solve"]["rebuilds"]) == 1, again["solve"]
    without = solve("drop.json", "--facts", state)
    assert levels(without) == {"prog": "different"} and "no root with sha256" in without["solve"]["rebuilds"][0]["why"], without["solve"]


@case("another root gives nothing away: a planted byte stays, whatever root is tried")
def _(_dir):
    of_two_compilers()
    with open("release/prog", "rb") as f:
        data = bytearray(f.read())
    at = data.index(b"%s %d in")
    data[at + 4] ^= 1
    with open("release/prog", "wb") as f:
        f.write(data)
    record = solve("drop.json", "--solve", "6", "--toolchain", "theirs.tar.zst")
    assert levels(record) == {"prog": "different"} and not any(f["rebuild"] for f in record["solve"]["files"]), record["solve"]
    assert record["solve"]["files"][0]["after"] == 1, record["solve"]["files"]


main()
