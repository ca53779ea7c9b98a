# SPDX-License-Identifier: Apache-2.0
"""What devices boot, made by the real tools: tampered pairs, honest pairs and attempts to hide, a table of kinds each. As in mutants.py and benign.py."""
import gzip
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
    total = (fdt_word(outside, 4) + 3) // 4 * 4
    size = fdt_word(outside, at)
    if size % 4:
        yield "fill between two images", put(outside, total + size, b"x"), outside, ("gap",)


def fit_honest():
    for label, more in (("inside", ()), ("behind", ("-E",))):
        yield f"time, {label}", fit(*more, epoch=NOW), fit(*more), "repackaged", {"timestamp"}
        yield f"kernel of another level, {label}", refit(9, *more), refit(1, *more), "repackaged", {"compression"}
    yield "free space", dtb(BOARD, "-p", "64"), dtb(), "repackaged", None


def refit(level, *more):
    """The same kernel, packed by gzip at another level; every digest is that of what lies there."""
    kernel = b"".join(b"instruction %d\n" % (i * i % 977) for i in range(900))
    made("level.gz", gzip.compress(kernel, level, mtime=0))
    return fit(*more, source=IMAGE.replace("kernel.gz", "level.gz"))


# ---- the tables that the suites go through: tools, pairs ----

MUTANTS = {"dtb": (("dtc",), dtb_pairs), "itb": (("dtc", "mkimage"), fit_pairs)}
HONEST = {"FIT": (("dtc", "mkimage"), fit_honest)}
