# SPDX-License-Identifier: Apache-2.0
"""Reports, and how their readers look at them: real schemas, an HTML parser, what is left of Markdown outside of its code spans."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree as tree
from html.parser import HTMLParser

import records
from sbtest import cache, need, run, sb, skip

FORMATS = ("text", "json", "html", "markdown", "sarif", "junit", "codequality", "hygiene")
# Schemas as they are published: SARIF's in Microsoft's matchers for jest, that of Ant's JUnit in a test of junit-xml.
PACKAGES = {"@microsoft/jest-sarif@1.0.0-beta.0": "lib/schemas/sarif-2.1.0-rtm.5.json", "junit-xml@1.2.0": "src/index.test.ts"}


def package(name):
    """A file of an npm package, fetched once."""
    need("npm")
    folder = os.path.join(cache("npm"), name.replace("/", "+"))
    path = os.path.join(folder, "package", PACKAGES[name])
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        packed = subprocess.run(["npm", "pack", "--silent", name], cwd=folder, capture_output=True, text=True, check=False)
        if packed.returncode:
            skip(f"npm does not give {name}: {packed.stderr[-200:]}")
        subprocess.run(["tar", "xzf", packed.stdout.split()[-1]], cwd=folder, check=True)
    with open(path, encoding="utf-8") as f:
        return f.read()


def render(what, name="run"):
    """Every form of a record, by one call."""
    folder = records.keep(name, what)
    outputs = [word for form in FORMATS for word in ("-o", f"{form}={name}.{form}")]
    sb("report", folder, *outputs, code=0)
    out = {}
    for form in FORMATS:
        with open(f"{name}.{form}", encoding="utf-8", newline="") as f:
            out[form] = f.read()
    return out


def primary(what):
    return [f for f in what["findings"] if f["primary"]]


class Page(HTMLParser):
    """What a reader of HTML finds: elements, attributes, text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br", "rect", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


TAGS = set("html head meta title style body a header p span h1 h2 h3 ol ul li dl div dt dd nav main section figure figcaption svg defs pattern path rect text table caption "
           "thead tbody tfoot tr th td b br code details summary mark pre footer".split())


def look_at_html(text):
    page = Page(text)
    assert set(page.tags) <= TAGS, set(page.tags) - TAGS
    assert not page.open, page.open
    names = {name for name, _ in page.attributes}
    assert not [n for n in names if n.startswith("on") or n in ("src", "action", "formaction", "srcset", "data", "poster")], names
    assert all(value.startswith("#") for name, value in page.attributes if name == "href"), "a link leads away"
    assert "default-src 'none'" in text and "<script" not in text
    assert len(text.encode()) < 2_000_000, len(text)
    return page


def look_at_sarif(text):
    log = json.loads(text)
    try:
        import jsonschema
    except ImportError:
        found = subprocess.run(["/usr/bin/python3", "-c", "import json, sys, jsonschema; jsonschema.Draft7Validator(json.load(open(sys.argv[1]))).validate(json.load(sys.stdin))",
                                _schema_file()], input=text, capture_output=True, text=True, check=False)
        if "No module named" in found.stderr:
            skip("python3-jsonschema is not installed")
        assert found.returncode == 0, found.stderr[-2000:]
    else:
        jsonschema.Draft7Validator(json.loads(package("@microsoft/jest-sarif@1.0.0-beta.0"))).validate(log)
    return log


def _schema_file():
    with open("sarif-schema.json", "w", encoding="utf-8") as f:
        f.write(package("@microsoft/jest-sarif@1.0.0-beta.0"))
    return "sarif-schema.json"


def look_at_junit(text):
    need("xmllint")
    schema = re.search(r"<xs:schema.*</xs:schema>", package("junit-xml@1.2.0"), re.S)[0].replace("\\'", "'")
    for name, data in (("junit.xsd", schema), ("junit.xml", text)):
        with open(name, "w", encoding="utf-8") as f:
            f.write(data)
    run("xmllint", "--nonet", "--noout", "--schema", "junit.xsd", "junit.xml", code=0)
    return tree.fromstring(text.encode())


def look_at_markdown(text):
    """Outside of code spans nothing foreign is left; no span is left open."""
    assert len(text.encode()) <= 60_000
    plain = re.sub(r"(?<!`)(`+)(?!`) .*? (?<!`)\1(?!`)", "", text)
    for word in ("<", "javascript", "alert", "cell", "secrets", "# head", "`"):
        assert word not in plain, (word, plain)
