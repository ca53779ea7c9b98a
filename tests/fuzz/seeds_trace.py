# SPDX-License-Identifier: Apache-2.0
"""Trace documents: a compiler below make, and one that must not be believed."""
import json


def file(path, origin, **more):
    return dict({'path': path, 'origin': origin, 'final': False, 'output': False, 'witness': False, 'witness_read': False}, **more)


def process(parent, image, argv, cwd='.', **more):
    return dict({'parent': parent, 'image': image, 'adopted': False, 'argv': argv, 'argv_cut': False, 'argv_sha256': '33' * 32, 'cwd': cwd, 'step': 0}, **more)


def trace(**more):
    digests = {'size': 7, 'sha256': '11' * 32, 'gitoid': '22' * 32}
    files = [file('a.c', 'source', witness=True, witness_read=True, final=True, **{'from': 'src/a.c'}, **digests), file('/usr/bin/cc', 'toolchain', **digests),
             file('a.o', 'built', final=True, output=True, **digests), file('pipe', 'channel')]
    return dict({'schema': 'samebuild-trace/1', 'trusted': True, 'files': files, 'processes': [process(None, 1, ['make']), process(0, 1, ['cc', '-c', 'a.c'], adopted=True)],
                 'edges': [[0, 3, 8], [1, 0, 1], [1, 1, 4], [1, 2, 2], [1, 3, 3]], 'attempts': [{'kind': 'absent', 'process': 1, 'text': 'a.h', 'count': 2}], 'doubts': [],
                 'witnesses': ['access-times', 'descriptors', 'fanotify']}, **more)


def trace_seeds():
    doubted = trace(trusted=False, doubts=[{'id': 'read-unseen', 'text': 'a.c', 'integrity': True}, {'id': 'events-lost', 'text': 'trace-files', 'integrity': False}])
    empty = {'schema': 'samebuild-trace/1', 'trusted': False, 'files': [], 'processes': [], 'edges': [], 'attempts': [], 'doubts': [], 'witnesses': []}
    backwards = trace(edges=[[1, 0, 1], [0, 3, 8]])
    return [('trace', name, json.dumps(value, sort_keys=True, separators=(',', ':')).encode())
            for name, value in (('built', trace()), ('doubted', doubted), ('nothing', empty), ('backwards', backwards))]
