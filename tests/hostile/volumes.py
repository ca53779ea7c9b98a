# SPDX-License-Identifier: Apache-2.0
"""Images of file systems by the real tools, and what can be done to them. Pairs are as in benign.py (honest) and mutants.py (tampered)."""
import os
import shutil
import struct
import zlib

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


def put(data, at, form, *values):
    return data[:at] + struct.pack(form, *values) + data[at + struct.calcsize(form):]


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
        if name != "root inode" and at != 2**64 - 1 and at >= names["inode table"]:
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


def squashfs_readers():
    """Blocks that decode here and not in Linux, which keeps only so much."""
    base = squashed(tree(many=3), "-comp", "xz", "-no-fragments")
    at = base.index(b"\xfd7zXZ\0") + 12
    head = base[at:at + (base[at] + 1) * 4]
    large = head.index(b"\x21\1") + 2
    head = put(head, large, "<B", 0x1c)
    yield "a dictionary larger than blocks", base[:at] + put(head, len(head) - 4, "<I", zlib.crc32(head[:-4])) + base[at + len(head):], base, ("tree",)
    small = squashed(tree(many=3), "-comp", "xz", "-Xdict-size", "16384")
    assert struct.unpack_from("<HI", small, 96) == (0x8008, 16384)
    shutil.rmtree("tiny", ignore_errors=True)
    write("tiny/file", b"a" * 200)
    frame = squashed("tiny", "-comp", "zstd", "-no-fragments")
    at = frame.index(b"\x28\xb5\x2f\xfd\x20" + bytes([200]))  # a single segment of so many bytes
    yield "a window larger than blocks", put(frame, at + 4, "<BB", 0, 0x88), frame, ("tree",)
    yield "a dictionary of an option that Linux refuses", put(small, 98, "<I", 20480), small, ("tree",)


def squashfs_pairs():
    yield from squashfs_readers()
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
                         ("no export", ("-no-exports",)), ("copies", ("-no-duplicates",))):
        made = squashed(root, *flags)
        if made != base:
            yield label, made, base, "repackaged", ("compression",)
    with open("order", "w") as f:
        f.write("tree/usr/share/text 300\ntree/bin/login 200\n")
    yield "order of blocks", squashed(root, "-sort", "order"), base, "repackaged", ("compression",)
    yield "without fill", base[:places(base)["bytes used"]], base, "repackaged", set()
    yield "filled to an erase block", base + b"\0" * (-len(base) % 65536), base, "repackaged", set()


# ---- ext2, ext3, ext4 ----
IDS = "11111111-2222-4333-8444-555555555555", "21111111-2222-4333-8444-666666666666"


def extended(root, *more, kind="ext4", time=1700000000, uuid=IDS[0], seed=IDS[0], size="2M"):
    need("mke2fs")
    for folder, names, files in os.walk(root, topdown=False):  # it keeps when a file was read last
        for name in names + files:
            path = os.path.join(folder, name)
            os.utime(path, (os.lstat(path).st_mtime,) * 2, follow_symlinks=False)
    os.utime(root, (os.stat(root).st_mtime,) * 2)
    if os.path.exists("made.ext"):
        os.unlink("made.ext")
    run("mke2fs", "-q", "-F", "-t", kind, "-b", "1024", "-d", root, "-U", uuid, "-E", f"hash_seed={seed}", *more, "made.ext", size,
        env={"E2FSPROGS_FAKE_TIME": str(time)}, code=0)
    return read("made.ext")


SUPER = 1024
EXT_FREE = [(44, 4), (48, 4), (64, 4), (264, 4)]  # times


def crc32c(crc, data):
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


def with_super_sum(data):
    return put(data, SUPER + 1020, "<I", crc32c(0xffffffff, data[SUPER:SUPER + 1020]))


def ext_supers(base):
    """Every fifth byte of the superblock, with its checksum as it was and made again."""
    free = {at for start, n in EXT_FREE for at in range(start, start + n)} | set(range(104, 120)) | set(range(236, 252))
    for at in range(0, 1020, 5):
        bad = flip(base, SUPER + at, at % 8)
        yield f"superblock byte {at}", bad, base, ()
        if at not in free:
            yield f"superblock byte {at}, summed again", with_super_sum(bad), base, ()


