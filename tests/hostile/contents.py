# SPDX-License-Identifier: Apache-2.0
"""Files that are no archives and no programs of a machine: made by the tools that make them, tampered place by place, and honest pairs."""
import os
import re
import sqlite3
import struct
import subprocess
import zlib

from mutants import flip, put

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="50" height="30" fill="#%s"/><text x="5" y="20">acme</text></svg>'
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "allow"\nmsgstr "erlauben"\n\nmsgid "deny"\nmsgstr "verweigern"\n'
JAVA = 'public class Acme { static int port = 80; static boolean check(String word) { return word.equals("%s"); } static void serve() { check("x"); } }\n'
C = 'int check(int x) { return x == %d; }\nint serve(int x) { return check(x) + 1; }\n'
PYTHON = 'def check(word):\n    return word == "%s"\n\ndef serve():\n    return check("x")\n'


def made(argv, source, name, result, env=None):
    with open(name, "wb") as f:
        f.write(source if isinstance(source, bytes) else source.encode())
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, **env) if env else None)
    with open(result, "rb") as f:
        return f.read()


# ---- the real tools ----

def png(colour=b"336699"):
    return made(["rsvg-convert", "-f", "png", "-o", "p.png", "p.svg"], SVG % colour, "p.svg", "p.png")


def pdf(epoch=1700000000, colour=b"336699"):
    return made(["rsvg-convert", "-f", "pdf", "-o", "p.pdf", "p.svg"], SVG % colour, "p.svg", "p.pdf", {"SOURCE_DATE_EPOCH": str(epoch), "TZ": "UTC"})


def mo():
    return made(["msgfmt", "-o", "p.mo", "p.po"], PO, "p.po", "p.mo")


def java(word="secret"):
    return made(["javac", "-g:none", "Acme.java"], JAVA % word, "Acme.java", "Acme.class")


def wasm(number=8):
    made(["clang", "--target=wasm32", "-O1", "-c", "p.c", "-o", "p.o"], C % number, "p.c", "p.o")
    return made(["wasm-ld", "--no-entry", "--export=check", "--export=serve", "p.o", "-o", "p.wasm"], b"", "none", "p.wasm")


def bitcode(number=8):
    return made(["clang", "-O1", "-emit-llvm", "-c", "p.c", "-o", "p.bc"], C % number, "p.c", "p.bc")


def pyc(word="secret"):
    script = "import py_compile; py_compile.compile('p.py', 'p.pyc', invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)"
    with open("p.py", "w") as f:
        f.write(PYTHON % word)
    os.utime("p.py", (1700000000, 1700000000))
    return made(["python3", "-c", script], PYTHON % word, "q.py", "p.pyc")


def sqlite(rows=40):
    if os.path.exists("p.db"):
        os.unlink("p.db")
    base = sqlite3.connect("p.db")
    base.executescript("PRAGMA page_size=1024; PRAGMA secure_delete=OFF; CREATE TABLE acl (id INTEGER PRIMARY KEY, rule TEXT); CREATE TABLE gone (t TEXT);")
    base.executemany("INSERT INTO acl (rule) VALUES (?)", [("allow %d %s" % (i, "x" * 90),) for i in range(rows)])
    base.executemany("INSERT INTO gone (t) VALUES (?)", [("y" * 200,) for i in range(30)])
    base.commit()
    base.execute("DROP TABLE gone")
    base.commit()
    base.close()
    with open("p.db", "rb") as f:
        return f.read()


# ---- PNG ----

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def dated_png(*parts):
    """An image that says when it was made."""
    base = png()
    return base[:33] + chunk(b"tIME", struct.pack(">HBBBBB", *parts)) + base[33:]


