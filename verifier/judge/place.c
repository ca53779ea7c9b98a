/* SPDX-License-Identifier: Apache-2.0 */
/* Where a difference lies, so that it can be named and nothing else is meant. */
#include "verifier/judge/judging.h"

static bool is_of_bytes(const struct sb_claim *claim)
{
	const struct sb_diff *diff = claim->diff;

	return diff && !sb_claim_owns(claim) && (diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_TEXT || diff->kind == SB_DIFF_FIELD) &&
	       diff->side[SB_SHIPPED].present && diff->side[SB_REBUILT].present;
}

/* Archives may hold a name twice: then the name says nothing of which one is meant. */
static bool is_only_one(struct sb_placing *placing, const struct sb_pair *pair, unsigned side)
{
	const struct sb_view *view = pair->parent->view[side];
	const struct sb_member *member = pair->member[side];
	size_t found = 0;

	if (!view || !member || view->members.count > placing->budget)
		return false;
	placing->budget -= view->members.count;
	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *other = sb_vec_at(&view->members, i);
		found += sb_span_equal(other->name, member->name);
	}
	return found == 1;
}

static size_t depth_of(struct sb_placing *placing, const struct sb_pair *pair, bool *unique)
{
	size_t depth = 0;

	*unique = true;
	for (; pair->parent && *unique; pair = pair->parent, depth++)
		*unique = is_only_one(placing, pair, SB_SHIPPED) && is_only_one(placing, pair, SB_REBUILT);
	return depth;
}

int sb_judge_place(struct sb_placing *placing, const struct sb_claim *claim, struct sb_arena *arena, struct sb_finding *out, struct sb_err *err)
{
	bool unique = is_of_bytes(claim);
	size_t depth = unique ? depth_of(placing, claim->pair, &unique) : 0;

	if (!unique)
		return 0;
	const char **inside = sb_arena_array(arena, depth, sizeof *inside);
	if (!inside)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	out->inside = inside;
	out->inside_count = depth;
	out->located = true;
	for (const struct sb_pair *pair = claim->pair; pair->parent; pair = pair->parent)
		if (!(inside[--depth] = sb_arena_copy(arena, sb_span_text(pair->name))))
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return 0;
}
