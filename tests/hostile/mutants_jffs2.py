# SPDX-License-Identifier: Apache-2.0
"""Tampered and honest pairs of JFFS2. Nodes stand here a second time, written from include/uapi/linux/jffs2.h and not from the product."""
import random
import struct
import zlib

from make_flash import BASE, VARIANTS, XATTR, XATTRS, build, tampered
from mutants import flip, put

COMMAND = "mkfs.jffs2 -r t -o image -e 64KiB -l --with-xattr"
DIRENT, INODE, CLEANMARKER, PADDING, ATTRIBUTE, REFERENCE = 0xe001, 0xe002, 0x2003, 0x2004, 0xe008, 0xe009
FIELDS = {
    DIRENT: {"pino": (12, 4), "ino": (20, 4), "nsize": (28, 1), "type": (29, 1), "unused": (30, 2)},
    INODE: {"ino": (12, 4), "mode": (20, 4), "uid": (24, 2), "gid": (26, 2), "isize": (28, 4), "offset": (44, 4), "csize": (48, 4), "dsize": (52, 4), "compr": (56, 1),
            "usercompr": (57, 1), "flags": (58, 2)},
    ATTRIBUTE: {"xid": (12, 4), "xprefix": (20, 1), "name_len": (21, 1), "value_len": (22, 2)},
    REFERENCE: {"ino": (12, 4), "xid": (16, 4), "xseqno": (20, 4)},
}
FREE = {DIRENT: {"mctime": 24, "version": 16}, INODE: {"atime": 32, "mtime": 36, "ctime": 40}}
HEADS = {DIRENT: 40, INODE: 68, ATTRIBUTE: 32, REFERENCE: 28}
CHECKED = {DIRENT: (32, 32), INODE: (60, 64), ATTRIBUTE: (28, 28), REFERENCE: (24, 24)}  # bytes that node_crc covers, and where it is
DATA_CRC = {DIRENT: 36, INODE: 60, ATTRIBUTE: 24}


def crc(data):
    return zlib.crc32(data, 0xffffffff) ^ 0xffffffff


def nodes(image):
    """(type, offset, length) of every node."""
    at = 0
    while at + 12 <= len(image):
        magic, kind, length = struct.unpack_from("<HHI", image, at)
        if magic == 0x1985:
            yield kind, at, length
            at += length + 3 & ~3
        else:
            at += 4


def data_length(image, kind, at):
    if kind == DIRENT:
        return image[at + 28]
    return struct.unpack_from("<I", image, at + 48)[0] if kind == INODE else image[at + 21] + 1 + struct.unpack_from("<H", image, at + 22)[0]


def mend(image, at):
    """All checksums of the node at @at made right."""
    kind = struct.unpack_from("<H", image, at + 2)[0]
    image = bytearray(image)
    struct.pack_into("<I", image, at + 8, crc(image[at:at + 8]))
    if kind in DATA_CRC:
        data = at + HEADS[kind]
        struct.pack_into("<I", image, at + DATA_CRC[kind], crc(image[data:data + data_length(image, kind, at)]))
    if kind in CHECKED:
        n, where = CHECKED[kind]
        struct.pack_into("<I", image, at + where, crc(image[at:at + n]))
    return bytes(image)


