#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mach-O for people: the function that changed and how it reads, what protects a program, what follows from what moved; none of it raises a level."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mutants_macho as macho  # noqa: E402
from expecting import compare, expect, primary, text_of, write  # noqa: E402
from mutants import flip, put  # noqa: E402
from sbtest import case, main, need  # noqa: E402

MOVED = (("int check(", "int early(int x) { return x + 9 * SECRET; }\nint check("), ('"port=80"', '"port=8080 and more of it"'))


def pair(shipped, rebuilt):
    write("a", shipped)
    write("b", rebuilt)
    return "a", "b"


def flags(image):
    return struct.unpack_from("<I", image, 24)[0]


@case("Mach-O: a changed instruction is shown in its function, on x86-64 and ARM64, thin and universal")
def _(_folder):
    need(*macho.TOOLS)
    for arch, at, words in (("x86_64", 3, ("check", "mov rbp, rsp")), ("arm64", 2, ("check", "adrp x8"))):
        image = macho.made(arch, "-DLOCAL")
        changed = flip(image, macho.section(image, b"__text")[0] + at)
        record = expect("different", *pair(changed, image), named=("1 changed (check)", *words), severity="critical")
        assert len(primary(record)) == 1, record["findings"]
        both = [macho.universal((macho.ARM if arch == "arm64" else macho.X86, one)) for one in (changed, image)]
        expect("different", *pair(*both), named=(arch, "__TEXT,__text", *words), severity="critical")


@case("Mach-O: what an instruction leads to has a name")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.made("x86_64", "-DLOCAL")
    at = image.index(bytes.fromhex("488d0d"), macho.section(image, b"__text")[0])  # lea rcx, [rip + table]
    expect("different", *pair(flip(image, at + 3, 2), image), named=("lea rcx", "(table"), severity="critical")


@case("Mach-O: what protects a program is told when it is lost")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.made("x86_64", "-DLOCAL")
    text = macho.command(image, macho.SEGMENT, b"__TEXT")
    lost = {
        "PIE": put(image, 24, struct.pack("<I", flags(image) & ~0x200000)),
        "NX": put(image, 24, struct.pack("<I", flags(image) | 0x20000)),
        "W^X": put(image, text + 60, struct.pack("<I", 7)),
    }
    for name, changed in lost.items():
        record = expect("different", *pair(changed, image), named=(f"{name}:",), severity="critical")
        assert [f["severity"] for f in record["findings"] if f["kind"] == "hardening" and f["where"][-1] == name] == ["critical"], record["findings"]
    gained = compare(*pair(image, lost["PIE"]))
    assert [f["severity"] for f in gained["findings"] if f["kind"] == "hardening"] == ["minor"], gained["findings"]
    expect("different", *pair(put(image, text + 60, struct.pack("<I", 7)), image), named=("__TEXT", "shipped: RWE", "rebuilt: R-E"), severity="critical")


@case("Mach-O: another loader, library or search path is told by its name")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.made("x86_64", "-DLOCAL")
    at = image.index(b"/usr/lib/dyld")
    expect("different", *pair(put(image, at, b"/tmp/evl/dyld"), image), named=("interpreter", "/tmp/evl/dyld", "/usr/lib/dyld"), severity="major")


@case("Mach-O: a loader below the path of the build is no build path")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.made("x86_64", "-DLOCAL")
    write("facts.json", b'{"schema": "samebuild-facts/1", "path": "/usr/lib"}')
    files = pair(put(image, image.index(b"/usr/lib/dyld"), b"/tmp/evl/dyld"), image)
    expect("different", *files, "--facts", "facts.json", named=("LC_LOAD_DYLINKER",), severity="critical")


@case("Mach-O: what follows from what moved is folded, and the function that came in is named")
def _(_folder):
    need(*macho.TOOLS)
    source, longer = macho.SOURCE, macho.SOURCE
    for old, new in MOVED:
        longer = longer.replace(old, new)
    for arch in ("x86_64", "arm64"):
        images = []
        for macho.SOURCE in (longer, source):
            macho.made.cache_clear()
            images.append(macho.made(arch, "-DLOCAL"))
        record = compare(*pair(*images))
        assert record["level"] == "different", record
        assert any("uniform shift of" in f["note"] for f in primary(record)), record["findings"]
        folded = [f for f in record["findings"] if not f["primary"] and f["note"].startswith("it follows")]
        assert {"LC_FUNCTION_STARTS", "LC_SYMTAB"} <= {f["where"][-2] for f in folded}, folded
        code = [text_of(f) for f in primary(record) if "__TEXT,__text" in f["where"]]
        assert len(code) == 1 and "shipped only (early)" in code[0], code
    macho.made.cache_clear()


@case("Mach-O: a symbol that was turned to another place does not follow from anything")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.made("x86_64", "-DLOCAL")
    symbols, count = struct.unpack_from("<II", image, macho.command(image, macho.SYMTAB) + 8)
    values = [struct.unpack_from("<Q", image, symbols + 16 * i + 8)[0] for i in range(count)]
    for i in range(count):
        other = next(v for v in values if v != values[i])
        changed = put(image, symbols + 16 * i + 8, struct.pack("<Q", other))
        record = compare(*pair(changed, image))
        assert record["level"] == "different" and any(f["primary"] and "symbols" in f["where"] for f in record["findings"]), record["findings"]


if __name__ == "__main__":
    main()
