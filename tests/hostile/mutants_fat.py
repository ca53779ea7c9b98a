# SPDX-License-Identifier: Apache-2.0
"""Tampered and honest pairs of FAT12, FAT16 and FAT32. Fields stand here a second time, written from the specification and not from the product."""
import os
import struct

from mutants import flip, put
from sbtest import run

KINDS = {12: "256K", 16: "2304K", 32: "34000K"}
LONG = "A long name, with blanks.txt"


def made(kind, size=None, time=1700000000, serial="4b5d6e7f", files=(), more=(), deleted=()):
    """A volume with a few files; @files: (path, content) beside or instead of the usual ones."""
    env = {"SOURCE_DATE_EPOCH": str(time)}
    content = {"/numbers": b"".join(b"%d\n" % i for i in range(1200)), "/etc/acme.conf": b"port=80\n", "/" + LONG: b"text " * 150, "/etc/empty": b"", "/EFI/BOOT.EFI": b"MZ" + bytes(range(256)) * 6,
               **dict(files)}
    if os.path.exists("fat.img"):
        os.unlink("fat.img")
    with open("fat.img", "wb") as f:
        f.truncate({"K": 1024}[(size or KINDS[kind])[-1]] * int((size or KINDS[kind])[:-1]))
    run("mkfs.fat", "-F", str(kind), "-s", "1", "-n", "ACME", "-i", serial, *more, "fat.img", env=env, code=0)
    for folder in ("/etc", "/EFI"):
        run("mmd", "-i", "fat.img", "::" + folder, env=env, code=0)
    for path, data in content.items():
        if data is None:
            continue
        with open("one", "wb") as f:
            f.write(data)
        os.utime("one", (time, time))
        run("mcopy", "-m", "-i", "fat.img", "one", "::" + path, env=env, code=0)
    for path in deleted:
        run("mdel", "-i", "fat.img", "::" + path, env=env, code=0)
    with open("fat.img", "rb") as f:
        return f.read() if kind != 32 else shrunk(f.read())


