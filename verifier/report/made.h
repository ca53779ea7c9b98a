/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what files were made of, in words. */
#ifndef VERIFIER_REPORT_MADE_H
#define VERIFIER_REPORT_MADE_H

#include "verifier/model/model.h"

/** "3 of 5 source files were read, 1 only copied, 1 never opened. No source file got into 1 delivered file."; numbers and words only. */
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
/** Is it known what the output was made of, and no source file among what was read or run for it? Makefiles and scripts of an interpreter do not count. */
bool sb_is_sourceless(const struct sb_lineage *lineage, const struct sb_lineage_output *output);
/** Inputs of one origin among those of @list. */
uint64_t sb_count_inputs(const struct sb_lineage *lineage, const struct sb_lineage_list *list, enum sb_origin origin);

#endif
