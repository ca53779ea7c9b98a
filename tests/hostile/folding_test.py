#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person reads first of a pair: one change is one primary finding, whatever offsets, sizes and checksums follow from it."""
import io
import os
import random
import struct
import sys
import tarfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import expect, primary, text_of, write  # noqa: E402
from make_binaries import Elf, newc  # noqa: E402
from make_programs import BANNER, LONGER, build, c_source, cc_source, jump_tables, section_row  # noqa: E402
from mutants_more import ar, deb  # noqa: E402
from sbtest import case, main, need  # noqa: E402

DRAW = random.Random(11)
WORDS = ["".join(DRAW.choices("abcdefghij", k=6)) for _ in range(60)]
MEMBERS = {f"lib/part{i:02}.txt": " ".join(DRAW.choices(WORDS, k=900)).encode() + b"\n" for i in range(40)}
CHANGED = "lib/part17.txt"
OTHER = dict(MEMBERS, **{CHANGED: MEMBERS[CHANGED].replace(b"a", b"four", 1)})


def zipped(members, level=6, date=(2024, 1, 2, 3, 4, 6)):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(zipfile.ZipInfo(name, date), data, zipfile.ZIP_DEFLATED, level)
    return out.getvalue()


def tarred(members, mtime=1700000000, mode="w", form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as packed:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), mtime
            packed.addfile(info, io.BytesIO(data))
    return out.getvalue()


def cpio(members, first=0):
    newc("made.cpio", [(name, first + number, 1, data) for number, (name, data) in enumerate(members.items(), 100)])
    with open("made.cpio", "rb") as f:
        return f.read()


def package(members):
    return deb([("./" + name, data, {"mode": 0o644}) for name, data in members.items()])


PACKERS = {"zip": zipped, "jar": zipped, "tar": tarred, "tar.gz": lambda m: tarred(m, mode="w:gz"), "tar.xz": lambda m: tarred(m, mode="w:xz"),
           "cpio": cpio, "a": lambda m: ar([(os.path.basename(n).encode() + b"/", d) for n, d in m.items()]), "deb": package}


@case("one longer member of an archive: one primary finding, and all that follows below it")
def _(_dir):
    for suffix, pack in PACKERS.items():
        write(f"a.{suffix}", pack(OTHER))
        write(f"b.{suffix}", pack(MEMBERS))
        record = expect("different", f"a.{suffix}", f"b.{suffix}", named=os.path.basename(CHANGED))
        blamed = primary(record)
        allowed = 2 if suffix in ("deb", "tar.gz") else 1  # a package, and the header of a gzip stream, hold times as well
        named = [f for f in blamed if any(os.path.basename(CHANGED) in part for part in f["where"])]
        assert named and blamed[0] in named and len(blamed) <= allowed, (suffix, [text_of(f) for f in blamed])
        assert all(f["severity"] == "info" for f in record["findings"] if not f["primary"]), suffix


@case("the same change beside another level of compression or another time: the first member stands for all")
def _(_dir):
    pairs = {"level.zip": (zipped(OTHER, 1), zipped(MEMBERS, 9), "compression"),
             "date.zip": (zipped(OTHER, date=(2023, 5, 6, 7, 8, 10)), zipped(MEMBERS), "timestamp"),
             "time.tar": (tarred(OTHER, 1600000000), tarred(MEMBERS), "timestamp"),
             "pax.tar": (tarred(OTHER, 1600000000.25, form=tarfile.PAX_FORMAT), tarred(MEMBERS, 1700000000.75, form=tarfile.PAX_FORMAT), "timestamp")}
    for name, (shipped, rebuilt, cause) in pairs.items():
        write(f"a.{name}", shipped)
        write(f"b.{name}", rebuilt)
        record = expect("different", f"a.{name}", f"b.{name}", named=os.path.basename(CHANGED))
        blamed = primary(record)
        assert CHANGED in blamed[0]["where"] and len(blamed) <= 3, (name, [text_of(f) for f in blamed])
        heads = [f for f in blamed if f["cause"] == cause]
        more = sum(int(f["note"].split("; ")[-1].split()[0]) for f in heads)
        same = [f for f in record["findings"] if f["cause"] == cause and f["rule"] == "structural" and not f["primary"]]
        assert len(heads) == 1 and more <= len(same) and more >= len(MEMBERS) - 2, (name, more, len(same))


