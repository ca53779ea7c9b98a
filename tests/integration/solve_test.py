# SPDX-License-Identifier: Apache-2.0
"""verify --solve: a vendor's environment is read from what was delivered, and set; equal bytes are the only proof."""
import json
import os
import re
import subprocess

import records
from sbtest import case, main, need, run, sb
from solving import THEIR_PATH, THEIRS, Product, facts, levels, pack, sha256

LEAKY = {
    "main.c": '#include <assert.h>\n#include <stdio.h>\nvoid stamp(void);\nint main(int argc, char **argv) { assert(argc); stamp(); return puts(argv[0]) < 0; }\n',
    "stamp.c": '#include <stdio.h>\nvoid stamp(void) { printf("built %s %s by %s@%s in %s\\n", __DATE__, __TIME__, BUSER, BHOST, __FILE__); }\n',
}
COMPILE = 'cc -g -O2 -DBUSER="\\"$(id -un)\\"" -DBHOST="\\"$(uname -n)\\"" -o prog "$PWD/main.c" "$PWD/stamp.c"'
STRIP = "objcopy --only-keep-debug prog prog.debug && strip --strip-unneeded prog && objcopy --add-gnu-debuglink=prog.debug prog"




def replace(path, old, new, count=1):
    """Change bytes of a delivered file; as many places as there are, or the first ones."""
    with open(path, "rb") as f:
        data = f.read()
    assert data.count(old) >= 1, (path, old)
    with open(path, "wb") as f:
        f.write(data.replace(old, new) if count is None else data.replace(old, new, count))


@case("a program of another path, time, user, host, zone and umask, stripped, with a debug link", user=True)
def _(dir):
    product = Product(LEAKY, [COMPILE, STRIP], ["prog", "prog.debug"])
    product.vendor()
    record = product.verify(code=0)
    assert levels(record) == {"prog": "reproduced", "prog.debug": "reproduced"}, record["solve"]
    found = facts(record)
    assert found["path"] == THEIR_PATH and found["user"] == "jenkins" and found["host"] == "ci-node-42" and found["epoch"] == str(THEIRS["epoch"]), found
    assert record["level"] == "reproduced" and record["solve"]["stop"] == "equal" and not record["solve"]["needed"]
    # every fact has evidence, is a finding, and is counted as freedom
    for name, value in found.items():
        assert any(e["fact"] == name and e["value"] == value and e["where"] for e in record["solve"]["evidence"]), name
    freedom = {f["cause"]: f["bytes"] for f in record["freedom"]}
    assert freedom["build-path"] == len(THEIR_PATH) and freedom["user"] == len("jenkins") and freedom["host"] == len("ci-node-42"), freedom
    assert {f["rule"] for f in record["findings"]} == {"counterfactual"}, record["findings"]
    for artifact in record["artifacts"]:
        assert artifact["shipped"] == artifact["rebuilt"] and artifact["coverage"]["equal"] == artifact["coverage"]["bytes"]


ARCHIVES = {"a.c": "int a(void) { return 1; }\n", "b.c": "int b(void) { return 2; }\n", "doc/read.me": "words\n"}


@case("a static library with times and modes of its members")
def _(dir):
    product = Product(ARCHIVES, ["cc -c a.c b.c && ar rcU liba.a a.o b.o"], ["liba.a"])
    product.vendor()
    record = product.verify(code=0)
    found = facts(record)
    assert levels(record) == {"liba.a": "reproduced"} and found["umask"] == "027" and found["epoch"] == str(THEIRS["epoch"]), record["solve"]


@case("times of a clock that ran, seconds apart: said, and nothing is called reproduced")
def _(dir):
    product = Product(ARCHIVES, ["cc -c a.c && sleep $NAP && cc -c b.c && ar rcU liba.a a.o b.o"], ["liba.a"], env={"NAP": "1"})
    product.vendor({"epoch": THEIRS["epoch"], "clock": "shift"}, path="/build/acme-1.0", env={"NAP": "4"})
    record = product.verify()
    assert levels(record)["liba.a"] not in ("identical", "reproduced"), record["solve"]
    assert len(record["solve"]["needed"]) == 1, (levels(record), record["solve"])
    needed, = record["solve"]["needed"]
    span = re.fullmatch(r"as theirs did: times within (\d+) s from (\d+) on", needed["version"])
    assert needed["what"] == "a clock that runs" and int(span.group(1)) >= 4 and THEIRS["epoch"] <= int(span.group(2)) < THEIRS["epoch"] + 60, needed
    assert "needs     a clock that runs as theirs did" in sb("verify", "drop.json", "--solve", "1").out


