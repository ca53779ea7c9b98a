#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person reads first of two images of macOS: one longer text or function is a few primary findings, and nothing hides in the tables that follow from it."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_macho as macho  # noqa: E402
from expecting import expect, primary, read, text_of, write  # noqa: E402
from folded import FOLDED, assert_open  # noqa: E402
from mutants import put  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

ARCHES = ("x86_64", "arm64")
FORMS = tuple((arch, kind, chained) for arch in ARCHES for kind, chained in (("program", False), ("program", True), ("library", False), ("library", True), ("object", False)))
TEXTS = [{"banner": macho.BANNER + "x" * more} for more in (1, 7, 300, 20000)]  # the last moves all segments
LONGER, GROWN = TEXTS[2], {"more": macho.MORE}


def pair(form, change, shipped=None):
    """a: with what came in, or @shipped; b: without."""
    write("a", shipped if shipped is not None else macho.build(*form, **change))
    write("b", macho.build(*form))
    return "a", "b"


@case("Mach-O: one longer text, by 1, 7, 300 or 20000 bytes, in programs, libraries and objects: at most ten primary findings")
def _(_folder):
    need(*macho.TOOLS)
    for form in FORMS:
        for change in TEXTS:
            blamed = primary(expect("different", *pair(form, change), named=("__cstring",), severity="major"))
            assert len(blamed) <= 10, (form, change, [text_of(f)[:200] for f in blamed])
            assert any("__TEXT,__cstring" in f["where"] for f in blamed), (form, change)


@case("Mach-O: one longer function: at most ten primary findings, and it is named")
def _(_folder):
    need(*macho.TOOLS)
    for form in FORMS:
        record = expect("different", *pair(form, GROWN))
        blamed = primary(record)
        assert len(blamed) <= 10 and len(record["findings"]) > 50, (form, [text_of(f)[:200] for f in blamed])
        named = [f for f in blamed if "__TEXT,__text" in f["where"] and macho.GROWN in f["where"]]
        assert named and named[0]["severity"] == "critical", (form, [text_of(f)[:200] for f in blamed])
        # what one ADRP in front of a jump by a table gives to the cases behind it is not followed
        changed = {f["where"][-1] for f in blamed if f["where"][-2:-1] == ["__TEXT,__text"]} - {"sw0", "sw1", "sw2"}
        assert changed == {macho.GROWN}, (form, changed)


def stripped(image):
    write("whole", image)
    run("llvm-strip", "--strip-all", "whole", "-o", "bare", code=0)
    return read("bare")


@case("Mach-O: without symbols the same is folded, and a function start that is another one stays a primary finding")
def _(_folder):
    need("llvm-strip", *macho.TOOLS)
    for arch in ARCHES:
        form = (arch, "program", True)
        shipped = stripped(macho.build(*form, **GROWN))
        write("b", stripped(macho.build(*form)))
        write("a", shipped)
        blamed = primary(expect("different", "a", "b"))
        assert len(blamed) <= 10 and any("__TEXT,__text" in f["where"] for f in blamed), (form, [text_of(f)[:200] for f in blamed])
        offset, size = macho.tables(shipped)["function starts"]
        for number, length, value in [row for row in macho.lebs(shipped[offset:offset + size])][2::5]:
            write("a", put(shipped, offset + number, bytes([shipped[offset + number] ^ 4])))
            record = expect("different", "a", "b")
            hits = [f for f in primary(record) if "function starts" in f["where"] and not f["note"].startswith(FOLDED)]
            assert hits, (form, number, value, length)


def stays(form, shipped, change, label, places, words=()):
    """One of @places of the shipped side lies in a primary finding of its own, which says @words."""
    assert_open(expect("different", *pair(form, change, shipped)), (form, label), places, words)


def hidden(form, change, label, edit, words=()):
    """@edit: of an image → (the image with something hidden in it, where)."""
    shipped, places = edit(macho.build(*form, **change))
    stays(form, shipped, change, label, places, words)


def linked(chained):
    return [form for form in FORMS if form[1] != "object" and form[2] == chained]


def where(image, table):
    return macho.tables(image)[table]


