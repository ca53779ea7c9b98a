# SPDX-License-Identifier: Apache-2.0
"""One of each document that somebody's trust hangs on."""
import hashlib
import json

from seeds_keys import PUBLIC

# Public halves of the seeds 01 01 02 … 1f and 02 01 02 … 1f, as openssl gives them.
KEYS = [PUBLIC.hex(), 'd819a757b619ee36f29d030822a764c2d2c9578510aaff704a7650ebad556f03', '90d8cd10fd9934169ef3bc6661e57cb01c23ce99e6d9d84177a1f0b8cf9f52b0']


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':')).encode()


def key_object(public):
    return {'keytype': 'ed25519', 'keyval': {'public': public}, 'scheme': 'ed25519'}


def root():
    ids = [hashlib.sha256(canonical(key_object(k))).hexdigest() for k in KEYS]
    policies = {'keyids': [ids[1]], 'threshold': 1}
    return {'signatures': [{'keyid': ids[0], 'sig': '00' * 64}],
            'signed': {'_type': 'root', 'consistent_snapshot': False, 'expires': '2030-01-01T00:00:00Z', 'spec_version': '1.0.31', 'version': 3, 'keys': {i: key_object(k) for i, k in zip(ids, KEYS)},
                       'roles': {'root': {'keyids': [ids[0]], 'threshold': 1}, 'snapshot': policies, 'targets': policies, 'timestamp': policies},
                       'x_samebuild': {ids[1]: {'party': 'acme', 'roles': ['policy']},
                                       ids[2]: {'party': 'lab-a', 'roles': ['rebuilder'], 'not_after': '2029-01-01T00:00:00Z', 'revoked': {'at': '2028-01-01T00:00:00Z', 'reason': 'lost'}}}}}


def policy():
    return {'schema': 'samebuild-policy/1', 'resource': 'pkg:generic/acme@*', 'keys': [{'party': 'lab-a', 'role': 'rebuilder', 'key': KEYS[0]}, {'party': 'acme', 'role': 'vendor', 'key': KEYS[1]}],
            'artifacts': [{'files': '*.bin', 'level': 'identical'}, {'files': '*', 'level': 'explained', 'causes': ['timestamp'], 'freedom': {'bytes': 8}}], 'max_age': '365d',
            'rules': {'derived': ['4']}, 'groups': {'both': {'need': 'all', 'of': ['lab-a', 'acme']}}, 'quorum': 'both', 'distinct': {'kernel': 1},
            'waivers': [{'sha256': '11' * 32, 'path': ['a', './b'], 'offset': 0, 'length': 64, 'until': '2027-01-01', 'reason': 'x'}]}


def summary():
    digest = {'sha256': '11' * 32, 'blake2b': '22' * 64}
    return {'_type': 'https://in-toto.io/Statement/v1', 'predicateType': 'https://slsa.dev/verification_summary/v1', 'subject': [{'name': 'a', 'digest': digest}],
            'predicate': {'verifier': {'id': 'https://x'}, 'timeVerified': '2027-01-01T00:00:00Z', 'resourceUri': 'pkg:generic/a@1', 'policy': {'uri': 'p', 'digest': digest},
                          'inputAttestations': [], 'verificationResult': 'PASSED', 'verifiedLevels': ['SAMEBUILD_IDENTICAL', 'SAMEBUILD_WAIVED'], 'slsaVersion': '1.2'}}


def state():
    version = {'version': 1, 'sha256': '11' * 32}
    return {'schema': 'samebuild-trust/1', 'anchor': version, 'highest': dict(version, version=2, since='2027-01-01T00:00:00Z'), 'updated': '2027-01-02T00:00:00Z'}


def trust_seeds():
    return [('trust', name, canonical(made())) for name, made in (('root', root), ('policy', policy), ('summary', summary), ('state', state))]
