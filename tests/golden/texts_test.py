#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What people and programs read, byte for byte: reports, records, errors, pages, manifests, statements.

    ./run golden              write expected/ anew; read the difference before it is committed
    texts_test.py [WORD…]     the cases whose name holds a word

Inputs are made here, without a compiler and without a build, so that no byte depends on the machine. One file of expected/ holds
the whole session of a case: each command, its exit code, stdout, and stderr.
"""
import base64
import io
import json
import os
import re
import struct
import sys
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
sys.path.insert(0, os.path.join(HERE, "..", "hostile"))
import drops  # noqa: E402
import make_elf  # noqa: E402
from sbtest import case, main, run, sb  # noqa: E402

REGENERATE = os.environ.get("SB_GOLDEN") == "regenerate"
EPOCH = 1700000000


class Session:
    """Commands and what came of them, as one text."""

    def __init__(self, folder):
        self.folder, self.text = folder, ""

    def clean(self, text):
        """Without the folder of the case, and without the version of the rule set, which every new explainer changes."""
        text = re.sub(r'"parsers":{[^}]*}', '"parsers":{…}', text)  # walls are the kernel's
        return re.sub(r'"rules":("[^"]*"|\[[^]]*\])', '"rules":"…"', text.replace(self.folder, "/case").replace(HERE, "/golden"))

    def call(self, *words, code, env=None):
        result = sb(*words, env=env)
        assert result.code == code, f"expected exit {code}: {result}"
        line = " ".join([*(f"{k}={v}" for k, v in (env or {}).items()), "samebuild", *words])
        self.text += f"$ {self.clean(line.encode('unicode_escape').decode())}\n{self.clean(result.out)}"
        if result.err:
            self.text += "--- stderr\n" + self.clean(result.err)
        self.text += f"--- exit {result.code}\n\n"
        return result

    def file(self, path):
        with open(path, encoding="utf-8") as f:
            self.text += f"--- {path}\n{self.clean(f.read())}\n"


def golden(name):
    """A case whose session must be what expected/<name>.txt says."""
    def register(function):
        @case(f"{name} is as it was")
        def _(folder):
            session = Session(folder)
            function(session)
            path = os.path.join(HERE, "expected", name + ".txt")
            if REGENERATE:
                with open(path, "w", encoding="utf-8") as f:
                    f.write(session.text)
            with open(path, encoding="utf-8") as f:
                expected = f.read()
            if session.text != expected:
                with open("expected.txt", "w", encoding="utf-8") as f:
                    f.write(expected)
                with open("found.txt", "w", encoding="utf-8") as f:
                    f.write(session.text)
                difference = run("diff", "-u", "expected.txt", "found.txt").out
                raise AssertionError(f"{path}: ./run golden writes it anew\n{difference}")
        return function
    return register


def write(path, data):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def tar(path, files, mode=0o644, mtime=EPOCH):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), mode, mtime
            archive.addfile(entry, io.BytesIO(data))


def facts():
    write("facts.json", json.dumps({"schema": "samebuild-facts/1", "epoch": EPOCH, "path": "/build/acme-1.0", "user": "builder"}))


@golden("compare-levels")
def _(session):
    write("a.bin", bytes(range(256)) * 8)
    write("b.bin", bytes(range(256)) * 8)
    session.call("compare", "a.bin", "b.bin", code=0)
    session.call("compare", "a.bin", "b.bin", "--json", code=0)
    write("b.bin", bytes(range(256)) * 4 + b"\xff" + bytes(range(1, 256)) + bytes(range(256)) * 3)
    session.call("compare", "a.bin", "b.bin", code=1)
    session.call("compare", "a.bin", "b.bin", "--json", code=1)
    tar("a.tar", [("./one", b"1\n"), ("./two", b"2\n")])
    tar("b.tar", [("./two", b"2\n"), ("./one", b"1\n")])
    session.call("compare", "a.tar", "b.tar", code=1)
    session.call("compare", "a.tar", "b.tar", "--json", code=1)
    facts()
    write("a.log", b"made in /home/x/acme1.0 by /home/x/acme1.0/cc\n")
    write("b.log", b"made in /build/acme-1.0 by /build/acme-1.0/cc\n")
    session.call("compare", "a.log", "b.log", "--facts", "facts.json", code=0)
    session.call("compare", "a.log", "b.log", "--facts", "facts.json", "--json", code=0)
    session.call("compare", "a.log", "b.log", code=1)
    os.makedirs("left/empty")
    os.makedirs("right/empty")
    session.call("compare", "left", "right", code=5)
    session.call("compare", "left", "right", "--json", code=5)


@golden("compare-dress")
def _(session):
    write("a.txt", b"one\ntwo\n")
    write("b.txt", b"one\n2\n")
    for options, env in ((("--color=always",), {"LC_ALL": "C.UTF-8"}), ((), {"LC_ALL": "C.UTF-8"}), ((), {"LC_ALL": "C"}),
                         ((), {"CLICOLOR_FORCE": "1"}), (("--color=never",), {"CLICOLOR_FORCE": "1"}), ((), {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"})):
        session.call("compare", *options, "a.txt", "b.txt", code=1, env=env)
    session.call("compare", "a.txt", "b.txt", "-o", "text=page.txt", "-o", "json=record.json", "-q", code=1)
    session.file("page.txt")
    session.file("record.json")


@golden("compare-directories")
def _(session):
    for side in "ab":
        os.makedirs(f"{side}/usr/lib")
        write(f"{side}/usr/lib/same", b"same\n")
        write(f"{side}/mode", b"m\n")
        os.symlink("usr/lib/same", f"{side}/link")
    os.chmod("a/mode", 0o4755)
    os.chmod("b/mode", 0o755)
    os.chmod("a/usr/lib/same", 0o644)
    os.chmod("b/usr/lib/same", 0o644)
    for side in "ab":
        for folder in (side, f"{side}/usr", f"{side}/usr/lib"):
            os.chmod(folder, 0o755)
    os.unlink("b/link")
    os.symlink("/etc/passwd", "b/link")
    for path in ("a/missing", "b/extra"):
        write(path, b"alone\n")
        os.chmod(path, 0o644)
    write("a/\x1b[31mred\n", b"foreign name\n")
    os.chmod("a/\x1b[31mred\n", 0o644)
    session.call("compare", "a", "b", code=1)
    session.call("compare", "a", "b", "--json", code=1)


@golden("compare-nested")
def _(session):
    for side, word in (("a", b"vendor"), ("b", b"ours")):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo("etc/issue", (2023, 11, 14, 22, 13, 20)), b"built by " + word + b"\n")
            archive.writestr(zipfile.ZipInfo("etc/same", (2023, 11, 14, 22, 13, 20)), b"same\n")
        tar(f"{side}.tar", [("./inner.zip", inner.getvalue()), ("./readme", b"read me\n")])
    session.call("compare", "a.tar", "b.tar", code=1)
    session.call("compare", "a.tar", "b.tar", "--json", code=1)
    many = [(f"./{n:02}", b"%d\n" % n) for n in range(30)]
    tar("a.tar", many)
    tar("b.tar", [(name, data + b"x") for name, data in many])
    session.call("compare", "a.tar", "b.tar", code=1)


@golden("report-of-a-stored-run")
def _(session):
    with open(os.path.join(HERE, "run", "record.json"), encoding="utf-8") as f:
        record = f.read()
    session.call("report", os.path.join(HERE, "run"), "-o", "text=-", code=0, env={"LC_ALL": "C.UTF-8"})
    again = sb("report", os.path.join(HERE, "run"), "-o", "json=-", code=0).out
    assert again == record.rstrip("\n") + "\n", "a record that is read and written changes"


@golden("errors")
def _(session):
    write("a", b"a")
    os.mkdir("folder")
    session.call(code=2)
    session.call("veriffy", code=2)
    session.call("attest", code=2)
    session.call("attest", "sing", code=2)
    session.call("compare", "a", code=2)
    session.call("compare", "a", "a", "a", code=2)
    session.call("compare", "--fact", "a", "a", code=2)
    session.call("compare", "-j0", "a", "a", code=2)
    session.call("compare", "-o", "pdf=x", "a", "a", code=2)
    session.call("compare", "a", "folder", code=2)
    session.call("compare", "a", "absent", code=3)
    session.call("compare", "a", "absent", "--json", code=3)
    session.call("compare", "a", "\x1b[31mabsent\n", code=3)
    session.call("verify", "absent.yaml", "--json", code=3)
    session.call("report", "ffffffff", code=2)
    session.call("attest", "verify", "a", code=2)
    session.call("attest", "verify", "absent", "--key", "a", "--artifact", "a", code=6)
    session.call("key", "show", "a", code=2)
    session.call("explain", "archive-escap", code=2)


@golden("errors-of-a-manifest")
def _(session):
    drops.tarball("src.tar.xz", {"acme-1.0/prog.c": drops.PROGRAM})
    os.mkdir("release")
    write("release/prog", b"x")
    drops.manifest(digest="0" * 64)
    session.call("check", "drop.yaml", code=3)
    with open("drop.yaml", encoding="utf-8") as f:
        text = f.read()
    write("drop.yaml", text.replace("jobs: 2", "jobz: 2").replace("name: acme", "names: acme").replace("epoch: 1700000000", "epoch: soon"))
    session.call("check", "drop.yaml", code=2)
    session.call("check", "drop.yaml", "--json", code=2)
    write("drop.yaml", text.replace("name: acme", "name: &a acme"))
    session.call("check", "drop.yaml", code=2)
    write("drop.yaml", text.replace("name: acme", "name: acme\nname: acme"))
    session.call("check", "drop.yaml", code=2)
    write("drop.yaml", text + "  - {shipped: ../x, built: out/x}\n")
    session.call("check", "drop.yaml", code=2)


@golden("pages")
def _(session):
    for page in ("exit-codes", "archive-escape", "build-id", "store-full", "interrupted"):
        session.call("explain", page, code=0)
    session.call("explain", "exit-codes", "--json", code=0)


def source_archive(name, files):
    with tarfile.open(name, "w:gz", compresslevel=0) as archive:
        for path, text in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode, entry.mtime = len(text), 0o644, EPOCH
            archive.addfile(entry, io.BytesIO(text.encode()))
    with open(name, "r+b") as f:
        f.seek(4)
        f.write(struct.pack("<I", EPOCH))  # the time in the gzip header


@golden("manifests-of-folders")
def _(session):
    recipes = {"configure": {"configure": "#!/bin/sh\n", "Makefile.in": "all:\n"}, "cmake": {"CMakeLists.txt": "project(x)\n"},
               "meson": {"meson.build": "project('x')\n"}, "make": {"Makefile": "all:\n"}}
    for name, files in recipes.items():
        os.mkdir(name)
        source_archive(f"{name}/x-1.0.tar.gz", {f"x-1.0/{path}": text for path, text in files.items()})
        write(f"{name}/prog", b"delivered\n")
        session.call("init", name, "--shipped", f"{name}/prog", code=0)
    os.mkdir("nothing")
    session.call("init", "nothing", code=2)
    session.call("init", "make", code=2)
    session.call("check", "make/drop.yaml", code=2)


@golden("manifest-of-a-debian-source")
def _(session):
    changelog = ("acme (1.0-2) unstable; urgency=medium\n\n  * Second.\n\n -- A Person <a@example.org>  Tue, 14 Nov 2023 22:13:20 +0000\n")
    source_archive("acme_1.0.orig.tar.gz", {"acme-1.0/Makefile": "all:\n"})
    source_archive("acme_1.0-2.debian.tar.gz", {"debian/changelog": changelog, "debian/control": "Source: acme\n", "debian/rules": "#!/usr/bin/make -f\n"})
    rows = "".join(f" {drops.sha256(n)} {os.path.getsize(n)} {n}\n" for n in ("acme_1.0.orig.tar.gz", "acme_1.0-2.debian.tar.gz"))
    write("acme_1.0-2.dsc", f"Format: 3.0 (quilt)\nSource: acme\nBinary: acme\nArchitecture: any\nVersion: 1.0-2\nChecksums-Sha256:\n{rows}")
    write("acme_1.0-2_amd64.deb", b"!<arch>\n")
    session.call("init", "acme_1.0-2.dsc", "--shipped", "acme_1.0-2_amd64.deb", code=0)
    session.call("check", "drop.yaml", code=0)
    session.call("check", "drop.yaml", "--json", "--mtree", "tree.mtree", code=0)
    session.file("tree.mtree")


PUBLIC = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"  # of the seed 00 01 … 1f
KEY_FILE = os.path.join(HERE, "run", "test.key")


@golden("keys")
def _(session):
    write("key.hex", PUBLIC)
    session.call("key", "show", "key.hex", code=0)
    session.call("key", "show", "key.hex", "--json", code=0)
    session.call("key", "export", "key.hex", code=0)
    session.call("key", "export", "key.hex", "--form", "ssh", code=0)


@golden("statement")
def _(session):
    run("cp", "-r", os.path.join(HERE, "run"), "stored", code=0)
    run("cp", KEY_FILE, "test.key", code=0)
    os.chmod("test.key", 0o600)
    write("key.hex", PUBLIC)
    run("bash", "-c", "exec \"$0\" attest sign stored --key test.key --attestation st --verifier https://lab.example --passphrase-fd 3 3<<<'correct horse'",
        os.environ["SB_PROGRAM"], code=0)
    with open("st", encoding="utf-8") as f:
        envelope = json.load(f)
    assert envelope["signatures"][0]["keyid"] == "SHA256:lbmsoA0yIEcEiVDRnMWuzm+nV+3ZEEpVIURqFoeSspg"
    statement = json.loads(base64.b64decode(envelope["payload"]))
    statement["predicate"]["verifier"]["digest"]["sha256"] = "of this program"
    session.text = session.clean(json.dumps(statement, separators=(",", ":"), sort_keys=True, ensure_ascii=False)) + "\n\n"
    write("page", b"read by nobody\n")
    session.call("attest", "verify", "st", "--key", "key.hex", "--artifact", "page", code=6)



@golden("compare-elf")
def _(session):
    layout = make_elf.Layout(64)
    good = make_elf.small(layout)
    stack = good.index(layout.pack("II", make_elf.STACK, 6))
    for name, changed in {
        "an instruction": good.replace(b"\xb8\x08\0\0\0", b"\xb8\x07\0\0\0"),
        "a slot of the init array": make_elf.small(layout, array=layout.words(0x401000, 0x400110)),
        "an executable stack": good[:stack] + layout.pack("II", make_elf.STACK, 7) + good[stack + 8:],
        "a text": make_elf.small(layout, data=b"some text\0Another text\0" + bytes(9)),
        "what nothing loads": make_elf.small(layout, comment=b"GCC: (made up) 2.0\0"),
        "bytes behind the end": good + b"evil",
    }.items():
        write("shipped", changed)
        write("rebuilt", good)
        session.text += f"# {name}\n"
        session.call("compare", "shipped", "rebuilt", code=1)
    big = make_elf.small(make_elf.Layout(32, big=True))
    write("shipped", big.replace(b"some text", b"Some text"))
    write("rebuilt", big)
    session.text += "# 32 bits, big endian\n"
    session.call("compare", "shipped", "rebuilt", "--json", code=1)


main()
