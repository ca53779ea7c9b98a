/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: further builds in words. */
#ifndef VERIFIER_REPORT_BUILDS_H
#define VERIFIER_REPORT_BUILDS_H

#include "verifier/model/model.h"

/** Whether the same environment gave the same bytes; numbers and words only. */
void sb_add_builds_sentence(const struct sb_builds *builds, struct sb_buf *out);
/** What other environments showed; numbers and words only. */
void sb_add_variation_sentence(const struct sb_variation *variation, struct sb_buf *out);
/** The axes of a leak: "time", "time with path". */
void sb_add_axes(const struct sb_leak *leak, struct sb_buf *out);
/** "explained: the file depends on" in a few words, by state. */
const char *sb_varying_words(enum sb_varying_state state);

#endif
