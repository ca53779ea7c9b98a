# SPDX-License-Identifier: Apache-2.0
"""Programs, packages and archives that the tamper suite changes; everything is made by the real tools, then edited byte by byte."""
import io
import os
import struct
import tarfile

from sbtest import run

EPOCH = 1700000000
SOURCE = r"""
#include <stdio.h>
#include <string.h>
static int backdoor(const char *p) { puts("let in"); return p[0] == 'x'; }
int check(const char *p) { return strcmp(p, "secret") == 0; }
int (*volatile other)(const char *) = backdoor;
int main(int argc, char **argv) { return argc > 1 && check(argv[1]) ? 0 : 1; }
"""


def program(path, *flags, strip=True):
    with open(path + ".c", "w") as f:
        f.write(SOURCE)
    run("gcc", "-O1", "-g", *flags, path + ".c", "-o", path, code=0)
    if strip:
        run("strip", path, code=0)


class Elf:
    """Just enough of a little-endian ELF64 file to find what is to be changed."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = bytearray(f.read())
        self.entry, self.phoff, self.shoff = struct.unpack_from("<QQQ", self.data, 24)
        self.phnum, _, self.shnum, self.shstrndx = struct.unpack_from("<HHHH", self.data, 56)

    def segments(self):
        for i in range(self.phnum):
            at = self.phoff + 56 * i
            kind, flags, offset, address, _, size = struct.unpack_from("<IIQQQQ", self.data, at)
            yield at, kind, flags, offset, address, size

    def section(self, name):
        """(offset, size) of a section."""
        rows = [struct.unpack_from("<IIQQQQ", self.data, self.shoff + 64 * i) for i in range(self.shnum)]
        names = rows[self.shstrndx][4]
        for row in rows:
            start = names + row[0]
            if self.data[start:self.data.index(0, start)].decode() == name:
                return row[4], row[5]
        raise KeyError(name)

    def write(self, path):
        with open(path, "wb") as f:
            f.write(self.data)


def entry(name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), EPOCH, 0o644
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def tar(path, entries, pax=None):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT, pax_headers=pax) as f:
        for info, data in entries:
            f.addfile(info, io.BytesIO(data))


def newc(path, entries):
    """cpio of (name, inode, links, data)."""
    with open(path, "wb") as f:
        for name, inode, links, data in [*entries, ("TRAILER!!!", 0, 1, b"")]:
            raw = name.encode() + b"\0"
            fields = (inode, 0o100755, 0, 0, links, EPOCH, len(data), 8, 1, 0, 0, len(raw), 0)
            head = b"070701" + b"".join(b"%08X" % x for x in fields) + raw
            f.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))


def package(path, tree, edit=None, compression="xz"):
    """A .deb of what dpkg-deb makes of @tree: {name: (mode, bytes)}; @edit changes the unpacked folder before it is packed."""
    root = path + ".root"
    run("rm", "-rf", root, code=0)
    os.makedirs(os.path.join(root, "DEBIAN"))
    os.chmod(root, 0o755)
    os.chmod(os.path.join(root, "DEBIAN"), 0o755)
    put(root, "DEBIAN/control", 0o644, b"Package: acme\nVersion: 1\nArchitecture: amd64\nMaintainer: Acme <a@example.org>\nDescription: test\n")
    for name, (mode, data) in tree.items():
        put(root, name, mode, data)
    sums(root, tree)
    if edit:
        edit(root)
    run("dpkg-deb", "--root-owner-group", f"-Z{compression}", "-b", root, path, env={"SOURCE_DATE_EPOCH": str(EPOCH)}, code=0)


def put(root, name, mode, data):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    folder = os.path.dirname(path)
    while len(folder) > len(root):
        os.chmod(folder, 0o755)
        folder = os.path.dirname(folder)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    os.utime(path, (EPOCH, EPOCH))


def sums(root, tree):
    lines = [run("md5sum", name, cwd=root, code=0).out for name in sorted(tree)]
    put(root, "DEBIAN/md5sums", 0o644, "".join(lines).encode())
