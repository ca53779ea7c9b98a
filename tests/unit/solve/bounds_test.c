/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of hostile sides, and the steps that they may cost. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/solve/infer.h"

TestSuite(solve_bounds, .fini = no_leaks);

Test(solve_bounds, many_strings_end_in_time)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};

	for (unsigned i = 0; i < 20000; i++) {
		sb_buf_printf(&shipped, "%05u /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/x\n", i);
		sb_buf_printf(&rebuilt, "%05u /build/acme-1.0/a/build/acme-1.0/a/build/acme-1.0/a/build/acme-1.0\n", i);
	}
	struct inferred in = infer(sb_buf_span(&shipped), sb_buf_span(&rebuilt));
	cr_assert_leq(in.found.count, SB_CANDIDATES_MOST);
	sb_arena_free(&in.arena);
}

/** The strings of one pair, read with a budget. */
struct texts {
	struct sb_buf shipped, rebuilt;
	struct sb_arena *arena;
	struct sb_comparison comparison;
	struct sb_solve_in in;
	struct sb_inferring inferring;
};

/* Values that come again in one string, and disagree at its very end: whoever matches them tries all ways to share the bytes between them. */
static void begin_texts(struct texts *texts, uint64_t left, const struct sb_progress *progress)
{
	*texts = (struct texts){.arena = sb_arena_new(0)};
	for (unsigned i = 0; i < 8; i++) {
		sb_buf_printf(&texts->shipped, "/a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.%u.a.;a;%u.b;z\n", i, i);
		sb_buf_printf(&texts->rebuilt, "/build/acme-1.0.builder.farm.6.1.0-26-amd64.C.UTF-8.;builder;%u.builder;z\n", i);
		sb_buf_printf(&texts->shipped, "made by jenkins%u for you %u\n", i, i);
		sb_buf_printf(&texts->rebuilt, "made by builder for you %u\n", i);
	}
	cr_assert_eq(compare_spans(sb_buf_span(&texts->shipped), sb_buf_span(&texts->rebuilt), 1, &texts->comparison), 0);
	texts->in = (struct sb_solve_in){.comparison = &texts->comparison, .ours = &ours, .progress = progress};
	texts->inferring = (struct sb_inferring){
		.in = &texts->in, .arena = texts->arena, .epoch = 1700000000, .artifact = texts->comparison.artifacts, .left = left,
		.candidates = {.size = sizeof(struct sb_candidate)}, .needed = {.size = sizeof(struct sb_needed)}, .times = {.size = sizeof(struct sb_time_vote)},
	};
	sb_extract_texts.read(&texts->inferring, texts->comparison.artifacts->pair);
}

static void end_texts(struct texts *texts)
{
	cr_assert_not(texts->inferring.failed);
	sb_vec_release(&texts->inferring.candidates);
	sb_vec_release(&texts->inferring.needed);
	sb_vec_release(&texts->inferring.times);
	sb_comparison_release(&texts->comparison);
	sb_arena_free(&texts->arena);
	sb_buf_release(&texts->shipped);
	sb_buf_release(&texts->rebuilt);
}

Test(solve_bounds, members_share_one_budget_and_a_spent_one_gives_fewer)
{
	struct texts all, some;

	begin_texts(&all, SB_STEPS_MOST, NULL);
	uint64_t cost = SB_STEPS_MOST - all.inferring.left;
	size_t most = all.inferring.candidates.count;
	cr_assert_gt(cost, 100000, "eight strings of a hundred bytes: %lu", (unsigned long)cost);
	cr_assert_geq(most, 8);
	for (uint64_t left = 0; left < cost; left += cost / 10) {
		begin_texts(&some, left, NULL);
		cr_assert_eq(some.inferring.left, 0, "of %lu", (unsigned long)left);
		size_t count = some.inferring.candidates.count;
		cr_assert_leq(count, most);
		for (size_t i = 0; i < count; i++) {
			const struct sb_candidate *a = sb_vec_at(&some.inferring.candidates, i), *b = sb_vec_at(&all.inferring.candidates, i);
			cr_assert(a->knob == b->knob && strcmp(a->value, b->value) == 0 && a->weight <= b->weight);
		}
		sb_extract_texts.read(&some.inferring, some.comparison.artifacts->pair);
		cr_assert_eq(some.inferring.candidates.count, count, "nothing is left for the next member");
		end_texts(&some);
	}
	end_texts(&all);
}

