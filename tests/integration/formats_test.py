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
        # It copies the times at which the files of the tree were made and read, which nobody can set.
        for name in ("", *names(root)):
            for field in ("atime", "ctime", "crtime"):
                run("debugfs", "-w", "-R", f"set_inode_field /{name} {field} @1700000000", out, code=0, env={"E2FSPROGS_FAKE_TIME": "1700000000"})
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


ITS = """/dts-v1/;
/ { description = "unit"; images { root { data = /incbin/("root.squashfs"); type = "filesystem"; arch = "x86_64"; compression = "none"; hash { algo = "sha256"; }; }; }; };
"""


def nested(side, value):
    """ELF in squashfs in FIT in tar in gzip."""
    tree("tree")
    pathlib.Path("p.c").write_text("int check(void) { return %d; }\n" % value)
    run("gcc", "-shared", "-fPIC", "-O1", "-Wl,--build-id=none", "-o", "tree/tool.so", "p.c", code=0)
    for path in [*pathlib.Path("tree").rglob("*"), "tree"]:
        os.utime(path, (1700000000, 1700000000))
    os.makedirs(f"{side}/in")
    squashfs()("tree", f"{side}/in/root.squashfs")
    pathlib.Path(f"{side}/in/unit.its").write_text(ITS)
    run("mkimage", "-f", "unit.its", "unit.itb", cwd=f"{side}/in", code=0, env={"SOURCE_DATE_EPOCH": "1700000000"})
    os.utime(f"{side}/in/unit.itb", (1700000000, 1700000000))
    run("tar", "--format=ustar", "--owner=0", "--group=0", "-czf", os.path.abspath(f"{side}/x.tar.gz"), "unit.itb", cwd=f"{side}/in", code=0, env={"GZIP": "-n"})


@case("a program in a squashfs in a FIT in a compressed tar is opened where it lies; hashes follow from it")
def _(_folder):
    need("mksquashfs", "gcc", "tar", "mkimage")
    nested("a", 1)
    nested("b", 2)
    record = compare("a/x.tar.gz", "b/x.tar.gz", 1)
    assert record["level"] == "different", record
    primary = [finding for finding in record["findings"] if finding["primary"]]
    way = ["x.tar.gz", "x.tar", "unit.itb", "root", "tree", "tool.so", ".text", "check"]
    assert [(f["where"], f["severity"]) for f in primary] == [(way, "critical")], primary
    assert primary[0]["note"].endswith("1 changed (check)"), primary  # it stands in .symtab and in .dynsym
    hashes = [finding for finding in record["findings"] if finding["where"][-2:] == ["/images/root/hash:value", "value"]]
    assert [(f["cause"], f["primary"]) for f in hashes] == [("checksum", False)], record["findings"]


@case("an image whose times differ at each of its many files is decided, and every byte of them is counted")
def _(_folder):
    need("genisoimage")
    for number in range(40):
        os.makedirs(f"t/d{number}")
        for i in range(900):
            pathlib.Path(f"t/d{number}/f{i}").touch()
    run("sh", "-c", "find t -exec touch -d @1700000000 {} +", code=0, env={"TZ": "UTC"})
    run("genisoimage", "-quiet", "-R", "-o", "image", "t", code=0, env={"TZ": "UTC"}, timeout=100)
    data = pathlib.Path("image").read_bytes()
    stamp, later = bytes((123, 11, 14, 22, 13, 20, 0)), bytes((124, 2, 3, 7, 5, 9, 0))
    count = data.count(stamp)
    assert count > 100000, count
    for side, image in (("a", data.replace(stamp, later)), ("b", data)):
        os.makedirs(side)
        pathlib.Path(f"{side}/x.iso").write_bytes(image)
    record = compare("a/x.iso", "b/x.iso", 1)
    assert record["level"] == "repackaged" and len(record["findings"]) < 5000, (record["level"], len(record["findings"]))
    assert record["freedom"] == [{"bytes": 7 * count, "cause": "timestamp", "loaded": False}], (record["freedom"], count)
    assert any("further places are told with this one" in f["note"] for f in record["findings"])
    changed = data.replace(stamp, later).replace(b"F77.;1", b"F7X.;1", 1)
    if changed == data.replace(stamp, later):
        changed = changed.replace(b"F77", b"F7X", 1)
    pathlib.Path("a/x.iso").write_bytes(changed)
    assert sb("compare", "a/x.iso", "b/x.iso", "--json").json()["level"] in ("different", "undetermined")


