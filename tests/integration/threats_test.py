#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Threats to evidence that no other suite shows: one attempt after the other. docs/threat-model.md has the whole list, with the case of each."""
import base64
import copy
import hashlib
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gating  # noqa: E402
import roots  # noqa: E402
import signing  # noqa: E402
from gating import NOW, Party, envelope, gate, lay, policy, reasons, statement  # noqa: E402
from sbtest import PROGRAM, case, main, need, run, sb, skip, start, under_ptrace  # noqa: E402

SANITIZED = os.path.exists(os.path.join(os.environ["SB_BUILD_ROOT"], "sanitizer"))
GATE = ("gate", "--policy", "p.json", "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", NOW, "--json")


def measured(*words):
    """Exit code, stdout and kilobytes at the most of a call."""
    with open("out", "wb") as out:
        process = start(PROGRAM, *words, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    with open("out", encoding="utf-8") as f:
        return process.returncode, f.read(), usage.ru_maxrss


def stays_small(kilobytes, most):
    assert SANITIZED or kilobytes < most * 1024, f"{kilobytes} KiB"


def key_file(party):
    with open(party.name + ".hex", "w") as f:
        f.write(party.public)
    return party.name + ".hex"


def both(line, code, key, artifact="acme.bin"):
    """What gate says of a line, and that attest verify says no less."""
    result = gate([line], code=code, artifacts=(artifact,))
    assert sb("attest", "verify", "evidence.jsonl", "--key", key, "--artifact", artifact).code == (0 if code == 0 else 6), line[:300]
    return result


# ---- time ----

@case("time: a policy that was replaced is shown again: not after it expires, nor when the root has taken its key away")
def _(_dir):
    lay()
    lab, old, new, a = (roots.Key(n) for n in ("lab", "old", "new", "a"))

    def root(version, signer):
        entries = [(lab, {"party": "lab-a", "roles": ["rebuilder"]}), (signer, {"party": "acme", "roles": ["policy"]})]
        return roots.write(f"{version}.root.json", roots.document(roots.signed_part(version, [a], 1, entries, [signer]), [a]))

    def signed(name, key, level, **more):
        kind = "application/vnd.samebuild.policy+json"
        body = roots.canonical(dict({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.*", "root": {"name": "acme"}, "artifacts": [{"files": "*", "level": level}]}, **more))
        roots.write(name, (envelope(body, [key.sign(gating.pae(body, kind))], kind) + "\n").encode())

    def decide(name, code, when=NOW):
        body = json.dumps(statement(level="repackaged")).encode()
        roots.write("evidence.jsonl", envelope(body, [lab.sign(gating.pae(body))]).encode())
        result = sb("gate", "--policy", name, "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", when, "--json", code=code)
        return result.json()["errors"][0]["id"] if "errors" in result.json() else None
    sb("trust", "init", "--sha256", root(1, old), "--time", NOW, "acme", "1.root.json", code=0)
    signed("lax", old, "repackaged", expires="2027-02-01")
    signed("strict", new, "identical")
    decide("lax", 0), decide("lax", 0, "2027-01-31T23:59:59Z")
    assert decide("lax", 6, "2027-02-01T00:00:00Z") == "policy-expired"
    assert decide("strict", 6) == "policy-unsigned"
    root(2, new)
    sb("trust", "update", "acme", "2.root.json", "--time", NOW, code=0)
    assert decide("lax", 6) == "policy-unsigned", "the older policy is nobody's word any more"
    decide("strict", 1)
    policy([Party("x")], expires="2027-01-01")
    assert decide("p.json", 6) == "policy-expired", "nor one with keys of its own"
    policy([Party("x")], expires="soon")
    decide("p.json", 2)


# ---- identity ----

@case("identity: one statement about two files, of which one was swapped")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    made, other = statement(), statement("other.bin")
    made["subject"] += other["subject"]
    made["predicate"]["artifacts"] += other["predicate"]["artifacts"]
    pair = ("acme.bin", "other.bin")
    gate([lab.sign(made)], code=0, artifacts=pair)
    with open("other.bin", "r+b") as f:
        f.write(b"!")
    result = gate([lab.sign(made)], code=6, artifacts=pair).json()
    assert [a["allowed"] for a in result["artifacts"]] == [True, False] and not result["allowed"]
    words = ("attest", "verify", "evidence.jsonl", "--key", key_file(lab), "--artifact")
    sb(*words, "acme.bin", code=0), sb(*words, "other.bin", code=6), sb(*words, "acme.bin", "--artifact", "other.bin", code=6)


# ---- parsing ----

@case("parsing: escaped, repeated and case-variant keys of an envelope, and a signature over what was written again")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    key = key_file(lab)
    good = lab.sign(statement())
    forged = base64.b64encode(json.dumps(statement("other.bin")).encode()).decode()
    both(good, 0, key)
    both(good.replace('"payload"', '"p\\u0061yload"', 1), 0, key)  # the same key, spelled in another way
    for bad in (good.replace('"payload"', f'"payload": "{forged}", "p\\u0061yload"', 1), good.replace('"payload"', f'"p\\u0061yload": "{forged}", "payload"', 1),
                good.replace('"payloadType"', f'"pAyload": "{forged}", "payloadType"', 1), good.replace('"signatures"', '"signatures": [], "signatures"', 1),
                good.replace('"signatures"', '"Signatures": [], "signatures"', 1), good.replace('"sig"', '"sig": "AAAA", "sig"', 1), good.replace('"sig"', '"Sig": "AAAA", "sig"', 1), good.replace('"signatures"', '"\u017fignatures": [], "signatures"', 1),
                good[:-1] + ', "\\u017fignatures": []}', good[:-1] + ', "to\u212aen": 1}',
                good.replace('"payloadType"', '"payloadType": "text/plain", "payloadType"', 1)):
        assert bad != good
        both(bad, 6, key)
    body = json.dumps(statement()).encode()
    signature = lab.signature(body)
    for again in (json.dumps(statement(), sort_keys=True), json.dumps(statement(), separators=(",", ":")), json.dumps(statement(), indent=1), body.decode() + "\n", body.decode().replace("/", "\\/")):
        assert json.loads(again) == statement()
        both(envelope(again.encode(), [signature]), 6, key)


@case("parsing: a policy that two readers could read differently is refused, as JSON and as YAML")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    with open("p.json") as f:
        text = f.read()
    gate([lab.sign(statement(level="repackaged"))], code=1)
    level = '"level": "explained"'
    lax = level.replace("explained", "repackaged")
    for bad in (text.replace(level, f"{level}, {lax}"), text.replace(level, f"{lax}, {level}"), text.replace(level, level + ', "Level": "repackaged"'), text.replace(level, level + ', "l\\u0065vel": "repackaged"'),
                text + "{}", "\ufeff" + text, text[:-1], text.replace('"schema"', '"quorum": ' + "[" * 100_000 + ', "schema"'), text.replace('"schema"', '"x": ' + '{"a":' * 5000 + "1" + "}" * 5000 + ', "schema"'),
                text.replace('"pkg:generic/acme@1.*"', '"pkg:generic/acme@1.*\\u0000"')):
        assert bad != text
        with open("p.json", "w") as f:
            f.write(bad)
        code, _out, size = measured(*GATE)
        assert code in (2, 5), (code, bad[:200])
        stays_small(size, 64)
    yaml = f'schema: samebuild-policy/1\nresource: pkg:generic/acme@1.*\nkeys: [{{party: lab-a, role: rebuilder, key: "{lab.public}"}}]\nartifacts: [{{files: "*", level: explained}}]\n'
    for bad, ok in ((yaml, 1), (yaml + "artifacts: [{files: '*', level: repackaged}]\n", 2), (yaml + "Artifacts: []\n", 2), (yaml.replace("level: explained", "level: explained, level: repackaged"), 2),
                    (yaml + "---\n" + yaml, 2), (yaml.replace("keys: [", "keys: &x ["), 2), (yaml.replace("level: explained", "level: !!str explained"), 2), (yaml + "quorum: " + "[" * 5000 + "\n", 5), (yaml.replace('"*"', '"*\u200b"'), 2), (yaml.replace('"*"', '"\u202e*"'), 2), (yaml + "# \u2066\n", 2), (yaml.replace('"*"', '"*\U000e0001"'), 2),
                    (yaml + "# \u26a0\ufe0f\n", 1)):
        with open("p.yaml", "w") as f:
            f.write(bad)
        result = sb("gate", "--policy", "p.yaml", *GATE[3:])
        assert result.code == ok or (ok != 1 and result.code in (2, 5)), (bad[-200:], result)


@case("parsing: two gigabytes of payload, a million signatures, a deep envelope: bounded memory, and nothing passes")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    good = lab.sign(statement())
    with open("evidence.jsonl", "w") as f:
        f.write(good + '\n{"payload":"' + "A" * 1000)
        f.truncate((2 << 30) + 4096)
    code, _out, size = measured(*GATE)
    assert code == 5
    stays_small(size, 64)
    made = json.loads(good)
    head, tail = json.dumps(dict(made, signatures=[])).split("[]")
    one = json.dumps(made["signatures"][0])
    bundle = '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{}},"dsseEnvelope":'
    # start, what is repeated and how often, end: never in one piece here, since a child begins with the memory of who starts it
    for start_of, piece, count, end in ((head + "[", '{"sig":"AAAA"},', 1_000_000, one + "]" + tail), (bundle + head + "[", '{"sig":"AAAA"},', 1_000_000, one + "]" + tail + "}"),
                                        (head + "[", '{"sig":"%s"},' % base64.b64encode(bytes(64)).decode(), 600_000, one + "]" + tail), (head, "[", 1_000_000, tail), ("", "[", 5_000_000, ""),
                                        ("", '{"a":', 1_000_000, "")):
        with open("evidence.jsonl", "w") as f:
            f.write(start_of)
            for _ in range(count // 1000):
                f.write(piece * 1000)
            f.write(end + "\n")
        code, out, size = measured(*GATE)
        assert code == 6 and json.loads(out)["unreadable"] == 1, (code, piece)
        stays_small(size, 256)
        code, out, size = measured("attest", "verify", "evidence.jsonl", "--key", key_file(lab), "--artifact", "acme.bin")
        assert code == 6, (code, piece)
        stays_small(size, 256)


@case("parsing: a last line that was cut is counted, and takes nothing from those before it")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    good = lab.sign(statement())
    for cut in (1, 2, len(good) // 2, len(good) - 1):
        with open("evidence.jsonl", "w") as f:
            f.write(good + "\n" + good[:cut])
        assert sb(*GATE, code=0).json()["unreadable"] == 1, cut
        with open("evidence.jsonl", "w") as f:
            f.write(good[:cut])
        assert sb(*GATE, code=6).json()["unreadable"] == 1, cut


@case("parsing: provenance with parameters that nobody knows never counts, and ours has none but two")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    base = statement()
    provenance = {"_type": base["_type"], "predicateType": "https://slsa.dev/provenance/v1", "subject": base["subject"],
                  "predicate": {"buildDefinition": {"buildType": "https://samebuild.dev/rebuild/v1", "externalParameters": {"drop": "x", "resourceUri": "pkg:generic/acme@1.0", "skipTests": True}},
                                "runDetails": {"builder": {"id": "https://lab.example"}}, "level": "identical", "complete": True}}
    assert reasons(gate([lab.sign(provenance)], code=6)) == ["wrong-type"]
    assert "[statement-type]" in sb("attest", "verify", "evidence.jsonl", "--key", key_file(lab), "--artifact", "acme.bin", code=6).err
    signing.kept_run()
    signing.fed("secret", "key", "new", "k", code=0)
    signing.fed("secret", "attest", "sign", signing.RUN, "--key", "k", "--attestation", "st", "--verifier", "https://lab.example", "--also", "provenance", code=0)
    with open("st.provenance.jsonl") as f:
        ours = json.loads(base64.b64decode(json.loads(f.read())["payload"]))
    assert sorted(ours["predicate"]["buildDefinition"]["externalParameters"]) == ["drop", "resourceUri"], ours


# ---- digests ----

@case("digests: a statement without a sha256, with one digest of several that is wrong, and with lengths that are not ours")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    key = key_file(lab)
    with open("acme.bin", "rb") as f:
        data = f.read()
    sha256, blake2b = hashlib.sha256(data).hexdigest(), hashlib.blake2b(data).hexdigest()
    weak = {"md5": hashlib.md5(data).hexdigest(), "sha1": hashlib.sha1(data).hexdigest()}
    fine = [{"sha256": sha256}, {"sha256": sha256, "blake2b": blake2b}, {"sha256": sha256, "blake2b": "00" * 32}, dict(weak, sha256=sha256), {"sha256": sha256, "md5": "00" * 16, "sha1": "00" * 20}]
    wrong = [weak, {"md5": weak["md5"]}, {"sha1": weak["sha1"]}, {"blake2b": blake2b}, {"sha256": sha256[:-2]}, {"sha256": sha256 + "00"}, {"sha256": ""}, {},
             {"sha256": sha256, "blake2b": "00" * 64}, {"sha256": "00" * 32, "blake2b": blake2b}, {"sha256": [sha256]}, {"SHA256": sha256}]
    for digest in fine:
        both(lab.sign(statement(subject__0__digest=digest)), 0, key)
    for digest in wrong:
        result = gate([lab.sign(statement(subject__0__digest=digest))])
        assert result.code in (1, 6) and reasons(result)[0] in ("wrong-subject", "bad-statement"), (digest, result)
        sb("attest", "verify", "evidence.jsonl", "--key", key, "--artifact", "acme.bin", code=6)


@case("digests: the list of artifacts is not that of subjects: another name, digest, number or order")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    pair, other = statement(), statement("other.bin")
    pair["subject"] += other["subject"]
    pair["predicate"]["artifacts"] += other["predicate"]["artifacts"]

    def changed(change):
        made = copy.deepcopy(pair)
        change(made, made["subject"], made["predicate"]["artifacts"])
        return made
    gate([lab.sign(pair)], code=0)
    for change in (lambda m, s, a: a.reverse(), lambda m, s, a: s.reverse(), lambda m, s, a: a.pop(), lambda m, s, a: s.pop(), lambda m, s, a: a.append(a[0]),
                   lambda m, s, a: a[0].update(name="other.bin"), lambda m, s, a: a[0].update(shipped=a[1]["shipped"]), lambda m, s, a: a[0].pop("shipped"), lambda m, s, a: a[0].pop("level"),
                   lambda m, s, a: a[0].pop("name"), lambda m, s, a: a[0].update(level=""), lambda m, s, a: a[0].update(level="undetermined"), lambda m, s, a: m["predicate"].pop("level"),  # the level of the run is not there
                   lambda m, s, a: m["predicate"].update(level=None), lambda m, s, a: m["predicate"].update(artifacts={})):
        result = gate([lab.sign(changed(change))], code=6)
        assert reasons(result) == ["bad-statement"], result
        sb("attest", "verify", "evidence.jsonl", "--key", key_file(lab), "--artifact", "acme.bin", code=6)


@case("digests: the report beside a statement is the one that it names, or the statement is refused")
def _(_dir):
    signing.kept_run()
    signing.fed("secret", "key", "new", "k", code=0)
    signing.fed("secret", "attest", "sign", signing.RUN, "--key", "k", "--attestation", "st", code=0)
    words = ("attest", "verify", "st", "--key", "k.pub", "--artifact", "release/prog")
    with open(f"{signing.RUN}/record.json", "rb") as f:
        record = f.read()
    signing.write("r.json", record)
    sb(*words, "--report", "r.json", code=0)
    for other in (record.replace(b'"identical"', b'"explained"', 1), record[:-1], record + b"\n", b""):
        signing.write("r.json", other)
        assert "[subject-absent]" in sb(*words, "--report", "r.json", code=6).err


# ---- files ----

@case("files: symbolic and hard links are the file that they lead to; a FIFO, a folder, a device and nothing are no artifacts", user=True)
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    line, key = lab.sign(statement()), key_file(lab)
    os.symlink("acme.bin", "good-link"), os.symlink("other.bin", "other-link"), os.link("acme.bin", "hard"), os.symlink("nowhere", "dangling"), os.symlink("/dev/zero", "zero"), os.mkfifo("fifo"), os.mkdir("folder")
    os.symlink("loop", "loop")
    verify = ("attest", "verify", "evidence.jsonl", "--key", key, "--artifact")
    for name, code in (("good-link", 0), ("hard", 0), ("other-link", 6), ("dangling", 3), ("zero", 3), ("fifo", 3), ("folder", 3), ("loop", 3), ("absent", 3)):
        result = gate([line], artifacts=(name,), code=code)
        assert code == 0 or not result.json().get("allowed"), result
        assert sb(*verify, name).code == code, name
        if name in ("fifo", "folder", "zero"):
            gate([line], "--install", "x", artifacts=(name,), code=3)
            assert not os.path.lexists("x") and not [n for n in os.listdir(".") if n.startswith(".samebuild-install")]


@case("files: an artifact that is replaced or written to after it was read: what is installed are the bytes that were judged")
def _(_dir):
    need("strace")
    lay()
    lab = Party("lab-a")
    policy([lab])
    with open("acme.bin", "rb") as f:
        good = f.read()
    with open("evidence.jsonl", "w") as f:
        f.write(lab.sign(statement()))

    def race(change):
        """The change is made while the program waits in front of giving the copy its name."""
        words = [w for w in GATE if w != "--json"]
        process = start("strace", "-qq", "-o", "trace", "-e", "trace=renameat,renameat2,rename", "-e", "inject=renameat,renameat2,rename:delay_enter=1500000:when=1", PROGRAM, *words, "--install", "installed",
                        env=under_ptrace(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until = time.monotonic() + 60
        while not [n for n in os.listdir(".") if n.startswith(".samebuild-install") and os.path.getsize(n) == len(good)]:
            if process.poll() is not None:
                skip(f"strace cannot trace here: {process.communicate()}")
            assert time.monotonic() < until, "no copy"
            time.sleep(0.01)
        change()
        out, err = process.communicate(timeout=60)
        with open("trace") as f:
            assert "DELAYED" in f.read(), "the change came too late"
        assert process.returncode == 0, (out, err)
        with open("installed", "rb") as f:
            assert f.read() == good
        os.unlink("installed")
        signing.write("acme.bin", good)

    def replaced():
        signing.write("evil", b"evil" * 2000)
        os.rename("evil", "acme.bin")

    def written():
        with open("acme.bin", "r+b") as f:
            f.write(b"evil")
    race(replaced)
    race(written)


@case("files: names and comments with escapes, controls and ways out reach no terminal and open nothing")
def _(_dir):
    lay()
    need("minisign")
    lab = Party("lab-a")
    policy([lab])
    key = key_file(lab)
    evil = ["\x1b[2J\x1b]0;x\x07acme.bin", "a\nallowed   acme.bin", "a\r  gate      p.json: allowed", "a\u202egnp.exe", "a\u0085b", "a\x7fb", "a\u2028b", "x" * 5000]
    for name in evil:
        gate([lab.sign(statement(subject__0__name=name, predicate__artifacts__0__name=name))], code=0)
        shown = [sb(*[w for w in GATE if w != "--json"], "-v", code=0), sb("attest", "verify", "evidence.jsonl", "--key", key, "--artifact", "acme.bin", "-v", code=0), sb("attest", "show", "evidence.jsonl", code=0)]
        for result in shown:
            text = result.out + result.err
            bad = [c for c in text if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0 or c in "\u202e\u2028"]
            assert not bad, (name, bad, text[:400])
            assert "\nallowed   acme.bin" not in text, result
    for name in ("../acme.bin", "/etc/passwd", "a/../../b", "..", ""):
        made = statement(subject__0__name=name, predicate__artifacts__0__name=name)
        assert reasons(gate([lab.sign(made)], code=6)) == ["bad-statement"], name
        sb("attest", "verify", "evidence.jsonl", "--key", key, "--artifact", "acme.bin", code=6)
    for name in ("a..b", "..a", "a/..b", "usr/bin/..."):
        gate([lab.sign(statement(subject__0__name=name, predicate__artifacts__0__name=name))], code=0)
    odd = "\x1b[31m\n--policy"
    signing.write(odd, b"firmware" * 999)
    result = sb(*[w if w != "acme.bin" else odd for w in GATE if w != "--json"], code=0)
    assert "\x1b" not in result.out + result.err and result.out.count("\n--policy") == 0, result
    run("minisign", "-G", "-W", "-p", "m.pub", "-s", "m.key", code=0)
    run("minisign", "-S", "-s", "m.key", "-m", "acme.bin", "-t", "trusted \x1b[2J comment", "-c", "untrusted \x1b[2J", code=0)
    for result in (sb("attest", "verify", "acme.bin.minisig", "--key", "m.pub", "--artifact", "acme.bin", "--signature", "-v", code=0), sb("attest", "show", "acme.bin.minisig")):
        assert "\x1b" not in result.out + result.err, result


# ---- claims ----

@case("claims: a record of zeros, or one that was cut, is signed by nobody and decides nothing")
def _(_dir):
    signing.kept_run()
    signing.fed("secret", "key", "new", "k", code=0)
    real = os.path.realpath(signing.RUN)
    run("cp", "-r", real, "copy", code=0)
    with open("copy/record.json", "rb") as f:
        record = f.read()
    for bad in (b"", bytes(len(record)), record[:-1], record[:len(record) // 2], record.replace(b'"identical"', b'"undetermined"', 1), b"{}", record.replace(b'"level":"identical"', b'"level":""')):
        signing.write("copy/record.json", bad)
        result = signing.fed("secret", "attest", "sign", "copy", "--key", "k", "--attestation", "st")
        assert result.code not in (0, 1) and not os.path.exists("st"), (bad[:60], result)
        assert sb("report", "copy", "-o", "text=-").code not in (0, 1), bad[:60]


main()
