#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`verify --vary`: builds in other environments. Every planted axis is found at the right file and at no other, with the place that differs, and in fewer
builds than one at a time; chance is told apart; what the recipe or the machine decides is said, and nothing is called innocent that was not tried."""
import copy
import io
import json
import os
import re
import shutil
import subprocess
import tarfile

import drops
from sbtest import case, main, sb

# file → shell that leaks one axis into it
LEAKS = {
    'path': 'pwd',
    'time': 'date -u +%Y-%m-%d',
    'source-date-epoch': 'echo $SOURCE_DATE_EPOCH',
    'source-times': 'stat -c %Y data/a',
    'user': 'echo $USER',
    'host': 'uname -n',
    'domain': 'cat /proc/sys/kernel/domainname',
    'kernel': 'uname -r',
    'locale': 'echo $LC_ALL',
    'timezone': 'date -d @1000000000 +%H:%M',
    'umask': 'umask',
    'cpus': 'nproc',
    'jobs': 'echo $JOBS',
    'directory-order': 'ls -U data',
    'inode-numbers': 'stat -c %i data/* | sort -n | head -1',
    'pid': "sh -c 'echo $$'",
    'home': 'echo $HOME',
    'environment': 'env | grep -c .',
    'aslr': 'head -1 /proc/self/maps',
}
CAUSES = {'path': 'build-path', 'time': 'timestamp', 'source-date-epoch': 'timestamp', 'source-times': 'timestamp', 'domain': 'host', 'cpus': 'cpu-count', 'jobs': 'parallelism',
          'directory-order': 'readdir', 'inode-numbers': 'container-metadata', 'home': 'build-path', 'environment': 'unexplained'}
ONE_AT_A_TIME = 2 + len(LEAKS)


def sources():
    with tarfile.open('src.tar', 'w') as archive:
        for name in 'abcdefgh':
            entry = tarfile.TarInfo(f'acme-1.0/data/{name}')
            entry.size, entry.mtime = 2, 1600000000 + ord(name)
            archive.addfile(entry, io.BytesIO(f'{name}\n'.encode()))


def drop(files, control='epoch: 1700000000, jobs: 2', before='', env=''):
    """A drop that delivers out/d; @files: name → shell whose output is its content. What is delivered is nothing that anybody builds."""
    sources()
    os.makedirs('release/d', exist_ok=True)
    with open('build.sh', 'w') as f:
        f.write(f'mkdir -p "$OUT/d"\n{before}\n')
        for name, shell in files.items():
            f.write(f'{{ echo top; {shell}; echo end; }} > "$OUT/d/{name}"\n')
    for name in files:
        with open(f'release/d/{name}', 'w') as f:
            f.write('top\nwhat was delivered\nend\n')
    lines = ['schema: samebuild-drop/1', 'name: acme', 'version: "1.0"', 'sources:', f'  - {{path: src.tar, sha256: {drops.sha256("src.tar")}, strip: 1}}',
             f'  - {{path: build.sh, sha256: {drops.sha256("build.sh")}}}', 'toolchain: {root: host}', 'build:', '  path: /build/acme-1.0'] + \
            ([f'  env: {{{env}}}'] if env else []) + ['  steps:', '    - run: [sh, build.sh]', f'  control: {{{control}}}', 'outputs:',
                                                      '  - {shipped: release/d, built: out/d}']
    with open('drop.yaml', 'w') as f:
        f.write('\n'.join(lines) + '\n')


def vary(*words, code=1):
    record = sb('verify', 'drop.yaml', '--vary', '--json', *words, code=code).json()
    return record, record['builds']['variation']


def found(variation):
    """file → its axes, each a tuple of those that work together."""
    return {f['name'].removeprefix('release/d/'): sorted(tuple(leak['axes']) for leak in f['leaks']) for f in variation['files']}


def states(variation):
    return {a['axis']: a['state'] for a in variation['axes']}


@case('every axis, planted in a file of its own, is found there and nowhere else', user=True)
def _(_dir):
    drop(dict(LEAKS, steady='echo same'))
    record, variation = vary()
    assert record['builds']['equal'] and record['builds']['count'] == 2 and record['builds']['varied'] == []
    assert found(variation) == {name: [(name,)] for name in LEAKS}, found(variation)
    assert variation['complete'] and variation['steady'] == 1 and variation['pinned'] == [], variation
    for file in variation['files']:
        name, leak = file['name'].removeprefix('release/d/'), file['leaks'][0]
        assert file['state'] == 'explained' and leak['cause'] == CAUSES.get(name, name), file
        assert leak['where'][0] == file['name'] and leak['mend'] and leak['places'] >= 1, leak
        sides = [leak[side] for side in ('control', 'varied') if leak[side]]
        assert sides and all(side['offset'] >= 4 for side in sides) and len({side['preview'] for side in sides}) == len(sides), leak
    guilty = {name for name, state in states(variation).items() if state == 'guilty'}
    assert guilty == set(LEAKS) and states(variation)['seed'] == 'free', states(variation)
    assert all(a['control'] != a['varied'] for a in variation['axes'] if a['axis'] not in ('source-date-epoch', 'environment', 'seed')), variation['axes']
    assert variation['builds'] + 2 <= ONE_AT_A_TIME + 3, variation['builds']


@case('twelve planted axes take fewer builds than one at a time')
def _(_dir):
    twelve = ('path', 'time', 'user', 'host', 'kernel', 'locale', 'timezone', 'umask', 'cpus', 'directory-order', 'home', 'environment')
    drop({name: LEAKS[name] for name in twelve})
    record, variation = vary()
    assert found(variation) == {name: [(name,)] for name in twelve}, found(variation)
    assert variation['complete'] and variation['builds'] + record['builds']['count'] < ONE_AT_A_TIME, variation['builds']
    assert sorted(a['axis'] for a in variation['axes'] if a['state'] == 'guilty') == sorted(twelve)


@case('one and two guilty axes take about half of that')
def _(_dir):
    drop({'a': LEAKS['time'], 'b': 'echo same', 'c': LEAKS['time']})
    _record, variation = vary()
    assert found(variation) == {'a': [('time',)], 'c': [('time',)]} and variation['steady'] == 1
    assert variation['builds'] <= 8, variation['builds']
    drop({'a': f'{LEAKS["path"]}; {LEAKS["umask"]}', 'b': 'echo same'})
    _record, variation = vary()
    assert found(variation) == {'a': [('path',), ('umask',)]}, found(variation)
    assert variation['complete'] and variation['builds'] + 2 < ONE_AT_A_TIME, variation['builds']


@case('nothing guilty: one build with everything varied, and the level of an honest delivery stays')
def _(_dir):
    drops.acme(sb)
    record, variation = vary(code=0)
    assert record['level'] == 'identical' and record['findings'] == [] and variation['files'] == [] and variation['builds'] == 1
    assert variation['complete'] and set(states(variation).values()) == {'innocent', 'free'}, states(variation)
    text = sb('verify', 'drop.yaml', '--vary', '--repeat', '3', code=0).out
    assert '3 builds in one environment: all equal.' in text and '1 build in other environments: ' in text, text


@case('two axes that work only together are one reason')
def _(_dir):
    drop({'a': 'test $(nproc) = 2 || test "$USER" = builder || echo both'})
    _record, variation = vary()
    assert found(variation) == {'a': [('user', 'cpus')]}, found(variation)
    assert variation['complete']


@case('an axis that breaks the build is named, and hides nothing else', user=True)
def _(_dir):
    drop({'a': LEAKS['host'], 'b': 'echo same'}, before='test "$(pwd)" = /build/acme-1.0 || exit 1')
    _record, variation = vary()
    assert found(variation) == {'': [('path',)], 'a': [('host',)]}, found(variation)
    assert states(variation)['path'] == 'breaks' and variation['complete'] and variation['steady'] == 1


@case('randomness is told apart, and the rest is still found', user=True)
def _(_dir):
    drop({'dice': 'od -An -N8 -tx8 /dev/urandom', 'both': 'od -An -N8 -tx8 /dev/urandom; uname -n', 'host': 'uname -n'})
    record, variation = vary()
    assert record['builds']['varied'] == ['release/d/both', 'release/d/dice'] and not record['builds']['equal']
    assert {f['cause'] for f in record['findings'] if f['kind'] == 'repeat'} == {'random'}
    axes = {name: sorted({axis for leak in leaks for axis in leak}) for name, leaks in found(variation).items()}
    assert axes == {'dice': ['randomness', 'seed'], 'both': ['host', 'randomness', 'seed'], 'host': ['host']}, axes
    assert variation['pinned'] == ['randomness', 'running-clock', 'parallel-jobs'] and variation['complete'], variation
    assert states(variation)['randomness'] == 'guilty' and states(variation)['running-clock'] == 'innocent', states(variation)


@case('a second that passes now and then is the clock, whichever builds it passes in')
def _(_dir):
    drop({'a': 'date +%s', 'b': LEAKS['user']}, before='sleep 0.$(od -An -N1 -tu1 /dev/urandom | tr -d " ")')
    _record, variation = vary()
    assert found(variation) in ({'a': [('running-clock',), ('time',)], 'b': [('user',)]}, {'a': [('time',)], 'b': [('user',)]}), found(variation)
    assert variation['complete'], variation


@case('a build that cannot bear a clock that stands still is held still otherwise, or not at all')
def _(_dir):
    wait = 'a=$(date +%N); sleep 0.01; test "$a" != "$(date +%N)" || exit 1'
    drop({'dice': 'od -An -N8 -tx8 /dev/urandom', 'host': 'uname -n'}, before=wait)
    _record, variation = vary()
    assert variation['pinned'] == ['randomness', 'parallel-jobs'] and variation['complete'], variation
    assert found(variation) == {'dice': [('randomness',), ('seed',)], 'host': [('host',)]}, found(variation)
    drop({'dice': 'od -An -N8 -tx8 /dev/urandom', 'host': 'uname -n'}, before='test $JOBS = 2 || exit 1')
    _record, variation = vary()
    files = {f['name'].removeprefix('release/d/'): f for f in variation['files']}
    assert variation['pinned'] == [] and not variation['complete'] and states(variation)['jobs'] == 'breaks', variation
    assert files['dice']['state'] == 'unsteady' and files['host']['state'] == 'explained' and found(variation)['host'] == [('host',)], files


@case('a clock that runs is told apart from one that shows another time')
def _(_dir):
    drop({'a': 'date +%s.%N', 'b': 'echo same'})
    _record, variation = vary()
    assert found(variation) == {'a': [('running-clock',), ('time',)]}, found(variation)


@case('a race between jobs is parallelism')
def _(_dir):
    race = 'for i in 1 2 3 4 5 6 7 8; do (sleep 0.0$((0x$(od -An -N1 -tx1 /dev/urandom | tr -d " ") % 9)); echo $i) & test $JOBS -gt 1 || wait; done; wait'
    drop({'a': race})
    record, variation = vary()
    assert record['builds']['varied'] == ['release/d/a']
    file = variation['files'][0]
    assert file['name'] == 'release/d/a' and ('parallel-jobs',) in found(variation)['a'] or file['state'] != 'explained', file


@case('chance that nothing holds still is called that, and nothing is called innocent')
def _(_dir):
    drop({'a': 'cat /proc/self/stat | md5sum; grep -h . /proc/self/schedstat', 'b': 'echo same'})
    _record, variation = vary()
    file = variation['files'][0]
    assert file['name'] == 'release/d/a' and file['state'] == 'unsteady' and file['leaks'] == [], variation['files']
    assert not variation['complete'] and 'innocent' not in states(variation).values(), states(variation)


@case('what the recipe sets is not varied, and said to be fixed')
def _(_dir):
    drop({'a': 'echo $LC_ALL $TZ $HOME $SOURCE_DATE_EPOCH'}, env='LC_ALL: C, TZ: UTC, HOME: /x, SOURCE_DATE_EPOCH: "5"')
    _record, variation = vary()
    assert variation['files'] == [] and variation['complete']
    assert [name for name, state in states(variation).items() if state == 'fixed'] == ['source-date-epoch', 'locale', 'timezone', 'home'], states(variation)


@case('a name that follows the host is a reason too')
def _(_dir):
    drop({'a': 'echo same'}, before='echo x > "$OUT/d/made-on-$(uname -n)"')
    _record, variation = vary()
    assert all(leaks == [('host',)] for leaks in found(variation).values()) and 'names of outputs' in found(variation), found(variation)


@case('reports tell of it, and a record that calls itself complete and is not is refused')
def _(_dir):
    drop({'<b>x': LEAKS['host'], 'b': LEAKS['time']})
    forms = ('text', 'html', 'markdown', 'sarif', 'junit', 'codequality', 'json')
    sb('verify', 'drop.yaml', '--vary', *(word for form in forms for word in ('-o', f'{form}=out.{form}')), code=1)
    for form in ('text', 'html', 'markdown'):
        with open(f'out.{form}') as f:
            text = f.read()
        assert 'in other environments' in text and 'host' in text, form
    with open('out.json') as f:
        honest = json.load(f)
    assert len(honest['builds']['variation']['files']) == 2
    top = os.path.join(os.path.dirname(os.getcwd()), 'home/state/samebuild/runs')
    shutil.copytree(os.path.join(top, os.listdir(top)[0]), 'run')
    forged = [('axes', 0, 'state', 'undecided'), ('files', 0, 'state', 'undecided'), ('axes', 0, 'state', 'harmless'), ('files', 0, 'state', 7), ('axes', 0, 'control', '\x1b[2J')]
    for part, index, key, value in forged:
        record = copy.deepcopy(honest)
        record['builds']['variation'][part][index][key] = value
        with open('run/record.json', 'w') as f:
            json.dump(record, f)
        assert 'record-' in sb('report', './run', '-o', 'text=-', code=6).err, (part, key, value)


def rebuilt_at(path):
    """What drop() has made, with another build path."""
    with open('drop.yaml') as f:
        text = f.read()
    assert text.count('  path: /build/acme-1.0') == 1
    with open('drop.yaml', 'w') as f:
        f.write(text.replace('  path: /build/acme-1.0', f'  path: {path}'))


@case('the varied path is no longer than a path and a name may be')
def _(_dir):
    for path in ('/build/' + 'a' * 250, '/build/' + 'a' * 245 + '-elsewhere', '/build/' + 'ä' * 124, '/build/' + '/'.join(['a' * 250] * 16)[:4060]):
        drop({'a': LEAKS['path'], 'b': 'echo same'})
        rebuilt_at(path)
        _record, variation = vary()
        assert found(variation) == {'a': [('path',)]} and variation['complete'], (path, variation)


@case('an environment that cannot be made is called uncontrolled, and ends nothing')
def _(_dir):
    programs = ('/bin/sh', '/bin/tar', '/bin/mkdir', '/bin/uname')
    words = subprocess.run(['ldd', *programs], check=True, stdout=subprocess.PIPE, text=True).stdout
    drop({'a': LEAKS['host'], 'b': 'echo same'})
    with tarfile.open('root.tar', 'w') as archive:
        for place in sorted({*programs, *re.findall(r'(/\S+) \(0x', words)}):
            with open(place, 'rb') as f:
                data = f.read()
            entry = tarfile.TarInfo(place[1:])
            entry.size, entry.mode = len(data), 0o755
            archive.addfile(entry, io.BytesIO(data))
        archive.addfile(tarfile.TarInfo('build/acme-1.0-elsewhere/tool'))
    with open('drop.yaml') as f:
        text = f.read()
    with open('drop.yaml', 'w') as f:
        f.write(text.replace('toolchain: {root: host}', f'toolchain: {{root: root.tar, sha256: {drops.sha256("root.tar")}}}'))
    _record, variation = vary()
    assert states(variation)['path'] == 'uncontrolled' and found(variation) == {'a': [('host',)]}, (states(variation), found(variation))


main()