@case("a tar.gz with times, modes and a user")
def _(dir):
    product = Product(ARCHIVES, ["cc -c a.c && mkdir tree && cp a.o doc/read.me tree && tar -c tree | gzip > a.tar.gz"], ["a.tar.gz"])
    product.vendor()
    record = product.verify(code=0)
    found = facts(record)
    assert levels(record) == {"a.tar.gz": "reproduced"} and found["user"] == "jenkins" and found["umask"] == "027", record["solve"]


@case("a Debian package")
def _(dir):
    need("dpkg-deb")
    control = "Package: acme\nVersion: 1.0\nArchitecture: all\nMaintainer: Acme <acme@example.test>\nDescription: a package\n"
    product = Product(dict(LEAKY, control=control),
                      ["umask 022; mkdir -p p/DEBIAN p/usr/bin && chmod 755 p p/DEBIAN && cp control p/DEBIAN/ && " + COMPILE, "umask 022; install prog p/usr/bin/ && dpkg-deb --root-owner-group -b p acme.deb"],
                      ["acme.deb"])
    product.vendor()
    record = product.verify(code=0)
    found = facts(record)
    assert levels(record) == {"acme.deb": "reproduced"} and found["path"] == THEIR_PATH and found["user"] == "jenkins", record["solve"]


@case("a squashfs image")
def _(dir):
    need("mksquashfs")
    product = Product(dict(LEAKY, **ARCHIVES), [COMPILE, "mkdir root && cp prog doc/read.me root && mksquashfs root root.squashfs -all-root -no-progress -processors 1 >/dev/null"],
                      ["root.squashfs"])
    product.vendor()
    record = product.verify(code=0)
    found = facts(record)
    assert levels(record) == {"root.squashfs": "reproduced"} and found["path"] == THEIR_PATH, record["solve"]


FIT = """/dts-v1/;
/ { description = "acme"; #address-cells = <1>;
  images { kernel { description = "kernel"; data = /incbin/("prog"); type = "kernel"; arch = "x86_64"; os = "linux"; compression = "none"; load = <0>; entry = <0>;
    hash { algo = "sha256"; }; }; };
  configurations { default = "a"; a { kernel = "kernel"; }; }; };
"""


@case("a FIT image with a timestamp")
def _(dir):
    need("mkimage", "dtc")
    product = Product(dict(LEAKY, **{"acme.its": FIT}), [COMPILE, "mkimage -f acme.its acme.itb >/dev/null"], ["acme.itb"])
    product.vendor()
    record = product.verify(code=0)
    found = facts(record)
    assert levels(record) == {"acme.itb": "reproduced"} and found["epoch"] == str(THEIRS["epoch"]), record["solve"]


@case("kernel, locale, time zone and number of jobs in a text")
def _(dir):
    product = Product({"x": "x"}, ['{ uname -r; date; date "+built %Y-%m-%d %H:%M"; echo "locale is $LC_ALL"; echo "make -j$JOBS all"; echo "clock $(date +%s)"; } > info'], ["info"])
    product.vendor(dict(THEIRS, kernel="5.10.0-28-amd64", locale="de_DE.UTF-8", jobs=8, timezone="CET-1"))
    record = product.verify(code=0)
    found = facts(record)
    assert levels(record) == {"info": "reproduced"}, record["solve"]
    assert (found["kernel"], found["locale"], found["jobs"], found["timezone"]) == ("5.10.0-28-amd64", "de_DE.UTF-8", "8", "CET-1"), found


