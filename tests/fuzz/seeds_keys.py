# SPDX-License-Identifier: Apache-2.0
"""One key in every form, written from the documents that describe them."""
import base64
import hashlib
import json
import struct

SEED = bytes(range(32))
PUBLIC = bytes.fromhex('03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8')
SSH = b'\0\0\0\x0bssh-ed25519\0\0\0 ' + PUBLIC


def pem(label, der):
    return b'-----BEGIN %s-----\n%s-----END %s-----\n' % (label, base64.encodebytes(der), label)


def ssh_string(data):
    return struct.pack('>I', len(data)) + data


def openssh():
    part = b'\1\2\3\4' * 2 + ssh_string(b'ssh-ed25519') + ssh_string(PUBLIC) + ssh_string(SEED + PUBLIC) + ssh_string(b'c')
    part += bytes(range(1, 1 + -len(part) % 8))
    return pem(b'OPENSSH PRIVATE KEY', b'openssh-key-v1\0' + ssh_string(b'none') * 2 + ssh_string(b'') + struct.pack('>I', 1) + ssh_string(SSH) + ssh_string(part))


def minisign(kdf):
    body = b'12345678' + SEED + PUBLIC
    sealed = b'Ed' + kdf + b'B2' + bytes(32) + struct.pack('<QQ', 32768, 1 << 24) + body + hashlib.blake2b(b'Ed' + body, digest_size=32).digest()
    return b'untrusted comment: x\n' + base64.b64encode(sealed) + b'\n'


def evidence_seeds():
    """An envelope, a bundle, a link and signatures of files; none of them is good."""
    envelope = {'payload': 'e30=', 'payloadType': 'application/vnd.in-toto+json', 'signatures': [{'keyid': 'SHA256:x', 'sig': base64.b64encode(bytes(64)).decode()}]}
    bundle = {'mediaType': 'application/vnd.dev.sigstore.bundle.v0.3+json', 'verificationMaterial': {'publicKey': {'hint': 'x'}, 'tlogEntries': []}, 'dsseEnvelope': envelope}
    link = {'signatures': [{'keyid': 'x', 'sig': '00' * 64}], 'signed': {'_type': 'link', 'name': 'rebuild', 'products': {'a': {'sha256': '00' * 32}}}}
    for name, tree in (('envelope', envelope), ('bundle', bundle), ('link', link)):
        yield 'evidence', name, json.dumps(tree).encode()
    old, new = (base64.b64encode(kind + bytes(72)) for kind in (b'Ed', b'ED'))
    trusted = b'trusted comment: c\n' + base64.b64encode(bytes(64)) + b'\n'
    ssh = b'SSHSIG\0\0\0\1' + b''.join(map(ssh_string, (SSH, b'file', b'', b'sha512', ssh_string(b'ssh-ed25519') + ssh_string(bytes(64)))))
    for name, data in (('signify', b'untrusted comment: x\n' + old + b'\n'), ('legacy', b'untrusted comment: x\n' + old + b'\n' + trusted),
                       ('minisign', b'untrusted comment: x\n' + new + b'\n' + trusted), ('ssh', pem(b'SSH SIGNATURE', ssh))):
        yield 'filesig', name, data


def key_seeds():
    spki, pkcs8 = bytes.fromhex('302a300506032b6570032100') + PUBLIC, bytes.fromhex('302e020100300506032b657004220420') + SEED
    second = bytes.fromhex('3051020101300506032b657004220420') + SEED + b'\x81\x21\0' + PUBLIC
    note = hashlib.sha256(b'n\n\1' + PUBLIC).hexdigest()[:8].encode()
    forms = {'der': spki, 'null': bytes.fromhex('302c300706032b65700500032100') + PUBLIC, 'pem': pem(b'PUBLIC KEY', spki), 'ssh': b'ssh-ed25519 ' + base64.b64encode(SSH) + b' c\n',
             'minisign': b'untrusted comment: minisign public key\n' + base64.b64encode(b'Ed12345678' + PUBLIC) + b'\n', 'vkey': b'n+' + note + b'+' + base64.b64encode(b'\1' + PUBLIC),
             'hex': PUBLIC.hex().encode(), 'pkcs8': pkcs8, 'pkcs8-pem': pem(b'PRIVATE KEY', pkcs8), 'pkcs8-v2': second, 'openssh': openssh(), 'minisign-secret': minisign(b'\0\0'),
             'minisign-scrypt': minisign(b'Sc')}
    return [('key', name, data) for name, data in forms.items()] + list(evidence_seeds())
