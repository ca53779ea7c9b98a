# SPDX-License-Identifier: Apache-2.0
"""Reads the table of verbs out of verifier/cli/*.c and holds it against the man pages, so that neither can be incomplete."""
import os
import re

from manual import load
from prose import die

OPTIONS = re.compile(r'const struct sb_option (\w+)\[\] = \{\n(.*?)\n\};', re.S)
OPTION = re.compile(r'\{"([a-z][a-z0-9-]*)", (0|\'.\'), (NULL|"[^"]*"), (true|false)\}')
VERB = re.compile(r'const struct sb_verb sb_verb_(\w+) = \{\n(.*?)\n\};', re.S)
FIELD = re.compile(r'\.(name|summary|operands|options) = ("(?:[^"\\]|\\.)*"|\w+)')


class Verb:
    def __init__(self, path, fields, options):
        self.path = path
        self.name, self.summary, self.operands = (fields[name].strip('"') for name in ('name', 'summary', 'operands'))
        self.options = options

    def key(self):
        return self.name.replace(' ', '-')


def read_options(path, text):
    tables = {}
    for name, body in OPTIONS.findall(text):
        rows = OPTION.findall(body)
        if len(rows) != body.count('{"'):
            die(path, 1, f'{name}: a row is not of the form {{"name", 0, "ARGUMENT", false}}')
        tables[name] = [(row[0], row[1].strip("'") if row[1] != '0' else None, None if row[2] == 'NULL' else row[2].strip('"'),
                         row[3] == 'true') for row in rows]
    return tables


def read_table(folder):
    """Verbs in the order of the table, and the options that every verb takes."""
    rows, common = {}, None
    for name in sorted(os.listdir(folder)):
        if not name.endswith('.c'):
            continue
        path = os.path.join(folder, name)
        with open(path, encoding='utf-8') as source:
            text = source.read()
        tables = read_options(path, text)
        common = tables.get('sb_common_options', common)
        for symbol, body in VERB.findall(text):
            fields = dict(FIELD.findall(body))
            rows[symbol] = Verb(path, fields, tables[fields['options']])
    with open(os.path.join(folder, 'verbs.c'), encoding='utf-8') as source:
        order = re.findall(r'&sb_verb_(\w+)', source.read())
    return [rows[symbol] for symbol in order], common


def agree(path, options, documented):
    """Each option of the table stands in the page with letter and argument, and the other way round."""
    table = {name: (letter, argument) for name, letter, argument, _ in options}
    page = {option.name: (option.letter, option.argument) for option in documented}
    for name in sorted(set(table) | set(page)):
        if name not in page:
            die(path, 1, f'--{name} is in the table of verbs but not in the page')
        if name not in table:
            die(path, 1, f'--{name} is in the page but not in the table of verbs')
        if table[name] != page[name]:
            die(path, 1, f'--{name}: the table says {table[name]}, the page {page[name]}')


def read(cli, man):
    """(verbs, common options, pages); fails when table and pages disagree."""
    verbs, common = read_table(cli)
    pages = load(man)
    for verb in verbs:
        if verb.key() not in pages:
            die(verb.path, 1, f'{verb.name} has no page docs/man/samebuild-{verb.key()}.1.scd')
        page = pages[verb.key()]
        if page.summary() != verb.summary:
            die(page.path, 1, f'the summary is {page.summary()!r}, in the table {verb.summary!r}')
        usage = ' '.join(filter(None, ['samebuild', verb.name, '[OPTION]...', verb.operands]))
        if page.synopsis() != [usage]:
            die(page.path, 1, f'the synopsis must be {usage!r}')
        agree(page.path, verb.options, page.options())
    agree(pages[''].path, common, pages[''].options('OPTIONS OF EVERY VERB'))
    listed = [line for _, line in pages[''].sections['VERBS'] if line.startswith('*')]
    wanted = [f'*{verb.name}*' for verb in verbs]
    if [line.split('* ')[0].rstrip('*') + '*' for line in listed] != wanted:
        die(pages[''].path, 1, f'VERBS must list, in this order: {", ".join(wanted)}')
    unknown = set(pages) - {verb.key() for verb in verbs} - {''}
    if unknown:
        die(man, 1, f'pages without a verb: {", ".join(sorted(unknown))}')
    return verbs, common, pages