@case("the year in code: the clock alone")
def _(dir):
    code = {"year.c": "int year(void) { return YEAR; }\nint main(void) { return year() == 0; }\n"}
    product = Product(code, ["cc -O1 -DYEAR=$(date +%Y) -Wl,--build-id=none -o prog year.c"], ["prog"])
    product.vendor({"epoch": 1556000000})
    record = product.verify(code=0)
    assert levels(record) == {"prog": "reproduced"} and list(facts(record)) == ["epoch"], record["solve"]


@case("a clock before the files that a recipe unpacks itself: no rebuild is begun, and the reason is told")
def _(dir):
    pack("inner.tar", {"year.c": "int main(void) { return YEAR == 0; }\n"}, mtime=1600000000)
    with open("inner.tar", "rb") as f:
        inner = f.read()
    steps = ["tar -xf inner.tar && cc -O1 -DYEAR=$(date +%Y) -Wl,--build-id=none -o prog year.c && date > made"]
    product = Product({"inner.tar": inner}, steps, ["made"])
    product.drop["sources"][0]["unpack"] = True
    product.vendor({"epoch": 1500000000, "clock": "shift"}, path="/build/acme-1.0")
    assert levels(product.verify(code=0)) == {"made": "reproduced"}  # within a source that was unpacked it is a file as any other
    outer = dict(product.drop["sources"][0], path="inner.tar", sha256=sha256("inner.tar"), unpack=False)
    product.drop["sources"] = [outer]
    product.save()
    record = product.verify()
    assert levels(record)["made"] in ("explained", "different") and [r["end"] for r in record["solve"]["rebuilds"]] == ["failed"], record["solve"]
    why = record["solve"]["rebuilds"][0]["why"]
    assert why.startswith("not built: the clock would stand at 2017-07-14 02:40:00 UTC, before year.c of inner.tar (2020-09-13 12:26:40 UTC)"), why
    assert "the clock of the build" not in sb("check", "drop.json", code=0).out
    product.drop["build"]["control"]["epoch"] = 1500000000
    product.save()
    told = sb("check", "drop.json", code=0).out
    assert "the clock of the build begins at 2017-07-14T02:40:00Z, before year.c of inner.tar (2020-09-13T12:26:40Z)" in told, told


@case("a program that waits before a clock that stands still is ended, and what it was built under is dropped")
def _(dir):
    wait = 'if [ "$(date +%s)" = "$(sleep 1; date +%s)" ]; then while :; do sleep 1; done; fi; { date; sleep 1; date; } > made'
    product = Product({"x": "x"}, [wait], ["made"])
    product.vendor({"epoch": 1711111111}, path="/build/acme-1.0")
    with open("release/made", encoding="ascii") as f:
        first, _second = f.read().splitlines()
    with open("release/made", "w", encoding="ascii") as f:
        f.write(f"{first}\n{first}\n")
    record = product.verify(rounds=1, code=1)
    trial, = record["solve"]["rebuilds"]
    assert trial["facts"]["clock"] == "frozen" and trial["end"] == "failed" and "wall: " in trial["why"], record["solve"]


@case("the room that a removed run path leaves tells the length of the build path")
def _(dir):
    need("perl")
    blank = "perl -0pi -e 's{(\\Q$ENV{PWD}\\E/lib)}{\"\\0\" x length($1)}ge' prog"
    product = Product({"main.c": "int main(void) { return 0; }\n"}, ['cc -Wl,--build-id=none -Wl,-rpath,"$PWD/lib" -o prog main.c', blank], ["prog"])
    product.vendor({}, path="/build/reproducible-path/acme-1.0")
    assert b"reproducible" not in open("release/prog", "rb").read()
    record = product.verify(code=0)
    assert levels(record) == {"prog": "reproduced"} and len(facts(record)["path"]) == len("/build/reproducible-path/acme-1.0"), record["solve"]


@case("files in the order in which another file system lists them")
def _(dir):
    product = Product({f"root/{n}": n * 3 for n in "abcdefgh"}, ["ls -U root | (cd root && cpio -o -H newc --reproducible --quiet) > files.cpio && ls -U root > list"], ["files.cpio"])
    product.vendor({"order": "reversed"}, path="/build/acme-1.0")
    record = product.verify(code=0)
    assert levels(record) == {"files.cpio": "reproduced"} and facts(record) == {"order": "reversed"}, record["solve"]


