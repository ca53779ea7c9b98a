#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gate through the binary: statements that openssl signed, policies as people write them, and everything that must not count."""
import base64
import copy
import hashlib
import json
import os
import random
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import drops  # noqa: E402
from gating import NOW, Party, envelope, gate, lay, pae, policy, reasons, rule, statement  # noqa: E402
from sbtest import PROGRAM, case, main, need, ordinary, run, sb, start  # noqa: E402


def fingerprint(party):
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes.fromhex(party.public)
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


@case("a real run, signed by our own key, passes; another file, another policy and another key do not")
def _(_dir):
    drops.tarball("src.tar.xz", {"acme-1.0/source": "source\n"})
    os.makedirs("release")
    for name, text in (("release/prog", "x"), ("evil", "y")):
        with open(name, "w") as f:
            f.write(text)
    drops.manifest(steps=["sh: printf x > out/prog"], built="out/prog")
    for name in ("lab", "stranger"):
        run("bash", "-c", 'exec "$0" key new "$1" --passphrase-fd 3 3<<<secret', PROGRAM, name, code=0)
    run("bash", "-c", 'exec "$0" verify drop.yaml --sign lab --attestation st --passphrase-fd 3 3<<<secret', PROGRAM, code=0)
    keys = {name: sb("key", "show", f"{name}.pub", "--json", code=0).json()["ssh"] for name in ("lab", "stranger")}
    with open("p.yaml", "w") as f:
        f.write('schema: samebuild-policy/1\nresource: pkg:generic/acme@1.0\nkeys:\n  - {party: lab-a, role: rebuilder, key: "%s"}\n'
                'artifacts:\n  - {files: "*", level: identical}\n' % keys["lab"])
    base = ("gate", "--policy", "p.yaml", "--attestations", "st")
    assert sb("policy", "check", "p.yaml", code=0).out.count("lab-a") == 1
    result = sb(*base, "--artifact", "release/prog", code=0)
    assert "allowed   release/prog" in result.out and result.err == "", result
    refused = sb(*base, "--artifact", "evil", code=6)
    assert "refused   evil" in refused.out and "refused: evil: evidence" in refused.err, refused
    sb(*base, "--artifact", "release/prog", "--artifact", "evil", code=6)
    with open("p.yaml") as f:
        text = f.read()
    for old, new, code in (("acme@1.0", "acme@2.0", 1), (keys["lab"], keys["stranger"], 6)):
        with open("p.yaml", "w") as f:
            f.write(text.replace(old, new))
        sb(*base, "--artifact", "release/prog", code=code)


@case("verify --gate asks a run of its own what the policy asks; a wrong policy is told before anything is built")
def _(_dir):
    drops.tarball("src.tar.xz", {"acme-1.0/source": "source\n"})
    os.makedirs("release")
    with open("release/prog", "w") as f:
        f.write("x")
    drops.manifest(steps=["sh: printf x > out/prog"], built="out/prog")
    need("openssl")
    lab = Party("lab-a")
    for more, code, word in ((dict(artifacts=[{"files": "*", "level": "identical"}]), 0, "passed"), (dict(resource="pkg:generic/other@*"), 1, "wrong-resource"),
                             (dict(source={"sha256": "11" * 32}), 1, "wrong-source"), (dict(colour="red"), 2, "unknown key colour")):
        policy([lab], **more)
        result = sb("verify", "drop.yaml", "--gate", "p.json", code=code)
        assert word in result.out + result.err, result
    policy([lab])
    with open("release/prog", "w") as f:
        f.write("y")
    assert "below-level" in sb("verify", "drop.yaml", "--gate", "p.json", code=1).out
    with open("release/prog", "w") as f:
        f.write("x")
    drops.manifest(steps=["sh: mkdir out/d; printf x > out/d/prog; printf y > out/d/more"], shipped="release", built="out/d")
    assert sb("verify", "drop.yaml", "--json", code=1).json()["level"] == "different"
    assert "[extra]" in sb("verify", "drop.yaml", "--gate", "p.json", code=1).err


