#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every limit of the environment: what goes over it ends with 4, and the message names it with what was allowed and used."""
import glob
import json
import os
import re

import drops
from sbtest import PROGRAM, case, main, ordinary, own, run, sb

C_MEMORY = '''#include <stdlib.h>
#include <string.h>
int main(void) { for (;;) { char *p = malloc(1 << 20); if (!p) return 7; memset(p, 1, 1 << 20); } }
'''


def prepare(steps, limits='', files=None, built='out', **more):
    drops.tarball('src.tar.xz', {'a/x': 'x\n', **{f'a/{name}': text for name, text in (files or {}).items()}})
    os.makedirs('release', exist_ok=True)
    with open('release/x', 'w') as f:
        f.write('x\n')
    drops.manifest(steps=[f'sh: {json.dumps(step)}' for step in steps], limits=limits, shipped='release', built=built, **more)
    own()


def kind():
    """By what means limits hold here."""
    prepare(['cp x out/x'])
    return sb('verify', 'drop.yaml', '--json', code=0).json()['environment']['limits']['kind']


def met(limit, steps, limits, **more):
    """The message behind the limit that these steps must meet."""
    prepare(steps, limits, **more)
    result = sb('rebuild', 'drop.yaml', '-O', 'built', code=4)
    assert '[build-limit]' in result.err, result
    match = re.search(rf'met a limit: {limit}: (.*)', result.err)
    assert match, result
    return match.group(1)


def groups_left():
    return [path for path in glob.glob('/sys/fs/cgroup/**/samebuild-*', recursive=True) if f'-{os.getpid()}-' in path]


@case('wall: everything that runs is ended, those in sessions of their own as well', user=True)
def _(_dir):
    assert met('wall', ['trap "" TERM INT HUP; setsid sleep 60 & sleep 60'], '{wall: 1s}').startswith('1 s allowed'), 'wall'


@case('timeout: a step that takes too long is ended', user=True)
def _(_dir):
    prepare(['true'])
    text = open('drop.yaml').read().replace('- sh: "true"', '- {sh: "sleep 60", timeout: 1s}')
    open('drop.yaml', 'w').write(text)
    assert 'timeout: 1 s allowed' in sb('rebuild', 'drop.yaml', '-O', 'built', code=4).err


@case('memory: one process that takes all', user=True)
def _(_dir):
    said = met('memory', ['cc -o eat eat.c', './eat; exit 3'], '{memory: 512M, disk: 64M}', files={'eat.c': C_MEMORY})
    assert said.startswith('512 MiB allowed'), said


@case('memory: many processes that take it together', user=True)
def _(_dir):
    said = met('memory', ['cc -o eat eat.c', 'for i in 1 2 3 4 5 6; do ./eat & done; wait; sleep 60'], '{wall: 50s, memory: 256M, disk: 64M}',
               files={'eat.c': C_MEMORY.replace('for (;;)', 'for (int i = 0; i < 100; i++)').replace('} }', '} for (;;) ; }')})
    assert said.startswith('256 MiB allowed') and 'used' in said, said


@case('memory: what hides in memory files counts where there are control groups')
def _(_dir):
    if kind() == 'rlimit':
        return
    program = ('#define _GNU_SOURCE\n#include <sys/mman.h>\n#include <unistd.h>\nint main(void) { static char b[1 << 20] = {1}; int fd = memfd_create("x", 0);'
               ' for (int i = 0; i < 200; i++) if (write(fd, b, sizeof b) < 0) return 1; sleep(20); return 0; }\n')
    said = met('memory', ['cc -o hide hide.c', './hide'], '{memory: 128M, disk: 64M, file-size: 1G}', files={'hide.c': program})
    assert said.startswith('128 MiB allowed'), said


@case('memory: what the build writes is disk and does not count', user=True)
def _(_dir):
    prepare(['head -c 200000000 /dev/zero > big; sync; sleep 0.3; cp x out/x'], '{memory: 128M, disk: 256M}')
    sb('rebuild', 'drop.yaml', '-O', 'built', code=0)


@case('processes: a fork bomb', user=True)
def _(_dir):
    said = met('processes', ["bash -c 'for i in $(seq 200); do sleep 30 & done; wait'"], '{processes: 50}')
    assert said.startswith('50 allowed'), said


@case('disk: full while the step runs, also when the file is gone at its end', user=True)
def _(_dir):
    said = met('disk', ['head -c 64000000 /dev/zero > big; sleep 0.3; rm -f big; exit 1'], '{disk: 16M}')
    assert said.startswith('16 MiB allowed'), said