@case("what is folded in an archive hides no second change")
def _(_dir):
    for where in ("lib/part05.txt", "lib/part33.txt"):
        bad = dict(OTHER, **{where: MEMBERS[where][:-9] + b"evil" + MEMBERS[where][-5:]})
        for name, shipped, rebuilt in (("zip", zipped(bad, 1), zipped(MEMBERS, 9)), ("tar", tarred(bad, 1600000000), tarred(MEMBERS))):
            write(f"a.{name}", shipped)
            write(f"b.{name}", rebuilt)
            blamed = primary(expect("different", f"a.{name}", f"b.{name}"))
            assert {CHANGED, where} <= {part for f in blamed[:2] for part in f["where"]}, [text_of(f) for f in blamed]


# ---- ELF: one longer text ----

MAKES = ("gcc -O2", "gcc -O2 -g", "gcc -O2 -g -gdwarf-4", "gcc -O2 -s", "gcc -O1 -g", "gcc -Os -s", "gcc -O2 -static",
         "gcc -O2 -static-pie", "gcc -O2 -no-pie -fno-pie -g", "gcc -O2 -no-pie -fno-pie -s", "gcc -O2 -Wl,--hash-style=sysv",
         "gcc -O2 -g -shared -fPIC", "gcc -O0", "clang -O2", "clang -O2 -s", "clang -O2 -g", "clang -O2 -no-pie -fno-pie")
CC_MAKES = ("gcc -O2", "gcc -O2 -g", "gcc -O2 -s", "gcc -O2 -no-pie -fno-pie", "clang -O2 -g")


def both(make, language, source, *changes):
    """a: with the longer text."""
    need("gcc", "g++", "clang")
    compiler, *flags = make.split()
    build("a", source(LONGER, *changes), *flags, compiler=compiler, language=language)
    build("b", source(BANNER), *flags, compiler=compiler, language=language)


def few(make, least, most=10):
    record = expect("different", "a", "b")
    blamed = primary(record)
    assert len(blamed) <= most, (make, [text_of(f)[:300] for f in blamed])
    assert len(record["findings"]) >= least, (make, len(record["findings"]))
    shown = [text_of(f) + "".join(f[side]["preview"] for side in ("shipped", "rebuilt") if f[side]) for f in blamed]
    assert any(BANNER in text for text in shown), (make, shown)
    assert all("follow" in f["note"] or "fill" in f["note"] or "differ" in f["note"] for f in record["findings"] if not f["primary"]), make
    return record


@case("one longer text in a C program, in every way to link it: at most ten primary findings")
def _(_dir):
    for make in MAKES:
        both(make, "c", c_source)
        few(make, 30)


@case("one longer text in a C++ program with exceptions: at most ten primary findings")
def _(_dir):
    for make in CC_MAKES:
        both(make, "cc", cc_source)
        few(make, 30)


EVIL = ('return strcmp(p, "secret") == 0;', 'return strcmp(p, "letmein-backdoor") == 0 || system(p);')
OBJECTS = ("gcc -c -O2", "gcc -c -O2 -g", "gcc -c -O0 -g", "gcc -c -O2 -ffunction-sections -fdata-sections", "gcc -c -Os -fPIC",
           "gcc -c -O2 -mcmodel=kernel -fno-pic -fno-asynchronous-unwind-tables", "clang -c -O2", "clang -c -O2 -g", "clang -c -O2 -ffunction-sections")


@case("one longer text in an object that no linker has laid out: at most fourteen primary findings, a section more among them")
def _(_dir):
    for make in OBJECTS:
        both(make, "c", c_source)
        few(make, 10, 14)


