#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trust roots through the binary: chains that openssl signed, everything that must not lead them on, and what the owners of keys do."""
import copy
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import drops  # noqa: E402
import gating  # noqa: E402
import roots  # noqa: E402
from sbtest import PROGRAM, case, main, need, run, sb  # noqa: E402

NOW = "2027-01-01T00:00:00Z"


class World:
    """Three keys of roots of which two must sign, a lab, and somebody who signs policies."""

    def __init__(self):
        need("openssl")
        self.a, self.b, self.c, self.lab, self.policy = (roots.Key(n) for n in ("a", "b", "c", "lab", "policy"))
        self.entries = [(self.lab, {"party": "lab-a", "roles": ["rebuilder"]}), (self.policy, {"party": "acme", "roles": ["policy"]})]

    def part(self, version=1, keys=None, threshold=2, **more):
        return roots.signed_part(version, keys or [self.a, self.b, self.c], threshold, self.entries, [self.policy], **more)

    def write(self, version, signers=None, part=None, **more):
        return roots.write(f"{version}.root.json", roots.document(part or self.part(version, **more), signers or [self.a, self.b]))

    def pin(self):
        sb("trust", "init", "--sha256", self.write(1), "--time", NOW, "acme", "1.root.json", code=0)


def update(*files, code=None, time=NOW):
    return sb("trust", "update", "acme", *files, "--time", time, "--json", code=code)


def refused(code, identity, *words):
    result = sb(*words, "--json", code=code)
    assert result.json()["errors"][0]["id"] == identity, result
    return result


def version():
    return sb("trust", "show", "acme", "--json", code=0).json()["version"]


@case("a root counts by its digest, is led on version by version, and stays where it was when it is not")
def _(_dir):
    w = World()
    digest = w.write(1)
    refused(6, "root-digest", "trust", "init", "--sha256", "00" * 32, "acme", "1.root.json")
    refused(6, "trust-unknown", "trust", "show", "acme")
    sb("trust", "init", "acme", "1.root.json", code=2)
    sb("trust", "init", "--sha256", digest[:-1], "acme", "1.root.json", code=2)
    shown = sb("trust", "init", "--sha256", digest, "--time", NOW, "acme", "1.root.json", "--json", code=0).json()
    assert (shown["version"], shown["anchor_sha256"], shown["threshold"], shown["signed"]) == (1, digest, 2, 2), shown
    refused(2, "trust-known", "trust", "init", "--sha256", digest, "acme", "1.root.json")
    w.write(2, signers=[w.a, w.c])
    w.write(3, signers=[w.b, w.c], keys=[w.b, w.c])
    w.write(4, signers=[w.b, w.c], keys=[w.b, w.c])
    assert update("4.root.json", "2.root.json", "3.root.json", "1.root.json", code=0).json()["version"] == 4
    assert update("4.root.json", code=0).json()["version"] == 4
    assert sorted(os.listdir(roots.store())) == ["1.root.json", "2.root.json", "3.root.json", "4.root.json", "state.json"]
    text = sb("trust", "show", "acme", code=0).out
    assert "lab-a: rebuilder" in text and "version   4" in text, text
    assert sb("trust", "show", "./2.root.json", code=0).out.startswith("UNVERIFIED")


@case("time: rolled back, skipped, shown in two forms, frozen until expired, or by a clock that was set back")
def _(_dir):
    w = World()
    w.pin()
    w.write(2)
    w.write(3)
    assert update("3.root.json", code=6).json()["errors"][0]["id"] == "root-gap"
    update("2.root.json", "3.root.json", code=0)
    for old in ("1.root.json", "2.root.json"):
        assert update(old, code=6).json()["errors"][0]["id"] == "root-rollback"
    w.write(3, expires="2029-01-01T00:00:00Z")
    assert update("3.root.json", code=6).json()["errors"][0]["id"] == "root-conflict"
    w.write(4, expires="2026-01-01T00:00:00Z")
    w.write(5, expires="2030-01-01T00:00:00Z")
    assert update("4.root.json", code=6).json()["errors"][0]["id"] == "root-expired"
    assert version() == 4, "an expired version is kept, so that nobody falls behind it"
    assert update("5.root.json", code=0).json()["version"] == 5
    assert update("5.root.json", code=6, time="2026-12-31T00:00:00Z").json()["errors"][0]["id"] == "clock-behind"
    assert version() == 5


