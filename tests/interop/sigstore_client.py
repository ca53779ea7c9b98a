# SPDX-License-Identifier: Apache-2.0
"""sigstore's verifier, fetched once by npm: what it says of bundles under a plain public key."""
import os
import subprocess

from sbtest import cache, need, run, skip
from signing import write

SIGSTORE = """
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity } = require('@sigstore/verify');
const fs = require('fs'), crypto = require('crypto');
const publicKey = crypto.createPublicKey(fs.readFileSync(process.argv[2]));
const material = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [], publicKey: () => ({ publicKey, validFor: () => true }) };
for (const name of process.argv.slice(3)) {
	let said = 'accepted';
	try {
		const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(name)));
		new Verifier(material, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle));
	} catch (e) { said = `refused ${e.constructor.name} ${e.code || ''}`; }
	console.log(name, said);
}
"""


def folder():
    """The folder where npm has put sigstore's verifier."""
    need("node", "npm")
    path = cache("sigstore-3.1.1")
    if not os.path.isdir(f"{path}/node_modules/@sigstore/verify"):
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "@sigstore/bundle@4.0.0", "@sigstore/verify@3.1.1"], cwd=path, capture_output=True,
                              text=True, check=False)
        if done.returncode:
            skip(f"npm does not give sigstore's verifier: {done.stderr[-200:]}")
    return path


def says(public, *names):
    path = folder()
    write("verify.js", SIGSTORE.encode())
    out = run("node", "verify.js", public, *names, env={"NODE_PATH": f"{path}/node_modules"}, code=0).out
    return dict(line.split(" ", 1) for line in out.splitlines())
