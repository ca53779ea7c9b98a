# SPDX-License-Identifier: Apache-2.0
"""Tampered and honest pairs of ISO images that boot from a stick as well: tables of partitions in the system area, partitions behind the volume.
Fields stand here a second time, written from the UEFI Specification and not from the product."""
import random
import struct

from firmware import GPT_ENTRY, GPT_HEADER, mend_gpt
from make_flash import BASE, build
from mutants import flip, put
from mutants_iso import BOOT, BOOTING, EPOCH, SECTOR, free_places

# Boot code of 440 bytes, and a file system for firmware that lies behind the volume.
STICK = BOOT + "head -c 440 random > code\nrm -f efi.img; mkfs.fat -i 12345678 -C efi.img 720 >/dev/null; mcopy -i efi.img %s ::acme.efi\n"
XORRISO = EPOCH + "xorriso -stdio_sync off -as mkisofs -R -J -quiet -V ACME -o image -G code -append_partition 2 0xef efi.img " + BOOTING + "%s t"
ROWS, GUIDS = "", "-appended_part_as_gpt -eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot "


def images(content="program", more=""):
    made = build({"rows": (more, XORRISO % ROWS), "guids": (more, XORRISO % GUIDS)}, BASE + STICK % content)
    return made["rows"], named(made["guids"])


def tables(image):
    """[(header, entries)] of both copies, as offsets."""
    return [(header, struct.unpack_from("<Q", image, header + 72)[0] * 512) for header in (512, len(image) - 512)]


def used(image, entries):
    return [i for i in range(16) if any(image[entries + 128 * i:entries + 128 * i + 16])]


def named(image, label=1):
    """Names that were drawn, the same in both copies."""
    draw, out = random.Random(label), bytearray(image)
    names = [bytes([*draw.randbytes(7), draw.randrange(64, 80), draw.randrange(128, 192), *draw.randbytes(7)]) for _ in range(17)]
    for header, entries in tables(image):
        out[header + 56:header + 72] = names[16]
        for i in used(image, entries):
            out[entries + 128 * i + 16:entries + 128 * i + 32] = names[i]
    return mend_gpt(bytes(out))


def of_rows(image):
    for row in (0, 1):
        for field, at in (("status", 0), ("first cylinder", 1), ("type", 4), ("last cylinder", 5), ("first sector", 8), ("sectors", 12)):
            yield f"{field} of row {row + 1}", flip(image, 446 + 16 * row + at, 3), image, ()
    yield "a third row", put(image, 446 + 32, image[446 + 16:446 + 32]), image, ()
    yield "a row for a file of the volume", put(image, 446 + 32, struct.pack("<B3xB3xII", 0x80, 0x83, 17 * SECTOR // 512, 8)), image, ("partition 3",)
    yield "boot code", put(image, 100, b"evil"), image, ("boot code",)
    yield "copy protection", put(image, 444, b"\x5a\x5a"), image, ("copy protection",)
    code = put(image, 446, b"\x90" * 64)
    yield "code where a name of the disk would be", put(code, 440, b"evil"), code, ("system area",)
    yield "no boot record", put(image, 510, b"\0\0"), image, ()
    yield "bytes behind the record", put(image, 3000, b"evil"), image, ("system area",)
    yield "bytes at the end of the system area", put(image, 32700, b"evil"), image, ("system area",)
    start, = struct.unpack_from("<I", image, 446 + 16 + 8)
    yield "a byte of the partition", flip(image, start * 512 + 20000), image, ("partition 2",)
    yield "the second partition without a row", put(image, 446 + 16, bytes(16)), image, ()
    yield "the second partition elsewhere", put(image, 446 + 24, struct.pack("<I", start + 4)), image, ()
    yield "the second partition longer than the image", put(image, 446 + 28, struct.pack("<I", 1 << 24)), image, ()
    bare = put(image, 446, bytes(32))
    yield "code of a sector without partitions", put(bare, 440, b"evil"), bare, ("system area",)


def of_guids(image):
    for copy, (header, entries) in enumerate(tables(image), 1):
        for field, at in GPT_HEADER.items():
            yield f"{field} of copy {copy}, sum stale", flip(image, header + at), image, ()
            if field not in ("signature", "header size", "header CRC", "sector of the entries", "number of entries", "size of an entry", "CRC of the entries"):
                yield f"{field} of copy {copy}, sum mended", mend_gpt(flip(image, header + at), (copy,)), image, (field,)
        for field, at in GPT_ENTRY.items():
            for i in used(image, entries):
                yield f"{field} of entry {i} of copy {copy}, sum mended", mend_gpt(flip(image, entries + 128 * i + at), (copy,)), image, ()
                yield f"{field} of entry {i} of copy {copy}, sum stale", flip(image, entries + 128 * i + at), image, ()
        yield f"unused entries of copy {copy}, sum mended", mend_gpt(put(image, entries + 128 * 60 + 64, b"evil"), (copy,)), image, ("unused entries",)
        yield f"rest of the sector of header {copy}", put(image, header + 100, b"evil"), image, ()
    first, second = (entries for _, entries in tables(image))
    for field, at in GPT_ENTRY.items():
        if field != "partition GUID":
            yield f"{field} in both copies, sums mended", mend_gpt(flip(flip(image, first + 128 + at), second + 128 + at)), image, ()
    words = b"/tmp/ev\x41\x81.so.12"
    yield "a name that is text", mend_gpt(put(put(image, first + 16, words), second + 16, words)), image, ("partition GUID",)
    yield "a name of the disk that is text", mend_gpt(put(put(image, 512 + 56, words), len(image) - 512 + 56, words)), image, ("disk GUID",)
    start, = struct.unpack_from("<Q", image, first + 128 + 32)
    yield "a byte of the partition", flip(image, start * 512 + 20000), image, ("partition 2",)
    yield "the protective row", flip(image, 446 + 4), image, ("master boot record", "type")
    yield "bytes among the entries", put(image, 30000, b"evil"), image, ("unused entries",)
    yield "bytes behind the end", image + b"evil", image, ()


def pairs():
    rows, guids = images()
    yield from ((f"rows, {name}", a, b, words) for name, a, b, words in of_rows(rows))
    yield from ((f"guids, {name}", a, b, words) for name, a, b, words in of_guids(guids))
    other, _ = images("random")
    yield "another program in the partition", other, rows, ("partition 2", "acme.efi")
    more, _ = images("program", "printf x > t/etc/rc.local")
    yield "a file more in the volume", more, rows, ("etc/rc.local",)


def honest():
    rows, guids = images()
    yield "hybrid iso, name of the disk", put(rows, 440, b"\x98\x76\x54\x32"), put(rows, 440, b"\x12\x34\x56\x78"), "explained", {"random"}
    yield "hybrid iso, names that are drawn", named(guids, 2), guids, "explained", {"random"}
    later = bytearray(guids)
    for at in free_places(guids):
        later[at] += later[at] == 123  # years from 1900
    yield "hybrid iso, times", bytes(later), guids, "repackaged", {"timestamp"}
