/* SPDX-License-Identifier: Apache-2.0 */
/* How many bytes the vendor was free to choose, and which limits cut the comparison. */
#include "verifier/judge/judging.h"

int sb_judge_list_freedom(const uint64_t bytes[SB_CAUSES][2], struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	struct sb_freedom *freedom = sb_arena_array(arena, 2 * SB_CAUSES, sizeof *freedom);

	if (!freedom)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	out->freedom_count = 0;
	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		for (unsigned loaded = 0; loaded < 2; loaded++)
			if (bytes[cause][loaded])
				freedom[out->freedom_count++] = (struct sb_freedom){(enum sb_cause)cause, bytes[cause][loaded], loaded};
	out->freedom = freedom;
	return 0;
}

/* A signature that was taken off a text, or is a file of its own, is nothing that runs. */
static bool is_loaded(const struct sb_claim *claim)
{
	const struct sb_diff_side *side = claim->diff->side;
	bool signature = claim->cause == SB_CAUSE_SIGNATURE && claim->rule == SB_RULE_STRUCTURAL;

	return claim->diff->loaded && (!signature || side[SB_SHIPPED].region || side[SB_REBUILT].region);
}

int sb_judge_freedom(const struct sb_explanation *explanation, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	uint64_t bytes[SB_CAUSES][2] = {{0}};

	for (size_t i = 0; i < explanation->count; i++) {
		for (size_t k = 0; k < explanation->artifacts[i].count; k++) {
			const struct sb_claim *claim = &explanation->artifacts[i].claims[k];
			if (claim->diff && sb_claim_owns(claim))
				bytes[claim->cause][is_loaded(claim)] += claim->freedom;
		}
	}
	return sb_judge_list_freedom((const uint64_t(*)[2])bytes, arena, out, err);
}

static int add_limits(const struct sb_pair *pair, struct sb_vec *hits, struct sb_err *err)
{
	int rc = 0;

	if (pair->limit.name) {
		struct sb_limit_hit *slot = sb_vec_push(hits);
		if (!slot)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		*slot = pair->limit;
	}
	for (size_t i = 0; !rc && i < pair->child_count; i++)
		rc = add_limits(pair->children[i], hits, err);
	return rc;
}

static int keep_limits(const struct sb_vec *hits, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	struct sb_limit_hit *kept = sb_arena_array(arena, hits->count, sizeof *kept);

	if (!kept)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < hits->count; i++) {
		const struct sb_limit_hit *hit = sb_vec_at(hits, i);
		kept[i] = *hit;
		kept[i].name = sb_arena_copy(arena, sb_span_text(hit->name));
		kept[i].where = sb_arena_copy(arena, sb_span_text(hit->where ? hit->where : ""));
		if (!kept[i].name || !kept[i].where)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	out->limits = kept;
	out->limit_count = hits->count;
	return 0;
}

int sb_judge_limits(const struct sb_comparison *comparison, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	SB_VEC struct sb_vec hits = {.size = sizeof(struct sb_limit_hit)};
	int rc = 0;

	for (size_t i = 0; !rc && i < comparison->count; i++)
		if (comparison->artifacts[i].pair)
			rc = add_limits(comparison->artifacts[i].pair, &hits, err);
	return rc ? rc : keep_limits(&hits, arena, out, err);
}
