#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signatures on which libraries for Ed25519 disagree: points of low order, of mixed order, and points that are written in a second way, as key and as R.

All of them are made here by the definition of the group, so that they hold by the equation that lenient verifiers check; of all only the plain one may pass.
"""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import edwards  # noqa: E402
import keyfile  # noqa: E402
import logs  # noqa: E402
from edwards import BASE, L, NEUTRAL, add, encode, spellings, times  # noqa: E402
from sbtest import case, main, need, run, sb  # noqa: E402
from signing import write  # noqa: E402

SEED = bytes(range(32))
SCALAR, _PREFIX = edwards.secret(SEED)
NONCE = 0x1234567890ABCDEF
KEY = keyfile.public_of(SEED)
SPKI = bytes.fromhex("302a300506032b6570032100")


def low():
    """(name, 32 bytes, its part of low order): the eight points of low order in their fourteen spellings."""
    for nth, point in enumerate(edwards.torsion()):
        for k, spelled in enumerate(spellings(point)):
            yield f"low {nth}.{k}", spelled, point


def mixed(scalar):
    """A good point and each of the seven others of low order on top."""
    for nth, torsion in enumerate(edwards.torsion()[1:], 1):
        yield f"mixed {nth}", encode(add(times(scalar, BASE), torsion)), torsion


def bodies():
    """Statements that say the same, each with another hash."""
    text = json.dumps(logs.comparison("acme.bin"))
    for n in range(64):
        yield (text + " " * n).encode()


def made(a, a_low, a_scalar, r, r_low, r_scalar):
    """(body, signature, True) with S = r + hs, so that S·B = R + h·A; False when that holds for no body, and only eight times both sides are equal.

    The multiples of B are equal by the choice of S; what is left are the parts of low order.
    """
    found = None
    for body in bodies():
        h = edwards.challenge(r, a, logs.pae(body))
        holds = add(r_low, times(h % 8, a_low)) == NEUTRAL
        if holds or not found:
            found = (body, r + ((r_scalar + h * a_scalar) % L).to_bytes(32, "little"), holds)
        if holds:
            break
    return found


def openssl_takes(key, body, signature):
    write("key.der", SPKI + key)
    write("to-verify", logs.pae(body))
    write("signature", signature)
    return run("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "to-verify", "-sigfile", "signature").code == 0


def ours(key, body, signature):
    write("key.hex", key.hex().encode())
    write("st", json.dumps({"payload": logs.b64(body), "payloadType": logs.INTOTO, "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}]}).encode())
    return sb("attest", "verify", "st", "--key", "key.hex", "--artifact", "acme.bin", "--json")


def check(rows, identity):
    """No row passes; how many hold by the equation without a cofactor, and how many openssl takes."""
    holds = taken = count = 0
    for name, key, body, signature, exact in rows:
        result = ours(key, body, signature)
        assert result.code == 6 and result.json()["errors"][0]["id"] == identity, (name, result)
        count, holds, taken = count + 1, holds + exact, taken + openssl_takes(key, body, signature)
    print(f"# {count} signatures, {holds} hold by the plain equation, openssl takes {taken}")
    return count, holds, taken


def lay():
    need("openssl")
    write("acme.bin", b"firmware" * 999)


@case("the good point with the good R passes, here and in openssl; S has one form")
def _(_dir):
    lay()
    body, signature, exact = made(KEY, NEUTRAL, SCALAR, encode(times(NONCE, BASE)), NEUTRAL, NONCE)
    assert exact and ours(KEY, body, signature).code == 0 and openssl_takes(KEY, body, signature)
    s = int.from_bytes(signature[32:], "little")
    for n in range(1, 16):
        if s + n * L < 2**256:
            assert ours(KEY, body, signature[:32] + (s + n * L).to_bytes(32, "little")).code == 6, n


@case("an R of low or mixed order, or written in a second way, is refused under a good key, although whoever holds the key made it hold")
def _(_dir):
    lay()
    rows = [(name, KEY, *made(KEY, NEUTRAL, SCALAR, r, r_low, 0)) for name, r, r_low in low()]
    rows += [(name, KEY, *made(KEY, NEUTRAL, SCALAR, r, r_low, NONCE)) for name, r, r_low in mixed(NONCE)]
    count, holds, taken = check(rows, "signature-bad")
    assert (count, holds) == (21, 4), "the neutral R holds, in each of its four spellings"
    assert taken >= 1, "openssl takes the neutral R as it is spelled by the standard: these are no mere typing errors"


@case("no signature counts under a key of low or mixed order, or one that is written in a second way: the key is refused")
def _(_dir):
    lay()
    nonce = encode(times(NONCE, BASE))
    rows = []
    for name, a, a_low in low():
        rows += [(name, a, *made(a, a_low, 0, r, NEUTRAL, scalar)) for r, scalar in ((nonce, NONCE), (encode(NEUTRAL), 0))]
    rows += [(name, a, *made(a, a_low, SCALAR, nonce, NEUTRAL, NONCE)) for name, a, a_low in mixed(SCALAR)]
    count, holds, taken = check(rows, "key-unsound")
    assert count == holds == 35, "each holds for some statement"
    assert taken > 10, "and openssl takes many of them: signatures by nobody"


main()
