# SPDX-License-Identifier: Apache-2.0
"""Tampered and honest pairs of ISO 9660. Fields stand here a second time, written from ECMA-119, SUSP, RRIP and El Torito and not from the product."""
import struct

from make_flash import BASE, VARIANTS, build, tampered
from mutants import flip, put

SECTOR, ROOT = 2048, 156
EPOCH = "SOURCE_DATE_EPOCH=1700000000 "
BOOT = "mkdir -p t/boot; seq 1 900 > t/boot/loader.img\n"
BOOTING = "-b boot/loader.img -no-emul-boot -boot-load-size 4 -c boot/boot.cat "
DEEP = "mkdir -p t/1/2/3/4/5/6/7/8/9; echo deep > t/1/2/3/4/5/6/7/8/9/file\nln -s " + "seg/" * 80 + " t/etc/long\n: > t/etc/" + "n" * 200 + "\n"
XORRISO = EPOCH + "xorriso -stdio_sync off -as mkisofs -R -J -quiet -V ACME -o image "
GENISO = "genisoimage -R -J -quiet -V ACME -o image "
NOT_ISO = ("a copy instead of a hard link",)  # both tools write copies


def both(number):
    return struct.pack("<I", number) + struct.pack(">I", number)


def volumes(image):
    """{type: offset} of the descriptors."""
    found, at = {}, 16 * SECTOR
    while image[at] != 255:
        found[image[at]] = at
        at += SECTOR
    return {**found, 255: at}


def records(image, volume):
    """(path, offset, length) of all records below the root of a volume, dots included."""
    todo = [("", *struct.unpack_from("<I4xI", image, volume + ROOT + 2))]
    while todo:
        path, sector, size = todo.pop()
        at, end = sector * SECTOR, sector * SECTOR + size
        while at < end:
            length = image[at]
            if length == 0:
                at += SECTOR - at % SECTOR
                continue
            name = image[at + 33:at + 33 + image[at + 32]]
            shown = {b"\0": ".", b"\1": ".."}.get(name, name.decode("latin-1"))
            yield path + "/" + shown, at, length
            if image[at + 25] & 2 and name not in (b"\0", b"\1"):
                todo.append((path + "/" + name.decode("latin-1"), *struct.unpack_from("<I4xI", image, at + 2)))
            at += length


def entries(image, at, end):
    """(name, offset, length) of the entries of a system use area, and of those that it goes on with."""
    while at + 4 <= end and image[at + 2] >= 4:
        yield image[at:at + 2], at, image[at + 2]
        if image[at:at + 2] == b"CE":
            sector, offset, length = struct.unpack_from("<I4xI4xI", image, at + 4)
            yield from entries(image, sector * SECTOR + offset, sector * SECTOR + offset + length)
        at += image[at + 2]


def use(image, at):
    n = image[at + 32]
    return at + 33 + n + (n % 2 == 0), at + image[at]


def free_places(image):
    """Bytes of times, and where that lies which has no bytes."""
    free = set()
    for kind, at in volumes(image).items():
        if kind in (1, 2):
            free |= set(range(at + ROOT + 18, at + ROOT + 25)) | set(range(at + 813, at + 847)) | set(range(at + 864, at + 881))
    for kind in (1, 2):
        for _, at, length in records(image, volumes(image)[kind]):
            free |= set(range(at + 18, at + 25))
            if struct.unpack_from("<I", image, at + 10)[0] == 0:
                free |= set(range(at + 2, at + 10))
            for name, where, size in entries(image, *use(image, at)) if kind == 1 else ():
                free |= set(range(where + 5, where + size)) if name == b"TF" else set()
    return free


