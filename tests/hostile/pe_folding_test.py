#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person reads first of two images of Windows: one longer text or function is a few primary findings, and nothing hides in what follows from it."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_pe as pe  # noqa: E402
from expecting import expect, primary, text_of, write  # noqa: E402
from folded import FOLDED, assert_open  # noqa: E402
from mutants import put  # noqa: E402
from sbtest import case, main, need  # noqa: E402

TEXTS = [{"banner": pe.BANNER + "x" * more} for more in (1, 7, 300, 20000)]  # the last moves all sections
LONGER, GROWN = TEXTS[2], {"more": pe.MORE}
MOST = 16  # by MinGW five of them lie in what is linked to every program


def pair(form, change, shipped=None):
    """a: with what came in, or @shipped; b: without."""
    write("a", shipped if shipped is not None else pe.build(*form, **change))
    write("b", pe.build(*form))
    return "a", "b"


def functions(findings):
    return {f["where"][-1] for f in findings if f["where"][-2:-1] == [".text"] and not f["note"].startswith(FOLDED)}


@case("PE: one longer text, by 1, 7, 300 or 20000 bytes, by two linkers for three machines: few primary findings")
def _(_folder):
    need(*pe.TOOLS)
    for form in pe.FORMS:
        for change in TEXTS:
            blamed = primary(expect("different", *pair(form, change), named=(".rdata",), severity="major"))
            assert len(blamed) <= MOST, (form, len(change["banner"]), [text_of(f)[:200] for f in blamed])


@case("PE: one longer function: few primary findings, and it is named")
def _(_folder):
    need(*pe.TOOLS)
    for form in pe.FORMS:
        record = expect("different", *pair(form, GROWN))
        blamed = primary(record)
        assert len(blamed) <= MOST, (form, [text_of(f)[:200] for f in blamed])
        if form[2] != "stripped":
            assert pe.GROWN in functions(blamed), (form, functions(blamed), [text_of(f)[:200] for f in blamed])
        assert not any(f["where"][1] == "build" for f in blamed), (form, [text_of(f)[:200] for f in blamed])


@case("PE: a C++ program with exceptions: a longer text, a changed function and a further one that imports are few primary findings")
def _(_folder):
    need(pe.CXX)
    write("b", pe.build_classes())
    for change, most, named in (({"text": "a longer error"}, 6, ".rdata"), ({"compared": ">= 0"}, 6, "check_auth"), ({"more": pe.CATCHES}, 34, "more")):
        write("a", pe.build_classes(**change))
        blamed = primary(expect("different", "a", "b"))
        assert len(blamed) <= most, (change, [text_of(f)[:200] for f in blamed])
        assert any(named in f["where"][-1] for f in blamed), (change, [text_of(f)[:200] for f in blamed])


