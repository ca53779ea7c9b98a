# SPDX-License-Identifier: Apache-2.0
"""Does a place that somebody changed stand beside what follows from a shift, or was it folded with it?"""
import re

from expecting import primary, text_of

FOLDED = ("it follows", "uniform shift", "shifts of")
MORE = re.compile(r"[0-9]+ more places? of (it|this section) differs?\b")


def assert_open(record, label, places, words=()):
    """One of @places of the shipped side lies in a primary finding of its own, which says @words."""
    around = [f for f in record["findings"] if f["shipped"] and any(f["shipped"]["offset"] <= at < f["shipped"]["offset"] + f["shipped"]["length"] for at in places)]
    hits = [f for f in around if f["primary"] and not f["note"].startswith(FOLDED) and all(word in text_of(f) for word in words)]
    if around and not hits:  # of many places of one table some are shown, and the first says how many more there are
        hits = [f for f in primary(record) if f["where"][:2] == around[0]["where"][:2] and MORE.search(f["note"]) and not around[0]["note"].startswith(FOLDED)]
    assert hits and all(f["severity"] in ("critical", "major") for f in hits), (label, words, [(f["primary"], text_of(f)[:200]) for f in around])
