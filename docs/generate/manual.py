# SPDX-License-Identifier: Apache-2.0
"""Reads what we use of scdoc(5): sections, paragraphs, tagged lists of options, literal blocks, bold and underline."""
import os
import re

from prose import die

OPTION = re.compile(r'^\*-')


def plain(text):
    """Text without the marks of scdoc: *bold*, _underline_ (not inside a word), backslash escapes, ++ line breaks."""
    out, i = [], 0
    while i < len(text):
        char = text[i]
        before, after = text[i - 1:i], text[i + 1:i + 2]
        if char == '\\' and after:
            out.append(after)
            i += 1
        elif char == '*' or (char == '_' and not (before.isalnum() and after.isalnum())):
            pass
        elif text.startswith('++', i) and not text[i + 2:].strip():
            break
        else:
            out.append(char)
        i += 1
    return ''.join(out).rstrip()


class Option:
    """One entry of an OPTIONS section: `*-o*, *--output* _FORMAT_=_PATH_` and the text below it."""

    def __init__(self, path, number, line):
        head = plain(line)
        match = re.fullmatch(r'(?:-([A-Za-z]), )?--([a-z][a-z0-9-]*)(?: (\S+))?', head)
        if not match:
            die(path, number, f'an option must look like "-x, --name ARGUMENT", not {head!r}')
        self.letter, self.name, self.argument = match.groups()
        self.head, self.text = head, ''


class Page:
    def __init__(self, path):
        self.path, self.sections, self.order = path, {}, []
        with open(path, encoding='utf-8') as lines:
            self.lines = [line.rstrip('\n') for line in lines]
        self.title = self.lines[0].split('(')[0]
        section = None
        for number, line in enumerate(self.lines[1:], 2):
            if line.startswith('# '):
                section = line[2:].strip()
                if section in self.sections:
                    die(path, number, f'section {section} is there twice')
                self.sections[section] = []
                self.order.append(section)
            elif section and not line.startswith('; '):
                self.sections[section].append((number, line))
        for needed in ('NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXAMPLES', 'SEE ALSO'):
            if needed not in self.sections:
                die(path, 1, f'section {needed} is missing')

    def summary(self):
        text = ' '.join(plain(line) for _, line in self.sections['NAME'] if line.strip())
        name, dash, summary = text.partition(' - ')
        if not dash or name != self.title:
            die(self.path, 3, f'NAME must read "{self.title} - summary"')
        return summary

    def synopsis(self):
        return [plain(line) for _, line in self.sections['SYNOPSIS'] if line.strip()]

    def paragraphs(self, section):
        """Plain paragraphs of a section; literal blocks come as lists of lines."""
        out, paragraph, block = [], [], None
        for _, line in self.sections.get(section, []):
            if line.strip() == '```':
                block, done = (None, block) if block is not None else ([], None)
                if done is not None:
                    out.append(done)
            elif block is not None:
                block.append(line)
            elif line.strip():
                paragraph.append(plain(line.strip()))
                continue
            if paragraph:
                out.append(' '.join(paragraph))
                paragraph = []
        if paragraph:
            out.append(' '.join(paragraph))
        return out

    def options(self, section='OPTIONS'):
        out = []
        for number, line in self.sections.get(section, []):
            if OPTION.match(line):
                out.append(Option(self.path, number, line))
            elif line.startswith('\t') and out:
                out[-1].text = (out[-1].text + ' ' + plain(line.strip())).strip()
            elif line.strip() and out:
                die(self.path, number, f'text in {section} must stand below an option, indented by a tab')
        for option in out:
            if not option.text:
                die(self.path, 1, f'--{option.name} has no text')
        return out


def load(folder):
    """All pages by their verb ("attest sign"); the program's own page is under ""."""
    pages = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith('.1.scd'):
            page = Page(os.path.join(folder, name))
            if page.title + '.1.scd' != name:
                die(page.path, 1, f'the title must be {name[:-6]}(1)')
            pages[name[len('samebuild'):-len('.1.scd')].lstrip('-')] = page
    return pages
