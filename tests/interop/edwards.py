# SPDX-License-Identifier: Apache-2.0
"""The group of Ed25519 by its definition (RFC 8032 section 5.1), slow and plain, for points that no library makes: of low order, of mixed order, written twice."""
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P


def times(n, point):
    out = NEUTRAL
    while n:
        if n & 1:
            out = add(out, point)
        point, n = add(point, point), n >> 1
    return out


def x_of(y, odd):
    """The x of a point with this y, or None."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square:
        return None
    return P - x if x and x & 1 != odd else x


BASE = (x_of(4 * pow(5, P - 2, P) % P, 0), 4 * pow(5, P - 2, P) % P)


def encode(point):
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def torsion():
    """The eight points whose eightfold is neutral, by a point of order eight."""
    y = 2
    while True:
        x = x_of(y, 0)
        if x is not None:
            point = times(L, (x, y))
            if times(4, point) != NEUTRAL:
                return [times(n, point) for n in range(8)]
        y += 1


def spellings(point):
    """Every 32 bytes that a lenient reader takes for the point: y plus the prime where it fits, and the sign of an x that is zero."""
    x, y = point
    for value in (y, y + P):
        if value < 2**255:
            for sign in ((x & 1,) if x else (0, 1)):
                yield (value | sign << 255).to_bytes(32, "little")


def challenge(r, a, message):
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def secret(seed):
    """The scalar and the prefix of a seed."""
    h = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(h[:32], "little")
    return (scalar & ((1 << 254) - 8)) | (1 << 254), h[32:]