@case("every reason against a statement, each by itself")
def _(_dir):
    lay()
    lab, vendor, stranger = Party("lab-a"), Party("acme", "vendor"), Party("nobody")
    strict = dict(artifacts=[{"files": "*.bin", "level": "explained", "causes": ["timestamp"], "freedom": {"bytes": 8, "loaded": False}}, {"files": "*", "level": "identical"}],
                  source={"sha256": "11" * 32}, max_age="60d", rules={"derived": ["1"], "layout": ["1"]}, opaque=["blobs/wl.bin"])
    policy([lab, vendor], **strict)
    explained = dict(level="explained", predicate__artifacts__0__causes=["timestamp"], predicate__freedom=[{"cause": "timestamp", "bytes": 8, "loaded": False}])
    fine = (statement(), statement(**explained), statement(**dict(explained, predicate__rules=[rule("derived", "derived"), rule("other", "structural", applied=0)])), statement(predicate__opaque=[{"path": "blobs/wl.bin"}]), statement(predicate__finishedOn="2026-11-15T00:00:00Z"))
    for good in fine:
        assert gate([lab.sign(good)], code=0).json()["allowed"] is True
    table = [
        ("wrong-resource", statement(predicate__resourceUri="pkg:generic/other@1.0"), 1), ("wrong-source", statement(predicate__source={"manifest": {"sha256": "12" * 32}}), 1),
        ("wrong-source", statement(predicate__source={}), 1), ("below-level", statement(level="repackaged"), 1), ("below-level", statement(level="different"), 1),
        ("cause-not-allowed", statement(**dict(explained, predicate__artifacts__0__causes=["timestamp", "build-path"])), 1),
        ("rule-not-allowed", statement(**dict(explained, predicate__rules=[rule("derived", "derived"), rule("layout", "structural", "2")])), 1),
        ("rule-not-allowed", statement(**dict(explained, predicate__rules=[rule("derive", "derived")])), 1), ("rule-not-allowed", statement(**dict(explained, predicate__rules=[])), 1),
        ("rule-not-allowed", statement(**dict(explained, predicate__rules="derived/1")), 1), ("rule-not-allowed", statement(**dict(explained, predicate__rules=[rule("other", "derived", applied=None)])), 1),
       
        ("freedom-exceeded", statement(**dict(explained, predicate__freedom=[{"cause": "timestamp", "bytes": 9, "loaded": False}])), 1),
        ("freedom-exceeded", statement(**dict(explained, predicate__freedom=[{"cause": "timestamp", "bytes": 4, "loaded": True}])), 1),
        ("freedom-exceeded", statement(**dict(explained, predicate__freedom=[{"cause": "timestamp", "bytes": -1, "loaded": False}])), 1),
        ("opaque-input", statement(predicate__opaque=[{"path": "blobs/evil.bin"}]), 1), ("too-old", statement(predicate__finishedOn="2026-10-01T00:00:00Z"), 1),
        ("from-future", statement(predicate__finishedOn="2027-02-01T00:00:00Z"), 1),
        ("wrong-subject", statement("other.bin"), 6), ("wrong-type", statement(predicateType="https://slsa.dev/provenance/v1"), 6), ("wrong-type", statement(_type="x"), 6),
        ("bad-statement", statement(predicate__level="perfect"), 6), ("bad-statement", statement(predicate__level="identical", predicate__artifacts__0__level="different"), 6),
        ("wrong-type", b"{}", 6), ("bad-statement", statement(predicate__artifacts=[]), 6)]
    for reason, bad, code in table:
        result = gate([lab.sign(bad)], code=code)
        assert reasons(result) == [reason] and result.json()["allowed"] is False, (reason, result)
    incomplete = statement(predicate__complete=False, predicate__level="undetermined")
    assert reasons(gate([lab.sign(incomplete)], code=1)) == ["incomplete"]
    missing = statement(**explained)
    del missing["predicate"]["artifacts"][0]["causes"]
    assert reasons(gate([lab.sign(missing)], code=1)) == ["cause-not-allowed"]
    undated = statement()
    del undated["predicate"]["finishedOn"]
    assert reasons(gate([lab.sign(undated)], code=1)) == ["too-old"]
    assert reasons(gate([vendor.sign(statement())], code=1)) == ["wrong-role"]
    assert gate([stranger.sign(statement())], code=6).json()["strangers"] == 1
    assert reasons(gate([lab.sign(statement(), "application/json")], code=6)) == ["wrong-type"]


@case("what came ready-made is asked for by its name, at every level, and is no cause of a difference")
def _(_dir):
    lay()
    lab = Party("lab-a")
    classes = [{"files": "*", "level": "explained", "causes": ["timestamp"]}]
    explained = dict(level="explained", predicate__artifacts__0__causes=["prebuilt", "timestamp"])
    blob = {"path": "blobs/wl.bin", "sha256": "55" * 32, "reason": "radio", "reaches": ["acme.bin"]}
    for allowed, opaque, level, reason in ((["blobs/wl.bin"], [blob], explained, None), (["blobs/wl.bin"], [blob], {}, None), ([], [blob], explained, "opaque-input"), ([], [blob], {}, "opaque-input"),
                                           (["blobs/wl.bin"], [blob, dict(blob, path="blobs/evil.bin")], explained, "opaque-input"), (["blobs/wl.bin"], [], explained, "cause-not-allowed"),
                                           (["blobs/wl.bin"], [blob], dict(explained, predicate__artifacts__0__causes=["prebuilt", "build-path"]), "cause-not-allowed"),
                                           (["blobs/wl.bin"], [{"sha256": "55" * 32}], explained, "opaque-input")):
        policy([lab], artifacts=classes, opaque=allowed)
        result = gate([lab.sign(statement(predicate__opaque=opaque, **level))], code=1 if reason else 0)
        assert reason is None or reasons(result) == [reason], (reason, result)


@case("a firmware that is written as text is refused until the policy names it, although the files are identical")
def _(_dir):
    need("openssl")
    firmware = random.Random(1).randbytes(6000)
    drops.tarball("src.tar.xz", {"acme-1.0/fw.b64": base64.encodebytes(firmware).decode()})
    os.makedirs("release")
    with open("release/prog", "wb") as f:
        f.write(firmware)
    drops.manifest(steps=["sh: base64 -d fw.b64 > out/prog"], built="out/prog")
    lab = Party("lab-a")
    identical = [{"files": "*", "level": "identical"}]
    policy([lab], artifacts=identical)
    assert "opaque-input" in sb("verify", "drop.yaml", "--gate", "p.json", code=1).out
    policy([lab], artifacts=identical, opaque=["fw.b64"])
    sb("verify", "drop.yaml", "--gate", "p.json", code=0)


@case("signatures: junk beside a good one blocks nothing, and none is good for other bytes")
def _(_dir):
    lay()
    lab, other = Party("lab-a"), Party("lab-b")
    policy([lab])
    body = json.dumps(statement()).encode()
    good = lab.signature(body)
    for signatures, code in (([good], 0), ([bytes(64), good], 0), ([other.signature(body), good], 0), ([other.signature(body)], 6), ([bytes(64)], 6),
                             ([good[:-1] + bytes([good[-1] ^ 1])], 6)):
        gate([envelope(body, signatures)], code=code)
    for hint in (fingerprint(other), fingerprint(lab), "nonsense", None):  # a hint says nothing
        made = json.loads(envelope(body, [good]))
        made["signatures"][0]["keyid"] = hint
        if hint is None:
            del made["signatures"][0]["keyid"]
        policy([lab, other])
        assert gate([json.dumps(made)], code=0).json()["artifacts"][0]["by"][0]["party"] == "lab-a", hint
    policy([lab])
    gate([envelope(body + b" ", [good])], code=6)
    gate([envelope(body, [good]).replace('"payload"', '"payload":"e30=","payload"', 1)], code=6)
    gate([envelope(body, [good])[:-20]], code=6)
    gate([], code=6)
    gate(["", "{}", "null", "[" * 5000, envelope(body, [good])], code=0)


