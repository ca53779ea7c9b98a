/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: names that are written in 16-bit units. */
#ifndef VERIFIER_FORMATS_NAMES_H
#define VERIFIER_FORMATS_NAMES_H

#include "verifier/formats/emit.h"

/** UTF-8 of @units; halves of pairs that stand alone become three bytes each, so that no two names become one. In the arena of @view. Errors: NOMEM. */
SB_MUST_USE int sb_units_keep(struct sb_view *view, const uint16_t *units, size_t count, struct sb_span *out, struct sb_err *err);

/** A name that no system could use for a file: empty, a dot or two, with '/' or NUL. */
bool sb_name_is_unusable(struct sb_span name);

#endif
