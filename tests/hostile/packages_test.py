#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rpm, jar, wheel and apk: what they state of themselves is accepted when it is right, and every attempt to hide in it is refused."""
import gzip
import json
import os
import random
import resource
import struct
import subprocess
import sys
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make_packages import EPOCH, PADDING, V2, V3, Rpm, alpine, apk, b64, jar, manifest, record, rpm, wheel  # noqa: E402
from make_binaries import newc, package  # noqa: E402
from expecting import expect, compare, read, write  # noqa: E402
from sbtest import case, main, need, run, sb  # noqa: E402

FILES = {"usr/bin/tool": b"#!/bin/sh\necho acme\n" * 20, "usr/share/acme/data": bytes(range(256)) * 8}


def causes(record):
    return {(f["cause"], f["rule"]) for f in record["findings"]}


def unowned(record):
    return [f for f in record["findings"] if f["rule"] in ("none", "hint")]


@case("rpm: other times are repackaged, other content is named, and what follows from either is owned")
def _(_dir):
    need("rpmbuild")
    for side in "abcd":
        os.mkdir(side)
    rpm("b/acme.rpm", FILES)
    rpm("a/acme.rpm", FILES)
    expect("identical", "a/acme.rpm", "b/acme.rpm")
    rpm("c/acme.rpm", FILES, EPOCH + 5000)
    found = expect("repackaged", "c/acme.rpm", "b/acme.rpm", named="BUILDTIME")
    assert not unowned(found) and ("checksum", "derived") in causes(found), found["findings"]
    rpm("d/acme.rpm", dict(FILES, **{"usr/bin/tool": FILES["usr/bin/tool"].replace(b"acme", b"evil", 1)}))
    found = expect("different", "d/acme.rpm", "b/acme.rpm", named="./usr/bin/tool")
    assert [f["where"][-1] for f in unowned(found)] == ["./usr/bin/tool"], unowned(found)


@case("rpm: a longer host moves everything and changes nothing else")
def _(_dir):
    need("rpmbuild")
    for side in "ab":
        os.mkdir(side)
    rpm("b/acme.rpm", FILES)
    for host in ("a-host-with-a-long-name", "another", "h", "builder-7"):  # numbers behind it are aligned in another way
        rpm("a/acme.rpm", FILES, host=host)
        found = expect("different", "a/acme.rpm", "b/acme.rpm", named="BUILDHOST")
        assert {f["where"][1] for f in unowned(found)} == {"BUILDHOST"}, unowned(found)


@case("rpm: the host is a value of the environment where it is a recorded fact")
def _(_dir):
    need("rpmbuild")
    for side in "ab":
        os.mkdir(side)
    rpm("b/acme.rpm", FILES, host="builder-1")
    rpm("a/acme.rpm", FILES, host="vendors-9")
    write("facts.json", json.dumps({"schema": "samebuild-facts/1", "host": "builder-1"}).encode())
    expect("different", "a/acme.rpm", "b/acme.rpm", named="BUILDHOST")
    expect("explained", "a/acme.rpm", "b/acme.rpm", "--facts", "facts.json", named="vendors-9 shipped, builder-1 rebuilt")
    for host in ("vendor;rm", "builder-2"):
        write("facts.json", json.dumps({"schema": "samebuild-facts/1", "host": "builder-1" if ";" in host else "another-1"}).encode())
        rpm("a/acme.rpm", FILES, host=host)
        expect("different", "a/acme.rpm", "b/acme.rpm", "--facts", "facts.json", named="BUILDHOST")


@case("rpm: every compression of the payload is entered")
def _(_dir):
    need("rpmbuild")
    for side in "ab":
        os.mkdir(side)
    changed = dict(FILES, **{"usr/share/acme/data": bytes(range(256)) * 7 + bytes(256)})
    for payload in ("w6.gzdio", "w6.bzdio", "w6.xzdio", "w6.lzdio", "w19.zstdio", "w.ufdio"):
        rpm("b/acme.rpm", FILES, EPOCH, "builder", payload)
        rpm("a/acme.rpm", changed, EPOCH, "builder", payload)
        expect("different", "a/acme.rpm", "b/acme.rpm", named="payload > ./usr/share/acme/data")