def bundle(line, **more):
    """A sigstore bundle around an envelope; sigstore's own schema, written by hand."""
    return dict({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {"publicKey": {"hint": "x"}, "tlogEntries": []}, "dsseEnvelope": json.loads(line)}, **more)


@case("sigstore bundles are read as they are, alone in a file or among lines; one that is malformed blocks nothing")
def _(_dir):
    lay()
    lab, other = Party("lab-a"), Party("lab-b")
    policy([lab])
    good = lab.sign(statement())
    forged = json.loads(good)
    forged["payload"] = base64.b64encode(json.dumps(statement("other.bin")).encode()).decode()
    certificate = bundle(good, verificationMaterial={"certificate": {"rawBytes": "AAAA"}})
    two = bundle(json.dumps(dict(json.loads(good), signatures=json.loads(good)["signatures"] * 2)))
    wrong = [certificate, two, bundle(good, mediaType="application/vnd.dev.sigstore.bundle.v0.9+json"), bundle(good, messageSignature={}), bundle(json.dumps(forged)), bundle(other.sign(statement()))]
    gate([json.dumps(bundle(good))], code=0)
    assert gate(["junk", json.dumps(bundle(good)), "{}"], code=0).json()["lines"] == 3
    gate([json.dumps(bundle(good), indent=1)], code=0)
    gate([json.dumps(bundle(good), indent=1)], code=6, artifacts=("other.bin",))
    for bad in wrong:
        gate([json.dumps(bad)], code=6)
        gate([json.dumps(bad, indent=1)], code=6)
        gate([json.dumps(bad), good], code=0)
        gate([json.dumps(bad), json.dumps(bundle(good))], code=0)
    os.mkdir("folder")
    for name, text in (("0.json", json.dumps(certificate, indent=1)), ("1.json", json.dumps(bundle(good), indent=1))):
        with open("folder/" + name, "w") as f:
            f.write(text)
    sb("gate", "--policy", "p.json", "--attestations", "folder", "--artifact", "acme.bin", "--time", NOW, code=0)
    sb("attest", "bundle", "packed", "--attestations", "folder", code=0)
    sb("gate", "--policy", "p.json", "--attestations", "packed", "--artifact", "acme.bin", "--time", NOW, code=0)


@case("parsing: a signed statement that two readers could read differently says nothing, nor one that is too deep, too long or signed too often")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    text = json.dumps(statement())
    gate([lab.sign(text.encode())], code=0)
    level = '"level": "identical"'
    assert text.count(level) == 2
    doubtful = [text.replace(level, '"level": "different", ' + level, 1), text.replace(level, level + ', "level": "different"', 1), text.replace(level, level + ', "Level": "different"', 1),
                text.replace(level, level + ', "l\\u0065vel": "different"', 1), text.replace('"complete": true', '"complete": false, "complete": true'),
                text.replace('"subject":', '"Subject": [], "subject":', 1), text.replace('"predicateType"', '"predicatetype": "x", "predicateType"', 1), text + "{}", "\ufeff" + text, text[:-1],
                text.replace('"members": 1', '"members": 1.0'), text.replace('"members": 1', '"members": 1e400'), text.replace('"members": 1', '"members": 99999999999999999999'),
                text.replace('"inferred": []', '"inferred": ' + "[" * 100 + "]" * 100), text.replace('"inferred": []', '"inferred": "\\ud800"'), text.replace('"inferred": []', '"inferred": "\\u0000", "x\\u0000": 1')]
    for number, body in enumerate(doubtful):
        assert body != text, number
        result = gate([lab.sign(body.encode())], code=6)
        assert reasons(result) in (["bad-statement"], ["wrong-type"]), (number, result)
    body = text.encode()
    good = lab.signature(body)
    gate([envelope(body, [bytes(64)] * 63 + [good])], code=0)
    gate([envelope(body, [bytes(64)] * 64 + [good])], code=6)
    with open("evidence.jsonl", "w") as f:
        f.write("{" + '"payload":"' + "A" * 1000)
        f.truncate(300 << 20)
    words = ("gate", "--policy", "p.json", "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", NOW)
    sb(*words, code=5)


@case("the quorum: parties and not keys, groups of groups, and nobody twice")
def _(_dir):
    lay()
    labs = [Party(f"lab-{c}") for c in "abc"]
    second, vendor = Party("second"), Party("acme", "vendor")
    second.name, keys = "lab-a", [*labs, vendor]
    keys.append({"party": "lab-a", "role": "rebuilder", "key": second.public})
    os.rename("second.pem", "lab-a2.pem")
    second.name = "lab-a2"
    policy(keys, groups={"labs": {"need": 2, "of": ["lab-a", "lab-b", "lab-c"]}, "maker": {"need": "any", "of": ["acme"]}, "both": {"need": "all", "of": ["labs", "maker"]}}, quorum="both")
    said = {p.name: p.sign(statement()) for p in (*labs, second, vendor)}
    for who, code in ((("lab-a", "lab-b", "acme"), 0), (("lab-a", "acme"), 1), (("lab-a", "lab-a2", "acme"), 1), (("lab-a", "lab-b"), 1), (("acme",), 1),
                      (("lab-c", "lab-a2", "acme", "lab-a"), 0), (("lab-a", "lab-a", "lab-a", "acme"), 1)):
        result = gate([said[name] for name in who], code=code)
        quorum = next(r for r in result.json()["artifacts"][0]["rules"] if r["rule"] == "quorum")
        assert quorum["needed"] == "both" and quorum["ok"] == (code == 0), result
    assert "same-party" in reasons(gate([said["lab-a"], said["lab-a2"], said["acme"]], code=1))


