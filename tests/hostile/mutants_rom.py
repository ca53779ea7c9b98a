# SPDX-License-Identifier: Apache-2.0
"""Tampered and honest pairs of cramfs, romfs and EROFS. Fields stand here a second time, written from include/uapi/linux/cramfs_fs.h,
Documentation/filesystems/romfs.rst and fs/erofs/erofs_fs.h and not from the product."""
import struct
import zlib

from make_flash import BASE, VARIANTS, XATTR, XATTRS, build, tampered
from mutants import flip, put

# ---- cramfs ----

CRAMFS = "mkfs.cramfs t image"
CRAMFS_SUPER = {"size": 4, "flags": 8, "future": 12, "signature": 16, "edition": 36, "blocks": 40, "files": 44, "name": 48, "mode of the root": 64, "uid of the root": 66,
                "size of the root": 68, "gid of the root": 71, "place of the root": 73}
CRAMFS_INODE = {"mode": 0, "uid": 2, "size": 4, "gid": 7, "namelen": 8, "offset": 9, "name": 12}
# owners and groups of more than 16 and 8 bits are cut by the format; it knows neither hard links nor attributes, and a rest of a block that is zero
NOT_CRAMFS = ("a copy instead of a hard link",)


def cramfs_sum(image):
    size = struct.unpack_from("<I", image, 4)[0]
    return put_or_same(image, 32, struct.pack("<I", zlib.crc32(image[:32] + bytes(4) + image[36:size])))


def put_or_same(image, at, new):
    return image[:at] + new + image[at + len(new):]


def cramfs_inodes(image):
    """{name: offset} of the inodes of all folders."""
    found, todo = {}, [64]
    while todo:
        at = todo.pop()
        size, offset = struct.unpack_from("<I", image, at + 4)[0] & 0xffffff, (struct.unpack_from("<I", image, at + 8)[0] >> 6) * 4
        end = offset + size
        while offset < end:
            mode, length = struct.unpack_from("<H", image, offset)[0], (image[offset + 8] & 63) * 4
            found[image[offset + 12:offset + 12 + length].rstrip(b"\0")] = offset
            if mode & 0xf000 == 0x4000:
                todo.append(offset)
            offset += 12 + length
    return found


def cramfs_pairs():
    yield from tampered(CRAMFS, VARIANTS, skip=NOT_CRAMFS)
    image = build({"": ("", CRAMFS)})[""]
    inodes = cramfs_inodes(image)
    for name, at in CRAMFS_SUPER.items():
        yield f"{name}, sum stale", flip(image, at), image, ()
        if name != "size":
            yield f"{name}, sum mended", cramfs_sum(flip(image, at)), image, ()
    yield "sum", flip(image, 32), image, ("crc",)
    for which in (b"acme.conf", b"numbers", b"sh", b"null", b"etc"):
        for name, at in CRAMFS_INODE.items():
            yield f"{which.decode()} {name}, sum stale", flip(image, inodes[which] + at), image, ()
            yield f"{which.decode()} {name}, sum mended", cramfs_sum(flip(image, inodes[which] + at)), image, ()
    at = inodes[b"acme.conf"]
    yield "name behind its end", cramfs_sum(put(image, at + 12 + 9 + 1, b"e")), image, ()
    numbers = (struct.unpack_from("<I", image, inodes[b"numbers"] + 8)[0] >> 6) * 4
    for i in (0, 1, 4):
        yield f"pointer {i}", cramfs_sum(flip(image, numbers + 4 * i)), image, ()
    first, second = struct.unpack_from("<II", image, numbers)
    yield "a block becomes a hole", cramfs_sum(put(image, numbers + 4, struct.pack("<I", first))), image, ()
    yield "a byte of a block", cramfs_sum(flip(image, first + 9)), image, ()
    yield "two files lead to the same", cramfs_sum(put(image, inodes[b"acme.conf"] + 8, image[inodes[b"random"] + 8:inodes[b"random"] + 12])), image, ()
    used = max(struct.unpack_from("<I", image, 4)[0] - 8, second)
    yield "bytes behind the last block", cramfs_sum(put(image, used, b"evil")), image, ("gap",) if used < len(image) - 8 else ()
    yield "bytes behind the image", image + b"evil" * 4, image, ("overlay",)
    yield "zeros and bytes behind the image", image + bytes(4096) + b"evil", image, ("overlay",)
    yield "cut short", image[:-4096], image, ()
    other = build({"b": ("", CRAMFS + " -N big"), "l": ("", CRAMFS + " -N little")})
    yield "the other byte order", other["b"], other["l"], ()
    yield from cramfs_readers()
    boot = build({"": ("", CRAMFS + " -p")})[""]
    yield "boot code", put(boot, 100, b"evil"), boot, ("gap",)