@case("signatures: the threshold of both versions, of keys and not of their ids, and no signature over anything else")
def _(_dir):
    w = World()
    w.pin()
    stranger = roots.Key("stranger")
    table = [([w.a], w.part(2)), ([stranger, w.a], w.part(2)), ([stranger, w.c], w.part(2, keys=[stranger, w.c])), ([w.a, w.b], w.part(2, keys=[stranger, w.c])),
             ([w.lab, w.policy], w.part(2))]
    for signers, part in table:
        w.write(2, signers=signers, part=part)
        assert update("2.root.json", code=6).json()["errors"][0]["id"] == "root-unsigned", signers
    document = roots.document(w.part(2), [w.a, w.b])
    twice = copy.deepcopy(document)
    twice["signatures"][1] = dict(twice["signatures"][0], keyid="00" * 32)
    roots.write("2.root.json", twice)  # one signature under two ids
    assert update("2.root.json", code=6).json()["errors"][0]["id"] == "root-unsigned"
    changed = copy.deepcopy(document)
    changed["signed"]["expires"] = "2029-01-01T00:00:00Z"
    roots.write("2.root.json", changed)
    assert update("2.root.json", code=6).json()["errors"][0]["id"] == "root-unsigned"
    junk = copy.deepcopy(document)
    junk["signatures"] = [{"keyid": "11" * 32, "sig": "00" * 64}, *junk["signatures"], {"keyid": w.c.id, "sig": "22" * 64}]
    for signature in junk["signatures"][1:3]:
        signature["keyid"] = signature["keyid"][::-1]  # a hint that leads nowhere blocks nothing
    roots.write("2.root.json", junk)
    assert update("2.root.json", code=0).json()["version"] == 2


@case("parsing: what is no root, by form and by meaning")
def _(_dir):
    w = World()
    part = w.part(1)
    lab, policy, a = w.lab.id, w.policy.id, w.a.id
    zero = {"keytype": "ed25519", "keyval": {"public": "00" * 32}, "scheme": "ed25519"}

    def set_in(*way, value):
        def change(p):
            for step in way[:-1]:
                p = p[step]
            p[way[-1]] = value
        return change
    changes = [
        set_in("colour", value="red"), set_in("_type", value="targets"), set_in("spec_version", value="2.0.0"), set_in("version", value=0), set_in("version", value="1"),
        set_in("version", value=True), set_in("expires", value="2027-01-01"), set_in("expires", value="2027-02-30T00:00:00Z"), set_in("consistent_snapshot", value="no"),
        set_in("roles", "mirrors", value={"keyids": [a], "threshold": 1}), lambda p: p["roles"].pop("timestamp"), lambda p: p.pop("x_samebuild"), set_in("keys", value={}),
        set_in("roles", "root", "threshold", value=0), set_in("roles", "root", "threshold", value=4), set_in("roles", "root", "keyids", value=[a, a]),
        set_in("roles", "root", "keyids", value=["00" * 32]), set_in("roles", "root", "keyids", value=[]), set_in("keys", a, "keytype", value="rsa"),
        set_in("keys", a, "scheme", value="rsassa-pss-sha256"), set_in("keys", a, "keyval", "public", value="00" * 32), set_in("keys", a, "keyval", "public", value=w.b.public),
        set_in("keys", a, "keyval", "public", value=w.a.public.upper()), set_in("keys", roots.hashlib.sha256(roots.canonical(zero)).hexdigest(), value=zero),
        set_in("keys", "77" * 32, value=w.a.object), set_in("x_samebuild", lab, "roles", value=[]), set_in("x_samebuild", lab, "roles", value=["king"]),
        set_in("x_samebuild", lab, "roles", value=["rebuilder", "vendor"]), set_in("x_samebuild", lab, "roles", value=["rebuilder", "log"]),
        set_in("x_samebuild", lab, "roles", value=["log", "witness"]), set_in("x_samebuild", lab, "roles", value=["rebuilder", "rebuilder"]),
        set_in("x_samebuild", lab, "party", value="lab a"), set_in("x_samebuild", lab, "colour", value="red"), set_in("x_samebuild", "99" * 32, value=part["x_samebuild"][lab]),
        set_in("x_samebuild", a, value={"party": "acme", "roles": ["rebuilder"]}), set_in("x_samebuild", lab, "revoked", value={"at": NOW, "reason": "bored"}),
        set_in("x_samebuild", lab, "revoked", value={"reason": "lost"}), set_in("x_samebuild", policy, "roles", value=["rebuilder"]), lambda p: p["x_samebuild"].pop(policy),
        set_in("x_samebuild", lab, "roles", value=["rebuilder", "policy"])]
    for number, change in enumerate(changes):
        changed = copy.deepcopy(part)
        change(changed)
        digest = roots.write("x.json", roots.document(changed, [w.a, w.b]))
        result = sb("trust", "init", "--sha256", digest, "x", "x.json", "--json", code=6)
        assert result.json()["errors"][0]["id"] == "root-malformed", (number, result)
    good = json.dumps(roots.document(part, [w.a, w.b]))
    texts = [good.replace('"version": 1', '"version": 1, "version": 1'), good.replace('"version": 1', '"version": 1, "Version": 1'), good.replace('"version": 1', '"vers\\u0069on": 2, "version": 1'),
             good + "{}", "\ufeff" + good, good.replace('"version": 1', '"version": 1.0'), "[" * 5000, "", "[]", "null", good[:-9], '{"signed": ' + '{"a":' * 100 + "1" + "}" * 101,
             good.replace('"sig": "', '"sig": "00', 1), good.replace('"keyid": "', '"keyid": "0', 1)]
    for number, text in enumerate(texts):
        digest = roots.write("x.json", text.encode())
        result = sb("trust", "init", "--sha256", digest, "x", "x.json", "--json")
        assert result.code in (5, 6) and "version" not in result.json(), (number, result)
    digest = roots.write("x.json", good.encode())
    sb("trust", "init", "--sha256", digest, "x", "x.json", code=0)