@case("files that were made in two environments are reproduced by two rebuilds")
def _(dir):
    product = Product(LEAKY, [COMPILE, "cp prog prog2"], ["prog", "prog2"])
    product.vendor(only=["prog"])
    product.vendor({"epoch": 1555555555, "clock": "frozen", "user": "ann"}, path="/srv/ann/acme", only=["prog2"])
    record = product.verify(rounds=8, code=0)
    assert levels(record) == {"prog": "reproduced", "prog2": "reproduced"}, record["solve"]
    rebuilds = {f["name"]: f["rebuild"] for f in record["solve"]["files"]}
    assert rebuilds["release/prog"] != rebuilds["release/prog2"], rebuilds


# ---- what must never be reproduced ----

@case("one planted byte in an otherwise solvable program")
def _(dir):
    product = Product(LEAKY, [COMPILE], ["prog"])
    product.vendor()
    with open("release/prog", "rb") as f:
        data = bytearray(f.read())
    at = data.index(b"\xe8", data.index(b"\x55\x48") if b"\x55\x48" in data else 0x1000)
    data[at + 1] ^= 1
    with open("release/prog", "wb") as f:
        f.write(data)
    record = product.verify(code=1)
    assert record["level"] == "different" and levels(record) == {"prog": "different"}, record["solve"]
    assert record["solve"]["rebuilds"] and not any(f["rebuild"] for f in record["solve"]["files"])
    assert facts(record)["path"] == THEIR_PATH  # the facts are found all the same, and the byte remains
    assert 0 < record["solve"]["files"][0]["after"] < 40, record["solve"]["files"]


@case("one swapped copy of a path among thirty-six")
def _(dir):
    code = {"main.c": "#include <assert.h>\n" + "".join(f"void f{n}(int x);\n" for n in range(36)) + "int main(int c, char **v) { (void)v; "
            + " ".join(f"f{n}(c);" for n in range(36)) + " return 0; }\n"}
    code.update({f"f{n}.c": f"#include <assert.h>\nvoid f{n}(int x) {{ assert(x > {n} - 99); }}\n" for n in range(36)})
    product = Product(code, ['for f in main $(seq -f f%g 0 35); do cc -c "$PWD/$f.c"; done; cc -o prog *.o'], ["prog"])
    product.vendor()
    honest = open("release/prog", "rb").read()
    assert honest.count(THEIR_PATH.encode()) >= 36, honest.count(THEIR_PATH.encode())
    record = product.verify(code=0)
    assert levels(record) == {"prog": "reproduced"}, record["solve"]
    replace("release/prog", THEIR_PATH.encode() + b"/f17.c", THEIR_PATH.replace("jenkins", "jankins").encode() + b"/f17.c")
    record = product.verify(code=1)
    assert levels(record) == {"prog": "different"} and not any(f["rebuild"] for f in record["solve"]["files"]), record["solve"]


@case("an escape sequence as user name, and other values that no environment has")
def _(dir):
    for evil in (b"\x1b[31mroot", b"a;reboot", b"$(id)", b"../../x", b"-rf", b"`id`"):
        code = {"u.sh": 'printf "made by user %s on a machine\\n" "$(id -un)" > info\n'}
        product = Product(code, ["sh u.sh"], ["info"])
        product.vendor()
        replace("release/info", b"jenkins", evil)
        result = sb("verify", "drop.json", "--solve", "3", code=1)
        assert "\x1b[31m" not in result.out + result.err
        record = product.verify(code=1)
        assert levels(record) == {"info": "different"} and "\x1b" not in json.dumps(record, ensure_ascii=False), record
        assert not any(e["fact"] == "user" for e in record["solve"]["evidence"]), record["solve"]