def debugged(base, *commands):
    """The image after commands of debugfs, which keeps all checksums right."""
    need("debugfs")
    write("bad.ext", base)
    run("debugfs", "-w", "-f", "-", "bad.ext", stdin="\n".join(commands) + "\n", code=0, env={"E2FSPROGS_FAKE_TIME": "1700000000"})
    return read("bad.ext")


def ext_edited(base):
    """What debugfs can do to inodes, with right checksums."""
    for name, command, word in (("mode", "sif bin/tool mode 0104755", "mode"), ("uid", "sif bin/tool uid 1000", "uid"), ("high uid", "sif bin/tool uid_high 1", "uid"),
                                ("links", "sif bin/tool links_count 9", "links"), ("flags", "sif bin/tool flags 0x80010", "flags"), ("generation", "sif bin/tool generation 77", "generation"),
                                ("version", "sif bin/tool version 77", "version"), ("sectors", "sif bin/tool blocks 6", "sectors"), ("deleted", "sif bin/tool dtime 0x1234", "deleted at"),
                                ("fragment", "sif bin/tool faddr 0x1234", "fragment address"), ("size", "sif etc/passwd size 20", ""), ("project", "sif bin/tool projid 7", "project"),
                                ("a name taken away", "unlink etc/empty", "without a name"), ("a file removed", "rm etc/empty", "etc/empty"), ("moved", "ln etc/empty etc/other", "etc/other"),
                                ("attribute", "ea_set bin/tool user.x y", "user.x"), ("label", "ssv volume_name EVIL", "label"), ("mount options", "ssv mount_opts suid", "mount options"),
                                ("state", "ssv state 3", "state"), ("orphan", "ssv last_orphan 13", "first orphan"), ("free count", "ssv free_blocks_count 1", "free counts"),
                                ("free count of a group", "set_bg 0 free_blocks_count 1", "descriptor of group 0"), ("block bitmap", "setb 1500", "block bitmap of group 0"),
                                ("inode bitmap", "seti <100>", "inode bitmap of group 0"), ("used blocks as free", "freeb 60", "block bitmap of group 0"),
                                ("boot loader", "sif <5> size 7", "reserved inode 5"), ("journal", "sif <8> mode 0100666", "reserved inode 8")):
        commands = (command, "set_bg 0 checksum calc") if command.startswith("set_bg") else (command,)
        bad = debugged(base, *commands)
        if bad != base:
            yield f"debugfs: {name}", bad, base, (word,) if word else ()


