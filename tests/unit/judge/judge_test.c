/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/judge/judge.h"

#include <string.h>

TestSuite(judge, .fini = no_leaks);

/** One artifact with one pair of ten bytes and up to two differences, judged. */
struct trial {
	struct sb_pair pair;
	struct sb_diff diffs[2];
	struct sb_claim claims[2];
	struct sb_compared artifact;
	struct sb_explained explained;
	struct sb_comparison comparison;
	struct sb_explanation explanation;
	struct sb_result result;
	struct sb_arena *arena;
};

static void prepare(struct trial *t, size_t count)
{
	*t = (struct trial){.arena = sb_arena_new(0)};
	t->pair = (struct sb_pair){.name = "file", .state = SB_PAIR_RAW, .own_bytes = 10, .own_equal = 10, .leaves = 1, .diffs = t->diffs, .diff_count = count};
	t->pair.bytes[0] = t->pair.bytes[1] = sb_span_text("0123456789");
	for (size_t i = 0; i < count; i++) {
		t->diffs[i] = (struct sb_diff){.kind = SB_DIFF_BYTES, .bytes = 1};
		t->diffs[i].side[0] = t->diffs[i].side[1] = (struct sb_diff_side){.present = true, .offset = i, .length = 1};
		t->claims[i] = (struct sb_claim){.pair = &t->pair, .diff = &t->diffs[i], .cause = SB_CAUSE_TIMESTAMP, .rule = SB_RULE_STRUCTURAL,
		                                 .cap = SB_LEVEL_EXPLAINED, .severity = SB_SEVERITY_INFO, .freedom = 1, .note = "note"};
		t->pair.own_equal--;
	}
	t->artifact = (struct sb_compared){.name = "file", .pair = &t->pair};
	t->explained = (struct sb_explained){t->claims, count};
	t->comparison = (struct sb_comparison){.artifacts = &t->artifact, .count = 1};
	t->explanation = (struct sb_explanation){.artifacts = &t->explained, .count = 1, .rules = "test/1"};
}

static int judge(struct trial *t)
{
	return sb_judge_run(&t->comparison, &t->explanation, t->arena, &t->result, NULL);
}

static enum sb_level level_of(struct trial *t)
{
	cr_assert_eq(judge(t), 0);
	enum sb_level level = t->result.level;
	sb_arena_free(&t->arena);
	return level;
}

Test(judge, nothing_compared_is_undetermined)
{
	struct trial t;
	prepare(&t, 0);
	t.comparison.count = t.explanation.count = 0;
	cr_assert_eq(level_of(&t), SB_LEVEL_UNDETERMINED);
}

Test(judge, equal_files_of_directories_alone_are_identical_but_none_are_not)
{
	struct trial t;
	prepare(&t, 0);
	t.comparison.count = t.explanation.count = 0;
	t.comparison.equal = (struct sb_equal_files){.present = true};
	cr_assert_eq(level_of(&t), SB_LEVEL_UNDETERMINED);
	prepare(&t, 0);
	t.comparison.count = t.explanation.count = 0;
	t.comparison.equal = (struct sb_equal_files){.present = true, .files = 1};
	cr_assert_eq(level_of(&t), SB_LEVEL_IDENTICAL);
}

Test(judge, not_equal_and_nothing_said_is_undetermined)
{
	struct trial t;
	prepare(&t, 0);
	cr_assert_eq(level_of(&t), SB_LEVEL_UNDETERMINED);
}

Test(judge, the_worst_claim_gives_the_level)
{
	struct trial t;
	prepare(&t, 2);
	cr_assert_eq(level_of(&t), SB_LEVEL_EXPLAINED);
	prepare(&t, 2);
	t.claims[1].cap = SB_LEVEL_REPACKAGED;
	cr_assert_eq(level_of(&t), SB_LEVEL_REPACKAGED);
	prepare(&t, 2);
	t.claims[0].cap = SB_LEVEL_UNDETERMINED;
	cr_assert_eq(level_of(&t), SB_LEVEL_UNDETERMINED);
}

Test(judge, a_claim_never_raises_above_explained)
{
	struct trial t;
	prepare(&t, 1);
	t.claims[0].cap = SB_LEVEL_IDENTICAL;
	cr_assert_eq(level_of(&t), SB_LEVEL_EXPLAINED);
}

Test(judge, hints_own_nothing_whatever_they_say)
{
	for (enum sb_rule rule = SB_RULE_NONE; rule <= SB_RULE_HINT; rule++) {
		struct trial t;
		prepare(&t, 2);
		t.claims[1].rule = rule;
		t.claims[1].cap = SB_LEVEL_IDENTICAL;
		cr_assert_eq(level_of(&t), SB_LEVEL_DIFFERENT);
	}
}

Test(judge, a_zeroed_claim_is_no_pass)
{
	struct trial t;
	prepare(&t, 1);
	t.claims[0] = (struct sb_claim){.pair = &t.pair, .diff = &t.diffs[0]};
	cr_assert_eq(level_of(&t), SB_LEVEL_DIFFERENT);
	prepare(&t, 1);
	t.claims[0] = (struct sb_claim){.pair = &t.pair};
	t.pair.own_equal = 10;
	cr_assert_eq(level_of(&t), SB_LEVEL_UNDETERMINED);
}