def png_pairs():
    base = dated_png(2023, 11, 14, 22, 13, 20)
    data = base.index(b"IDAT") + 4
    for at, word in ((0, "signature"), (11, "IHDR"), (16, "width"), (23, "height"), (24, "bit depth"), (25, "colour type"), (28, "interlace")):
        yield f"{word} {at}", flip(base, at), base, ((word,) if at else ())
    yield "data", flip(base, data + 9), base, ("IDAT",)
    yield "data with its checksum", base[:data - 8] + chunk(b"IDAT", b"x" + base[data + 1:data + struct.unpack(">I", base[data - 8:data - 4])[0]]) + chunk(b"IEND", b""), base, ("IDAT",)
    yield "checksum alone", flip(base, base.index(b"tIME") + 11), base, ("CRC",)
    yield "another chunk", base[:33] + chunk(b"tEXt", b"Comment\0evil") + base[33:], base, ("tEXt",)
    yield "a chunk twice", base[:33] + base[33:33 + 19] + base[33:], base, ("tIME",)
    yield "behind the end", base + b"evil", base, ("overlay",)
    yield "zeros behind the end", base + bytes(64), base, ("fill",)
    for label, parts in (("a month that is none", (2023, 13, 14, 22, 13, 20)), ("a 31st of April", (2023, 4, 31, 0, 0, 0)), ("an hour that is none", (2023, 4, 3, 25, 0, 0)),
                         ("before there were such files", (1888, 4, 3, 5, 0, 0)), ("a second that is none", (2023, 4, 3, 5, 0, 255))):
        yield label, dated_png(*parts), base, ("tIME",)


# ---- message catalogues ----

def dated_mo(date=b"2023-11-14 22:13+0000"):
    """As msgfmt writes it elsewhere: Debian's leaves this line out."""
    texts = [(b"", b"Content-Type: text/plain\nPOT-Creation-Date: " + date + b"\n"), (b"allow", b"erlauben"), (b"deny", b"verweigern")]
    head, at = struct.pack("<7I", 0x950412de, 0, 3, 28, 52, 0, 76), 76
    tables, strings = [], b""
    for column in (0, 1):
        for row in texts:
            tables.append(struct.pack("<II", len(row[column]), at + len(strings)))
            strings += row[column] + b"\0"
    return head + b"".join(tables) + strings


def mo_pairs():
    base, dated = mo(), dated_mo()
    originals, translations = struct.unpack_from("<II", base, 12)
    for at, word in ((4, "revision"), (8, "string count"), (16, "translated strings"), (20, "hash table")):
        yield f"{word} {at}", flip(base, at), base, ()
    yield "two rows change places", base[:translations + 8] + base[translations + 16:translations + 24] + base[translations + 8:translations + 16] + base[translations + 24:], base, ("translated strings",)
    yield "a row of the originals", flip(base, originals + 12), base, ("original strings",)
    yield "a translation", base.replace(b"verweigern", b"verweigerN"), base, ("deny",)
    yield "behind the end", base + b"evil\0", base, ("strings",)
    for label, date in (("no date", b"2023-13-14 22:13+0000"), ("a date with a word", b"2023-11-14 evil!+0000"), ("a zone that is none", b"2023-11-14 22:13+9900"),
                        ("a longer date", b"2023-11-14 22:13+0000 evil")):
        yield label, dated_mo(date), dated, ("strings",)
    yield "a date outside of the header", dated.replace(b"POT-Creation-Date: ", b"XOT-Creation-Date: ").replace(b"2023", b"2024"), dated.replace(b"POT-C", b"XOT-C"), ("strings",)


# ---- compiled Python ----

def pyc_pairs():
    base = pyc()
    for at, word in ((0, ""), (4, "flags"), (8, "source time"), (12, "source size")):
        yield f"{word or 'magic'} {at}", flip(base, at), base, (word,)
    yield "code", base.replace(b"secret", b"secreT"), base, ("code",)
    yield "another program", pyc("public"), base, ("code",)
    yield "behind the code", base + b"evil", base, ("code",)


# ---- Java ----

def class_pairs():
    base = java()
    yield "version", flip(base, 7), base, ("major version",)
    yield "minor version", flip(base, 5), base, ("minor version",)
    yield "a constant", base.replace(b"secret", b"secreT"), base, ("constant pool",)
    at = base.rindex(b"\x00\x05", 0, len(base) - 10)
    yield "an instruction", flip(base, base.rindex(b"\xac")), base, ("method check",)
    yield "access", flip(base, at + 1), base, ()
    yield "behind the end", base + b"evil", base, ("overlay",)
    yield "cut", base[:-3], base, ()


# ---- WebAssembly ----

def wasm_pairs():
    base = wasm()
    yield "version", flip(base, 4), base, ("version",)
    yield "a constant of one function", wasm(9), base, ("check",)
    body = next(i for i in range(len(base) - 3) if base[i:i + 3] == b"\x41\x08\x46")  # i32.const 8, i32.eq
    yield "an instruction", put(base, body + 2, b"\x47"), base, ("check",)
    yield "a section behind the end", base + b"\0\5\4evil", base, ("custom evil",)
    yield "half a section behind the end", base + b"\0\x50\4evil", base, ()
    yield "a name", base.replace(b"serve", b"serva"), base, ()