def cramfs_readers():
    """Linux looks for names as they ascend, and takes what begins at one place for one inode."""
    image = build({"": ("", CRAMFS)}, BASE + "printf 'a first text\\n' > t/etc/hosts.deny; cp t/etc/hosts.deny t/etc/hosts.zzzz; chmod 4755 t/etc/hosts.zzzz\n")[""]
    inodes = cramfs_inodes(image)
    first, second = inodes[b"hosts.deny"], inodes[b"hosts.zzzz"]
    length = 12 + 12
    assert second == first + length
    turned = image[:first] + image[second:second + length] + image[first:second] + image[second + length:]
    yield "names that do not ascend", cramfs_sum(turned), image, ()
    name, = struct.unpack_from("<I", image, second + 8)
    place = (name >> 6) * 4
    end, = struct.unpack_from("<I", image, place)
    block, free = image[place + 4:end], len(image)
    longer = put_or_same(image, 4, struct.pack("<I", free + 4096)) + (struct.pack("<I", free + 4 + len(block)) + block).ljust(4096, b"\0")
    alone = put_or_same(longer, second + 8, struct.pack("<I", name & 63 | free // 4 << 6))
    yield "a file of another mode that shares its inode no more", cramfs_sum(alone), image, ("etc/hosts.zzzz",)


def cramfs_honest():
    made = build({"": ("", CRAMFS), "holes": ("", CRAMFS + " -z"), "boot": ("", CRAMFS + " -p")}, BASE + "truncate -s 20000 t/etc/zeros; printf x >> t/etc/zeros\n")
    for name in ("holes", "boot"):
        yield f"cramfs, {name}", made[name], made[""], "repackaged", None
    yield "cramfs, zeros behind it", made[""] + bytes(4096), made[""], "repackaged", {"container-metadata"}
    big = build({option: ("", CRAMFS + " -N big" + option) for option in ("", " -z")}, BASE + "truncate -s 20000 t/etc/zeros; printf x >> t/etc/zeros\n")
    yield "cramfs, holes, big endian", big[" -z"], big[""], "repackaged", None


# ---- romfs ----

ROMFS = "genromfs -d t -f image -V label"
ROMFS_FIELDS = {"next": 2, "type": 3, "info": 7, "size": 11, "checksum": 15, "name": 16, "fill of the name": 31}
# it has no owners, and of a mode nothing but whether all may execute; a short name has fill behind it
NOT_ROMFS = ("setuid", "world may write", "mode of a folder", "owner", "group")


def words(data):
    return sum(struct.unpack(f">{len(data) // 4}I", data)) & 0xffffffff


def romfs_sum(image, at, length):
    rest = words(image[at:at + 12] + image[at + 16:at + length])
    return put_or_same(image, at + 12, struct.pack(">I", -rest & 0xffffffff))


def romfs_headers(image):
    """{name: (offset, length with name)}, found by what stands at multiples of 16 and sums up."""
    found = {}
    for at in range(32, len(image) - 32, 16):
        end = image.find(b"\0", at + 16)
        length = 16 + (end - at - 16 + 16 & ~15)
        if end > at + 16 and length <= 64 and words(image[at:at + length]) == 0:
            found.setdefault(image[at + 16:end], (at, length))
    return found


def romfs_whole(image):
    return romfs_sum(image, 0, min(512, len(image)))


def romfs_pairs():
    yield from tampered(ROMFS, VARIANTS, skip=NOT_ROMFS)
    yield from tampered(ROMFS, {"may be executed": ("chmod 755 t/etc/acme.conf", ("etc/acme.conf", "mode"))})
    image = build({"": ("", ROMFS)})[""]
    headers = romfs_headers(image)
    for name, at in {"magic": 0, "size": 9, "checksum": 12, "volume name": 16, "fill of the name": 31}.items():
        yield f"{name}, sum stale", flip(image, at), image, ()
        if name != "checksum":
            yield f"{name}, sum mended", romfs_whole(flip(image, at)), image, ()
    for which in (b"acme.conf", b"numbers", b"sh", b"hard", b"null", b"etc", b".", b".."):
        at, length = headers[which]
        for name, offset in ROMFS_FIELDS.items():
            bit = 4 if name == "next" else 3 if name == "type" else 0
            yield f"{which.decode()} {name}, sum stale", romfs_whole(flip(image, at + offset, bit)), image, ()
            if name != "checksum":
                yield f"{which.decode()} {name}, sum mended", romfs_whole(romfs_sum(flip(image, at + offset, bit), at, length)), image, ()
    at, length = headers[b"acme.conf"]
    yield "a byte of a file", romfs_whole(flip(image, at + length)), image, ("etc/acme.conf",)
    yield "fill behind a file", romfs_whole(put(image, at + length + 12, b"evil")), image, ("gap",)
    yield "bytes behind the image", image + b"evil" * 4, image, ("overlay",)
    yield "cut short", image[:-1024], image, ()
    at, length = headers[b"hard"]
    yield "a hard link to a folder", romfs_whole(romfs_sum(put(image, at + 4, struct.pack(">I", headers[b"etc"][0])), at, length)), image, ()
    at, length = headers[b"etc"]
    yield "a folder that is its parent", romfs_whole(romfs_sum(put(image, at + 4, struct.pack(">I", headers[b"."][0])), at, length)), image, ()
    empty = build({"": ("", ROMFS)}, "mkdir t/conf.d; echo x > t/zzz\n")[""]
    at, length = romfs_headers(empty)[b"conf.d"]
    dots = struct.unpack_from(">I", empty, at + 4)[0] & ~15
    own = romfs_sum(put(empty, at + 4, struct.pack(">I", at)), at, length)
    yield "an empty folder that begins with itself", romfs_whole(put(own, dots, bytes(64))), empty, ()
    named = build({"": ("", ROMFS.replace(" -V label", ""))})[""]
    yield "a name instead of a time", image, named, ("volume name",)


def romfs_honest():
    made = build({"": ("", ROMFS), "aligned": ("", ROMFS + " -a 4096"), "time": ("", ROMFS.replace(" -V label", ""))})
    yield "romfs, alignment of files", made["aligned"], made[""], "repackaged", None
    at = made["time"].index(b"rom ") + 4
    yield "romfs, time", romfs_whole(put(made["time"], at, b"65000000")), made["time"], "repackaged", {"timestamp"}
    yield "romfs, zeros behind it", made[""] + bytes(4096), made[""], "repackaged", {"container-metadata"}


# ---- EROFS ----

EROFS = "mkfs.erofs -x2 image t"
EROFS_SUPER = {"magic": 0, "feature_compat": 9, "blkszbits": 12, "sb_extslots": 13, "root_nid": 14, "inos": 16, "blocks": 36, "meta_blkaddr": 40, "xattr_blkaddr": 44, "volume_name": 64,
               "feature_incompat": 81, "compression": 84, "extra_devices": 86, "devt_slotoff": 88, "reserved": 100}
COMPACT = {"i_format": 0, "layout": (0, 2), "i_xattr_icount": 2, "i_mode": 4, "type": 5, "i_nlink": 6, "i_size": 8, "reserved": 12, "i_u": 16, "i_uid": 24, "i_gid": 26, "reserved2": 28}
EXTENDED = {"i_format": 0, "layout": (0, 2), "i_xattr_icount": 2, "i_mode": 4, "type": 5, "reserved": 6, "i_size": 8, "i_u": 16, "i_uid": 24, "i_gid": 28, "i_nlink": 44, "reserved2": 50}


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc


def erofs_sum(image):
    return put_or_same(image, 1028, struct.pack("<I", crc32c(image[1024:1028] + bytes(4) + image[1032:4096])))


def erofs_inodes(image):
    """{name: offset} of inodes whose folders lie inline or in blocks."""
    meta = struct.unpack_from("<I", image, 1064)[0] * 4096
    found, todo = {}, [struct.unpack_from("<H", image, 1038)[0]]
    while todo:
        at = meta + 32 * todo.pop()
        layout, count, extended = image[at] >> 1 & 7, struct.unpack_from("<H", image, at + 2)[0], image[at] & 1
        size = struct.unpack_from("<I", image, at + 8)[0]
        data = at + (64 if extended else 32) + (12 + 4 * (count - 1) if count else 0) if layout == 2 else struct.unpack_from("<I", image, at + 16)[0] * 4096
        entries = struct.unpack_from("<H", image, data + 8)[0] // 12
        for i in range(entries):
            nid, name, kind = struct.unpack_from("<QHB", image, data + 12 * i)
            end = struct.unpack_from("<H", image, data + 12 * i + 20)[0] if i + 1 < entries else size
            text = image[data + name:data + end]
            if text not in (b".", b".."):
                found[text] = meta + 32 * nid
                found[text + b" entry"] = data + 12 * i
                found[text + b" name"] = data + name
                if kind == 2:
                    todo.append(nid)
    return found


def erofs_fields(label, image):
    inodes = erofs_inodes(image)
    for which in (b"acme.conf", b"numbers", b"sh", b"null", b"etc"):
        at = inodes[which]
        for name, offset in (EXTENDED if image[at] & 1 else COMPACT).items():
            offset, bit = offset if isinstance(offset, tuple) else (offset, 0)
            if (name == "i_u" and which not in (b"null",) and image[at] >> 1 & 7 == 2) or (name == "i_u" and image[at] >> 1 & 7 in (1, 3, 4)):
                continue  # where blocks begin of a file that has none, how many a compressed one has, how large the chunks are of one that has one
            yield f"{label}, {which.decode()} {name}", erofs_sum(flip(image, at + offset, bit)), image, ()
        for name, offset in {"nid": 0, "nameoff": 8, "file_type": 10, "reserved": 11}.items():
            yield f"{label}, entry of {which.decode()}, {name}", erofs_sum(flip(image, inodes[which + b" entry"] + offset)), image, ()
        yield f"{label}, name of {which.decode()}", erofs_sum(flip(image, inodes[which + b" name"])), image, ()


def erofs_images():
    flags = {"plain": "-x2", "compact": "-x2 -Eforce-inode-compact", "extended": "-x2 -Eforce-inode-extended", "lz4": "-x2 -zlz4hc", "full": "-x2 -zlz4hc -Elegacy-compress", "tail": "-x2 -zlz4hc -Eztailpacking",
             "full and tail": "-x2 -zlz4hc -Elegacy-compress,ztailpacking", "big": "-x2 -zlz4hc -C16384", "chunks": "-x2 --chunksize=4096", "indexes": "-x2 --chunksize=4096 -Eforce-chunk-indexes"}
    return build({name: ("", f"mkfs.erofs {flag} image t") for name, flag in flags.items()}, BASE + XATTR + "\nseq 1 30000 > t/etc/more\n")


EROFS_FEATURES = 1024 + 80


def erofs_features(images):
    """What readers must know is what the image needs: a bit more or less, and they read something else, or nothing."""
    for label in ("plain", "lz4", "full", "full and tail", "chunks", "big"):
        for bit in (0, 1, 2, 4):
            yield f"{label}, feature {1 << bit:#x}", erofs_sum(flip(images[label], EROFS_FEATURES, bit)), images[label], ()
    base = images["plain"]
    bare = put_or_same(base, 1024 + 8, bytes(4))  # nobody asks for a checksum
    yield "another label without a checksum", put(bare, 1024 + 64, b"other root"), base, ()
    yield "text as a checksum that nobody asks for", put(bare, 1024 + 4, b"evil"), put_or_same(bare, 1024 + 4, bytes(4)), ()


def erofs_readers(images):
    """What readers take from elsewhere, or not at all, when one bit says so."""
    for label in ("full and tail", "tail"):
        image = images[label]
        at = erofs_inodes(image)[b"more"]
        head = at + (64 if image[at] & 1 else 32) + 7 & ~7
        yield f"{label}, a last cluster behind the map that has no bytes", erofs_sum(put(image, head + 2, bytes(2))), image, ()
    image = images["full and tail"]
    at = erofs_inodes(image)[b"numbers"]
    last = at + (64 if image[at] & 1 else 32) + 16 + 8 * 3  # behind it stands a mark of the end
    yield "place of a last cluster behind the map", erofs_sum(flip(image, last + 4)), image, ()
    for form, other, place in (("extended", "compact", 44), ("compact", "extended", 6)):
        yield f"links of {form} inodes", erofs_sum(put(images[form], erofs_inodes(images[form])[b"numbers"] + place, b"\7")), images[other], ("numbers",)
    block = build({"": ("", EROFS)}, BASE + "yes | head -c 4096 > t/etc/block\n")[""]
    yield "a whole block as inline data", erofs_sum(flip(block, erofs_inodes(block)[b"block"], 2)), block, ()
    twice = build({"": ("", EROFS)}, BASE + "setfattr -n user.note -v good t/etc/acme.conf; setfattr -n user.notf -v evil t/etc/acme.conf\n")[""]
    first, second = (erofs_sum(twice.replace(b"notegood", b"note" + a).replace(b"notfevil", b"note" + b)) for a, b in ((b"good", b"evil"), (b"evil", b"good")))
    yield "an attribute twice, in another order", first, second, ()


def erofs_pairs():
    yield from tampered(EROFS, {**VARIANTS, **XATTRS}, BASE + XATTR)
    images = erofs_images()
    yield from erofs_features(images)
    yield from erofs_readers(images)
    yield from tampered(EROFS.replace("-x2", "-x2 -zlz4hc"), {name: VARIANTS[name] for name in ("setuid", "one byte of a large file", "one byte of a random file", "one byte of the program")})
    base = images["plain"]
    for name, offset in EROFS_SUPER.items():
        yield f"superblock {name}, sum stale", flip(base, 1024 + offset), base, ()
        yield f"superblock {name}, sum mended", erofs_sum(flip(base, 1024 + offset)), base, ()
    yield "superblock checksum", flip(base, 1028), base, ()
    yield "superblock build_time, sum stale", flip(base, 1048), base, ()
    for label in ("plain", "extended", "lz4", "full", "tail", "big", "chunks"):
        yield from erofs_fields(label, images[label])
    for label in ("lz4", "full", "tail", "big"):
        image = images[label]
        at = erofs_inodes(image)[b"more"]
        head = at + (64 if image[at] & 1 else 32) + 7 & ~7
        for i in [*range(8), *range(8, 96, 3)]:
            yield f"{label}, byte {i} of the map of clusters", erofs_sum(flip(image, head + i)), image, ()
        yield f"{label}, a byte of the last cluster", erofs_sum(flip(image, len(image.rstrip(b"\0")) - 3)), image, ()
    for label in ("chunks", "indexes"):
        image = images[label]
        at = erofs_inodes(image)[b"numbers"]
        head = at + (64 if image[at] & 1 else 32) + 7 & ~7
        for i in range(8):
            yield f"{label}, byte {i} of the chunks", erofs_sum(flip(image, head + i)), image, ()
    note = base.index(b"notegood")
    yield "value of an attribute", erofs_sum(flip(base, note + 4)), base, ("etc/acme.conf", "attributes")
    yield "name of an attribute", erofs_sum(flip(base, note)), base, ("etc/acme.conf", "attributes")
    yield "kind of an attribute", erofs_sum(put(base, note - 3, b"\4")), base, ("etc/acme.conf", "attributes")
    yield "bytes before the superblock", put(base, 600, b"evil"), base, ("gap",)
    yield "bytes behind the superblock", erofs_sum(put(base, 1152, b"evil")) if base[1152:1156] == bytes(4) else erofs_sum(put(base, 3900, b"evil")), base, ()
    yield "bytes behind the image", base + b"evil" * 4, base, ("overlay",)
    yield "zeros and bytes behind the image", base + bytes(4096) + b"evil", base, ("overlay",)
    yield "cut short", base[:-4096], base, ()


def erofs_honest():
    images = erofs_images()
    for name in ("compact", "extended", "lz4", "chunks"):
        yield f"erofs, {name}", images[name], images["plain"], "repackaged", ("random", "timestamp", "compression", "container-metadata")
    for name in ("full", "tail", "full and tail"):
        yield f"erofs, {name} instead of packed", images[name], images["lz4"], "repackaged", ("random", "timestamp", "compression", "container-metadata")
    yield "erofs, indexes of chunks", images["indexes"], images["chunks"], "repackaged", ("random", "timestamp", "compression", "container-metadata")
    again = erofs_images()["plain"]
    yield "erofs, uuid and time", again, images["plain"], "repackaged", ("random", "timestamp")
    yield "erofs, zeros behind it", images["plain"] + bytes(4096), images["plain"], "repackaged", {"container-metadata"}
