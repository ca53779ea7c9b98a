/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what a text is written in, where its lines end, what a reader would not see, and where in its structure one is. */
#ifndef VERIFIER_COMPARE_TEXT_H
#define VERIFIER_COMPARE_TEXT_H

#include "verifier/compare/unit.h"

enum sb_text_encoding { SB_TEXT_NONE = 0, SB_TEXT_UTF8, SB_TEXT_UTF16_LE, SB_TEXT_UTF16_BE, SB_TEXT_LATIN1 };

/**
 * The encoding of @bytes; NONE when they are no text. UTF-16 is known by its mark alone; bytes that are not UTF-8 are Latin-1 when most
 * of them are ASCII and none is a control character. A NUL, or another control character than those of texts, makes bytes no text.
 */
enum sb_text_encoding sb_text_encoding(struct sb_span bytes);
const char *sb_text_encoding_name(enum sb_text_encoding encoding);

/** Length of the next character in bytes and its code point; 0 at the end. What cannot be decoded is one unit, U+FFFD. */
size_t sb_text_next(struct sb_span rest, enum sb_text_encoding encoding, uint32_t *cp);

/** The cutter of alignments: lines with their ends (LF, CRLF, CR), and pieces of at most 4 KiB of longer ones. @encoding points to one. */
size_t sb_text_cut(struct sb_span rest, const void *encoding);
/** How many lines end in @bytes. */
unsigned sb_text_lines(struct sb_span bytes, enum sb_text_encoding encoding);

/**
 * Say of two stretches that differ what a person would not see: line ends, blanks at the ends of lines, invisible and bidirectional
 * characters, another encoding. NULL in *remark when there is nothing of that. *deceptive: a character hides or turns text on one side only.
 * Errors: NOMEM.
 */
SB_MUST_USE int sb_text_remark(struct sb_arena *arena, const struct sb_span bytes[SB_SIDES], const enum sb_text_encoding encoding[SB_SIDES],
                               const char **remark, bool *deceptive, struct sb_err *err);

/** Where one is in a JSON or XML text; goes forward only. For display: nothing is concluded from it. */
struct sb_outline;
/** NULL when @text is neither, or out of memory: then there are no names. */
struct sb_outline *sb_outline_new(struct sb_span text, struct sb_arena *arena);
/** The path at @offset ("$.a[3].b", "/project/version"), raw, in the arena; NULL when it is not known. Offsets must not go back. */
const char *sb_outline_at(struct sb_outline *outline, uint64_t offset);

#endif