@case("paths that lead out, or to what belongs to the environment")
def _(dir):
    for evil, path in ((b"/home/jenkins/../../etc", None), (b"/proc/self/cwd/x", "/proc/self/cwd/x"), (b"/etc/acme", "/etc/acme")):
        product = Product({"x": "x"}, ['echo "in $PWD now" > info'], ["info"])
        product.vendor()
        replace("release/info", THEIR_PATH.encode(), evil)
        record = product.verify(code=1)
        assert levels(record)["info"] == "different", record["solve"]
        assert all(r["end"] == "failed" and r["facts"] == {"path": path} for r in record["solve"]["rebuilds"]), record["solve"]
        assert bool(path) == bool(record["solve"]["rebuilds"])


@case("a fact of one file does not excuse another")
def _(dir):
    product = Product(LEAKY, [COMPILE, "cp prog prog2"], ["prog", "prog2"])
    product.vendor()
    replace("release/prog2", b"jenkins", b"jenkinz", None)
    record = product.verify(code=1)
    assert levels(record) == {"prog": "reproduced", "prog2": "different"}, record["solve"]
    assert record["level"] == "different"


# ---- what is needed and cannot be set ----

@case("another compiler is named by package and version")
def _(dir):
    product = Product({"main.c": "int main(void) { return 0; }\n"}, ["cc -o prog main.c"], ["prog"])
    product.vendor()
    ident = re.search(rb"GCC: \(Debian (12\.2\.0-14[^)]*)\)", open("release/prog", "rb").read())
    assert ident, "this machine's compiler is not Debian's gcc 12"
    theirs = ident.group(1)[:-1] + b"7"
    replace("release/prog", ident.group(1), theirs)
    record = product.verify()
    assert {"what": "gcc-12", "version": theirs.decode(), "ours": ident.group(1).decode()}.items() <= record["solve"]["needed"][0].items(), record["solve"]
    told = sb("verify", "drop.json", "--solve", "3").out
    assert f"gcc-12 {theirs.decode()}" in told, told


@case("facts, rebuilds and what is needed stand in every report, and none of it is taken for markup")
def _(dir):
    product = Product(LEAKY, [COMPILE, "cc -o other main.c stamp.c -DBUSER=0 -DBHOST=0"], ["prog", "other"])
    product.vendor()
    ident = re.search(rb"GCC: \(Debian ([^)]*)\)", open("release/other", "rb").read()).group(1)
    evil = b"12.2<u>`|[x]&amp;"[: len(ident)].ljust(len(ident), b"7")
    replace("release/other", b"GCC: (Debian " + ident, b"GCC: (Debian " + evil)
    words = [w for form in ("html", "markdown", "text", "json") for w in ("-o", f"{form}=r.{form}")]
    told = sb("verify", "drop.json", "--solve", "3", *words, code=1).out
    texts = {form: open(f"r.{form}", encoding="utf-8").read() for form in ("html", "markdown", "text", "json")}
    record = json.loads(texts["json"])["solve"]
    assert levels(json.loads(texts["json"]))["prog"] == "reproduced" and record["needed"], record
    sentence = f"{len(record['rebuilds'])} rebuilds under facts made 1 of 2 files equal; " if len(record["rebuilds"]) > 1 else "1 rebuild under facts made 1 of 2 files equal; "
    for form in ("html", "markdown", "text"):
        assert sentence in texts[form], (form, texts[form])
        assert all(word in texts[form] for word in (THEIR_PATH, "jenkins", "ci-node-42", str(THEIRS["epoch"]), "gcc-12")), form
    assert sentence in told and "  needs     gcc-12 " in told, told
    assert "<u>" not in texts["html"] and "12.2&lt;u&gt;`|[x]&amp;amp;" in texts["html"], [line for line in texts["html"].splitlines() if "gcc-12" in line]
    assert f"`` {evil.decode()} ``" in texts["markdown"], texts["markdown"]
    state = os.path.join(os.path.dirname(dir), "home/state/samebuild/runs")
    run = os.path.join(state, sorted(os.listdir(state))[-1])
    for form, part in (("html", r'<section id="solved".*?</section>'), ("markdown", r"### Solved.*?\| level"), ("text", r"  solve  .*?  made of")):  # read back, it reads the same
        again = sb("report", run, "-o", f"{form}=-", code=0).out
        assert re.search(part, again, re.S).group() == re.search(part, texts[form], re.S).group(), form


