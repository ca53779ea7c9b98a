#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pipelines of docs/ci.md: they parse, what they call is there, and their commands do what the text says; the gate's reports by their schemas."""
import json
import os
import re
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import forms  # noqa: E402
import gating  # noqa: E402
import roots  # noqa: E402
from sbtest import PROGRAM, SOURCE, case, main, need, run, sb, skip  # noqa: E402


def blocks(kind):
    with open(os.path.join(SOURCE, "docs/ci.md")) as f:
        return re.findall(r"```" + kind + r"\n(.*?)```", f.read(), re.S)


def tree(text):
    """A YAML document, by whichever Python has a reader."""
    code = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout, default=str)"
    for python in (sys.executable, "/usr/bin/python3"):
        done = subprocess.run([python, "-c", code], input=text, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return json.loads(done.stdout)
        assert "No module named" in done.stderr, done.stderr
    skip("python3-yaml is not installed")


def shell_lines():
    """Every line of shell in the pipelines."""
    for text in blocks("yaml"):
        plan = tree(text)
        for job in plan.get("jobs", {}).values():
            for step in job["steps"]:
                assert ("run" in step) != ("uses" in step), step
                yield from step.get("run", "").splitlines()
        yield from plan.get("gate", {}).get("script", [])
    for text in blocks("groovy"):
        assert text.count("{") == text.count("}") and text.count("'") % 2 == 0, text
        yield from re.findall(r"^ *sh '(.*)'$", text, re.M)


def calls():
    return [shlex.split(line) for line in shell_lines() if line.startswith("samebuild ")]


@case("every pipeline parses, and each verb and option in it is one that --help lists")
def _(_dir):
    assert len(blocks("yaml")) == 3 and len(blocks("groovy")) == 1
    found = calls()
    assert len(found) == 10, found
    for words in found:
        verb = words[1:3] if words[1] == "trust" else words[1:2]
        text = sb(*verb, "--help", code=0).out
        assert f"usage: samebuild {' '.join(verb)}" in text, text
        for option in [w for w in words if re.match(r"--?[a-z]", w)]:
            assert re.search(rf"(^|\s|, ){re.escape(option)}\b", text), (option, text)
        for form in [w.split("=")[0] for before, w in zip(words, words[1:]) if before == "-o"]:
            assert form in ("sarif", "markdown", "junit", "codequality"), form


@case("the commands of each pipeline let the right file through, and a later one stops where a root has expired")
def _(_dir):
    need("openssl")
    gating.lay()
    a, b, lab, policy = (roots.Key(n) for n in ("a", "b", "lab", "policy"))
    entries = [(lab, {"party": "lab-a", "roles": ["rebuilder"]}), (policy, {"party": "acme", "roles": ["policy"]})]
    os.makedirs("trust")
    os.makedirs("evidence")
    digests = [roots.write(f"trust/{v}.root.json", roots.document(roots.signed_part(v, [a, b], 2, entries, [policy], expires="2100-01-01T00:00:00Z"), [a, b])) for v in (1, 2, 10)[:2]]
    body = roots.canonical({"schema": "samebuild-policy/1", "resource": "pkg:generic/acme@1.0", "root": {"name": "acme-labs"}, "artifacts": [{"files": "*", "level": "explained"}]})
    kind = "application/vnd.samebuild.policy+json"
    roots.write("acme.policy.jsonl", (gating.envelope(body, [policy.sign(gating.pae(body, kind))], kind) + "\n").encode())
    statement = gating.statement()
    del statement["predicate"]["finishedOn"]
    body = json.dumps(statement).encode()
    roots.write("evidence/lab-a.intoto.jsonl", (gating.envelope(body, [lab.sign(gating.pae(body))]) + "\n").encode())
    done = 0
    for text in [b for b in (*blocks("yaml"), *blocks("groovy")) if "gate" in b.split("\n")[0] + b and "trust init" in b]:
        lines = [line for line in (shell_of(text)) if line]
        script = "\n".join(["set -e", f"samebuild() {{ '{PROGRAM}' \"$@\"; }}", f"export TRUST_ROOT_SHA256={digests[0]}", *lines])
        for name, code in (("acme.bin", 0), ("other.bin", 6)):
            run("bash", "-c", "rm -rf out .data work && mkdir work", code=0)
            result = run("bash", "-c", script.replace("--artifact acme.bin", f"--artifact {name}"), env={"XDG_DATA_HOME": os.path.abspath("work"), "GITHUB_STEP_SUMMARY": "/dev/null"})
            assert result.code == code and os.path.exists("out/acme.bin") == (code == 0), (text, result)
            done += 1
    assert done == 6, done
    roots.write("trust/3.root.json", roots.document(roots.signed_part(3, [a, b], 2, entries, [policy], expires="2020-01-01T00:00:00Z"), [a, b]))
    assert run("bash", "-c", "rm -rf out .data work && mkdir work;" + script, env={"XDG_DATA_HOME": os.path.abspath("work")}).code == 6


def shell_of(text):
    lines = re.findall(r"^ *sh '(.*)'$", text, re.M)
    if not lines:
        plan = tree(text)
        lines = plan["gate"]["script"] if "gate" in plan else [line for step in plan["jobs"]["gate"]["steps"] for line in step.get("run", "").splitlines()]
    return [line.replace("${{ vars.TRUST_ROOT_SHA256 }}", "$TRUST_ROOT_SHA256") for line in lines]


@case("reports of a gate: what is not let through fails in each form, whatever its name is")
def _(_dir):
    need("openssl")
    gating.lay()
    lab = gating.Party("lab-a")
    gating.policy([lab])
    os.link("other.bin", 'ev<il&"\x1b[2J.bin')
    outputs = ("-o", "sarif=g.sarif", "-o", "junit=g.xml", "-o", "codequality=g.json")

    def look():
        return (forms.look_at_sarif(open("g.sarif").read()), forms.look_at_junit(open("g.xml").read()), json.load(open("g.json")))
    gating.gate([lab.sign(gating.statement())], *outputs, code=0)
    sarif, junit, issues = look()
    assert sarif["runs"][0]["results"] == [] and issues == [] and not junit.findall(".//failure") and not junit.findall(".//error") and len(junit.findall(".//testcase")) == 1
    gating.gate([lab.sign(gating.statement(level="different"))], *outputs, code=1)
    sarif, junit, issues = look()
    assert {r["ruleId"] for r in sarif["runs"][0]["results"]} == {"class", "quorum"} == {i["check_name"] for i in issues} and len(junit.findall(".//failure")) == 1
    gating.gate([lab.sign(gating.statement())], *outputs, code=6, artifacts=("acme.bin", 'ev<il&"\x1b[2J.bin'))
    sarif, junit, issues = look()
    suite = junit.find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "1") and "\x1b" not in open("g.xml").read() + open("g.sarif").read() + open("g.json").read()
    assert "junit" in gating.gate([], "-o", "text=x", code=2).json()["errors"][0]["message"]
    gating.gate([], "-o", "junit=", code=2)
    gating.gate([lab.sign(gating.statement())], "-o", "junit=absent/x", "--install", "installed", code=75)
    assert not os.path.exists("installed")
    with open("evidence.jsonl", "w") as f:
        f.write(lab.sign(gating.statement()))
    words = ("gate", "--policy", "p.json", "--attestations", "evidence.jsonl", "--artifact", "acme.bin", "--time", gating.NOW)
    assert sb(*words, "-o", "codequality=-", code=0).out.strip() == "[]"


main()
