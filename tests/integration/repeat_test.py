#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`verify --repeat N`: the same build again. Equal builds say so in the record and in the statement; what chance made is named with its file and place."""
import base64
import json
import os
import shutil

import drops
from sbtest import PROGRAM, case, main, run, sb

DICE = ['sh: mkdir -p "$OUT/d"; echo same > "$OUT/d/same"', "sh: \"{ echo head; od -An -N8 -tx8 /dev/urandom; echo tail; } > $OUT/d/dice\""]


def drop(steps, shipped=('same', 'dice')):
    """A drop that delivers a folder; what stands in it is what the first build of an honest vendor made."""
    drops.tarball('src.tar.xz', {'acme-1.0/readme': 'x\n'})
    os.makedirs('release/d', exist_ok=True)
    for name in shipped:
        with open(f'release/d/{name}', 'w') as f:
            f.write('same\n' if name == 'same' else 'head\n 0123456789abcdef\ntail\n')
    drops.manifest(steps=steps, shipped='release/d', built='out/d')


def kept():
    """The folder of the run that was kept last."""
    top = os.path.join(os.environ.get('XDG_STATE_HOME', os.path.join(os.path.dirname(os.getcwd()), 'home/state')), 'samebuild/runs')
    return max((os.path.join(top, name) for name in os.listdir(top)), key=os.path.getmtime)


@case('builds that are equal say so, in the record, in the text and in the statement', user=True)
def _(_dir):
    drops.acme(sb)
    record = sb('verify', 'drop.yaml', '--repeat', '3', '--json', code=0).json()
    assert record['builds'] == {'count': 3, 'equal': True, 'varied': []}, record['builds']
    assert record['level'] == 'identical' and record['findings'] == []
    assert '3 builds in one environment: all equal.' in sb('verify', 'drop.yaml', '--repeat', '3', code=0).out
    run('bash', '-c', f'{PROGRAM} key new k --passphrase-fd 3 3<<<secret', code=0)
    run('bash', '-c', f'{PROGRAM} verify drop.yaml --repeat 2 --sign k --attestation st --passphrase-fd 3 3<<<secret', code=0)
    with open('st') as f:
        statement = json.loads(base64.b64decode(json.loads(f.readline())['payload']))
    assert statement['predicate']['builds'] == {'count': 2, 'equal': True, 'varied': []}


@case('what chance made is named with its file and line, and no level rises')
def _(_dir):
    drop(DICE)
    once = sb('verify', 'drop.yaml', '--json', code=1).json()
    assert 'builds' not in once
    record = sb('verify', 'drop.yaml', '--repeat', '3', '--json', code=1).json()
    assert record['builds'] == {'count': 3, 'equal': False, 'varied': ['release/d/dice']}, record['builds']
    assert record['level'] == once['level'] == 'different'
    assert {a['name']: a['level'] for a in record['artifacts']} == {a['name']: a['level'] for a in once['artifacts']}
    found = [f for f in record['findings'] if f['kind'] == 'repeat']
    assert len(found) == 1 and found[0]['artifact'] == 'release/d/dice' and found[0]['cause'] == 'random', found
    assert found[0]['where'][0] == 'release/d/dice' and found[0]['rebuilt']['offset'] > 0, found
    assert [f['id'] for f in record['findings']] == [f'f{i + 1}' for i in range(len(record['findings']))]
    forms = ('text', 'html', 'markdown', 'sarif', 'junit', 'codequality')
    sb('report', kept(), *(word for form in forms for word in ('-o', f'{form}=out.{form}')), code=0)
    for form in ('text', 'html', 'markdown'):
        with open(f'out.{form}') as f:
            assert '1 file does not repeat.' in f.read()


@case('a file that chance leaves out, and one that is made by chance')
def _(_dir):
    drop(['sh: mkdir -p "$OUT/d"; echo same > "$OUT/d/same"; echo x > "$OUT/d/dice"; echo x > "$OUT/d/$(od -An -N8 -tx8 /dev/urandom | tr -d " ")"'])
    record = sb('verify', 'drop.yaml', '--repeat', '2', '--json', code=1).json()
    assert len(record['builds']['varied']) == 2 and not record['builds']['equal'], record['builds']
    assert sum(f['kind'] == 'repeat' for f in record['findings']) == 2, record['findings']


@case('a second build that fails is a failed rebuild; numbers out of range are refused before anything is built')
def _(_dir):
    drops.acme(sb)
    for number in ('0', '101', 'x', '-1'):
        assert 'option-value' in sb('verify', 'drop.yaml', '--repeat', number, code=2).err
    drop(['sh: mkdir -p "$OUT/d"; echo same > "$OUT/d/same"; echo x > "$OUT/d/dice"; test $(od -An -N1 -tu1 /dev/urandom) -lt 1'])
    assert 'build-step-failed' in sb('verify', 'drop.yaml', '--repeat', '2', code=4).err


@case('a record whose word about its builds is not what it lists is refused')
def _(_dir):
    drop(DICE)
    honest = sb('verify', 'drop.yaml', '--repeat', '2', '--json', code=1).json()
    shutil.copytree(kept(), 'run')
    sb('report', './run', '-o', 'text=-', code=0)
    for change in ({'equal': True}, {'count': 1}, {'varied': []}, {'other': 1}, {'varied': [3]}):
        with open('run/record.json', 'w') as f:
            json.dump(dict(honest, builds=dict(honest['builds'], **change)), f)
        result = sb('report', './run', '-o', 'text=-', code=6)
        assert 'record-inconsistent' in result.err or 'record-malformed' in result.err, (change, result)


main()