def picked(image):
    """One node of each kind that says something, of the middle of the image."""
    found = {}
    for kind, at, length in nodes(image):
        if kind in FIELDS and (kind != INODE or length > 68):
            found.setdefault(kind, []).append(at)
    return {kind: places[len(places) // 2] for kind, places in found.items()}


def fields(image):
    for kind, at in picked(image).items():
        for name, (offset, width) in FIELDS[kind].items():
            value = int.from_bytes(image[at + offset:at + offset + width], "little")
            bad = put(image, at + offset, (value ^ 1).to_bytes(width, "little"))
            yield f"{kind:x} {name}, sums stale", bad, image, ()
            yield f"{kind:x} {name}, sums mended", mend(bad, at), image, ()
        for name, offset in FREE.get(kind, {}).items():
            yield f"{kind:x} {name}, sums stale", flip(image, at + offset), image, ()
        for name, offset in (("magic", 0), ("nodetype", 2), ("totlen", 4), ("hdr_crc", 8), ("node_crc", CHECKED[kind][1])):
            yield f"{kind:x} {name}", flip(image, at + offset), image, ()
        yield f"{kind:x} type of an obsolete node", mend(put(image, at + 2, struct.pack("<H", kind & ~0x2000)), at), image, ()
        yield f"{kind:x} is lost", image[:at] + b"\xff" * (HEADS[kind]) + image[at + HEADS[kind]:], image, ()


def inode(ino, version, mode, data=b"", offset=0, isize=None, compression=0, dsize=None):
    dsize = len(data) if dsize is None else dsize
    head = struct.pack("<HHIIIIIHHIIIIIIIBBHII", 0x1985, INODE, 68 + len(data), 0, ino, version, mode, 0, 0, offset + dsize if isize is None else isize, 0, 0, 0, offset, len(data),
                       dsize, compression, 0, 0, 0, 0)
    return mend(head + data, 0) + b"\xff" * (-len(data) % 4)


def dirent(pino, version, ino, name, kind=8):
    return mend(struct.pack("<HHIIIIIIBBHII", 0x1985, DIRENT, 40 + len(name), 0, pino, version, ino, 0, len(name), kind, 0, 0, 0) + name, 0) + b"\xff" * (-len(name) % 4)


ROOT, GOOD, EVIL = 0o40755, b"#!/bin/sh\niptables -P INPUT DROP\n", b"#!/bin/sh\niptables -P INPUT ACCEPT\n"


def small(*nodes, marker=True):
    """An image of a few nodes: two names, one script, and what the caller has."""
    mark = mend(struct.pack("<HHII", 0x1985, CLEANMARKER, 12, 0), 0) if marker else b""
    return mark + inode(1, 1, ROOT) + dirent(1, 2, 2, b"blob") + dirent(1, 3, 3, b"fw") + inode(3, 1, 0o100755, GOOD) + b"".join(nodes)


def pieces(content, cuts, start=1):
    return [inode(2, start + i, 0o100644, content[a:b], a, len(content)) for i, (a, b) in enumerate(zip(cuts, cuts[1:]))]


def over_blocks(marker):
    """A piece of a file over the end of an erase block, such that what it holds from there on is a node to the kernel."""
    evil, block = inode(3, 99, 0o100755, EVIL), 65536
    draw = random.Random(3)
    content = draw.randbytes(44000) + evil + draw.randbytes(1000)
    cuts = [*range(0, len(content), 4096), len(content)]
    honest = small(*pieces(content, cuts), marker=marker)
    cut = 42000
    cuts = [*range(0, cut, 4096), cut, len(content)]
    front = small(*pieces(content, cuts[:-1]), marker=marker)
    front += padding(block - 68 - (44000 - cut) - len(front) - 12)
    shipped = front + pieces(content, cuts[-2:], 50)[0]
    assert shipped[block:block + len(evil)] == evil
    return shipped, honest


def summed(content_of):
    """A file whose content ends at the end of an erase block with what @content_of gives."""
    block, start = 65536, len(small()) + 68
    content = random.Random(5).randbytes(block - start - 8) + content_of
    return small(inode(2, 1, 0o100644, content)), small(*pieces(content, [*range(0, len(content), 4096), len(content)]))


def alone():
    """Pairs of small images, each without a tool."""
    yield "a node over the end of an erase block, no cleanmarkers", *over_blocks(False), ("erase blocks of",)
    yield "a node over the end of an erase block, one cleanmarker", *over_blocks(True), ("erase blocks of",)
    yield "the end of a summary in a file", *summed(struct.pack("<II", 4000, 0x02851885)), ("looks like the end of a summary",)
    yield "a compression that no kernel reads", small(inode(2, 1, 0o100644, b"text", compression=4)), small(inode(2, 1, 0o100644, b"text")), ()
    yield "size of a link", *(small(inode(2, 1, 0o120777, b"acme", isize=n)) for n in (1, 4)), ("isize",)
    meta = inode(2, 4, 0o104755, b"", 0, 4)
    yield "two nodes of one version", *(small(meta, inode(2, v, 0o100755, b"text")) for v in (4, 5)), ("one version",)
    bad = put(inode(2, 9, 0o100644, bytes(400)), 24, b"\1\1")
    late = inode(2, 1, 0o100644, b"text")
    yield "a head whose body is wrong", *(small(*order, inode(4, 1, 0o100644, b"more")) for order in ((bad, late), (late, bad))), ("gap at",)
    swallowed = mend(struct.pack("<HHII", 0x1985, INODE, 400, 0) + bytes(56), 0)
    yield "nodes behind a head whose body is wrong", *(small(*order, padding(600)) for order in ((swallowed, late), (late, swallowed))), ("gap at",)
    gaps = [b"evil" * 4 + late, late + b"evil" * 4]
    yield "bytes that nobody knows elsewhere", *(small(gap) for gap in gaps), ("gap at",)
    page = zlib.compress(bytes(1 << 16), 9)
    yield "a page in thousands of pieces", *(small(inode(2, 1, 0o100644, page, 0, 1 << 16, 6, 1 << 16), *(inode(2, 2 + i, 0o100644, b"x", i * 40 + 7, 1 << 16) for i in range(n)))
                                            for n in (1200, 1201)), ("unpack-ratio-total",)
    many = zlib.compress(bytes(1 << 20), 9)
    yield "a megabyte in a node, seen in pieces", *(small(inode(2, 1, 0o100644, many, 0, 1 << 20, 6, 1 << 20), *(inode(2, 2 + i, 0o100644, b"x", i * 2048 + 7, 1 << 20) for i in range(n)))
                                                    for n in (400, 401)), ("more than a page",)


def padding(length, fill=b"\xff"):
    return mend(struct.pack("<HHII", 0x1985, PADDING, 12 + length, 0), 0) + fill * length


def inode_of(image, name):
    return next(struct.unpack_from("<I", image, at + 20)[0] for kind, at, _ in nodes(image) if kind == DIRENT and image[at + 40:at + 40 + image[at + 28]] == name)


def hidden(image):
    """Nodes and bytes that should not be there."""
    conf, end = inode_of(image, b"acme.conf"), image + b"\xff" * (-len(image) % 4)
    yield "newer content", end + inode(conf, 99, 0o100644, b"port=81\n"), image, ("etc/acme.conf",)
    yield "older content, which nobody sees", end + inode(conf, 0, 0o100644, b"port=81\n"), image, ("obsolete node",)
    yield "newer mode", end + inode(conf, 99, 0o104755, b"port=80\n"), image, ("etc/acme.conf",)
    yield "an inode without a name", end + inode(4711, 1, 0o104755, b"#!/bin/sh\n"), image, ("obsolete node",)
    yield "a name that was deleted", end + dirent(1, 99, 0, b"evil"), image, ("obsolete node",)
    yield "a name without an inode", end + dirent(1, 99, 4711, b"evil"), image, ("evil",)
    yield "a name in a folder that is none", end + dirent(4711, 1, conf, b"evil"), image, ("obsolete node",)
    yield "a newer name", end + dirent(1, 99, conf, b"bin"), image, ()
    yield "a folder in itself", end + dirent(inode_of(image, b"etc"), 99, 1, b"loop", 4), image, ()
    yield "a second name of a folder", end + dirent(1, 99, inode_of(image, b"etc"), b"etc2", 4), image, ()
    yield "bytes in padding", end + padding(64, b"evil"[:1]), image, ("gap",)
    yield "bytes behind the end", end + b"evil" * 4, image, ("gap",)
    yield "bytes in erased flash", end + b"\xff" * 4096 + b"evil" + b"\xff" * 4096, image, ("gap",)
    yield "a node behind erased flash", end + b"\xff" * 8192 + padding(4), image, ("erased",)
    yield "a later stretch over an earlier one", end + inode(conf, 99, 0o100644, b"1", 6, 8), image, ("etc/acme.conf",)
    yield "a hole that hides a stretch", end + inode(conf, 99, 0o100644, b"", 0, 8, 1, 8), image, ("etc/acme.conf",)
    yield "cut short", end + inode(conf, 99, 0o100644, b"", 0, 4), image, ("etc/acme.conf",)
    yield "a compression that nobody knows", end + inode(conf, 99, 0o100644, b"port=80\n", 0, 8, 3), image, ()
    yield "a summary", end + mend(struct.pack("<HHII", 0x1985, 0x2006, 32, 0), 0) + bytes(20), image, ("summary",)
    last = max(at for kind, at, length in nodes(image) if kind == INODE and length % 4)
    fill = last + next(length for _, at, length in nodes(image) if at == last)
    yield "bytes in the fill of a node", put(image, fill, b"e"), image, ("gap",)
    yield "cut inside a node", image[:-40], image, ()


def pairs():
    yield from tampered(COMMAND, {**VARIANTS, **XATTRS}, BASE + XATTR)
    image = build({"": ("", COMMAND)}, BASE + XATTR)[""]
    yield from fields(image)
    yield from hidden(image)
    yield from alone()
    big = build({"b": ("", COMMAND.replace("-l", "-b")), "l": ("", COMMAND)}, BASE + XATTR)
    yield "the other byte order", big["b"], big["l"], ()
    blocks = build({"s": ("", COMMAND.replace("64KiB", "8KiB")), "l": ("", COMMAND.replace("64KiB", "16KiB"))})
    yield "another size of erase blocks", blocks["s"], blocks["l"], ("cleanmarker",)


def honest():
    """(label, shipped, rebuilt, level, causes) as benign.py has them."""
    later = "find t -exec touch -h -d @1706943909 {} +; "
    made = build({"": ("", COMMAND), "time": ("", later + COMMAND), "pages": ("", COMMAND + " -s 2048"), "plain": ("", COMMAND + " -m none"),
                  "rtime": ("", COMMAND + " -x zlib"), "lzo": ("", COMMAND + " -x zlib -x rtime -X lzo"), "padded": ("", COMMAND + " -p"),
                  "content": ("printf x | dd of=t/etc/numbers bs=1 seek=9000 conv=notrunc", COMMAND)}, BASE + XATTR)
    for label, command in (("without cleanmarkers", COMMAND + " -n"), ("with summaries", COMMAND + " && mv image plain && sumtool -l -e 64KiB -p -i plain -o image")):
        pair = build({"time": ("", later + command), "": ("", command)}, BASE + XATTR)
        yield f"jffs2, times, {label}", pair["time"], pair[""], "repackaged", {"timestamp"}
    base = made[""]
    yield "jffs2, times", made["time"], base, "repackaged", {"timestamp"}
    yield "jffs2, time and order of the other side", base, made["time"], "repackaged", {"timestamp"}
    for name in ("pages", "plain", "rtime", "lzo"):
        yield f"jffs2, {name}", made[name], base, "repackaged", ("compression", "container-metadata", "timestamp")
    yield "jffs2, padded", made["padded"], base, "repackaged", ("container-metadata", "timestamp")
    yield "jffs2, a padding node", base + b"\xff" * (-len(base) % 4) + padding(64), base, "repackaged", {"container-metadata"}
    for kind, at in picked(base).items():
        for name, offset in FREE.get(kind, {}).items():
            yield f"jffs2, {name}", mend(flip(base, at + offset, 4), at), base, "repackaged", None
    for side in ("b", "l"):
        order = build({c: ("", f"{COMMAND} {c}".replace("-l", "-" + side)) for c in ("-x zlib", "-s 4096")}, BASE + XATTR)
        yield f"jffs2, {side}, rtime", order["-x zlib"], order["-s 4096"], "repackaged", ("compression", "container-metadata", "timestamp")