@case("who disagrees on the sources or the recipe is not counted together; who says different is named")
def _(_dir):
    lay()
    labs = [Party(f"lab-{c}") for c in "abc"]
    policy(labs, groups={"labs": {"need": 2, "of": ["lab-a", "lab-b", "lab-c"]}}, quorum="labs", distinct={"kernel": 2})
    other_kernel = statement(predicate__environment={"host": {"kernel": "6.9.1"}})
    gate([labs[0].sign(statement()), labs[1].sign(other_kernel)], code=0)
    gate([labs[0].sign(statement()), labs[1].sign(statement())], code=1)
    for bad in (dict(predicate__source={"manifest": {"sha256": "12" * 32}}), dict(predicate__recipe={"sha256": "23" * 32})):
        result = gate([labs[0].sign(statement()), labs[1].sign(statement(predicate__environment={"host": {"kernel": "6.9.1"}}, **bad))], code=1)
        assert reasons(result) == ["disagrees"], result
    result = gate([labs[0].sign(statement()), labs[1].sign(other_kernel), labs[2].sign(statement(level="different"))], code=0)
    voice = result.json()["artifacts"][0]["rejected"][0]
    assert voice["party"] == "lab-c" and voice["dissents"] is True and voice["reason"] == "below-level", voice


@case("identity: of several files each passes by itself, and one that was swapped takes the others with it")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    lines = [lab.sign(statement()), lab.sign(statement("other.bin"))]
    both = ("acme.bin", "other.bin")
    gate(lines, code=0, artifacts=both)
    assert [a["allowed"] for a in gate(lines[:1], code=6, artifacts=both).json()["artifacts"]] == [True, False]
    with open("other.bin", "ab") as f:
        f.write(b"!")
    result = gate(lines, code=6, artifacts=both).json()
    assert [a["allowed"] for a in result["artifacts"]] == [True, False] and result["allowed"] is False, result
    os.rename("acme.bin", "swap")
    os.rename("other.bin", "acme.bin")
    os.rename("swap", "other.bin")
    assert [a["allowed"] for a in gate(lines, code=6, artifacts=both).json()["artifacts"]] == [False, True]


@case("a file has the class of the name that was signed, and the worst of two subjects with the same bytes")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab], artifacts=[{"files": "*.bin", "level": "identical"}, {"files": "*", "level": "repackaged"}])
    os.rename("acme.bin", "notes.txt")
    signed = statement("notes.txt", level="explained", subject__0__name="acme.bin", predicate__artifacts__0__name="acme.bin")
    assert reasons(gate([lab.sign(signed)], code=1, artifacts=("notes.txt",))) == ["below-level"]
    twice = statement("notes.txt")
    twice["subject"].append(copy.deepcopy(twice["subject"][0]))
    twice["predicate"]["artifacts"].append(dict(copy.deepcopy(twice["predicate"]["artifacts"][0]), level="different"))
    twice["predicate"]["level"] = "different"
    assert reasons(gate([lab.sign(twice)], code=1, artifacts=("notes.txt",))) == ["below-level"]


@case("a file that was delivered under two names must pass as both of them")
def _(_dir):
    lay()
    lab = Party("lab-a")

    def named(*files):
        """One statement about the bytes of acme.bin: (name, level, causes) of each."""
        made = statement(level=min((level for _, level, _ in files), key=["different", "explained", "identical"].index))
        subject, artifact = made["subject"][0], made["predicate"]["artifacts"][0]
        made["subject"] = [dict(subject, name=name) for name, _, _ in files]
        made["predicate"]["artifacts"] = [dict(artifact, name=name, level=level, causes=causes) for name, level, causes in files]
        return lab.sign(made)
    policy([lab], artifacts=[{"files": "*.bin", "level": "identical"}, {"files": "*", "level": "explained", "causes": ["timestamp"]}])
    for other in ("a.txt", "z.txt"):
        both = [("acme.bin", "explained", ["timestamp"]), (other, "explained", ["timestamp"])]
        for order in (both, both[::-1]):
            assert reasons(gate([named(*order)], code=1)) == ["below-level"]
    for order in ([("a", "explained", ["timestamp"]), ("b", "explained", ["compiler"])], [("b", "explained", ["compiler"]), ("c", "explained", ["timestamp"])]):
        assert reasons(gate([named(*order)], code=1)) == ["cause-not-allowed"]
    gate([named(("a", "explained", ["timestamp"]), ("b", "explained", ["timestamp"]), ("acme.bin", "identical", []))], code=0)
    for order in ([("a", "different", []), ("b", "explained", ["timestamp"])], [("a", "explained", ["timestamp"]), ("b", "different", [])]):
        voice = gate([named(*order)], code=1).json()["artifacts"][0]["rejected"][0]
        assert (voice["reason"], voice["level"], voice["dissents"]) == ("below-level", "different", True), voice


