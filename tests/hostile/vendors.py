# SPDX-License-Identifier: Apache-2.0
"""
Headers of vendors: tampered and honest pairs. Those of boot ROMs are made by mkimage; for those of routers no package of Debian has the tool, so
they are written here a second time, from OpenWrt's firmware-utils and not from the product.
"""
import gzip
import hashlib
import random
import struct
import zlib

from firmware import NOW, THEN, chances, cut_and_longer, made, mend_uimage, uimage
from mutants import TEXT, flip, put
from mutants_more import read
from sbtest import run

VECTORS = bytes(range(64))
KWB = {"kwb 0": "BOOT_FROM nand\nNAND_ECC_MODE default\nNAND_PAGE_SIZE 0x0800\nDATA 0xFFD100e0 0x1b1b1b9b\nDATA 0x0 0x0\n",
       "kwb 0 on SATA": "BOOT_FROM sata\nSATA_PIO_MODE default\nDATA 0xFFD100e0 0x1b1b1b9b\nDATA 0x0 0x0\n",
       "kwb 1": "VERSION 1\nBOOT_FROM spi\nBINARY training 0000005b 00000068\n",
       "kwb 1, large": "VERSION 1\nBOOT_FROM uart\nBINARY large 0000005b 00000068\n"}


def mkimage(kind, data, *more):
    made("payload", data)
    run("mkimage", "-T", kind, "-A", "arm", *more, "-d", "payload", "vendor.img", env={"SOURCE_DATE_EPOCH": THEN}, code=0)
    return read("vendor.img")


def kwb(form):
    def make(data):
        made("training", b"train the memory " * 40)
        made("large", random.Random(1).randbytes(70000))
        made("kwb.cfg", KWB[form].encode())
        return mkimage("kwbimage", data, "-n", "kwb.cfg", "-a", "0x800000", "-e", "0x800000")
    return make


def socfpga(version, size):
    return lambda data: mkimage("socfpgaimage" + version, VECTORS + bytes(size - 64) + data)


def netgear_sum(data):
    low = high = 0
    for byte in data:
        low = (low + byte) & 0xffffffff
        high = (high + low) & 0xffffffff
    fold = lambda n: ((n & 0xffff) + (n >> 16) + (((n & 0xffff) + (n >> 16)) >> 16)) & 0xffff
    return fold(high) << 16 | fold(low)


def chk(data, root=b"file system " * 50, region=1):
    board = b"U12H072T00_NETGEAR"
    sums = (netgear_sum(data), netgear_sum(root) if root else 0)
    head = lambda own: struct.pack(">4sIB7sIIIIII", b"*#$^", 40 + len(board), region, b"c" * 7, *sums, len(data), len(root), netgear_sum(data + root), own) + board
    return head(netgear_sum(head(0))) + data + root


SALTS = {False: "dcd73aa5c39598fbddf9e7f40eae4738", True: "8cef335bd5c5cefaa79c28dab2e90f42"}


def tplink(data, loader=b"", root=b"file system " * 50, hardware=0x08410008):
    at = (512 + len(data) + 63) // 64 * 64
    end = (at + len(root) + 63) // 64 * 64
    head = struct.pack(">I24s36sIII", 0x01000000, b"TP-LINK Technologies", b"ver. 1.0", hardware, 1, 0)
    tail = struct.pack(">4x16s4xIIIIIIIII3H354x", bytes(16), 0x80060000, 0x80060000, 0x3c0000, 512, len(data), at, len(root), end if loader else 0, len(loader), 1, 2, 3)
    body = (data.ljust(at - 512, b"\xff") + root).ljust(end - 512, b"\xff") + loader
    return head + hashlib.md5(head + bytes.fromhex(SALTS[bool(loader)]) + tail + body).digest() + tail + body


def seama(data, meta=b"dev=/dev/mtdblock/2\0type=firmware\0\0\0"):
    image = struct.pack(">IHHI", 0x5ea3a417, 0, len(meta), len(data)) + hashlib.md5(data).digest() + meta + data
    seal = b"signature=wrgac05_dlob.hans_dir645\0\0"
    return struct.pack(">IHHI", 0x5ea3a417, 0, len(seal), 0) + seal + image + image.replace(b"firmware", b"recovery")


def fwtool(data, *chunks):
    """@chunks: (type, content), as OpenWrt's fwtool appends them."""
    for kind, content in chunks:
        data += (bytes(8) if kind else b"") + content
        data += struct.pack(">4sIB3xI", b"FWx0", zlib.crc32(data) ^ 0xffffffff, kind, len(content) + (24 if kind else 16))
    return data


