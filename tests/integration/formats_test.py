# SPDX-License-Identifier: Apache-2.0
"""Archives as real tools write them, through `samebuild compare`: equal, changed inside, other times, something appended."""
import os
import pathlib
import shutil
import subprocess

from sbtest import case, main, need, run, sb


def tree(root, text="content", mtime=1700000000):
    """A small tree with what archives can hold; every time in it is @mtime."""
    shutil.rmtree(root, ignore_errors=True)
    root = pathlib.Path(root)
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "file").write_text("line\n" * 200 + text + "\n")
    (root / "tool").write_text("#!/bin/sh\n")
    (root / "tool").chmod(0o755)
    for path in [root / "folder" / "file", root / "tool", root / "folder", root]:
        os.utime(path, (mtime, mtime))


def names(root):
    return ["folder", "folder/file", "tool"]


def tar(variant):
    def pack(root, out):
        # GNU tar puts its process number into exthdr.name.
        run("tar", "--no-recursion", f"--format={variant}", "--owner=0", "--group=0",
            *(["--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime"] if variant == "pax" else []),
            "-cf", os.path.abspath(out), *names(root), cwd=root, code=0)
    return pack


def cpio(variant):
    def pack(root, out):
        run("cpio", "--reproducible", "-o", "-H", variant, "-O", os.path.abspath(out), cwd=root, stdin="\n".join(names(root)), code=0)
    return pack


def zipped(root, out):
    run("zip", "-q", "-X", os.path.abspath(out), *names(root), cwd=root, code=0)


def ar(root, out):
    run("ar", "qcU", os.path.abspath(out), "folder/file", "tool", cwd=root, code=0)


def compressed(*argv):
    """tar through a compression that is no matter of the tar writer."""
    def pack(root, out):
        tar("ustar")(root, out + ".plain")
        with open(out + ".plain", "rb") as plain:
            data = plain.read()
        os.unlink(out + ".plain")
        with open(out, "wb") as packed:
            packed.write(subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=True).stdout)
    return pack


KINDS = [("v7.tar", "tar", tar("v7")), ("ustar.tar", "tar", tar("ustar")), ("gnu.tar", "tar", tar("gnu")), ("pax.tar", "tar", tar("pax")),
         ("newc.cpio", "cpio", cpio("newc")), ("crc.cpio", "cpio", cpio("crc")), ("odc.cpio", "cpio", cpio("odc")),
         ("bin.cpio", "cpio", cpio("bin")), ("x.zip", "zip", zipped), ("x.a", "ar", ar),
         ("x.tar.gz", "gzip", compressed("gzip", "-nc")), ("x.tar.xz", "xz", compressed("xz", "-c")),
         ("x.tar.lzma", "lzma", compressed("lzma", "-c")), ("x.tar.bz2", "bzip2", compressed("bzip2", "-c")),
         ("x.tar.zst", "zstd", compressed("zstd", "-qc")), ("x.tar.lz4", "lz4", compressed("lz4", "-qc"))]


def compare(a, b, code):
    result = sb("compare", a, b, "--json")
    assert result.code == code, result
    return result.json()


def pairs(name, pack):
    """Two folders with an archive of the same name each, packed by @pack from trees that the caller describes."""
    def make(side, **difference):
        os.makedirs(side, exist_ok=True)
        tree("tree", **difference)
        pack("tree", os.path.join(side, name))
        return os.path.join(side, name)
    return make


def register(name, tool, pack):
    @case(f"{name}: equal, changed inside, other times, appended")
    def _(_folder):
        need(tool)
        make = pairs(name, pack)
        base = make("a")
        assert compare(base, make("same"), 0)["level"] == "identical"
        changed = compare(base, make("changed", text="CONTENT"), 1)
        assert changed["level"] == "different", changed
        where = [step for finding in changed["findings"] for step in finding["where"]]
        assert any("file" in step for step in where), changed["findings"]
        later = sb("compare", base, make("later", mtime=1700086400), "--json").json()
        assert later["level"] in ("repackaged", "explained"), later
        longer = make("longer")
        with open(longer, "ab") as archive:
            archive.write(b"appended to the end")
        assert compare(base, longer, 1)["level"] == "different"


for kind in KINDS:
    register(*kind)

if __name__ == "__main__":
    main()