@case("a statement that says more than its own numbers says nothing")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    other = {"sha256": "99" * 32, "blake2b": "99" * 64, "size": 1}
    covered = {"bytes": 100, "equal": 10, "claimed": 90, "residual": 0, "opaque": 0}
    artifact = "predicate__artifacts__0__"
    for level, fields in (("identical", {}), ("explained", {"rebuilt": other}), ("explained", {"rebuilt": other, "coverage": covered}), ("repackaged", {"rebuilt": other, "coverage": covered}),
                          ("image-identical", {"rebuilt": other, "coverage": dict(covered, claimed=80, residual=10)})):
        policy([lab], artifacts=[{"files": "*", "level": "image-identical"}])
        gate([lab.sign(statement(level=level, **{artifact + name: value for name, value in fields.items()}))], code=0)
    wrong = [("identical", {"rebuilt": other}), ("identical", {"rebuilt": None}), ("reproduced", {"rebuilt": other}), ("explained", {"rebuilt": None}), ("explained", {"rebuilt": {}}), ("image-identical", {"rebuilt": None}),
             ("explained", {"coverage": dict(covered, claimed=80, residual=10)}), ("explained", {"coverage": dict(covered, claimed=80, opaque=10)}), ("repackaged", {"coverage": dict(covered, claimed=80, residual=10)}),
             ("explained", {"coverage": dict(covered, bytes=99)}), ("explained", {"coverage": {}}), ("identical", {"coverage": None}), ("explained", {"coverage": dict(covered, equal=-10, claimed=110)}),
             ("different", {"coverage": dict(covered, bytes=1)}), ("identical", {"shipped": dict(statement()["predicate"]["artifacts"][0]["shipped"], blake2b="00" * 64)})]
    for level, fields in wrong:
        bad = statement(level=level, **{artifact + name: value for name, value in fields.items()})
        if level == "reproduced":
            bad["predicate"]["inferred"] = [{"fact": "epoch"}]
        assert reasons(gate([lab.sign(bad)], code=6)) == ["bad-statement"], (level, fields)
    longer = statement()
    longer["predicate"]["artifacts"][0]["shipped"]["size"] += 1
    assert reasons(gate([lab.sign(longer)], code=6)) == ["wrong-subject"]


@case("different values need parties of their own, and rebuilds of unlike levels fill one quorum")
def _(_dir):
    lay()
    labs, vendor = [Party(f"lab-{c}") for c in "abc"], Party("acme", "vendor")

    def said(lab, kernel, **more):
        return lab.sign(statement(predicate__environment={"host": {"kernel": kernel}}, **more))
    policy([*labs, vendor], distinct={"kernel": 2}, groups={"lab": {"need": "any", "of": ["lab-a", "lab-b", "lab-c"]}, "maker": {"need": "any", "of": ["acme"]}, "one": {"need": "any", "of": ["lab"]}}, quorum="one")
    a, b = labs[:2]
    for lines, code in (([said(a, "1"), said(a, "2")], 1), ([said(a, "1"), said(b, "2")], 0), ([said(a, "1"), said(b, "1")], 1), ([said(a, "1"), said(a, "2"), said(b, "1")], 0), ([said(b, "1"), said(a, "1"), said(a, "2")], 0),
                        ([said(a, "1"), said(vendor, "2")], 1), ([said(a, "1"), said(a, "2"), said(a, "3"), said(vendor, "4")], 1)):
        gate(lines, code=code)
    policy(labs, distinct={"kernel": 3})
    gate([said(labs[0], "1"), said(labs[0], "2"), said(labs[1], "1"), said(labs[2], "2"), said(labs[2], "3")], code=0)
    gate([said(labs[0], "1"), said(labs[0], "2"), said(labs[0], "3"), said(labs[1], "1"), said(labs[2], "2"), said(labs[1], "2"), said(labs[2], "1")], code=0)
    gate([said(labs[0], "1"), said(labs[0], "2"), said(labs[1], "1"), said(labs[2], "2"), said(labs[1], "2"), said(labs[2], "1")], code=1)
    policy(labs, groups={"labs": {"need": 2, "of": ["lab-a", "lab-b"]}}, quorum="labs")
    other = {"sha256": "99" * 32, "blake2b": "99" * 64, "size": 1}
    result = gate([said(a, "1"), said(b, "1", level="explained", predicate__artifacts__0__rebuilt=other)], code=0).json()
    assert sorted(v["level"] for v in result["artifacts"][0]["by"]) == ["explained", "identical"], result


@case("other papers by known keys verify nothing, and of what a party says the worst is handed on")
def _(_dir):
    lay()
    run("bash", "-c", 'exec "$0" key new gatekey --passphrase-fd 3 3<<<secret', PROGRAM, code=0)
    lab, vendor = Party("lab-a"), Party("acme", "vendor")
    policy([lab, vendor])
    paper = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1", "subject": [], "predicate": {}}
    for line in (lab.sign(paper), lab.sign(b"junk"), lab.sign(b"junk", "text/plain"), vendor.sign(statement("other.bin")), lab.sign(statement("other.bin"))):
        result = gate([line], code=6).json()
        assert result["artifacts"][0]["verified"] is False and result["artifacts"][0]["rules"][0]["ok"] is False, result
    gate([lab.sign(paper), vendor.sign(statement())], code=1)
    gate([lab.sign(paper), lab.sign(statement())], code=0)
    better, worse = lab.sign(statement()), lab.sign(statement(level="explained"))
    for order in ([better, worse], [worse, better]):
        assert signed_gate(order, code=0)[0]["predicate"]["verifiedLevels"] == ["SAMEBUILD_EXPLAINED"], order


@case("attest verify: of several lines by the keys that are asked for the worst counts, of hundreds of files")
def _(_dir):
    lay()
    lab, other = Party("lab-a"), Party("lab-b")
    with open("lab.pub", "w") as f:
        f.write(lab.public)
    better, worse = lab.sign(statement()), lab.sign(statement(level="different"))
    cut = lab.sign(statement(level="undetermined", predicate__complete=False))
    unlike = [lab.sign(statement("other.bin", level="different")), other.sign(statement(level="different")), "junk"]
    for lines, code in (([better], 0), ([worse], 1), ([better, worse], 1), ([worse, better], 1), ([better, cut], 0), ([cut, better], 0), ([cut], 1), ([cut, worse], 1), ([better, *unlike], 0), ([*unlike, better], 0)):
        with open("lines", "w") as f:
            f.write("".join(line + "\n" for line in lines))
        result = sb("attest", "verify", "lines", "--key", "lab.pub", "--artifact", "acme.bin", "--json", code=code).json()
        assert code == 0 or result["good"] is False, result
    names = [f"f{n}" for n in range(600)]
    for name in names:
        with open(name, "w") as f:
            f.write(name)
    many = statement(names[0])
    parts = [statement(name) for name in names]
    many["subject"] = [p["subject"][0] for p in parts]
    many["predicate"]["artifacts"] = [p["predicate"]["artifacts"][0] for p in parts]
    with open("lines", "w") as f:
        f.write(lab.sign(many))
    sb("attest", "verify", "lines", "--key", "lab.pub", *(word for name in names for word in ("--artifact", name)), code=0)


