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


def with_segment(image, name, offset, size, room=0x1000, protection=5):
    """The image with one more segment without sections, behind all other commands."""
    count, total = struct.unpack_from("<II", image, 16)
    command = struct.pack("<II16sQQQQIIII", macho.SEGMENT, 72, name, 0x200000000, room, offset, size, protection, protection, 0, 0)
    return put(put(image, 32 + total, command), 16, struct.pack("<II", count + 1, total + 72))


def refused(shipped, rebuilt, *named):
    record = expect("different", *pair(shipped, rebuilt), named=named)
    assert not [row for row in record["freedom"] if row["cause"] == "signature"], record["freedom"]


@case("Mach-O: a signature that a segment maps, other than the last one, is none")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.plain(macho.made())
    start = (len(image) + 15) // 16 * 16
    expect("unsigned-identical", *pair(macho.sign(image, key="one"), macho.sign(image, key="two")))
    for at in (start, start - 0x100):
        mapped = with_segment(image, b"__EVIL", at, 0x200)
        refused(macho.sign(mapped, key="one"), macho.sign(mapped, key="two"), "not exact")
    page = with_segment(image, b"__EVIL", start // 4096 * 4096, 1)  # a loader maps whole pages
    refused(macho.sign(page, key="one"), macho.sign(page, key="two"), "not exact")
    apart = with_segment(image, b"__MORE", 0, 0x1000)
    expect("unsigned-identical", *pair(macho.sign(apart, key="one"), macho.sign(apart, key="two")))
    for protection in (3, 5):  # written, executed
        linkedit = macho.command(image, macho.SEGMENT, b"__LINKEDIT")
        run_it = put(image, linkedit + 60, struct.pack("<I", protection))
        refused(macho.sign(run_it, key="one"), macho.sign(run_it, key="two"), "not exact")


@case("Mach-O: of two segments called __LINKEDIT none follows from a signature")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.plain(macho.made())
    longer, other = (with_segment(image, b"__LINKEDIT", 0, size, size) for size in (0x3000, 0x1000))
    refused(macho.sign(longer), macho.sign(other), "__LINKEDIT", "filesize")
    refused(macho.sign(longer), other, "__LINKEDIT", "filesize")
    refused(longer, macho.sign(other), "__LINKEDIT", "filesize")


def hardened(image, **options):
    """Signed as codesign does with the hardened runtime; runtime: what it was written for."""
    return macho.sign(image, **{"flags": 0x10000, "version": 0x20500, "runtime": 0x000d0100, **options})


@case("Mach-O: what a signature asks a loader to watch is told when the shipped side has less of it")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.plain(macho.made())
    for flag, name in ((0x100, "no invalid pages"), (0x200, "killed when invalid"), (0x400, "expiration"), (0x800, "restricted"), (0x1000, "enforcement"), (0x2000, "library validation"),
                       (0x10000, "hardened runtime")):
        more, less = (macho.sign(image, flags=flags) for flags in (0x13f00, 0x13f00 & ~flag))
        record = expect("different", *pair(less, more), named=("hardening", f"{name}:"), severity="critical")
        assert [f["where"][-1] for f in record["findings"] if f["kind"] == "hardening"] == [name], record["findings"]
        expect("unsigned-identical", *pair(more, less))  # who signs may ask for more
        expect("unsigned-identical", *pair(less, image))
    expect("different", *pair(macho.sign(image, key="one"), hardened(image, key="two")), named="hardened runtime:", severity="critical")
    expect("unsigned-identical", *pair(hardened(image, key="one"), macho.sign(image, flags=0x20002)))  # what a linker signs asks for nothing
    expect("unsigned-identical", *pair(hardened(image, key="one"), hardened(image, key="two")))
    expect("different", *pair(hardened(image, runtime=0x000a0900), hardened(image)), named=("runtime version:", "10.9.0", "13.1.0"), severity="critical")
    expect("unsigned-identical", *pair(hardened(image), hardened(image, runtime=0x000a0900)))
    expect("different", *pair(macho.sign(image, platform=14), macho.sign(image)), named="platform:", severity="critical")
    both = [macho.universal((macho.X86, one), (macho.ARM, macho.made("arm64"))) for one in (macho.sign(image), macho.sign(image, flags=0x10000))]
    expect("different", *pair(*both), named=("x86_64", "hardened runtime:"), severity="critical")


@case("Mach-O: flags that no signer sets, and directories that say different things")
def _(_folder):
    need(*macho.TOOLS)
    image = macho.plain(macho.made())
    for flags in (1 << 2, 1 << 4, 1 << 14, 1 << 15, 1 << 18, 1 << 31):
        refused(macho.sign(image, flags=flags), image, "no signer writes")
    good = macho.sign(image, flags=0x10000, further=0x10000)
    expect("unsigned-identical", *pair(good, macho.sign(image, flags=0x10000)))
    refused(macho.sign(image, flags=0x10000, further=0), image, "other things than the first")
    refused(macho.sign(image, flags=0, further=0x10000), image, "other things than the first")


if __name__ == "__main__":
    main()