@case("rpm: fields that are changed with all digests mended")
def _(_dir):
    need("rpmbuild")
    for side in "ab":
        os.mkdir(side)
    rpm("b/acme.rpm", FILES)
    base = read("b/acme.rpm")

    def shipped(change):
        package = Rpm(base)
        change(package)
        write("a/acme.rpm", package.mend())
        return "a/acme.rpm", "b/acme.rpm"

    def data(which, tag, at, value):
        def change(package):
            _, place, _ = package.entry(which, tag)
            package.data[place + at:place + at + len(value)] = value
        return change

    def row(which, tag, at, value):
        def change(package):
            place, _, _ = package.entry(which, tag)
            package.data[place + at:place + at + len(value)] = value
        return change
    expect("different", *shipped(data(1, 1030, 0, b"\x89\xed")), named="FILEMODES ./usr/bin/tool")
    expect("different", *shipped(data(1, 1039, 0, b"r00t")), named="FILEUSERNAME ./usr/bin/tool")
    expect("different", *shipped(data(1, 1035, 0, b"0" * 64)), named="FILEDIGESTS ./usr/bin/tool", severity="critical")
    expect("different", *shipped(data(1, 5092, 0, b"0" * 64)), named="PAYLOADDIGEST", severity="critical")
    expect("different", *shipped(data(1, 1028, 0, b"\0\0\0\x01")), named="FILESIZES ./usr/bin/tool")
    expect("different", *shipped(data(1, 1047, 0, b"evil")), named="PROVIDENAME")
    expect("different", *shipped(row(1, 1047, 0, b"\0\0\x7f\xff")), named="entry")
    for tag in (1022, 1049, 1117):
        expect("different", *shipped(row(1, tag, 8, b"\0\0\0\0")))  # leads elsewhere
    expect("different", *shipped(data(1, 1096, 0, b"\0\0\0\x02")), named="FILEINODES")  # now the inode of another file
    expect("repackaged", *shipped(data(1, 1006, 0, struct.pack(">I", EPOCH + 1))), named="BUILDTIME")

    def stale(package):
        _, place, _ = package.entry(0, 269)
        package.data[place] ^= 1
    package = Rpm(base)
    stale(package)
    write("a/acme.rpm", package.data)
    expect("different", "a/acme.rpm", "b/acme.rpm", named="SHA1HEADER", severity="critical")