@case("leaving a statement out never turns a refusal into an allowance")
def _(_dir):
    lay()
    labs = [Party(f"lab-{c}") for c in "abcd"]
    policy(labs, groups={"labs": {"need": 2, "of": [p.name for p in labs]}}, quorum="labs", distinct={"kernel": 2})
    draw = random.Random(7)
    pool = []
    for lab in labs:
        for kernel in ("6.1", "6.2"):
            for source in ("11", "12"):
                pool.append(lab.sign(statement(level=draw.choice(["identical", "explained", "different"]), predicate__environment={"host": {"kernel": kernel}},
                                               predicate__source={"manifest": {"sha256": source * 32}})))
    outcomes = set()
    for _ in range(60):
        some = draw.sample(pool, draw.randrange(1, 8))
        fewer = draw.sample(some, draw.randrange(1, len(some) + 1))
        more, less = gate(some).json()["allowed"], gate(fewer).json()["allowed"]
        outcomes.add((less, more))
        assert more or not less, (some, fewer)
    assert outcomes >= {(False, False), (True, True), (False, True)}, outcomes


@case("keys outlive neither their time nor their first holder")
def _(_dir):
    lay()
    lab = Party("lab-a")
    for more, code in ((dict(not_after="2027-01-02"), 0), (dict(not_after="2027-01-01"), 6), (dict(not_before="2027-01-01"), 0), (dict(not_before="2027-01-02"), 6)):
        policy([lab.key(**more)])
        result = gate([lab.sign(statement())], code=code)
        assert code == 0 or reasons(result) == ["key-not-valid"], result


@case("policies that say nothing, say it twice, or let the maker decide are refused with what is wrong")
def _(_dir):
    lay()
    lab, vendor = Party("lab-a"), Party("acme", "vendor")
    wrong = [
        (dict(keys=[lab.key(), lab.key()]), "twice"), (dict(keys=[lab.key(), dict(lab.key(), party="lab-b")]), "twice"), (dict(keys=[lab.key(role="king")]), "role"),
        (dict(keys=[lab.key(key="00" * 32)]), "key"), (dict(keys=[lab.key(key="01" + "00" * 31)]), "key"), (dict(keys=[]), "keys"),
        (dict(keys=[lab.key(), vendor.key(party="lab-a")]), "with one key"), (dict(keys=[vendor.key()]), "quorum"), (dict(quorum="acme", keys=[lab.key(), vendor.key()]), "vendor"),
        (dict(quorum="labs"), "labs"), (dict(groups={"a": {"need": 1, "of": ["b"]}, "b": {"need": 1, "of": ["a"]}}, quorum="a"), "group"),
        (dict(groups={"a": {"need": 1, "of": ["lab-a"]}, "b": {"need": 1, "of": ["lab-a"]}}, quorum="a"), "member"), (dict(groups={"a": {"need": 2, "of": ["lab-a"]}}, quorum="a"), "a"),
        (dict(groups={"a": {"need": 0, "of": ["lab-a"]}}, quorum="a"), "need"), (dict(artifacts=[{"files": "*.bin", "level": "explained"}]), "last"),
        (dict(artifacts=[{"files": "*", "level": "different"}]), "level"), (dict(artifacts=[{"files": "*", "level": "undetermined"}]), "level"), (dict(artifacts=[]), "artifacts"),
        (dict(artifacts=[{"files": "*", "level": "explained", "causes": ["unexplained"]}]), "cause"), (dict(colour="red"), "colour"), (dict(schema="samebuild-policy/2"), "schema"),
        (dict(groups={"a": {"need": 1, "of": ["lab-a"] + [f"p{n}" for n in range(100000)]}}, quorum="a"), "more members"),
        (dict(max_age="old"), "number"), (dict(log={}), "log"), (dict(waivers=[{"sha256": "00" * 32}]), "missing"), (dict(resource=None), "resource")]
    for more, word in wrong:
        policy(more.pop("keys", [lab]), **more)
        result = gate([lab.sign(statement())], code=2)
        assert word in result.out, (word, result)
    policy([lab])
    for missing in ("--policy", "--attestations"):
        words = [w for name in ("--policy", "--attestations") if name != missing for w in (name, "p.json" if name == "--policy" else "evidence.jsonl")]
        sb("gate", *words, "--artifact", "acme.bin", code=2)
    sb("gate", "--policy", "p.json", "--attestations", "evidence.jsonl", code=2)
    sb("gate", "--policy", "absent", "--attestations", "evidence.jsonl", "--artifact", "acme.bin", code=2)
    sb("gate", "--policy", "p.json", "--attestations", "absent", "--artifact", "acme.bin", code=6)
    sb("gate", "--policy", "p.json", "--attestations", "evidence.jsonl", "--artifact", "absent", code=3)
    sb("gate", "--policy", "p.json", "--attestations", "evidence.jsonl", "--artifact", ".", code=3)
    gate([lab.sign(statement())], "--time", "tomorrow", code=2)


def signed_gate(lines, *more, code):
    """The gate with --sign by our own key; the payloads of what it wrote."""
    words = ["gate", "--policy", "p.json", "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", NOW, "--sign", "gatekey", "--attestation", "vsa.jsonl",
             "--verifier", "https://gate.example", *more]
    with open("evidence.jsonl", "w") as f:
        f.write("".join(line + "\n" for line in lines))
    run("bash", "-c", 'exec "$0" "$@" --passphrase-fd 3 3<<<secret', PROGRAM, *words, code=code)
    with open("vsa.jsonl") as f:
        return [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in f]


