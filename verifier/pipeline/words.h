/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: facts of the environment that the source spells itself. */
#ifndef VERIFIER_PIPELINE_WORDS_H
#define VERIFIER_PIPELINE_WORDS_H

#include "verifier/ingest/ingest.h"

/**
 * @facts without the texts that stand in a file of @sources, packed ones included: where the rebuilt side has such a word, the source may have written it, and
 * another word in its place is a change of the program and no other environment. Without any text where an archive among the sources could not be looked into. Names count as whole words, paths anywhere. Linear in the size of the sources.
 */
struct sb_facts sb_line_facts_apart(const struct sb_sources *sources, const struct sb_facts *facts);

#endif