# How an image is made of ./t, and what its own times, identifiers and the places in it allow where a program in it is explained.
IMAGES = {"jffs2": ("mkfs.jffs2", "mkfs.jffs2 -r t -o {} -f", "explained"), "ubifs": ("mkfs.ubifs", "mkfs.ubifs -r t -m 512 -e 15872 -c 64 -o {}", "repackaged"),
          "cramfs": ("mkfs.cramfs", "mkfs.cramfs t {}", "explained"), "romfs": ("genromfs", "genromfs -d t -V acme -f {}", "explained"),
          "erofs": ("mkfs.erofs", "mkfs.erofs -T1 -U 11111111-1111-1111-1111-111111111111 -zlz4hc {} t", "explained")}


def program_in(image, source, *flags):
    """An image with a program that is stripped and has a build-id of what it was before."""
    shutil.rmtree("t", ignore_errors=True)
    os.makedirs("t/bin")
    pathlib.Path("p.c").write_text(source)
    run("gcc", "-O1", *flags, "-o", "t/bin/acme", "p.c", code=0)
    run("strip", "t/bin/acme", code=0)
    for path in (pathlib.Path("t/bin/acme"), pathlib.Path("t/bin"), pathlib.Path("t")):
        os.utime(path, (1700000000, 1700000000))
    os.makedirs(os.path.dirname(image), exist_ok=True)
    run("sh", "-c", IMAGES[image.split(".")[-1]][1].format(image), code=0)


def register_image(kind, tool, level):
    @case(f"{kind}: a program in it is explained, and found when it is changed")
    def _(_folder):
        need(tool, "gcc", "strip")
        source = "int check(int x) { return x * 7; }\nint main(int c, char **v) { return v[0] == 0 || check(c); }\n"
        program_in(f"a/x.{kind}", source, "-g1")
        program_in(f"b/x.{kind}", source, "-g3")
        program_in(f"c/x.{kind}", source.replace("7", "8"), "-g1")
        record = compare(f"a/x.{kind}", f"b/x.{kind}", 0 if level == "explained" else 1)
        assert record["level"] == level and "build-id" in {f["cause"] for f in record["findings"]}, record
        record = compare(f"a/x.{kind}", f"c/x.{kind}", 1)
        assert record["level"] == "different", record
        assert any(f["where"][:3] == [f"x.{kind}", "bin/acme", ".text"] and f["severity"] == "critical" for f in record["findings"]), record["findings"]


for KIND, (TOOL, _, LEVEL) in IMAGES.items():
    register_image(KIND, TOOL, LEVEL)


@case("a program in a UBIFS in a UBI in a compressed tar is opened where it lies")
def _(_folder):
    need("mkfs.ubifs", "ubinize", "gcc", "strip", "tar")
    source = "int check(int x) { return x * 7; }\nint main(int c, char **v) { return v[0] == 0 || check(c); }\n"
    pathlib.Path("ubi.ini").write_text("[v]\nmode=ubi\nimage=x.ubifs\nvol_id=0\nvol_size=2MiB\nvol_type=dynamic\nvol_name=rootfs\n")
    for side, text in (("a", source), ("b", source.replace("7", "8"))):
        program_in(f"{side}/x.ubifs", text)
        shutil.copy(f"{side}/x.ubifs", "x.ubifs")
        run("ubinize", "-o", f"{side}/flash.ubi", "-p", "16KiB", "-m", "512", "-s", "256", "-Q", "1", "ubi.ini", code=0)
        run("tar", "--format=ustar", "--owner=0", "--group=0", "-czf", "x.tar.gz", "flash.ubi", cwd=side, code=0)
    record = compare("a/x.tar.gz", "b/x.tar.gz", 1)
    way = ["x.tar.gz", "x.tar", "flash.ubi", "rootfs", "bin/acme", ".text"]
    assert any(f["where"][:6] == way and f["severity"] == "critical" for f in record["findings"]), record["findings"]


if __name__ == "__main__":
    main()
