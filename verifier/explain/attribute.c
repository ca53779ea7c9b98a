/* SPDX-License-Identifier: Apache-2.0 */
/* What a derived value follows from: the causes of what it covers, added to its note once all of them are known. */
#include "verifier/explain/explainer.h"

#include <string.h>

/** Causes as bits; the list of the contract has less than 64. */
typedef uint64_t cause_set;
_Static_assert(SB_CAUSES <= 64, "a set of causes is one word");

struct found {
	const struct sb_pair *pair;
	cause_set causes;
};

static int by_pair(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	return (x->pair > y->pair) - (x->pair < y->pair);
}

static cause_set causes_of(const struct found *children, size_t count, const struct sb_pair *child)
{
	const struct found *found = count ? bsearch(&(struct found){.pair = child}, children, count, sizeof *children, by_pair) : NULL;
	return found ? found->causes : 0;
}

/* "build-id, timestamp". */
static const char *list_causes(struct sb_explaining *in, cause_set causes)
{
	const char *text = "";

	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		if (causes >> cause & 1)
			text = sb_explain_note(in, "%s%s%s", text, text[0] ? ", " : "", sb_cause_name((enum sb_cause)cause));
	return text;
}

/* Of a stream whose content differs its form follows, as far as anybody can tell. */
static bool follows(const struct sb_claim *claim)
{
	bool stream = claim->diff && claim->diff->kind == SB_DIFF_ENCODING && claim->diff->child && claim->diff->child->state != SB_PAIR_EQUAL;
	return !claim->primary && (claim->rule == SB_RULE_DERIVED || (stream && claim->rule == SB_RULE_STRUCTURAL));
}

static void attribute_claim(struct sb_explaining *in, struct sb_claim *claim, cause_set causes)
{
	if (causes && follows(claim))
		claim->note = sb_explain_note(in, "%s; comes from: %s", claim->note, list_causes(in, causes));
}

/* Claims lie in the order of the tree: those of the pair, then those of each child. *at moves behind them. */
static cause_set attribute_pair(struct sb_explaining *in, const struct sb_pair *pair, struct sb_claim *claims, size_t count, size_t *at)
{
	struct found *children = sb_arena_array(in->arena, pair->child_count, sizeof *children);
	size_t first = *at, end = first;
	cause_set own = 0, below = 0;

	if (!children) {
		in->no_memory = true;
		return 0;
	}
	for (; end < count && claims[end].pair == pair; end++)
		if (claims[end].primary)
			own |= (cause_set)1 << claims[end].cause;
	*at = end;
	for (size_t i = 0; i < pair->child_count; i++) {
		children[i] = (struct found){pair->children[i], attribute_pair(in, pair->children[i], claims, count, at)};
		below |= children[i].causes;
	}
	if (pair->child_count)
		qsort(children, pair->child_count, sizeof *children, by_pair);
	for (size_t i = first; i < end; i++) {
		const struct sb_diff *diff = claims[i].diff;
		cause_set causes = diff && diff->child ? causes_of(children, pair->child_count, diff->child) : 0;
		attribute_claim(in, &claims[i], causes ? causes : own | below);
	}
	return own | below;
}

void sb_explain_attribute(struct sb_explaining *in, struct sb_claim *claims, size_t count)
{
	size_t at = 0;
	attribute_pair(in, in->artifact->pair, claims, count, &at);
}
