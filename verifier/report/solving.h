/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what --solve tried, in words. */
#ifndef VERIFIER_REPORT_SOLVING_H
#define VERIFIER_REPORT_SOLVING_H

#include "verifier/model/model.h"

/** How many rebuilds made how many files equal, and why no further one was made; numbers and words only. */
void sb_add_solving_sentence(const struct sb_solving *solving, struct sb_buf *out);
/** Where @value was read from; NULL: nowhere. */
const struct sb_evidence *sb_solving_evidence(const struct sb_solving *solving, enum sb_knob knob, const char *value);

/** Lines for a terminal; nothing when nothing was tried. */
void sb_text_solving(const struct sb_solving *solving, struct sb_buf *out);
/** A section for merge requests; nothing when nothing was tried. */
void sb_markdown_solving(const struct sb_solving *solving, struct sb_buf *out);

#endif
