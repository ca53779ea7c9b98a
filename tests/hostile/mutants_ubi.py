# SPDX-License-Identifier: Apache-2.0
"""Tampered and honest pairs of UBIFS and of UBI. Nodes and headers stand here a second time, written from fs/ubifs/ubifs-media.h and
drivers/mtd/ubi/ubi-media.h and not from the product."""
import io
import os
import struct
import subprocess
import tarfile
import zlib

from make_flash import VARIANTS, build, tampered
from mutants import flip, put

LEB, PEB = 15872, 16384
COMMAND = f"mkfs.ubifs -r t -m 512 -e {LEB} -c 64 -o image"
INODE, DATA, DIRENT, XENT, PAD, SUPERBLOCK, MASTER, INDEX, COMMIT = 0, 1, 2, 3, 5, 6, 7, 9, 10
FIELDS = {
    INODE: {"key": (24, 4), "kind of key": (31, 1), "rest of the key": (32, 8), "size": (48, 8), "nlink": (92, 4), "uid": (96, 4), "gid": (100, 4), "mode": (104, 4),
            "flags": (108, 4), "data_len": (112, 4), "xattr_cnt": (116, 4), "xattr_size": (120, 4), "padding1": (124, 4), "xattr_names": (128, 4), "padding2": (134, 26)},
    DATA: {"key": (24, 4), "block": (28, 4), "size": (40, 4), "compr_type": (44, 2), "compr_size": (46, 2), "rest of the key": (32, 8)},
    DIRENT: {"key": (24, 4), "hash": (28, 4), "inum": (40, 8), "padding1": (48, 1), "type": (49, 1), "nlen": (50, 2), "name": (56, 1), "rest of the key": (32, 8)},
    SUPERBLOCK: {"padding": (24, 2), "key_hash": (26, 1), "key_fmt": (27, 1), "flags": (28, 4), "min_io_size": (32, 4), "leb_size": (36, 4), "leb_cnt": (40, 4), "max_leb_cnt": (44, 4),
                 "max_bud_bytes": (48, 8), "log_lebs": (56, 4), "lpt_lebs": (60, 4), "orph_lebs": (64, 4), "jhead_cnt": (68, 4), "fanout": (72, 4), "lsave_cnt": (76, 4),
                 "fmt_version": (80, 4), "rp_uid": (88, 4), "rp_gid": (92, 4), "rp_size": (96, 8), "time_gran": (104, 4), "ro_compat_version": (124, 4), "hmac": (128, 64),
                 "padding2": (4000, 8)},
    MASTER: {"flags": (40, 4), "root_lnum": (48, 4), "root_offs": (52, 4), "root_len": (56, 4), "lpt_lnum": (120, 4), "lpt_offs": (124, 4), "ltab_lnum": (136, 4), "ltab_offs": (140, 4),
             "padding": (400, 8), "hash_root_idx": (168, 8)},
    INDEX: {"child_cnt": (24, 2), "level": (26, 2), "lnum": (28, 4), "offs": (32, 4), "len": (36, 4), "key": (40, 4)},
    PAD: {"pad_len": (24, 4)},
    COMMIT: {"cmt_no": (24, 8)},
}
FREE = {INODE: {"creat_sqnum": 40, "atime_sec": 56, "ctime_sec": 64, "mtime_sec": 72, "mtime_nsec": 88}, DIRENT: {"cookie": 52}, SUPERBLOCK: {"uuid": 108, "default_compr": 84}}


def crc(data):
    return zlib.crc32(data) ^ 0xffffffff


def nodes(image):
    """(type, offset, length) of every node."""
    at = 0
    while at + 24 <= len(image):
        magic, _, _, length, kind = struct.unpack_from("<IIQIB", image, at)
        if magic == 0x06101831 and length >= 24:
            yield kind, at, length
            at += length + 7 & ~7
        else:
            at += 8


def mend(image, at):
    length = struct.unpack_from("<I", image, at + 16)[0]
    return image[:at + 4] + struct.pack("<I", crc(image[at + 8:at + length])) + image[at + 8:]


