/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the line that needs no build: compare → explain → judge. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/pipeline/pipeline.h"

#include <string.h>

TestSuite(pipeline, .fini = no_leaks);

static struct sb_side side_of(const char *text)
{
	return (struct sb_side){.present = text != NULL, .bytes = sb_span_text(text ? text : ""), .type = text ? 'f' : 0};
}

static enum sb_level level_of(const struct sb_artifact_in *artifacts, size_t count, const struct sb_facts *facts)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_compare_in in = {.artifacts = artifacts, .count = count, .jobs = 1};
	struct sb_result result = {.level = SB_LEVEL_IDENTICAL};

	cr_assert_eq(sb_pipeline_compare(&in, facts, arena, &result, NULL), 0);
	cr_assert_eq(result.artifact_count, count);
	for (size_t i = 0; i < count; i++)
		cr_assert(sb_coverage_adds_up(&result.artifacts[i].coverage));
	return result.level;
}

static enum sb_level level_of_texts(const char *shipped, const char *rebuilt)
{
	const struct sb_facts none = SB_FACTS_NONE;
	const struct sb_artifact_in artifact = {.name = "file", .shipped = side_of(shipped), .rebuilt = side_of(rebuilt)};
	return level_of(&artifact, 1, &none);
}

Test(pipeline, nothing_to_compare_is_undetermined)
{
	const struct sb_facts none = SB_FACTS_NONE;
	cr_assert_eq(level_of(NULL, 0, &none), SB_LEVEL_UNDETERMINED);
}

Test(pipeline, two_texts)
{
	cr_assert_eq(level_of_texts("same", "same"), SB_LEVEL_IDENTICAL);
	cr_assert_eq(level_of_texts("same", "sane"), SB_LEVEL_DIFFERENT);
	cr_assert_eq(level_of_texts("same", "same\n"), SB_LEVEL_DIFFERENT);
	cr_assert_eq(level_of_texts("", ""), SB_LEVEL_IDENTICAL);
	cr_assert_eq(level_of_texts("", "x"), SB_LEVEL_DIFFERENT);
}

Test(pipeline, a_side_that_is_absent)
{
	cr_assert_eq(level_of_texts("x", NULL), SB_LEVEL_DIFFERENT);
	cr_assert_eq(level_of_texts(NULL, "x"), SB_LEVEL_DIFFERENT);
	cr_assert_eq(level_of_texts("", NULL), SB_LEVEL_DIFFERENT); /* an empty file is not no file */
	cr_assert_eq(level_of_texts(NULL, ""), SB_LEVEL_DIFFERENT);
}

Test(pipeline, the_worst_artifact_gives_the_level)
{
	const struct sb_facts none = SB_FACTS_NONE;
	struct sb_artifact_in artifacts[3];

	for (size_t bad = 0; bad < 4; bad++) {
		for (size_t i = 0; i < 3; i++)
			artifacts[i] = (struct sb_artifact_in){.name = "file", .shipped = side_of("good"), .rebuilt = side_of(i == bad ? "evil" : "good")};
		cr_assert_eq(level_of(artifacts, 3, &none), bad < 3 ? SB_LEVEL_DIFFERENT : SB_LEVEL_IDENTICAL);
	}
}

Test(pipeline, type_link_mode_and_owner_count_where_they_are_known)
{
	const struct sb_facts none = SB_FACTS_NONE;
	struct sb_artifact_in base = {.name = "file", .shipped = side_of("same"), .rebuilt = side_of("same")}, changed;

	changed = base;
	changed.shipped.type = 'l';
	changed.shipped.link = "there";
	cr_assert_eq(level_of(&changed, 1, &none), SB_LEVEL_DIFFERENT);
	changed = base;
	changed.shipped.has_mode = changed.rebuilt.has_mode = true;
	changed.shipped.mode = 04755;
	changed.rebuilt.mode = 0755;
	cr_assert_eq(level_of(&changed, 1, &none), SB_LEVEL_DIFFERENT);
	changed.rebuilt.has_mode = false; /* not known on one side: not compared */
	cr_assert_eq(level_of(&changed, 1, &none), SB_LEVEL_IDENTICAL);
	changed = base;
	changed.shipped.has_owner = changed.rebuilt.has_owner = true;
	changed.shipped.uid = 1000;
	cr_assert_eq(level_of(&changed, 1, &none), SB_LEVEL_DIFFERENT);
}

Test(pipeline, without_a_fact_there_is_no_claim_of_the_environment)
{
	const struct sb_facts none = SB_FACTS_NONE;
	struct sb_facts facts = SB_FACTS_NONE;
	const struct sb_artifact_in artifact = {.name = "log", .shipped = side_of("in /home/x/acme1.0 now\n"), .rebuilt = side_of("in /build/acme-1.0 now\n")};

	facts.path = "/build/acme-1.0";
	cr_assert_eq(level_of(&artifact, 1, &none), SB_LEVEL_DIFFERENT);
	cr_assert_eq(level_of(&artifact, 1, &facts), SB_LEVEL_EXPLAINED);
	facts.path = "/build/acme-2.0"; /* not what the rebuilt side holds */
	cr_assert_eq(level_of(&artifact, 1, &facts), SB_LEVEL_DIFFERENT);
}

Test(pipeline, a_stop_is_an_error_and_leaves_the_result)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const volatile sig_atomic_t stop = SIGINT;
	struct sb_progress progress = {.stop = &stop};
	const struct sb_artifact_in artifact = {.name = "file", .shipped = side_of("a"), .rebuilt = side_of("b")};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 1, .progress = &progress};
	const struct sb_facts none = SB_FACTS_NONE;
	struct sb_result result = {0};

	cr_assert_eq(sb_pipeline_compare(&in, &none, arena, &result, NULL), SB_INTERRUPTED);
	cr_assert_eq(result.level, SB_LEVEL_UNDETERMINED);
}