@case("Mach-O: another export address beside what follows stays a primary finding, by its name")
def _(_folder):
    need(*macho.TOOLS)

    def redirect(image):
        """_f20 is exported at the place of _f21: both numbers are as long."""
        offset, size = where(image, "exports")
        base = macho.sections(image)["__TEXT,__text"][0] - macho.sections(image)["__TEXT,__text"][1]
        old, new = (macho.leb(macho.address_of(image, name) - base) for name in ("f20", "f21"))
        at = image.index(b"\0" + old, offset, offset + size) + 1
        assert len(old) == len(new)
        return put(image, at, new), range(at, at + len(new))

    for form in linked(False) + linked(True):
        for change in (GROWN, LONGER):
            hidden(form, change, "export", redirect, ("exports", "_f20"))


@case("Mach-O: a symbol that leads elsewhere beside what follows stays a primary finding")
def _(_folder):
    need(*macho.TOOLS)

    def turned(name, to):
        def edit(image):
            row, value = next((row, value) for row, called, _, section, value in macho.symbols(image) if called == name and section)
            return put(image, row + 8, struct.pack("<Q", to(image, value))), range(row + 8, row + 16)
        return edit

    def renumbered(image):
        row = next(row for row, called, _, section, _ in macho.symbols(image) if called == "_f5" and section)
        return put(image, row + 5, b"\2"), (row + 5,)

    for form in FORMS:
        for change in (GROWN, LONGER):
            hidden(form, change, "symbol of another function", turned("_f5", lambda image, _: macho.address_of(image, "f6")), ("_f5",))
            hidden(form, change, "symbol in a function", turned("_f20", lambda _, value: value + 4), ("_f20",))
            hidden(form, change, "symbol in another section", renumbered, ("_f5",))
        hidden(form, GROWN, "symbol in the function that grew", turned("_f11", lambda _, value: value + 4), ("_f11",))


@case("Mach-O: a pointer that leads elsewhere, chained or rebased or relocated, beside what follows stays a primary finding")
def _(_folder):
    need(*macho.TOOLS)

    def swapped(image):
        """The first two functions of the table change places."""
        name = next(n for n in ("__DATA_CONST,__const", "__DATA,__const") if n in macho.sections(image))
        offset = macho.sections(image)[name][1]
        size = 8 * 30
        found = next(at for at in range(offset, offset + macho.sections(image)[name][2] - size + 1, 8) if all(image[at + i:at + i + 4] != bytes(4) for i in range(0, size, 8)))
        one, two = struct.unpack_from("<QQ", image, found + 40)
        return put(image, found + 40, struct.pack("<QQ", one & ~0xffffffff | two & 0xffffffff, two & ~0xffffffff | one & 0xffffffff)), range(found + 40, found + 56)

    def flagged(image):
        """The high bits of a pointer: what a chain, or a processor, makes of it."""
        offset, _ = where(image, "__DATA,__data")
        return put(image, offset + 16 + 5, bytes([image[offset + 16 + 5] ^ 1])), (offset + 16 + 5,)

    for form in FORMS:
        for change in (GROWN, LONGER):
            if form[:2] != ("arm64", "object"):  # where relocations name the symbols, nothing but zeros stands in the data
                if change is GROWN and form[:2] != ("x86_64", "object"):
                    hidden(form, change, "pointers that changed places", swapped)
                if change is LONGER:
                    hidden(form, change, "high bits of a pointer", flagged)


@case("Mach-O: an import, an indirect symbol or a stub that leads elsewhere beside what follows stays a primary finding")
def _(_folder):
    need(*macho.TOOLS)

    def indirect(image):
        offset, size = where(image, "indirect symbols")
        words = list(struct.unpack_from(f"<{size // 4}I", image, offset))
        words[0], words[1] = words[1], words[0]
        return put(image, offset, struct.pack(f"<{len(words)}I", *words)), range(offset, offset + 8)

    def imported(image):
        offset, _ = where(image, "chained fixups")
        at = offset + struct.unpack_from("<I", image, offset + 8)[0]
        one, two = struct.unpack_from("<II", image, at)
        return put(image, at, struct.pack("<II", two, one)), range(at, at + 8)

    def bound(image):
        offset, _ = where(image, "__DATA_CONST,__got")
        one, two = struct.unpack_from("<QQ", image, offset)
        return put(image, offset, struct.pack("<QQ", one & ~0xffffff | two & 0xffffff, two & ~0xffffff | one & 0xffffff)), range(offset, offset + 16)

    def stub(image):
        name = "__TEXT,__stubs"
        offset, size = where(image, name)
        each = 6 if size % 12 else 12
        at = offset + each
        other = image[offset:offset + each]
        return put(image, at, other), range(at, at + each)

    for change in (GROWN, LONGER):
        for form in linked(False) + linked(True):
            hidden(form, change, "indirect symbol", indirect, ("indirect symbols",))
            hidden(form, change, "stub", stub, ("__stubs",))
        for form in linked(True):
            hidden(form, change, "import", imported, ("chained fixups",))
            hidden(form, change, "bound pointer", bound, ("__got",))