Test(solve_bounds, a_request_to_stop_is_heard_at_the_first_step)
{
	const volatile sig_atomic_t stop = 1;
	const struct sb_progress progress = {.stop = &stop};
	struct texts texts;
	struct sb_solve_found found;

	begin_texts(&texts, SB_STEPS_MOST, &progress);
	cr_assert(texts.inferring.stopped);
	cr_assert_eq(texts.inferring.left, SB_STEPS_MOST);
	cr_assert_eq(texts.inferring.candidates.count, 0);
	cr_assert_eq(sb_solve_infer(&texts.in, texts.arena, &found, NULL), SB_INTERRUPTED);
	end_texts(&texts);
}

Test(solve_bounds, words_of_producers_cost_what_they_take_to_compare)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};
	struct texts texts;

	sb_buf_text(&shipped, "GNU C17 12.2.0");
	sb_buf_text(&rebuilt, "GNU C17 12.2.0");
	for (unsigned i = 0; i < 1000; i++) {
		sb_buf_text(&shipped, " -z");
		sb_buf_text(&rebuilt, " -a");
	}
	begin_texts(&texts, SB_STEPS_MOST, NULL);
	const struct sb_run theirs = {.p = (const uint8_t *)shipped.data, .n = (uint32_t)shipped.len}, mine = {.p = (const uint8_t *)rebuilt.data, .n = (uint32_t)rebuilt.len};
	const struct sb_runs runs = {.unique = {[SB_SHIPPED] = {.items = (void *)(uintptr_t)&theirs, .count = 1, .size = sizeof theirs},
	                                        [SB_REBUILT] = {.items = (void *)(uintptr_t)&mine, .count = 1, .size = sizeof mine}}};
	uint64_t left = texts.inferring.left;
	sb_tools_read(&texts.inferring, texts.comparison.artifacts->pair, &runs);
	cr_assert_leq(texts.inferring.left, left - 4000000);
	cr_assert_eq(texts.inferring.needed.count, 1);
	texts.inferring.needed.count = 0;
	texts.inferring.left = 1000;
	sb_tools_read(&texts.inferring, texts.comparison.artifacts->pair, &runs);
	cr_assert_eq(texts.inferring.needed.count, 0);
	end_texts(&texts);
}

/* What a candidate does not come of leaves nothing behind, however often it stands in the file. */
static size_t remembered(const char *shipped, const char *rebuilt, unsigned theirs, unsigned our_count)
{
	SB_BUF struct sb_buf left = {0};
	SB_BUF struct sb_buf right = {0};

	for (unsigned i = 0; i < theirs; i++)
		sb_buf_printf(&left, "%s%u\n", shipped, 1600000000 + i);
	for (unsigned i = 0; i < our_count; i++)
		sb_buf_printf(&right, "%s%u\n", rebuilt, 1700000000 + i);
	struct inferred in = infer(sb_buf_span(&left), sb_buf_span(&right));
	size_t used = sb_arena_used(in.arena);
	sb_arena_free(&in.arena);
	return used;
}

Test(solve_bounds, places_are_put_into_words_for_candidates_alone)
{
	cr_assert_leq(remembered("at ", "at ", 500, 100), 512 * 256, "50,000 moments, 512 candidates at most");
	cr_assert_leq(remembered("GNU AS 7 of ", "GNU AS 8 of ", 5000, 1), 4096, "one tool");
}
