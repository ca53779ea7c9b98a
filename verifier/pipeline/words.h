/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: facts of the environment that the source or the toolchain spells itself. */
#ifndef VERIFIER_PIPELINE_WORDS_H
#define VERIFIER_PIPELINE_WORDS_H

#include "verifier/ingest/ingest.h"

/**
 * @facts without the texts that stand in a file of @sources, packed ones included, or in a file of the toolchain that the build read: where the rebuilt side has such a
 * word, that file may have put it there, and another word in its place is a change of the program and no other environment. Without any text where an archive among the
 * sources, or one of those files, could not be looked into; without any but the path where it is not known what the build read. Names count as whole words, paths anywhere.
 * Linear in the size of what is looked at.
 */
struct sb_facts sb_line_facts_apart(const struct sb_sources *sources, const struct sb_facts *facts);

#endif
