#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the style sheet of the HTML page into a C string."""
import json
import sys

name, source, target = sys.argv[1:]
with open(source, encoding='utf-8') as f:
    lines = [line.strip() for line in f if not line.startswith('/* SPDX')]
with open(target, 'w', encoding='utf-8') as f:
    f.write(f'/* Generated from {source.rsplit("/", 1)[-1]}: edit that. */\n#include "verifier/report/html.h"\n\nconst char {name}[] =\n')
    f.write('\n'.join('\t' + json.dumps(line + '\n', ensure_ascii=False) for line in lines if line) + ';\n')