@case("rpm: digits in upper case, and fill that is not zero")
def _(_dir):
    need("rpmbuild")
    for side in "ab":
        os.mkdir(side)
    rpm("b/acme.rpm", FILES)
    package = Rpm(read("b/acme.rpm"))
    _, place, _ = package.entry(0, 273)
    package.data[place:place + 64] = bytes(package.data[place:place + 64]).upper()
    write("a/acme.rpm", package.data)
    expect("different", "a/acme.rpm", "b/acme.rpm", named="SHA256HEADER")
    package = Rpm(read("b/acme.rpm"))
    _, place, count = package.entry(0, 1008)  # room that is kept for signatures
    package.data[place + count // 2] = 0x90
    write("a/acme.rpm", package.data)
    expect("different", "a/acme.rpm", "b/acme.rpm", named="RESERVEDSPACE")


@case("rpm: no changed byte passes")
def _(_dir):
    need("rpmbuild")
    for side in "ab":
        os.mkdir(side)
    rpm("b/acme.rpm", FILES)
    base, draw = read("b/acme.rpm"), random.Random(4)
    for place in sorted({*range(0, 110), *(draw.randrange(len(base)) for _ in range(250))}):
        changed = bytearray(base)
        changed[place] ^= 1 << draw.randrange(8)
        write("a/acme.rpm", changed)
        record = compare("a/acme.rpm", "b/acme.rpm")
        assert record["level"] == "different", (place, record["level"])


FILETIME = 132223104000000000  # the first second of 2020
CLASSES = [("com/acme/Main.class", b"main " * 50), ("com/acme/A" + "a" * 80 + ".class", b"long name " * 30), ("x.properties", b"k=v\n")]
BUILT = [(name, data.replace(b"main", b"MAIN")) for name, data in CLASSES]


def only(record):
    return {f["where"][-1] for f in unowned(record)}


@case("jar: digests follow from files, and nothing else in the manifest does")
def _(_dir):
    for side in "ab":
        os.mkdir(side)
    jar("b/acme.jar", BUILT)
    jar("a/acme.jar", CLASSES)
    record = expect("different", "a/acme.jar", "b/acme.jar", named="com/acme/Main.class")
    assert only(record) == {"com/acme/Main.class"}, unowned(record)
    assert [f for f in record["findings"] if "META-INF/MANIFEST.MF" in f["where"] and f["rule"] == "derived"], record["findings"]
    for attempt in (manifest(CLASSES).replace(b64(CLASSES[0][1]), b64(b"forged")), manifest(CLASSES).replace(b"(Acme)", b"(Evil)"),
                    manifest(CLASSES, extra=b"Sealed: true\r\n"), manifest(CLASSES) + b"\r\nName: com/acme/Main.class\r\n\r\n",
                    manifest(CLASSES).replace(b"SHA-256-Digest: " + b64(CLASSES[0][1]),
                                              b"SHA-256-Digest: " + b64(CLASSES[0][1]) + b"\r\nsha-256-digest: " + b64(b"forged")),
                    manifest(CLASSES) + b"Name: none\0\r\n\r\n"):
        jar("a/acme.jar", CLASSES, attempt)
        record = expect("different", "a/acme.jar", "b/acme.jar")
        assert any("META-INF/MANIFEST.MF" in f["where"] for f in unowned(record)), attempt


@case("jar: the order of sections is free, what stands in which is not")
def _(_dir):
    for side in "ab":
        os.mkdir(side)
    jar("b/acme.jar", CLASSES)
    jar("a/acme.jar", CLASSES, manifest(CLASSES, -1))
    expect("repackaged", "a/acme.jar", "b/acme.jar", named="MANIFEST.MF")
    one = b"Manifest-Version: 1.0\r\n\r\nName: a\r\n\r\nName: b\r\nSealed: true\r\n\r\n".replace(b"Name: a\r\n\r\n", b"Name: a\r\nX: 1\r\n\r\n")
    two = b"Manifest-Version: 1.0\r\n\r\nName: b\r\nX: 1\r\n\r\nName: a\r\nSealed: true\r\n\r\n"
    jar("b/acme.jar", CLASSES, one)
    jar("a/acme.jar", CLASSES, two)
    expect("different", "a/acme.jar", "b/acme.jar", named="MANIFEST.MF")


@case("jar: a signature file follows from its manifest, the signature is one and stays unexplained")
def _(_dir):
    for side in "ab":
        os.mkdir(side)
    jar("b/acme.jar", BUILT, signed=b"\x30\x82der b" * 30)
    jar("a/acme.jar", CLASSES, signed=b"\x30\x82der a" * 30)
    record = expect("different", "a/acme.jar", "b/acme.jar", named="META-INF/ACME.RSA")
    assert only(record) == {"com/acme/Main.class", "META-INF/ACME.RSA"}, unowned(record)
    assert any(f["cause"] == "signature" for f in unowned(record)), unowned(record)
    jar("a/acme.jar", BUILT, signed=b"\x30\x82der a" * 30)  # the same files by another key
    record = expect("different", "a/acme.jar", "b/acme.jar")
    assert only(record) == {"META-INF/ACME.RSA"} and record["findings"][0]["cause"] == "signature", unowned(record)


@case("wheel: RECORD follows from its files")
def _(_dir):
    for side in "ab":
        os.mkdir(side)
    wheel("b/acme.whl", BUILT)
    wheel("a/acme.whl", CLASSES)
    found = expect("different", "a/acme.whl", "b/acme.whl")
    assert only(found) == {"com/acme/Main.class"}, unowned(found)
    lines = record(CLASSES).splitlines(keepends=True)
    wheel("b/acme.whl", CLASSES)
    wheel("a/acme.whl", CLASSES, b"".join(lines[::-1]))
    expect("repackaged", "a/acme.whl", "b/acme.whl", named="RECORD")
    wheel("b/acme.whl", BUILT)
    for attempt in (record(BUILT), record(CLASSES) + lines[0], record(CLASSES) + b"evil.py,,\n", record(CLASSES).replace(b",250\n", b",0250\n"),
                    record(CLASSES).replace(b",250\n", b",251\n"), record(CLASSES).replace(b"sha256=", b"sha256=A", 1)):
        assert attempt != record(CLASSES)
        wheel("a/acme.whl", CLASSES, attempt)
        found = expect("different", "a/acme.whl", "b/acme.whl")
        if attempt != record(BUILT):
            assert any("acme-1.dist-info/RECORD" in f["where"] for f in unowned(found)), (attempt, unowned(found))


@case("apk: a signing block is signatures, and no place for anything else")
def _(_dir):
    for side in "ab":
        os.mkdir(side)
    apk("b/acme.apk", CLASSES, [(V2, b"one signature " * 9), (PADDING, bytes(100))])
    apk("a/acme.apk", CLASSES, [(V2, b"two signature " * 9), (PADDING, bytes(100))])
    found = expect("different", "a/acme.apk", "b/acme.apk", named="APK signature v2")
    assert {(f["where"][-1], f["cause"]) for f in unowned(found)} == {("APK signature v2", "signature")}, unowned(found)
    for pairs, named in (([(V2, b"one signature " * 9), (PADDING, b"\x90" * 100)], "APK verity padding"),
                         ([(V2, b"one signature " * 9), (0x1234, bytes(100))], "APK signing pair 0x00001234"),
                         ([(V2, b"one signature " * 9), (V3, b"more"), (PADDING, bytes(100))], "APK signature v3")):
        apk("a/acme.apk", CLASSES, pairs)
        found = expect("different", "a/acme.apk", "b/acme.apk", named=named)
        assert {f["where"][-1] for f in unowned(found)} >= {named}
    data = bytearray(read("b/acme.apk"))
    data[data.index(b"APK Sig Block 42") - 8] ^= 1  # the second size: no longer a block, but a gap
    write("a/acme.apk", data)
    expect("different", "a/acme.apk", "b/acme.apk", named="gap")


@case("alpine: datahash follows from the data, the signature is one, nothing else may change")
def _(_dir):
    for side in "ab":
        os.mkdir(side)
    alpine("b/acme.apk", BUILT, signature=b"b" * 64)
    alpine("a/acme.apk", CLASSES, signature=b"a" * 64)
    found = expect("different", "a/acme.apk", "b/acme.apk", named="data.tar.gz")
    assert only(found) == {"com/acme/Main.class", ".SIGN.RSA.acme.rsa.pub"}, unowned(found)
    assert {f["cause"] for f in unowned(found) if f["where"][-1].startswith(".SIGN")} == {"signature"}
    assert [f for f in found["findings"] if ".PKGINFO" in f["where"] and f["rule"] == "derived"], found["findings"]
    for more in ({"datahash": b"0" * 64}, {"info": b"depend = evil\n"}, {"info": b"datahash = " + b"0" * 64 + b"\n"}):
        alpine("a/acme.apk", CLASSES, signature=b"b" * 64, **more)
        found = expect("different", "a/acme.apk", "b/acme.apk")
        assert ".PKGINFO" in only(found), (more, unowned(found))
    data = read("b/acme.apk")
    for appended in (b"evil", bytes(512), data[:100]):
        write("a/acme.apk", data + appended)
        assert compare("a/acme.apk", "b/acme.apk")["level"] in ("different", "repackaged")
    write("a/acme.apk", data + b"evil")
    expect("different", "a/acme.apk", "b/acme.apk")
    draw = random.Random(5)
    for place in sorted({*range(0, 40), *(draw.randrange(len(data)) for _ in range(60))}):
        changed = bytearray(data)
        changed[place] ^= 1 << draw.randrange(8)
        write("a/acme.apk", changed)
        assert compare("a/acme.apk", "b/acme.apk")["level"] in ("different", "repackaged"), place


@case("initramfs: archives in a row and a compressed one behind them")
def _(_dir):
    need("gzip", "xz", "zstd", "lz4", "bzip2")
    files = [("etc/passwd", 1, 1, b"root:x:0:0\n"), ("init", 2, 1, b"#!/bin/sh\nexec /sbin/init\n" * 20)]
    changed = [files[0], ("init", 2, 1, b"#!/bin/sh\nexec /sbin/evil\n" * 20)]
    newc("early", [("kernel/x86/microcode/GenuineIntel.bin", 1, 1, bytes(range(256)) * 4)])
    newc("main", files)
    newc("other", changed)
    for name, tool in (("gz", ["gzip", "-nc"]), ("xz", ["xz", "--check=crc32", "-c"]), ("zst", ["zstd", "-qc"]), ("lz4", ["lz4", "-lqc"]), ("bz2", ["bzip2", "-c"])):
        for out, archive in (("b", "main"), ("a", "other")):
            write(f"{out}.img", read("early") + bytes(-os.path.getsize("early") % 512) + raw(*tool, archive))
        expect("different", "a.img", "b.img", named="init")
        found = compare("a.img", "b.img")
        assert [f["where"] for f in unowned(found)][0][-1] == "init", (name, found["findings"])
        base = read("b.img")
        write("a.img", base + b"evil")
        expect("different", "a.img", "b.img")
        write("a.img", base.replace(bytes(8), b"evil\0\0\0\0", 1))
        expect("different", "a.img", "b.img")
    write("b.img", read("early") + read("main"))
    write("a.img", read("early") + read("other"))
    expect("different", "a.img", "b.img", named="init")


def raw(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout


@case("deb: every compression is entered, a signature beside the archives is one")
def _(_dir):
    need("dpkg-deb", "ar")
    for side in "ab":
        os.mkdir(side)
    tree = {name: (0o755, data) for name, data in FILES.items()}
    changed = dict(tree, **{"usr/bin/tool": (0o755, FILES["usr/bin/tool"].replace(b"acme", b"evil", 1))})
    for kind in ("xz", "gzip", "zstd", "none"):
        package("b/acme.deb", tree, compression=kind)
        package("a/acme.deb", changed, compression=kind)
        found = expect("different", "a/acme.deb", "b/acme.deb", named="./usr/bin/tool")
        assert only(found) == {"./usr/bin/tool"}, (kind, unowned(found))
    package("a/acme.deb", tree, compression="none")
    package("b/acme.deb", tree, compression="none")
    for side, text in (("a", b"-----BEGIN PGP SIGNATURE-----\na\n"), ("b", b"-----BEGIN PGP SIGNATURE-----\nb\n")):
        os.chdir(side)
        write("_gpgorigin", text)
        os.utime("_gpgorigin", (EPOCH, EPOCH))
        run("ar", "qD", "acme.deb", "_gpgorigin", code=0)
        os.chdir("..")
    found = expect("different", "a/acme.deb", "b/acme.deb", named="_gpgorigin")
    assert [(f["where"][-1], f["cause"]) for f in unowned(found)] == [("_gpgorigin", "signature")], unowned(found)


@case("libraries: symbol tables of GNU and BSD lead to the same members")
def _(_dir):
    need("gcc", "ar")
    for name in ("one", "two"):
        write(f"{name}.c", b"int %s(void) { return 1; }\n" % name.encode())
        run("gcc", "-c", f"{name}.c", "-o", f"{name}.o", code=0)
    for side, note in (("a", b"x" * 600), ("b", b"x")):
        write("note.txt", note)
        run("ar", "rcsD", f"{side}.a", "note.txt", "one.o", "two.o", code=0)
    found = expect("different", "a.a", "b.a", named="symbol offset")
    assert only(found) == {"note.txt"}, unowned(found)
    data = bytearray(read("b.a"))
    first, second = struct.unpack_from(">II", data, 8 + 60 + 4)
    struct.pack_into(">II", data, 8 + 60 + 4, second, first)  # each name leads to the other object
    write("c.a", data)
    expect("different", "c.a", "b.a", named="symbol offset")
    for side, note in (("a", b"x" * 600), ("b", b"x")):
        for order in "<>":
            write(f"{side}{order}.a", bsd(order, [("note.txt", note), ("one.o", b"object one"), ("two.o", b"object two")]))
    for order in "<>":
        found = expect("different", f"a{order}.a", f"b{order}.a", named="symbol offset")
        assert only(found) == {"note.txt"}, unowned(found)


def many(members, symbols, first):
    """A library whose symbols all lead to the last of its members."""
    head = 8 + 60 + 4 + 5 * symbols + symbols % 2
    files = [b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"m%d/" % i, 0, 0, 0, b"100644", len(data)) + data for i, data in enumerate([first] + [b"x\n"] * (members - 1))]
    last = head + sum(map(len, files[:-1]))
    table = struct.pack(">I", symbols) + struct.pack(">I", last) * symbols + bytes(symbols + symbols % 2)
    return b"!<arch>\n%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"/", 0, 0, 0, b"0", len(table)) + table + b"".join(files)


@case("libraries: four times the members and symbols cost four times as much")
def _(_dir):
    spent = []
    for members in (5000, 20000):
        write("a.a", many(members, 2 * members, b"ab\n\n"))
        write("b.a", many(members, 2 * members, b"ab"))
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        expect("different", "a.a", "b.a", named="m0")
        spent.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    assert spent[1] < 10 * spent[0] + 0.5, spent


def bsd(order, files):
    """A library whose table says: symbol a is in the second member, b in the third."""
    places, at = [], 8 + 60 + 8 + 2 * 8 + 4
    for _, data in files:
        places.append(at)
        at += 60 + len(data) + len(data) % 2
    table = struct.pack(order + "IIIIII", 16, 0, places[1], 2, places[2], 4) + b"a\0b\0"
    out = b"!<arch>\n"
    for name, data in [("__.SYMDEF", table), *files]:
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), EPOCH, 0, 0, b"100644", len(data)) + data + b"\n" * (len(data) % 2)
    return out