@case("flags that were other ones are named")
def _(dir):
    product = Product({"main.c": "int main(int c, char **v) { (void)v; return c * 3; }\n"}, ["cc -g $FLAGS -o prog main.c"], ["prog"], env={"FLAGS": "-O2"})
    product.vendor({}, path="/build/acme-1.0", env={"FLAGS": "-O1"})
    record = product.verify(code=1)
    needed = [n for n in record["solve"]["needed"] if n["what"] == "flags"]
    assert needed and "-O1" in needed[0]["version"] and "-O2" in needed[0]["ours"], record["solve"]


# ---- remembering, signing, reading back ----

@case("facts of one run are where the next one begins")
def _(dir):
    product = Product(LEAKY, [COMPILE], ["prog"])
    product.vendor()
    product.verify(code=0)
    result = sb("verify", "drop.json", "--solve", "3", code=0)
    run = re.search(r"run +([0-9a-f]{8})", result.out).group(1)
    assert "solve " in result.out and THEIR_PATH in result.out, result.out
    state = os.path.join(os.path.dirname(dir), "home/state/samebuild/runs", run)
    remembered = json.load(open(os.path.join(state, "facts.json")))
    assert remembered["path"] == THEIR_PATH and remembered["epoch"] == THEIRS["epoch"], remembered
    again = sb("verify", "drop.json", "--facts", os.path.join(state, "facts.json"), "--json", code=0).json()
    assert levels(again) == {"prog": "reproduced"} and len(again["solve"]["rebuilds"]) == 1, again["solve"]
    assert {e["how"] for e in again["solve"]["evidence"]} == {"given"}
    # facts that are wrong raise nothing, and do not keep the true ones from being found
    with open("wrong.json", "w") as f:
        json.dump({"schema": "samebuild-facts/1", "path": "/srv/elsewhere", "user": "nobody9"}, f)
    wrong = sb("verify", "drop.json", "--facts", "wrong.json", "--json", code=1).json()
    assert levels(wrong) == {"prog": "different"} or levels(wrong) == {"prog": "explained"}, wrong["solve"]
    both = sb("verify", "drop.json", "--facts", "wrong.json", "--solve", "4", "--json", code=0).json()
    assert levels(both) == {"prog": "reproduced"}, both["solve"]
    for evil in ({"user": "a b"}, {"path": "x"}, {"path": "/a/../b"}, {"epoch": 1}, {"colour": "red"}, {"clock": "real"}):
        with open("evil.json", "w") as f:
            json.dump(dict(evil, schema="samebuild-facts/1"), f)
        sb("verify", "drop.json", "--facts", "evil.json", code=2)


@case("the manifest of the next release is proposed with the facts of this one")
def _(dir):
    os.makedirs("next", exist_ok=True)
    pack("next/acme-2.0.tar", {"acme-2.0/configure": "", "acme-2.0/x.c": ""})
    with open("facts.json", "w") as f:
        json.dump({"schema": "samebuild-facts/1", "path": THEIR_PATH, "user": "jenkins", "umask": "027", "jobs": 8, "epoch": THEIRS["epoch"]}, f)
    told = sb("init", "next", "--facts", "facts.json", code=0).out
    for line in (f"path: {THEIR_PATH}", 'user: "jenkins"', 'umask: "027"', "jobs: 8"):
        assert line in told, (line, told)
    assert str(THEIRS["epoch"]) not in told, told


@case("a signed statement says what was inferred, and no other one does")
def _(dir):
    product = Product(LEAKY, [COMPILE], ["prog"])
    product.vendor()
    sb("key", "new", "lab.key", "--passphrase-fd", "0", stdin="word\n", code=0)
    sb("verify", "drop.json", "--solve", "3", "--sign", "lab.key", "--attestation", "a.jsonl", "--passphrase-fd", "0", stdin="word\n", code=0)
    shown = sb("attest", "show", "a.jsonl", "--json", code=0).out
    assert '"inferred"' in shown and THEIR_PATH in shown, shown


