#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the key files of seal_test.c: written from docs/formats/secret-key.md with libsodium alone, so that the test is a second
reading of the document and not an echo of our own code."""
import base64
import ctypes
import struct

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0
PASSPHRASE, SEED = b"correct horse", bytes(range(32))


def public_of(seed):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    sodium.crypto_sign_ed25519_seed_keypair(public, secret, seed)
    return public.raw


def key_file(public):
    salt, nonce = b"0123456789abcdef", b"abcdefghijklmnopqrstuvwx"
    ops, memory = 1, 8192
    header = b"SBKEY\0\0\1" + bytes([1, 1, 0, 0]) + struct.pack("<IQ", ops, memory) + salt + nonce
    assert len(header) == 64
    key, sealed = ctypes.create_string_buffer(32), ctypes.create_string_buffer(80)
    assert sodium.crypto_pwhash(key, ctypes.c_ulonglong(32), PASSPHRASE, ctypes.c_ulonglong(len(PASSPHRASE)), salt,
                                ctypes.c_ulonglong(ops), ctypes.c_size_t(memory), 2) == 0
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, None, SEED + public, ctypes.c_ulonglong(64), header,
                                                      ctypes.c_ulonglong(64), None, nonce, key)
    return base64.b64encode(header + sealed.raw).decode()


print(key_file(public_of(SEED)))
print(key_file(public_of(bytes(32))))
