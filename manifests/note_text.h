/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what the texts of a log are made of. Each value has one spelling. */
#ifndef MANIFESTS_NOTE_TEXT_H
#define MANIFESTS_NOTE_TEXT_H

#include "base/base.h"

/** Decimal, no leading zero, at most INT64_MAX. */
bool sb_note_decimal(struct sb_span text, uint64_t *out);
/** Standard base64 of exactly @n bytes. */
bool sb_note_unbase64(struct sb_span text, uint8_t *out, size_t n);
/** Standard base64 of any bytes, appended to @out. Errors: EVIDENCE "note-malformed"; of the buffer. */
SB_MUST_USE int sb_note_unbase64_any(struct sb_span text, struct sb_buf *out, struct sb_err *err);
/** "PREFIX" in front of @line: what follows it in @rest. */
bool sb_note_after(struct sb_span line, const char *prefix, struct sb_span *rest);

#endif