def structure(image):
    """Where all bytes lie that are neither content of a file nor fill."""
    at = set()
    for kind, where in volumes(image).items():
        at |= set(range(where, where + SECTOR))
        if kind in (1, 2):
            size, = struct.unpack_from("<I", image, where + 132)
            for table in (*struct.unpack_from("<2I", image, where + 140), *struct.unpack_from(">2I", image, where + 148)):
                at |= set(range(table * SECTOR, table * SECTOR + size)) if table else set()
            for _, record, length in records(image, where):
                at |= set(range(record, record + length))
                for _, entry, n in entries(image, *use(image, record)) if kind == 1 else ():
                    at |= set(range(entry, entry + n))
    if 0 in volumes(image):
        catalog = struct.unpack_from("<I", image, volumes(image)[0] + 71)[0] * SECTOR
        at |= set(range(catalog, catalog + 96))
    return at


def bytes_of(label, image, most=300):
    """A bit of each of @most bytes of the structure that are not free."""
    places = sorted(structure(image) - free_places(image))
    for number, at in enumerate(places[::len(places) // most]):
        yield f"{label}, byte {at}", flip(image, at, number % 8), image, ()


def mended(label, image):
    """Numbers that stand there twice, changed in both places; what is called by its name."""
    free = free_places(image)
    for kind in (1, 2):
        for path, at, length in records(image, volumes(image)[kind]):
            for name, where in (("extent", at + 2), ("size", at + 10)):
                number, = struct.unpack_from("<I", image, where)
                if where not in free and number:
                    yield f"{label}, {kind} {name} of {path}", put(image, where, both(number + 1)), image, ()
            for name, where, size in entries(image, *use(image, at)) if kind == 1 else ():
                for i in range(4) if name == b"PX" else range(2) if name == b"PN" else ():
                    number, = struct.unpack_from("<I", image, where + 4 + 8 * i)
                    yield f"{label}, {name.decode()} {i} of {path}", put(image, where + 4 + 8 * i, both(number ^ 1)), image, ()


def ends(label, image):
    """Parts of names and targets that say whether more follows; bits of a mode that mean nothing."""
    for path, at, _ in records(image, volumes(image)[1]):
        for name, where, size in entries(image, *use(image, at)):
            if name in (b"NM", b"SL"):
                yield f"{label}, flags of {name.decode()} of {path} at {where}", flip(image, where + 4), image, ()
            if name == b"SL":
                part = where + 5
                while part < where + size:
                    yield f"{label}, flags of a component of {path} at {part}", flip(image, part), image, ()
                    part += 2 + image[part + 1]
            if name == b"PX":
                mode, = struct.unpack_from("<I", image, where + 4)
                yield f"{label}, upper bits of the mode of {path} at {where}", put(image, where + 4, both(mode ^ 0x40000000)), image, ()


def hidden(image):
    """Bytes where nothing looks."""
    found = volumes(image)
    yield "system area", put(image, 440, b"evil"), image, ("system area",)
    yield "behind the end", image + b"evil", image, ("overlay",)
    yield "zeros behind the end, and then something", image + bytes(SECTOR) + b"evil", image, ("overlay",)
    yield "in the padding", put(image, len(image) - 5000, b"evil"), image, ()
    yield "in the terminator", put(image, found[255] + 900, b"evil"), image, ("end of descriptors",)
    yield "unused bytes of the descriptor", put(image, found[1] + 1500, b"evil"), image, ("volume descriptor",)
    yield "bytes for an application", put(image, found[1] + 900, b"evil"), image, ("for the application",)
    yield "volume name", put(image, found[1] + 40, b"EVIL"), image, ("volume",)
    all_records = list(records(image, found[1]))
    conf = next(at for path, at, _ in all_records if "ACME.CON" in path.upper())
    sector, size = struct.unpack_from("<I4xI", image, conf + 2)[0], struct.unpack_from("<I", image, conf + 10)[0]
    yield "behind the end of a file", put(image, sector * SECTOR + size + 9, b"evil"), image, ("gap",)
    root = struct.unpack_from("<I", image, found[1] + ROOT + 2)[0] * SECTOR
    last = max(at + length for path, at, length in all_records if root <= at < root + SECTOR)
    yield "behind the records of a folder", put(image, last + 40, b"evil"), image, ("gap",)
    for path, at, length in all_records:
        if path == "/.":
            er = next(where for name, where, _ in entries(image, *use(image, at)) if name == b"ER")
            yield "text of an extension", put(image, er + 20, b"evil"), image, ("attributes",)
    yield "hidden bytes that lie elsewhere", put(image, len(image) - 5001, b"evil"), put(image, len(image) - 5000, b"evil"), ()
    yield "cut short", image[:-SECTOR * 160], image, ()


def switched(image):
    """What the tree of other systems says must be what that of this one says."""
    found = volumes(image)
    wide = {path.rsplit("/", 1)[1].encode("latin-1").decode("utf-16-be", "replace"): at for path, at, _ in records(image, found[2])}
    conf, numbers = wide["acme.conf"], wide["numbers"]
    yield "another file for readers of Joliet", put(image, conf + 2, image[numbers + 2:numbers + 18]), image, ("Joliet:/etc/acme.conf",)
    plain = {path.rsplit("/", 1)[1]: at for path, at, _ in records(image, found[1])}
    conf, numbers = plain[next(n for n in plain if n.startswith("ACME.CON"))], plain[next(n for n in plain if n.startswith("NUMBERS"))]
    yield "another file", put(image, conf + 2, image[numbers + 2:numbers + 18]), image, ("etc/acme.conf",)
    flags = conf + 25
    yield "hidden from some readers", put(image, flags, b"\1"), image, ("attributes",)
    yield "associated file", put(image, flags, b"\4"), image, ("attributes",)
    yield "folder by its flags", put(image, flags, b"\2"), image, ()
    catalog = struct.unpack_from("<I", image, found[0] + 71)[0] * SECTOR
    yield "another boot image", put(image, catalog + 32 + 8, image[numbers + 2:numbers + 6]), image, ("boot image 1",)
    yield "an image that is not to be booted", put(image, catalog + 32, b"\0"), image, ("how to boot",)
    yield "loaded elsewhere", put(image, catalog + 34, b"\x10\x20"), image, ("how to boot",)
    yield "a hidden boot image", put(image, catalog + 32 + 8, struct.pack("<I", 15)), image, ("boot image 1",)
    yield "the catalog elsewhere", put(image, found[0] + 71, image[numbers + 2:numbers + 6]), image, ()


def exchanged(image, one, other):
    """Two files that begin so change places, and every number that leads to them."""
    a, b = image.index(one), image.index(other)
    first, second = both(a // SECTOR), both(b // SECTOR)
    out = put(put(image, a, image[b:b + 4096]), b, image[a:a + 4096])
    for number, into in ((first, second), (second, first)):
        at = image.find(number)
        while at >= 0:
            out, at = put(out, at, into), image.find(number, at + 1)
    return out


LOADER = "mkdir -p t/boot; yes GOOD loader | head -c 4096 > t/boot/loader.efi; yes EVIL sample | head -c 4096 > t/boot/sample.txt\nprintf 'code that loads sectors by their numbers' > code\n"


def unknown_readers():
    """What nobody here knows may lead to places: another file system over the same files, code."""
    made = build({"udf": ("", GENISO.replace("-J", "-udf") + "t"), "code": ("", XORRISO + "-G code t"), "": ("", XORRISO + "t")}, LOADER)
    for label in ("udf", "code"):
        yield f"files changed places under {label}", exchanged(made[label], b"GOOD loader", b"EVIL sample"), made[label], ("boot/loader.efi",)
    padded = put(made[""], len(made[""]) - 5000, b"anything")
    yield "files changed places beside bytes that nobody owns", exchanged(padded, b"GOOD loader", b"EVIL sample"), padded, ("boot/loader.efi",)


def across_sectors():
    """Linux does not follow a continuation that goes on behind the end of its sector."""
    image = build({"": ("", GENISO + "t")}, "echo deny > t/" + "n" * 220 + "\n")[""]
    end, out = len(image) // SECTOR - 20, image
    at = image.find(b"CE\x1c\1")
    while at >= 0:
        sector, offset, length = struct.unpack_from("<I4xI4xI", image, at + 4)
        area = image[sector * SECTOR + offset:][:length]
        if area[:2] == b"NM":
            out = put(put(put(out, sector * SECTOR + offset, bytes(length)), end * SECTOR + 2040, area), at + 4, both(end) + both(2040))
        at = image.find(b"CE\x1c\1", at + 1)
    yield "a continuation that crosses the end of its sector", out, image, ("n" * 50,)


def same_names():
    """Readers that do not tell cases or versions apart take the first of two."""
    plain = build({"": ("", "genisoimage -quiet -V ACME -o image t")}, "echo good > t/AAA.TXT; echo evil > t/BBB.TXT\n")[""]
    stamp = volumes(plain)[1] + 813
    for label, name in (("case", b"aaa.txt;1"), ("version", b"AAA.TXT;2")):
        image = plain.replace(b"BBB.TXT;1", name)
        records = {image[at + 33:at + 42]: (at, length) for _, at, length in globals()["records"](image, volumes(image)[1])}
        (a, length), (b, same) = records[b"AAA.TXT;1"], records[name]
        assert length == same
        turned = put(put(image, a, image[b:b + length]), b, image[a:a + length])
        yield f"two names in another order, and a time: {label}", put(turned, stamp, b"2019"), image, ("attributes",)


SMALL = "mkdir -p t/bin t/boot; echo port=80 > t/acme.conf; seq 9 > t/numbers; ln -s ../numbers t/bin/link; seq 1 600 > t/boot/loader.img; : > t/empty; mknod t/null c 1 3\n"


def images(base, booting=BOOTING):
    return build({"xorriso": ("", XORRISO + booting + "t"), "genisoimage": ("", GENISO + booting + "t")}, base)


def pairs():
    yield from tampered(XORRISO + "-no-pad t", VARIANTS, skip=NOT_ISO)
    yield from unknown_readers()
    yield from across_sectors()
    yield from same_names()
    for label, image in images(BASE + BOOT + DEEP).items():
        yield from ((f"{label}, {name}", a, b, words) for name, a, b, words in hidden(image))
        yield from ((f"{label}, {name}", a, b, words) for name, a, b, words in switched(image))
    small = images(SMALL, BOOTING + "-no-pad ")
    for label, image in small.items():
        yield from bytes_of(label, image)
    yield from mended("xorriso", small["xorriso"])
    yield from ends("xorriso", images(SMALL.replace("../numbers", "seg/" * 60), BOOTING + "-no-pad ")["xorriso"])


def later(image):
    """The same image as if it had been made some months later: all times but those that are not stated."""
    changed = bytearray(image)
    for at in free_places(image):
        changed[at] += changed[at] in (123, 124, 125, 126, 127)  # years from 1900
    for kind, at in volumes(image).items():
        for stamp in (at + 813, at + 830, at + 864) if kind in (1, 2) else ():
            if changed[stamp:stamp + 4] != b"0000":
                changed[stamp + 3] = ord("9")
    return bytes(changed)


def honest():
    for label, image in images(BASE + BOOT + DEEP).items():
        yield f"iso, {label}, times", later(image), image, "repackaged", {"timestamp"}
    made = build({"": ("", XORRISO + BOOTING + "t"), "order": ("", XORRISO + BOOTING + "--sort-weight 9 /etc/random t"), "padding": ("", XORRISO + BOOTING + "-no-pad t"),
                  "later": ("", XORRISO.replace("1700000000", "1706943909") + BOOTING + "t")}, BASE + BOOT)
    assert made["order"] != made[""]
    yield "iso, order", made["order"], made[""], "repackaged", ("container-metadata", "timestamp")
    yield "iso, later", made["later"], made[""], "repackaged", {"timestamp"}
    small = build({"": ("", XORRISO + "t")}, LOADER)[""]
    yield "iso, files changed places", exchanged(small, b"GOOD loader", b"EVIL sample"), small, "repackaged", {"container-metadata"}
    yield "iso, padding", made["padding"], made[""], "repackaged", ("container-metadata", "timestamp")
