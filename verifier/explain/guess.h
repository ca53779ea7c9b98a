/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: probable causes of what nobody owns. A guess names a cause for people; it never raises a level. */
#ifndef VERIFIER_EXPLAIN_GUESS_H
#define VERIFIER_EXPLAIN_GUESS_H

#include "verifier/explain/explainer.h"

/** @why: static text or NULL; cause UNEXPLAINED: no guess. */
struct sb_guess {
	enum sb_cause cause;
	const char *why;
};

/** By what the bytes around the first difference spell: a date, a path, user@host, a version. */
struct sb_guess sb_guess_words(const struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff);
/** By the order of lines: the same ones on both sides. */
struct sb_guess sb_guess_lines(struct sb_explaining *in, const struct sb_pair *pair);
/** By the order of strings that end in NUL. */
struct sb_guess sb_guess_strings(struct sb_explaining *in, struct sb_span shipped, struct sb_span rebuilt);
/** By the place: a signature, fill that is not zero. */
struct sb_guess sb_guess_place(const struct sb_pair *pair, const struct sb_diff *diff);
/** By what the program says of its compiler, and by how its code differs. */
struct sb_guess sb_guess_code(const struct sb_pair *pair, const struct sb_diff *diff);
/** What both sides say of their compilers and options, where it differs: a sentence with both values, and *cause; NULL when it does not. */
const char *sb_guess_makers(struct sb_explaining *in, const struct sb_pair *pair, enum sb_cause *cause);
/** Do all modes of the archive differ as two masks make them? */
bool sb_guess_umask(struct sb_explaining *in, const struct sb_pair *pair);
/** What made the order of members: `order`, unless the names show more. */
enum sb_cause sb_guess_member_order(const struct sb_pair *pair);

#endif
