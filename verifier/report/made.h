/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what files were made of, in words. */
#ifndef VERIFIER_REPORT_MADE_H
#define VERIFIER_REPORT_MADE_H

#include "verifier/model/model.h"

/** "3 of 5 source files were read, 1 was only copied, 1 never opened."; numbers and words only. */
void sb_add_sources_sentence(const struct sb_lineage *lineage, struct sb_buf *out);
/** "4 programs and 12 packages of the toolchain took part, 1 file belongs to none."; numbers and words only. */
void sb_add_toolchain_sentence(const struct sb_lineage *lineage, struct sb_buf *out);
/** "2 network, 5 random": attempts by kind; "none". Words of the recorder. */
void sb_add_attempts(const struct sb_lineage *lineage, struct sb_buf *out);
/** Whether the trace can be believed, and why not; escaped. */
void sb_add_trust_sentence(const struct sb_lineage *lineage, struct sb_buf *out);
/** How something got in, in a few words: "read", "run", "by way of what started it". */
const char *sb_inflow_words(enum sb_inflow inflow);
/** What is declared of a package, in a few words. */
const char *sb_declaration_words(enum sb_declaration declaration);

/** Files of the toolchain that no package owns. */
uint64_t sb_count_ownerless(const struct sb_lineage *lineage);
/** Inputs of one origin among those of @list. */
uint64_t sb_count_inputs(const struct sb_lineage *lineage, const struct sb_lineage_list *list, enum sb_origin origin);

#endif
