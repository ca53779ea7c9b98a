#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Executable files: tampering that must be named, honest variants that must not drown, and attempts to hide what is loaded."""
import os
import random
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_elf  # noqa: E402
from expecting import compare, expect, primary, read, text_of, write  # noqa: E402
from make_binaries import Elf  # noqa: E402
from make_elf import Layout, Section, build, small  # noqa: E402
from make_signatures import cms  # noqa: E402
from sbtest import case, main, need, run  # noqa: E402

LAYOUTS = [Layout(bits, big) for bits in (32, 64) for big in (False, True)]
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((constructor)) static void setup(void) { setvbuf(stdout, NULL, _IONBF, 0); }
__attribute__((noinline)) int backdoor(const char *p) { puts("let in"); return p[0] == 'x'; }
__attribute__((noinline)) int check_auth(const char *p) { int tries = atoi(p); if (tries < 8) printf("%d tries\n", tries); return strcmp(p, "secret") == 0; }
int (*volatile other)(const char *) = backdoor;
const char *paths[] = {"/build/acme/src/one.c", "/build/acme/src/two.c", "/build/acme/src/three.c"};
int main(int argc, char **argv) { printf("%s\n", paths[argc % 3]); return argc > 1 && check_auth(argv[1]) ? 0 : other("y"); }
"""


def compile_to(path, source=PROGRAM, *flags, strip=False, tool="gcc"):
    write("prog.c", source.encode())
    run(tool, "-O2", *flags, "prog.c", "-o", path, code=0)
    if strip:
        run("strip", path, code=0)
    return path


def edited(path, change, out="bad"):
    elf = Elf(path)
    change(elf)
    elf.write(out)
    return out


def symbol(path, name):
    for line in run("nm", path, code=0).out.splitlines():
        fields = line.split()
        if fields[-1] == name:
            return int(fields[0], 16)
    raise KeyError(name)


# ---- the tamper table ----

def tampered(check, backdoor, setup):
    """(label, change, words that one finding must hold, severity)."""
    def entry(elf):
        struct.pack_into("<Q", elf.data, 24, backdoor)

    def stack(elf):
        at = next(s[0] for s in elf.segments() if s[1] == make_elf.STACK)
        struct.pack_into("<I", elf.data, at + 4, 7)

    def gap(elf):
        end = max(s[3] + s[5] for s in elf.segments() if s[1] == 1 and s[2] & 1)
        elf.data[end:end + 16] = b"\x90" * 16

    def branch(elf):
        offset, _ = elf.section(".text")
        base = next(s for s in elf.segments() if s[1] == 1 and s[2] & 1)
        at = elf.data.index(b"\x83\xf8\x07", base[3] + check - base[4])  # cmp eax, 7
        assert offset <= at
        elf.data[at + 2] = 8

    def build_id(elf):
        elf.data[elf.section(".note.gnu.build-id")[0] + 20] ^= 1

    def init_array(elf):
        offset, size = elf.section(".rela.dyn")
        for at in range(offset, offset + size, 24):
            if struct.unpack_from("<Q", elf.data, at + 16)[0] == setup:
                struct.pack_into("<Q", elf.data, at + 16, backdoor)

    def one_copy(elf):
        at = elf.data.index(b"/build/acme/src/two.c")
        elf.data[at:at + 11] = b"/build/evil"

    return [("entry", entry, ("e_entry", "_start", "backdoor"), "critical"), ("stack", stack, ("p_flags", "RW-", "RWE"), "critical"),
            ("gap", gap, ("gap-loaded",), "critical"), ("overlay", lambda elf: elf.data.extend(b"evil" * 20), ("overlay",), "critical"),
            ("branch", branch, (".text > check_auth", "cmp eax, 8", "cmp eax, 7"), "critical"), ("build-id", build_id, ("build-id",), "minor"),
            ("init_array", init_array, (".rela.dyn", ".init_array", "backdoor", "setup"), "critical"),
            ("one copy", one_copy, ("/build/evil/src/two.c", "/build/acme/src/two.c"), "major")]


@case("the tamper table: level, region, severity, name")
def _(_dir):
    need("gcc", "nm")
    compile_to("good")
    names = {n: symbol("good", n) for n in ("check_auth", "backdoor", "setup")}
    for label, change, words, severity in tampered(names["check_auth"], names["backdoor"], names["setup"]):
        record = expect("different", edited("good", change), "good", named=words, severity=None if label == "build-id" else severity)
        assert all(f["rule"] in ("none", "hint") for f in record["findings"]), (label, record["findings"])
        if label == "stack":
            hard = [f for f in record["findings"] if f["kind"] == "hardening"]
            assert [(f["where"][-1], f["severity"], f["primary"]) for f in hard] == [("NX", "critical", True)], hard


@case("the tamper table on a stripped program: the function is known by its frame")
def _(_dir):
    need("gcc", "strip", "nm")
    compile_to("full")
    names = {n: symbol("full", n) for n in ("check_auth", "backdoor", "setup")}
    run("strip", "-o", "good", "full", code=0)
    for label, change, words, severity in tampered(names["check_auth"], names["backdoor"], names["setup"]):
        words = tuple({".text > check_auth": f"function at 0x{names['check_auth']:x}", "backdoor": f"0x{names['backdoor']:x}", "_start": ".text",
                       "setup": f"0x{names['setup']:x}"}.get(w, w) for w in words)
        expect("different", edited("good", change), "good", named=words, severity=None if label == "build-id" else severity)


@case("the source line of a changed instruction, from every version of DWARF")
def _(_dir):
    need("gcc", "nm")
    line = next(i for i, text in enumerate(PROGRAM.split("\n"), 1) if "tries < 8" in text)
    for version in (2, 3, 4, 5):
        compile_to("good", PROGRAM, f"-gdwarf-{version}")
        check = symbol("good", "check_auth")
        change = next(t[1] for t in tampered(check, check, check) if t[0] == "branch")
        expect("different", edited("good", change), "good", named=(f"prog.c:{line}: cmp eax, 8", f"prog.c:{line}: cmp eax, 7"), severity="critical")


# ---- what protects a program ----

@case("hardening facts: weaker as shipped is critical, and nothing owns it")
def _(_dir):
    need("gcc")
    cet = "-Wl,-z,ibt,-z,shstk"
    safe = ("-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-Wl,-z,relro,-z,now", cet, "-pie", "-fPIE")
    compile_to("safe", PROGRAM, *safe)
    weaker = {"NX": ("-Wl,-z,execstack",), "RELRO": ("-Wl,-z,norelro",), "BIND_NOW": ("-Wl,-z,lazy",), "PIE": ("-no-pie", "-fno-PIE"),
              "canary": ("-fno-stack-protector",), "FORTIFY": ("-U_FORTIFY_SOURCE",), "CET": (),
              "RUNPATH": ("-Wl,--enable-new-dtags,-rpath,/tmp/evil",), "RPATH": ("-Wl,--disable-new-dtags,-rpath,/tmp/evil",)}
    for name, flags in weaker.items():
        compile_to("weak", PROGRAM, *(f for f in safe if name != "CET" or f != cet), *flags)
        for shipped, rebuilt, severity in (("weak", "safe", "critical"), ("safe", "weak", "minor")):
            record = compare(shipped, rebuilt)
            assert record["level"] == "different", (name, record["level"])
            found = {f["where"][-1]: f for f in record["findings"] if f["kind"] == "hardening"}
            assert name in found, (name, list(found))
            assert found[name]["severity"] == severity and found[name]["primary"], found[name]
            assert found[name]["rule"] == "hint" and found[name]["cause"] == "flags", found[name]
    assert "/tmp/evil" in found["RPATH"]["note"]
    assert not [f for f in compare("safe", edited("safe", lambda elf: elf.data.extend(b"x")))["findings"] if f["kind"] == "hardening"]


@case("what loads a program and what is loaded with it are facts too; fewer checked functions are a loss")
def _(_dir):
    need("gcc")
    compile_to("base")
    compile_to("loader", PROGRAM, "-Wl,--dynamic-linker,/lib64/ld-evil-x86-64.so.2")
    expect("different", "loader", "base", named=("hardening > interpreter", "/lib64/ld-evil-x86-64.so.2 as shipped"), severity="major")
    compile_to("library", PROGRAM, "-Wl,--no-as-needed", "-lm")
    expect("different", "library", "base", named=("hardening > libraries", "libm.so.6", "libc.so.6 as rebuilt"), severity="major")
    for fact, flag in (("audit libraries", "--audit=/tmp/evil.so"), ("audit libraries of dependencies", "--depaudit=/tmp/evil.so"), ("filtered libraries", "-shared,--filter=/tmp/evil.so"),
                       ("auxiliary libraries", "-shared,--auxiliary=/tmp/evil.so")):
        compile_to("plain", PROGRAM, "-fPIC", *(["-shared"] if "-shared" in flag else []))
        compile_to("more", PROGRAM, "-fPIC", f"-Wl,{flag}")
        expect("different", "more", "plain", named=(f"hardening > {fact}", "/tmp/evil.so as shipped, none as rebuilt"), severity="major")
    copies = PROGRAM.replace("int main(", "char a[40], b[40];\nvoid copy(const char *p) { strcpy(a, p); sprintf(b, p, a); }\nint main(", 1)
    compile_to("two", copies, "-D_FORTIFY_SOURCE=2")
    compile_to("one", copies.replace("strcpy(a, p);", "for (int i = 0; i < 40; i++) a[i] = p[i];"), "-D_FORTIFY_SOURCE=2")
    expect("different", "one", "two", named=("hardening > FORTIFY", "checked functions as shipped"), severity="critical")


@case("the hash table of symbols follows from their names, and a forged one does not")
def _(_dir):
    need("gcc")
    names = [f"function_{i * 7919 % 10007}" for i in range(60)]
    source = "".join(f"int {name}(int x) {{ return x + {i}; }}\n" for i, name in enumerate(names))
    for side, more in (("a.so", "int one_more(int x) { return x ^ 9; }\n"), ("b.so", "")):
        compile_to(side, source + more, "-shared", "-fPIC", "-s", "-Wl,--hash-style=gnu")
    record = expect("different", "a.so", "b.so", named=(".dynsym", "one_more"))
    hashes = [f for f in record["findings"] if ".gnu.hash" in f["where"]]
    assert hashes and not any(f["primary"] for f in hashes), hashes
    assert not [f for f in record["findings"] if f["kind"] == "hardening"], record["findings"]

    def forged(at):
        def change(elf):
            offset, size = elf.section(".gnu.hash")
            elf.data[offset + at % size] ^= 2
        return change
    for at in (-4, -40, 24, 16):  # chains, and the filter
        record = expect("different", edited("b.so", forged(at)), "b.so", named=("hardening > symbol hashes", "not those of the symbols as shipped"), severity="critical")
        assert [f for f in primary(record) if ".gnu.hash" in f["where"]], record["findings"]


# ---- one longer text ----

def large(count=300, banner="the banner", added=False, constant=8):
    lines = ["#include <stdio.h>", "#include <string.h>", "volatile int sink;", f'static const char *banner(void) {{ return "{banner}"; }}']
    for i in range(count):
        limit = constant if i == count // 2 else 8
        lines.append(f'__attribute__((noinline)) int f{i}(const char *s) {{ if (strlen(s) > {limit}) printf("message number {i}: %s\\n", s);'
                     f' else puts("short {i}"); sink += {i}; return sink; }}')
        if added and i == count // 2:
            lines.append('__attribute__((noinline)) int added(const char *s) { puts("an added function says this"); sink ^= 7; return printf("%s!\\n", s); }')
    lines.append("static int (*const table[])(const char *) = {" + ", ".join(f"f{i}" for i in range(count)) + "};")
    lines.append("const char *names[] = {" + ", ".join(f'"name of entry {i}"' for i in range(count)) + "};")
    lines.append(f"int main(int c, char **v) {{ int r = c; puts(banner()); for (int i = 0; i < c; i++) r += table[i % {count}](names[i * 7 % {count}]);"
                 + (" r += added(v[0]);" if added else " (void)v;") + " return r; }")
    return "\n".join(lines) + "\n"


def both(name, source, *flags):
    """name.un and name.st: with and without symbols."""
    compile_to(f"{name}.un", source, *flags)
    run("strip", "-o", f"{name}.st", f"{name}.un", code=0)


def pointers_that_moved(a, b):
    """Independent count: relative relocations whose addend differs, by the distance it moved."""
    def addends(path):
        out = {}
        for line in run("readelf", "-rW", path, code=0).out.splitlines():
            fields = line.split()
            if len(fields) == 4 and fields[2] == "R_X86_64_RELATIVE":
                out[int(fields[0], 16)] = int(fields[3], 16)
        return out
    moved, x, y = {}, addends(a), addends(b)
    for place, addend in x.items():
        distance = y.get(place, addend) - addend
        moved[distance] = moved.get(distance, 0) + (distance != 0)
    return moved


def folded_fields(record):
    runs = {}
    for f in record["findings"]:
        if "uniform shift of " in f["note"]:
            distance, rest = f["note"].split("uniform shift of ", 1)[1].split(" ", 1)
            runs[int(distance.rstrip(":"))] = int(rest.split("field")[0].split()[-1])
    return runs


@case("a text that is 16 bytes longer: at most ten primary findings, the rest proven to follow")
def _(_dir):
    need("gcc", "strip", "readelf")
    both("a", large())
    both("b", large(banner="the banner, 16 long more"[:26]))
    for kind in ("st", "un"):
        record = expect("different", f"a.{kind}", f"b.{kind}", named=(".rodata", "the banner"))
        assert len(record["findings"]) > 250, len(record["findings"])
        assert len(primary(record)) <= 10, [text_of(f) for f in primary(record)]
        hidden = [f for f in record["findings"] if not f["primary"]]
        assert all(f["severity"] == "info" and f["rule"] in ("none", "hint") for f in hidden)
        runs = folded_fields(record)
        moved = pointers_that_moved(f"a.{kind}", f"b.{kind}")
        distance = max(moved, key=moved.get)
        # each entry of names[] has an addend and the word that it fills; each function leads to two texts, each call to none that moved
        assert moved[distance] == 300 and runs[distance] >= 2 * 300, (runs, moved)
        assert f"from .rodata+0x" in next(text_of(f) for f in record["findings"] if f"uniform shift of +{distance}" in f["note"])
        assert record["artifacts"][0]["coverage"]["residual"] > 600  # folded is not owned


@case("an added function, a changed constant, another level of optimisation")
def _(_dir):
    need("gcc", "strip")
    both("a", large())
    both("c", large(added=True))
    both("d", large(constant=7))
    compile_to("o1.un", large(), "-O1")
    record = expect("different", "c.un", "a.un", named=("1 shipped only (added)", "1 changed (main)"), severity="critical")
    assert len(primary(record)) <= 20, [text_of(f) for f in primary(record)]
    expect("different", "c.st", "a.st", named=".text")
    record = expect("different", "d.un", "a.un", named=(".text > f150", "cmp rax, 7", "cmp rax, 8", "1 changed (f150)"), severity="critical")
    assert len(record["findings"]) <= 4, record["findings"]
    record = expect("different", "o1.un", "a.un", named=("functions by name", "changed"), severity="critical")
    assert "300 changed" in str(record) or "301 changed" in str(record), [f["note"] for f in record["findings"] if "functions by name" in f["note"]]


@case("a path of another length")
def _(_dir):
    need("gcc", "strip")
    source = large().replace("int main(", 'const char *where(void) { return "/build/acme/" __FILE__; }\nint main(', 1)
    both("a", source)
    both("b", source.replace("/build/acme/", "/home/builder/work/acme/"))
    for kind in ("st", "un"):
        record = expect("different", f"a.{kind}", f"b.{kind}", named=("/build/acme/prog.c",))
        assert len(primary(record)) <= 10, [text_of(f) for f in primary(record)]


@case("a redirected call among a thousand that moved is not folded")
def _(_dir):
    need("gcc", "strip")
    both("a", large())
    both("b", large(banner="the banner, 16 long more"[:26]))
    elf = Elf("b.st")
    offset, size = elf.section(".rela.dyn")
    rows = [at for at in range(offset, offset + size, 24)]
    elf.data[rows[40] + 16] ^= 0x40  # one pointer of the table leads elsewhere
    elf.write("bad")
    record = expect("different", "bad", "a.st", named=(".rela.dyn",))
    assert [f for f in primary(record) if ".rela.dyn" in f["where"] and f["severity"] == "critical"], [text_of(f) for f in primary(record)]
    elf = Elf("b.st")
    offset, size = elf.section(".text")
    lea = elf.data.index(b"\x48\x8d\x3d", offset + size // 2)
    elf.data[lea + 3] ^= 1  # another text
    elf.write("bad")
    record = expect("different", "bad", "a.st")
    assert [f for f in primary(record) if ".text" in f["where"] and f["severity"] == "critical"], [text_of(f) for f in primary(record)]


# ---- honest variants ----

STAMPED = PROGRAM.replace("int main(", 'const char stamp[] = __DATE__ " " __TIME__ " by " USER " on the host that is called " HOST;\nint main(', 1)


@case("honest variants have the level of the table, or a weaker one")
def _(_dir):
    need("gcc", "strip")
    facts = '{"schema":"samebuild-facts/1","epoch":%d,"path":"/build/acme-4.2.1","user":"builder","host":"buildhost"}'
    write("facts.json", (facts % 1700000000).encode())

    def make(name, *flags, epoch=1700000000, user="builder", host="buildhost", source=STAMPED, strip=True, debug=()):
        write("prog.c", source.encode())
        run("gcc", "-O2", f'-DUSER="{user}"', f'-DHOST="{host}"', *debug, *flags, "prog.c", "-o", name, code=0, env={"SOURCE_DATE_EPOCH": str(epoch)})
        if strip:
            run("strip", name, code=0)

    make("base")
    make("same")
    expect("identical", "same", "base")
    make("epoch", epoch=1700086461)
    record = expect("explained", "epoch", "base", "--facts", "facts.json")
    assert {f["cause"] for f in record["findings"]} == {"timestamp", "build-id"}, record["findings"]
    make("names", user="qbuildr", host="otherhost")
    record = expect("explained", "names", "base", "--facts", "facts.json")
    assert {f["cause"] for f in record["findings"]} <= {"user", "host", "build-id"}, record["findings"]
    make("longer", user="somebody-else", host="a-longer-host-name")
    expect("different", "longer", "base", "--facts", "facts.json")
    make("none", "-Wl,--build-id=none")
    expect("different", "none", "base")
    make("now", "-Wl,-z,now")
    expect("different", "now", "base", named=("hardening > RELRO", "full as shipped"), severity="minor")
    expect("different", "base", "now", named=("hardening > RELRO", "partial as shipped"), severity="critical")
    make("full", strip=False, debug=("-g",))
    make("plain", strip=False)
    record = expect("image-identical", "plain", "full")
    make("commented", strip=False, debug=("-g",), source="/* a comment */\n" + STAMPED)
    expect("image-identical", "commented", "full")
    make("asserts", source="#include <assert.h>\n" + STAMPED.replace("int tries = atoi(p);", "int tries = atoi(p); assert(tries < 99);"))
    make("blank", source="#include <assert.h>\n\n" + STAMPED.replace("int tries = atoi(p);", "int tries = atoi(p); assert(tries < 99);"))
    expect("different", "blank", "asserts", named=".text")


# ---- attempts to hide what is loaded ----

def row_of(elf, name):
    rows = [struct.unpack_from("<IIQQQQ", elf.data, elf.shoff + 64 * i) for i in range(elf.shnum)]
    names = rows[elf.shstrndx][4]
    for i, row in enumerate(rows):
        start = names + row[0]
        if elf.data[start:elf.data.index(0, start)].decode() == name:
            return elf.shoff + 64 * i
    raise KeyError(name)


@case("attempts to hide what is loaded never pass")
def _(_dir):
    need("gcc")
    compile_to("good", PROGRAM, "-g")
    good = read("good")

    def undeclared(elf):  # a loaded byte changes, and its section says that it is not loaded
        struct.pack_into("<Q", elf.data, row_of(elf, ".text") + 8, 0)
        elf.data[elf.section(".text")[0] + 200] ^= 1

    def undeclared_both(elf):
        struct.pack_into("<Q", elf.data, row_of(elf, ".rodata") + 8, 0)

    def over_text(elf):  # a section that nothing loads claims the bytes of .text, and begins first
        offset, size = elf.section(".text")
        struct.pack_into("<QQ", elf.data, row_of(elf, ".comment") + 24, offset - 16, size)
        elf.data[offset + 200] ^= 1

    def tail_of_code(elf):  # .comment moves to the rest of the last page of code
        end = max(s[3] + s[5] for s in elf.segments() if s[1] == 1 and s[2] & 1)
        elf.data[end:end + 32] = b"\x90" * 31 + b"\xc3"
        struct.pack_into("<QQ", elf.data, row_of(elf, ".comment") + 24, end, 32)

    def hidden_segment(elf):  # a note becomes a segment of code over .debug_info
        at = next(s[0] for s in elf.segments() if s[1] == make_elf.NOTE)
        offset, size = elf.section(".debug_info")
        struct.pack_into("<IIQQQQQQ", elf.data, at, 1, 5, offset & ~4095, 0x800000, 0x800000, size + 4096, size + 4096, 4096)

    def no_table(elf):
        struct.pack_into("<Q", elf.data, 40, 0)
        struct.pack_into("<HHH", elf.data, 58, 0, 0, 0)

    def renamed(elf):
        offset, size = elf.section(".shstrtab")
        at = elf.data.index(b".text\0", offset)
        elf.data[at:at + 5] = b".note"
        elf.data[elf.section(".note")[0] + 200] ^= 1

    def longer_segment(elf):
        s = next(s for s in elf.segments() if s[1] == 1 and s[2] & 1)
        struct.pack_into("<QQ", elf.data, s[0] + 32, s[5] + 64, s[5] + 64)

    def writable_code(elf):
        s = next(s for s in elf.segments() if s[1] == 1 and s[2] & 1)
        struct.pack_into("<I", elf.data, s[0] + 4, 7)

    def nobits(elf):
        struct.pack_into("<I", elf.data, row_of(elf, ".text") + 4, 8)
        elf.data[elf.section(".text")[0] + 200] ^= 1

    for change in (undeclared, over_text, tail_of_code, hidden_segment, no_table, renamed, longer_segment, writable_code, nobits):
        edited("good", change)
        record = compare("bad", "good")
        assert record["level"] == "different", (change.__name__, record["level"])
        assert any(f["severity"] == "critical" for f in record["findings"]), change.__name__
    hard = [f for f in compare(edited("good", writable_code), "good")["findings"] if f["kind"] == "hardening"]
    assert [f["where"][-1] for f in hard] == ["W^X"] and hard[0]["severity"] == "critical", hard
    # both sides declare .rodata as not loaded: the segment still maps it
    edited("good", undeclared_both, "b")
    elf = Elf("b")
    elf.data[elf.section(".rodata")[0] + 5] ^= 1
    elf.write("a")
    expect("different", "a", "b", named=".rodata")
    # a section over bytes that nothing maps, then the interpreter leads there: the kernel reads it by its offset
    for side in ("a", "b"):
        elf = Elf("good")
        at = next(s[0] for s in elf.segments() if s[1] == make_elf.INTERP)
        offset, _ = elf.section(".debug_str")
        struct.pack_into("<Q", elf.data, at + 8, offset)
        elf.data[offset:offset + 4] = b"/bin" if side == "a" else b"/lib"
        elf.write(side)
    expect("different", "a", "b", named=".debug_str")
    assert read("good") == good


PAGED = "int d = 1;%s\n__attribute__((used)) void _start(void) {}\n"


def paged(name, bss, *flags, tail=b""):
    """A program of one page of data; (shipped with another .comment, as it is)."""
    write("t.c", (PAGED % bss).encode())
    run("gcc", "-O1", "-nostdlib", "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none", *flags, "t.c", "-o", name, code=0)
    run("strip", name, code=0)
    elf = Elf(name)
    at, _ = elf.section(".comment")
    data = next(s for s in elf.segments() if s[1] == 1 and s[2] & 2)
    assert (data[3] + data[5] - 1) // 4096 == at // 4096, "the comment does not lie on the last page of the data"
    whole = bytes(elf.data) + tail
    write("b", whole)
    write("a", whole[:at] + b"EVIL" + whole[at + 4:])
    return "a", "b"


@case("the rest of the last page of data is mapped, unless it is filled with zeros")
def _(_dir):
    need("gcc", "strip")
    fixed, moved, shared = ("-static", "-fno-pic", "-no-pie"), ("-pie", "-fPIE"), ("-shared", "-fPIC")
    for flags in (fixed, moved, shared):
        expect("different", *paged("p", "", *flags), named=".comment", severity="major")
        expect("image-identical", *paged("p", " char z[8192];", *flags), named=".comment", severity="minor")
    for flags in (fixed, moved):  # a kernel fills the page of a program to its end
        expect("image-identical", *paged("p", " char z;", *flags), named=".comment", severity="minor")
    expect("different", *paged("p", " char z;", *shared), named=".comment", severity="major")  # who loads a library, what it asks for
    for memory, level in ((4096, "image-identical"), (0, "different")):  # of a segment that comes before others, only what it asks for is filled
        paged("p", " char z[8192];", *moved)
        elf = Elf("b")
        data = next(s for s in elf.segments() if s[1] == 1 and s[2] & 2)
        first = next(s for s in elf.segments() if s[1] not in (1, 2, make_elf.INTERP))
        struct.pack_into("<Q", elf.data, data[0] + 40, data[5] + (memory or 1))
        struct.pack_into("<IIQQQQQQ", elf.data, first[0], 1, 6, 0, 0x900000, 0x900000, 0, 64, 4096)
        elf.write("b")
        elf.data[elf.section(".comment")[0]] ^= 1
        elf.write("a")
        expect(level, "a", "b", named=".comment")


@case("what stands behind the sections is found by their table")
def _(_dir):
    need("gcc")
    good, evil = b"hsqs" + b"good" * 200, b"hsqs" + b"evil" * 200
    compile_to("p")
    elf = Elf("p")
    head, rows = bytes(elf.data[:elf.shoff]), [bytes(elf.data[elf.shoff + 64 * i:][:64]) for i in range(elf.shnum)]
    assert len(head) + 64 * elf.shnum == len(elf.data)
    comment = bytearray(elf.data[row_of(elf, ".comment"):][:64])
    struct.pack_into("<QQ", comment, 24, len(elf.data) + 64, len(evil))
    longer = bytearray(head)
    struct.pack_into("<HH", longer, 60, elf.shnum + 1, elf.shstrndx)
    more = bytes(longer) + b"".join(rows) + bytes(comment) + evil
    write("a", more)
    expect("image-identical", "a", "p")
    write("a", more + good)
    write("b", bytes(elf.data) + good)
    expect("different", "a", "b")  # the end of the table leads to another image
    at, _ = elf.section(".comment")
    changed, row = bytearray(elf.data), row_of(elf, ".comment")
    changed[at] ^= 1
    write("a", bytes(changed) + good)
    expect("image-identical", "a", "b", named=".comment")
    changed[row + 48] ^= 2  # the table says something else of what nothing loads
    write("a", changed)
    expect("image-identical", "a", "p", named="section .comment sh_addralign")
    write("a", bytes(changed) + good)
    expect("different", "a", "b", named="section .comment sh_addralign")
    write("a", bytes(elf.data) + evil)
    expect("different", "a", "b", named="overlay", severity="critical")


@case("the id of a shared debug file is a digest, and another one on each side")
def _(_dir):
    need("gcc", "objcopy")
    import hashlib

    def made(name, alt, text=b"x"):
        compile_to(name, PROGRAM, "-Wl,--build-id=0x" + hashlib.sha1(text).hexdigest(), strip=True)
        write("alt", b"/usr/lib/debug/.dwz/x\0" + alt)
        run("objcopy", "--add-section", ".gnu_debugaltlink=alt", name, code=0)
        return name
    theirs, ours = hashlib.sha1(b"theirs").digest(), hashlib.sha1(b"ours").digest()
    made("b", ours, b"2")
    record = expect("explained", made("a", theirs, b"1"), "b", named="a shared debug file")
    assert sum(row["bytes"] for row in record["freedom"]) == 40, record["freedom"]
    for label, alt in (("a text", b"run curl evil.sh now"), ("one byte", ours[:-1] + bytes([ours[-1] ^ 1])), ("zeros", bytes(20)), ("another length", theirs[:16]), ("an odd length", theirs[:13])):
        record = compare(made("a", alt, b"1"), "b")
        assert record["level"] in ("image-identical", "different"), (label, record["level"])
        assert any("debugaltlink" in text_of(f) and f["rule"] in ("none", "hint") for f in record["findings"]), (label, record["findings"])


@case("a hole in the table of sections is no hole in the comparison")
def _(_dir):
    for layout in LAYOUTS:
        extra = Section(".hidden", make_elf.PROGBITS, 0, b"\x90" * 64, align=16)
        base = small(layout)
        write("b", base)
        write("a", small(layout, more=[extra]))
        record = compare("a", "b")
        assert record["level"] in ("different", "image-identical"), record["level"]
        write("a", base.replace(b"\x90" * 5, b"\xcc" * 5))
        expect("different", "a", "b", named=".text", severity="critical")


# ---- reading ----

@case("both classes, both byte orders: every byte is owned, every loaded change is seen")
def _(_dir):
    draw = random.Random(7)
    for layout in LAYOUTS:
        for options in ({}, {"extended": True}, {"tables": False}):
            base = small(layout, **options)
            write("b", base)
            write("a", base)
            expect("identical", "a", "b")
            sections = 0 if options.get("tables") is False else base.index(b".shstrtab") - 200
            for place in sorted({draw.randrange(len(base)) for _ in range(30)}):
                changed = bytearray(base)
                changed[place] ^= 1 << draw.randrange(8)
                write("a", changed)
                record = compare("a", "b")
                assert record["level"] in ("different", "image-identical"), (layout.bits, layout.big, options, place, record["level"])
                if place < 200 and not sections:
                    assert record["level"] == "different", (options, place)


@case("counts in section 0 and tables that are not there")
def _(_dir):
    for layout in LAYOUTS:
        for options in ({"extended": True}, {"tables": False}):
            write("b", small(layout, **options))
            write("a", small(layout, text=b"\x55\x48\x89\xe5\xb8\x09\x00\x00\x00\x5d\xc3" + b"\x90" * 5, **options))
            expect("different", "a", "b", named=".text" if "extended" in options else "segment", severity="critical")


@case("slots, symbols, relocations and notes are named in every class and order")
def _(_dir):
    for layout in LAYOUTS:
        write("b", small(layout))
        write("a", small(layout, array=layout.words(0x401000, 0x401010)))
        expect("different", "a", "b", named=(".init_array", "slot 1"), severity="critical")
        base = bytearray(small(layout))
        at = base.index(layout.relocation(0x400100, 8, 0, 0x401000))
        base[at + (22 if layout.big and layout.bits == 64 else 10 if layout.big else 17 if layout.bits == 64 else 9)] ^= 0x20
        write("a", base)
        expect("different", "a", "b", named=(".rela.dyn", "relocation of 0x400100 r_addend"), severity="critical")
        base = bytearray(small(layout))
        base[base.index(layout.symbol(1, 0x401000, 8)) + (8 if layout.bits == 64 else 4)] ^= 1
        write("a", base)
        expect("image-identical", "a", "b", named=(".symtab", "symbol check st_value"), severity="minor")
        write("a", small(layout, comment=b"GCC: (made up) 2.0\0"))
        expect("image-identical", "a", "b", named=".comment", severity="minor")
        write("a", small(layout, data=b"some text\0anXther text\0" + bytes(9)))
        expect("different", "a", "b", named=(".data", '"anXther text"'), severity="major")


@case("code at the end of the address space is read to its end")
def _(_dir):
    layout = next(x for x in LAYOUTS if x.bits == 64 and not x.big)
    for below in (1, 15, 16, 17, 4096):
        for side, change in (("a", 0xcc), ("b", 0)):
            write(side, small(layout))
            elf = Elf(side)
            offset, size = elf.section(".text")
            struct.pack_into("<Q", elf.data, row_of(elf, ".text") + 16, (1 << 64) - below)
            elf.data[offset + size - 1] ^= change
            elf.write(side)
        expect("different", "a", "b", named=".text", severity="critical")


@case("what is no program is not read as one")
def _(_dir):
    for layout in LAYOUTS:
        for etype in (0, 4, 0xFE00):
            write("b", small(layout, etype=etype))
            write("a", small(layout, etype=etype, comment=b"GCC: (made up) 2.0\0"))
            record = expect("undetermined", "a", "b")
            assert record["artifacts"][0]["coverage"]["opaque"] > 0, record
        write("b", small(layout))
        expect("different", "a", "b")  # one is a program, the other is not


@case("overlaps and what lies outside: a notice, and the first owner keeps the bytes")
def _(_dir):
    for layout in LAYOUTS:
        for more in ([Section(".twice", 1, 0, b"", size=40, offset=layout.header)], [Section(".far", 1, 0, b"", size=64, offset=1 << 30)],
                     [Section(".huge", 1, 2, b"", size=(1 << layout.bits) - 1, offset=100)]):
            write("b", small(layout))
            write("a", small(layout, more=more))
            record = compare("a", "b")
            assert record["level"] == "different", (more[0].name, record["level"])


# ---- kernel modules ----

def appended(data, message):
    return data + message + bytes([0, 0, 2, 0, 0, 0, 0, 0]) + struct.pack(">I", len(message)) + b"~Module signature appended~\n"


def signed(data, name="one"):
    """As scripts/sign-file.c of the kernel does: no certificates, no attributes."""
    return appended(data, cms(name, data, "-noattr", "-nocerts"))


@case("a signature appended to a module is detached as a typed container, and nothing else is")
def _(_dir):
    need("gcc", "openssl")
    write("x.c", b"int init_module(void) { return 3; }\n")
    run("gcc", "-O2", "-c", "x.c", "-o", "x.o", code=0)
    data = read("x.o")
    write("b.ko", signed(data))
    write("a.ko", signed(data, "two"))
    record = expect("unsigned-identical", "a.ko", "b.ko", named="module signature")
    assert record["freedom"][0]["cause"] == "signature" and record["freedom"][0]["bytes"] >= 300 and not record["freedom"][0]["loaded"], record["freedom"]
    write("u.ko", data)
    expect("unsigned-identical", "a.ko", "u.ko", named="the shipped side is signed")
    expect("unsigned-identical", "u.ko", "b.ko", named="the shipped one is not")
    text = Elf("x.o").section(".text")[0]
    changed = bytearray(data)
    changed[text + 5] ^= 1
    write("a.ko", signed(bytes(changed)))
    expect("different", "a.ko", "b.ko", named=".text", severity="critical")
    good = signed(data)
    for label, forged in {
        "bytes before the message": data + b"evil" + good[len(data):],
        "a message that does not fill its length": appended(data, cms("one", data, "-noattr", "-nocerts") + b"\0"),
        "another kind of id": good[:-38] + b"\x01" + good[-37:],
        "fields that must be zero": good[:-35] + b"\x01" + good[-34:],
        "bytes behind the end": good + b"\n",
        "a program as a message": appended(data, b"\x30\x82\x01\x2c" + b"B" * 300),
    }.items():
        write("a.ko", forged)
        assert compare("a.ko", "b.ko")["level"] == "different", label
        assert compare("a.ko", "u.ko")["level"] == "different", label
    compile_to("prog")
    write("a", signed(read("prog")))
    expect("different", "a", "prog", named="overlay", severity="critical")  # no module: nobody reads it


main()
