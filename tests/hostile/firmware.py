# SPDX-License-Identifier: Apache-2.0
"""What devices boot, made by the real tools: tampered pairs, honest pairs and attempts to hide, a table of kinds each. As in mutants.py and benign.py."""
import gzip
import hashlib
import lzma
import os
import random
import struct
import zlib

from mutants import TEXT, flip, put
from mutants_more import read
from sbtest import run

NOW, THEN = "1706943909", "1700000000"


def made(name, data):
    with open(name, "wb") as f:
        f.write(data)
    return name


def chances(base, count, seed, free=()):
    """Single bits at random places, none of which is free."""
    draw = random.Random(seed)
    for _ in range(count):
        at = draw.randrange(len(base))
        if not any(at in place for place in free):
            yield f"bit at {at}", flip(base, at, draw.randrange(8)), base, ()


def cut_and_longer(base):
    yield "bytes behind the end", base + b"evil", base, ()
    yield "zeros behind the end", base + bytes(64), base, ()
    yield "cut", base[:-5], base, ()
    yield "cut in the middle", base[:len(base) // 2], base, ()


# ---- device trees: Devicetree Specification 0.4, chapter 5 ----

BOARD = """/dts-v1/;
/memreserve/ 0x1000 0x2000;
/ {
	compatible = "acme,router"; model = "Acme 4200"; #address-cells = <1>; #size-cells = <1>;
	chosen { bootargs = "console=ttyS0 root=/dev/mtdblock2 ro"; };
	memory@0 { device_type = "memory"; reg = <0 0x8000000>; };
	leds { compatible = "gpio-leds"; power { label = "power"; gpios = <&gpio 3 0>; }; };
	gpio: gpio@10 { compatible = "acme,gpio"; reg = <0x10 4>; gpio-controller; #gpio-cells = <2>; };
	watchdog@20 { compatible = "acme,wdt"; reg = <0x20 4>; };
};
"""
FDT = {"magic": 0, "totalsize": 4, "off_dt_struct": 8, "off_dt_strings": 12, "off_mem_rsvmap": 16, "version": 20, "last_comp_version": 24, "boot_cpuid_phys": 28,
       "size_dt_strings": 32, "size_dt_struct": 36}


def dtb(source=BOARD, *more):
    made("t.dts", source.encode())
    run("dtc", "-q", "-I", "dts", "-O", "dtb", *more, "-o", "t.dtb", "t.dts", code=0)
    return read("t.dtb")


def fdt_word(data, at):
    return struct.unpack_from(">I", data, at)[0]


def fdt_grown(data, at, more, *fields):
    """@more bytes at @at; the words of the header at @fields grow with them."""
    out = bytearray(data[:at] + more + data[at:])
    for field in fields:
        struct.pack_into(">I", out, field, fdt_word(data, field) + len(more))
    return bytes(out)


def over_property(data, name):
    """Another token over each word of the first property of that name: as if it had been removed in place."""
    structure, strings = fdt_word(data, 8), fdt_word(data, 12)
    at = structure
    while True:
        token = fdt_word(data, at)
        if token == 3:
            length = fdt_word(data, at + 4)
            end = at + 12 + (length + 3) // 4 * 4
            if data[strings + fdt_word(data, at + 8):].startswith(name.encode() + b"\0"):
                return data[:at] + b"\0\0\0\4" * ((end - at) // 4) + data[end:]
            at = end
        elif token == 1:
            at = (data.index(b"\0", at + 4) + 4) // 4 * 4
        else:
            at += 4


def dtb_pairs():
    base = dtb()
    for field, at in FDT.items():
        yield f"header {field}", flip(base, at + 3), base, ()
    for label, old, new, words in (("boot arguments", "mtdblock2 ro", "mtdblock2 rw init=/bin/sh", ("/chosen:bootargs",)), ("compatible", "acme,wdt", "acme,none", ("/watchdog@20",)),
                                   ("memory", "<0 0x8000000>", "<0 0x4000000>", ("/memory@0:reg", "value")), ("reservation", "0x1000 0x2000", "0x1000 0x4000", ("reserved memory", "size")),
                                   ("one reservation more", "/memreserve/", "/memreserve/ 0 8;\n/memreserve/", ("reserved memory",)), ("name of a node", "watchdog@20", "watchdog@24", ()),
                                   ("a property less", "gpio-controller; ", "", ("gpio-controller",)), ("a property more", "device_type", "status = \"disabled\"; device_type", ("/memory@0:status",)),
                                   ("another order of properties", "label = \"power\"; gpios = <&gpio 3 0>;", "gpios = <&gpio 3 0>; label = \"power\";", ("order",)),
                                   ("a node more", "leds {", "evil { x; }; leds {", ("/evil",))):
        assert old in BOARD
        yield label, dtb(BOARD.replace(old, new)), base, words
    lines = BOARD.splitlines()
    yield "another order of nodes", dtb("\n".join([*lines[:6], lines[7], lines[6], *lines[8:]])), base, ()
    yield "a property turned into nothing", over_property(base, "gpio-controller"), base, ("tokens that say nothing",)
    yield "boot arguments turned into nothing", over_property(base, "bootargs"), base, ("/chosen:bootargs",)
    end = fdt_word(base, 12) + fdt_word(base, 32)
    yield "a string that nobody uses", fdt_grown(base, end, b"evil\0\0\0\0", 4, 32), base, ("unreferenced strings",)
    yield "bytes in free space", fdt_grown(base, len(base), b"evil", 4), base, ("free space",)
    yield "bytes between two blocks", fdt_grown(base, fdt_word(base, 12), b"evil", 4, 12), base, ("gap",)
    yield "bytes behind the end of the structure", fdt_grown(base, fdt_word(base, 12), b"evil", 4, 12, 36), base, ()
    name = base.index(b"chosen\0") + 7
    yield "fill behind a name", put(base, name, b"x"), base, ("/chosen",)
    yield from cut_and_longer(base)
    yield from chances(base, 60, 7)


# ---- FIT: U-Boot, doc/uImage.FIT/source_file_format.txt ----

IMAGE = """/dts-v1/;
/ {
	description = "acme firmware"; #address-cells = <1>;
	images {
		kernel-1 { description = "Linux"; data = /incbin/("kernel.gz"); type = "kernel"; arch = "arm64"; os = "linux"; compression = "gzip"; load = <0x80000>; entry = <0x80000>;
			hash-1 { algo = "sha256"; }; hash-2 { algo = "crc32"; }; };
		fdt-1 { description = "board"; data = /incbin/("board.dtb"); type = "flat_dt"; arch = "arm64"; compression = "none";
			hash-1 { algo = "sha1"; }; hash-2 { algo = "md5"; }; hash-3 { algo = "sha384"; }; hash-4 { algo = "sha512"; }; };
	};
	configurations { default = "conf-1"; conf-1 { kernel = "kernel-1"; fdt = "fdt-1"; }; };
};
"""


def fit(*more, source=IMAGE, kernel=TEXT * 3, board=None, epoch=THEN):
    made("kernel.gz", gzip.compress(kernel, mtime=0))
    made("board.dtb", board or dtb())
    made("f.its", source.encode())
    run("mkimage", "-q", *more, "-f", "f.its", "f.itb", env={"SOURCE_DATE_EPOCH": epoch}, code=0)
    return read("f.itb")


SIGNATURE = 'signature-1 { algo = "sha256,rsa2048"; key-name-hint = "%s"; sign-images = "kernel", "fdt"; };'


def signed_fit(name, **more):
    """The same image, its configuration signed by a key of that name."""
    if not os.path.exists(f"keys/{name}.key"):
        os.makedirs("keys", exist_ok=True)
        run("openssl", "req", "-batch", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"keys/{name}.key", "-out", f"keys/{name}.crt", code=0)
    return fit("-k", "keys", "-r", source=IMAGE.replace('fdt = "fdt-1"; };', 'fdt = "fdt-1"; %s };' % (SIGNATURE % name)), **more)


def signed_fit_pairs():
    """Beside an image without a signature: what is signed, and what a signature says of its reach."""
    good, plain = signed_fit("one"), fit()
    bad = TEXT.replace(b"--serve", b"--swerv", 1)
    yield "signed, another kernel", signed_fit("one", kernel=bad + TEXT * 2), plain, ("kernel-1",)
    yield "signed by others, another kernel", signed_fit("one", kernel=bad + TEXT * 2), signed_fit("two"), ("kernel-1",)
    node = "/configurations/conf-1/signature-1"
    at, length = property_at(good, node, "hashed-nodes")
    yield "signature, a node that is not there", put(good, at + good[at:at + length].index(b"kernel-1"), b"kernel-9"), plain, ("what is not there",)
    yield "signature, not over the root", put(good, at, b"x"), plain, ("signature",)
    at, _ = property_at(good, node, "hashed-strings")
    yield "signature, strings that are not there", put(good, at + 4, b"\0\1\0\0"), plain, ("what is not there",)
    yield "signature, strings from elsewhere", flip(good, at + 3), plain, ("what is not there",)
    at, _ = property_at(good, node, "value")
    yield "signature, without a value", put(good, fdt_word(good, 12) + fdt_word(good, at - 4), b"valud"), plain, ()
    at, _ = property_at(good, "/configurations/conf-1", "kernel")
    yield "signed, another configuration", flip(good, at + 7), plain, ("conf-1:kernel",)


def by_hand(*nodes):
    """The image with signature nodes that nobody signed."""
    return fit(source=IMAGE.replace('fdt = "fdt-1"; };', 'fdt = "fdt-1"; %s };' % " ".join(nodes)))


def signature_node(number=1, signer='"dev"', images='"kernel", "fdt"', nodes='"/", "/configurations/conf-1", "/images/kernel-1", "/images/kernel-1/hash-1"', name="signature-1"):
    value = random.Random(number).randbytes(256).hex()
    return (f'{name} {{ algo = "sha256,rsa2048"; key-name-hint = "dev"; value = [{value}]; hashed-nodes = {nodes}; hashed-strings = <0 0x40>; signer-name = {signer};'
            f' sign-images = {images}; }};')


def packed(level, source):
    """An image whose kernel is a text, packed by gzip at that level: at none of them it stands there as it is."""
    made("level.gz", gzip.compress(TEXT * 9, level, mtime=0))
    return fit(source=source.replace("kernel.gz", "level.gz"))


def laden_fit_pairs():
    """Signatures that hold more than a signature, images that readers take for two, and more digests than anybody computes."""
    base, text = by_hand(signature_node()), ", ".join('"%s"' % random.Random(i).randbytes(60).hex() for i in range(60))
    yield "signature, many names of its signer", by_hand(signature_node(2, signer=text)), base, ("signer-name",)
    yield "signature, many names of images", by_hand(signature_node(2, images=text)), base, ("sign-images",)
    yield "signature, more nodes than there are", by_hand(signature_node(2, nodes=", ".join(['"/", "/configurations/conf-1"'] * 40))), base, ("hashed-nodes",)
    yield "signature, a long name", by_hand(signature_node(2, name="signature-" + "a" * 40)), base, ("signature-aa",)
    yield "many signatures", by_hand(*(signature_node(i, name=f"signature-{i}") for i in range(1, 30))), base, ("signature-29",)
    yield "signature, not over its configuration", by_hand(signature_node(2, nodes='"/"')), base, ("does not cover it",)
    for name, before in (("data-position", 0), ("data-offset", None)):
        source = IMAGE.replace('type = "flat_dt";', f'x{name[1:]} = <0xabcdef>; data-size = <16>; type = "flat_dt";')  # mkimage follows the name itself, and falls
        stored = packed(0, source)
        place = stored.index(TEXT[:40]) - (before if before is not None else len(stored))
        two = [data.replace(b"\0\xab\xcd\xef", struct.pack(">i", place)).replace(b"x" + name[1:].encode(), name.encode()) for data in (stored, packed(9, source))]
        yield f"an image with {name} and data", *two, ("two contents",)
    many = IMAGE.replace('hash-2 { algo = "crc32"; }; };', 'hash-2 { algo = "crc32"; }; %s };' % "".join('hash-%d { algo = "crc32"; };' % i for i in range(3, 20)), 1)
    yield "very many digests", packed(9, many), packed(1, many), ("more digests",)


def property_at(data, node, name):
    """Offset and length of the value of a property, by the path of its node."""
    at, strings, path = fdt_word(data, 8), fdt_word(data, 12), []
    while True:
        token = fdt_word(data, at)
        if token == 1:
            end = data.index(b"\0", at + 4)
            path.append(data[at + 4:end].decode())
            at = (end + 4) // 4 * 4
        elif token == 3:
            length, offset = fdt_word(data, at + 4), fdt_word(data, at + 8)
            if "/".join(path) == node and data[strings + offset:].startswith(name.encode() + b"\0"):
                return at + 12, length
            at += 12 + (length + 3) // 4 * 4
        elif token == 9:
            raise KeyError((node, name))
        else:
            path = path[:-1] if token == 2 else path
            at += 4


def fit_pairs():
    base, outside = fit(), fit("-E")
    bad = TEXT.replace(b"--serve", b"--swerv", 1)
    for label, data, more in (("inside", base, ()), ("behind", outside, ("-E",))):
        yield f"kernel, digests mended, {label}", fit(*more, kernel=bad + TEXT * 2), data, ("kernel-1",)
        yield f"board, digests mended, {label}", fit(*more, board=dtb(BOARD.replace("mtdblock2", "mtdblock7"))), data, ("fdt-1", "/chosen:bootargs")
        for image, count in (("kernel-1", 2), ("fdt-1", 4)):
            for i in range(1, count + 1):
                at, length = property_at(data, f"/images/{image}/hash-{i}", "value")
                yield f"digest {i} of {image} forged, {label}", flip(data, at + length - 1), data, (f"hash-{i}:value", "wrong")
        for node, name in (("/images/kernel-1", "load"), ("/images/kernel-1", "entry"), ("/images/kernel-1", "compression"), ("/images/fdt-1", "type"),
                           ("/images/kernel-1/hash-1", "algo"), ("/configurations", "default"), ("/configurations/conf-1", "kernel"), ("", "description")):
            at, length = property_at(data, node, name)
            yield f"{name} of {node or 'root'}, {label}", flip(data, at + max(length - 4, 0)), data, (f"{node or '/'}:{name}",)
        yield from cut_and_longer(data)
        yield from chances(data, 60, len(data), [range(property_at(data, "", "timestamp")[0], property_at(data, "", "timestamp")[0] + 4)])
    at, length = property_at(base, "/images/kernel-1", "data")
    stale = flip(base, at + length - 9)
    yield "kernel, digests stale", stale, base, ("kernel-1", "hash-1:value", "wrong")
    yield "an image more", fit(source=IMAGE.replace("fdt-1 {", "evil { description = \"e\"; data = /incbin/(\"board.dtb\"); type = \"firmware\"; }; fdt-1 {", 1)), base, ("evil",)
    yield "a configuration more", fit(source=IMAGE.replace("conf-1 {", "conf-0 { kernel = \"kernel-1\"; }; conf-1 {")), base, ("/configurations/conf-0",)
    at, _ = property_at(outside, "/images/fdt-1", "data-offset")
    yield "an image that begins elsewhere", put(outside, at, struct.pack(">I", fdt_word(outside, at) + 4)), outside, ()
    at, _ = property_at(outside, "/images/kernel-1", "data-size")
    yield "an image that is shorter", put(outside, at, struct.pack(">I", fdt_word(outside, at) - 4)), outside, ()
    yield from signed_fit_pairs()
    yield from laden_fit_pairs()
    total = (fdt_word(outside, 4) + 3) // 4 * 4
    size = fdt_word(outside, at)
    if size % 4:
        yield "fill between two images", put(outside, total + size, b"x"), outside, ("gap",)


def fit_honest():
    for label, more in (("inside", ()), ("behind", ("-E",))):
        yield f"time, {label}", fit(*more, epoch=NOW), fit(*more), "repackaged", {"timestamp"}
        yield f"kernel of another level, {label}", refit(9, *more), refit(1, *more), "repackaged", {"compression"}
    yield "signed", signed_fit("one"), fit(), "unsigned-identical", {"signature"}
    yield "signed by hand", by_hand(signature_node(2), signature_node(3, name="signature-2")), by_hand(signature_node()), "unsigned-identical", {"signature"}
    yield "signed by others", signed_fit("two"), signed_fit("one"), "unsigned-identical", {"signature"}
    yield "free space", dtb(BOARD, "-p", "64"), dtb(), "repackaged", None


def refit(level, *more):
    """The same kernel, packed by gzip at another level; every digest is that of what lies there."""
    kernel = b"".join(b"instruction %d\n" % (i * i % 977) for i in range(900))
    made("level.gz", gzip.compress(kernel, level, mtime=0))
    return fit(*more, source=IMAGE.replace("kernel.gz", "level.gz"))


# ---- uImage: U-Boot, include/image.h ----

UIMAGE = {"magic": 0, "header CRC": 4, "time": 8, "size": 12, "load address": 16, "entry point": 20, "data CRC": 24, "operating system": 28, "architecture": 29, "type": 30,
          "compression": 31, "name": 32}


def uimage(data, *more, kind="kernel", epoch=THEN):
    names = [made(f"part{i}", d) for i, d in enumerate(data if isinstance(data, list) else [data])]
    run("mkimage", "-A", "arm", "-O", "linux", "-T", kind, "-C", "none", "-a", "0x8000", "-e", "0x8000", "-n", "acme kernel", *more, "-d", ":".join(names), "u.img",
        env={"SOURCE_DATE_EPOCH": epoch}, code=0)
    return read("u.img")


def mend_uimage(data):
    """Both checksums computed anew."""
    size = fdt_word(data, 12)
    data = data[:24] + struct.pack(">I", zlib.crc32(data[64:64 + size])) + data[28:]
    return data[:4] + struct.pack(">I", zlib.crc32(data[:4] + bytes(4) + data[8:64])) + data[8:]


def uimage_pairs():
    base = uimage(TEXT * 3)
    for field, at in UIMAGE.items():
        yield f"{field}, checksum stale", flip(base, at), base, ()
        if field not in ("magic", "header CRC", "time", "data CRC"):
            yield f"{field}, checksum mended", mend_uimage(flip(base, at, 1)), base, ()
    bad = TEXT.replace(b"--serve", b"--swerv")
    yield "content, checksums mended", uimage(bad * 3), base, ("image",)
    yield "content, checksums stale", base[:64] + bad * 3, base, ("image",)
    yield "content, header says so", base[:24] + uimage(bad * 3)[24:28] + base[28:64] + bad * 3, base, ("header CRC",)
    yield "text behind the name", mend_uimage(put(base, 60, b"evil")), base, ("name",)
    yield "a file system behind it", base + bytes(64) + b"hsqs" + TEXT, base, ("rest",)
    several = uimage([TEXT, b"ramdisk of odd size", dtb()], kind="multi")
    yield "a ramdisk of several", uimage([TEXT, b"rAmdisk of odd size", dtb()], kind="multi"), several, ("image 2",)
    yield "boot arguments of several", uimage([TEXT, b"ramdisk of odd size", dtb(BOARD.replace("mtdblock2", "mtdblock7"))], kind="multi"), several, ("image 3", "/chosen:bootargs")
    yield "one image more", uimage([TEXT, b"ramdisk of odd size", dtb(), b"evil"], kind="multi"), several, ("image 4",)
    yield "two in another order", uimage([b"ramdisk of odd size", TEXT, dtb()], kind="multi"), several, ()
    at = several.index(b"odd size") + 8
    yield "fill between two", mend_uimage(put(several, at, b"x")), several, ("padding",)
    yield "a size of several", mend_uimage(flip(several, 67)), several, ()
    for data in (base, several):
        yield from cut_and_longer(data)
        yield from chances(data, 40, len(data))


def uimage_honest():
    kernel = b"".join(b"instruction %d\n" % (i * i % 977) for i in range(900))
    yield "time", uimage(TEXT, epoch=NOW), uimage(TEXT), "repackaged", {"timestamp"}
    yield "time of several", uimage([TEXT, b"x"], kind="multi", epoch=NOW), uimage([TEXT, b"x"], kind="multi"), "repackaged", {"timestamp"}
    yield "kernel of another level", *(uimage(gzip.compress(kernel, level, mtime=0)) for level in (9, 1)), "repackaged", {"compression"}
    yield "several, of another level", *(uimage([gzip.compress(kernel, level, mtime=0), b"ramdisk"], kind="multi") for level in (9, 1)), "repackaged", {"compression"}


# ---- bzImage: Linux, Documentation/x86/boot.rst ----

SETUP = {"setup_sects": 0x1f1, "root_flags": 0x1f2, "syssize": 0x1f4, "root_dev": 0x1fc, "boot_flag": 0x1fe, "jump": 0x200, "header": 0x202, "version": 0x206,
         "kernel_version": 0x20e, "loadflags": 0x211, "code32_start": 0x214, "cmdline_size": 0x238, "payload_offset": 0x248, "payload_length": 0x24c, "pref_address": 0x258,
         "init_size": 0x260, "handover_offset": 0x264}


def bzimage(kernel=TEXT * 9, packed=None, mended=True):
    """As arch/x86/boot/tools/build.c puts it together: setup, decompressor, kernel with its size, tail, checksum."""
    setup, before, after = bytearray(b"\x4d\x5a" + b"\x90" * (5 * 512 - 2)), b"\xf3\x0f" * 100, b"\xc3" * 77
    setup[60:64] = bytes(4)
    payload = (packed or lzma.compress(kernel)) + struct.pack("<I", len(kernel))
    tail = before + payload + after
    tail += bytes(-(len(tail) + 4) % 16)
    setup[0x1f1:0x270] = bytes(0x7f)
    setup[0x1f1] = 4
    struct.pack_into("<I", setup, 0x1f4, (len(tail) + 4) // 16)
    struct.pack_into("<H2s4sH", setup, 0x1fe, 0xaa55, b"\xeb\x6a", b"HdrS", 0x20f)
    struct.pack_into("<II", setup, 0x248, len(before), len(payload))
    data = bytes(setup) + tail
    return data + struct.pack("<I", zlib.crc32(data) ^ 0xffffffff)


def mend_bzimage(data):
    return data[:-4] + struct.pack("<I", zlib.crc32(data[:-4]) ^ 0xffffffff)


def bzimage_pairs():
    base = bzimage()
    for field, at in SETUP.items():
        yield f"{field}, checksum stale", flip(base, at), base, ()
        yield f"{field}, checksum mended", mend_bzimage(flip(base, at)), base, ()
    bad = TEXT.replace(b"--serve", b"--swerv", 1) + TEXT * 8
    yield "kernel, checksum mended", bzimage(bad), base, ("kernel",)
    yield "size of the kernel", mend_bzimage(flip(base, base.index(b"\xc3" * 70) - 4)), base, ("size of the kernel",)
    yield "checksum alone", flip(base, len(base) - 1), base, ("CRC", "wrong")
    yield "code before the kernel", mend_bzimage(flip(base, 5 * 512 + 20)), base, ("decompressor",)
    yield "code behind the kernel", mend_bzimage(flip(base, base.index(b"\xc3" * 70) + 9)), base, ("decompressor behind the kernel",)
    yield "setup", mend_bzimage(flip(base, 0x300)), base, ("setup",)
    yield "boot sector", mend_bzimage(flip(base, 0x100)), base, ("boot sector",)
    yield "bytes behind the compressed kernel", bzimage(packed=lzma.compress(TEXT * 9) + b"evil"), base, ("kernel",)
    yield from cut_and_longer(base)
    yield from chances(base, 60, 3)


def bzimage_honest():
    text = TEXT * 99
    yield "kernel of another level", *(bzimage(text, lzma.compress(text, preset=preset)) for preset in (0, 9)), "repackaged", {"compression"}


# ---- Android: mkbootimg ----

def android(version, kernel=TEXT * 2, ramdisk=b"ramdisk " * 99, second=b"", tree=b"", **more):
    words = ["--header_version", str(version), "--kernel", made("kernel", kernel), "--ramdisk", made("ramdisk", ramdisk), "--cmdline", more.get("cmdline", "console=ttyS0"),
             "--os_version", "12.0.0", "--os_patch_level", more.get("patch", "2022-01"), "--board", "acme"]
    for option, data in (("--second", second), ("--dtb", tree)):
        if data:
            words += [option, made(option[2:], data)]
    run("mkbootimg", *words, "-o", "boot.img", code=0)
    return read("boot.img")


def with_dtbo(data, tree):
    """A recovery tree behind what the packer wrote; that of Debian cannot add one."""
    data = data[:1632] + struct.pack("<IQ", len(tree), len(data)) + data[1644:] + tree
    return mend_android(data + bytes(-len(data) % 2048), 1)


def vendor_boot(ramdisk=b"vendor ramdisk " * 99, tree=None, cmdline="androidboot.x=1"):
    run("mkbootimg", "--header_version", "3", "--vendor_ramdisk", made("vramdisk", ramdisk), "--dtb", made("vdtb", tree or dtb()), "--vendor_cmdline", cmdline, "--board", "acme",
        "--vendor_boot", "vendor.img", code=0)
    return read("vendor.img")


def android_4(kernel=TEXT * 2, ramdisk=b"ramdisk " * 99, signature=b"AVB0" + b"s" * 252):
    """Version 4, which the packer of Debian does not know: bootimg.h, struct boot_img_hdr_v4."""
    def page(data):
        return data + bytes(-len(data) % 4096)
    head = struct.pack("<8s4I16s2I1532sI", b"ANDROID!", len(kernel), len(ramdisk), 0x18000160, 1584, b"", 4, 0x6f636e63, b"", len(signature))
    return b"".join(page(part) for part in (head, kernel, ramdisk, signature))


def mend_android(data, version):
    """The digest computed anew, from the sections as the header states them."""
    size, page = [struct.unpack_from("<I", data, at)[0] for at in (8, 16, 24, 1632, 1648)], struct.unpack_from("<I", data, 36)[0]
    sha, at = hashlib.sha1(), page
    for length in size[:3 + version]:
        sha.update(data[at:at + length] + struct.pack("<I", length))
        at += -(-length // page) * page
    return data[:576] + sha.digest() + data[596:]


def android_pairs():
    full = {0: {"second": b"second"}, 1: {"second": b"second"}, 2: {"second": b"second", "tree": dtb()}, 3: {}}
    for version, parts in full.items():
        base = android(version, **parts)
        for name in ("kernel", "ramdisk", *parts):
            words = {"tree": "dtb"}.get(name, name)
            bad = {"kernel": TEXT.replace(b"--serve", b"--swerv") + TEXT, "ramdisk": b"ramdisK " * 99, "second": b"Second", "tree": dtb(BOARD.replace("ro", "rw", 1))}[name]
            changed = android(version, **{**parts, name: bad})
            yield f"version {version}, {name}, digest mended", changed, base, (words,)
            if version < 3:
                yield f"version {version}, {name}, digest stale", changed[:576] + base[576:596] + changed[596:], base, (words, )
        yield f"version {version}, command line", android(version, cmdline="console=ttyS0 init=/x", **parts), base, ("command line",)
        yield f"version {version}, patch level", android(version, patch="2024-05", **parts), base, ("patch level",)
        yield f"version {version}, fill of a page", put(base, 4090 if version == 3 else 2040, b"evil"), base, ("padding",)
        for at in (*range(8, 48, 4), 580, 600):
            if version < 3 or at not in (580, 600):
                yield f"version {version}, header at {at}", flip(base, at), base, ()
                if version < 3:
                    yield f"version {version}, header at {at}, digest mended", mend_android(flip(base, at), version) if at != 580 else flip(base, 600), base, ()
        yield from cut_and_longer(base)
        yield from chances(base, 20, version)
    base = with_dtbo(android(1), dtb())
    yield "recovery tree, digest mended", with_dtbo(android(1), dtb(BOARD.replace("mtdblock2", "mtdblock7"))), base, ("recovery dtbo", "/chosen:bootargs")
    yield "recovery tree, digest stale", base.replace(b"mtdblock2", b"mtdblock7"), base, ("id", "wrong")
    base = vendor_boot()
    yield "vendor ramdisk", vendor_boot(ramdisk=b"vendor ramdisK " * 99), base, ("vendor ramdisk",)
    yield "vendor tree", vendor_boot(tree=dtb(BOARD.replace("mtdblock2", "mtdblock7"))), base, ("dtb", "/chosen:bootargs")
    yield "vendor command line", vendor_boot(cmdline="androidboot.x=2"), base, ("command line",)
    yield from chances(base, 20, 5)
    base = android_4()
    yield "version 4, kernel", android_4(kernel=TEXT + TEXT.replace(b"--serve", b"--swerv")), base, ("kernel",)
    yield "version 4, signature", android_4(signature=b"AVB0" + b"t" * 252), base, ("boot signature",)
    yield "version 4, signature gone", android_4(signature=b""), base, ("boot signature",)
    yield from chances(base, 20, 6)


def android_honest():
    text = TEXT * 300
    for version in (0, 2, 3):
        parts = {"tree": dtb()} if version == 2 else {}
        yield f"version {version}, ramdisk of another level", *(android(version, ramdisk=gzip.compress(text, level, mtime=0), **parts) for level in (9, 0)), "repackaged", {"compression"}


# ---- TRX: OpenWrt, firmware-utils, src/trx.c ----

def trx(parts, version=1, sums=True):
    count = 3 if version == 1 else 4
    at, offsets, body = 16 + 4 * count, [], b""
    for part in parts:
        offsets.append(at + len(body))
        body += part + bytes(-(at + len(body) + len(part)) % 64)
    head = struct.pack("<HH", 0, version) + struct.pack(f"<{count}I", *offsets, *[0] * (count - len(offsets)))
    crc = zlib.crc32(head + body) ^ 0xffffffff
    return struct.pack("<4sII", b"HDR0", 12 + len(head + body), crc if sums else 0) + head + body


def trx_pairs():
    loader, kernel, root = gzip.compress(b"loader" * 99, mtime=0), TEXT * 3, b"file system " * 50
    for version in (1, 2):
        base = trx([loader, kernel, root], version)
        for label, at in (("magic", 0), ("length", 4), ("CRC", 8), ("flags", 12), ("version", 14), ("offset 1", 16), ("offset 2", 20), ("offset 3", 24)):
            yield f"{label}, version {version}", flip(base, at, 2), base, ()
        yield f"flags with the sum mended, version {version}", mend_trx(flip(base, 12)), base, ("flags",)
        yield f"kernel, sum mended, version {version}", trx([loader, kernel.replace(b"--serve", b"--swerv"), root], version), base, ("part 2",)
        yield f"kernel, sum stale, version {version}", base.replace(b"--serve", b"--swerv", 1), base, ("CRC", "wrong")
        yield f"a part less, version {version}", trx([loader, kernel], version), base, ("part 3",)
        yield f"offset that moved, version {version}", mend_trx(put(base, 20, struct.pack("<I", struct.unpack_from("<I", base, 20)[0] + 4))), base, ()
        yield f"behind it, version {version}", base + b"signature of a vendor", base, ("rest",)
        yield from cut_and_longer(base)
        yield from chances(base, 30, version)


def mend_trx(data):
    return data[:8] + struct.pack("<I", zlib.crc32(data[12:]) ^ 0xffffffff) + data[12:]


# ---- disks: UEFI Specification, chapter 5; util-linux, sfdisk ----

GPT_HEADER = {"signature": 0, "revision": 8, "header size": 12, "header CRC": 16, "reserved": 20, "own sector": 24, "sector of the other copy": 32, "first usable sector": 40,
              "last usable sector": 48, "disk GUID": 56, "sector of the entries": 72, "number of entries": 80, "size of an entry": 84, "CRC of the entries": 88}
GPT_ENTRY = {"type GUID": 0, "partition GUID": 16, "first sector": 32, "last sector": 40, "attributes": 48, "name": 56}
SECTORS, FIRST, SECOND = 2048, 64, 1024


def gpt(one=TEXT * 9, two=b"data " * 99, *more):
    """Two partitions, with what the tool draws for their names."""
    made("disk.img", bytes(SECTORS * 512))
    run("sgdisk", "-a", "1", "-n", f"1:{FIRST}:{SECOND - 1}", "-c", "1:root", "-n", f"2:{SECOND}:{SECOND + 511}", "-c", "2:data", *more, "disk.img", code=0)
    data = bytearray(read("disk.img"))
    for at, content in ((FIRST, one), (SECOND, two)):
        data[at * 512:at * 512 + len(content)] = content
    return bytes(data)


def with_ids(data, label=1):
    """Fixed names in both copies, so that two images can be told to differ in nothing else."""
    draw = random.Random(label)
    ids = [bytes([*draw.randbytes(7), draw.randrange(64, 80), draw.randrange(128, 192), *draw.randbytes(7)]) for _ in range(3)]
    out = bytearray(data)
    for header in (512, len(data) - 512):
        entries = struct.unpack_from("<Q", data, header + 72)[0] * 512
        out[header + 56:header + 72] = ids[0]
        for i in (0, 1):
            out[entries + 128 * i + 16:entries + 128 * i + 32] = ids[1 + i]
    return mend_gpt(bytes(out))


def mend_gpt(data, copies=(1, 2)):
    out = bytearray(data)
    for header in [(512, len(data) - 512)[c - 1] for c in copies]:
        entries, count, size = struct.unpack_from("<QII", out, header + 72)
        struct.pack_into("<I", out, header + 88, zlib.crc32(out[entries * 512:entries * 512 + count * size]))
        length = struct.unpack_from("<I", out, header + 12)[0]
        out[header + 16:header + 20] = bytes(4)
        struct.pack_into("<I", out, header + 16, zlib.crc32(out[header:header + length]))
    return bytes(out)


def gpt_pairs():
    base = with_ids(gpt())
    last = len(base) - 512
    entries = {1: 1024, 2: struct.unpack_from("<Q", base, last + 72)[0] * 512}
    for copy, header in ((1, 512), (2, last)):
        for field, at in GPT_HEADER.items():
            yield f"{field} of copy {copy}, sum stale", flip(base, header + at), base, ()
            if field not in ("signature", "header size", "header CRC", "sector of the entries", "number of entries", "size of an entry", "CRC of the entries"):
                yield f"{field} of copy {copy}, sum mended", mend_gpt(flip(base, header + at), (copy,)), base, (field,)
        for field, at in GPT_ENTRY.items():
            words = () if field.endswith("sector") else (field,)
            yield f"{field} of copy {copy}, sum mended", mend_gpt(flip(base, entries[copy] + at), (copy,)), base, words
            yield f"{field} of copy {copy}, sum stale", flip(base, entries[copy] + at), base, ()
        yield f"unused entries of copy {copy}, sum mended", mend_gpt(put(base, entries[copy] + 128 * 60 + 64, b"evil"), (copy,)), base, ("unused entries",)
        yield f"rest of the sector of header {copy}", put(base, header + 100, b"evil"), base, ()
    for field, at in GPT_ENTRY.items():
        if field not in ("partition GUID", "first sector", "last sector"):
            yield f"{field} in both copies, sums mended", mend_gpt(flip(flip(base, 1024 + at), entries[2] + at)), base, (field,)
    yield "a name that is text", mend_gpt(put(put(put(put(base, 1024 + 16, b"/tmp/ev\x41\x81.so.12"[:16]), entries[2] + 16, b"/tmp/ev\x41\x81.so.12"[:16]), 1024 + 48, b"\1"), entries[2] + 48, b"\1")), base, ("partition GUID",)
    yield "one partition more", with_ids(gpt(TEXT * 9, b"data " * 99, "-n", "3:1600:1700")), base, ("partition 3",)
    yield "a partition that is longer", with_ids(gpt()).replace(struct.pack("<Q", SECOND + 511), struct.pack("<Q", SECOND + 512)), base, ()
    yield "content of a partition", with_ids(gpt(TEXT.replace(b"--serve", b"--swerv") + TEXT * 8)), base, ("partition 1",)
    yield "bytes between the table and the first partition", put(base, 50 * 512, b"evil"), base, ("gap",)
    yield "bytes between two partitions", put(base, (SECOND + 512) * 512 + 9, b"evil"), base, ("gap",)
    yield "bytes at the end of a partition", put(base, SECOND * 512 - 9, b"evil"), base, ("partition 1",)
    yield "boot code", put(base, 0, b"\xeb\x3c\x90"), base, ("boot code",)
    yield "protective record", flip(base, 446 + 4), base, ("master boot record", "type")
    yield "a second row", put(base, 446 + 16 + 4, b"\x83"), base, ("master boot record",)
    yield "bytes behind the end", base + b"evil", base, ("overlay",)
    yield "without its second copy", base[:-34 * 512], base, ()
    yield from chances(base, 60, 5)


def mbr(script, contents):
    made("disk.img", bytes(SECTORS * 512))
    run("sfdisk", "-q", "disk.img", stdin="label: dos\nlabel-id: 0x1234abcd\nunit: sectors\n" + script, code=0)
    data = bytearray(read("disk.img"))
    for at, content in contents.items():
        data[at * 512:at * 512 + len(content)] = content
    return bytes(data)


MBR = "start=64, size=200, type=83, bootable\nstart=300, size=300, type=83\nstart=700, size=1000, type=5\nstart=720, size=100, type=83\nstart=900, size=100, type=82\n"


def mbr_pairs():
    contents = {64: TEXT * 9, 300: b"data " * 99, 720: b"logical " * 99, 900: b"swap " * 9}
    base = mbr(MBR, contents)
    for row in range(3):
        for field, at in (("status", 0), ("first cylinder", 1), ("type", 4), ("last cylinder", 5), ("first sector", 8), ("sectors", 12)):
            yield f"{field} of row {row + 1}", flip(base, 446 + 16 * row + at, 3), base, ()
    yield "content", mbr(MBR, {**contents, 64: TEXT.replace(b"--serve", b"--swerv")}), base, ("partition 1",)
    yield "content of a logical one", mbr(MBR, {**contents, 720: b"logicaL " * 99}), base, ("partition 5",)
    yield "a logical one less", mbr(MBR[:MBR.rindex("start")], contents), base, ()
    yield "boot code", put(base, 100, b"evil"), base, ("boot code",)
    yield "boot code of an extended record", put(base, 700 * 512 + 100, b"evil"), base, ("extended boot record",)
    yield "third row of an extended record", put(base, 700 * 512 + 446 + 36, b"\x83"), base, ("extended boot record",)
    yield "copy protection", put(base, 444, b"\x5a\x5a"), base, ("copy protection",)
    yield "gap behind the table", put(base, 30 * 512, b"evil"), base, ("gap",)
    yield "gap between logical ones", put(base, 850 * 512, b"evil"), base, ("gap",)
    yield "a chain that leads back", put(base, 700 * 512 + 446 + 16 + 8, struct.pack("<I", 0)), base, ()
    yield "zero for a name", put(put(base, 440, bytes(4)), 444, b"\1"), base, ("disk signature",)
    yield "bytes behind the end", base + b"evil", base, ("overlay",)
    yield from chances(base, 40, 5, [range(440, 444)])


def disk_honest():
    base = gpt()
    yield "GPT, names that are drawn", with_ids(base, 2), with_ids(base, 1), "explained", {"random"}
    yield "GPT, two runs of sgdisk", gpt(), gpt(), "explained", {"random"}
    one = mbr(MBR, {64: TEXT})
    yield "MBR, disk signature", put(one, 440, b"\x98\x76\x54\x32"), one, "explained", {"random"}


# ---- memory as lines of digits: Intel HEX, S-records ----

def lines_of(kind, parts, *more):
    """What objcopy writes of sections at those addresses."""
    words = []
    made("empty.s", b"")
    run("as", "empty.s", "-o", "mem.o", code=0)
    for i, (address, data) in enumerate(parts):
        words += ["--add-section", f".m{i}={made(f'm{i}', data)}", "--set-section-flags", f".m{i}=alloc,load,contents", "--change-section-address", f".m{i}={address:#x}"]
    run("objcopy", *words, "mem.o", "mem.elf", code=0)
    run("objcopy", "-O", kind, *more, "mem.elf", "mem.out", code=0)
    return read("mem.out")


PARTS = [(0x8000000, TEXT * 3), (0x8010000, bytes(range(256)) * 300)]


def resum(line, motorola):
    """A line of digits with its checksum computed anew."""
    body = bytes.fromhex(line.strip()[2 if motorola else 1:-2].decode())
    total = (~sum(body) if motorola else -sum(body)) & 0xff
    return line.strip()[:-2] + b"%02X" % total


def lines_pairs(kind, motorola, mark):
    base = lines_of(kind, PARTS)
    lines = base.splitlines(keepends=True)
    data = [i for i, line in enumerate(lines) if line.startswith(mark)]
    at = data[len(data) // 2]

    def with_line(i, line, mend=True):
        return b"".join([*lines[:i], (resum(line, motorola) if mend else line.strip()) + b"\r\n", *lines[i + 1:]])
    line = lines[at].strip()
    changed = line[:20] + (b"0" if line[20:21] != b"0" else b"1") + line[21:]
    yield "data, sum mended", with_line(at, changed), base, ("0x08010000",)
    yield "data, sum stale", with_line(at, changed, False), base, ()
    yield "sum alone", with_line(at, line[:-2] + b"%02X" % (int(line[-2:], 16) ^ 1), False), base, ()
    yield "address of a line, sum mended", with_line(at, line[:7] + (b"0" if line[7:8] != b"0" else b"8") + line[8:]), base, ()
    yield "a line less", b"".join(lines[:at] + lines[at + 1:]), base, ()
    yield "a line twice", b"".join(lines[:at] + [lines[at]] + lines[at:]), base, ()
    yield "two lines in another order", b"".join(lines[:at] + [lines[at + 1], lines[at]] + lines[at + 2:]), base, ()
    yield "other content", lines_of(kind, [(0x8000000, TEXT.replace(b"--serve", b"--swerv") * 3), PARTS[1]]), base, ("0x08000000",)
    yield "somewhere else", lines_of(kind, [PARTS[0], (0x8020000, PARTS[1][1])]), base, ("0x08020000",)
    yield "something more", lines_of(kind, [*PARTS, (0x20000000, b"evil" * 9)]), base, ("0x20000000",)
    yield "nothing but the first part", lines_of(kind, PARTS[:1]), base, ("0x08010000",)
    yield "another start", lines_of(kind, PARTS, "--set-start=0x8000100"), lines_of(kind, PARTS, "--set-start=0x8000000"), ("start address" if kind == "ihex" else "end",)
    yield "text behind the end", base + b"evil\r\n", base, ("overlay",)
    yield "a second image behind the end", base + lines_of(kind, [(0x8000000, b"evil")]), base, ("overlay",)
    yield "without its last line", b"".join(lines[:-1]), base, ()
    yield "an empty line", b"".join(lines[:at] + [b"\r\n"] + lines[at:]), base, ()
    yield from ((label, bad, good, words) for label, bad, good, words in chances(base, 60, len(base)) if bad.upper() != good.upper())


def ihex_pairs():
    yield from lines_pairs("ihex", False, b":10")
    base = lines_of("ihex", PARTS)
    yield "another base", base.replace(b":020000040801F1", b":020000040802F0"), base, ("0x08020000",)
    yield "a base of the other kind", base.replace(b":020000040801F1", b":0200000208016" + b"3"), base, ()
    yield "a line of an unknown type", base.replace(b":00000001FF", b":00000006FA"), base, ()
    yield from bases_pairs()


def intel(kind, address, data=b""):
    """One line of Intel HEX."""
    body = bytes([len(data), address >> 8, address & 255, kind]) + data
    return b":%s\r\n" % (body + bytes([-sum(body) & 255])).hex().upper().encode()


def bases_pairs():
    """Bases of two kinds, bases that nothing uses, and addresses of lines that have none."""
    data = b"".join(intel(0, i, TEXT[i:i + 16]) for i in range(0, 64, 16))
    linear, end = intel(4, 0, b"\x08\0"), intel(1, 0)
    base = linear + data + end
    hidden = b"a text in bases that the next line replaces "
    yield "a segment before a base", intel(2, 0, b"\x10\0") + base, base, ()
    yield "a segment of zero behind a base", linear + intel(2, 0, b"\0\0") + data + end, base, ()
    yield "a segment in a file of bases", linear + data[:len(data) // 2] + intel(2, 0, b"\0\0") + data[len(data) // 2:] + end, base, ()
    yield "bases that nothing uses", b"".join(intel(4, 0, hidden[i:i + 2]) for i in range(0, len(hidden), 2)) + base, base, ()
    yield "an address of a base", intel(4, 0x6576, b"\x08\0") + data + end, base, ()


def srec_pairs():
    yield from lines_pairs("srec", True, b"S3")
    base = lines_of("srec", PARTS)
    title = base.splitlines()[0]
    yield "title", base.replace(title, resum(title[:8] + b"65" + title[10:], True)), base, ("title",)


def lines_honest():
    both = lines_of("ihex", [(0x100, TEXT), (0x21000, TEXT), (0x8000000, TEXT)])
    assert b":020000020000FC\r\n:02000004" in both
    yield "ihex, both kinds of bases", both[:-13].lower() + both[-13:], both, "repackaged", {"compression"}
    for kind, one, two in (("ihex", (), ()), ("srec", ("--srec-len=16",), ("--srec-len=32",))):
        a, b = lines_of(kind, PARTS, *one), lines_of(kind, PARTS, *two)
        if a != b:
            yield f"{kind}, lines of another length", a, b, "repackaged", {"compression"}


# ---- blobs in which known things lie ----

def blob(kernel=TEXT * 3, fill=b"\xff", header=b"VENDOR\1\0" + bytes(248), tree=None):
    """As a vendor's tool puts an image together: a header, a kernel, a tree, each at the start of a block."""
    parts = [header, uimage(kernel), tree or dtb()]
    out = b""
    for part in parts:
        out += part
        out += fill * (-len(out) % (256 if len(out) < 4096 else 4096))
    return out + fill * 4096


def raw_pairs():
    base = blob()
    yield "kernel, its sums mended", blob(TEXT.replace(b"--serve", b"--swerv") + TEXT * 2), base, ("uimage 1",)
    yield "kernel, its sums stale", base.replace(b"--serve", b"--swerv", 1), base, ("uimage 1", "data CRC")
    yield "boot arguments", blob(tree=dtb(BOARD.replace("mtdblock2", "mtdblock7"))), base, ("dtb 2", "/chosen:bootargs")
    yield "header of the vendor", put(base, 12, b"evil"), base, ("gap",)
    yield "fill between two", put(base, base.index(b"\xd0\x0d\xfe\xed") - 20, b"evil"), base, ("gap",)
    yield "fill at the end", put(base, len(base) - 20, b"evil"), base, ("overlay",)
    yield "a magic that went", flip(base, base.index(b"\xd0\x0d\xfe\xed")), base, ()
    yield "a thing more", put(base, len(base) - 4096, uimage(b"evil")), base, ("uimage",)
    yield "a stated length that is shorter", put(base, 256 + 12, struct.pack(">I", 64)), base, ()
    yield from cut_and_longer(base)
    yield from chances(base, 60, 9)


def raw_honest():
    kernel = b"".join(b"instruction %d\n" % (i * i % 977) for i in range(900))
    one = blob(gzip.compress(kernel, 9, mtime=0))
    at = one.index(b"\x27\x05\x19\x56")
    other = mend_uimage(put(one[at:], 8, b"\x65\xbd\xe5\xa5"))
    yield "time of an image in a blob", one[:at] + other, one, "repackaged", {"timestamp"}


# ---- the tables that the suites go through: tools, pairs ----

MUTANTS = {"dtb": (("dtc",), dtb_pairs), "itb": (("dtc", "mkimage", "openssl"), fit_pairs), "uimage": (("dtc", "mkimage"), uimage_pairs), "bzimage": ((), bzimage_pairs),
           "android": (("dtc", "mkbootimg"), android_pairs), "trx": ((), trx_pairs), "gpt": (("sgdisk",), gpt_pairs), "mbr": (("sfdisk",), mbr_pairs),
           "hex": (("as", "objcopy"), ihex_pairs), "srec": (("as", "objcopy"), srec_pairs), "bin image": (("dtc", "mkimage"), raw_pairs)}
HONEST = {"FIT": (("dtc", "mkimage", "openssl"), fit_honest), "uImage": (("mkimage",), uimage_honest), "bzImage": ((), bzimage_honest), "Android": (("dtc", "mkbootimg"), android_honest),
          "disks": (("sgdisk", "sfdisk"), disk_honest),
          "lines of digits": (("as", "objcopy"), lines_honest), "blobs": (("dtc", "mkimage"), raw_honest)}
