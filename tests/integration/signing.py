# SPDX-License-Identifier: Apache-2.0
"""What suites about signatures share: a finished run, passphrases on a descriptor, and envelopes looked at with openssl alone."""
import base64
import os

import drops
from sbtest import PROGRAM, run, sb

TYPE = "application/vnd.in-toto+json"
RUN = "run"


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def fed(words, *args, code=None, env=None):
    """samebuild with --passphrase-fd: @words are its lines."""
    return run("bash", "-c", 'words=$1; shift; exec "$@" --passphrase-fd 3 3<<<"$words"', "bash", words, PROGRAM, *args, code=code, env=env)


def kept_run():
    """Rebuild a small drop; its run lies in RUN."""
    drops.acme(sb)
    sb("verify", "drop.yaml", code=0)
    runs = run("bash", "-c", 'echo "$XDG_STATE_HOME"/samebuild/runs', code=0).out.strip()
    (name,) = os.listdir(runs)
    os.symlink(f"{runs}/{name}", RUN)


def pae(kind, body):
    """The bytes that a DSSE signature covers, by its specification."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


def openssl_verifies(envelope, public, nth=0):
    """Does openssl alone take the signature of this envelope under the PEM key?"""
    write("pae", pae(envelope["payloadType"], base64.b64decode(envelope["payload"])))
    write("sig", base64.b64decode(envelope["signatures"][nth]["sig"]))
    return run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", "pae", "-sigfile", "sig").code == 0
