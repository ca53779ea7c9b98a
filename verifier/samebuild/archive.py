#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The static library: what the public functions need of all rooms as one object, whose other symbols nobody can link to or collide with."""
import argparse
import os
import re
import subprocess
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument('--tools', nargs=4, metavar=('LD', 'OBJCOPY', 'AR', 'NM'), required=True)
parser.add_argument('--map', required=True)
parser.add_argument('--out', required=True)
parser.add_argument('archives', nargs='+')
options = parser.parse_args()
ld, objcopy, ar, nm = options.tools

with open(options.map, encoding='utf-8') as f:
    public = re.findall(r'\b(samebuild_\w+);', f.read())
with tempfile.TemporaryDirectory() as folder:
    whole = os.path.join(folder, 'samebuild.o')
    wanted = [word for name in public for word in ('-u', name)]
    subprocess.run([ld, '-r', '-o', whole, *wanted, '--start-group', *options.archives, '--end-group'], check=True)
    undefined = subprocess.run([nm, '-u', whole], check=True, capture_output=True, text=True).stdout
    if missing := re.findall(r'\bsb_\w+', undefined):
        raise SystemExit(f'a room is missing among the archives of libsamebuild.a: {", ".join(missing[:5])}')
    subprocess.run([objcopy, '--localize-hidden', whole], check=True)
    if os.path.exists(options.out):
        os.remove(options.out)
    subprocess.run([ar, 'rcsD', options.out, whole], check=True)