# ---- bitcode ----

def bitcode_pairs():
    base = bitcode()
    yield "magic", flip(base, 3), base, ()
    yield "a constant", bitcode(9), base, ("module",)
    yield "identification", flip(base, 16), base, ("identification",)
    yield "behind the end", base + b"evil", base, ("overlay",)
    yield "a symbol", base.replace(b"serve", b"serva"), base, ()


# ---- SQLite ----

def sqlite_pairs():
    base = sqlite()
    for at, word in ((18, "write version"), (20, "reserved space"), (27, "file change counter"), (35, "first free page"), (39, "free pages"), (43, "schema cookie"), (63, "user version"),
                     (71, "application id"), (80, "reserved"), (95, "version valid for"), (99, "SQLite version")):
        yield f"{word} {at}", flip(base, at), base, ("header", word)
    yield "a row", base.replace(b"allow 7 ", b"allow 9 "), base, ("page ",)
    free = next(i for i in range(len(base) // 1024 - 1, 0, -1) if b"yyyy" in base[i * 1024:i * 1024 + 1024])
    yield "a free page", put(base, free * 1024 + 900, b"evil"), base, ("free page",)
    yield "behind the last page", base + b"evil", base, ("overlay",)
    yield "a page more", base + bytes(1024), base, ()


# ---- PDF ----

def pdf_pairs():
    base = pdf()
    yield "version", put(base, 7, b"6" if base[7:8] != b"6" else b"5"), base, ("header",)
    yield "an object", base.replace(b"/Type /Page ", b"/Type /PagE ", 1), base, ("object ",)
    yield "another picture", pdf(colour=b"336698"), base, ("stream object",)
    start = base.rindex(b"startxref\n") + 10
    yield "start of references", flip(base, start), base, ("start of references",)
    row = re.search(rb"\d{10} 00000 n", base).start()
    yield "a reference", flip(base, row + 9), base, ("references",)
    yield "a reference to another object", base[:row + 20] + base[row:row + 10] + base[row + 30:], base, ("references",)
    yield "a further revision", base + b"5 0 obj\n<< /Evil true >>\nendobj\n" + base[base.rindex(b"trailer"):], base, ("object 5 0",)
    twice = base.replace(b"5 0 obj", b"5 0 obj\n  1\nendobj\n5 0 obj", 1)
    second = twice.index(b"5 0 obj", twice.index(b"5 0 obj") + 1)
    rows = [m.start() for m in re.finditer(rb"\d{10} 00000 n", twice)]
    moved = twice[:rows[4]] + b"%010d" % second + twice[rows[4] + 10:]
    yield "a reference to another revision", twice, moved, ("references",)
    yield "behind the end", base + b"evil\n", base, ()
    yield "the producer", base.replace(b"/Producer (cairo", b"/Producer (cairO"), base, ("object ",)
    stream = base.index(b"stream\n") + 7
    yield "the check of a stream", flip(base, base.index(b"\nendstream") - 1), base, ()
    yield "a stream", flip(base, stream + 30), base, ()
    for bad in (b"20231314221320", b"20230431221320", b"evil1114221320"):
        yield f"a date {bad!r}", re.sub(rb"\(2023\d{10}", b"(" + bad, base), base, ("CreationDate",)


KINDS = {"png": png_pairs, "mo": mo_pairs, "pyc": pyc_pairs, "class": class_pairs, "wasm": wasm_pairs, "bc": bitcode_pairs, "db": sqlite_pairs, "pdf": pdf_pairs}
TOOLS = ("rsvg-convert", "msgfmt", "javac", "clang", "wasm-ld", "python3")


def honest():
    """(label, shipped, rebuilt, level, causes)"""
    yield "png, time", dated_png(2024, 2, 3, 8, 25, 9), dated_png(2023, 11, 14, 22, 13, 20), "repackaged", {"timestamp"}
    yield "catalogue, time", dated_mo(b"2024-02-03 08:25+0100"), dated_mo(), "repackaged", {"timestamp"}
    yield "pdf, time", pdf(1706943909), pdf(), "repackaged", {"timestamp"}
    base = pdf()
    begin = base.index(b"stream\n") + 7
    end = base.index(b"\nendstream", begin)
    other = zlib.compress(zlib.decompress(base[begin:end]), 1)
    assert other != base[begin:end]
    if len(other) == end - begin:
        yield "pdf, another level", base[:begin] + other + base[end:], base, "repackaged", {"compression"}
