# SPDX-License-Identifier: Apache-2.0
"""Secret keys for suites that call the program often: files of docs/formats/secret-key.md with the cheapest derivation, which opens at once."""
import base64
import ctypes
import os
import struct

PASSPHRASE = "correct horse"
_sodium = ctypes.CDLL("libsodium.so.23")
assert _sodium.sodium_init() >= 0


def public_of(seed):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    _sodium.crypto_sign_ed25519_seed_keypair(public, secret, seed)
    return public.raw


def sign(seed, message):
    public, secret, signature = (ctypes.create_string_buffer(n) for n in (32, 64, 64))
    _sodium.crypto_sign_ed25519_seed_keypair(public, secret, seed)
    _sodium.crypto_sign_ed25519_detached(signature, None, message, ctypes.c_ulonglong(len(message)), secret)
    return signature.raw


def write(path, seed):
    """A secret key file with PASSPHRASE; its public half is returned."""
    salt, nonce, ops, memory = b"0123456789abcdef", b"abcdefghijklmnopqrstuvwx", 1, 8192
    header = b"SBKEY\0\0\1" + bytes([1, 1, 0, 0]) + struct.pack("<IQ", ops, memory) + salt + nonce
    key, sealed, said = ctypes.create_string_buffer(32), ctypes.create_string_buffer(80), PASSPHRASE.encode()
    assert _sodium.crypto_pwhash(key, ctypes.c_ulonglong(32), said, ctypes.c_ulonglong(len(said)), salt, ctypes.c_ulonglong(ops), ctypes.c_size_t(memory), 2) == 0
    _sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, None, seed + public_of(seed), ctypes.c_ulonglong(64), header, ctypes.c_ulonglong(64), None, nonce, key)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write("samebuild-secret-key/1\n" + base64.b64encode(header + sealed.raw).decode() + "\n")
    return public_of(seed)