def relies(*more, code=None, key="gatekey.pub", verifier="https://gate.example", artifact="acme.bin", resource="pkg:generic/acme@1.0", path="vsa.jsonl"):
    return sb("attest", "summary", path, "--key", key, "--verifier", verifier, "--artifact", artifact, "--resource", resource, "--time", NOW, "--json", *more, code=code)


@case("claims: what a gate decided is signed, and reproduced only where two independent parties say so")
def _(_dir):
    lay()
    run("bash", "-c", 'exec "$0" key new gatekey --passphrase-fd 3 3<<<secret', PROGRAM, code=0)
    labs, vendor = [Party("lab-a"), Party("lab-b")], Party("acme", "vendor")
    second = Party("lab-a2")
    policy([*labs, vendor, dict(second.key(), party="lab-a")])
    one = signed_gate([labs[0].sign(statement())], code=0)
    assert len(one) == 1, one
    predicate = one[0]["predicate"]
    assert one[0]["predicateType"] == "https://slsa.dev/verification_summary/v1" and one[0]["subject"][0]["digest"]["sha256"] == statement()["subject"][0]["digest"]["sha256"]
    body = json.dumps(statement()).encode()
    assert predicate["inputAttestations"][0]["digest"]["sha256"] == hashlib.sha256(pae(body)).hexdigest()
    assert (predicate["verificationResult"], predicate["verifiedLevels"], predicate["resourceUri"], predicate["timeVerified"], predicate["verifier"]["id"]) == (
        "PASSED", ["SAMEBUILD_IDENTICAL"], "pkg:generic/acme@1.0", NOW, "https://gate.example"), predicate
    assert "SLSA_" not in json.dumps(one)
    mine, yours = (statement(predicate__environment={"host": {"kernel": kernel}}) for kernel in ("6.1.0", "6.1.1"))
    inferred = dict(predicate__inferred=[{"fact": "epoch", "value": 1700000000, "evidence": "header", "round": 1}])
    cosigned = envelope(body, [labs[0].signature(body), labs[1].signature(body)])
    assert not any("SLSA_BUILD" in json.dumps(m) for m in signed_gate([cosigned], code=0)), "two signatures over one rebuild"
    for lines, reproduced in (([labs[0].sign(mine), labs[1].sign(yours)], True), ([labs[0].sign(statement()), labs[1].sign(statement())], False), ([labs[0].sign(mine), labs[1].sign(mine), labs[1].sign(yours)], True),
                              ([labs[0].sign(mine), labs[1].sign(yours), labs[1].sign(statement(level="explained"))], False), ([labs[0].sign(statement()), second.sign(statement())], False),
                              ([labs[0].sign(statement()), vendor.sign(statement())], False), ([labs[0].sign(statement()), labs[0].sign(statement())], False),
                              ([labs[0].sign(statement(level="explained")), labs[1].sign(statement(level="explained"))], False),
                              ([labs[0].sign(statement(level="reproduced", **inferred)), labs[1].sign(statement(level="reproduced", predicate__environment={}, **inferred))], True),
                              ([labs[0].sign(statement()), labs[1].sign(statement(level="different"))], False),
                              ([labs[0].sign(statement()), labs[1].sign(statement(predicate__recipe={"sha256": "99" * 32}))], False),
                              ([labs[0].sign(statement()), labs[1].sign(statement(predicate__resourceUri="pkg:generic/acme@1.1"))], False)):
        made = signed_gate(lines, code=0)
        results = [m for m in made if m["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"]
        assert bool(results) == reproduced and (not results or results[0]["predicate"]["properties"] == ["SLSA_BUILD_REPRODUCED"]), (made, reproduced)
        assert "SLSA_BUILD_REPRODUCED" not in json.dumps(made[0]), "peers refuse a VSA with that level"
    failed = signed_gate([labs[0].sign(statement(level="different"))], code=1)
    assert [m["predicate"]["verificationResult"] for m in failed] == ["FAILED"] and failed[0]["predicate"]["verifiedLevels"] == ["FAILED"], failed
    relies(code=6)  # nobody's word was taken, so that it names the products of the policy
    relies(resource="pkg:generic/acme@1.*", code=1)
    nothing = signed_gate([], code=6)
    assert nothing[0]["predicate"]["verificationResult"] == "FAILED" and nothing[0]["predicate"]["inputAttestations"] == [], nothing
    relies(code=6)
    for missing in ("--attestation", "--verifier"):
        words = ["--sign", "gatekey", *(w for n, v in (("--attestation", "x"), ("--verifier", "y")) if n != missing for w in (n, v))]
        gate([labs[0].sign(statement())], *words, code=2)


@case("claims: a summary counts for its file, product, verifier, key, level and time, and FAILED never")
def _(_dir):
    lay()
    run("bash", "-c", 'exec "$0" key new gatekey --passphrase-fd 3 3<<<secret', PROGRAM, code=0)
    lab, other = Party("lab-a"), Party("other")
    policy([lab])
    signed_gate([lab.sign(statement(level="explained"))], code=0)
    assert relies(code=0).json()["level"] == "explained"
    relies("--level", "identical", code=1)
    for more, identity in ((dict(artifact="other.bin"), "subject-absent"), (dict(resource="pkg:generic/acme@1.1"), "subject-absent"), (dict(verifier="https://other.example"), "summary-verifier"),
                           (dict(key="other.pub.hex"), "signature-bad"), (dict(path="evidence.jsonl"), "signature-bad"), (dict(path="acme.bin"), "evidence-absent")):
        with open("other.pub.hex", "w") as f:
            f.write(other.public)
        assert relies(code=6, **more).json()["errors"][0]["id"] == identity, more
    with open("vsa.jsonl") as f:
        good = json.loads(base64.b64decode(json.loads(f.read())["payload"]))

    def theirs(change, code, identity=None, extra=None, *more):
        made = copy.deepcopy(good)
        change(made)
        with open("theirs.jsonl", "w") as f:
            f.write(other.sign(made) + "\n" + ((other.sign(extra) + "\n") if extra else ""))
        result = relies(*more, key="other.pub.hex", path="theirs.jsonl", code=code)
        assert identity is None or result.json()["errors"][0]["id"] == identity, result

    def put(key, value):
        return lambda made: made["predicate"].update({key: value})
    theirs(lambda made: None, 0)
    theirs(put("verificationResult", "FAILED"), 1)
    theirs(put("verificationResult", "passed"), 6, "summary-malformed")
    theirs(put("verifiedLevels", []), 1)
    theirs(put("verifiedLevels", ["SLSA_BUILD_LEVEL_3"]), 1)
    theirs(put("verifiedLevels", ["SAMEBUILD_PERFECT"]), 1)
    theirs(put("verifiedLevels", ["SAMEBUILD_UNDETERMINED"]), 1)
    theirs(put("verifiedLevels", ["SAMEBUILD_IDENTICAL", "SAMEBUILD_DIFFERENT"]), 1)
    theirs(put("verifiedLevels", ["SLSA_BUILD_LEVEL_3", "SAMEBUILD_UNSIGNED_IDENTICAL"]), 0)
    theirs(put("verifiedLevels", ["SAMEBUILD_DIFFERENT", "SAMEBUILD_WAIVED"]), 1)
    theirs(put("verifiedLevels", ["SAMEBUILD_DIFFERENT", "SAMEBUILD_WAIVED"]), 0, None, None, "--waivers")
    theirs(put("verifiedLevels", [1]), 6, "summary-malformed")
    theirs(put("verifiedLevels", "SAMEBUILD_IDENTICAL"), 6, "summary-malformed")
    theirs(put("timeVerified", "2027-01-01T00:00:01Z"), 6, "summary-future")
    theirs(lambda made: None, 0, None, None, "--since", NOW)
    theirs(lambda made: None, 6, "summary-old", None, "--since", "2027-01-02")
    theirs(put("timeVerified", "soon"), 6, "summary-malformed")
    theirs(put("policy", {}), 6, "summary-malformed")
    theirs(lambda made: made["predicate"].pop("verificationResult"), 6, "summary-malformed")
    theirs(lambda made: made.update(subject=[]), 6, "summary-malformed")
    theirs(lambda made: made["subject"][0]["digest"].pop("sha256"), 6, "summary-malformed")
    theirs(lambda made: made["subject"][0]["digest"].update(blake2b="00" * 64), 6, "subject-absent")
    theirs(lambda made: made["subject"][0]["digest"].update(blake2b="00" * 32, md5="00"), 0)
    theirs(lambda made: made.update(predicateType="https://samebuild.dev/comparison/v1"), 6, "summary-type")
    theirs(lambda made: made.update(_type="x"), 6, "summary-type")
    bad = copy.deepcopy(good)
    bad["predicate"]["verificationResult"] = "FAILED"
    theirs(lambda made: None, 1, None, bad)
    assert reasons(gate([lab.sign(good)], code=6)) == ["wrong-type"], "a summary is no statement of a comparison"


@case("--install puts the judged bytes in their place, or nothing", user=True)
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    os.makedirs("root/bin")
    with open("root/bin/acme", "w") as f:
        f.write("old")
    gate([lab.sign(statement(level="different"))], "--install", "root/bin/acme", code=1)
    assert os.listdir("root/bin") == ["acme"] and open("root/bin/acme").read() == "old"
    gate([lab.sign(statement())], "--install", "root/bin/acme", code=0)
    assert os.listdir("root/bin") == ["acme"] and open("root/bin/acme", "rb").read() == open("acme.bin", "rb").read()
    gate([lab.sign(statement())], "--install", "absent/acme", code=2)
    gate([lab.sign(statement())], "--install", "x", code=2, artifacts=("acme.bin", "other.bin"))
    os.symlink("/etc/passwd", "root/bin/link")
    gate([lab.sign(statement())], "--install", "root/bin/link", code=0)
    os.mkfifo("root/bin/fifo")
    places = ["root/bin/fifo", "root/bin", "root/bin/", "root/bin/.", "root/nowhere/file", "acme.bin/file"]
    if not ordinary():  # whoever has no file there may make none: a device would be gone for everybody
        os.mknod("root/bin/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        places.append("root/bin/null")
    before = {name: os.lstat(f"root/bin/{name}").st_mode for name in os.listdir("root/bin")}
    for place in places:
        assert "[install-place]" in gate([lab.sign(statement())], "--install", place, code=2).err, place
        assert {name: os.lstat(f"root/bin/{name}").st_mode for name in os.listdir("root/bin")} == before, place
    assert not os.path.islink("root/bin/link") and open("root/bin/link", "rb").read() == open("acme.bin", "rb").read()


@case("100,000 lines of junk cost time and nothing else; a folder is read in order")
def _(_dir):
    lay()
    lab = Party("lab-a")
    policy([lab])
    good = lab.sign(statement())
    os.mkdir("evidence")
    with open("evidence/0.jsonl", "w") as f:
        f.write('{"payload":"%s","payloadType":"x","signatures":[{"sig":"%s"}]}\n' % ("A" * 400, "A" * 88) * 50000 + "junk\n" * 50000)
    with open("evidence/1.jsonl", "w") as f:
        f.write(good)
    with open("out", "wb") as out:
        process = start(PROGRAM, "gate", "--policy", "p.json", "--attestations", "evidence", "--artifact", "acme.bin", "--json", "--time", NOW, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    with open("out") as f:
        assert status == 0 and json.load(f)["lines"] == 100001
    assert os.path.exists(os.path.join(os.environ["SB_BUILD_ROOT"], "sanitizer")) or usage.ru_maxrss < 128 * 1024, usage.ru_maxrss


main()
