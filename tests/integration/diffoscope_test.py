# SPDX-License-Identifier: Apache-2.0
"""The pairs of diffoscope's own test data, fetched as a Debian source package: each differs, and is named down to the member that does."""
import glob
import os
import re
import shutil
import time

import corpus_inputs
from sbtest import case, main, need, run, sb

PACKAGES = {"diffoscope": ("240+deb12u1", [])}
PAIRS = 80            # so many at least are named as pairs
MOST_OUTPUT = 4 << 20  # bytes of the record for all of them
MOST_SECONDS = 5      # for all of them together
# What must stand in the way in of some finding; all formats that are read here.
NAMED = {
    "test1.o": [".text", "f"], "test1.a": ["test.o", ".text", "f"], "test1.debug": [".debug_str"], "test1.rlib": ["rust.metadata.bin"],
    "test1.tar": ["dir/text"], "test1.cpio": ["dir/text"], "test1.zip": ["dir/text"], "test1.apk": ["AndroidManifest.xml"],
    "test1.gz": ["test1"], "test1.bz2": ["test1"], "test1.xz": ["test1"], "test1.lz4": ["test1"], "test1.lzip": ["payload"],
    "test1.deb": ["data.tar.gz", "data.tar", "./usr/share/doc/test/text"], "test1.rpm": ["payload", "./dir/text"],
    "test1.debsrc.tar.gz": ["test1.debsrc.tar"], "archive1.tar": ["compressed.gz", "compressed"],
    "bug903391_1.deb": ["data.tar.gz", "data.tar", "./usr/share/doc/test/text"], "bug903401_1.deb": ["data.tar", "./usr/share/doc/test/text"],
    "bug881937_1.deb": ["control.tar.gz"], "bug903565_1.deb": ["data.tar.gz"], "encrypted1.zip": ["dir/text"], "test_comment1.zip": ["end record"],
    "fuzzy1.tar": ["./matching"], "fuzzy-tar-in-tar1.tar": ["t/test1.tar"], "test1.docx": ["word/document.xml"], "test1.epub": ["content.opf"],
    "test1.odt": ["content.xml"], "test1.gnumeric": ["payload"],
}
CAUSES = {"text_order1": "order", "test1.asc": "signature", "test1.debug": "debug-info"}
BELOW_A_PASS = {"different", "image-identical", "undetermined"}


def partner(name, names):
    """test1.tar → test2.tar: the first 1 that becomes a 2."""
    for one in re.finditer("1", name):
        other = name[:one.start()] + "2" + name[one.end():]
        if other in names:
            return other
    return None


def lay():
    fetched = corpus_inputs.Corpus("diffoscope", PACKAGES).fetch("diffoscope")
    need("tar", "xz")
    run("tar", "-xf", glob.glob(os.path.join(fetched, "*.tar.*"))[0], code=0)
    data = glob.glob("*/tests/data")[0]
    names = {n for n in os.listdir(data) if os.path.isfile(os.path.join(data, n))}
    for side in "ab":
        os.mkdir(side)
    pairs = {name: other for name in sorted(names) if (other := partner(name, names))}
    for name, other in pairs.items():
        for side, source in (("a", name), ("b", other)):
            shutil.copyfile(os.path.join(data, source), os.path.join(side, name))
    return sorted(pairs)


def in_order(words, where):
    at = iter(where)
    return all(word in at for word in words)


@case("diffoscope's pairs: none passes, each is named down to what differs")
def _(_dir):
    pairs = lay()
    assert len(pairs) >= PAIRS, pairs
    began = time.monotonic()
    result = sb("compare", "a", "b", "--json", timeout=300)
    took = time.monotonic() - began
    assert result.code in (1, 5), result
    assert len(result.out) < MOST_OUTPUT, len(result.out)
    assert took < MOST_SECONDS, took
    record = result.json()
    levels = {a["name"]: a["level"] for a in record["artifacts"]}
    assert sorted(levels) == pairs, set(levels) ^ set(pairs)
    assert set(levels.values()) <= BELOW_A_PASS, {n: level for n, level in levels.items() if level not in BELOW_A_PASS}
    found = {name: [f for f in record["findings"] if f["artifact"] == name] for name in pairs}
    silent = [name for name in pairs if not any(f["primary"] for f in found[name])]
    assert not silent, silent
    unnamed = {name: [f["where"] for f in found[name]][:9] for name, words in NAMED.items() if not any(in_order(words, f["where"]) for f in found[name])}
    assert not unnamed, unnamed
    wrong = {name: {f["cause"] for f in found[name]} for name, cause in CAUSES.items() if cause not in {f["cause"] for f in found[name]}}
    assert not wrong, wrong
    print(f"# {len(pairs)} pairs in {took:.2f} s, {len(result.out)} bytes of record, {len(NAMED)} with the member that differs asked for", flush=True)


@case("diffoscope's pairs: one by one, the text report is bounded")
def _(_dir):
    longest = 0
    for name in lay():
        result = sb("compare", f"a/{name}", f"b/{name}", timeout=60)
        assert result.code in (1, 5), result
        longest = max(longest, len(result.out))
        assert "level" in result.out and len(result.out) < 64 << 10, (name, len(result.out))
    print(f"# the longest report has {longest} bytes", flush=True)


main()
