/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: binaries that are written as text, and so pass for sources. */
#ifndef VERIFIER_TRACE_ENCODED_H
#define VERIFIER_TRACE_ENCODED_H

#include "base/base.h"

/** Decoded bytes from which on a table of numbers is called a binary: a CRC table of 32-bit words has 1,024. */
enum { SB_ENCODED_LEAST = 4096 };

/**
 * The longest stretch of @text that encodes at least SB_ENCODED_LEAST bytes, decoded into @out; *form is "C array", "escaped string", "hex digits",
 * "Intel hex" or "base64", or NULL when there is none. Errors: NOMEM.
 */
SB_MUST_USE int sb_encoded_find(struct sb_span text, const char **form, struct sb_buf *out, struct sb_err *err);

#endif