@case("Mach-O: a function start that is left out, added or moved beside what follows stays a primary finding")
def _(_folder):
    need(*macho.TOOLS)

    def restarted(change):
        def edit(image):
            offset, size = where(image, "function starts")
            numbers = list(macho.lebs(image[offset:offset + size]))
            values = change([value for _, _, value in numbers])
            data = b"".join(macho.leb(value) for value in values)
            at = numbers[20][0] + offset - 4
            return put(image, offset, data.ljust(size, b"\0")[:size]), range(at, offset + size)
        return edit

    changes = {
        "left out": lambda v: v[:20] + [v[20] + v[21]] + v[22:],
        "added": lambda v: v[:20] + [16, v[20] - 16] + v[21:-1],
        "moved": lambda v: v[:20] + [v[20] + 4, v[21] - 4] + v[22:],
        "moved, and all behind it": lambda v: v[:20] + [v[20] + 4] + v[21:],
    }
    for form in linked(False) + linked(True):
        for label, change in changes.items():
            for other in (GROWN, LONGER):
                hidden(form, other, f"function start {label}", restarted(change), ("function starts",))

    def stale(image):
        """As if the function that grew had not, and a later one had: all starts between are wrong, and hold the bytes of the other side."""
        offset, size = where(image, "function starts")
        values = [value for _, _, value in macho.lebs(image[offset:offset + size])]
        grown = next(i for i, value in enumerate(values) if i and value > values[i - 1] and i > 8)
        more = values[grown] - values[grown - 1]
        values[grown], values[grown + 8] = values[grown] - more, values[grown + 8] + more
        return put(image, offset, b"".join(macho.leb(value) for value in values).ljust(size, b"\0")[:size]), range(offset, offset + size)

    for form in linked(True):
        hidden(form, GROWN, "stale starts", stale, ("function starts",))


@case("Mach-O: an operation of rebase and binding information that does another thing beside what follows stays a primary finding")
def _(_folder):
    need(*macho.TOOLS)
    for form in linked(False):
        for change in (GROWN, LONGER):
            for table in ("rebase information", "binding information", "lazy binding information"):
                image = macho.build(*form, **change)
                offset, size = where(image, table)
                for at in range(offset, offset + size):
                    if at % 3 == 0 or image[at] & 0xf0 in (0x20, 0x70, 0x90):
                        for mask in (1, 0x10, 4):
                            stays(form, put(image, at, bytes([image[at] ^ mask])), change, table, range(at, at + 1), (table,))


@case("Mach-O: a relocation that names another thing or place beside what follows stays a primary finding")
def _(_folder):
    need(*macho.TOOLS)
    for form in (form for form in FORMS if form[1] == "object"):
        for change in (GROWN, LONGER):
            image = macho.build(*form, **change)
            for table, (offset, size) in macho.tables(image).items():
                if not table.startswith("relocations of "):
                    continue
                for row in range(offset, offset + size, 8 * (size // 64 + 1)):
                    for at, mask in ((0, 4), (4, 1), (7, 8), (7, 0x10)):
                        changed = put(image, row + at, bytes([image[row + at] ^ mask]))
                        stays(form, changed, change, table, (row + at,), ("relocations of ",))


@case("Mach-O: one bit anywhere in a table that follows stays a primary finding")
def _(_folder):
    need(*macho.TOOLS)
    for number, form in enumerate(FORMS):
        for change in (GROWN, LONGER):
            image = macho.build(*form, **change)
            for table, (offset, size) in macho.tables(image).items():
                for i, at in enumerate(range(offset + number % 5, offset + size, size // 7 + 1)):
                    stays(form, put(image, at, bytes([image[at] ^ 1 << (i + number) % 8])), change, table, (at,))


if __name__ == "__main__":
    main()
