# SPDX-License-Identifier: Apache-2.0
"""Seeds of the texts of a log: written out, since they are short."""
import base64
import hashlib

DASH = '\u2014 '
KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
LINE = DASH + 'example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
HEAD = 'example.com/foo\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'


def a_hash(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def bundle(*members):
    """By docs/bundles.md."""
    out = b''
    for name, data in members:
        header = bytearray(512)
        header[:len(name)] = name
        for at, digits, value in ((100, 7, 0o644), (108, 7, 0), (116, 7, 0), (124, 11, len(data)), (136, 11, 0), (329, 7, 0), (337, 7, 0)):
            header[at:at + digits] = b'%0*o' % (digits, value)
        header[148:156], header[156:157], header[257:265] = b' ' * 8, b'0', b'ustar\x0000'
        header[148:155] = b'%06o\0' % sum(header)
        out += bytes(header) + data + bytes(-len(data) % 512)
    return out + bytes(1024)


def log_seeds():
    note = HEAD + '\n' + LINE + DASH + 'witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n'
    hashes = ''.join(a_hash(str(i)) + '\n' for i in range(3))
    digest = hashlib.sha256(b'').hexdigest()
    entry = f'samebuild-log-entry/1\npae sha256:{digest}\ntype https://samebuild.dev/comparison/v1\nsubject sha256:{digest}\n'
    texts = [('note', 'example', 'This is an example message.\n\n' + LINE), ('note', 'checkpoint', note), ('note', 'key', KEY), ('note', 'lines', LINE), ('note', 'head', HEAD + 'more\n'),
             ('proof', 'proof', f'c2sp.org/tlog-proof@v1\nextra QQ==\nindex 5\n{hashes}\n{note}'), ('proof', 'request', f'old 3\n{hashes}\n{note}'),
             ('proof', 'first', f'old 0\n\n{note}'), ('proof', 'entry', entry)]
    return [(kind, name, text.encode()) for kind, name, text in texts] + [('parcel', 'one', bundle((b'BUNDLE', b'samebuild-bundle/1\n'), (b'statements/a', b'{}\n')))]
