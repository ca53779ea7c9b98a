#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signing by a token in the build that looks for leaks: what its driver loses is known, and what we would lose is told."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import signing  # noqa: E402
import tokens  # noqa: E402
from sbtest import case, main  # noqa: E402

URI = "pkcs11:token=lab;object=signing"


@case("a token signs, refuses a wrong PIN and a missing key, and nothing of ours is lost on the way")
def _(_dir):
    env, _tool = tokens.lay()
    signing.kept_run()
    tokens.need_support(signing.fed("1234", "attest", "sign", signing.RUN, "--key", URI, "--attestation", "st", env=env))
    assert len(json.loads(signing.read("st"))["signatures"]) == 1
    for pin, uri, code in (("9999", URI, 6), ("1234", "pkcs11:token=lab;object=none", 2), ("1234", "pkcs11:token=other", 2), ("1234", "pkcs11:%%%", 2)):
        result = signing.fed(pin, "attest", "sign", signing.RUN, "--key", uri, "--attestation", "no", env=env)
        assert result.code == code and not os.path.exists("no"), (uri, result)


main()