@case("what is kept is verified again each time, and nobody else may write it")
def _(_dir):
    w = World()
    w.pin()
    w.write(2)
    update("2.root.json", code=0)
    folder = roots.store()
    kept = {name: open(f"{folder}/{name}", "rb").read() for name in os.listdir(folder)}

    def with_file(name, data, identity):
        with open(f"{folder}/{name}", "wb") as f:
            f.write(data)
        refused(6, identity, "trust", "show", "acme")
        with open(f"{folder}/{name}", "wb") as f:
            f.write(kept[name])
    state = json.loads(kept["state.json"])
    other = roots.document(w.part(1, expires="2031-01-01T00:00:00Z"), [w.a, w.b])
    with_file("1.root.json", json.dumps(other).encode(), "root-digest")
    with_file("2.root.json", json.dumps(roots.document(w.part(2, expires="2031-01-01T00:00:00Z"), [w.a, w.b])).encode(), "trust-damaged")
    with_file("2.root.json", kept["1.root.json"], "trust-damaged")
    with_file("2.root.json", b"", "root-malformed")
    with_file("state.json", kept["state.json"][:40], "trust-damaged")
    with_file("state.json", json.dumps(dict(state, highest=dict(state["highest"], version=1))).encode(), "trust-damaged")
    with_file("state.json", json.dumps(dict(state, more=1)).encode(), "trust-damaged")
    with_file("state.json", json.dumps(dict(state, anchor=dict(state["anchor"], version=3))).encode(), "trust-damaged")
    os.rename(f"{folder}/2.root.json", f"{folder}/2")
    refused(6, "trust-damaged", "trust", "show", "acme")
    os.rename(f"{folder}/2", f"{folder}/2.root.json")
    os.chmod(folder, 0o777)
    refused(6, "trust-unsafe", "trust", "show", "acme")
    os.chmod(folder, 0o700)
    os.chmod(os.path.dirname(folder), 0o770)
    refused(6, "trust-unsafe", "trust", "show", "acme")
    os.chmod(os.path.dirname(folder), 0o700)
    assert version() == 2
    for name in ("..", ".", "a/b", "", ".hidden", "x" * 65, "a b"):
        assert sb("trust", "update", name, "2.root.json").code == 2, name
        assert sb("trust", "init", "--sha256", "00" * 32, name, "2.root.json").code == 2, name


def ours(*words, code=0):
    return run("bash", "-c", 'exec "$0" "$@" --passphrase-fd 3 3<<<secret', PROGRAM, *words, code=code)


