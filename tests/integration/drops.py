# SPDX-License-Identifier: Apache-2.0
"""Small drops for the suites that drive the binary."""
import hashlib
import io
import tarfile

PROGRAM = '''#include <stdio.h>
int check(const char *word) { return word[0] == 's'; }
int main(int argc, char **argv) { return argc > 1 && check(argv[1]) ? 0 : puts("no") < 0; }
'''
MAKEFILE = 'prog: prog.c\n\t$(CC) -O1 -o $@ prog.c\ninstall: prog\n\tmkdir -p $(DESTDIR)/usr/bin\n\tcp prog $(DESTDIR)/usr/bin/\n'


def sha256(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def tarball(path, files, mode='w:xz'):
    """An archive with these files; sorted, without the owner and time of this machine."""
    with tarfile.open(path, mode) as archive:
        for name, text in sorted(files.items()):
            data = text if isinstance(text, bytes) else text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))


def manifest(sources='src.tar.xz', strip=1, steps=('sh: make -j"$JOBS"', 'sh: make install DESTDIR="$OUT"'), shipped='release/prog',
             built='out/usr/bin/prog', extra='', limits='', digest=None):
    lines = ['schema: samebuild-drop/1', 'name: acme', 'version: "1.0"', 'sources:',
             f'  - {{path: {sources}, sha256: {digest or sha256(sources)}, strip: {strip}}}', 'toolchain: {root: host}', 'build:',
             '  path: /build/acme-1.0', '  steps:'] + [f'    - {step}' for step in steps]
    lines += ['  control: {epoch: 1700000000, jobs: 2}'] + ([f'limits: {limits}'] if limits else [])
    lines += ['outputs:', f'  - {{shipped: {shipped}, built: {built}}}'] + ([extra] if extra else [])
    with open('drop.yaml', 'w') as f:
        f.write('\n'.join(lines) + '\n')


def acme(sb, program=PROGRAM):
    """A drop of one C program, delivered as an honest vendor would: built from its source in the same environment."""
    import os
    tarball('src.tar.xz', {'acme-1.0/prog.c': program, 'acme-1.0/Makefile': MAKEFILE})
    os.makedirs('release', exist_ok=True)
    with open('release/prog', 'w') as f:
        f.write('placeholder')
    manifest()
    sb('rebuild', 'drop.yaml', '-O', 'built', code=0)
    os.replace('built/out/usr/bin/prog', 'release/prog')
    manifest()