def ext_blocks(base):
    """A byte in every block: of metadata it breaks a checksum, of files their content, and free blocks have no owner that expects it."""
    for block in range(1, len(base) // 1024):
        yield f"block {block}", flip(base, block * 1024 + 5 + block % 90, block % 8), base, ()


def ext_hidden(base):
    last = len(base) - 1024
    yield "in a free block", base[:last] + b"hidden" + base[last + 6:], base, ("free block",)
    yield "in the boot block", b"hidden" + base[6:], base, ("boot block",)
    yield "behind the end", base + b"hidden", base, ("overlay",)
    yield "text as a UUID, summed again", with_super_sum(base[:SUPER + 104] + b"a message of us!" + base[SUPER + 120:]), base, ()
    yield "text as a seed, summed again", with_super_sum(base[:SUPER + 236] + b"a message of us!" + base[SUPER + 252:]), base, ("hash seed",)
    at = base.index(b"root:x:0:0")
    yield "behind the end of a file", base[:at + 900] + b"hidden" + base[at + 906:], base, ("slack of etc/passwd",)
    at = base.index(b"\xc0\x3b\x39\x98")
    yield "in the journal", base[:at + 5000] + b"hidden" + base[at + 5006:], base, ("of the journal",)
    yield "in the journal's superblock", base[:at + 200] + b"hidden" + base[at + 206:], base, ("superblock of the journal",)


# ---- what Linux reads in another way than it looks; images without checksums, so that nothing has to be mended ----
BARE = "^has_journal,^metadata_csum,^64bit,^resize_inode"


def ext_folder_tree():
    shutil.rmtree("folder", ignore_errors=True)
    for i in range(120):
        write(f"folder/conf.d/{i:03}-a-rule-with-a-long-name", b"")
    with open("folder/rules", "wb") as f:
        for i in range(0, 14, 2):
            f.seek(i * 1024)
            f.write(b"deny rule %d\n" % i * 70)
        f.truncate(14 * 1024)
    write("folder/notes", b"notes\n")
    return "folder"


def ext_names(folder):
    base = extended(folder, "-O", BARE)
    at = base.index(b"notes") - 8
    yield "a name without a type", put(base, at + 7, "<B", 0), base, ()
    last = max((base.index(name) - 8 for name in (b"notes", b"rules", b"conf.d")))
    yield "the last name of a folder has no length", put(base, last + 4, "<H", 0), base, ()
    yield "the last name of a folder has the length of a block of 64 KiB", put(base, last + 4, "<H", 65535), base, ()
    dot = base.index(b"\x0c\0\1\2.\0\0\0")
    yield "a dot that is said to be a file", put(base, dot + 3, "<B", 1), base, ()
    need("e2fsck")
    write("indexed.ext", base)
    run("e2fsck", "-fyD", "indexed.ext", env={"E2FSPROGS_FAKE_TIME": "1700000000"})
    indexed = read("indexed.ext")
    yield "another seed over the same index", indexed[:SUPER + 236] + bytes.fromhex(IDS[1].replace("-", "")) + indexed[SUPER + 252:], indexed, ("index of the folder",)


def ext_maps(folder):
    base = extended(folder, "-O", BARE)
    at = base.index(struct.pack("<HHHH", 0xf30a, 1, 4, 1))
    yield "an index of extents that leads to another place of the file", put(base, at + 12, "<I", 8), base, ()
    journal = extended(folder, "-O", BARE.replace("^has", "has"), size="2500K")
    copy = journal[SUPER + 268:SUPER + 328]
    at = journal.index(copy, 2048)
    hidden = put(put(journal, at + 48, "<12s", b"12 bytes hid"), SUPER + 268 + 48, "<12s", b"12 bytes hid")
    yield "unused bytes of the journal's map and of its copy", hidden, journal, ("map of inode 8",)
    quota = extended(folder, "-O", BARE + ",quota")
    at = quota.index(struct.pack("<I", 0xd9c01f11))  # of users
    yield "bytes of a quota file", put(quota, at + 1500, "<6s", b"hidden"), quota, ("reserved inode",)
    group = extended(volume_with(b"\7" * 1500000), "-O", BARE + ",uninit_bg", "-g", "1024", size="3M")
    at = 2048 + 32
    bare = put(group, struct.unpack_from("<I", group, at)[0] * 1024, "<1024s", b"")
    bare = put(bare, at + 18, "<H", struct.unpack_from("<H", bare, at + 18)[0] | 2)
    bare = put(bare, at + 30, "<H", crc16(bare[SUPER + 104:SUPER + 120] + struct.pack("<I", 1) + bare[at:at + 30]))
    copies = [i for i in range(4096, len(group), 1024) if group[i:i + 32] == group[2048:2080]]
    for copy in copies:
        bare = put(bare, copy + 32, "<32s", bare[at:at + 32])
    assert copies
    yield "a group with blocks of a file that says that it is empty", bare, group, ()


def volume_with(data):
    shutil.rmtree("big", ignore_errors=True)
    write("big/file", data)
    return "big"


def crc16(data):
    crc = 0xffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xa001 if crc & 1 else 0)
    return crc


def ext_attribute_areas(data):
    return [at for at in range(0, len(data), 4) if data[at:at + 4] == b"\0\0\2\xea"]


def ext_attributes(folder):
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in ((1, 6, 2**32 - 1), (2, 0, 1000), (4, 0, 2**32 - 1), (16, 7, 2**32 - 1), (32, 0, 2**32 - 1)))
    write("acl", acl)
    commands = ("ea_set -f acl notes system.posix_acl_access", "ea_set notes security.zz value")
    base = debugged(extended(folder, "-O", BARE), commands[0])
    at = ext_attribute_areas(base)[0] + 4
    yield "an access list under the index of all of system.", put(put(base, at, "<BB", 16, 7), at + 16, "<16s", b"posix_acl_access"), base, ()
    block = debugged(extended(folder, "-O", BARE, "-I", "128"), *commands)
    at = [i for i in ext_attribute_areas(block) if i % 1024 == 0][0]
    one, two = block[at + 32:at + 48], block[at + 48:at + 68]
    assert one[:2] == b"\0\2" and two[:2] == b"\2\6", (one, two)
    first, second = (struct.unpack_from("<I", x, 12)[0] for x in (two, one))
    turned = block[:at + 32] + two + one + block[at + 68:]
    if struct.unpack_from("<I", block, at + 12)[0]:
        turned = put(turned, at + 12, "<I", ((first << 16 ^ first >> 16) & 0xffffffff) ^ second)
    yield "attributes of a block in another order", turned, block, ()
    device = debugged(extended(folder, "-O", BARE), "mknod null c 1 3")
    at = device.index(struct.pack("<IIIII", 0x103, 0, 0, 0, 0))
    yield "upper half of an old device number", put(device, at + 2, "<2s", b"ev"), device, ("null",)


