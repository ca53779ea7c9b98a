/* SPDX-License-Identifier: Apache-2.0 */
/* Why bytes differ: what explain proved about each difference, for judge. */
#ifndef VERIFIER_MODEL_EXPLANATION_H
#define VERIFIER_MODEL_EXPLANATION_H

#include "verifier/model/comparison.h"

/** What is said of one difference. Zeroed, it owns nothing. */
struct sb_claim {
	const struct sb_pair *pair;
	const struct sb_diff *diff;  /* NULL: about the pair as a whole (rejected, opaque, undecided, or what name says) */
	struct sb_range parts[SB_SIDES]; /* with diff NULL: where the bytes of the pair part; empty when there is nothing to show */
	const char *kind;            /* of the finding where diff does not tell: "hardening"; static text, else NULL */
	const char *name;            /* innermost name for the way in, in place of the difference's; raw, else NULL */
	enum sb_cause cause;
	enum sb_rule rule;           /* NONE and HINT: the difference stays unexplained */
	enum sb_level cap;           /* best level that an artifact may have with this claim; DIFFERENT when nothing is owned */
	enum sb_severity severity;
	bool primary;
	uint64_t freedom;            /* bytes that the vendor was free to choose */
	unsigned by;                 /* 1 + index among the uses of rules; 0: none of them owns it */
	const char *note;            /* one sentence; foreign parts escaped */
};

/** Claims of one artifact, in the order of the tree: exactly one for each difference. */
struct sb_explained {
	const struct sb_claim *claims;
	size_t count;
};

struct sb_explanation {
	const struct sb_explained *artifacts; /* as in the comparison */
	size_t count;
	const char *rules;                    /* version of the rule set */
	const struct sb_rule_use *uses;       /* in the order in which they are asked */
	size_t use_count;
	struct sb_arena *arena;
};

/** True when the claim owns its difference. */
static inline bool sb_claim_owns(const struct sb_claim *claim)
{
	return claim->rule > SB_RULE_HINT;
}

#endif
