/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/arena.h"
#include "base/buf.h"

/**
 * Foreign text for a person or a UTF-8 document: printable UTF-8 stays; control bytes, DEL, C1 controls, line and paragraph
 * separators, bidirectional and invisible format characters, and invalid UTF-8 become \xNN for each byte; a backslash
 * becomes \\. The result is valid UTF-8 on one line and can be mapped back.
 */
void sb_escape(struct sb_buf *out, struct sb_span text);
/** The same into an arena; NULL when out of memory. */
SB_MUST_USE char *sb_escape_copy(struct sb_arena *arena, struct sb_span text);
/** True when sb_escape would change nothing. */
bool sb_escape_is_plain(struct sb_span text);
/** Length in bytes (1 to 4) of the valid UTF-8 sequence at the start of @text with its code point in *cp; 0 when invalid. */
size_t sb_utf8_decode(struct sb_span text, uint32_t *cp);

#endif
