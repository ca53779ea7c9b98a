#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attempts to get exit 0, or a better level than was proven, out of odd deliveries, folders, names and statements. None may succeed,
and exit code and level of the JSON document must agree each time."""
import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import drops  # noqa: E402
import records  # noqa: E402
from sbtest import PROGRAM, case, main, need, ordinary, own, run, sb, start, under_ptrace  # noqa: E402

CODES = {"identical": 0, "reproduced": 0, "unsigned-identical": 0, "explained": 0, "repackaged": 1, "image-identical": 1, "different": 1,
         "undetermined": 5}


def write(path, data=b"", mode=0o644):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def verdict(*words):
    """The record of a run whose exit code says what its level says."""
    result = sb(*words, "--json")
    record = result.json()
    assert record["schema"] == "samebuild-result/1", result
    assert result.code == CODES[record["level"]], result
    worst = [a["level"] for a in record["artifacts"]]
    assert not any(CODES[level] and record["level"] in ("identical", "explained") for level in worst), record
    return record


def refused(code, identity, *words):
    result = sb(*words, "--json", code=code)
    document = result.json()
    assert document["schema"] == "samebuild-error/1" and document["exit"] == code and document["errors"][0]["id"] == identity, result
    assert document["errors"][0]["hint"] and "level" not in document, document


# ---- compare

@case("nothing on both sides is no pass", user=True)
def _(_dir):
    os.makedirs("a/only/folders/below")
    os.makedirs("b/only/folders/below")
    own()
    assert verdict("compare", "a", "b")["level"] == "undetermined"
    os.makedirs("e")
    os.makedirs("f")
    own()
    assert verdict("compare", "e", "f")["level"] == "undetermined"
    assert verdict("compare", "a", "e")["level"] == "different"  # folders on one side only


@case("empty files are equal to empty files and to nothing else")
def _(_dir):
    for name, data in (("a", b""), ("b", b""), ("c", b"\0")):
        write(name, data)
    record = verdict("compare", "a", "b")
    assert record["level"] == "identical" and record["artifacts"][0]["shipped"]["size"] == 0, record
    assert verdict("compare", "a", "c")["level"] == "different"
    assert verdict("compare", "c", "a")["level"] == "different"
    for name in ("x.tar", "y.tar.gz", "z.deb", "w.zip"):
        write(name)
        assert verdict("compare", name, "c")["level"] == "different", name


@case("an empty file beside a missing one is a missing one")
def _(_dir):
    write("a/same", b"x")
    write("b/same", b"x")
    write("a/empty")
    assert verdict("compare", "a", "b")["level"] == "different"
    assert verdict("compare", "b", "a")["level"] == "different"


@case("things that are no files differ from files of their name", user=True)
def _(_dir):
    for side in "ab":
        write(f"{side}/thing", b"x")
        write(f"{side}/other", b"y")
    own()

    def replaced(make):
        if os.path.lexists("a/thing"):
            os.rmdir("a/thing") if os.path.isdir("a/thing") and not os.path.islink("a/thing") else os.unlink("a/thing")
        make()
        assert verdict("compare", "a", "b")["level"] == "different"
    replaced(lambda: os.mkdir("a/thing"))
    replaced(lambda: os.symlink("other", "a/thing"))
    replaced(lambda: os.symlink("../b/thing", "a/thing"))  # leads to the very same bytes
    replaced(lambda: os.mkfifo("a/thing"))
    replaced(lambda: socket.socket(socket.AF_UNIX).bind("a/thing"))


@case("operands that are no files are refused, and end", user=True)
def _(_dir):
    write("a", b"x")
    os.mkfifo("fifo")
    own()
    refused(3, "not-a-regular-file", "compare", "a", "fifo")
    refused(3, "not-a-regular-file", "compare", "/dev/zero", "a")
    refused(3, "not-a-regular-file", "compare", "/dev/null", "/dev/null")
    refused(3, "file-unreadable", "compare", "a", "x" * 300)
    refused(3, "file-unreadable", "compare", "a", "x/" * 3000)
    refused(3, "file-unreadable", "compare", "a", "")


@case("stdin is one side at most, and is read to its end")
def _(_dir):
    write("a", b"x" * 100_000)
    for data, code in (("x" * 100_000, 0), ("x" * 99_999, 1), ("", 1)):
        assert sb("compare", "-", "a", "--json", stdin=data, code=code).json()["level"] == ("identical" if code == 0 else "different")
        sb("compare", "a", "-", stdin=data, code=code)
    refused(2, "not-comparable", "compare", "-", "-")
    os.mkdir("d")
    refused(2, "not-comparable", "compare", "d", "-")


@case("stdin is read once: it is no side of two pairs, and no side beside the facts")
def _(_dir):
    write("shipped", b"what was delivered")
    write("rebuilt", b"what was built")
    write("empty")
    for words in (("-", "rebuilt", "--installed", "empty"), ("shipped", "-", "--installed", "empty"), ("shipped", "rebuilt", "--installed", "-"), ("-", "rebuilt", "--facts", "-")):
        with open("shipped", "rb") as f:
            result = sb("compare", *words, "--json", stdin=f.read(), code=2)
        assert result.json()["errors"][0]["id"] == "not-comparable", result


@case("names of all bytes and of the greatest length are told apart")
def _(_dir):
    names = [b"x" * 255, b"x" * 254 + b"y", bytes(b for b in range(1, 256) if b != 47), b"\xff\xfe", b"n\\x0a", b"n\n", b" ", b"...", b"-", b"--json"]
    for side in (b"a", b"b"):
        os.makedirs(side, exist_ok=True)
        for name in names:
            with open(side + b"/" + name, "wb") as f:
                f.write(name)
    record = verdict("compare", "a", "b")
    assert record["level"] == "identical" and record["equal"]["files"] == len(names), record
    for name in names:
        with open(b"a/" + name, "wb") as f:
            f.write(b"evil")
    record = verdict("compare", "a", "b")
    assert record["level"] == "different" and len({a["name"] for a in record["artifacts"]}) == len(names), record


@case("a folder that cannot be listed or a file that cannot be read is never skipped", user=True)
def _(_dir):
    for side in "ab":
        write(f"{side}/d/secret", side.encode())
        write(f"{side}/same", b"s")
    own()
    if ordinary():
        run("chmod", "000", "a/d", user=False, code=0)
        refused(3, "file-unreadable", "compare", "a", "b")
        run("chmod", "755", "a/d", user=False, code=0)
        run("chmod", "000", "a/d/secret", user=False, code=0)
        refused(3, "file-unreadable", "compare", "a", "b")
    else:
        assert verdict("compare", "a", "b")["level"] == "different"


@case("the mode of a file in a folder is that of the file whose bytes are read, not of one that stood there before")
def _(_dir):
    need("strace")
    write("a/f", b"x")
    write("b/f", b"x")
    stop = ("-f", "-qq", "-o", "trace", "-P", "f", "-e", "trace=openat2", "-e", "inject=openat2:signal=SIGSTOP:when=1")
    process = start("strace", *stop, PROGRAM, "compare", "-j1", "a", "b", "--json", env=under_ptrace(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline, stopped = time.monotonic() + 60, None
    while not stopped and time.monotonic() < deadline:
        time.sleep(0.05)
        with open("trace") if os.path.exists("trace") else open(os.devnull) as f:
            stopped = re.search(r"^(\d+) +--- stopped by SIGSTOP", f.read(), re.M)
    os.chmod("a/f", 0o4755)  # folders were listed, and the file is open
    assert stopped, "the file was never opened"
    os.kill(int(stopped[1]), signal.SIGCONT)
    record = json.loads(process.communicate(timeout=60)[0])
    assert record["level"] == "different" and "mode" in {f["kind"] for f in record["findings"]}, record


@case("deep folders end in a limit, not in a pass")
def _(_dir):
    for side in "ab":
        os.makedirs(side)
        at = os.getcwd()
        os.chdir(side)
        for _ in range(400):
            os.mkdir("d")
            os.chdir("d")
        with open("leaf", "w") as f:
            f.write(side)
        os.chdir(at)
    result = sb("compare", "a", "b", "--json")
    assert result.code in (1, 3, 5), result
    if result.code == 1:
        assert result.json()["level"] == "different"


# ---- verify

def drop(files, outputs, steps, **options):
    """A drop of one source file whose steps make what they like; files: what is delivered."""
    drops.tarball("src.tar.xz", {"acme-1.0/source": "source\n"})
    for path, data in files.items():
        write(path, data)
    rows = "\n".join(f"  - {{shipped: {shipped}, built: {built}}}" for shipped, built in outputs[1:])
    drops.manifest(steps=steps, shipped=outputs[0][0], built=outputs[0][1], extra=rows, **options)


@case("a rule that matches nothing is an error, not one output less", user=True)
def _(_dir):
    drop({"release/prog": b"x"}, [("release/prog", "out/prog"), ("release/lib", "out/lib")], ["sh: printf x > out/prog; mkdir out/lib"])
    own()
    refused(3, "drop-missing-file", "verify", "drop.yaml")
    os.mkdir("release/lib")
    own()
    refused(2, "drop-nothing-shipped", "verify", "drop.yaml")
    os.makedirs("release/lib/empty/below")
    own()
    refused(2, "drop-nothing-shipped", "verify", "drop.yaml")


@case("no rules at all, and rules that are given twice in another spelling")
def _(_dir):
    drop({"release/prog": b"x"}, [("release/prog", "out/prog")], ["sh: printf x > out/prog"])
    with open("drop.yaml") as f:
        good = f.read()
    assert verdict("verify", "drop.yaml")["level"] == "identical"
    rules = good.index("outputs:")
    for tail in ("outputs: []\n", "outputs:\n", ""):
        write("drop.yaml", (good[:rules] + tail).encode())
        assert sb("verify", "drop.yaml", "--json", code=2).json()["errors"], tail
    for again in ("release/prog", "release//prog", "./release/prog", "release/./prog", "release"):
        write("drop.yaml", (good + f"  - {{shipped: {again}, built: out/prog}}\n").encode())
        assert sb("verify", "drop.yaml", "--json", code=2).json()["errors"][0]["id"] in ("drop-double-match", "path-escapes", "path-unclean",
                                                                                         "wrong-value"), again


@case("what is delivered beside the rules is found")
def _(_dir):
    drop({"release/prog": b"x", "release/.hidden": b"evil"}, [("release/prog", "out/prog")], ["sh: printf x > out/prog"])
    refused(2, "drop-unmatched-shipped", "verify", "drop.yaml")
    os.unlink("release/.hidden")
    os.symlink("prog", "release/alias")
    refused(2, "drop-unmatched-shipped", "verify", "drop.yaml")
    os.unlink("release/alias")
    write("release/sub/evil", b"evil")
    refused(2, "drop-unmatched-shipped", "verify", "drop.yaml")


@case("what is delivered beside the rules is found in folders on the way to other files and to sources")
def _(_dir):
    outputs = [("release/prog", "out/prog"), ("release/sub/deep/prog2", "out/prog")]
    files = {"release/prog": b"x", "release/sub/deep/prog2": b"x"}
    drop(files, outputs, ["sh: printf x > out/prog"])
    assert verdict("verify", "drop.yaml")["level"] == "identical"
    drop({**files, "release/sub/evil": b"evil"}, outputs, ["sh: printf x > out/prog"])
    refused(2, "drop-unmatched-shipped", "verify", "drop.yaml")
    os.unlink("release/sub/evil")
    os.makedirs("release/src")
    os.rename("src.tar.xz", "release/src/src.tar.xz")
    drops.manifest(sources="release/src/src.tar.xz", steps=["sh: printf x > out/prog"], built="out/prog", extra="  - {shipped: release/sub, built: out}")
    write("release/src/evil", b"evil")
    refused(2, "drop-unmatched-shipped", "verify", "drop.yaml")


@case("what one rule's folder lacks is extra, wherever else it was delivered")
def _(_dir):
    steps = ["sh: mkdir -p out/r/etc; printf drop > out/r/etc/rules; printf app > out/r/app"]
    for other in (("relA", "out/r"), ("relA/etc/rules", "out/r/etc/rules")):
        drop({"relA/etc/rules": b"drop", "relB/app": b"app"}, [("relB", "out/r"), other], steps)
        if other[0] == "relA":
            write("relA/app", b"app")
        record = verdict("verify", "drop.yaml")
        assert record["level"] == "different" and [f["where"] for f in record["findings"]] == [["relB/etc/rules"]], record["findings"]


@case("folders of a delivery: empty ones on one side, and their special bits")
def _(_dir):
    def finds(step, *wanted):
        drops.manifest(steps=[f"sh: mkdir -p out/d; printf x > out/d/x; {step}"], shipped="release", built="out")
        record = verdict("verify", "drop.yaml")
        assert record["level"] == ("different" if wanted else "identical"), record
        assert [(f["where"], f["cause"]) for f in record["findings"]] == list(wanted), record["findings"]
    drop({"release/d/x": b"x"}, [("release", "out")], ["sh: true"])
    finds("true")
    finds("mkdir -p out/e/f", (["release/e"], "extra"), (["release/e/f"], "extra"))
    finds("chmod 2755 out/d", (["release/d"], "permissions"))
    os.makedirs("release/enable-debug")
    finds("true", (["release/enable-debug"], "missing"))
    finds("mkdir out/enable-debug")
    finds("printf y > out/enable-debug", (["release/enable-debug"], "missing"))
    os.chmod("release/d", 0o1777)
    finds("mkdir out/enable-debug", (["release/d"], "permissions"))


@case("capabilities of a delivered file are content: no build can set them", user=False)
def _(_dir):
    need("setfattr")
    drop({"release/prog": b"x"}, [("release/prog", "out/prog")], ["sh: printf x > out/prog; chmod 755 out/prog"])
    os.chmod("release/prog", 0o755)
    assert verdict("verify", "drop.yaml")["level"] == "identical"
    run("setfattr", "-n", "security.capability", "-v", "0x0100000280000000000000000000000000000000", "release/prog", user=False, code=0)
    record = verdict("verify", "drop.yaml")
    assert record["level"] == "different" and [(f["kind"], f["severity"]) for f in record["findings"]] == [("attributes", "critical")], record


@case("a delivered link is no delivered file, wherever it leads", user=True)
def _(_dir):
    drop({"release/real": b"x", "elsewhere": b"x"}, [("release/prog", "out/prog")], ["sh: printf x > out/prog"])
    for target in ("real", "../elsewhere", "/etc/passwd", "prog"):
        if os.path.lexists("release/prog"):
            os.unlink("release/prog")
        os.symlink(target, "release/prog")
        own()
        result = sb("verify", "drop.yaml", "--json", code=3)
        assert result.json()["errors"], result
    # of a delivered folder links are compared as links
    os.unlink("release/prog")
    os.unlink("release/real")
    write("release/file", b"x")
    os.symlink("file", "release/link")
    drops.manifest(steps=["sh: printf x > out/file; cp out/file out/link"], shipped="release", built="out")
    own()
    assert verdict("verify", "drop.yaml")["level"] == "different"
    drops.manifest(steps=["sh: printf x > out/file; ln -s ./file out/link"], shipped="release", built="out")
    own()
    assert verdict("verify", "drop.yaml")["level"] == "different"
    drops.manifest(steps=["sh: printf x > out/file; ln -s file out/link"], shipped="release", built="out")
    own()
    assert verdict("verify", "drop.yaml")["level"] == "identical"


@case("what the build makes in place of a file: a link, a folder, a FIFO, nothing")
def _(_dir):
    for step in ("ln -s /etc/hostname out/prog", "printf x > out/other; ln -s other out/prog", "mkdir out/prog", "mkfifo out/prog", "true",
                 "rmdir out; ln -s /etc out", "mkdir -p /tmp/o; printf x > /tmp/o/prog; rmdir out; ln -s /tmp/o out"):
        drop({"release/prog": b"x"}, [("release/prog", "out/prog")], [f"sh: {step}"])
        record = verdict("verify", "drop.yaml")
        assert record["level"] == "different", (step, record)


@case("what the build makes beside a delivered folder's files is extra")
def _(_dir):
    for step in ("printf y > out/more", "ln -s prog out/alias", "mkfifo out/pipe", "mkdir -p out/a/b; printf y > out/a/b/c"):
        drop({"release/prog": b"x"}, [("release", "out")], [f"sh: printf x > out/prog; {step}"])
        record = verdict("verify", "drop.yaml")
        assert record["level"] == "different" and any(f["cause"] == "extra" for f in record["findings"]), (step, record)


@case("setuid, setgid and sticky bits of a delivery are content")
def _(_dir):
    drop({"release/prog": b"x"}, [("release/prog", "out/prog")], ["sh: printf x > out/prog; chmod 755 out/prog"])
    for mode in (0o4755, 0o2755, 0o1755, 0o6700):
        os.chmod("release/prog", mode)
        record = verdict("verify", "drop.yaml")
        severity = "major" if mode == 0o1755 else "critical"
        assert record["level"] == "different" and [(f["kind"], f["severity"]) for f in record["findings"]] == [("mode", severity)], record
    for mode in (0o600, 0o755):  # set by the way of delivery
        os.chmod("release/prog", mode)
        assert verdict("verify", "drop.yaml")["level"] == "identical"
    drops.manifest(steps=["sh: printf x > out/prog; chmod 4755 out/prog"], built="out/prog")
    assert verdict("verify", "drop.yaml")["level"] == "different"


@case("empty outputs: equal to what was delivered, and only then")
def _(_dir):
    drop({"release/prog": b""}, [("release/prog", "out/prog")], ["sh: true > out/prog"])
    assert verdict("verify", "drop.yaml")["level"] == "identical"
    drop({"release/prog": b""}, [("release/prog", "out/prog")], ["sh: true"])
    assert verdict("verify", "drop.yaml")["level"] == "different"
    drop({"release/prog": b"x"}, [("release/prog", "out/prog")], ["sh: true > out/prog"])
    assert verdict("verify", "drop.yaml")["level"] == "different"


@case("a build that fails, says nothing or runs away gives no level")
def _(_dir):
    for step, limits in (("false", ""), ("kill -9 $$", ""), ("printf x > out/prog; exit 3", ""), ("printf x > out/prog; sleep 30", "{wall: 1s}")):
        drop({"release/prog": b"x"}, [("release/prog", "out/prog")], [f"sh: {step}"], limits=limits)
        document = sb("verify", "drop.yaml", "--json", code=4).json()
        assert document["schema"] == "samebuild-error/1" and document["exit"] == 4, document


# ---- attest verify and stored runs

def signed(level="identical"):
    drop({"release/prog": b"x"}, [("release/prog", "out/prog")], ["sh: printf x > out/prog" if level == "identical" else "sh: printf y > out/prog"])
    for key in ("k", "other"):
        run("bash", "-c", f"{PROGRAM} key new {key} --passphrase-fd 3 3<<<secret", code=0)
    run("bash", "-c", f"{PROGRAM} verify drop.yaml --sign k --attestation st --passphrase-fd 3 3<<<secret", code=CODES[level])
    with open("st") as f:
        return f.read()


@case("a statement about one file says nothing about others, empty ones and none")
def _(_dir):
    signed()
    check = ("attest", "verify", "st", "--key", "k.pub")
    sb(*check, "--artifact", "release/prog", code=0)
    write("empty")
    write("xx", b"xx")
    os.mkdir("folder")
    os.mkfifo("fifo")
    for name, code in (("empty", 6), ("xx", 6), ("st", 6), ("absent", 3), ("folder", 3), ("fifo", 3), ("/dev/null", 3)):
        result = sb(*check, "--artifact", name)
        assert result.code == code, (name, result)
        sb(*check, "--artifact", "release/prog", "--artifact", name, code=code)
    refused(2, "option-missing", *check)
    refused(2, "option-missing", "attest", "verify", "st", "--artifact", "release/prog")
    for level in ("undetermined", "different"):  # what is no pass cannot be asked for as one
        refused(2, "option-value", *check, "--artifact", "release/prog", "--level", level)
    refused(2, "option-value", *check, "--artifact", "release/prog", "--level", "IDENTICAL")


@case("every key that is asked for must have signed, and a level that is too low is no pass")
def _(_dir):
    signed("different")
    check = ("attest", "verify", "st", "--artifact", "release/prog")
    assert sb(*check, "--key", "k.pub", "--json", code=1).json()["good"] is False
    assert sb(*check, "--key", "k.pub", "--level", "repackaged", "--json", code=1).json()["good"] is False
    sb(*check, "--key", "k.pub", "--key", "other.pub", code=6)
    sb(*check, "--key", "other.pub", code=6)
    write("empty.pub")
    sb(*check, "--key", "empty.pub", code=2)
    sb(*check, "--key", "/dev/null", code=2)


@case("envelopes that are cut, doubled, reordered or dressed up")
def _(_dir):
    text = signed()
    envelope = json.loads(text)
    check = ("attest", "verify", "st", "--key", "k.pub", "--artifact", "release/prog")
    body = base64.b64decode(envelope["payload"])
    forged = base64.b64encode(body.replace(b'"level":"identical"', b'"level":"explained"')).decode()
    for line in ("", "\n", "{}", "[]", "null", '""', text[:-3], text.strip()[:-1], text.strip() + "x", "\ufeff" + text,
                 text.replace('"payload"', '"Payload"'), text.replace('{"payload"', '{"payload":"AAAA","payload"'),
                 text.replace('"payloadType"', '"payload":"AAAA","payloadType"'), json.dumps(dict(envelope, signatures=[])),
                 json.dumps(dict(envelope, signatures={})), json.dumps(dict(envelope, payload=forged)), json.dumps(dict(envelope, payload="")),
                 json.dumps(dict(envelope, payloadType="application/vnd.in-toto+JSON")), "\0" + text):
        write("st", line.encode())
        result = sb(*check)
        assert result.code == 6, (line[:60], result)
    write("st", ("garbage\n{}\n" + text + "more garbage").encode())
    sb(*check, code=0)  # a bundle: other lines take nothing away


@case("a stored run that was changed is neither reported nor signed")
def _(_dir):
    signed("different")
    runs = run("bash", "-c", 'echo "$XDG_STATE_HOME"/samebuild/runs', code=0).out.strip()
    (identity,) = os.listdir(runs)
    sign = f"exec {PROGRAM} attest sign {identity} --key k --attestation forged --json --passphrase-fd 3 3<<<secret"
    for name in ("record.json", "context.json"):
        path = f"{runs}/{identity}/{name}"
        with open(path) as f:
            good = f.read()
        changes = [good.replace('"different"', '"identical"'), good.replace("acme", "acne"), good + " ", good[:-2], "", "{}"]
        for changed in changes:
            if changed == good:
                continue
            write(path, changed.encode())
            assert sb("report", identity, "--json", code=6).json()["errors"][0]["id"] == "run-damaged", changed[:80]
            result = run("bash", "-c", sign, code=6)
            assert result.json()["exit"] == 6 and not os.path.exists("forged"), result
        os.unlink(path)
        assert sb("report", identity, "--json").code in (2, 6)
        write(path, good.encode())
    assert sb("report", identity, "--json", code=0).json()["level"] == "different"
    os.mkdir(identity)  # a folder of that name where the user happens to be
    write(f"{identity}/record.json", good.encode())
    assert sb("report", identity, "--json", code=0).json()["level"] == "different"


@case("a record that says more than its parts is refused")
def _(_dir):
    name = "release/acme.bin"
    claimed = records.artifact(name, "explained", 4096, claimed=4)
    owned = records.finding(1, [name, "header"], "field", "checksum", "derived", "info", "right", (0, 4, "00"), (0, 4, "01"))
    same = records.artifact(name, "identical", 4096)

    def said(folder, level, artifact, findings):
        return sb("report", records.keep(folder, records.record(level, [artifact], findings)), "--json")
    assert said("good", "explained", claimed, [owned]).code == 0
    assert said("same", "identical", same, []).code == 0
    for kind, cause, rule in (("prebuilt", "prebuilt", "none"), ("repeat", "order", "hint")):
        assert said(kind, "identical", same, [records.finding(1, [name], kind, cause, rule, "major", "beside the level")]).code == 0
    open_finding = dict(owned, rule="none", cause="unexplained", severity="critical")
    coverage = dict(claimed["coverage"])
    lies = {"opaque": ("explained", dict(claimed, coverage=dict(coverage, claimed=0, opaque=4)), [owned]), "unexplained": ("explained", claimed, [open_finding]),
            "hint": ("repackaged", dict(claimed, level="repackaged"), [dict(open_finding, rule="hint")]),
            "elsewhere": ("explained", claimed, [dict(open_finding, artifact="release/other.bin")]),
            "bytes": ("identical", dict(same, coverage=coverage), []), "size": ("identical", dict(same, rebuilt=dict(same["rebuilt"], size=4097)), []),
            "blake2b": ("identical", dict(same, rebuilt=dict(same["rebuilt"], blake2b="0" * 128)), []), "sha256": ("identical", dict(same, rebuilt=dict(same["rebuilt"], sha256="0" * 64)), [])}
    for label, (level, artifact, findings) in lies.items():
        result = said(label, level, artifact, findings)
        assert result.code == 6 and result.json()["errors"][0]["id"] == "record-inconsistent", (label, result)


@case("rebuild writes through no link that an earlier build left")
def _(_dir):
    os.mkdir("victim")
    drop({"release/prog": b"x"}, [("release/prog", "out")], [f"sh: ln -s {os.getcwd()}/victim out/d; ln -s {os.getcwd()}/victim/file out/f"])
    sb("rebuild", "drop.yaml", "-O", "built", code=0)
    drop({"release/prog": b"x"}, [("release/prog", "out")], ["sh: mkdir out/d; printf evil > out/d/file; printf evil > out/f"])
    result = sb("rebuild", "drop.yaml", "-O", "built")
    assert os.listdir("victim") == [], result
    assert result.code != 0 or not os.path.islink("built/out/d"), result


@case("a delivery that the build could copy is refused: it lies where the environment shows this machine", user=True)
def _(_dir):
    need("unshare", "mount")
    drop({"release/prog": b"x"}, [("release/prog", "out/prog")], ["sh: cp /usr/local/src/release/prog out/prog"])
    own()
    there = ("unshare", "-rm", "sh", "-c", 'mount --bind . /usr/local/src && cd / && exec "$@"', "sh", PROGRAM, "--json")
    for words in (("check", "/usr/local/src/drop.yaml"), ("verify", "/usr/local/src/drop.yaml"), ("rebuild", "/usr/local/src/drop.yaml", "-O", "/tmp/none"),
                  ("-C", "/usr/local/src", "shell", "drop.yaml")):
        document = run(*there, *words, code=2).json()
        assert document["errors"][0]["id"] == "drop-visible" and "/usr" in document["errors"][0]["message"], document
    os.symlink("/usr/local/src", "elsewhere")
    run(*there, "verify", f"{os.getcwd()}/elsewhere/drop.yaml", code=2)


@case("a word that the source spells itself is no fact of the environment: another one in its place is another program")
def _(_dir):
    script = "#!/bin/sh\n# made for builder\nexec su builder -c 'make build'\n"
    plain = script.replace("builder", "nobody")
    steps = ["sh: cp run.sh out/run.sh; echo \"made by $(id -un)\" > out/banner"]

    def levels(source, shipped, further=None):
        drops.tarball("src.tar.xz", {"acme-1.0/run.sh": source, **(further or {})})
        write("release/run.sh", shipped.encode())
        with open("drop.yaml") as f:
            text = f.read()
        with open("drop.yaml", "w") as f:
            f.write(re.sub("sha256: [0-9a-f]{64}", "sha256: " + drops.sha256("src.tar.xz"), text, count=1))
        return {a["name"].split("/")[1]: a["level"] for a in verdict("verify", "drop.yaml")["artifacts"]}

    drop({"release/run.sh": b"", "release/banner": b"made by vendors\n"}, [("release/run.sh", "out/run.sh"), ("release/banner", "out/banner")], steps)
    for change in (("builder", "backdor"), ("build'", "wreck'")):
        assert levels(script, script.replace(*change)) == {"run.sh": "different", "banner": "different"}, change
    assert levels(plain, plain) == {"run.sh": "identical", "banner": "explained"}
    packed = {"acme-1.0/inner.tar": "no archive, so nobody knows what it spells"}
    assert levels(plain, plain, packed) == {"run.sh": "identical", "banner": "different"}


main()
