/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/model/words.h"

#include <string.h>

const char *sb_word_of(const char *const *words, size_t count, size_t value)
{
	return value < count ? words[value] : words[0];
}

bool sb_word_find(const char *const *words, size_t count, const char *word, size_t *out)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}