@case("what is equal anyway is identical, and needs no rebuild")
def _(dir):
    product = Product(LEAKY, [COMPILE], ["prog"])
    product.vendor({}, path="/build/acme-1.0")
    record = product.verify(code=0)
    assert levels(record) == {"prog": "identical"} and record["solve"]["rebuilds"] == [] and record["solve"]["files"] == [], record["solve"]


@case("a source that differs is different, whatever is tried")
def _(dir):
    product = Product(LEAKY, [COMPILE], ["prog"])
    product.vendor()
    evil = dict(LEAKY, **{"main.c": LEAKY["main.c"].replace("puts(argv[0])", "puts(argv[0] + 1)")})
    Product(evil, [COMPILE], ["prog"]).save()
    record = sb("verify", "drop.json", "--solve", "3", "--json", code=1).json()
    assert record["level"] == "different" and not any(f["rebuild"] for f in record["solve"]["files"])


def gate_without_exceptions():
    """A policy that asks for a level, and names no ready-made input."""
    key = subprocess.run("openssl genpkey -algorithm ed25519 | openssl pkey -pubout -outform DER", shell=True, stdout=subprocess.PIPE, check=True).stdout[-32:].hex()
    with open("policy.json", "w", encoding="ascii") as f:
        json.dump({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.*", "keys": [{"party": "lab", "role": "evaluator", "key": key}],
                   "artifacts": [{"files": "*", "level": "explained"}]}, f)


def given(**facts_):
    with open("facts.json", "w", encoding="ascii") as f:
        json.dump({"schema": "samebuild-facts/1", **facts_}, f)
    return "--facts", "facts.json"


@case("what came ready-made is told of the rebuild that made the file equal, not of the plain one")
def _(_dir):
    need("cc", "base64", "openssl")
    with open("other.c", "w", encoding="ascii") as f:
        f.write("int main(void) { return 66; }\n")
    run("cc", "-O1", "-s", "-o", "other", "other.c", code=0)
    text = run("base64", "other", code=0).out
    step = 'if [ "$(id -un)" = jenkins ]; then base64 -d data.txt > prog; else cc -O1 -s -o prog main.c; fi; printf "by %s\\n" "$(id -un)" >> prog'
    product = Product({"main.c": "int main(void) { return 0; }\n", "data.txt": text, "plain.c": "int plain;\n"}, [step, "cc -c plain.c"], ["prog", "plain.o"])
    product.vendor({"user": "jenkins"}, path="/build/acme-1.0")
    gate_without_exceptions()
    for options in (("--solve", "3"), given(user="jenkins"), (*given(user="jenkins"), "--repeat", "2")):
        record = sb("verify", "drop.json", *options, "--json").json()
        assert levels(record)["prog"] == "reproduced" and record["trace"]["trusted"], record["solve"]
        assert [f["artifact"] for f in record["findings"] if f["kind"] == "prebuilt"] == ["release/prog"], (options, record["findings"])
        prebuilt, = record["trace"]["prebuilt"]
        assert prebuilt["path"] == "data.txt" and [r["name"] for r in prebuilt["reaches"]] == ["release/prog"], record["trace"]["prebuilt"]
        unread = record["trace"]["sources"]["unread"]
        assert "plain.c" not in unread and "data.txt" not in unread and ("main.c" in unread) == (options[0] == "--facts"), (options, unread)
        names = [o["name"] for o in record["trace"]["outputs"]]
        assert names == sorted(names) and set(names) == {"release/prog", "release/plain.o"}, names
        refused = sb("verify", "drop.json", *options, "--gate", "policy.json")
        assert refused.code == 1 and "opaque-input" in refused.out, (options, refused)


@case("what a rebuild under facts makes and nobody delivered is missed")
def _(_dir):
    step = 'mkdir -p o/sub; echo "by $(id -un)" > o/made; echo s > o/sub/x; if [ "$(id -un)" = jenkins ]; then echo "deny all" > o/deny.conf; chmod 2755 o/sub; fi'
    product = Product({"x": "x"}, [step], ["o"])
    product.drop["outputs"] = [{"shipped": "release", "built": "o"}]
    os.makedirs("release/sub")
    for folder in ("release", "release/sub"):
        os.chmod(folder, 0o755)
    for name, text in (("made", "by jenkins\n"), ("sub/x", "s\n")):
        with open(f"release/{name}", "w", encoding="ascii") as f:
            f.write(text)
    product.save()
    for options in (("--solve", "2"), given(user="jenkins"), (*given(user="jenkins"), "--repeat", "2")):
        result = sb("verify", "drop.json", *options, "--json", code=1)
        found = levels(result.json())
        assert found["made"] == "reproduced" and found["deny.conf"] == found["sub"] == "different", (options, found)