@case("what the owners of keys do: the first version, signatures, rotation, revocation")
def _(_dir):
    for name in ("a", "b", "c", "lab", "policy"):
        ours("key", "new", name)
    roles = ("--party", "acme:policy:policy.pub", "--party", "lab-a:rebuilder:lab.pub")
    made = sb("trust", "rotate", "--out", "1.root.json", "--expires", "2028-01-01", "--root", "a.pub", "--root", "b.pub", "--threshold", "2", *roles, "--json", code=0)
    assert made.json()["version"] == 1
    again = sb("trust", "rotate", "--out", "again", "--expires", "2028-01-01", "--root", "a.pub", "--root", "b.pub", "--threshold", "2", *roles, code=0)
    assert again.out and open("again", "rb").read() == open("1.root.json", "rb").read()

    def digest(name):
        with open(name, "rb") as f:
            return roots.hashlib.sha256(f.read()).hexdigest()
    refused(6, "root-unsigned", "trust", "init", "--sha256", digest("1.root.json"), "acme", "1.root.json")
    ours("trust", "sign", "1.root.json", "--key", "a")
    ours("trust", "sign", "1.root.json", "--key", "a")
    ours("trust", "sign", "1.root.json", "--key", "lab", code=2)
    refused(6, "root-unsigned", "trust", "init", "--sha256", digest("1.root.json"), "acme", "1.root.json")
    assert "signed by 2 of its keys" in ours("trust", "sign", "1.root.json", "--key", "b").out
    sb("trust", "init", "--sha256", digest("1.root.json"), "--time", NOW, "acme", "1.root.json", code=0)
    sb("trust", "rotate", "1.root.json", "--out", "2.root.json", "--expires", "2029-01-01", "--drop", "a.pub", "--root", "c.pub", code=0)
    for key in ("b", "c"):
        ours("trust", "sign", "2.root.json", "--key", key)
    assert update("2.root.json", code=6).json()["errors"][0]["id"] == "root-unsigned"  # of the old keys just one
    ours("trust", "sign", "2.root.json", "--key", "a", code=2)
    ours("trust", "sign", "2.root.json", "--key", "a", "--previous", "1.root.json")
    assert update("2.root.json", code=0).json()["version"] == 2
    sb("trust", "revoke", "2.root.json", "--key", "lab.pub", "--reason", "lost", "--at", "2027-02-01", "--out", "3.root.json", code=0)
    for key in ("b", "c"):
        ours("trust", "sign", "3.root.json", "--key", key)
    keys = update("3.root.json", code=0).json()["keys"]
    assert [k["revoked"] for k in keys if "revoked" in k] == ["lost"], keys
    sb("trust", "rotate", "3.root.json", "--out", "4.root.json", "--expires", "2029-06-01", code=0)
    assert [k for k in sb("trust", "show", "./4.root.json", "--json", code=0).json()["keys"] if k.get("revoked") == "lost"], "a rotation revives no key"
    for words in (("--party", "lab-a:king:lab.pub"), ("--party", "lab-a:rebuilder"), ("--party", "lab-a:rebuilder:absent"), ("--party", "lab a:rebuilder:lab.pub"), ("--drop", "absent"),
                  ("--drop", "a.pub"), ("--threshold", "3"), ("--threshold", "0"), ("--party", "b:log:b.pub"), ("--drop", "policy.pub"), ("--expires", "soon")):
        more = () if words[0] == "--expires" else ("--expires", "2029-01-01")
        result = sb("trust", "rotate", "3.root.json", "--out", "no", *more, *words)
        assert result.code == 2 and not os.path.exists("no"), result
    refused(2, "root-draft", "trust", "revoke", "3.root.json", "--key", "b.pub", "--reason", "lost", "--at", "2027-02-01", "--out", "no")


POLICY = "application/vnd.samebuild.policy+json"