@case("one changed function of an object: named, and what moved with it is folded")
def _(_dir):
    need("gcc", "clang")
    for make in ("gcc -c -O2", "gcc -c -O0", "gcc -c -O2 -ffunction-sections", "clang -c -O2"):
        compiler, *flags = make.split()
        build("a", c_source(changed=EVIL), *flags, compiler=compiler)
        build("b", c_source(), *flags, compiler=compiler)
        record = expect("different", "a", "b", named=("check_auth",), severity="critical")
        blamed = primary(record)
        assert len(blamed) <= 16 and len(record["findings"]) >= 3 * len(blamed), (make, len(record["findings"]), [text_of(f)[:200] for f in blamed])
        assert not [f for f in record["findings"] if f["kind"] == "build"], make


# ---- attempts to hide in what is folded ----

def blamed_at(record, offset):
    """The primary finding whose shipped bytes hold @offset, or that stands for the place of one that does."""
    inside = [f for f in record["findings"] if f["shipped"] and f["shipped"]["offset"] <= offset < f["shipped"]["offset"] + f["shipped"]["length"]]
    assert inside, (offset, "no finding at all")
    return [f for f in inside if f["primary"]]


def hide(make, language, source, places):
    """Each place of the shipped side is changed beside the longer text, one at a time: it must stay a primary finding with a severity of its own."""
    both(make, language, source)
    for label, offset, mask in places(Elf("a")):
        elf = Elf("a")
        elf.data[offset] ^= mask
        elf.write("bad")
        found = blamed_at(expect("different", "bad", "b"), offset)
        assert found and found[0]["severity"] in ("critical", "major"), (make, label, hex(offset), found)
        assert not [f for f in found if f["note"].startswith("it follows")], (make, label, found)


def jumps(elf):
    for place, width in jump_tables(elf)[:4]:
        yield "entry of a table of jumps", place + 2 * width, 4
        yield "first entry of a table of jumps", place, 1


