# SPDX-License-Identifier: Apache-2.0
"""Trust roots made without any of our code: OLPC canonical JSON, key ids of TUF, signatures by openssl."""
import hashlib
import json
import os
import subprocess

from sbtest import run


def canonical(value):
    """OLPC canonical JSON of texts without control characters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Key:
    """A key of openssl's, in NAME.pem and NAME.pub."""

    def __init__(self, name):
        self.name = name
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", f"{name}.pem", code=0)
        run("openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub", code=0)
        der = subprocess.run(["openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
        self.public = der[-32:].hex()
        self.object = {"keytype": "ed25519", "keyval": {"public": self.public}, "scheme": "ed25519"}
        self.id = hashlib.sha256(canonical(self.object)).hexdigest()

    def sign(self, data):
        with open("to-sign", "wb") as f:
            f.write(data)
        run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", f"{self.name}.pem", "-in", "to-sign", "-out", "signature", code=0)
        with open("signature", "rb") as f:
            return f.read()


def signed_part(version, roots, threshold, entries, policies, expires="2028-01-01T00:00:00Z", policy_threshold=1):
    """entries: list of (Key, fields of x_samebuild)."""
    keys = {k.id: k.object for k in [*roots, *(k for k, _ in entries)]}
    targets = {"keyids": [k.id for k in policies], "threshold": policy_threshold}
    return {"_type": "root", "consistent_snapshot": False, "expires": expires, "spec_version": "1.0.31", "version": version, "keys": keys,
            "roles": {"root": {"keyids": [k.id for k in roots], "threshold": threshold}, "snapshot": targets, "targets": targets, "timestamp": targets},
            "x_samebuild": {k.id: fields for k, fields in entries}}


def document(part, signers):
    data = canonical(part)
    return {"signatures": [{"keyid": k.id, "sig": k.sign(data).hex()} for k in signers], "signed": part}


def write(path, value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    with open(path, "wb") as f:
        f.write(text)
    return hashlib.sha256(text).hexdigest()


def store(name="acme"):
    """Where the installation of the case keeps a root."""
    base = run("bash", "-c", 'echo "$XDG_DATA_HOME"', code=0).out.strip()
    return os.path.join(base, "samebuild", "trust", name)