@case("a rebuild under facts is repeated like the plain one, and what chance made equal varies")
def _(_dir):
    step = 'v=0; if [ "$(id -un)" = jenkins ]; then v=$(($(od -An -N1 -tu1 /dev/urandom) % 2)); fi; printf "by %s\\nvariant %s\\n" "$(id -un)" $v > made'
    product = Product({"x": "x"}, [step], ["made"])
    os.mkdir("release")
    with open("release/made", "w", encoding="ascii") as f:
        f.write("by jenkins\nvariant 1\n")
    product.save()
    for _ in range(20):
        record = sb("verify", "drop.json", *given(user="jenkins"), "--repeat", "20", "--json").json()
        if levels(record)["made"] == "reproduced":
            break
    assert levels(record)["made"] == "reproduced" and record["builds"] == {"count": 20, "equal": False, "varied": ["release/made"]}, record["builds"]
    assert any(f["artifact"] == "release/made" and "differ here" in f["note"] for f in record["findings"]), record["findings"]


@case("a link below the build path is as the plain rebuild has it, and the run ends with an answer")
def _(_dir):
    product = Product({"x": "x"}, ['mkdir o; echo "in $PWD" > o/info; ln -s "$PWD/o/info" o/link'], ["o"])
    product.drop["outputs"] = [{"shipped": "release", "built": "o"}]
    os.mkdir("release")
    os.chmod("release", 0o755)
    with open("release/info", "w", encoding="ascii") as f:
        f.write("in /home/jenkins/acme\n")
    os.symlink("/home/jenkins/acme/o/info", "release/link")
    product.save()
    found = levels(sb("verify", "drop.json", "--solve", "2", "--json", code=1).json())
    assert found == {"info": "reproduced", "link": "different"}, found


@case("one output that was delivered under two names varies under both")
def _(_dir):
    product = Product({"x": "x"}, ["od -An -N8 -tx8 /dev/urandom > made"], ["made"])
    product.drop["outputs"] = [{"shipped": f"release/{name}", "built": "made"} for name in "ab"]
    os.mkdir("release")
    for name in "ab":
        with open(f"release/{name}", "w", encoding="ascii") as f:
            f.write("something else\n")
    product.save()
    record = sb("verify", "drop.json", "--repeat", "2", "--json", code=1).json()
    assert record["builds"]["varied"] == ["release/a", "release/b"], record["builds"]


@case("a record whose file rests on a rebuild that did not make it equal is refused")
def _(_dir):
    product = Product({"x": "x"}, ['echo "by $(id -un)" > made'], ["made"])
    product.vendor({"user": "jenkins"}, path="/build/acme-1.0")
    record = product.verify("-o", "trace=trace.json", code=0)
    assert record["level"] == "reproduced"
    lies = {"failed": lambda r: r["solve"]["rebuilds"][0].update(end="failed"), "no closer": lambda r: r["solve"]["rebuilds"][0].update(end="no-closer"),
            "bytes left": lambda r: r["solve"]["files"][0].update(after=5), "more than asked for": lambda r: (r["solve"].update(rounds=0), r["solve"]["rebuilds"].append(r["solve"]["rebuilds"][0]))}
    for label, lie in (("good", lambda r: None), *lies.items()):
        changed = json.loads(json.dumps(record))
        lie(changed)
        folder = records.keep(f"runs/{label}", changed)
        os.link("trace.json", f"{folder}/trace.json")
        result = sb("report", folder, "--json")
        assert result.code == (0 if label == "good" else 6), (label, result)
        assert label == "good" or result.json()["errors"][0]["id"] == "record-inconsistent", (label, result)


main()
