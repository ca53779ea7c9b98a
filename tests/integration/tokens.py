# SPDX-License-Identifier: Apache-2.0
"""A token of SoftHSM with one Ed25519 key, "pkcs11:token=lab;object=signing", PIN 1234."""
import os

from sbtest import need, run, skip
from signing import write

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")


def lay():
    """(what the environment must hold, the words of pkcs11-tool)"""
    need("softhsm2-util", "pkcs11-tool", "p11-kit")
    module = next((path for path in MODULES if os.path.exists(path)), None)
    if not module:
        skip("libsofthsm2.so is not there")
    os.mkdir("tokens")
    write("softhsm.conf", f"directories.tokendir = {os.getcwd()}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n".encode())
    home = os.path.join(os.getcwd(), "home")
    os.makedirs(f"{home}/.config/pkcs11/modules", exist_ok=True)
    write(f"{home}/.config/pkcs11/modules/softhsm.module", f"module: {module}\n".encode())
    env = {"SOFTHSM2_CONF": f"{os.getcwd()}/softhsm.conf", "HOME": home, "XDG_CONFIG_HOME": f"{home}/.config"}
    run("softhsm2-util", "--init-token", "--free", "--label", "lab", "--pin", "1234", "--so-pin", "5678", env=env, code=0)
    tool = ("pkcs11-tool", "--module", module, "--token-label", "lab", "--login", "--pin", "1234")
    run(*tool, "--keypairgen", "--key-type", "EC:edwards25519", "--label", "signing", "--id", "01", env=env, code=0)
    return env, tool


def need_support(result):
    """Skip when samebuild was built without p11-kit; else it must have signed."""
    if "built without PKCS#11" in result.err:
        skip("this samebuild was built without p11-kit")
    assert result.code == 0, result
