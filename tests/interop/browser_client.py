# SPDX-License-Identifier: Apache-2.0
"""The DSSE parts of a verifier that runs in browsers, fetched once by npm: what they say of envelopes under a plain public key."""
import os
import subprocess

from sbtest import cache, need, run, skip
from signing import write

VERIFIER, CRYPTO = "@freedomofpress/sigstore-browser@0.1.14", "@freedomofpress/crypto-browser@0.1.7"

# In the order of its own verifier, which asks for a certificate where we have a key.
SCRIPT = """
import fs from 'node:fs';
const [folder, publicKey, ...names] = process.argv.slice(2);
const { preAuthEncoding } = await import(`${folder}/verifier/dist/dsse.js`);
const { base64ToUint8Array, importKey, verifySignature } = await import(`${folder}/node_modules/@freedomofpress/crypto-browser/dist/index.js`);
const key = await importKey('ed25519', 'ed25519', fs.readFileSync(publicKey, 'utf8'));
for (const name of names) {
	let said = 'accepted';
	try {
		const envelope = JSON.parse(fs.readFileSync(name, 'utf8'));
		if (!envelope.signatures || envelope.signatures.length === 0) throw new Error('no signatures');
		const signature = base64ToUint8Array(envelope.signatures[0].sig);
		const pae = preAuthEncoding(envelope.payloadType, base64ToUint8Array(envelope.payload));
		if (!(await verifySignature(key, pae, signature))) throw new Error('signature');
	} catch (e) { said = `refused ${e.message}`; }
	console.log(name, said.replaceAll('\\n', ' '));
}
"""


def npm(folder, *words):
    done = subprocess.run(["npm", *words, "--silent"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        skip(f"npm does not give the verifier of browsers: {done.stdout[-100:]} {done.stderr[-200:]}")
    return done.stdout.split()[-1] if done.stdout.split() else ""


def folder():
    """Where both packages lie. The verifier is only unpacked: what it depends on for its other parts is not to be had."""
    need("node", "npm", "tar")
    path = cache("sigstore-browser-0.1.14")
    if not os.path.isdir(f"{path}/verifier"):
        npm(path, "install", "--no-audit", "--no-fund", CRYPTO)
        archive = npm(path, "pack", VERIFIER)
        subprocess.run(["tar", "-xzf", archive], cwd=path, check=True)
        os.rename(f"{path}/package", f"{path}/verifier")
    return path


def says(public, *names):
    """{name: "accepted", or "refused" and why}"""
    path = folder()
    write("verify.mjs", SCRIPT.encode())
    out = run("node", "verify.mjs", path, public, *names, code=0).out
    return dict(line.split(" ", 1) for line in out.splitlines())
