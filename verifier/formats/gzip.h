/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: where one gzip member ends, for formats that put several in a row. */
#ifndef VERIFIER_FORMATS_GZIP_H
#define VERIFIER_FORMATS_GZIP_H

#include "verifier/formats/emit.h"

/** Offset behind the member that begins at @at, found by decoding it; *end 0 when it is none or is cut. Errors: NOMEM. */
SB_MUST_USE int sb_gzip_end(struct sb_reading *reading, struct sb_span file, uint64_t at, uint64_t *end, struct sb_err *err);
/** The first bytes that the member at @at decodes to, at most @n; how many there are. */
size_t sb_gzip_peek(struct sb_span file, uint64_t at, uint8_t *out, size_t n);

#endif