Test(judge, bytes_that_do_not_add_up_are_an_error)
{
	struct trial t;
	prepare(&t, 1);
	t.pair.own_equal = 10;
	cr_assert_eq(judge(&t), SB_INTERNAL);
	cr_assert_eq(t.result.level, SB_LEVEL_UNDETERMINED);
	sb_arena_free(&t.arena);
}

Test(judge, a_difference_without_claim_is_an_error)
{
	struct trial t;
	prepare(&t, 2);
	t.explained.count = 1;
	cr_assert_eq(judge(&t), SB_INTERNAL);
	sb_arena_free(&t.arena);
}

Test(judge, opaque_bytes_and_a_good_level_exclude_each_other)
{
	struct trial t;
	prepare(&t, 1);
	t.pair.state = SB_PAIR_OPAQUE;
	t.diffs[0].bytes = 0;
	cr_assert_eq(level_of(&t), SB_LEVEL_UNDETERMINED);
}

Test(judge, the_worst_artifact_gives_the_level_of_the_run)
{
	struct trial t;
	prepare(&t, 1);
	const struct sb_compared artifacts[] = {{.name = "same", .identical = true}, t.artifact};
	const struct sb_explained explained[] = {{0}, t.explained};
	t.comparison = (struct sb_comparison){.artifacts = artifacts, .count = 2};
	t.explanation.artifacts = explained;
	t.explanation.count = 2;
	cr_assert_eq(judge(&t), 0);
	cr_assert_eq(t.result.level, SB_LEVEL_EXPLAINED);
	cr_assert_eq(t.result.artifacts[0].level, SB_LEVEL_IDENTICAL);
	cr_assert_eq(t.result.artifacts[1].level, SB_LEVEL_EXPLAINED);
	sb_arena_free(&t.arena);
}

Test(judge, freedom_is_summed_by_cause_and_by_what_is_loaded)
{
	struct trial t;
	prepare(&t, 2);
	t.claims[0].freedom = 20;
	t.diffs[0].loaded = true;
	t.claims[1].freedom = 4;
	cr_assert_eq(judge(&t), 0);
	cr_assert_eq(t.result.freedom_count, 2);
	cr_assert_eq(t.result.freedom[0].bytes, 4);
	cr_assert(!t.result.freedom[0].loaded);
	cr_assert_eq(t.result.freedom[1].bytes, 20);
	cr_assert(t.result.freedom[1].loaded);
	sb_arena_free(&t.arena);
}

Test(judge, findings_come_worst_first_and_unexplained_before_explained)
{
	struct trial t;
	prepare(&t, 2);
	t.claims[1].severity = SB_SEVERITY_CRITICAL;
	t.claims[1].rule = SB_RULE_NONE;
	cr_assert_eq(judge(&t), 0);
	cr_assert_eq(t.result.finding_count, 2);
	cr_assert_str_eq(t.result.findings[0].id, "f1");
	cr_assert_eq(t.result.findings[0].severity, SB_SEVERITY_CRITICAL);
	cr_assert_str_eq(t.result.findings[0].where[0], "file");
	cr_assert_str_eq(t.result.findings[0].shipped.preview, "31");
	cr_assert_eq(t.result.findings[1].rule, SB_RULE_STRUCTURAL);
	sb_arena_free(&t.arena);
}

Test(judge, what_came_ready_made_is_a_finding_and_changes_no_level)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	static const struct sb_lineage_place place = {.inside = "a > b", .part = ".text", .offset = 64, .length = 32, .equal = 30};
	const struct sb_lineage_reached reached[] = {{.name = "one", .reach = SB_INFLOW_DATA, .searched = true, .places = &place, .place_count = 1},
	                                             {.name = "two", .reach = SB_INFLOW_RUN}, {.name = "three"}};
	const struct sb_lineage_prebuilt prebuilt = {.path = "b\nlob.o", .format = "ELF", .reached = reached, .reached_count = 3};
	const struct sb_lineage lineage = {.prebuilt = &prebuilt, .prebuilt_count = 1};
	struct sb_result result = {.level = SB_LEVEL_IDENTICAL};
	cr_assert_eq(sb_judge_prebuilt(&lineage, arena, &result, NULL), 0);
	cr_assert_eq(result.level, SB_LEVEL_IDENTICAL);
	cr_assert_eq(result.finding_count, 3);
	cr_assert_str_eq(result.findings[0].artifact, "three"); /* nobody knows how it got in: the worst */
	cr_assert_eq(result.findings[1].severity, SB_SEVERITY_MAJOR);
	cr_assert_eq(result.findings[1].cause, SB_CAUSE_PREBUILT);
	cr_assert_eq(result.findings[1].shipped.offset, 64);
	cr_assert_str_eq(result.findings[1].where[1], "a > b");
	cr_assert_not_null(strstr(result.findings[1].note, "b\\x0alob.o"));
	cr_assert_eq(result.findings[2].severity, SB_SEVERITY_MINOR);
}
