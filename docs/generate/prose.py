# SPDX-License-Identifier: Apache-2.0
"""What the generators share: failing with a place, wrapping text, C string literals, dependency files."""
import os
import sys
import textwrap

WIDTH = 80


def die(path, number, message):
    sys.exit(f'{path}:{number}: {message}')


def wrap(text, indent='', first=None):
    """One paragraph, wrapped at WIDTH; words are never broken, so that paths and options can be copied."""
    return textwrap.fill(text, WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)


def literal(text):
    """A C string literal, one source line for each line of @text."""
    lines = text.split('\n')
    pieces = [line + '\n' for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return '\n\t '.join(f'"{escape(piece)}"' for piece in pieces) if pieces else '""'


def escape(text):
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\?':
            out.append('\\' + char)
        elif char == '\n':
            out.append('\\n')
        elif char == '\t':
            out.append('\\t')
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f'\\{byte:03o}')
    return ''.join(out)


def write(path, text):
    with open(path, 'w', encoding='utf-8', newline='\n') as out:
        out.write(text)


def write_depfile(path, target, sources):
    if path:
        write(path, f'{target}: ' + ' '.join(os.path.abspath(source).replace(' ', '\\ ') for source in sources) + '\n')
