#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes of the shipped side that must never pass, and for each difference that is accepted an attempt to hide something in it."""
import gzip
import hashlib
import json
import os
import random
import struct
import sys
import zipfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from expecting import compare, expect, read, write  # noqa: E402
from make_binaries import EPOCH, Elf, entry, newc, package, program, put, tar  # noqa: E402
from sbtest import case, main, need, run, sb  # noqa: E402
import vendors  # noqa: E402

A = {"usr/bin/acme": (0o755, b"#!/bin/sh\necho acme\n" * 40), "usr/share/acme/data": (0o644, bytes(range(256)) * 20)}


@case("one changed byte anywhere in a .deb is different")
def _(_dir):
    need("dpkg-deb")
    os.mkdir("a")
    package("acme.deb", A)
    data = read("acme.deb")
    draw = random.Random(1)
    places = set(range(0, 140)) | {draw.randrange(len(data)) for _ in range(200)}  # all of the first headers
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= 1 << draw.randrange(8)
        write("a/acme.deb", changed)
        result = sb("compare", "a/acme.deb", "acme.deb", "--json")
        level = result.json()["level"]
        assert (level, result.code) == ("different", 1), (place, level, result)


@case("changes of a package")
def _(_dir):
    need("dpkg-deb")
    for side in "ab":
        os.mkdir(side)
    package("b/acme.deb", A)

    def shipped(edit, tree=None):
        package("a/acme.deb", tree or A, edit)
        return "a/acme.deb", "b/acme.deb"

    expect("identical", *shipped(None))
    expect("different", *shipped(lambda root: os.chmod(f"{root}/usr/bin/acme", 0o4755)), named="04755 → 0755", severity="critical")
    expect("different", *shipped(lambda root: os.chmod(f"{root}/usr/share/acme/data", 0o666)), named="0666 → 0644")
    expect("different", *shipped(lambda root: put(root, "etc/cron.d/evil", 0o644, b"* * * * * root /evil\n")), named="etc/cron.d/evil")
    expect("different", *shipped(lambda root: os.unlink(f"{root}/usr/share/acme/data")), named="usr/share/acme/data")

    def link(root):
        os.unlink(f"{root}/usr/share/acme/data")
        os.symlink("/etc/shadow", f"{root}/usr/share/acme/data")
    expect("different", *shipped(link), named="usr/share/acme/data")
    expect("different", *shipped(lambda root: put(root, "DEBIAN/postinst", 0o755, b"#!/bin/sh\n")), named="postinst")
    forged = dict(A, **{"usr/bin/acme": (0o755, A["usr/bin/acme"][1].replace(b"acme", b"evil", 1))})
    expect("different", *shipped(None, forged), named="usr/bin/acme")
    sums = b"0" * 32 + b"  usr/bin/acme\n"
    expect("different", *shipped(lambda root: put(root, "DEBIAN/md5sums", 0o644, sums)), named="md5sums")


