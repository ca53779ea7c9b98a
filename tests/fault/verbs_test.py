#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verbs under failing system calls and allocations: every N-th call of each kind fails once, then it and all after it.

Exit 0 must mean what it means without a fault: the same bytes on stdout, and every file that was asked for, whole. A verdict that is
negative without a fault is never 0 with one. No crash, no half-written file, no temporary, a store that holds.
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import drops  # noqa: E402
import gating  # noqa: E402
import roots  # noqa: E402
from sbtest import PROGRAM, SOURCE, case, main, need, run, sb, start  # noqa: E402
from trial import ERRORS, KNOWN, LOADER, PASSPHRASE, QUIET, Trial  # noqa: E402

GOLDEN = os.path.join(SOURCE, "tests/golden")


def stored_run():
    shutil.copytree(os.path.join(GOLDEN, "run"), "stored")
    shutil.copy(os.path.join(GOLDEN, "run", "test.key"), "test.key")
    os.chmod("test.key", 0o600)
    with open("key.hex", "w") as f:
        f.write("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")


def signed_pass():
    """A statement about release/prog at identical, by the key of the golden suite."""
    stored_run()
    drops.tarball("src.tar.xz", {"acme-1.0/source": "source\n"})
    os.makedirs("release", exist_ok=True)
    for name, text in (("release/prog", "x"), ("evil", "y")):
        with open(name, "w") as f:
            f.write(text)
    drops.manifest(steps=["sh: printf x > out/prog"], built="out/prog")
    sb("verify", "drop.yaml", "--sign", "test.key", "--attestation", "st", "--passphrase-fd", "0", stdin=PASSPHRASE, code=0)


def sides():
    for side, word in (("a", "vendor"), ("b", "ours")):
        os.makedirs(f"{side}/d")
        drops.tarball(f"{side}/x.tar.gz", {f"f{n}": f"{n} {word if n == 3 else ''}\n" * 50 for n in range(5)}, "w:gz")
        for n in range(6):
            with open(f"{side}/d/{n}", "w") as f:
                f.write(f"{n}\n")


@case("attest verify: no failing call makes evidence good")
def _(_dir):
    signed_pass()
    check = ("attest", "verify", "st", "--key", "key.hex", "--json", "--artifact")
    Trial((*check, "release/prog"), 0).under_calls()
    Trial((*check, "evil"), 6).under_calls(("openat", "read", "fstat", "newfstatat", "mmap"))


@case("attest verify: no failing allocation makes evidence good")
def _(_dir):
    signed_pass()
    check = ("attest", "verify", "st", "--key", "key.hex", "--json", "--artifact")
    Trial((*check, "release/prog"), 0).under_allocations()
    Trial((*check, "evil"), 6).under_allocations()


def policed():
    """A policy that lets just that statement's file through."""
    signed_pass()
    with open("key.hex") as f:
        key = f.read()
    with open("p.json", "w") as f:
        json.dump({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.0", "keys": [{"party": "lab", "role": "rebuilder", "key": key}],
                   "artifacts": [{"files": "*", "level": "identical", "causes": []}]}, f)
    return ("gate", "--policy", "p.json", "--attestations", "st", "--time", "2027-01-01", "--json", "--artifact")


@case("gate: no failing call lets a file through")
def _(_dir):
    check = policed()
    Trial((*check, "release/prog"), 0).under_calls()
    Trial((*check, "evil"), 6).under_calls(("openat", "read", "fstat", "newfstatat", "mmap"))


@case("gate: no failing allocation lets a file through")
def _(_dir):
    check = policed()
    Trial((*check, "release/prog"), 0).under_allocations()
    Trial((*check, "evil"), 6).under_allocations()


WHEN = "2027-01-01T00:00:00Z"


