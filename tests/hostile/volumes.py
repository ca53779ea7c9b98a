# SPDX-License-Identifier: Apache-2.0
"""Images of file systems by the real tools, and what can be done to them. Pairs are as in benign.py (honest) and mutants.py (tampered)."""
import os
import shutil
import struct

from sbtest import need, run


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


TEXT = b"".join(b"line %d of a text that is long enough to be packed\n" % i for i in range(400))
NOISE = bytes((i * i * 7 + i // 3 * 11) & 255 for i in range(9000))


def tree(root="tree", mtime=1700000000, many=40):
    """A small tree with everything that a file system of Unix can hold."""
    shutil.rmtree(root, ignore_errors=True)
    write(f"{root}/bin/tool", b"#!/bin/sh\necho tool\n", 0o755)
    write(f"{root}/bin/login", b"\x7fELF no more\n" + NOISE, 0o4755)
    write(f"{root}/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    write(f"{root}/etc/empty", b"")
    write(f"{root}/usr/share/text", TEXT)
    write(f"{root}/usr/share/copy", TEXT)
    with open(f"{root}/sparse", "wb") as f:
        f.truncate(300000)
        f.seek(200000)
        f.write(b"in the middle")
    os.symlink("share/text", f"{root}/usr/link")
    os.link(f"{root}/bin/tool", f"{root}/bin/other")
    os.mkfifo(f"{root}/fifo", 0o600)
    if os.getuid() == 0:
        os.mknod(f"{root}/null", 0o20666, os.makedev(1, 3))
        os.mknod(f"{root}/disk", 0o60660, os.makedev(8, 1))
        os.chown(f"{root}/etc/passwd", 7, 9)
    for i in range(many):
        write(f"{root}/many/file number {i}", b"%d\n" % i)
    os.setxattr(f"{root}/bin/login", "user.note", b"a note")
    os.setxattr(f"{root}/usr", "user.note", b"another note")
    for folder, names, files in os.walk(root, topdown=False):
        for name in names + files:
            os.utime(os.path.join(folder, name), (mtime, mtime), follow_symlinks=False)
    os.utime(root, (mtime, mtime))
    return root


# what an attacker would do to the tree itself: label, function of its root, words of the finding
def set_mode(root):
    os.chmod(f"{root}/bin/tool", 0o4755)


def set_owner(root):
    os.chown(f"{root}/bin/tool", 0, 33)


def set_xattr(root):
    os.setxattr(f"{root}/bin/tool", "user.capability", b"all of them")


def change_xattr(root):
    os.setxattr(f"{root}/bin/login", "user.note", b"a vote")


def drop_xattr(root):
    os.removexattr(f"{root}/usr", "user.note")


def set_device(root):
    os.unlink(f"{root}/null")
    os.mknod(f"{root}/null", 0o20666, os.makedev(1, 1))


def set_link(root):
    os.unlink(f"{root}/usr/link")
    os.symlink("share/copy", f"{root}/usr/link")


def break_link(root):
    os.unlink(f"{root}/bin/other")
    shutil.copy2(f"{root}/bin/tool", f"{root}/bin/other")


def change_file(root):
    write(f"{root}/etc/passwd", b"root::0:0:root:/root:/bin/sh\n ")


def fill_hole(root):
    with open(f"{root}/sparse", "r+b") as f:
        f.seek(299999)
        f.write(b"!")


def add_file(root):
    write(f"{root}/etc/.hidden", b"")


def drop_file(root):
    os.unlink(f"{root}/etc/empty")


def change_type(root):
    os.unlink(f"{root}/etc/empty")
    os.mkdir(f"{root}/etc/empty")


def add_case(root):
    write(f"{root}/etc/PASSWD", b"x")


CHANGES = [("setuid", set_mode, ("bin/other", "mode")), ("group", set_owner, ("bin/other", "gid")), ("new attribute", set_xattr, ("bin/other", "user.capability")),
           ("changed attribute", change_xattr, ("bin/login", "user.note")), ("lost attribute", drop_xattr, ("usr", "user.note")), ("device", set_device, ("null", "device minor")),
           ("link target", set_link, ("usr/link", "link")), ("hard link became a copy", break_link, ("bin/tool",)), ("content", change_file, ("etc/passwd",)),
           ("byte behind a hole", fill_hole, ("sparse",)), ("new file", add_file, ("etc/.hidden",)), ("lost file", drop_file, ("etc/empty",)),
           ("file became a folder", change_type, ("etc/empty",)), ("name in capitals", add_case, ("etc/PASSWD",))]


def changed(pack, base, skip=()):
    """Each change of the tree, packed like the base."""
    for label, change, words in CHANGES:
        if label in skip or (os.getuid() != 0 and label in ("group", "device")):
            continue
        root = tree()
        change(root)
        for name in ("etc", "bin", "usr", "."):
            os.utime(f"{root}/{name}", (1700000000, 1700000000))
        yield label, pack(root), base, words


def flip(data, at, bit=0):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def put(data, at, form, value):
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form):]


# ---- squashfs ----
PLAIN = ("-noI", "-noD", "-noF", "-noX")


def squashed(root, *more, time=1700000000):
    need("mksquashfs")
    if os.path.exists("made.squashfs"):
        os.unlink("made.squashfs")
    run("mksquashfs", root, "made.squashfs", "-noappend", "-quiet", "-no-progress", "-processors", "1", "-mkfs-time", str(time), *more, code=0)
    return read("made.squashfs")


SQUASHFS_FIELDS = {"magic": (0, 4), "inodes": (4, 4), "block size": (12, 4), "fragments": (16, 4), "compressor": (20, 2), "block log": (22, 2), "flags": (24, 2), "ids": (26, 2),
                   "version": (28, 4), "root inode": (32, 8), "bytes used": (40, 8), "id table": (48, 8), "xattr table": (56, 8), "inode table": (64, 8), "directory table": (72, 8),
                   "fragment table": (80, 8), "export table": (88, 8)}
INODE, FOLDER, USED = 64, 72, 40


def places(data):
    return {name: struct.unpack_from("<Q", data, at)[0] for name, (at, n) in SQUASHFS_FIELDS.items() if n == 8}


def squashfs_inodes(data):
    """Offset of every inode of an image whose metadata is not packed and fits into one block."""
    at, end = places(data)["inode table"] + 2, places(data)["directory table"]
    size = struct.unpack_from("<I", data, 12)[0]
    while at < end:
        yield at
        kind = struct.unpack_from("<H", data, at)[0]
        if kind in (1, 4, 5):
            at += {1: 32, 4: 24, 5: 24}[kind]
        elif kind in (2, 9):
            total, fragment, head = (struct.unpack_from("<I", data, at + 28)[0], struct.unpack_from("<I", data, at + 20)[0], 32) if kind == 2 else \
                (struct.unpack_from("<Q", data, at + 24)[0], struct.unpack_from("<I", data, at + 44)[0], 56)
            at += head + 4 * (total // size + (fragment == 0xffffffff and total % size != 0))
        elif kind == 3:
            at += 24 + struct.unpack_from("<I", data, at + 20)[0]
        elif kind == 8:
            count = struct.unpack_from("<H", data, at + 32)[0]
            at += 40
            for _ in range(count):
                at += 13 + struct.unpack_from("<I", data, at + 8)[0]
        else:
            at += {6: 20, 7: 20, 11: 28, 12: 28, 13: 24, 14: 24}[kind]


def squashfs_times(data):
    """Bytes of times: when it was made, and of each inode."""
    return [range(8, 12)] + [range(at + 8, at + 12) for at in squashfs_inodes(data)]


def squashfs_fields(base):
    for name, (at, n) in SQUASHFS_FIELDS.items():
        for i in range(n):
            yield f"superblock, {name}, byte {i}", flip(base, at + i, 3), base, () if name == "magic" else ("superblock",)


def squashfs_bytes(base):
    """Every second byte of the metadata but those of times."""
    free = {at for place in squashfs_times(base) for at in place}
    for at in range(places(base)["inode table"], places(base)["bytes used"], 2):
        if at not in free:
            yield f"metadata byte {at}", flip(base, at, at % 8), base, ()


def squashfs_hidden(base):
    """Things that are there and in no folder."""
    end = places(base)["bytes used"]
    yield "behind the end", base[:end] + b"\0" * (len(base) - end - 1) + b"!", base, ("overlay",)
    yield "appended", base + b"payload", base, ("overlay",)
    yield "appended image", base + base, base, ("overlay",)
    yield "cut by a byte of its fill", base[:-1], base[:-1] + b"!", ()
    moved, names = bytearray(base), places(base)
    hidden = b"a message of some length, where nothing leads to"
    moved[names["inode table"]:names["inode table"]] = hidden
    for name, at in names.items():
        if name not in ("root inode",) and at != 2**64 - 1 and at >= names["inode table"]:
            struct.pack_into("<Q", moved, SQUASHFS_FIELDS[name][0], at + len(hidden))
    for name in ("id table", "fragment table", "export table"):
        at = names[name] + len(hidden)
        if names[name] != 2**64 - 1:
            struct.pack_into("<Q", moved, at, struct.unpack_from("<Q", moved, at)[0] + len(hidden))
    at = names["xattr table"] + len(hidden)
    if names["xattr table"] != 2**64 - 1:
        struct.pack_into("<Q", moved, at, struct.unpack_from("<Q", moved, at)[0] + len(hidden))
        struct.pack_into("<Q", moved, at + 16, struct.unpack_from("<Q", moved, at + 16)[0] + len(hidden))
    yield "between data and inodes", bytes(moved), base, ("unused bytes of the image",)
    last = max(squashfs_inodes(base), key=lambda at: struct.unpack_from("<I", base, at + 12)[0])  # the root
    folder = names["directory table"] + 2 + struct.unpack_from("<H", base, last + 26)[0]
    assert struct.unpack_from("<H", base, last)[0] == 1
    count, start, number = struct.unpack_from("<III", base, folder)
    at = folder + 12
    for _ in range(count):
        at += 9 + struct.unpack_from("<H", base, at + 6)[0]
    lost = 9 + struct.unpack_from("<H", base, at + 6)[0]
    less = put(put(base, folder, "<I", count - 1), last + 24, "<H", struct.unpack_from("<H", base, last + 24)[0] - lost)
    yield "a name taken out of the root", less, base, ("without a name",)


def squashfs_pairs():
    base = squashed(tree(many=3), *PLAIN)
    yield from squashfs_fields(base)
    yield from squashfs_hidden(base)
    yield from squashfs_bytes(base)
    yield from changed(squashed, squashed(tree()))
    packed = squashed(tree(), "-comp", "xz")  # whose blocks have checks: no bit of them is free
    for at in range(100, places(packed)["bytes used"], 151):
        yield f"packed byte {at}", flip(packed, at, at % 8), packed, ()


def squashfs_honest():
    root = tree()
    base = squashed(root)
    yield "time", squashed(root, time=1706943909), base, "repackaged", {"timestamp"}
    yield "times of files", squashed(tree(mtime=1706943909)), squashed(tree()), "repackaged", {"timestamp"}
    root = tree()
    for label, flags in (("xz", ("-comp", "xz")), ("xz with a filter", ("-comp", "xz", "-Xbcj", "x86")), ("lz4", ("-comp", "lz4")), ("zstd", ("-comp", "zstd")), ("lzma", ("-comp", "lzma")), ("lzo", ("-comp", "lzo")),
                         ("level", ("-Xcompression-level", "1")), ("not packed", PLAIN), ("block size", ("-b", "4096")), ("no fragments", ("-no-fragments",)),
                         ("no export", ("-no-exports",)), ("copies", ("-no-duplicates", "-no-hardlinks")[:1])):
        made = squashed(root, *flags)
        if made != base:
            yield label, made, base, "repackaged", ("compression",)
    with open("order", "w") as f:
        f.write("tree/usr/share/text 300\ntree/bin/login 200\n")
    yield "order of blocks", squashed(root, "-sort", "order"), base, "repackaged", ("compression",)
    yield "without fill", base[:places(base)["bytes used"]], base, "repackaged", set()
    yield "filled to an erase block", base + b"\0" * (-len(base) % 65536), base, "repackaged", set()
