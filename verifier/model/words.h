/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: closed lists of words. */
#ifndef VERIFIER_MODEL_WORDS_H
#define VERIFIER_MODEL_WORDS_H

#include "base/base.h"

/** A value outside its list can only be a bug or damaged memory: it gets the first word, which passes nothing. */
const char *sb_word_of(const char *const *words, size_t count, size_t value);
SB_MUST_USE bool sb_word_find(const char *const *words, size_t count, const char *word, size_t *out);

#endif