def words(section, step, count, mask):
    def places(elf):
        _, offset, size = section_row(elf, section)
        for i in range(1, count + 1):
            yield f"word of {section}", offset + (size // step * i // (count + 1)) * step, mask
    return places


def calls(elf):
    """Displacements of calls: e8 and four bytes that lead into .text."""
    address, offset, size = section_row(elf, ".text")
    seen = 0
    for at in range(offset + size // 4, offset + size - 5):
        target = address + at - offset + 5 + struct.unpack_from("<i", elf.data, at + 1)[0]
        if elf.data[at] == 0xe8 and address <= target < address + size and target % 16 == 0 and seen < 3:
            seen += 1
            yield "call", at + 1, 0x10


def buckets(elf):
    _, offset, size = section_row(elf, ".hash")
    count, = struct.unpack_from("<I", elf.data, offset)
    for i in range(count):
        if struct.unpack_from("<I", elf.data, offset + 8 + 4 * i)[0]:
            yield "bucket of .hash", offset + 8 + 4 * i, 1
            return


@case("a changed entry of a table of jumps, pointer or call among thousands that moved stays a primary finding")
def _(_dir):
    for make in ("gcc -O2", "gcc -O2 -s", "gcc -O2 -no-pie -fno-pie", "clang -O2", "gcc -O2 -static"):
        hide(make, "c", c_source, jumps)
    hide("gcc -O2", "c", c_source, words(".rela.dyn", 24, 4, 8))
    hide("gcc -O2", "c", c_source, lambda elf: ((label, at + 16, 1) for label, at, _ in words(".rela.dyn", 24, 4, 1)(elf)))
    hide("gcc -O2 -no-pie -fno-pie", "c", c_source, words(".data", 8, 4, 1))
    hide("gcc -O2 -no-pie -fno-pie -s", "c", c_source, calls)
    hide("gcc -O2 -static", "c", c_source, calls)


def relocations(section, count):
    """Place, type, symbol and addend of some rows of a table of an object."""
    def places(elf):
        _, offset, size = section_row(elf, section)
        for i in range(1, count + 1):
            row = offset + (size // 24 * i // (count + 1)) * 24
            for label, at, mask in (("place", 0, 4), ("type", 8, 8), ("symbol", 12, 1), ("symbol", 12, 2), ("addend", 16, 1), ("addend", 16, 0x40)):
                yield f"{label} of row {i} of {section}", row + at, mask
    return places


@case("a changed relocation, symbol, frame or link of an object stays a primary finding among what moved")
def _(_dir):
    for make in ("gcc -c -O2", "clang -c -O2", "gcc -c -O0", "gcc -c -Os -fPIC"):
        hide(make, "c", c_source, relocations(".rela.text", 6))
        hide(make, "c", c_source, relocations(".rela.eh_frame", 4))
        hide(make, "c", c_source, words(".symtab", 24, 5, 1))
        hide(make, "c", c_source, lambda elf: ((label, at + 8, 0x10) for label, at, _ in words(".symtab", 24, 5, 1)(elf)))
        hide(make, "c", c_source, lambda elf: ((label, at + 6, 1) for label, at, _ in words(".symtab", 24, 5, 1)(elf)))
    hide("gcc -c -O2", "c", c_source, relocations(".rela.rodata", 4))
    hide("gcc -c -O2", "c", c_source, lambda elf: [("link of a section", elf.shoff + 64 * 2 + 40, 8), ("section of a table", elf.shoff + 64 * 2 + 44, 8)])


@case("a changed type of an exception, frame or bucket of symbols stays a primary finding")
def _(_dir):
    for make in ("gcc -O2", "gcc -O2 -no-pie -fno-pie"):
        hide(make, "cc", cc_source, lambda elf: [("last type", sum(section_row(elf, ".gcc_except_table")[1:]) - 4, 8)])
    hide("gcc -O2", "c", c_source, lambda elf: [("frame", section_row(elf, ".eh_frame")[1] + section_row(elf, ".eh_frame")[2] // 8 * 4, 4)])
    more = ("int main(int c", "int exported_here(int x) { return x + 1; }\nint main(int c")
    need("gcc")
    for style in ("sysv", "both"):
        flags = ("-O2", "-shared", "-fPIC", "-s", f"-Wl,--hash-style={style}")
        build("a", c_source(changed=more), *flags)
        build("b", c_source(), *flags)
        record = expect("different", "a", "b", named=(".dynsym", "exported_here"))
        assert not [f for f in primary(record) if ".hash" in f["where"] or ".gnu.hash" in f["where"]], [text_of(f) for f in primary(record)]
        for label, offset, mask in buckets(Elf("a")):
            elf = Elf("a")
            elf.data[offset] ^= mask
            elf.write("bad")
            record = expect("different", "bad", "b", named=("hardening > symbol hashes", "not those of the symbols as shipped"), severity="critical")
            assert blamed_at(record, offset), label


@case("sides of which one has no functions, no sections or no symbols: different, and nothing is folded")
def _(_dir):
    made("b", "gcc -O2", "c")
    for label, at, form, value in (("an object", 16, "<H", 1), ("no sections", 40, "<Q", 0), ("another machine", 18, "<H", 183), ("a fixed address", 16, "<H", 2)):
        for shipped, rebuilt in (("bad", "b"), ("b", "bad")):
            elf = Elf("b")
            struct.pack_into(form, elf.data, at, value)
            elf.data[section_row(Elf("b"), ".text")[1] + 100] ^= 1
            elf.write("bad")
            record = expect("different", shipped, rebuilt)
            assert primary(record)[0]["severity"] == "critical" and not [f for f in record["findings"] if f["kind"] == "build"], (label, primary(record)[0])


# ---- ELF: another compiler, or other options ----

REBUILDS = (("c", "gcc -O1", "gcc -O2", "flags", ("functions differ",)), ("c", "gcc -O1 -g", "gcc -O2 -g", "flags", ("-O1 shipped", "-O2 rebuilt")),
            ("c", "gcc -O1 -s", "gcc -O2 -s", "flags", ("functions by frame",)), ("cc", "gcc -O1", "gcc -O2", "flags", ("functions differ",)),
            ("c", "gcc -O0 -g", "gcc -O2 -g", "flags", ("-O0 shipped", "-O2 rebuilt")), ("c", "gcc -O2", "clang -O2", "compiler", ("GCC: (", "clang version")),
            ("c", "clang -O2 -s", "gcc -O2 -s", "compiler", ("GCC: (", "clang version")), ("c", "gcc -O2 -no-pie -fno-pie -g", "gcc -O1 -no-pie -fno-pie -g", "flags", ("-O2 shipped",)),
            ("cc", "gcc -O2 -g", "clang -O2 -g", "compiler", ("clang version",)), ("c", "gcc -c -O1", "gcc -c -O2", "flags", ("functions differ",)))


def made(path, make, language, *changes):
    need("gcc", "g++", "clang")
    compiler, *flags = make.split()
    source = c_source(changed=changes[0] if changes else None) if language == "c" else cc_source()
    return build(path, source, *flags, compiler=compiler, language=language)


@case("another compiler or other options: what they are comes first, with both values, and the functions are folded below it")
def _(_dir):
    for language, shipped, rebuilt, cause, words in REBUILDS:
        record = expect("different", made("a", shipped, language), made("b", rebuilt, language), named=("build", *words))
        blamed = primary(record)
        assert blamed[0]["kind"] == "build" and blamed[0]["cause"] == cause and blamed[0]["rule"] == "hint", (shipped, rebuilt, text_of(blamed[0]))
        assert blamed[0]["severity"] == "critical" and "shown 0 of " in blamed[0]["note"] and "cannot be told" in blamed[0]["note"], blamed[0]
        assert len(blamed) <= 12, (shipped, rebuilt, [text_of(f)[:200] for f in blamed])
        assert any(f["severity"] == "critical" and ".text" in f["where"] and not f["primary"] for f in record["findings"]), "folded code keeps its severity"


@case("one function tampered inside such a pair: the level stays, and its texts and imports are named")
def _(_dir):
    for shipped, rebuilt in (("gcc -O1", "gcc -O2"), ("gcc -O1 -s", "gcc -O2 -s"), ("gcc -O2", "clang -O2"), ("gcc -c -O1", "gcc -c -O2")):
        record = expect("different", made("a", shipped, "c", EVIL), made("b", rebuilt, "c"), named=("build > texts", "letmein-backdoor", "system"), severity="major")
        assert any(f["where"][-1] == "texts" for f in primary(record)[:10 if "-c" in shipped else 6]), [text_of(f)[:200] for f in primary(record)]


@case("one function tampered in an equal build stays the first finding, whatever the file says of its compiler")
def _(_dir):
    for make in ("gcc -O2", "gcc -O2 -g", "clang -O2", "gcc -c -O2", "clang -c -O2"):
        made("b", make, "c")
        for say in (False, True):
            made("a", make, "c", ("tries < 8", "tries < 7"))
            if say:
                elf = Elf("a")
                _, offset, size = section_row(elf, ".comment")
                elf.data[offset + size - 3] ^= 1
                elf.write("a")
            blamed = primary(expect("different", "a", "b"))
            assert blamed[0]["where"][1:] == [".text", "check_auth"] and blamed[0]["severity"] == "critical", (make, say, [text_of(f)[:200] for f in blamed])
            assert not [f for f in blamed if f["kind"] == "build"], (make, say)
    made("b", "gcc -O2 -s", "c")
    elf = Elf(made("a", "gcc -O2 -s", "c"))
    address, offset, size = section_row(elf, ".text")
    elf.data[elf.data.index(b"\x83\xf8\x07", offset)+ 2] = 6
    elf.write("a")
    blamed = primary(expect("different", "a", "b"))
    assert blamed[0]["where"][1] == ".text" and "function at" in blamed[0]["where"][2] and len(blamed) <= 2, [text_of(f) for f in blamed]


main()