@case("zip: extra fields that other tools write")
def _(_dir):
    def one(path, extra, date=(2020, 1, 1, 0, 0, 0)):
        with zipfile.ZipFile(path, "w") as z:
            info = zipfile.ZipInfo("file", date)
            info.extra = extra
            z.writestr(info, b"content")
    unix = struct.pack("<HHBI", 0x5455, 5, 1, EPOCH)
    ntfs = struct.pack("<HHIHHQQQ", 10, 32, 0, 1, 24, FILETIME, FILETIME, FILETIME)
    ids = struct.pack("<HHBBIBI", 0x7875, 11, 1, 4, 0, 4, 0)
    old = struct.pack("<HHIIHH", 0x5855, 12, EPOCH, EPOCH, 0, 0)
    one("b.zip", unix + ntfs + ids + old)
    for changed, level, named in (
            (unix.replace(struct.pack("<I", EPOCH), struct.pack("<I", EPOCH + 9)) + ntfs + ids + old, "repackaged", "unix time"),
            (unix + ntfs[:-8] + struct.pack("<Q", FILETIME + 1) + ids + old, "repackaged", "NTFS creation time"),
            (unix + ntfs[:-8] + b"evil evi" + ids + old, "different", "header"),
            (unix + ntfs + ids[:-1] + b"\1" + old, "different", "gid"),
            (unix + ntfs + ids + old[:-2] + b"\1\0", "different", "gid"),
            (struct.pack("<H", 0x5456) + unix[2:] + ntfs + ids + old, "different", "header")):
        one("a.zip", changed)
        expect(level, "a.zip", "b.zip", named=named)


