/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes of what lies in a directory: user.*, security.capability, access control lists and whatever else its file system keeps. */
#ifndef VERIFIER_COMPARE_ATTRIBUTES_H
#define VERIFIER_COMPARE_ATTRIBUTES_H

#include "base/base.h"

/**
 * All attributes of @name beneath @dir, of a link its own: sorted by name, each name and value with its length before it, so that equal bytes are equal
 * attributes. Empty where there are none or the file system has no such thing. *out lives in @arena. Errors: IO "file-unreadable", NOMEM.
 */
SB_MUST_USE int sb_attributes_read(int dir, const char *name, struct sb_arena *arena, struct sb_span *out, struct sb_err *err);

#endif
