#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What every file of the tree must keep: ranks of the rooms, keepers of headers, sizes, licences, and tables that agree with their pages."""
import os
import re
import subprocess
import tempfile

ROOT = os.environ.get('SB_SOURCE_ROOT', os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RANKS = {'base': 0, 'hashing': 1, 'verifier/model': 1, 'manifests': 2, 'verifier/signature': 2, 'verifier/formats': 3, 'verifier/sandbox': 3, 'verifier/parsing': 4, 'verifier/log': 4, 'verifier/ingest': 5,
         'verifier/toolchain': 5, 'verifier/trace': 5, 'verifier/recipe': 5, 'verifier/rebuild': 5, 'verifier/compare': 5, 'verifier/explain': 5, 'verifier/judge': 5, 'verifier/solve': 5,
         'verifier/attest': 5, 'verifier/report': 5, 'verifier/vary': 5, 'verifier/pipeline': 6, 'verifier/samebuild': 7, 'verifier/cli': 8}
KEEPERS = {'sodium.h': ['hashing'], 'nettle/sha2.h': ['hashing'], 'archive.h': ['verifier/formats', 'verifier/ingest'], 'yaml.h': ['manifests'], 'jansson.h': ['manifests'],
           'seccomp.h': ['verifier/sandbox'], 'linux/landlock.h': ['verifier/sandbox'], 'sys/mount.h': ['verifier/sandbox'],
           'sched.h': ['verifier/sandbox'], 'linux/sched.h': ['verifier/sandbox'], 'capstone/capstone.h': ['verifier/formats']}
LINES_A_FUNCTION, COMPLEXITY, LINES_A_FILE = 100, 25, 900
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.M)


def tracked(*endings):
    names = subprocess.run(['git', '-C', ROOT, 'ls-files'], capture_output=True, text=True).stdout.split('\n')
    if len(names) < 50:  # a tree without its history
        names = [os.path.relpath(os.path.join(d, f), ROOT) for d, _, files in os.walk(ROOT) for f in files if '/out/' not in d + '/']
    return [n for n in names if n.endswith(endings) and os.path.exists(os.path.join(ROOT, n))]


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8') as f:
        return f.read()


def room_of(name):
    return next((room for room in sorted(RANKS, key=len, reverse=True) if name.startswith(room + '/')), None)


def product():
    return [n for n in tracked('.c', '.h') if room_of(n)]


def ranks():
    for name in product():
        room = room_of(name)
        for included in INCLUDE.findall(read(name)):
            other = room_of(included)
            if other and other != room and RANKS[other] >= RANKS[room]:
                yield f'{name} includes {included}: {other} is not below {room}'


def private_headers():
    for name in product():
        room = room_of(name)
        for included in INCLUDE.findall(read(name)):
            other = room_of(included)
            public = {f'{other}/{os.path.basename(other)}.h', 'verifier/formats/format.h', 'verifier/samebuild/inside.h'} if other else set()
            if other and other != room and other not in ('base', 'verifier/model', 'manifests') and included not in public:
                yield f'{name} includes {included}, which is private to {other}'


def keepers():
    for name in product():
        for included in INCLUDE.findall(read(name)):
            if included in KEEPERS and room_of(name) not in KEEPERS[included]:
                yield f'{name} includes {included}, whose keepers are {", ".join(KEEPERS[included])}'


def views_are_asked():
    """A view may mirror what a worker has parsed: its format's own functions would then read state that is not there."""
    for name in product():
        if RANKS[room_of(name)] > RANKS['verifier/parsing'] and (call := re.search(r'format->(?:open|describe|locate|image->\w+)\(', read(name))):
            yield f'{name} calls {call.group()}…): ask the view instead'