def picked(image):
    """One node of each kind that holds something; the second index node, which leads to leaves."""
    found = {}
    for kind, at, length in nodes(image):
        if kind != INODE or length >= 160:
            found.setdefault(kind, []).append(at)
    return {kind: places[len(places) // 2] for kind, places in found.items()}


def fields(image):
    for kind, at in picked(image).items():
        for name, (offset, width) in FIELDS.get(kind, {}).items():
            bad = flip(image, at + offset)
            both = mend(bad, at)
            if kind == MASTER:  # so in both copies
                other = next(o for k, o, _ in nodes(image) if k == MASTER and o != at)
                both = mend(flip(both, other + offset), other)
            yield f"node {kind} {name}, sum stale", bad, image, ()
            yield f"node {kind} {name}, sum mended", both, image, ()
        for name, offset in {"magic": 0, "crc": 4, "sqnum": 8, "len": 16, "node_type": 20, "padding": 22, **FREE.get(kind, {})}.items():
            yield f"node {kind} {name}, sum stale", flip(image, at + offset), image, ()
        for name, offset in (("len", 16), ("node_type", 20), ("padding", 22)):
            yield f"node {kind} {name}, sum mended", mend(flip(image, at + offset), at), image, ()
    yield "one copy of the master", mend(flip(image, next(o for k, o, _ in nodes(image) if k == MASTER) + 60), next(o for k, o, _ in nodes(image) if k == MASTER)), image, ()


def node(kind, body):
    return mend(struct.pack("<IIQIBBH", 0x06101831, 0, 999, 24 + len(body), kind, 0, 0) + body, 0)


def inode_of(image, name):
    """Where the inode of a name lies."""
    number = next(struct.unpack_from("<Q", image, at + 40)[0] for kind, at, length in nodes(image)
                  if kind == DIRENT and image[at + 56:at + length - 1] == name)
    return next(at for kind, at, length in nodes(image) if kind == INODE and length >= 160 and struct.unpack_from("<I", image, at + 24)[0] == number)


def erased(image, n=600):
    """Erased flash behind the last node of the blocks of data, aligned."""
    at = max(at for kind, at, _ in nodes(image) if kind == PAD) + 1200 & ~7
    assert image[at:at + n] == b"\xff" * n
    return at


def hidden(image):
    free, conf = erased(image), inode_of(image, b"acme.conf")
    length = struct.unpack_from("<I", image, conf + 16)[0]
    yield "bytes in erased flash", put(image, free, b"evil"), image, ("gap",)
    yield "a copy of an inode that nobody sees", put(image, free, mend(put(image[conf:conf + length], 104, b"\xed\x8d\0\0"), 0)), image, ("nobody sees",)
    yield "a name that nobody sees", put(image, free, node(DIRENT, struct.pack("<IIQQBBHI", 1, 2 << 29 | 77, 0, 99, 0, 0, 4, 0) + b"evil\0")), image, ("nobody sees",)
    yield "a journal that is to be replayed", put(image, free, node(8, bytes(40))), image, ()
    yield "bytes behind the last block", image + b"evil" * 4, image, ()
    yield "a block less", image[:-LEB], image, ()
    pad = picked(image)[PAD]
    yield "bytes in padding", put(image, pad + 40, b"e"), image, ("gap",)
    gap = next(at + length for kind, at, length in nodes(image) if length % 8 and kind == DIRENT)
    yield "bytes between two nodes", put(image, gap, b"e"), image, ("gap",)
    lpt = (3 + struct.unpack_from("<I", image, 56)[0]) * LEB
    for i in range(0, 40, 3):
        yield f"byte {i} of the tree of free space", flip(image, lpt + i), image, ()
    yield "bytes behind the tree of free space", put(image, lpt + LEB - 100, b"evil"), image, ("gap",)
    yield "a log that holds more", put(image, 3 * LEB + 8192, b"evil"), image, ("gap",)


def replace_leaf(image, old, new):
    """A leaf in its place, and the key that the index has of it."""
    at = image.index(old)
    image = put(image, at, new)
    lnum, offs = at // LEB, at % LEB
    for kind, where, length in nodes(image):
        for branch in range(where + 28, where + length - 19, 20) if kind == INDEX else ():
            if struct.unpack_from("<II", image, branch) == (lnum, offs):
                return mend(image[:branch + 12] + new[24:32] + image[branch + 20:], where)
    raise AssertionError("no branch leads there")


def index_of(image):
    """Nodes of the index by level, each with its branches: (place of the branch, where it leads), from the root on."""
    def walk(at):
        count, level = struct.unpack_from("<HH", image, at + 24)
        branches = [(at + 28 + 20 * i, lnum * LEB + offs) for i in range(count) for lnum, offs in [struct.unpack_from("<II", image, at + 28 + 20 * i)]]
        levels.setdefault(level, []).append((at, branches))
        for _, child in branches if level else ():
            walk(child)
    levels, master = {}, next(at for kind, at, _ in nodes(image) if kind == MASTER)
    lnum, offs = struct.unpack_from("<II", image, master + 48)
    walk(lnum * LEB + offs)
    return levels


def key_at(image, branch):
    return struct.unpack_from("<II", image, branch + 12)


def reindexed(image):
    """The leaves in the order of their keys, and each inner branch with the first key of what it leads to."""
    levels, out = index_of(image), bytearray(image)
    places = [branch for _, branches in levels[0] for branch, _ in branches]
    for place, branch in zip(places, sorted(places, key=lambda b: key_at(image, b))):
        out[place:place + 20] = image[branch:branch + 20]
    for level in sorted(levels)[1:]:
        for _, branches in levels[level]:
            for branch, child in branches:
                out[branch + 12:branch + 20] = out[child + 40:child + 48]
    out = bytes(out)
    for at in [at for level in levels.values() for at, _ in level]:
        out = mend(out, at)
    return out


def unfound(image):
    """Keys of inner branches that lead past a leaf: one more than the first key of the child, and the last key of the child before."""
    levels = index_of(image)
    at, branches = next((at, b) for level in sorted(levels)[1:] for at, b in levels[level] if len(b) > 1)
    branch, child = branches[1]
    first = struct.unpack_from("<II", image, child + 40)
    count = struct.unpack_from("<H", image, branches[0][1] + 24)[0]
    before = struct.unpack_from("<II", image, branches[0][1] + 40 + 20 * (count - 1))
    for label, key in (("behind the first key of its node", (first[0], first[1] + 1)), ("the last key of the node before", before)):
        yield f"a branch, its key {label}", mend(put(image, branch + 12, struct.pack("<II", *key)), at), image, ("index",)


def said(image, at, form, value):
    """A number in both copies of the master."""
    for where in [where for kind, where, _ in nodes(image) if kind == MASTER]:
        number = struct.pack(form, value)
        image = mend(image[:where + at] + number + image[where + at + len(number):], where)
    return image


def unmounted(image):
    """What no kernel mounts, or what it writes over."""
    data = next(at for kind, at, _ in nodes(image) if kind == DATA) // LEB
    for label, at, form, value in (("largest inode below one that is there", 24, "<Q", 64), ("largest inode at the limit", 24, "<Q", 0xffffff00), ("collector in a block with data", 60, "<I", data),
                                   ("head of the index in a block with data", 64, "<I", data), ("head of the index over the index", 68, "<I", 0), ("sequence number at the limit", 8, "<Q", 0xffffffffff000001),
                                   ("log elsewhere", 44, "<I", data), ("free room", 80, "<Q", 1 << 40), ("head of the tree of free space over it", 132, "<I", 0)):
        yield f"master, {label}", said(image, at, form, value), image, ("master",)
    inode = inode_of(image, b"acme.conf")
    yield "an inode compressed in a way that nobody knows", mend(put(image, inode + 132, b"\xff\0"), inode), image, ("inode",)
    yield "a default compression that nobody knows", mend(put(image, 84, b"\xff\0"), 0), image, ("superblock",)
    yield "an inode that is newer than the master", mend(put(image, inode + 8, struct.pack("<Q", 1 << 40)), inode), image, ("inode",)


def skipped_frame():
    """A block of zstd with a frame behind it that holds nothing for the reader."""
    image = build({"": ("", COMMAND + " -x zstd")})[""]
    at, length = next((at, length) for kind, at, length in nodes(image) if kind == DATA and struct.unpack_from("<H", image, at + 44)[0] == 3)
    behind = b"a text in a frame that is skipped"
    new = image[at:at + length] + struct.pack("<II", 0x184d2a50, len(behind)) + behind
    free = erased(image)
    shipped = put(put(image, at, b"\xff" * (length + 7 & ~7)), free, mend(put(new, 16, struct.pack("<I", len(new))), 0))
    for where, branches in index_of(image)[0]:
        for branch, child in branches:
            if child == at:
                shipped = mend(put(shipped, branch, struct.pack("<III", free // LEB, free % LEB, len(new))), where)
    yield "a frame that is skipped in a block", shipped, image, ()


def wide(image):
    """All leaves in one node of the index, more than the superblock allows."""
    levels = index_of(image)
    branches = b"".join(image[branch:branch + 20] for _, node in levels[0] for branch, _ in node)
    at = min(at for level in levels.values() for at, _ in level)
    shipped = bytearray(image)
    for where in [where for level in levels.values() for where, _ in level]:
        length = struct.unpack_from("<I", image, where + 16)[0] + 7 & ~7
        shipped[where:where + length] = b"\xff" * length
    index = struct.pack("<IIQIBBHHH", 0x06101831, 0, 9, 28 + len(branches), INDEX, 0, 0, len(branches) // 20, 0) + branches
    shipped = mend(put(bytes(shipped), at, index), at)
    for offset, value in ((48, at // LEB), (52, at % LEB), (56, len(index))):
        shipped = said(shipped, offset, "<I", value)
    yield "a node of the index with too many branches", shipped, image, ()


def attributes(image):
    """The tools write none, so the name of a link becomes an attribute of its folder: the target is the value."""
    at, length = next((at, length) for kind, at, length in nodes(image) if kind == DIRENT and image[at + 56:at + length - 1] == b"sh")
    entry = image[at:at + length]
    key = struct.unpack_from("<I", entry, 28)[0] & 0x1fffffff | 3 << 29
    base = reindexed(replace_leaf(image, entry, mend(entry[:20] + bytes([XENT]) + entry[21:28] + struct.pack("<I", key) + entry[32:], 0)))
    value = inode_of(image, b"sh")
    yield "an attribute instead of a link", base, image, ("bin/sh",)
    yield "another value of an attribute", mend(put(base, value + 160, b"evil"), value), base, ("bin", "attributes")
    yield "another name of an attribute", mend(put(base, at + 56, b"sx"), at), base, ("bin", "attributes")


def ubifs_pairs():
    yield from tampered(COMMAND, VARIANTS)
    image = build({"": ("", COMMAND)})[""]
    yield from fields(image)
    yield from hidden(image)
    yield from attributes(image)
    yield from unfound(image)
    yield from unmounted(image)
    yield from skipped_frame()
    yield from wide(image)


def ubifs_honest():
    """The time of the last change is that of the making, whatever touch says."""
    later = "find t -exec touch -h -d @1706943909 {} +; "
    made = build({"": ("", COMMAND), "again": ("", COMMAND), "time": ("", later + COMMAND), "zlib": ("", COMMAND + " -x zlib"), "zstd": ("", COMMAND + " -x zstd"),
                  "favor": ("", COMMAND + " -x favor_lzo")})
    base = made[""]
    yield "ubifs, uuid", made["again"], base, "repackaged", ("random", "timestamp")
    yield "ubifs, times", made["time"], base, "repackaged", ("random", "timestamp")
    for name in ("zlib", "zstd", "favor"):
        yield f"ubifs, {name}", made[name], base, "repackaged", ("compression", "random", "container-metadata", "timestamp")
    for kind, at in picked(base).items():
        for name, offset in FREE.get(kind, {}).items():
            yield f"ubifs, {name}", mend(flip(base, at + offset, 1), at), base, "repackaged", None


# ---- UBI ----

def volumes(parts, *options):
    """ubinize of (name, kind, content, more lines); PEBs of 16 KiB."""
    lines = []
    for number, (name, kind, content, more) in enumerate(parts):
        with open(f"volume{number}", "wb") as f:
            f.write(content)
        lines += [f"[v{number}]", "mode=ubi", f"image=volume{number}", f"vol_id={number}", f"vol_type={kind}", f"vol_name={name}", *more]
    with open("volumes.ini", "w") as f:
        f.write("\n".join(lines) + "\n")
    subprocess.run(["ubinize", "-o", "image.ubi", "-p", str(PEB), "-m", "512", "-s", "256", "-Q", "7", *options, "volumes.ini"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    with open("image.ubi", "rb") as f:
        data = f.read()
    os.unlink("image.ubi")
    return data


EC = {"version": 4, "padding1": 5, "vid_hdr_offset": 16, "data_offset": 20, "image_seq": 24, "padding2": 28}
VID = {"version": 4, "vol_type": 5, "copy_flag": 6, "compat": 7, "vol_id": 11, "lnum": 15, "padding1": 16, "data_size": 23, "used_ebs": 27, "data_pad": 31, "data_crc": 35, "padding2": 36,
       "padding3": 48}
RECORD = {"reserved_pebs": 3, "alignment": 7, "data_pad": 11, "vol_type": 12, "upd_marker": 13, "name_len": 15, "name": 16, "name behind its end": 100, "flags": 144, "padding": 150}


def mend_head(image, at):
    return image[:at + 60] + struct.pack(">I", crc(image[at:at + 60])) + image[at + 64:]


def mend_record(image, at):
    return image[:at + 168] + struct.pack(">I", crc(image[at:at + 168])) + image[at + 172:]


def firmware(text=b"#!/bin/sh\nexec acme\n"):
    return volumes([("rootfs", "dynamic", text * 2000, ["vol_size=256KiB", "vol_flags=autoresize"]), ("boot", "static", b"bootargs=quiet\n" * 1500, [])])


def blocks(image):
    """{(volume, number): offset}"""
    found = {}
    for at in range(0, len(image), PEB):
        vid = at + struct.unpack_from(">I", image, at + 16)[0]
        if image[vid:vid + 4] == b"UBI!":
            found[struct.unpack_from(">II", image, vid + 8)] = at
    return found


def ubi_pairs():
    image = firmware()
    where, data = blocks(image), struct.unpack_from(">I", image, 20)[0]
    rootfs, boot, table = where[0, 1], where[1, 0], where[0x7fffefff, 0]
    vid = struct.unpack_from(">I", image, 16)[0]
    for name, offset in EC.items():
        yield f"EC {name}, sum stale", flip(image, rootfs + offset), image, ()
        yield f"EC {name}, sum mended", mend_head(flip(image, rootfs + offset), rootfs), image, ()
    yield "EC ec, sum stale", flip(image, rootfs + 15), image, ()
    yield "EC ec beyond what flash survives", mend_head(put(image, rootfs + 8, b"evil"), rootfs), image, ()
    for label, at in (("dynamic", rootfs), ("static", boot)):
        for name, offset in VID.items():
            yield f"VID of a {label} volume, {name}, sum stale", flip(image, at + vid + offset), image, ()
            yield f"VID of a {label} volume, {name}, sum mended", mend_head(flip(image, at + vid + offset), at + vid), image, ()
    yield "VID sqnum, sum stale", flip(image, rootfs + vid + 47), image, ()
    for copy in (0, 1):
        at = where[0x7fffefff, copy] + data
        for name, offset in RECORD.items():
            yield f"record {name}, copy {copy}, sum stale", flip(image, at + offset), image, ("volume record",)
            yield f"record {name}, copy {copy}, sum mended", mend_record(flip(image, at + offset), at), image, ()
    yield "another volume", mend_record(put(image, table + data + 2 * 172, image[table + data:table + data + 168]), table + data + 344), image, ()
    yield "content of a dynamic volume", flip(image, rootfs + data + 77), image, ("rootfs",)
    yield "content of a static volume, sum stale", flip(image, boot + data + 77), image, ("boot",)
    bad = flip(image, boot + data + 77)
    size = struct.unpack_from(">I", image, boot + vid + 20)[0]
    bad = mend_head(put(bad, boot + vid + 32, struct.pack(">I", crc(bad[boot + data:boot + data + size]))), boot + vid)
    yield "content of a static volume, sums mended", bad, image, ("boot",)
    last = where[1, max(n for v, n in where if v == 1)]
    tail = last + data + struct.unpack_from(">I", image, last + vid + 20)[0]
    yield "bytes behind a static volume", put(image, tail + 9, b"evil"), image, ("gap",)
    yield "bytes between the headers", put(image, rootfs + 100, b"evil"), image, ("gap",)
    yield "bytes before the data", put(image, rootfs + vid + 70, b"evil"), image, ("gap",)
    newer = mend_head(put(image[rootfs:rootfs + PEB], vid + 40, b"\0\0\0\0\0\0\0\1"), vid)
    evil = newer.replace(b"exec acme", b"exec evil")
    yield "a newer block of a number", image + evil, image, ("rootfs",)
    yield "an older block of a number", image.replace(image[rootfs:rootfs + PEB], newer) + image[rootfs:rootfs + PEB].replace(b"exec acme", b"exec evil"), image, ("nobody sees",)
    yield "a block of a volume that is not there", image + mend_head(put(newer, vid + 8, b"\0\0\0\5"), vid), image, ("nobody sees",)
    yield "a block beyond its volume", image + mend_head(put(newer, vid + 12, b"\0\1\0\0"), vid), image, ("nobody sees",)
    yield "a block less", image[:rootfs] + b"\xff" * PEB + image[rootfs + PEB:], image, ("rootfs",)
    yield "two blocks changed numbers", mend_head(mend_head(put(put(image, rootfs + vid + 15, b"\2"), where[0, 2] + vid + 15, b"\1"), rootfs + vid), where[0, 2] + vid), image, ("rootfs",)
    yield "bytes in an erased block", image + b"\xff" * 100 + b"evil" + b"\xff" * (PEB - 104), image, ()
    yield "bytes behind the last block", image + b"evil", image, ()
    yield "without a volume table", image.replace(image[table:table + 2 * PEB], b"\xff" * (2 * PEB)), image, ()
    yield "erase blocks of another size", volumes([("x", "dynamic", b"x" * 9000, ["vol_size=64KiB"])]), volumes([("x", "dynamic", b"x" * 9000, ["vol_size=64KiB"])], "-s", "512"), ()
    yield from unattached(image)
    yield "the same in a file system in a tar", *nested(), ("x.ubi", "rootfs", "etc/acme.conf")


def unattached(image):
    """What the kernel attaches in another way than it seems, or not at all, or what ends its life."""
    where, vid, data = blocks(image), struct.unpack_from(">I", image, 16)[0], struct.unpack_from(">I", image, 20)[0]
    counts = [n for volume, n in where if volume == 1]
    content = b"".join(image[where[1, n] + data:where[1, n] + data + struct.unpack_from(">I", image, where[1, n] + vid + 20)[0]] for n in sorted(counts))
    assert len(counts) == 2
    short = image
    for n, part in enumerate((content[:9000], content[9000:])):
        at = where[1, n]
        short = short[:at + data] + part + b"\xff" * (PEB - data - len(part)) + short[at + PEB:]
        short = mend_head(put(put(short, at + vid + 20, struct.pack(">I", len(part))), at + vid + 32, struct.pack(">I", crc(part))), at + vid)
    yield "a block of a static volume that is not full", short, image, ("boot",)
    erased_block = image[:64] + b"\xff" * (PEB - 64)
    for label, offset, value in (("version", 4, b"\2"), ("offset of the volume header", 16, b"\0\0\1\xc0"), ("offset of the data", 20, b"\0\0\4\0")):
        yield f"an erased block of another {label}", image + mend_head(put(erased_block, offset, value), 0), image, ("erase counter",)
    rootfs = where[0, 1]
    yield "EC ec at its end", mend_head(put(image, rootfs + 12, b"\x7f\xff\xff\xff"), rootfs), image, ("erase counter",)
    yield "VID sqnum at its end", mend_head(put(image, rootfs + vid + 40, b"\xff" * 8), rootfs + vid), image, ("volume identifier",)
    gap = b"evil" + b"\xff" * 60
    yield "bytes between headers of two blocks", put(image, rootfs + 128, gap), put(image, where[0, 2] + 128, gap), ("gap at",)


def nested():
    """One byte of a file in a UBIFS in a UBI in a tar."""
    for change in (r"printf 'port=81\n' > t/etc/acme.conf; chown 7:8 t/etc/acme.conf", ""):
        image = volumes([("rootfs", "dynamic", build({"": (change, COMMAND)})[""], ["vol_size=4MiB"])])
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            entry = tarfile.TarInfo("x.ubi")
            entry.size = len(image)
            tar.addfile(entry, io.BytesIO(image))
        yield out.getvalue()


def ubi_honest():
    image = firmware()
    where, vid = blocks(image), struct.unpack_from(">I", image, 16)[0]
    rootfs = where[0, 1]
    parts = [("rootfs", "dynamic", b"#!/bin/sh\nexec acme\n" * 2000, ["vol_size=256KiB", "vol_flags=autoresize"]), ("boot", "static", b"bootargs=quiet\n" * 1500, [])]
    yield "ubi, sequence number of the image", volumes(parts, "-Q", "99"), image, "repackaged", {"random"}
    yield "ubi, erase counters", volumes(parts, "-e", "5"), image, "repackaged", None
    yield "ubi, sequence number of a block", mend_head(put(image, rootfs + vid + 47, b"\7"), rootfs + vid), image, "repackaged", None
    yield "ubi, an erased block more", image + b"\xff" * PEB, image, "repackaged", {"container-metadata"}
    first, second = image[rootfs:rootfs + PEB], image[where[0, 2]:where[0, 2] + PEB]
    yield "ubi, blocks in another order", image.replace(first, b"-" * PEB).replace(second, first).replace(b"-" * PEB, second), image, "repackaged", None
    made = build({"": ("", COMMAND), "zlib": ("", COMMAND + " -x zlib")})
    yield "ubi, another compression in it", *(volumes([("rootfs", "dynamic", made[name], ["vol_size=4MiB"])]) for name in ("zlib", "")), "repackaged", None
