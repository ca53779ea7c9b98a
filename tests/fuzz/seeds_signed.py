# SPDX-License-Identifier: Apache-2.0
"""Seeds for containers of signatures and for the images that carry them."""
import base64, hashlib, shutil, struct, subprocess


def pgp_packet():
    """Version 4 over nothing, with a time, an issuer and a number of 64 bits."""
    hashed = struct.pack('>BBBBH', 4, 0, 1, 8, 6) + b'\x05\x02' + struct.pack('>I', 1700000000)
    digest = hashlib.sha256(hashed + b'\x04\xff' + struct.pack('>I', len(hashed))).digest()
    body = hashed + struct.pack('>H', 10) + b'\x09\x10' + b'k' * 8 + digest[:2] + struct.pack('>H', 64) + b'\x80' * 8
    return b'\x89' + struct.pack('>H', len(body)) + body


def armored(packet):
    digits = base64.b64encode(packet).decode()
    lines = [digits[at:at + 64] for at in range(0, len(digits), 64)]
    return '\n'.join(['-----BEGIN PGP SIGNATURE-----', '', *lines, '-----END PGP SIGNATURE-----', '']).encode()


def pe_image():
    """PE32+ of one section with exports and a CodeView record, a symbol, and a certificate table."""
    table = struct.pack('<IHH', 16, 0x200, 2) + b'\x30\x06\x06\x04\x2a\x03\x04\x05'
    data = struct.pack('<IIIIIIIIII', 0, 1700000000, 0, 0x1040, 1, 1, 1, 0x1030, 0x1034, 0x1038).ljust(48, b'\0') + struct.pack('<IIII', 0x1060, 0x1050, 0, 0) + b'a.dll\0'
    data = data.ljust(0x50, b'\0') + b'check\0'.ljust(16, b'\0') + b'\xc3' * 16
    data = data.ljust(0x80, b'\0') + struct.pack('<IIIIIII', 0, 1700000000, 0, 2, 40, 0x10a0, 0x2a0) + b'\0\0\0\0' + b'RSDS' + b'g' * 16 + struct.pack('<I', 1) + b'C:\\a\\auth.pdb\0'
    data = data.ljust(0x200, b'\0')
    symbols = b'check'.ljust(8, b'\0') + struct.pack('<IhHBB', 0x60, 1, 0x20, 2, 0) + struct.pack('<I', 4)
    coff = struct.pack('<HHIIIHH', 0x8664, 1, 1700000000, 0x400, 1, 240, 0x22)
    optional = struct.pack('<HBBIIIIIQIIHHHHHHIIIIHHQQQQII', 0x20b, 2, 40, 512, 0, 0, 0x1060, 0x1000, 0x140000000, 0x1000, 0x200, 4, 0, 0, 0, 5, 2, 0, 0x2000, 0x200, 0, 3, 0x160,
                           1 << 20, 4096, 1 << 20, 4096, 0, 16)
    directories = [(0x1000, 40), (0, 0), (0, 0), (0, 0), (0x400 + 24, len(table)), (0, 0), (0x1080, 28)] + [(0, 0)] * 9
    section = b'.text'.ljust(8, b'\0') + struct.pack('<IIIIIIHHI', 0x200, 0x1000, 0x200, 0x200, 0, 0, 0, 0, 0x60000020)
    head = b'MZ'.ljust(60, b'\0') + struct.pack('<I', 64) + b'PE\0\0' + coff + optional + b''.join(struct.pack('<II', *d) for d in directories) + section
    return head.ljust(0x200, b'\0') + data + symbols.ljust(24, b'\0') + table


def run(argv, **more):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more).stdout


def signatures(root):
    yield 'packet', pgp_packet()
    yield 'armor', armored(pgp_packet())
    yield 'text', b'-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\ntext\n- -dash\n' + armored(pgp_packet())
    (root / 'signed').write_text('signed\n')
    if shutil.which('openssl'):
        run(['openssl', 'req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-subj', '/CN=x', '-keyout', 'key', '-out', 'certificate'], cwd=root)
        for name, options in (('attributes', []), ('bare', ['-noattr', '-nocerts']), ('content', ['-nodetach'])):
            yield name, run(['openssl', 'cms', '-sign', '-binary', '-outform', 'DER', '-signer', 'certificate', '-inkey', 'key', '-in', 'signed', *options], cwd=root)


def signed_seeds(root):
    root.mkdir()
    return [('signature', name, data) for name, data in signatures(root)] + [('pe', 'small', pe_image())]