def sizes():
    names = tracked('.c')
    for name in names:
        lines = read(name).count('\n')
        if lines > LINES_A_FILE:
            yield f'{name} has {lines} lines, the ceiling is {LINES_A_FILE}'
    out = subprocess.run(['pmccabe'] + [os.path.join(ROOT, n) for n in names], capture_output=True, text=True).stdout
    for row in out.splitlines():
        fields = row.split('\t')
        if int(fields[0]) > COMPLEXITY or int(fields[4]) > LINES_A_FUNCTION:
            yield f'{fields[5]}: complexity {fields[0]} of {COMPLEXITY}, {fields[4]} lines of {LINES_A_FUNCTION}'


def licences():
    for name in tracked('.c', '.h', '.py', '.sh', 'meson.build'):
        if 'SPDX-License-Identifier: Apache-2.0' not in read(name)[:400]:
            yield f'{name} does not say its licence'


def headers_alone():
    for name in [n for n in product() if n.endswith('.h') and n != 'base/banned.h']:
        with tempfile.NamedTemporaryFile('w', suffix='.c') as f:
            f.write(f'#include "{name}"\n')
            f.flush()
            run = subprocess.run(['gcc', '-std=c17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-I', ROOT, '-fsyntax-only', f.name],
                                 capture_output=True, text=True)
            if run.returncode:
                yield f'{name} does not compile alone: {run.stderr.splitlines()[0] if run.stderr else ""}'


def error_pages():
    used, pages = {}, set()
    for name in [n for n in product() if n.endswith('.c')]:
        for identity in re.findall(r'"([a-z][a-z0-9]*(?:-[a-z0-9]+)+|interrupted|internal)"', read(name)):
            used.setdefault(identity, name)
    called = {}
    for name in [n for n in product() if n.endswith('.c')]:
        for identity in re.findall(r'sb_(?:fail|fail_errno|reidentify)\((?:[^";]*?)"([a-z][a-z0-9-]*)"', read(name)):
            called.setdefault(identity, name)
    for name in [n for n in tracked('.md') if n.startswith('docs/errors/')]:
        pages |= set(re.findall(r'^## (\S+)$', read(name), re.M))
    for identity in sorted(set(called) - pages):
        yield f'{called[identity]}: {identity} has no row in docs/errors'
    for identity in sorted(pages - set(used)):
        yield f'docs/errors: {identity} is used nowhere'


# What is said of a part of a file that cannot be read: a comparison takes the part as opaque, and no call ends with it.
ABSORBED = {'decode-failed', 'parser-failed'}
# Codes whose exit code is theirs, whatever the id; and the exit codes of the contract. A page with 0 is of a notice.
FIXED = {'SB_TEMPORARY': 75, 'SB_INTERNAL': 70, 'SB_INTERRUPTED': 130}
EXITS = {0, 2, 3, 4, 5, 6, 70, 75, 130}


def exit_codes():
    """`samebuild explain ID` says which exit code an error gives: it must be the one that the call ends with."""
    pages = {}
    for name in [n for n in tracked('.md') if n.startswith('docs/errors/')]:
        for identity, part in re.findall(r'^## (\S+)\n((?:(?!## ).*\n)*)', read(name), re.M):
            stated = re.findall(r'^exit: (\d+)$', part, re.M)
            pages[identity] = int(stated[0]) if len(stated) == 1 else None
            if pages[identity] not in EXITS:
                yield f'{name}: {identity} does not state one exit code of the contract'
    for name in [n for n in product() if n.endswith('.c')]:
        for code, identity in re.findall(r'sb_fail\([^,;]+,\s*(SB_[A-Z]+),\s*"([a-z][a-z0-9-]*)"', read(name)):
            if code in FIXED and identity not in ABSORBED and pages.get(identity) != FIXED[code]:
                yield f'{name}: {identity} ends with {FIXED[code]} here, and its page says {pages.get(identity)}'


