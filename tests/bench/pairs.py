#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Make every pair of files and trees that compare.py measures, from libraries of this machine and from text made by a seed.

One change a pair: one byte of machine code, one time, one line of text. The changes of the `deb_stale` pairs are not in the package's md5sums.
"""
import dataclasses
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import zipfile

import images
from material import EPOCH, LIBRARIES, Pair, library, same_time, write_texts

SECTION = struct.Struct("<IIQQQQIIQQ")


def flip_code(path):
    """One bit of the displacement of a call near the middle of .text."""
    image = bytearray(pathlib.Path(path).read_bytes())
    if image[:6] != b"\x7fELF\x02\x01":
        raise SystemExit(f"{path} is no 64-bit little-endian ELF file")
    table, = struct.unpack_from("<Q", image, 0x28)
    width, count, names = struct.unpack_from("<HHH", image, 0x3a)
    rows = [SECTION.unpack_from(image, table + i * width) for i in range(count)]
    texts = [r for r in rows if image[rows[names][4] + r[0]:].startswith(b".text\0")]
    offset, size = texts[0][4], texts[0][5]
    at = image.index(b"\xe8", offset + size // 2, offset + size - 1) + 1
    image[at] ^= 1
    pathlib.Path(path).write_bytes(image)


class Maker:
    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.scratch = os.path.join(self.root, "scratch")
        self.pairs = []

    def folder(self, name):
        path = os.path.join(self.root, name)
        os.makedirs(path)
        return path

    def add(self, name, a, b, kind, levels, culprit=(), **more):
        self.pairs.append(Pair(name, a, b, kind, levels, culprit, **more))

    # single files
    def elf(self, name, source):
        here = self.folder(name)
        a, b = os.path.join(here, "a"), os.path.join(here, "b")
        shutil.copy(source, a)
        shutil.copy(source, b)
        flip_code(b)
        self.add(name, a, b, "file", ("different",), (".text",), goal=100)

    def equal(self, megabytes):
        here = self.folder("same_image")
        a, b = os.path.join(here, "a.img"), os.path.join(here, "b.img")
        numbers = random.Random(megabytes)
        with open(a, "wb") as f:
            for _ in range(megabytes):
                f.write(numbers.randbytes(1 << 20))
        shutil.copy(a, b)
        self.add("same_image", a, b, "same", ("identical",))

    # packages
    def package(self):
        """An unpacked package, with right md5sums."""
        root = os.path.join(self.scratch, "package")
        for name in LIBRARIES:
            os.makedirs(os.path.join(root, "usr/lib/tools"), exist_ok=True)
            shutil.copy(library(name), os.path.join(root, "usr/lib/tools", name))
        write_texts(os.path.join(root, "usr/share/doc/tools"), 200)
        os.makedirs(os.path.join(root, "DEBIAN"))
        pathlib.Path(root, "DEBIAN/control").write_text(
            "Package: tools\nVersion: 1\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\nDescription: material of a benchmark\n")
        self.md5sums(root)
        same_time(root)
        return root

    def md5sums(self, root):
        listed = subprocess.run("find usr -type f | sort | xargs md5sum", shell=True, cwd=root, check=True, capture_output=True).stdout
        pathlib.Path(root, "DEBIAN/md5sums").write_bytes(listed)

    def pack(self, root, out, *options):
        subprocess.run(["dpkg-deb", "-b", "--root-owner-group", "--threads-max=2", "-Zxz", *options, root, out], check=True,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, SOURCE_DATE_EPOCH=str(EPOCH), LC_ALL="C"))

    def debs(self):
        base = self.package()
        machine, text = "usr/lib/tools/libsodium.so.23", "usr/share/doc/tools/d001/f50.h"

        def line(root):
            with open(os.path.join(root, text), "a") as f:
                f.write("changed\n")

        changes = {"mtime": (lambda root: os.utime(os.path.join(root, machine), (EPOCH - 9, EPOCH - 9)), (machine,), ("repackaged", "explained")),
                   "text": (line, (text,), ("different",)),
                   "elf": (lambda root: flip_code(os.path.join(root, machine)), (machine, ".text"), ("different",))}
        plain = os.path.join(self.scratch, "a.deb")
        self.pack(base, plain)
        here = self.folder("deb_same")
        shutil.copy(plain, os.path.join(here, "a.deb"))
        shutil.copy(plain, os.path.join(here, "b.deb"))
        self.add("deb_same", os.path.join(here, "a.deb"), os.path.join(here, "b.deb"), "same", ("identical",))
        for name, stale in (("mtime", False), ("text", False), ("elf", False), ("text", True), ("elf", True)):
            change, culprit, levels = changes[name]
            root = os.path.join(self.scratch, "variant")
            shutil.rmtree(root, ignore_errors=True)
            subprocess.run(["cp", "-a", base, root], check=True)
            if name != "mtime":
                change(root)
                if not stale:
                    self.md5sums(root)
                same_time(root)
            else:
                change(root)
            title = f"deb_stale_{name}" if stale else f"deb_{name}"
            here = self.folder(title)
            shutil.copy(plain, os.path.join(here, "a.deb"))
            self.pack(root, os.path.join(here, "b.deb"))
            self.add(title, os.path.join(here, "a.deb"), os.path.join(here, "b.deb"), "file", levels, culprit, goal=4.5)

    # many small files
    def tree(self, count):
        here = self.folder(f"tree_{count}")
        write_texts(os.path.join(here, "a"), count)
        subprocess.run(["cp", "-a", os.path.join(here, "a"), os.path.join(here, "b")], check=True)
        changed = f"d{count * 2 // 300:03}/f50.h"
        with open(os.path.join(here, "b", changed), "a") as f:
            f.write("changed\n")
        same_time(os.path.join(here, "b"))
        self.add(f"tree_{count}", os.path.join(here, "a"), os.path.join(here, "b"), "tree", ("different",), (changed,), goal=30 if count >= 10000 else 0)
        return here, changed

    def archives(self, count, tree, changed):
        here = self.folder(f"tar_{count}")
        for side in "ab":
            subprocess.run(f"tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -C {tree}/{side} -cf - . | xz -1 -T2 > {here}/{side}.tar.xz",
                           shell=True, check=True)
        self.add(f"tar_{count}", f"{here}/a.tar.xz", f"{here}/b.tar.xz", "file", ("different",), (changed,), goal=20 if count >= 5000 else 0)

    def zips(self, count, tree, changed):
        for name, first in ((f"zip_{count}", None), (f"jar_{count}", "META-INF/MANIFEST.MF")):
            here = self.folder(name)
            for side in "ab":
                self.zip(os.path.join(tree, side), os.path.join(here, f"{side}.{name[:3]}"), first)
            self.add(name, os.path.join(here, f"a.{name[:3]}"), os.path.join(here, f"b.{name[:3]}"), "file", ("different",), (changed,),
                     goal=30 if count >= 10000 else 0)

    def shared(self):
        """An archive whose members all have to be decoded on both sides, and are large enough to be worth a thread."""
        here, root = self.folder("rezip"), os.path.join(self.scratch, "members")
        for side in "ab":
            os.makedirs(os.path.join(root, side))
            for name in LIBRARIES:
                image = pathlib.Path(library(name)).read_bytes()
                for number, at in enumerate(range(0, len(image), 400000)):
                    pathlib.Path(root, side, f"{name}.{number:02}").write_bytes(image[at:at + 400000])
        with open(os.path.join(root, "b", "libcrypto.so.3.05"), "r+b") as f:
            f.write(b"changed")
        for side, level in (("a", 9), ("b", 1)):
            self.zip(os.path.join(root, side), os.path.join(here, f"{side}.zip"), None, level)
        self.add("rezip", os.path.join(here, "a.zip"), os.path.join(here, "b.zip"), "file", ("different",), ("libcrypto.so.3.05",), shared=True)

    def zip(self, root, out, first, level=6):
        names = sorted(os.path.relpath(os.path.join(folder, name), root) for folder, _, files in os.walk(root) for name in files)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
            if first:
                packed.writestr(zipfile.ZipInfo(first), "Manifest-Version: 1.0\r\n\r\n")
            for name in names:
                packed.writestr(zipfile.ZipInfo(name), pathlib.Path(root, name).read_bytes(), zipfile.ZIP_DEFLATED, level)

    def make(self):
        os.makedirs(self.scratch)
        self.elf("elf_libcrypto", library("libcrypto.so.3"))
        self.elf("elf_small", library("libcapstone.so.4"))
        self.equal(100)
        self.debs()
        for count in (1250, 2500, 5000, 10000):
            tree, changed = self.tree(count)
            self.archives(count, tree, changed)
            self.zips(count, tree, changed)
        self.shared()
        self.pairs += images.make(self.root, self.scratch)
        shutil.rmtree(self.scratch)
        for pair in self.pairs:
            differs = subprocess.run(["diff", "-rq", pair.a, pair.b], stdout=subprocess.DEVNULL, check=False).returncode
            if differs != (pair.kind != "same"):
                raise SystemExit(f"{pair.name}: was not made as it should be")
        return self.pairs


def load(root):
    """The pairs below @root, made there once."""
    index = os.path.join(root, "pairs.json")
    if not os.path.exists(index):
        shutil.rmtree(root, ignore_errors=True)
        made = [dataclasses.asdict(pair) for pair in Maker(root).make()]
        pathlib.Path(index).write_text(json.dumps(made))
    return [Pair(**row) for row in json.loads(pathlib.Path(index).read_text())]