def ext_inline():
    text = b"deny this and that, and something else, or whatever comes to mind of whoever reads this\n"
    base = extended(volume_with(text), "-O", BARE + ",inline_data")
    at = [i for i in ext_attribute_areas(base) if base[i + 5] == 7 and text[60:] in base[i:i + 96]][0]
    rest, last = text[60:], len(base) // 1024 - 1
    moved = base[:at] + bytes(96) + base[at + 96:]
    bitmap = struct.unpack_from("<I", base, 2048)[0] * 1024 + (last - 1) // 8
    moved = put(moved, bitmap, "<B", moved[bitmap] | 1 << (last - 1) % 8)
    for place, form in ((2048 + 12, "<H"), (SUPER + 12, "<I")):
        moved = put(moved, place, form, struct.unpack_from(form, moved, place)[0] - 1)
    block = put(put(bytes(1024), 0, "<III", 0xea020000, 1, 1), 32, "<BBHIII4s", 4, 7, 1024 - 32, 0, len(rest), 0, b"data")
    moved = moved[:last * 1024] + put(block, 1024 - 32, f"<{len(rest)}s", rest)
    inode = at - 160
    yield "the rest of an inline file in a block, where nobody looks for it", put(put(moved, inode + 104, "<I", last), inode + 28, "<I", 2), base, ()


def ext_code(folder):
    base = extended(folder, "-O", BARE, kind="ext2")
    at, other = (base.index(text) for text in (b"notes\n", b"deny rule 12"))
    first, second = at // 1024, other // 1024
    out = put(put(base, at, "<1024s", base[other:other + 1024]), other, "<1024s", base[at:at + 1024])
    for number, into in ((first, second), (second, first)):
        places = [i for i in range(2048, len(base), 4) if base[i:i + 4] == struct.pack("<I", number)]
        for place in places:
            out = put(out, place, "<I", into)
    code = b"code that loads a block by its number"
    yield "blocks that changed places under code in the boot block", code + out[len(code):], code + base[len(code):], ("notes", "where it lies")


def ext_readers():
    folder = ext_folder_tree()
    yield from ext_code(folder)
    yield from ext_names(folder)
    yield from ext_maps(folder)
    yield from ext_attributes(folder)
    yield from ext_inline()


def ext_pairs():
    def small(root, *more, kind="ext4"):
        return extended(root, "-N", "128", "-O", "^has_journal,^resize_inode", *more, kind=kind, size="300K")
    journal = extended(tree(many=3), size="2500K")
    yield from ext_edited(journal)
    yield from ext_hidden(journal)
    yield from ext_readers()
    base = small(tree(many=3))
    yield from ext_supers(base)
    yield from ext_blocks(base)
    for kind, more in (("ext4", ()), ("ext2", ()), ("ext4", ("-O", "inline_data"))):
        def made(root, kind=kind, more=more):
            return small(root, *more, kind=kind)
        yield from ((f"{kind} {' '.join(more)} {label}", a, b, words) for label, a, b, words in changed(made, made(tree())))


def ext_honest():
    for kind in ("ext2", "ext3", "ext4"):
        def made(root, kind=kind, **more):
            return extended(root, kind=kind, size="2500K", **more)
        base = made(tree())
        times = ("random", "compression", "timestamp")  # nobody can choose when the status of a file changed
        yield f"{kind}, time", made(tree(), time=1706943909), base, "repackaged", {"timestamp"}
        yield f"{kind}, UUID", made(tree(), uuid=IDS[1]), base, "repackaged", times
        yield f"{kind}, seed", made(tree(), seed=IDS[1]), base, "repackaged", times
        yield f"{kind}, all of them", made(tree(mtime=1706943909), seed=IDS[1], uuid=IDS[1], time=1706943909), base, "repackaged", times