def rooted():
    """The same statement, a root that is pinned, and a policy that rests on it; 2.root.json follows, 3.root.json is signed by nobody who may."""
    signed_pass()
    need("openssl")
    a, b, policy = (roots.Key(n) for n in ("a", "b", "policy"))
    lab = roots.Key("lab")
    with open("key.hex") as f:
        lab.public = f.read()
    lab.object = {"keytype": "ed25519", "keyval": {"public": lab.public}, "scheme": "ed25519"}
    lab.id = roots.hashlib.sha256(roots.canonical(lab.object)).hexdigest()
    entries = [(lab, {"party": "lab-a", "roles": ["rebuilder"]}), (policy, {"party": "acme", "roles": ["policy"]})]
    digest = ""
    for version, signers in ((3, [lab]), (2, [a, b]), (1, [a, b])):
        part = roots.signed_part(version, [a, b], 2, entries, [policy])
        digest = roots.write(f"{version}.root.json", roots.document(part, [b] if signers == [lab] else signers))
    sb("trust", "init", "--sha256", digest, "--time", WHEN, "acme", "1.root.json", code=0)
    body = roots.canonical({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.0", "root": {"name": "acme"}, "artifacts": [{"files": "*", "level": "identical"}]})
    for name, key in (("p.jsonl", policy), ("forged.jsonl", b)):
        roots.write(name, (gating.envelope(body, [key.sign(gating.pae(body, "application/vnd.samebuild.policy+json"))], "application/vnd.samebuild.policy+json") + "\n").encode())
    return ("gate", "--attestations", "st", "--json", "--artifact", "release/prog", "--policy")


READING = ("openat", "read", "fstat", "newfstatat", "mmap")


@case("gate on a root: no failing call lets a file through, nor a policy that the root has not signed, nor a root that has expired")
def _(_dir):
    check = rooted()
    Trial((*check, "p.jsonl", "--time", WHEN), 0).under_calls()
    Trial((*check, "forged.jsonl", "--time", WHEN), 6).under_calls(READING)
    Trial((*check, "p.jsonl", "--time", "2028-01-01"), 6).under_calls(READING)


@case("gate on a root: no failing allocation does")
def _(_dir):
    check = rooted()
    Trial((*check, "p.jsonl", "--time", WHEN), 0).under_allocations(step=2)
    Trial((*check, "forged.jsonl", "--time", WHEN), 6).under_allocations(step=2)


@case("trust: what is shown was verified, and what was refused is not taken, under failing calls and allocations")
def _(_dir):
    rooted()
    Trial(("trust", "show", "acme", "--json"), 0).under_calls(READING)
    Trial(("trust", "update", "acme", "3.root.json", "--time", WHEN, "--json"), 6).under_calls(READING)
    Trial(("trust", "update", "acme", "3.root.json", "--time", WHEN, "--json"), 6).under_allocations(step=2)
    assert sb("trust", "show", "acme", "--json", code=0).json()["version"] == 1


@case("trust update: a version is in use when it was said to be, and never lost, whatever fails on the way")
def _(_dir):
    need("strace")
    rooted()
    folder, reached = roots.store(), 0
    shutil.copytree(folder, "kept")
    for call in ("fsync", "renameat", "renameat2", "linkat", "write", "openat", "fchmod", "flock"):
        for number in range(1, 60):
            shutil.rmtree(folder)
            shutil.copytree("kept", folder)
            os.chmod(folder, 0o700)
            result = run("strace", "-qq", "-o", "trace", "-e", f"trace={call}", "-e", f"inject={call}:error={ERRORS.get(call, 'ENOLCK')}:when={number}", PROGRAM, "trust", "update", "acme",
                         "2.root.json", "--time", WHEN, "--json", env=QUIET)
            said = f"{call} {number}: {result}"
            with open("trace", errors="replace") as f:
                hit = "(INJECTED)" in f.read()
            left = [n for n in os.listdir(folder) if n.startswith(".tmp")]
            now = sb("trust", "show", "acme", "--json", code=0).json()["version"]
            assert result.code in KNOWN | {LOADER} and not left and (result.code != 0 or now == 2), said
            assert sb("trust", "update", "acme", "2.root.json", "--time", WHEN, "--json", code=0).json()["version"] == 2, said
            if not hit:
                assert result.code == 0, said
                break
            reached += 1
    assert reached > 10, reached


PKCS8 = bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))  # the key of the golden suite, without a passphrase
ALSO = ("attest", "sign", "stored", "--key", "plain.der", "--attestation", "st", "--json", "--also", "bundle,minisig,signify,sshsig")
BESIDE = ("st", "st.sigstore.json", "st.minisig", "st.sig", "st.sshsig")