INFORMATION = (1, b'{ "metadata_version": "1.1", "supported_devices":["acme,router"], "version": { "dist": "OpenWrt", "version": "23.05" } }\n')
USIGN = (0, b"untrusted comment: signed by key 0123456789abcdef\nRWQBI0VniavN73=\n")

# form: its maker, and the places of its own numbers and sums
FORMS = {
    "CHK": (chk, {"size of the header": 4, "region": 8, "sum of the kernel": 16, "sum of the root file system": 20, "length of kernel": 24, "length of root file system": 28,
                  "sum of the image": 32, "sum of the header": 36}),
    "TP-Link": (tplink, {"vendor": 4, "firmware version": 28, "hardware": 64, "hardware revision": 68, "region": 72, "digest": 76, "second digest": 96, "load address": 116,
                         "entry point": 120, "room for the firmware": 124, "length of kernel": 132, "offset of root file system": 136, "version numbers": 152}),
    "TP-Link with a loader": (lambda data: tplink(data, TEXT), {"digest": 76, "offset of boot loader": 144, "length of boot loader": 148}),
    "SEAMA": (seama, {"reserved": 4, "size of the header": 6}),
    "eGON": (lambda data: mkimage("sunxi_egon", data, "-n", "sun8i-h3-orangepi"), {"jump to the code": 0, "magic": 4, "sum": 12, "signature of the loader": 20}),
    "STM32": (lambda data: mkimage("stm32image", data, "-a", "0x1000", "-e", "0x1000"),
              {"signature": 4, "sum of the image": 68, "header version": 72, "length of image": 76, "entry point": 80, "load address": 88, "version number": 96}),
    "SoC FPGA 0": (socfpga("", 76), {"vectors": 3, "version": 68, "flags": 69, "length of image": 70, "sum of the header": 74}),
    "SoC FPGA 1": (socfpga("_v1", 84), {"vectors": 3, "version": 68, "flags": 69, "length of image": 72, "sum of the header": 82}),
    "Zynq": (lambda data: mkimage("zynqimage", data, "-e", "0x1000"), {"vectors": 0, "width detection": 32, "encryption": 40, "size of the image": 52, "length of image": 64, "sum": 72}),
    "Zynq UltraScale+": (lambda data: mkimage("zynqmpimage", data, "-e", "0x1000"), {"vectors": 0, "magic": 36, "encryption": 40, "size of the header": 48, "size of the image": 60, "sum": 72}),
    **{form: (kwb(form), {"boot device": 0, "length of image": 4, "offset": 12, "load address": 16, "entry point": 20, "sum of the header": 31}) for form in KWB},
}
# those that do not fill up to a block: how much fill there is follows from no field
LEVELS = ("CHK", "SEAMA", "eGON", "STM32", "Zynq", "Zynq UltraScale+")
# what is told of as a sum or a digest, whose value nothing but its content decides
SUMS = ("sum", "digest")


def vendor_pairs(form):
    make, fields = FORMS[form]
    base = make(TEXT * 3)
    bad = TEXT.replace(b"--serve", b"--swerv")
    part = {"CHK": "kernel", "TP-Link": "kernel", "TP-Link with a loader": "kernel"}.get(form, "image")
    yield "content, sums mended", make(bad * 3), base, (part,)
    yield "content, sums stale", base.replace(b"--serve", b"--swerv", 1), base, (part,)
    for label, at in fields.items():
        words = (label, "wrong") if label.startswith(SUMS) and label != "second digest" else ()
        yield label, flip(base, at, 2), base, words if not form.startswith("kwb") else ()
    yield "behind it", base + b"signature of a vendor", base, ("rest",)
    yield from cut_and_longer(base)
    yield from chances(base, 40, len(base))


def chk_pairs():
    yield from vendor_pairs("CHK")
    base = chk(TEXT * 3)
    yield "another region, sum mended", chk(TEXT * 3, region=2), base, ("region",)
    yield "root file system, sums mended", chk(TEXT * 3, b"evil system " * 50), base, ("root file system",)
    yield "without a root file system", chk(TEXT * 3, b""), base, ("root file system",)
    yield "two bytes swapped, sums of bytes alike", put(base, 100, bytes([base[101], base[100]])), base, ("kernel",)


