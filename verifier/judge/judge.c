/* SPDX-License-Identifier: Apache-2.0 */
/* The single place where a level is given: docs/levels.md. Whatever is not proven is different; whatever is not decided, undetermined. */
#include "verifier/judge/judging.h"

#include <string.h>

static bool is_detached(const struct sb_claim *claim)
{
	return claim->diff && claim->cause == SB_CAUSE_SIGNATURE && claim->rule == SB_RULE_STRUCTURAL;
}

/* The level that one claim leaves possible. */
static enum sb_level cap_of(const struct sb_claim *claim)
{
	if (!claim->diff)
		return claim->cap;
	if (!sb_claim_owns(claim))
		return sb_judge_outside_image(claim->pair, claim->diff) ? SB_LEVEL_IMAGE_IDENTICAL : SB_LEVEL_DIFFERENT;
	bool computed = claim->rule == SB_RULE_DERIVED && claim->freedom == 0;
	return sb_level_worse(claim->cap, is_detached(claim) || computed ? SB_LEVEL_UNSIGNED_IDENTICAL : SB_LEVEL_EXPLAINED);
}

/* The best that claims can prove: a signature that was taken off is what the first of these levels is about. */
static enum sb_level best_of(const struct sb_explained *explained)
{
	for (size_t i = 0; i < explained->count; i++)
		if (is_detached(&explained->claims[i]))
			return SB_LEVEL_UNSIGNED_IDENTICAL;
	return SB_LEVEL_EXPLAINED;
}

/* The verdict on one artifact. */
static enum sb_level judge_artifact(const struct sb_compared *artifact, const struct sb_explained *explained, const struct sb_coverage *coverage)
{
	enum sb_level level = best_of(explained);

	if (artifact->identical)
		return SB_LEVEL_IDENTICAL;
	if (!artifact->pair || explained->count == 0)
		return SB_LEVEL_UNDETERMINED; /* not equal, and nothing said about it */
	for (size_t i = 0; i < explained->count; i++)
		if (level > SB_LEVEL_DIFFERENT || !explained->claims[i].diff || sb_claim_owns(&explained->claims[i])) /* else nothing is left to lose */
			level = sb_level_worse(level, cap_of(&explained->claims[i]));
	if (level > SB_LEVEL_IMAGE_IDENTICAL && (coverage->residual || coverage->opaque))
		return SB_LEVEL_UNDETERMINED; /* the claims and the bytes disagree: never a pass */
	return level;
}

/* What would be left if the differences that nobody owns were none: only a gate with a waiver asks, and the level stays what it is. */
static enum sb_level otherwise(const struct sb_compared *artifact, const struct sb_explained *explained)
{
	enum sb_level level = SB_LEVEL_IDENTICAL;

	if (!artifact->pair || explained->count == 0)
		return SB_LEVEL_UNDETERMINED;
	for (size_t i = 0; i < explained->count; i++)
		if (!explained->claims[i].diff || sb_claim_owns(&explained->claims[i]))
			level = sb_level_worse(level, cap_of(&explained->claims[i]));
	return level;
}

static uint64_t members_of(const struct sb_compared *artifact)
{
	return artifact->pair ? artifact->pair->leaves : 1;
}

static int judge_artifacts(const struct sb_comparison *comparison, const struct sb_explanation *explanation, struct sb_arena *arena,
                           struct sb_result *out, struct sb_err *err)
{
	struct sb_artifact *artifacts = sb_arena_array(arena, comparison->count, sizeof *artifacts);

	if (!artifacts)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < comparison->count; i++) {
		const struct sb_compared *from = &comparison->artifacts[i];
		struct sb_artifact *to = &artifacts[i];
		to->name = from->name;
		to->shipped = from->digest[SB_SHIPPED];
		to->rebuilt = from->digest[SB_REBUILT];
		to->members = members_of(from);
		sb_judge_coverage(from, &explanation->artifacts[i], &to->coverage);
		if (!sb_coverage_adds_up(&to->coverage))
			return sb_fail(err, SB_INTERNAL, "coverage-sum", "the bytes of an artifact do not add up");
		to->level = judge_artifact(from, &explanation->artifacts[i], &to->coverage);
		if (to->level == SB_LEVEL_DIFFERENT || to->level == SB_LEVEL_IMAGE_IDENTICAL)
			to->otherwise = otherwise(from, &explanation->artifacts[i]);
	}
	out->artifacts = artifacts;
	out->artifact_count = comparison->count;
	return 0;
}

/* Worst wins; equal files of directories count as identical, and nothing at all is undetermined. */
enum sb_level sb_judge_level_of_run(const struct sb_result *result)
{
	bool compared = result->artifact_count > 0 || (result->equal.present && result->equal.files > 0);
	enum sb_level level = SB_LEVEL_IDENTICAL;

	if (!compared)
		return SB_LEVEL_UNDETERMINED;
	for (size_t i = 0; i < result->artifact_count; i++)
		level = sb_level_worse(level, result->artifacts[i].level);
	return level;
}

int sb_judge_run(const struct sb_comparison *comparison, const struct sb_explanation *explanation, struct sb_arena *arena, struct sb_result *out,
                 struct sb_err *err)
{
	struct sb_result result = {.tool_version = SB_VERSION, .equal = comparison->equal};

	if (comparison->count != explanation->count)
		return sb_fail(err, SB_INTERNAL, "coverage-sum", "an artifact without an explanation");
	result.rules = sb_arena_copy(arena, sb_span_text(explanation->rules));
	if (!result.rules)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	struct sb_rule_use *uses = sb_arena_array(arena, explanation->use_count, sizeof *uses);
	if (!uses)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (explanation->use_count)
		memcpy(uses, explanation->uses, explanation->use_count * sizeof *uses);
	result.rule_uses = uses;
	result.rule_use_count = explanation->use_count;
	int rc = judge_artifacts(comparison, explanation, arena, &result, err);
	if (!rc)
		rc = sb_judge_findings(comparison, explanation, arena, &result, err);
	if (!rc)
		rc = sb_judge_freedom(explanation, arena, &result, err);
	if (!rc)
		rc = sb_judge_limits(comparison, arena, &result, err);
	if (rc)
		return rc;
	result.level = sb_judge_level_of_run(&result);
	*out = result;
	return 0;
}