def plain_run():
    stored_run()
    with open(os.open("plain.der", os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
        f.write(PKCS8)


@case("attest sign --also: under failing calls every form is whole, or the call has failed")
def _(_dir):
    plain_run()
    Trial(ALSO, 0, BESIDE).under_calls(("openat", "read", "write", "fsync", "renameat", "renameat2", "fstat", "newfstatat", "getrandom"))


@case("attest sign --also: under failing allocations as well")
def _(_dir):
    plain_run()
    Trial(ALSO, 0, BESIDE).under_allocations()


@case("attest verify of bundles and signatures of files: nothing that fails makes them good")
def _(_dir):
    plain_run()
    sb(*ALSO, code=0)
    with open("evil", "w") as f:
        f.write("y")
    for name in BESIDE[2:]:
        for artifact, code in (("st", 0), ("evil", 6)):
            trial = Trial(("attest", "verify", name, "--key", "key.hex", "--json", "--signature", "--artifact", artifact), code)
            trial.under_calls(("openat", "read", "fstat", "newfstatat", "mmap"))
            trial.under_allocations()
    Trial(("attest", "verify", "st.minisig", "--key", "key.hex", "--json", "--artifact", "st"), 1).under_allocations()
    bundle = Trial(("attest", "verify", "st.sigstore.json", "--key", "key.hex", "--json", "--artifact", "evil"), 6)
    bundle.under_calls(("openat", "read"))
    bundle.under_allocations()


SIGN = ("attest", "sign", "stored", "--key", "test.key", "--attestation", "st", "--json")
REPORT = ("report", "stored", "-o", "json=r.json", "-o", "text=r.txt", "--json")


@case("attest sign under failing calls: a statement that is there is whole and was told")
def _(_dir):
    stored_run()
    Trial(SIGN, 0, ("st",), passphrase=True).under_calls()


@case("attest sign under failing allocations: the same")
def _(_dir):
    stored_run()
    Trial(SIGN, 0, ("st",), passphrase=True).under_allocations()


@case("report under failing calls: what is written is whole, and exit 0 means that all of it is")
def _(_dir):
    stored_run()
    Trial(REPORT, 0, ("r.json", "r.txt")).under_calls()


@case("report under failing allocations: the same, in every form")
def _(_dir):
    stored_run()
    Trial(REPORT, 0, ("r.json", "r.txt")).under_allocations()
    forms = ("html", "markdown", "sarif", "junit", "codequality", "hygiene")
    Trial(("report", "stored", *[word for form in forms for word in ("-o", f"{form}=r.{form}")], "--json"), 0, tuple(f"r.{form}" for form in forms)).under_allocations(step=7)


@case("compare: no failing call makes different things equal")
def _(_dir):
    sides()
    trial = Trial(("compare", "a", "b", "--json", "-j1", "-o", "text=r.txt"), 1, ("r.txt",))
    # not close: strace leaves a descriptor open when it lets close fail, which Linux never does, and a worker would wait for its end
    trial.under_calls([call for call in ERRORS if call != "close"])


@case("compare: no failing allocation makes different things equal")
def _(_dir):
    sides()
    Trial(("compare", "a", "b", "--json", "-j1"), 1).under_allocations(step=2)
    Trial(("compare", "a/x.tar.gz", "b/x.tar.gz", "--json", "-j1"), 1).under_allocations(step=2)


@case("compare: folders whose listing breaks off")
def _(_dir):
    need("strace")
    for side in "ab":
        os.mkdir(side)
        for n in range(2500):
            with open(f"{side}/file{n:05}", "w") as f:
                f.write(side if n == 2400 else "")
    for form in ("1", "2", "2+", "3+"):
        result = run("strace", "-f", "-qq", "-o", "/dev/null", "-P", os.path.abspath("a"), "-P", os.path.abspath("b"), "-e", "trace=getdents64",
                     "-e", f"inject=getdents64:error=EIO:when={form}", PROGRAM, "compare", "a", "b", "--json", env=QUIET)
        assert result.code == 3 and result.json()["errors"][0]["id"] == "folder-unreadable", (form, result)


def runs():
    folder = run("bash", "-c", 'echo "$XDG_STATE_HOME"/samebuild/runs', code=0).out.strip()
    return folder, os.listdir(folder) if os.path.isdir(folder) else []


@case("verify: a record, a statement and a report are kept, or the run did not succeed")
def _(_dir):
    need("strace")
    signed_pass()
    words = ("verify", "drop.yaml", "--json", "-o", "json=r.json", "--sign", "test.key", "--attestation", "st", "--passphrase-fd", "0")
    assert sb(*words, stdin=PASSPHRASE, code=0).json()["level"] == "identical"
    reached = 0
    for call in ("fsync", "renameat", "renameat2", "mkdirat", "linkat", "write", "fchmod"):
        for number in range(1, 40):
            folder, _ = runs()
            shutil.rmtree(folder, ignore_errors=True)
            for name in ("st", "r.json"):
                if os.path.exists(name):
                    os.unlink(name)
            process = start("strace", "-qq", "-o", "trace", "-e", f"trace={call}", "-e", f"inject={call}:error={ERRORS[call]}:when={number}", PROGRAM, *words,
                            env=QUIET, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = process.communicate(PASSPHRASE, timeout=120)
            with open("trace", errors="replace") as f:
                hit = "(INJECTED)" in f.read()
            said = f"{call} {number}: exit {process.returncode} {err[-400:]!r}"
            assert process.returncode in KNOWN, said
            _, names = runs()
            for name in names:
                whole = "record.json" in os.listdir(f"{folder}/{name}")
                assert not whole or sb("report", name, "--json", code=0).json()["level"] == "identical", said
                assert not [n for n in os.listdir(f"{folder}/{name}") if n.startswith(".tmp")], said
            if process.returncode == 0:
                assert len(names) == 1 and sb("report", names[0], "--json", code=0).out == out.decode(), said
                with open("r.json") as f:
                    assert f.read() == out.decode(), said
                sb("attest", "verify", "st", "--key", "key.hex", "--artifact", "release/prog", code=0)
            report = sb("store", "check", "--json", code=0).json()
            assert report["damaged"] == 0, (said, report)
            if not hit:
                assert process.returncode == 0, said
                break
            reached += 1
            assert process.returncode != 0 or call in ("write", "mkdirat"), f"succeeded in spite of it: {said}"
    assert reached > 10, reached


main()