def tplink_pairs():
    yield from vendor_pairs("TP-Link")
    yield from vendor_pairs("TP-Link with a loader")
    base = tplink(TEXT * 3)
    yield "other hardware, digest mended", tplink(TEXT * 3, hardware=0x08410009), base, ("hardware",)
    yield "a loader more, digest mended", tplink(TEXT * 3, b"loader" * 9), base, ("boot loader",)
    yield "fill between two parts", put(base, (512 + len(TEXT) * 3 + 63) // 64 * 64 - 1, b"x"), base, ("gap",)


def seama_pairs():
    yield from vendor_pairs("SEAMA")
    base = seama(TEXT * 3)
    yield "where it is written to", seama(TEXT * 3, b"dev=/dev/mtdblock/3\0type=firmware\0\0\0"), base, ("SEAMA header",)
    yield "what it is sealed for", base.replace(b"dir645", b"dir646", 1), base, ("SEAMA seal",)
    yield "the second image", base[:-len(TEXT)] + TEXT.replace(b"--serve", b"--swerv"), base, ("digest", "wrong")
    at = base.rindex(b"\x5e\xa3\xa4\x17")
    yield "an image less", base[:at], base, ()
    yield "an image twice", base + base[at:], base, ("rest",)


def fwtool_pairs():
    both = (INFORMATION, USIGN)
    base = fwtool(TEXT * 3, *both)
    bad = TEXT.replace(b"--serve", b"--swerv") + TEXT * 2
    yield "image, CRCs mended", fwtool(bad, *both), base, ("image",)
    yield "image, CRCs stale", base.replace(b"--serve", b"--swerv", 1), base, ("image", "CRC", "wrong")
    yield "another device", fwtool(TEXT * 3, (1, INFORMATION[1].replace(b"router", b"switch")), USIGN), base, ("information",)
    yield "another signature", fwtool(TEXT * 3, INFORMATION, (0, USIGN[1].replace(b"73=", b"74="))), base, ("signature",)
    yield "no signature", fwtool(TEXT * 3, INFORMATION), base, ("signature",)
    yield "no information", fwtool(TEXT * 3, USIGN), base, ("information",)
    yield "another information before it", fwtool(TEXT * 3, (1, b"{}"), *both), base, ("information",)
    yield "the other order", fwtool(TEXT * 3, USIGN, INFORMATION), base, ()
    yield "nine of them", fwtool(TEXT * 3, *[INFORMATION] * 9), fwtool(TEXT * 3, *[INFORMATION] * 8), ("image",)
    start = len(base) - 16
    for label, at in (("magic", 0), ("CRC", 4), ("type", 8), ("reserved", 9), ("size", 15)):
        yield f"{label} of a trailer", flip(base, start + at), base, ("CRC", "wrong") if label == "CRC" else ()
    at = len(TEXT) * 3
    for label, place in (("version", at), ("flags", at + 4), ("size of the information", base.index(b"FWx0") + 15)):
        yield label, flip(base, place), base, ()
    yield from cut_and_longer(base)
    yield from chances(base, 60, 5)


def boot_pairs():
    for form in FORMS:
        if form not in ("CHK", "TP-Link", "TP-Link with a loader", "SEAMA"):
            for label, *pair in vendor_pairs(form):
                yield f"{form}: {label}", *pair


def vendors_honest():
    kernel = b"".join(b"instruction %d\n" % (i * i % 977) for i in range(900))
    yield "fwtool, time inside", *(fwtool(uimage(TEXT, epoch=epoch), INFORMATION, USIGN) for epoch in (NOW, THEN)), "repackaged", {"timestamp"}
    yield "fwtool, kernel of another level inside", *(fwtool(uimage(gzip.compress(kernel, level, mtime=0)), INFORMATION) for level in (9, 1)), "repackaged", {"compression"}
    for form, (make, _) in FORMS.items():
        yield f"{form}, time inside", make(uimage(TEXT, epoch=NOW)), make(uimage(TEXT)), "repackaged", {"timestamp"}
        if form in LEVELS:
            yield f"{form}, kernel of another level inside", *(make(uimage(gzip.compress(kernel, level, mtime=0))) for level in (9, 1)), "repackaged", {"compression"}


ROM = ("mkimage", "openssl")
MUTANTS = {"chk": ((), chk_pairs), "tplink": ((), tplink_pairs), "seama": ((), seama_pairs), "sysupgrade": ((), fwtool_pairs), "boot ROM image": (ROM, boot_pairs)}
HONEST = {"headers of vendors": (ROM, vendors_honest)}
