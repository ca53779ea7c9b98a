/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two files as the sides of one artifact, through compare, explain and judge: four bytes (little endian) say how long the first is.
 * Whatever the bytes are, each difference has one claim, nothing unowned passes, and the bytes add up.
 */
#include "format_fuzz.h"
#include "verifier/compare/compare.h"
#include "verifier/explain/explain.h"
#include "verifier/judge/judge.h"

static size_t count_diffs(const struct sb_pair *pair)
{
	size_t n = pair->diff_count;
	for (size_t i = 0; i < pair->child_count; i++)
		n += count_diffs(pair->children[i]);
	return n;
}

static void check_claims(const struct sb_compared *artifact, const struct sb_explained *explained, enum sb_level level)
{
	size_t on_diffs = 0;

	for (size_t i = 0; i < explained->count; i++) {
		const struct sb_claim *claim = &explained->claims[i];
		on_diffs += claim->diff != NULL;
		must(claim->note && claim->note[0]);
		if (claim->diff && !sb_claim_owns(claim))
			must(claim->cap == SB_LEVEL_DIFFERENT && level <= SB_LEVEL_IMAGE_IDENTICAL);
	}
	must(artifact->identical || on_diffs == count_diffs(artifact->pair));
}

static void explain_and_judge(const struct sb_comparison *comparison, bool equal)
{
	static const struct sb_facts none = SB_FACTS_NONE;
	struct sb_explanation explanation = {0};
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_result result;
	struct sb_err err = {0};
	int rc = sb_explain_run(comparison, &none, &explanation, &err);

	must(arena && (rc == 0 || rc == SB_NOMEM));
	if (rc)
		return;
	rc = sb_judge_run(comparison, &explanation, arena, &result, &err);
	must(rc == 0 || rc == SB_NOMEM);
	if (rc == 0) {
		must((result.level == SB_LEVEL_IDENTICAL) == equal);
		check_claims(&comparison->artifacts[0], &explanation.artifacts[0], result.level);
	}
	sb_explanation_release(&explanation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(data, n), false);
	struct sb_span shipped = sb_rd_bytes(&rd, sb_rd_uint(&rd, 4)), rebuilt = sb_span_of(data + rd.at, n - rd.at);
	const struct sb_artifact_in artifact = {
		.name = "x.so",
		.shipped = {.present = true, .bytes = shipped, .type = 'f'},
		.rebuilt = {.present = true, .bytes = rebuilt, .type = 'f'},
	};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 1};
	struct sb_comparison comparison = {0};

	if (rd.bad)
		return 0;
	if (sb_compare_run(&in, &comparison, NULL) == 0) {
		explain_and_judge(&comparison, sb_span_equal(shipped, rebuilt));
		sb_comparison_release(&comparison);
	}
	return 0;
}
