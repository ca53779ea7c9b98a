# SPDX-License-Identifier: Apache-2.0
"""Archives as real tools write them, through `samebuild compare`: equal, changed inside, other times, something appended."""
import glob
import os
import pathlib
import shutil
import struct
import subprocess
import zlib

from sbtest import cache, case, main, need, run, sb, skip


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


def squashfs(*flags):
    def pack(root, out):
        run("mksquashfs", root, out, "-noappend", "-quiet", "-no-progress", "-mkfs-time", "1700000000", "-all-root", *flags, code=0)
    return pack


def extended(kind):
    def pack(root, out):
        run("mke2fs", "-q", "-F", "-t", kind, "-d", root, "-U", "11111111-2222-4333-8444-555555555555", "-E", "hash_seed=11111111-2222-4333-8444-555555555555", out, "2500K",
            code=0, env={"E2FSPROGS_FAKE_TIME": "1700000000"})
    return pack


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
         ("x.ext4", "mke2fs", extended("ext4")), ("x.squashfs", "mksquashfs", squashfs()), ("xz.squashfs", "mksquashfs", squashfs("-comp", "xz", "-b", "4096")),
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

def debian_kernel():
    """vmlinuz of the newest kernel for clouds, without Secure Boot's signature; kept in the cache of the tests."""
    folder = cache("kernel")
    found = glob.glob(os.path.join(folder, "vmlinuz-*"))
    if not found:
        names = run("apt-cache", "search", "--names-only", r"^linux-image-6\.1\.0-.*-cloud-amd64-unsigned$").out.split("\n")
        if not names[0]:
            skip("no linux-image-6.1…-cloud-amd64-unsigned on the mirror")
        name = sorted(line.split()[0] for line in names if line)[-1]
        if run("apt-get", "download", "-q", name, cwd=folder, timeout=300).code:
            skip(f"the mirror does not give {name}")
        package = glob.glob(os.path.join(folder, "linux-image-*.deb"))[0]
        run("dpkg-deb", "-x", package, os.path.join(folder, "unpacked"), code=0)
        kernel = glob.glob(os.path.join(folder, "unpacked", "boot", "vmlinuz-*"))[0]
        os.rename(kernel, os.path.join(folder, os.path.basename(kernel)))
        shutil.rmtree(os.path.join(folder, "unpacked"))
        os.unlink(package)
        found = glob.glob(os.path.join(folder, "vmlinuz-*"))
    with open(found[0], "rb") as f:
        return bytearray(f.read())


@case("vmlinuz of Debian: setup, checksum, and the kernel down to its functions")
def _(_folder):
    need("apt-get", "dpkg-deb", "lz4")
    good = debian_kernel()
    for label, at, word in (("setup", 0x3000, "setup"), ("version", good.index(b"SMP PREEMPT_DYNAMIC Debian"), "setup"), ("checksum", len(good) - 1, "checksum")):
        changed = bytearray(good)
        changed[at] ^= 1
        write_pair(changed, good)
        record = compare("a/vmlinuz", "b/vmlinuz", 1)
        assert record["level"] == "different" and any(word in f["where"] for f in record["findings"]), (label, record["findings"])
        assert any(f["severity"] == "critical" and "CRC" in f["where"] for f in record["findings"]), (label, record["findings"])
    write_pair(with_other_kernel(good), good)
    record = compare("a/vmlinuz", "b/vmlinuz", 1)
    assert record["level"] == "different", record
    first = record["findings"][0]
    assert first["where"][1:4] == ["kernel", "payload", ".text"] and first["shipped"]["length"] == 1, record["findings"]
    assert not any(f["severity"] == "critical" and "CRC" in f["where"] for f in record["findings"]), record["findings"]


def with_other_kernel(good):
    """One instruction of vmlinux changed, packed again as the kernel's build does, and every sum mended."""
    start = (good[0x1f1] + 1) * 512 + struct.unpack_from("<I", good, 0x248)[0]
    length = struct.unpack_from("<I", good, 0x24c)[0]
    plain = bytearray(subprocess.run(["lz4", "-dc"], input=good[start:start + length - 4], stdout=subprocess.PIPE, check=True).stdout)
    plain[plain.index(bytes.fromhex("85c0"), 1 << 22)] ^= 2  # test %eax,%eax
    packed = subprocess.run(["lz4", "-l", "-9", "-c"], input=plain, stdout=subprocess.PIPE, check=True).stdout + struct.pack("<I", len(plain))
    out = good[:start] + packed + good[start + length:-4]
    out += bytes(-(len(out) + 4 - (good[0x1f1] + 1) * 512) % 16)
    struct.pack_into("<I", out, 0x24c, len(packed))
    struct.pack_into("<I", out, 0x1f4, (len(out) + 4 - (good[0x1f1] + 1) * 512) // 16)
    return out + struct.pack("<I", zlib.crc32(out) ^ 0xffffffff)


def write_pair(a, b):
    for side, data in (("a", a), ("b", b)):
        os.makedirs(side, exist_ok=True)
        with open(os.path.join(side, "vmlinuz"), "wb") as f:
            f.write(data)


@case("a program in a squashfs in a compressed tar is opened where it lies")
def _(_folder):
    need("mksquashfs", "gcc", "tar")
    for side, value in (("a", 1), ("b", 2)):
        tree("tree")
        pathlib.Path("tree/p.c").write_text("int check(void) { return %d; }\n" % value)
        run("gcc", "-shared", "-fPIC", "-O1", "-Wl,--build-id=none", "-o", "tool.so", "p.c", cwd="tree", code=0)
        for path in pathlib.Path("tree").rglob("*"):
            os.utime(path, (1700000000, 1700000000))
        os.makedirs(f"{side}/in")
        squashfs()("tree", f"{side}/in/root.squashfs")
        os.utime(f"{side}/in/root.squashfs", (1700000000, 1700000000))
        run("tar", "--format=ustar", "--owner=0", "--group=0", "-czf", os.path.abspath(f"{side}/x.tar.gz"), "root.squashfs", cwd=f"{side}/in", code=0, env={"GZIP": "-n"})
    record = compare("a/x.tar.gz", "b/x.tar.gz", 1)
    way = ["x.tar.gz", "x.tar", "root.squashfs", "tree", "tool.so", ".text", "check"]
    assert way in [finding["where"] for finding in record["findings"]], record["findings"]
    levels = {finding["where"][-1]: finding["severity"] for finding in record["findings"]}
    assert levels["check"] == "critical", levels

if __name__ == "__main__":
    main()