def threats_are_tried():
    """The list of threats names the case that tries each."""
    rows = re.findall(r'^\|(.*)\|(.*)\|$', read('docs/threat-model.md').split('## Threats to evidence')[1], re.M)[2:]
    for threat, cases in rows:
        named = re.findall(r'(\S+_test\.(?:py|c)) "([^"]*)"', cases)
        if not named:
            yield f'docs/threat-model.md:{threat}names no test'
        for name, words in named:
            if not os.path.exists(os.path.join(ROOT, 'tests', name)) or words not in read(f'tests/{name}'):
                yield f'docs/threat-model.md: tests/{name} has nothing called "{words}"'


def parser_ids():
    known = re.findall(r'"([a-z]+(?:-[a-z]+)+)"', read('verifier/parsing/ids.c'))
    if known != sorted(set(known)):
        yield 'verifier/parsing/ids.c: not in order'
    for name in tracked('.c'):
        if room_of(name) == 'verifier/formats':
            used = re.findall(r'"(archive(?:-[a-z]+)+)"|(?:sb_damaged\(err,|SB_FORMAT,)\s*"([a-z]+(?:-[a-z]+)+)"', read(name))
            used = [first or second for first, second in used]
            yield from (f'{name}: {identity} is not known to verifier/parsing/ids.c' for identity in sorted(set(used) - set(known)))


def format_companions():
    table = read('verifier/formats/table.c')
    for name in re.findall(r'&sb_format_(\w+)', table):
        for companion in (f'tests/fuzz/{name}_fuzz.c', f'docs/formats/{name}.md'):
            if not os.path.exists(os.path.join(ROOT, companion)):
                yield f'the format {name} has no {companion}'


def defined_once():
    """A linker takes either of two functions of one name from static libraries, and says nothing."""
    places = {}
    for path in tracked('.c'):
        if not path.startswith('tests/'):
            for name in re.findall(r'^(?!static\b)[a-z][\w \t*()]*?\b(sb_\w+)\([^;]*$', read(path), re.M):
                places.setdefault(name, set()).add(path)
    yield from (f'{name} is defined in {" and in ".join(sorted(paths))}' for name, paths in sorted(places.items()) if len(paths) > 1)


def suites_run():
    for path in tracked('_test.py', '_test.c'):
        folder, name = os.path.split(path)
        listed = read(f'{folder}/meson.build')
        if f"'{name}'" not in listed and f"'{name[:-len('_test.py')]}'" not in listed:
            yield f'{path} is in no meson.build: nobody runs it'


def spelling():
    words = subprocess.run(['codespell', '-L', 'nwe,buildd,ot,te,fo,ser,inout,nd,hda,caf,crate,fpr,numer,mye,usign', '--skip', '*.dict,LICENSE,*/corpus/*'] +
                           [os.path.join(ROOT, n) for n in tracked('.c', '.h', '.md', '.scd', '.py')], capture_output=True, text=True).stdout
    yield from (line[len(ROOT) + 1:] for line in words.splitlines())


CHECKS = [('rooms include only rooms of a lower rank', ranks), ('private headers stay inside their room', private_headers),
          ('libraries are called by their keepers only', keepers), ('stages ask views, never formats', views_are_asked),
          ('functions and files stay below their ceilings', sizes),
          ('every file says its licence', licences), ('every header compiles alone', headers_alone),
          ('error ids and their pages agree', error_pages), ('the exit code that a page states is the one that the code gives', exit_codes), ('every threat to evidence has its test', threats_are_tried), ('ids of formats pass through the walls', parser_ids),
          ('every format has its harness and its page', format_companions), ('every suite is run', suites_run), ('names are defined once', defined_once), ('words are spelled right', spelling)]

print('TAP version 13')
print(f'1..{len(CHECKS)}')
bad = 0
for number, (title, check) in enumerate(CHECKS, 1):
    problems = list(check())
    bad += bool(problems)
    print(f'{"not ok" if problems else "ok"} {number} - {title}')
    for problem in problems:
        print(f'# {problem}')
raise SystemExit(bad != 0)