@case("zip: of encrypted members nothing is said but that they differ")
def _(_dir):
    need("zip")
    for side, word in (("a", "one"), ("b", "two")):
        write("file", b"the same content\n" * 20)
        os.utime("file", (EPOCH, EPOCH))
        run("zip", "-qX", "-P", word, f"{side}.zip", "file", code=0)
    found = expect("different", "a.zip", "b.zip", named="file")
    assert all("stale" not in f["note"] for f in found["findings"]), found["findings"]
    data = bytearray(read("b.zip"))
    data[40] ^= 1  # inside the encrypted bytes
    write("a.zip", data)
    expect("different", "a.zip", "b.zip", named="file")


def crowded(tags, value):
    """An rpm whose signature header has so many entries that nobody knows, and one more of that value."""
    def header(rows):
        index = b"".join(struct.pack(">IIII", tag, 7, at, 1) for at, (tag, _) in enumerate(rows))
        store = b"".join(data for _, data in rows)
        return b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", len(rows), len(store)) + index + store
    signatures = header([(2000 + i, b"A") for i in range(tags)] + [(900000, value)])
    lead = b"\xed\xab\xee\xdb\3\0\0\0\0\1acme".ljust(96, b"\0")
    return lead + signatures + bytes(-len(signatures) % 8) + header([(1000, b"x")]) + b"payload"