@case("changes of a program")
def _(_dir):
    need("gcc", "strip")
    program("good")

    def shipped(change):
        elf = Elf("good")
        change(elf)
        elf.write("bad")
        return "bad", "good"

    def entry_point(elf):
        struct.pack_into("<Q", elf.data, 24, elf.entry + 16)

    def stack(elf):
        at = next(s[0] for s in elf.segments() if s[1] == 0x6474E551)
        struct.pack_into("<I", elf.data, at + 4, 7)

    def page_gap(elf):
        end = max(s[3] + s[5] for s in elf.segments() if s[1] == 1 and s[2] & 1)
        assert not any(elf.data[end:end + 16])
        elf.data[end:end + 16] = b"\x90" * 16

    def branch(elf):
        offset, size = elf.section(".text")
        elf.data[offset + size // 2] ^= 1

    def init_array(elf):
        offset, _ = elf.section(".rela.dyn")
        elf.data[offset + 16] ^= 0x10

    def build_id(elf):
        offset, _ = elf.section(".note.gnu.build-id")
        elf.data[offset + 20] ^= 1

    def interpreter(elf):
        offset, _ = elf.section(".interp")
        elf.data[offset + 1] ^= 1

    table = {"e_entry": entry_point, "p_flags": stack, "gap-loaded": page_gap, ".text": branch, ".rela.dyn": init_array,
             "overlay": lambda elf: elf.data.extend(b"evil" * 20), ".interp": interpreter}
    for named, change in table.items():
        expect("different", *shipped(change), named=named, severity="critical")
    expect("different", *shipped(build_id), named="build-id")


@case("random bits of a program never pass")
def _(_dir):
    need("gcc", "strip")
    program("good")
    data, draw = read("good"), random.Random(2)
    for _ in range(200):
        changed = bytearray(data)
        place = draw.randrange(len(data))
        changed[place] ^= 1 << draw.randrange(8)
        write("bad", changed)
        record = compare("bad", "good")
        assert record["level"] in ("different", "image-identical"), (place, record["level"])


@case("a build-id is owned only where nothing lets us recompute it")
def _(_dir):
    need("gcc", "strip", "objcopy")
    first, second = (hashlib.sha1(text).hexdigest() for text in (b"first", b"second"))
    for side, strip in (("s", True), ("u", False)):
        program(f"{side}1", f"-Wl,--build-id=0x{first}", strip=strip)
        run("cp", f"{side}1.c", f"{side}2.c", code=0)
        elf = Elf(f"{side}1")
        offset, _ = elf.section(".note.gnu.build-id")
        elf.data[offset + 16:offset + 36] = bytes.fromhex(second)
        elf.write(f"{side}2")
    record = expect("explained", "s1", "s2", named="build-id")
    assert record["freedom"] == [{"bytes": 20, "cause": "build-id", "loaded": True}], record["freedom"]
    expect("different", "u1", "u2", named="build-id")  # nothing is missing: one file has one id

    def edit(path, out, change):
        elf = Elf(path)
        change(elf, elf.section(".note.gnu.build-id")[0] + 16)
        elf.write(out)
    edit("s1", "bad", lambda elf, at: elf.data.__setitem__(slice(at, at + 8), b"/bin/sh\0"))
    expect("different", "bad", "s1", named="build-id")  # an edited id is not another digest

    def with_code(elf, at):
        offset, size = elf.section(".text")
        elf.data[offset + size // 2] ^= 1
    edit("s1", "bad", with_code)
    expect("different", "bad", "s2", named=".text", severity="critical")
    for name, ident in (("s1", first), ("s2", second)):
        write(f"{ident[2:]}.debug", name.encode())
        run("objcopy", f"--add-gnu-debuglink={ident[2:]}.debug", name, f"l{name}", code=0)
    expect("explained", "ls1", "ls2", named="debuglink")
    edit("ls1", "bad", lambda elf, at: elf.data.__setitem__(slice(at, at + 20), bytes.fromhex(second)))
    expect("different", "bad", "ls1")  # the debug link still names the old id
    edit("ls1", "bad", lambda elf, at: elf.data.__setitem__(at, 0xEE))
    expect("different", "bad", "ls1")  # the byte that the name of the debug link does not hold


@case("a build-id in a package must fit its md5sums")
def _(_dir):
    need("gcc", "strip", "dpkg-deb")
    for side in "ab":
        os.mkdir(side)
    program("b/prog")
    elf = Elf("b/prog")
    offset, _ = elf.section(".note.gnu.build-id")
    elf.data[offset + 16:offset + 36] = hashlib.sha1(b"another").digest()
    elf.write("a/prog")
    tree = {side: {"usr/bin/prog": (0o755, read(f"{side}/prog"))} for side in "ab"}
    for side in "ab":
        package(f"{side}/acme.deb", tree[side])
    record = expect("explained", "a/acme.deb", "b/acme.deb", named="build-id")
    assert all(f["rule"] not in ("none", "hint") for f in record["findings"]), record["findings"]

    def stale(root):
        put(root, "usr/bin/prog", 0o755, tree["a"]["usr/bin/prog"][1])
    package("a/acme.deb", tree["b"], stale)
    expect("different", "a/acme.deb", "b/acme.deb", named="build-id")


@case("objects have no image")
def _(_dir):
    need("gcc")
    write("x.c", b"extern int f(void), g(void); int h(void) { return f() + 2 * g(); }\n")
    run("gcc", "-O1", "-c", "x.c", "-o", "good.o", code=0)
    elf = Elf("good.o")
    offset, _ = elf.section(".rela.text")
    elf.data[offset + 12] ^= 1  # symbol of the first relocation: f or g
    elf.write("bad.o")
    expect("different", "bad.o", "good.o", named=".rela.text")


@case("debug information alone leaves the image identical")
def _(_dir):
    need("gcc")
    program("good", strip=False)
    elf = Elf("good")
    offset, size = elf.section(".debug_str")
    elf.data[offset + size // 2] ^= 1
    elf.write("bad")
    expect("image-identical", "bad", "good", named=".debug_str")
    elf.data[elf.section(".text")[0]] ^= 1
    elf.write("bad")
    expect("different", "bad", "good", named=".text", severity="critical")


@case("order of a tar: free only where it means nothing")
def _(_dir):
    plain = [entry("./a", b"1"), entry("./b", b"2"), entry("./c", b"3")]
    tar("b.tar", plain)
    tar("a.tar", plain[::-1])
    expect("repackaged", "a.tar", "b.tar", named="order")
    for name, more in {
        "twice": [entry("x/sh", b"good"), entry("x/sh", b"evil")],
        "twice by another spelling": [entry("./x//sh", b"good"), entry("x/./sh", b"evil")],
        "through a link": [entry("d", type=b"2", linkname="/etc"), entry("d/passwd", b"root::0")],
        "hard link": [entry("h", b"data"), entry("i", type=b"1", linkname="h")],
        "climbing": [entry("x", b"good"), entry("y/../x", b"evil")],
    }.items():
        tar("b.tar", plain + more)
        tar("a.tar", plain + more[::-1])
        record = compare("a.tar", "b.tar")
        assert record["level"] == "different", name
    tar("b.tar", plain)
    tar("a.tar", [entry("./a", b"1", mode=0o755), *plain[1:]])
    expect("different", "a.tar", "b.tar", named="mode")
    tar("a.tar", [entry("./a", b"1", uid=1000), *plain[1:]])
    expect("different", "a.tar", "b.tar", named="uid")
    tar("a.tar", [entry("./a", b"1", mtime=EPOCH + 5), *plain[1:]])
    expect("repackaged", "a.tar", "b.tar", named="mtime")


@case("a global header of a tar has its place")
def _(_dir):
    entries = [entry("a", b"1"), entry("b", b"2")]
    tar("b.tar", entries, pax={"uid": "0", "comment": "x" * 10})
    data = read("b.tar")
    head, rest = data[:1024], data[1024:]
    write("a.tar", rest[:1024] + head + rest[1024:])
    expect("different", "a.tar", "b.tar")


@case("fill and tail of archives hide nothing")
def _(_dir):
    tar("b.tar", [entry("a", b"1")])
    data = bytearray(read("b.tar"))
    for place in (513, 1023, 1024, len(data) - 1):  # after the content, the end mark, the tail
        changed = bytearray(data)
        changed[place] = 0x90
        write("a.tar", changed)
        expect("different", "a.tar", "b.tar")
    write("a.tar", data + b"\0" * 512)
    expect("repackaged", "a.tar", "b.tar")
    write("a.tar", data + b"evil" * 128)
    expect("different", "a.tar", "b.tar")


@case("inode numbers of a cpio: free until they say what is linked")
def _(_dir):
    def files(i, links=1):
        return [("bin/su", i[0], links, b"su"), ("bin/login", i[1], links, b"login"), ("bin/sh", i[2], links, b"sh"), ("bin/ps", i[3], links, b"ps")]
    newc("b.cpio", files((1, 2, 3, 4)))
    newc("a.cpio", files((11, 12, 13, 14)))
    expect("repackaged", "a.cpio", "b.cpio", named="ino")
    newc("b.cpio", files((1, 1, 2, 2), 2))
    newc("a.cpio", files((1, 2, 1, 2), 2))
    expect("different", "a.cpio", "b.cpio", named="ino")
    newc("b.cpio", files((1, 2, 3, 4)))
    newc("a.cpio", files((1, 1, 3, 4), 2))
    expect("different", "a.cpio", "b.cpio", named="nlink")


@case("what cannot be decoded is told by where its bytes part")
def _(_dir):
    os.mkdir("a")
    packed = gzip.compress(random.Random(2).randbytes(5000), mtime=0)
    damaged = bytearray(packed)
    damaged[2000] ^= 0x10  # among stored bytes: only the sum at the end shows it
    write("b.gz", packed)
    write("a/b.gz", damaged)
    expect("different", "a/b.gz", "b.gz", named=["the shipped side", f"of its {len(packed)} bytes the one at offset 2000 differs"])
    finding, = sb("compare", "a/b.gz", "b.gz", "--json").json()["findings"]
    assert finding["shipped"] == {"offset": 2000, "length": 1, "preview": "%02x" % damaged[2000]}, finding
    assert finding["rebuilt"] == {"offset": 2000, "length": 1, "preview": "%02x" % packed[2000]}, finding
    damaged[3000] ^= 0x10
    write("a/b.gz", damaged)
    expect("different", "a/b.gz", "b.gz", named="differ between offset 2000 and 3000")
    write("a/b.gz", damaged[:4000])
    write("b.gz", damaged)
    expect("different", "a/b.gz", "b.gz", named="part at offset 4000")


@case("gzip: encoding is free, names and trailing bytes are not")
def _(_dir):
    need("gzip")
    write("plain", b"some text that packs\n" * 500)
    for name, level in (("b.gz", "-1"), ("a.gz", "-9")):
        with open(name, "wb") as out:
            out.write(run_raw("gzip", "-nc", level, "plain"))
    expect("repackaged", "a.gz", "b.gz", named="encoding")
    write("a.gz", read("a.gz") + b"evil")
    expect("different", "a.gz", "b.gz")
    data = bytearray(read("b.gz"))
    data[-8] ^= 1  # its CRC
    write("a.gz", data)
    expect("different", "a.gz", "b.gz")


def run_raw(*args):
    import subprocess
    return subprocess.run(args, check=True, stdout=subprocess.PIPE).stdout


FACTS = {"schema": "samebuild-facts/1", "path": "/build/acme-1.0", "user": "builder", "epoch": EPOCH}


@case("values of the environment: one value at every place, or none")
def _(_dir):
    write("facts.json", json.dumps(FACTS).encode())
    ours = b"\0".join([b"\x01/build/acme-1.0/%d.c" % i for i in range(36)])
    write("b.bin", ours)
    theirs = ours.replace(b"/build/acme-1.0", b"/home/x/acme1.0")
    write("a.bin", theirs)
    expect("different", "a.bin", "b.bin")  # no facts, no claim
    expect("explained", "a.bin", "b.bin", "--facts", "facts.json", named="/home/x/acme1.0")
    swapped = theirs.replace(b"/home/x/acme1.0/7.c", b"/home/evil/e1.0/7.c")
    write("a.bin", swapped)
    expect("different", "a.bin", "b.bin", "--facts", "facts.json")
    write("a.bin", ours.replace(b"/build/acme-1.0/7.c", b"/home/evil/e1.0/7.c"))
    expect("different", "a.bin", "b.bin", "--facts", "facts.json")
    for bad in (b"/tmp;rm -rf ~/x", b"/tmp/../etc/pas", b"relative/path12"):
        write("a.bin", ours.replace(b"/build/acme-1.0", bad))
        expect("different", "a.bin", "b.bin", "--facts", "facts.json")
    write("a.bin", theirs[:-1] + b"!")
    expect("different", "a.bin", "b.bin", "--facts", "facts.json")


def compressed(content, level=9, front=b""):
    """gzip, with blocks of its own in front."""
    z = zlib.compressobj(level, zlib.DEFLATED, -15)
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\x03" + front + z.compress(content) + z.flush() + struct.pack("<II", zlib.crc32(content), len(content))


def empty_blocks(payload):
    """Stored blocks of no bytes: five bits of fill in each, which decoders skip."""
    bits = "".join(f"{byte:08b}" for byte in payload)
    return b"".join(bytes([int(bits[i:i + 5], 2) << 3]) + b"\0\0\xff\xff" for i in range(0, len(bits), 5))


@case("the encoded form of content that differs is what an encoder makes of it, or a choice, and no longer than the content leads to")
def _(_dir):
    write("facts.json", json.dumps(FACTS).encode())
    text = [b"# compiled in %s\n" % path + b"".join(b"line %d of %d\n" % (i * i, i) for i in range(2000)) for path in (b"/home/x/acme1.0", b"/build/acme-1.0")]
    write("b.gz", compressed(text[1]))
    write("a.gz", compressed(text[0]))
    record = expect("explained", "a.gz", "b.gz", "--facts", "facts.json", named="the encoded form is what zlib")
    assert record["freedom"] == [{"bytes": 15, "cause": "build-path", "loaded": True}], record["freedom"]
    write("a.gz", compressed(text[0], front=empty_blocks(b"evil")))
    record = expect("explained", "a.gz", "b.gz", "--facts", "facts.json", named="the encoded form follows from content that differs")
    free = {f["cause"]: f["bytes"] for f in record["freedom"]}
    assert free["build-path"] == 15 and free["compression"] > 4000, free
    for data in (compressed(text[0], front=empty_blocks(bytes(range(256)) * 8)), compressed(text[0], 1), compressed(text[0], 0)):
        write("a.gz", data)
        expect("repackaged", "a.gz", "b.gz", "--facts", "facts.json", named="in another encoding")


@case("values of the environment: copies in equal compressed members count")
def _(_dir):
    write("facts.json", json.dumps(FACTS).encode())

    def archive(name, first):
        with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as f:
            for member, data in (("one", first), ("two", b"\x01/build/acme-1.0/two\0" * 9)):
                f.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    archive("b.zip", b"\x01/build/acme-1.0/one\0" * 9)
    archive("a.zip", b"\x01/home/x/acme1.0/one\0" * 9)
    expect("different", "a.zip", "b.zip", "--facts", "facts.json")


@case("texts whose lines grow and shrink add up")
def _(_dir):
    write("a.txt", b"a long first line\nb\n")
    write("b.txt", b"a\nand a long second line\nc\n")
    expect("different", "a.txt", "b.txt")
    write("b.txt", b"a\nand a long second line\n")
    expect("different", "a.txt", "b.txt")


@case("texts: what nobody sees is named, and what hides is critical")
def _(_dir):
    write("b.py", b"def allowed(user):\n    return user.is_admin\n")
    for shipped, named, severity in ((b"def allowed(user):\n    return user.is_admin \xe2\x80\xae#\n", "U+202E", "critical"),
                                     (b"def allowed(user):\n    return user.is_\xe2\x80\x8badmin\n", "U+200B", "critical"),
                                     (b"def allowed(user):\r\n    return user.is_admin\r\n", "only line ends differ: CRLF shipped, LF rebuilt", "major"),
                                     (b"def allowed(user):  \n    return user.is_admin\n", "only blanks at the ends of lines differ", "major")):
        write("a.py", shipped)
        expect("different", "a.py", "b.py", named=named, severity=severity)
    assert "\u202e" not in sb("compare", "a.py", "b.py", "--json").out
    write("a.json", b'{"a": {"b": [1, 2, {"version": "1.0"}]}}\n')
    write("b.json", b'{"a": {"b": [1, 2, {"version": "1.1"}]}}\n')
    expect("different", "a.json", "b.json", named="a.json > $.a.b[2].version")
    write("a.xml", b"<project>\n <name>x</name>\n <version>1</version>\n</project>\n")
    write("b.xml", b"<project>\n <name>x</name>\n <version>2</version>\n</project>\n")
    expect("different", "a.xml", "b.xml", named="/project/version")


@case("directories: names, types, modes, targets, content")
def _(_dir):
    def tree(top):
        run("rm", "-rf", top, code=0)
        os.makedirs(f"{top}/d")
        for name in ("one", "d/two"):
            write(f"{top}/{name}", name.encode())
        os.symlink("one", f"{top}/link")
    tree("b")
    tree("a")
    record = expect("identical", "a", "b")
    assert record["equal"]["files"] == 3, record["equal"]
    for named, change in {
        "one": lambda: os.chmod("a/one", 0o4755), "two": lambda: write("a/d/two", b"tw0"), "link": lambda: (os.unlink("a/link"), os.symlink("/x", "a/link")),
        "new": lambda: write("a/d/new", b""), "d/two": lambda: os.unlink("a/d/two"), "d": lambda: os.chmod("a/d", 0o777),
    }.items():
        tree("a")
        change()
        expect("different", "a", "b", named=named)
    tree("a")
    os.chmod("a/one", 0o4700)
    os.chmod("b/one", 0o700)
    expect("different", "a", "b", named="04700 → 0700", severity="critical")


@case("a sum that was left stale is shown with the same bytes on both sides")
def _(_dir):
    honest = vendors.chk(vendors.TEXT)
    write("b", honest)
    write("a", honest.replace(b"--serve", b"--swerv", 1))
    stale = [f for f in compare("a", "b")["findings"] if "left stale" in f["note"]]
    assert [f["where"][-1] for f in stale] == ["sum of the kernel", "sum of the image"], stale
    assert all(f["shipped"] and f["shipped"] == f["rebuilt"] and "shipped side" in f["note"] for f in stale), stale


def picture(text, crc=None):
    """A PNG of one pixel with a text in it."""
    def chunk(kind, body, sum_of=None):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(sum_of or kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"tEXt", b"Source\0" + text, crc and b"tEXtSource\0" + crc) +
            chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


@case("a sum of a plain file that was left stale is found: of a picture, of a program")
def _(_dir):
    need("x86_64-w64-mingw32-gcc")
    write("facts.json", json.dumps(FACTS).encode())
    ours, theirs = b"/build/acme-1.0", b"/home/x/acme1.0"
    write("b.png", picture(ours))
    for text, crc, level in ((theirs, None, "explained"), (theirs, ours, "different")):
        write("a.png", picture(text, crc))
        expect(level, "a.png", "b.png", "--facts", "facts.json", named="CRC")
    write("p.c", b'#include <stdio.h>\nint main(void) { puts("%s/p.c"); return 0; }\n' % ours)
    run("x86_64-w64-mingw32-gcc", "-O1", "-s", "-Wl,--no-insert-timestamp", "p.c", "-o", "b.exe", code=0)
    at = struct.unpack_from("<I", read("b.exe"), 60)[0] + 24 + 64
    stale = read("b.exe").replace(ours, theirs)
    words = bytearray(stale)
    struct.pack_into("<I", words, at, 0)
    total = sum(struct.unpack_from("<%dH" % (len(words) // 2), words)) + (words[-1] if len(words) % 2 else 0)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    struct.pack_into("<I", words, at, total + len(words))
    for data, level in ((bytes(words), "explained"), (stale, "different")):
        write("a.exe", data)
        expect(level, "a.exe", "b.exe", "--facts", "facts.json", named="CheckSum")


@case("what has no format counts as loaded: nobody knows who runs it")
def _(_dir):
    write("facts.json", json.dumps(FACTS).encode())
    ours, theirs = b"/build/acme-1.0", b"/home/x/acme1.0"
    for data in (b"#!/bin/sh\n. %s/lib.sh\n" % ours, b"[Service]\nExecStart=%s/daemon\n" % ours, b"\0\1%s/plugin.so\0\2" % ours):
        write("b", data)
        write("a", data.replace(ours, theirs))
        record = expect("explained", "a", "b", "--facts", "facts.json", named="/home/x/acme1.0")
        assert record["freedom"] == [{"bytes": 15, "cause": "build-path", "loaded": True}], record["freedom"]


@case("the same bytes come out for every -j")
def _(_dir):
    need("dpkg-deb")
    for side in "ab":
        os.mkdir(side)
    package("b/acme.deb", A)
    package("a/acme.deb", {name: (mode, data.replace(b"a", b"e")) for name, (mode, data) in A.items()})
    one = sb("compare", "a/acme.deb", "b/acme.deb", "--json", "-j1").out
    for jobs in ("2", "7"):
        assert sb("compare", "a/acme.deb", "b/acme.deb", "--json", f"-j{jobs}").out == one


main()