@case('disk: /tmp and /var/tmp count as well', user=True)
def _(_dir):
    said = met('disk', ['head -c 9000000 /dev/zero > /tmp/a && head -c 9000000 /dev/zero > /var/tmp/b'], '{disk: 16M}')
    assert said.startswith('16 MiB allowed, 16 MiB used'), said


@case('disk: sources that do not fit')
def _(_dir):
    prepare(['true'], '{disk: 1M}', files={'big': os.urandom(2 << 20)})
    assert 'disk: 1 MiB allowed, 1 MiB used, the sources do not fit' in sb('rebuild', 'drop.yaml', '-O', 'built', code=4).err


@case('inodes: too many files', user=True)
def _(_dir):
    said = met('inodes', ['i=0; while :; do i=$((i+1)); : > f$i || exit 1; done'], '{inodes: 500}')
    assert said.startswith('500 allowed'), said


@case('file-size: one file that is too large', user=True)
def _(_dir):
    said = met('file-size', ['head -c 3000000 /dev/zero > big'], '{file-size: 1M}')
    assert said.startswith('1 MiB allowed'), said


@case('open-files: too many', user=True)
def _(_dir):
    program = '#include <fcntl.h>\n#include <stdio.h>\nint main(void) { while (open("/dev/null", O_RDONLY) >= 0) ; perror("open"); return 1; }\n'
    said = met('open-files', ['cc -o o o.c && ./o'], '{open-files: 64}', files={'o.c': program})
    assert said.startswith('64 allowed'), said


@case('log: too much is ended', user=True)
def _(_dir):
    said = met('log', ['yes'], '{log: 1M, wall: 60s}')
    assert said.startswith('1 MiB allowed'), said


@case('outputs: size, size of one, count, depth, length of a path', user=True)
def _(_dir):
    assert met('output-size', ['for i in 1 2 3; do head -c 500000 /dev/zero > out/$i; done'], '{output-size: 1M}').startswith('1 MiB allowed')
    assert met('output-file-size', ['head -c 500000 /dev/zero > out/a'], '{output-file-size: 100K}').startswith('100 KiB allowed, 488.2 KiB used')
    assert met('output-count', ['for i in $(seq 30); do : > out/$i; done'], '{output-count: 20}').startswith('20 allowed')
    long = 'cd out; n=$(printf "%0250d" 1); for i in $(seq 20); do mkdir $n; cd -P $n; done'  # -P: by steps, as no path can be so long
    assert met('output-path', [long], '{}').startswith('3.9 KiB allowed')
    deep = 'cd out; for i in $(seq 80); do mkdir d; cd d; done'
    assert met('output-depth', [deep], '{output-count: 200}').startswith('64 allowed')


@case('the record says by what means the limits hold, and no control group is left', user=True)
def _(_dir):
    prepare(['cp x out/x'], '{memory: 300M, disk: 100M, processes: 77}')
    limits = sb('verify', 'drop.yaml', '--json', code=0).json()['environment']['limits']
    assert limits['kind'] in ('cgroup2', 'cgroup1', 'rlimit'), limits
    assert limits['memory'] == 300 << 20 and limits['disk'] == 100 << 20 and limits['processes'] == 77, limits
    assert limits['kind'] == 'cgroup2' or limits['kind-reason'], limits
    if ordinary():
        assert limits['kind'] != 'cgroup1', limits
    assert not groups_left(), groups_left()


@case('limits of the caller that are lower hold, and are what the record says', user=True)
def _(_dir):
    prepare(['cp x out/x'], '{processes: 4000, open-files: 4000, file-size: 1G}')
    own()
    limits = run('prlimit', '--nproc=3000:3000', '--nofile=256:256', '--fsize=100000000:100000000', PROGRAM, 'verify', 'drop.yaml', '--json',
                 code=0).json()['environment']['limits']
    assert (limits['processes'], limits['open-files'], limits['file-size']) == (3000, 256, 100000000), limits


@case('a disk that this machine does not have is lowered, and the message says so')
def _(_dir):
    machine = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    prepare(['cp x out/x'], f'{{memory: 64M, disk: {machine // 2**30 + 1}G}}')
    limits = sb('verify', 'drop.yaml', '--json', code=0).json()['environment']['limits']
    assert limits['disk'] < limits['disk-asked'] and limits['memory'] + limits['disk'] < machine, limits


@case('a limit in the manifest that is out of its range is told with its place')
def _(_dir):
    for bad in ('{log: 1T}', '{inodes: 1}', '{open-files: 3}', '{output-count: 0}', '{procs: 3}'):
        prepare(['true'], bad)
        result = sb('check', 'drop.yaml', code=2)
        assert 'limits.' in result.err or 'procs' in result.err, result


main()