def signed_policy(signers, path="p.jsonl", kind=POLICY, **more):
    """A policy that rests on the root, signed by openssl: one line a signer."""
    made = dict({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.*", "root": {"name": "acme"}, "artifacts": [{"files": "*", "level": "explained"}]}, **more)
    body = roots.canonical({k: v for k, v in made.items() if v is not None})
    roots.write(path, "".join(gating.envelope(body, [k.sign(gating.pae(body, kind))], kind) + "\n" for k in signers).encode())
    return body


def said(key, statement=None):
    body = json.dumps(statement or gating.statement()).encode()
    return gating.envelope(body, [key.sign(gating.pae(body))])


def decide(lines, code=None, time=NOW, policy="p.jsonl"):
    roots.write("evidence.jsonl", "".join(line + "\n" for line in lines).encode())
    return sb("gate", "--policy", policy, "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", time, "--json", code=code)


def identity(result):
    return result.json()["errors"][0]["id"]


@case("a policy that rests on a root: signed by its policy keys, decided by its keys")
def _(_dir):
    w = World()
    gating.lay()
    w.pin()
    body = signed_policy([w.policy])
    result = decide([said(w.lab)], code=0).json()
    assert result["root"] == {"name": "acme", "version": 1, "expires": "2028-01-01T00:00:00Z", "age": 0} and result["allowed"] is True, result
    assert result["policy"] == roots.hashlib.sha256(body).hexdigest()
    assert "root      acme version 1" in sb("gate", "--policy", "p.jsonl", "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", NOW, code=0).out
    assert gating.reasons(decide([said(w.policy)], code=1)) == ["wrong-role"]
    assert decide([said(w.a)], code=6).json()["strangers"] == 1
    for signers in ([w.lab], [w.a], [w.a, w.b, w.lab], [roots.Key("stranger")]):
        signed_policy(signers)
        assert identity(decide([said(w.lab)], code=6)) == "policy-unsigned", signers
    roots.write("plain.json", body)
    assert identity(decide([said(w.lab)], code=6, policy="plain.json")) == "policy-unsigned"
    assert "draft" in sb("policy", "check", "plain.json", code=0).out
    for more, code in ((dict(keys=[{"party": "x", "role": "rebuilder", "key": roots.Key("x").public}]), 2), (dict(root={"name": "other"}), 6), (dict(root={"name": "../acme"}), 2),
                       (dict(root=None, keys=[{"party": "x", "role": "rebuilder", "key": roots.Key("y").public}]), 2), (dict(colour="red"), 2), (dict(quorum="acme"), 2)):
        signed_policy([w.policy], **more)
        decide([said(w.lab)], code=code)
    signed_policy([w.policy], quorum="lab-a")
    decide([said(w.lab)], code=0)


@case("identity: the root says who is a vendor, and a policy cannot make a lab of one")
def _(_dir):
    w = World()
    gating.lay()
    maker = roots.Key("maker")
    w.entries += [(maker, {"party": "works", "roles": ["vendor"]})]
    w.pin()
    signed_policy([w.policy])
    assert gating.reasons(decide([said(maker)], code=1)) == ["wrong-role"]
    both = {"both": {"need": "all", "of": ["lab-a", "works"]}}
    signed_policy([w.policy], groups=both, quorum="both")
    decide([said(maker)], code=1)
    decide([said(w.lab), said(maker)], code=0)
    for more in (dict(quorum="works"), dict(groups={"one": {"need": "any", "of": ["lab-a", "works"]}}, quorum="one"), dict(groups={"none": {"need": 1, "of": ["acme"]}}, quorum="none")):
        signed_policy([w.policy], **more)
        decide([said(maker)], code=2)


@case("identity: signed policies and statements are not taken for each other, nor changed, nor written in another way")
def _(_dir):
    w = World()
    gating.lay()
    w.pin()
    signed_policy([w.policy], kind=gating.INTOTO)
    assert identity(decide([said(w.lab)], code=6)) == "policy-unsigned"
    body = signed_policy([w.policy])
    good = open("p.jsonl").read()
    envelope = json.loads(good)

    def gate_text(text):
        roots.write("p.jsonl", text.encode())
        return decide([said(w.lab)])
    for text in (good.replace(POLICY, gating.INTOTO), good.replace(POLICY, "application/json")):
        assert gate_text(text).code == 6
    other = roots.canonical(dict(json.loads(body), resource="pkg:generic/*"))
    assert gate_text(gating.envelope(other, [gating.base64.b64decode(envelope["signatures"][0]["sig"])], POLICY)).code == 6
    spaced = json.dumps(json.loads(body)).encode()
    assert gate_text(gating.envelope(spaced, [w.policy.sign(gating.pae(spaced, POLICY))], POLICY)).code == 2
    assert gate_text(good + gating.envelope(other, [w.policy.sign(gating.pae(other, POLICY))], POLICY)).code == 6
    assert gate_text(good.replace('"payload"', '"payload": "e30=", "payload"', 1)).code in (2, 6)
    assert gate_text(good[:-30]).code in (2, 6)
    assert gate_text("").code == 2 and gate_text("{}").code == 2
    assert gate_text(good).code == 0
    decide([said(w.lab), good.strip()], code=0)  # a policy among the evidence states nothing
    assert decide([good.strip()], code=6).json()["allowed"] is False


@case("time: expired and stale roots, keys before and after their time, revoked as lost and as compromised")
def _(_dir):
    w = World()
    gating.lay()
    w.pin()
    signed_policy([w.policy], root={"name": "acme", "max_trust_age": "10d"})
    statement = said(w.lab, gating.statement(predicate__finishedOn="2026-12-01T00:00:00Z"))
    decide([statement], code=0, time="2027-01-10T00:00:00Z")
    assert identity(decide([statement], code=6, time="2027-01-12T00:00:00Z")) == "root-stale"
    w.write(2)
    update("2.root.json", code=0, time="2027-01-12T00:00:00Z")
    assert decide([statement], code=0, time="2027-01-20T00:00:00Z").json()["root"]["age"] == 8 * 86400
    signed_policy([w.policy])
    assert identity(decide([statement], code=6, time="2028-01-01T00:00:00Z")) == "root-expired"
    number = 2

    def entry(fields, reason, code, time="2027-02-01T00:00:00Z"):
        nonlocal number
        number += 1
        w.entries[0] = (w.lab, dict({"party": "lab-a", "roles": ["rebuilder"]}, **fields))
        w.write(number)
        update(f"{number}.root.json", code=0, time="2027-01-12T00:00:00Z")
        result = decide([statement], code=code, time=time)
        assert gating.reasons(result) == ([reason] if reason else []), (fields, result)
    entry({"not_before": "2027-03-01T00:00:00Z"}, "key-not-valid", 6)
    entry({"not_after": "2027-02-01T00:00:00Z"}, "key-not-valid", 6)
    entry({"not_after": "2027-02-01T00:00:01Z"}, None, 0)
    entry({"revoked": {"at": "2027-02-01T00:00:00Z", "reason": "lost"}}, "key-revoked", 6)
    entry({"revoked": {"at": "2027-02-02T00:00:00Z", "reason": "lost"}}, "key-revoked", 6)  # whoever found it signs today what counts yesterday
    entry({"revoked": {"at": "2027-02-02T00:00:00Z", "reason": "compromised"}}, "key-revoked", 6)
    w.entries = [(w.lab, {"party": "lab-a", "roles": ["rebuilder"]}), (w.policy, {"party": "acme", "roles": ["policy"], "revoked": {"at": "2027-01-15T00:00:00Z", "reason": "lost"}})]
    w.write(number + 1)
    update(f"{number + 1}.root.json", code=0, time="2027-01-12T00:00:00Z")
    for day in (14, 15):  # nobody witnesses what a policy key signed before it was lost
        assert identity(decide([statement], code=6, time=f"2027-01-{day}T00:00:00Z")) == "policy-unsigned"


@case("time: without --time nothing is decided by a clock that is behind the last update")
def _(_dir):
    w = World()
    gating.lay()
    sb("trust", "init", "--sha256", w.write(1, expires="2100-01-01T00:00:00Z"), "--time", "2099-01-01", "acme", "1.root.json", code=0)
    signed_policy([w.policy])
    roots.write("evidence.jsonl", said(w.lab).encode())
    words = ("gate", "--policy", "p.jsonl", "--attestations", "evidence.jsonl", "--artifact", "acme.bin")
    refused(6, "clock-behind", *words)
    sb(*words, "--time", NOW, code=0)


@case("two policy keys of a threshold, and our own policy sign")
def _(_dir):
    w = World()
    gating.lay()
    for name in ("p1", "p2"):
        ours("key", "new", name)
    sb("trust", "rotate", "--out", "1.root.json", "--expires", "2028-01-01", "--root", "a.pub", "--party", "acme:policy:p1.pub", "--party", "acme:policy:p2.pub", "--policy-threshold", "2",
       "--party", "lab-a:rebuilder:lab.pub", code=0)
    part = json.load(open("1.root.json"))["signed"]
    digest = roots.write("1.root.json", roots.document(part, [w.a]))
    sb("trust", "init", "--sha256", digest, "--time", NOW, "acme", "1.root.json", code=0)
    with open("p.yaml", "w") as f:
        f.write('schema: samebuild-policy/1\nresource: pkg:generic/acme@1.*\nroot: {name: acme, max_trust_age: 180d}\nartifacts:\n  - {files: "*", level: explained}\n')
    ours("policy", "sign", "p.yaml", "--key", "p1", "--out", "p.jsonl", "--time", NOW)
    assert identity(decide([said(w.lab)], code=6)) == "policy-unsigned"
    ours("policy", "sign", "p.jsonl", "--key", "p1", "--out", "p.jsonl", "--time", NOW)  # the same key twice is one
    assert identity(decide([said(w.lab)], code=6)) == "policy-unsigned"
    ours("policy", "sign", "p.jsonl", "--key", "p2", "--out", "p.jsonl", "--time", NOW)
    decide([said(w.lab)], code=0)
    sb("policy", "check", "p.jsonl", "--time", NOW, code=0)
    told = sb("policy", "explain", "p.jsonl", "--time", NOW, "--json", code=0).json()["sentences"]
    assert any("explained or better" in line for line in told) and any("root acme" in line for line in told), told
    ours("key", "new", "nobody")
    assert "policy-signer" in ours("policy", "sign", "p.yaml", "--key", "nobody", "--out", "no", "--time", NOW, code=2).err
    ours("policy", "sign", "p.yaml", "--key", "p1", code=2)
    gating.policy([gating.Party("x")])
    ours("policy", "sign", "p.json", "--key", "p1", "--out", "no", "--time", NOW, code=2)
    assert not os.path.exists("no")


def residual(offset=10, length=4, inside=("./etc/build-info",), rebuilt=None):
    return {"kind": "bytes", "cause": "unexplained", "inside": list(inside), "offset": offset, "length": length, "rebuiltLength": length if rebuilt is None else rebuilt}


def different(places, left=None, **more):
    """A statement of a file that differs in these places and in nothing else."""
    left = sum(max(p["length"], p["rebuiltLength"]) for p in places if "length" in p) if left is None else left
    return gating.statement(**dict(dict(level="different", predicate__artifacts__0__residual=places, predicate__artifacts__0__otherwise="explained", predicate__artifacts__0__claimed=["timestamp"],
                                        predicate__artifacts__0__causes=["timestamp", "unexplained"],
                                        predicate__artifacts__0__coverage={"bytes": 100, "equal": 100 - left, "claimed": 0, "residual": left, "opaque": 0}), **more))


def waiver(**more):
    with open("acme.bin", "rb") as f:
        digest = roots.hashlib.sha256(f.read()).hexdigest()
    return dict({"sha256": digest, "path": "./etc/build-info", "offset": 0, "length": 64, "until": "2027-06-01", "reason": "the serial of the signing station"}, **more)


@case("waivers hold a difference that lies wholly inside, and nothing beside it")
def _(_dir):
    w = World()
    gating.lay()
    w.pin()
    signed_policy([w.policy], waivers=[waiver()])
    result = decide([said(w.lab, different([residual()]))], code=0).json()["artifacts"][0]
    assert result["by"][0]["level"] == "different" and result["by"][0]["waived"] is True and result["by"][0]["dissents"] is False, result
    told = next(r for r in result["rules"] if r["rule"] == "waiver")
    assert "bytes 0 to 63 of ./etc/build-info until 2027-06-01T00:00:00Z: the serial" in told["found"], told
    words = ("gate", "--policy", "p.jsonl", "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", NOW)
    assert "the serial of the signing station" in sb(*words, code=0).out
    one = residual()
    bare = {"kind": "member", "cause": "missing"}
    for statement in (different([residual(0, 64)]), different([residual(60, 4)]), different([residual(), residual(20, 2)]), different([residual(10, 2, rebuilt=64)])):
        decide([said(w.lab, statement)], code=0)
    refusals = [different([one, bare]), different([residual(61, 4)]), different([residual(64, 1)]), different([residual(0, 65)]), different([residual(0, 1, rebuilt=65)]), different([one, residual(100, 1)]),
                different([residual(inside=["./etc/other"])]), different([residual(inside=["data.tar", "./etc/build-info"])]), different([residual(inside=[])]), different([one], left=5), different([]),
                different([one], predicate__artifacts__0__otherwise="different"), different([one], predicate__artifacts__0__otherwise="repackaged"),
                different([one], predicate__artifacts__0__otherwise="undetermined"), different([one], predicate__artifacts__0__otherwise="perfect"),
                different([one], predicate__artifacts__0__coverage={"bytes": 100, "equal": 92, "claimed": 0, "residual": 4, "opaque": 4}),
                different([dict(one, offset=-1)]), different([dict(one, length="4")], left=4), different([dict(one, offset=2**63 - 1)]), different([dict(one, inside="./etc/build-info")])]
    for key in ("residual", "otherwise"):
        missing = different([one])
        del missing["predicate"]["artifacts"][0][key]
        refusals.append(missing)
    assert gating.reasons(decide([said(w.lab, different([one], predicate__artifacts__0__coverage={}))], code=6)) == ["bad-statement"]
    for statement in refusals:
        result = decide([said(w.lab, statement)], code=1)
        assert gating.reasons(result) == ["below-level"], (statement["predicate"]["artifacts"], result)
    # under two names, of which one is waived and the other one is not
    for places in ([one], [residual(100, 4)]), ([residual(100, 4)], [one]):
        twice, other = different(places[0]), different(places[1])
        twice["subject"].append(dict(other["subject"][0], name="again.bin"))
        twice["predicate"]["artifacts"].append(dict(other["predicate"]["artifacts"][0], name="again.bin"))
        voice = decide([said(w.lab, twice)], code=1).json()["artifacts"][0]["rejected"][0]
        assert (voice["reason"], voice["dissents"]) == ("below-level", True), voice
    undetermined = different([one], level="undetermined")
    assert gating.reasons(decide([said(w.lab, undetermined)], code=1)) == ["below-level"]
    assert gating.reasons(decide([said(w.lab, different([one], predicate__complete=False, predicate__level="undetermined"))], code=1))[0] == "incomplete"


@case("waivers are bound to a file, a time and a signature, and change no other rule")
def _(_dir):
    w = World()
    gating.lay()
    w.pin()
    statement = said(w.lab, different([residual()]))
    for more, code in ((dict(sha256="00" * 32), 1), (dict(until="2027-01-01"), 1), (dict(until="2027-01-01T00:00:01Z"), 0), (dict(path="."), 1), (dict(path=["./etc/build-info"]), 0),
                       (dict(path=["a", "./etc/build-info"]), 1), (dict(offset=11), 1), (dict(length=0), 2), (dict(reason=""), 2), (dict(offset=-1), 2), (dict(path=""), 2), (dict(colour="red"), 2)):
        signed_policy([w.policy], waivers=[waiver(**more)])
        decide([statement], code=code)
    signed_policy([w.policy], waivers=[waiver(length=12), waiver(offset=12)])
    decide([statement], code=1)  # no single one holds it
    classes = [{"files": "*", "level": "explained", "causes": ["timestamp"]}]
    signed_policy([w.policy], waivers=[waiver()], artifacts=classes)
    decide([statement], code=0)
    assert gating.reasons(decide([said(w.lab, different([residual()], predicate__artifacts__0__claimed=["timestamp", "build-path"]))], code=1)) == ["cause-not-allowed"]
    missing = different([residual()])
    del missing["predicate"]["artifacts"][0]["claimed"]
    assert gating.reasons(decide([said(w.lab, missing)], code=1)) == ["cause-not-allowed"]
    signed_policy([w.policy], waivers=[waiver()], artifacts=[{"files": "*", "level": "identical"}])
    decide([statement], code=1)
    decide([said(w.lab, different([residual()], predicate__artifacts__0__otherwise="identical"))], code=0)
    gating.policy([gating.Party("x")], waivers=[waiver()])
    assert identity(decide([statement], code=6, policy="p.json")) == "policy-unsigned"
    told = None
    body = signed_policy([w.policy], waivers=[waiver()])
    roots.write("plain.json", body)
    assert identity(decide([statement], code=6, policy="plain.json")) == "policy-unsigned"
    told = sb("policy", "explain", "p.jsonl", "--time", NOW, code=0).out
    assert "bytes 0 to 63 of ./etc/build-info" in told, told


@case("waivers: what a real run lists is enough for one, in a file and in an archive, and a name that stands there twice never is")
def _(_dir):
    need("openssl", "tar")
    for name in ("p", "lab"):
        ours("key", "new", name)
    a = roots.Key("a")
    sb("trust", "rotate", "--out", "1.root.json", "--expires", "2100-01-01", "--root", "a.pub", "--party", "acme:policy:p.pub", "--party", "lab-a:rebuilder:lab.pub", code=0)
    sb("trust", "init", "--sha256", roots.write("1.root.json", roots.document(json.load(open("1.root.json"))["signed"], [a])), "acme", "1.root.json", code=0)
    drops.tarball("src.tar.xz", {"acme-1.0/source": "source\n"})
    os.makedirs("release")

    def write(name, text):
        with open(name, "w") as f:
            f.write(text)

    def pack(letters, out):
        return (f"rm -rf d && mkdir -p d && cd d && for c in {letters}; do printf 'serial %s\\n' $c > info && printf same > other && tar --format=ustar --mode=0644 --mtime=@0 --owner=0 --group=0 -rf ../t info other; done"
                f" && cd .. && mv t {out}")

    def run_of(step):
        drops.manifest(steps=[f"sh: {step}"], built="out/prog")
        result = ours("verify", "drop.yaml", "--json", "--sign", "lab", "--attestation", "st", code=1).json()
        return result["artifacts"][0], [f for f in result["findings"] if f["rule"] in ("hint", "none")]

    def gate_with(artifact, finding, code):
        made = {"sha256": artifact["shipped"]["sha256"], "path": finding.get("inside") or ".", "offset": finding["shipped"]["offset"], "length": finding["shipped"]["length"],
                "until": "2099-01-01", "reason": "a serial"}
        write("p.json", json.dumps({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.*", "root": {"name": "acme"}, "artifacts": [{"files": "*", "level": "explained"}], "waivers": [made]}))
        ours("policy", "sign", "p.json", "--key", "p", "--out", "p.jsonl")
        result = sb("gate", "--policy", "p.jsonl", "--attestations", "st", "--artifact", "release/prog", code=code)
        own = sb("verify", "drop.yaml", "--gate", "p.jsonl", code=code)
        assert code or ("a serial" in result.out and "waived" in own.out), (result, own)
        return result
    write("release/prog", "serial 1\n")
    artifact, findings = run_of("printf 'serial 2\\n' > out/prog")
    assert artifact["level"] == "different" and artifact["otherwise"] == "identical" and findings[0]["inside"] == [], (artifact, findings)
    gate_with(artifact, findings[0], 0)
    gate_with(artifact, dict(findings[0], shipped=dict(findings[0]["shipped"], length=1)), 1)
    run("bash", "-ec", pack("1", "release/prog"), code=0)
    artifact, findings = run_of(pack("2", "out/prog"))
    assert [f["inside"] for f in findings] == [["info"]], findings
    gate_with(artifact, findings[0], 0)
    run("bash", "-ec", pack("1 2", "release/prog"), code=0)
    artifact, findings = run_of(pack("1 3", "out/prog"))
    assert findings and not [f for f in findings if "inside" in f], findings
    gate_with(artifact, dict(findings[0], inside=["info"]), 1)


main()