@case("rpm: entries that nobody knows cost no more than they are")
def _(_dir):
    for side, value in (("a", b"x"), ("b", b"y")):
        os.mkdir(side)
        write(f"{side}/acme.rpm", crowded(40000, value))
    before = os.times()
    expect("different", "a/acme.rpm", "b/acme.rpm", named="signature tag 900000")
    spent = os.times().children_user - before.children_user
    assert spent < 5, spent


def bsd_ar(name, data):
    """One member under a long name, as BSD and macOS have it: the name stands in front of the content and counts as content."""
    name += bytes(-len(name) % 8)
    head = b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"#1/%d" % len(name), 0, 0, 0, b"100644", len(name) + len(data))
    return b"!<arch>\n" + head + name + data + b"\n" * ((len(name) + len(data)) % 2)


@case("ar: a size counts the long name of BSD")
def _(_dir):
    content = b"hello world\n" * 500 + bytes(range(256)) * 9
    packed = [gzip.compress(content, level, mtime=0) for level in (9, 1)]
    assert len(packed[0]) != len(packed[1])
    write("b.a", bsd_ar(b"a long name.gz", packed[1]))
    write("a.a", bsd_ar(b"a long name.gz", packed[0]))
    found = expect("repackaged", "a.a", "b.a")
    assert not unowned(found) and [f for f in found["findings"] if f["where"][-1] == "size"], found["findings"]
    for name, data in ((b"a long name.gz\0evil", packed[0]), (b"a long name.gz", packed[0] + b"evil"), (b"a long name.gz", gzip.compress(content + b"evil", mtime=0))):
        write("a.a", bsd_ar(name, data))
        expect("different", "a.a", "b.a")


@case("a package and its hostile twin agree for every -j")
def _(_dir):
    for side in "ab":
        os.mkdir(side)
    jar("b/acme.jar", BUILT, signed=b"b")
    jar("a/acme.jar", CLASSES, signed=b"a")
    one = sb("compare", "a/acme.jar", "b/acme.jar", "--json", "-j1").out
    assert one == sb("compare", "a/acme.jar", "b/acme.jar", "--json", "-j7").out


if __name__ == "__main__":
    main()
