# SPDX-License-Identifier: Apache-2.0
"""Statements that openssl signed, policies as people write them, and the gate over both."""
import base64
import hashlib
import json
import os
import subprocess

from sbtest import need, run, sb

NOW = "2027-01-01T00:00:00Z"
INTOTO = "application/vnd.in-toto+json"


def pae(body, kind=INTOTO):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)


class Party:
    """Somebody with a key of openssl's."""

    def __init__(self, name, role="rebuilder"):
        self.name, self.role = name, role
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", f"{name}.pem", code=0)
        der = subprocess.run(["openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
        self.public = der[-32:].hex()

    def signature(self, body, kind=INTOTO):
        with open("to-sign", "wb") as f:
            f.write(pae(body, kind))
        run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", f"{self.name}.pem", "-in", "to-sign", "-out", "signature", code=0)
        with open("signature", "rb") as f:
            return f.read()

    def sign(self, statement, kind=INTOTO):
        body = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
        return envelope(body, [self.signature(body, kind)], kind)

    def key(self, **more):
        return dict({"party": self.name, "role": self.role, "key": self.public}, **more)


def envelope(body, signatures, kind=INTOTO):
    return json.dumps({"payload": base64.b64encode(body).decode(), "payloadType": kind,
                       "signatures": [{"keyid": "", "sig": base64.b64encode(s).decode()} for s in signatures]})


def rule(name, kind, version="1", **more):
    return dict({"id": name, "kind": kind, "version": version, "configDigest": {"sha256": hashlib.sha256(b"").hexdigest()}, "applied": 1}, **more)


def statement(path="acme.bin", level="identical", **more):
    """As `attest sign` writes it, of one file."""
    with open(path, "rb") as f:
        data = f.read()
    digest = {"sha256": hashlib.sha256(data).hexdigest(), "blake2b": hashlib.blake2b(data).hexdigest()}
    side = dict(digest, size=len(data))
    zero = {"sha256": "00" * 32}
    made = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://samebuild.dev/comparison/v1",
            "subject": [{"name": os.path.basename(path), "digest": digest}],
            "predicate": {"verifier": {"id": "https://lab.example", "version": {}, "digest": zero}, "resourceUri": "pkg:generic/acme@1.0", "level": level,
                          "complete": True, "artifacts": [{"name": os.path.basename(path), "level": level, "shipped": side, "rebuilt": side, "members": 1,
                                                           "coverage": {"bytes": len(data), "equal": len(data), "claimed": 0, "residual": 0, "opaque": 0}, "causes": []}],
                          "findings": {}, "causes": [], "freedom": [], "rules": [rule("derived", "derived"), rule("layout", "structural")], "source": {"manifest": {"sha256": "11" * 32}, "drops": []},
                          "recipe": {"sha256": "22" * 32}, "inferred": [], "opaque": [], "report": {"digest": {"sha256": "33" * 32}},
                          "environment": {"host": {"kernel": "6.1.0"}, "toolchain": {"sha256": "44" * 32}}, "finishedOn": "2026-12-01T00:00:00Z"}}
    for way, value in more.items():
        place = made
        *steps, last = way.split("__")
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
    return made


def policy(parties, **more):
    made = dict({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.*", "keys": [p.key() if isinstance(p, Party) else p for p in parties],
                 "artifacts": [{"files": "*", "level": "explained"}]}, **more)
    with open("p.json", "w") as f:
        json.dump(made, f)
    return "p.json"


def gate(lines, *more, code=None, artifacts=("acme.bin",)):
    with open("evidence.jsonl", "w") as f:
        f.write("".join(line + "\n" for line in lines))
    names = [word for name in artifacts for word in ("--artifact", name)]
    return sb("gate", "--policy", "p.json", "--attestations", "evidence.jsonl", *names, "--time", NOW, "--json", *more, code=code)


def lay():
    need("openssl")
    for name, data in (("acme.bin", b"firmware" * 999), ("other.bin", b"another" * 999)):
        with open(name, "wb") as f:
            f.write(data)


def reasons(result):
    return [v["reason"] for v in result.json()["artifacts"][0]["rejected"]]