@case("PE: a pseudo relocation that names another slot or place or is of another width, stays a primary finding")
def _(_folder):
    need(pe.CXX)
    write("b", pe.build_classes())
    good = pe.build_classes(text="a longer error")
    image = pe.Image(good)
    start, end = (image.place(f"__RUNTIME_PSEUDO_RELOC_LIST{more}__") for more in ("", "_END"))
    assert struct.unpack_from("<III", good, start) == (0, 0, 1)
    slot, place, width = struct.unpack_from("<III", good, start + 12)
    others = list(struct.iter_unpack("<III", good[start + 24:end]))
    changes = {0: next(other[0] for other in others if other[0] != slot), 4: next(other[1] for other in others if other[1] != place), 8: width // 2}
    for at, value in changes.items():
        shipped = good[:start + 12 + at] + struct.pack("<I", value) + good[start + 16 + at:]
        write("a", shipped)
        assert_open(expect("different", "a", "b"), at, [start + 12 + at + i for i in range(4) if shipped[start + 12 + at + i] != good[start + 12 + at + i]], (".rdata",))


def hidden(form, change, label, edit, words=()):
    """@edit: of an image → (the image with something hidden in it, where)."""
    shipped, places = edit(pe.Image(pe.build(*form, **change)))
    assert shipped != pe.build(*form, **change), (form, label)
    assert_open(expect("different", *pair(form, change, shipped)), (form, label), places, words)


def everywhere(label, edit, words=(), forms=None):
    for form in forms or pe.FORMS:
        for change in (GROWN, LONGER):
            hidden(form, change, label, edit, words)


def of(*kinds):
    return [form for form in pe.FORMS if form[0] in kinds or form[1] in kinds or form[2] in kinds]


def replaced(image, at, new):
    return put(image.data, at, new), range(at, at + len(new))


def swapped(image, at, width):
    one, two = image.data[at:at + width], image.data[at + width:at + 2 * width]
    return replaced(image, at, two + one)


@case("PE: a call or a jump by a table that leads elsewhere beside what follows stays a primary finding")
def _(_folder):
    need(*pe.TOOLS)

    def called(image):
        """Of the last E8 in f20, a byte of where it leads."""
        at = image.offset(image.u32(image.exports()["f20"]))
        call = next(i for i in range(at, at + 64) if image.data[i] == 0xE8)
        return replaced(image, call + 1, struct.pack("<i", struct.unpack_from("<i", image.data, call + 1)[0] + 16))

    def jumped(image):
        _, start, size, raw = image.sections[".text"]
        _, low, length, _ = image.sections[".rdata"]
        for i in range(raw, raw + size - 7):
            if image.data[i] in (0x48, 0x4C) and image.data[i + 1] == 0x8D and image.data[i + 2] & 0xC7 == 5:
                table = start + i - raw + 7 + struct.unpack_from("<i", image.data, i + 3)[0]
                if low <= table < low + length - 8 and table % 4 == 0:
                    at = image.offset(table)
                    entries = struct.unpack_from("<ii", image.data, at)
                    if all(start <= table + entry < start + size for entry in entries) and entries[0] != entries[1]:
                        return swapped(image, at, 4)
        raise AssertionError("no table of jumps")

    everywhere("call", called, ("f20",), [form for form in of("library") if form[1] != "aarch64"])
    everywhere("table of jumps", jumped, (".rdata",), of("mingw"))


@case("PE: an export, an import, a jump to one or a pointer that leads elsewhere beside what follows stays a primary finding")
def _(_folder):
    need(*pe.TOOLS)

    def exported(image):
        fields = image.exports()
        return replaced(image, fields["f20"], image.data[fields["f21"]:fields["f21"] + 4])

    def imported(image):
        at, _ = image.directory("import")
        return swapped(image, image.offset(image.u32(at)), 8 if image.wide else 4)

    def thunk(image):
        _, _, size, raw = image.sections[".text"]
        found = [i for i in range(raw, raw + size - 6) if image.data[i:i + 2] == b"\xff\x25"][-2:]
        wide = image.wide  # there it is a distance
        value = struct.unpack_from("<I", image.data, found[1] + 2)[0] + (found[1] - found[0] if wide else 0)
        return replaced(image, found[0] + 2, struct.pack("<I", value & 0xFFFFFFFF))

    def pointer(image):
        """The first two functions of a table change places."""
        width, kind = (8, 10) if image.wide else (4, 3)
        named = sorted(address for _, which, address in image.relocations() if which == kind)
        for one in named:
            if one + width in named and image.data[image.offset(one):][:width] != image.data[image.offset(one + width):][:width]:
                return swapped(image, image.offset(one), width)
        raise AssertionError("no two pointers")

    everywhere("export", exported, (), of("library"))
    everywhere("import", imported)
    everywhere("thunk", thunk, (".text",), [form for form in of("lld") if form[1] != "aarch64"])
    everywhere("pointer", pointer)


@case("PE: a relocation, a row of the exceptions or a symbol that names another place beside what follows stays a primary finding")
def _(_folder):
    need(*pe.TOOLS)

    def relocated(image):
        at = list(image.relocations())[5][0]
        return replaced(image, at, bytes([image.data[at] ^ 8]))

    def retyped(image):
        at = list(image.relocations())[5][0]
        return replaced(image, at + 1, bytes([image.data[at + 1] ^ 0x10]))

    def unwound(number):
        def edit(image):
            at, size = image.directory("exception")
            each = 8 if size % 12 or image.data[image.header + 4:image.header + 6] == b"\x64\xaa" else 12
            row = at + each * 5 + 4 * number
            value = image.u32(row) + 4
            return replaced(image, row, struct.pack("<I", value))
        return edit

    def symbol(image):
        rows = image.symbols()
        return replaced(image, rows["f20"] + 8, image.data[rows["f21"] + 8:rows["f21"] + 12])

    everywhere("relocation", relocated, (".reloc",))
    everywhere("type of a relocation", retyped, (".reloc",))
    for number in range(3):
        everywhere(f"word {number} of a row of exceptions", unwound(number), (".pdata",), of("x86_64"))
    for number in range(2):
        everywhere(f"word {number} of a row of exceptions", unwound(number), (".pdata",), of("aarch64"))
    for change in (GROWN, LONGER):
        image = pe.Image(pe.build("mingw", "x86_64", "program", **change))
        shipped, places = symbol(image)
        record = expect("different", *pair(("mingw", "x86_64", "program"), change, shipped))
        hits = [f for f in primary(record) if "COFF symbols" in f["where"] and "f20" in f["where"] and not f["note"].startswith(FOLDED)]
        assert hits, (change, [text_of(f)[:200] for f in primary(record)])


@case("PE: an entry point or a directory that leads elsewhere beside what follows stays a primary finding")
def _(_folder):
    need(*pe.TOOLS)

    def entered(image):
        return replaced(image, image.optional + 16, struct.pack("<I", image.u32(image.optional + 16) + 16))

    def led(number):
        def edit(image):
            at = image.optional + (112 if image.wide else 96) + 8 * number
            return replaced(image, at, struct.pack("<I", image.u32(at) + 8))
        return edit

    def summed(at):
        return lambda image: replaced(image, image.optional + at, struct.pack("<I", image.u32(image.optional + at) + 4096))

    for at, name in ((4, "SizeOfCode"), (8, "SizeOfInitializedData"), (56, "SizeOfImage")):
        everywhere(name, summed(at), (name,))
    everywhere("entry point", entered, ("AddressOfEntryPoint",), of("program"))
    everywhere("imports", led(1), ("import directory",))
    everywhere("exports", led(0), ("export directory",), of("library"))


@case("PE: one bit anywhere in a table that follows stays a primary finding")
def _(_folder):
    need(*pe.TOOLS)
    for number, form in enumerate(pe.FORMS):
        for change in (GROWN, LONGER):
            image = pe.Image(pe.build(*form, **change))
            for table in ("export", "import", "exception", "relocation", "iat", "tls"):
                if not image.directory(table):
                    continue
                at, size = image.directory(table)
                for i, place in enumerate(range(at + number % 5, at + size, size // 7 + 1)):
                    shipped = put(image.data, place, bytes([image.data[place] ^ 1 << (i + number) % 8]))
                    assert_open(expect("different", *pair(form, change, shipped)), (form, table, place - at), (place,))


if __name__ == "__main__":
    main()
