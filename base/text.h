/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/span.h"

/** Edit distance (insert, delete, replace, swap of neighbours) of two short words; words over 64 bytes give SIZE_MAX. */
size_t sb_text_distance(const char *a, const char *b);

/** The word of @words (NULL-terminated) nearest to @word within distance 2, or NULL: for "did you mean". */
const char *sb_text_nearest(const char *word, const char *const *words);

/** Does @text fit @glob as a whole? '*' is any text, '?' any byte; nothing else is special. */
bool sb_text_fits(const char *glob, const char *text);

/** Decimal number, whole text, no sign, no leading blank. */
SB_MUST_USE bool sb_text_uint(struct sb_span text, uint64_t *out);

/** 2·n lower case hexadecimal digits and a NUL into @out, which has room for 2·n + 1. */
void sb_text_hex(struct sb_span bytes, char *out);
/** Exactly 2·n hexadecimal digits of either case. */
SB_MUST_USE bool sb_text_unhex(struct sb_span text, uint8_t *out, size_t n);

#endif