def shrunk(image, clusters=300):
    """FAT32 must be large for those who write it, but not for those who read it: the same volume with fewer clusters and shorter tables."""
    where = layout(image)
    size = (4 * (clusters + 2) + 511) // 512
    tables = b"".join(image[where["table"] + i * where["size"]:][:512 * size] for i in (0, 1))
    head, data = bytearray(image[:where["table"]]), image[where["data"]:where["data"] + 512 * clusters]
    removed = (len(image) - where["data"]) // where["cluster"] - clusters
    for at in (0, 6 * 512):
        struct.pack_into("<II", head, at + 32, len(head + tables + data) // 512, size)
    struct.pack_into("<I", head, 512 + 488, struct.unpack_from("<I", head, 512 + 488)[0] - removed)
    return bytes(head) + tables + data


def layout(image):
    """Where tables, root and clusters lie."""
    sector, per, reserved, tables, entries, _, _, size = struct.unpack_from("<HBHBHHBH", image, 11)
    big = size == 0
    size = size or struct.unpack_from("<I", image, 36)[0]
    first = reserved * sector
    root = first + tables * size * sector
    data = root + entries * 32
    return {"table": first, "size": size * sector, "root": data + (struct.unpack_from("<I", image, 44)[0] - 2) * per * sector if big else root, "data": data, "cluster": per * sector, "big": big}


def entries(image):
    """{name: offset} of the entries of the root and of the folders in it; parts of long names as "long N"."""
    at, found, todo = layout(image), {}, []
    todo.append(("", at["root"]))
    while todo:
        folder, place = todo.pop()
        while image[place]:
            entry = image[place:place + 32]
            if entry[11] == 15:
                found[f"{folder}long {entry[0] & 63}"] = place
            elif entry[0] != 0xe5:
                name = folder + entry[:11].decode("latin-1").strip()
                found[name] = place
                if entry[11] & 16 and not entry[:1] == b".":
                    todo.append((name + "/", at["data"] + (struct.unpack_from("<H", entry, 26)[0] - 2) * at["cluster"]))
            place += 32
    return found


ENTRY = {"name": 0, "extension": 8, "attributes": 11, "case": 12, "cluster": 26, "size": 28, "size, upper": 30}
TIMES = (*range(13, 20), *range(22, 26))


def free_places(image):
    """Times of entries, and the name that was drawn for the volume."""
    big = layout(image)["big"]
    free = set(range(67, 71) if big else range(39, 43))
    if big:
        backup = struct.unpack_from("<H", image, 50)[0] * 512
        free |= set(range(backup + 67, backup + 71)) | set(range(512 + 492, 512 + 496))
    for name, at in entries(image).items():
        free |= set() if "long " in name else {at + i for i in TIMES}
    return free


def fields(kind, image):
    for name, at in entries(image).items():
        for field, offset in ENTRY.items():
            yield f"FAT{kind}, {field} of {name}", flip(image, at + offset, 2 if field != "attributes" else 1), image, ()
        if "long " in name:
            for offset, bit in ((1, 1), (9, 1), (14, 1), (26, 1), (28, 1), (13, 1), (0, 1), (11, 7), (11, 6), (12, 0)):
                yield f"FAT{kind}, bit {bit} of byte {offset} of {name}", flip(image, at + offset, bit), image, ()
    for at in (*range(0, 39, 3), *range(43, 62, 3), 100, 300, 510) if kind != 32 else (*range(0, 66, 3), *range(71, 90, 3), 100, 300, 510, 512, 515, 900, 1000, 1001, 1020):
        yield f"FAT{kind}, byte {at}", flip(image, at, at % 8), image, ()
    where = layout(image)
    for table in (0, 1):
        for i in (*range(60), where["size"] - 1):
            yield f"FAT{kind}, byte {i} of table {table}", flip(image, where["table"] + table * where["size"] + i, i % 8), image, ()
    for i in range(48):
        both = flip(flip(image, where["table"] + i, i % 8), where["table"] + where["size"] + i, i % 8)
        yield f"FAT{kind}, byte {i} of both tables", both, image, ()


def hidden(kind, image):
    at, where = layout(image), entries(image)
    last = len(image) - 512
    yield f"FAT{kind}, in a free cluster", put(image, last, b"evil"), image, ("overlay",)
    yield f"FAT{kind}, behind the volume", image + b"evil", image, ("overlay",)
    conf = at["data"] + (struct.unpack_from("<H", image, where["ETC/ACME    CON"] + 26)[0] - 2) * at["cluster"] if "ETC/ACME    CON" in where else image.index(b"port=80")
    yield f"FAT{kind}, behind the end of a file", put(image, conf + 100, b"evil"), image, ("gap",)
    end = max(place for name, place in where.items() if "/" not in name) + 32
    yield f"FAT{kind}, behind the end of a folder", put(image, end + 32, b"EVIL    TXT "), image, ("gap",)
    yield f"FAT{kind}, a deleted entry", put(image, end, b"\xe5VIL    TXT "), image, ("deleted entry",)
    name = where["NUMBERS"]
    yield f"FAT{kind}, an attribute", put(image, name + 11, b"\x26"), image, ("numbers", "attributes")
    yield f"FAT{kind}, a time that does not exist", put(image, name + 22, b"\xff\xff"), image, ("numbers", "attributes")
    yield f"FAT{kind}, a date that does not exist", put(image, name + 18, b"\xe0\xff"), image, ("numbers", "attributes")
    yield f"FAT{kind}, two files lead to the same", put(image, name + 26, image[where["ETC"] + 26:where["ETC"] + 28]), image, ()
    empty = where["ETC/EMPTY"]
    yield f"FAT{kind}, an empty file that begins at the end", put(image, empty + 26, b"\xff\xff"), image, ()
    yield f"FAT{kind}, label", put(image, where["ACME"], b"EVIL"), image, ("label of the volume",)
    if kind == 32:
        yield "FAT32, free clusters", flip(image, 512 + 488), image, ("counts of free clusters",)
        yield "FAT32, copy of the boot sector", flip(image, 6 * 512 + 100), image, ("boot sector",)
        yield "FAT32, in a reserved sector", put(image, 20 * 512, b"evil"), image, ("gap",)


def exchanged(image, one, other):
    """Two files of one cluster each change places."""
    at, where = layout(image), entries(image)
    first, second = (struct.unpack_from("<H", image, where[name] + 26)[0] for name in (one, other))
    a, b = (at["data"] + (number - 2) * at["cluster"] for number in (first, second))
    out = put(put(image, a, image[b:b + at["cluster"]]), b, image[a:a + at["cluster"]])
    return put(put(out, where[one] + 26, struct.pack("<H", second)), where[other] + 26, struct.pack("<H", first))


LOADERS = [("/loader.efi", b"GOOD loader\n" * 40), ("/sample.txt", b"EVIL sample\n" * 40)]
ONE, OTHER = "LOADER  EFI", "SAMPLE  TXT"


def readers(kind):
    """What reads a volume by places, or does not tell names apart."""
    image, code = made(kind, files=LOADERS), 90 if kind == 32 else 62
    for label, at, what in (("boot code", code, b"\xfa\x90\x90code that loads a sector"), ("boot code behind the text", 400, b"code"), ("a jump elsewhere", 1, b"\x70"), ("bytes that nobody owns", len(image) - 512, b"unknown")):
        other = put(image, at, what)
        yield f"FAT{kind}, files changed places under {label}", exchanged(other, ONE, OTHER), other, ("loader.efi",)
    where = entries(image)
    first, second = where[ONE], where[OTHER]
    assert second == first + 32
    one, two = image[first:second], image[second:second + 32]
    assert one[12] == 0x18  # to be shown in small letters
    twin = ONE.encode() + two[11:12] + b"\0" + two[13:]
    ours, theirs = (image[:first] + a + b + image[second + 32:] for a, b in ((one, twin), (twin, one)))
    if kind != 32:
        yield f"FAT{kind}, two names in another order, and a volume id", put(theirs, 39, b"\1\2\3\4"), ours, ("attributes",)


CHANGES = {"one byte of a file": ({"/numbers": b"".join(b"%d\n" % i for i in range(1200)).replace(b"77", b"78", 1)}, ("numbers",)), "a file more": ({"/etc/rc": b"x"}, ("etc/rc",)),
           "an empty file more": ({"/etc/nologin": b""}, ("etc/nologin",)), "a file less": ({"/etc/acme.conf": None}, ("etc/acme.conf",)),
           "a file that is longer by a zero": ({"/etc/acme.conf": b"port=80\n\0"}, ("etc/acme.conf",)), "name in another case": ({"/etc/acme.conf": None, "/etc/Acme.conf": b"port=80\n"}, ("etc/Acme.conf",)),
           "a long name": ({"/" + LONG: None, "/" + LONG.replace("blanks", "blank"): b"text " * 150}, ("blank.txt",)), "program": ({"/EFI/BOOT.EFI": b"MZ" + bytes(range(256)) * 5 + bytes(256)}, ("BOOT.EFI",))}


def pairs():
    for kind in KINDS:
        image = made(kind)
        if kind != 16:
            yield from fields(kind, image)
        yield from hidden(kind, image)
        yield from readers(kind)
        for label, (files, words) in CHANGES.items() if kind != 16 else ():
            yield f"FAT{kind}, {label}", made(kind, files=files.items()), image, words
    yield "FAT12 instead of FAT32", made(12), made(32), ()


def honest():
    for kind in (12, 32):
        image = made(kind)
        yield f"FAT{kind}, times", made(kind, time=1706943908), image, "repackaged", {"timestamp"}
        yield f"FAT{kind}, volume id", made(kind, serial="87654321"), image, "repackaged", ("random", "timestamp")
        places = made(kind, files=LOADERS)
        yield f"FAT{kind}, files changed places", exchanged(places, ONE, OTHER), places, "repackaged", {"container-metadata"}
        one, other = ("/etc/a.b", b"1\n"), ("/c", b"2" * 2000)
        yield f"FAT{kind}, order", made(kind, files=[other, one]), made(kind, files=[one, other]), "repackaged", ("container-metadata", "timestamp")
