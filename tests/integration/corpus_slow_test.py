# SPDX-License-Identifier: Apache-2.0
"""The rest of the development set, and that a root made twice has the same bytes. Minutes for each; reaches the package mirror."""
import functools
import os

import corpus_inputs
from sbtest import case, main, sb


@functools.cache
def corpus():
    return corpus_inputs.Corpus("corpus-slow", corpus_inputs.SLOW)


@case("giflib is identical", user=True)
def _(_dir):
    corpus_inputs.expect_identical(corpus(), "giflib")


@case("cjson is identical", user=True)
def _(_dir):
    corpus_inputs.expect_identical(corpus(), "cjson")


@case("libsodium is identical", user=True)
def _(_dir):
    corpus_inputs.expect_identical(corpus(), "libsodium")


@case("a root made twice has the same bytes")
def _(_dir):
    for place in ("one", "two"):
        sb("toolchain", "debian", "--suite", "bookworm", "-O", place, timeout=1200, code=0)
    for name in ("root.tar.zst", "root.lock.json"):
        with open(os.path.join("one", name), "rb") as one, open(os.path.join("two", name), "rb") as two:
            assert one.read() == two.read(), f"{name} differs"


main()
