/* SPDX-License-Identifier: Apache-2.0 */
/* The search against planted models: what is guilty is found, what is not is cleared, and in how many builds. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/vary/vary.h"

#include <stdio.h>
#include <string.h>

TestSuite(vary, .fini = no_leaks);

enum { AXES = 20, FILES_MOST = 24 };

/** A file that depends on these axes, and on these sets as a whole. */
struct model {
	uint32_t guilty, together;
	bool noisy;     /* another one in every build */
	unsigned often; /* noisy: one build of so many differs; 0: each */
};

struct outcome {
	size_t builds;
	struct sb_vary_verdict files[FILES_MOST], whole;
	bool unsteady;
};

static uint32_t all_axes(void)
{
	return (UINT32_C(1) << AXES) - 1;
}

static void make_id(const struct model *model, uint32_t mask, size_t build, uint8_t id[SB_VARY_ID_BYTES])
{
	uint32_t seen = mask & model->guilty;

	if (model->together && (mask & model->together) == model->together)
		seen |= UINT32_C(1) << 31;
	memset(id, 0, SB_VARY_ID_BYTES);
	memcpy(id, &seen, sizeof seen);
	if (model->noisy && (!model->often || build * 2654435761U % 1000 / 100 % model->often == 0))
		memcpy(id + 8, &build, sizeof build);
}

/* @breaks: sets that make the build fail. */
static void search(const struct model *models, size_t count, uint32_t breaks, struct outcome *out)
{
	struct sb_vary *vary = NULL;
	uint8_t ids[FILES_MOST][SB_VARY_ID_BYTES];
	uint32_t mask;

	*out = (struct outcome){.builds = 0};
	cr_assert_eq(sb_vary_new(all_axes(), UINT32_C(1) << 16, count, &vary, NULL), 0);
	while (sb_vary_ask(vary, &mask)) {
		cr_assert_lt(out->builds, 200);
		for (size_t i = 0; i < count; i++)
			make_id(&models[i], mask, out->builds, ids[i]);
		cr_assert_eq(sb_vary_tell(vary, mask, mask & breaks ? NULL : (const uint8_t(*)[SB_VARY_ID_BYTES])ids, NULL), 0);
		out->builds++;
	}
	for (size_t i = 0; i < count; i++)
		sb_vary_verdict(vary, i, &out->files[i]);
	sb_vary_breaks(vary, &out->whole);
	out->unsteady = sb_vary_unsteady(vary);
	for (size_t i = 0; i < count; i++) /* each reason was seen alone */
		for (uint32_t left = out->files[i].state == SB_VARYING_EXPLAINED ? out->files[i].guilty : 0; left; left &= left - 1)
			cr_assert_neq(sb_vary_evidence(vary, i, left & -left), SIZE_MAX);
	sb_vary_free(&vary);
	cr_assert_null(vary);
}

static void expect(const struct sb_vary_verdict *verdict, const struct model *model)
{
	cr_assert_eq(verdict->state, SB_VARYING_EXPLAINED);
	cr_assert_eq(verdict->guilty, model->guilty, "guilty %x, not %x", verdict->guilty, model->guilty);
	cr_assert_eq(verdict->together_count, model->together ? 1 : 0);
	if (model->together)
		cr_assert_eq(verdict->together[0], model->together, "together %x, not %x", verdict->together[0], model->together);
	cr_assert_eq(verdict->steady, !model->guilty && !model->together);
}

static uint32_t bit(unsigned axis)
{
	return UINT32_C(1) << axis;
}

Test(vary, nothing_guilty_takes_three_builds)
{
	const struct model models[3] = {{.guilty = 0}};
	struct outcome found;

	search(models, 3, 0, &found);
	cr_assert_eq(found.builds, 3);
	for (size_t i = 0; i < 3; i++)
		expect(&found.files[i], &models[i]);
	cr_assert(!found.unsteady);
}

Test(vary, one_guilty_axis_takes_at_most_ten_builds_however_many_files_have_it)
{
	struct outcome found;

	for (unsigned axis = 0; axis < AXES; axis++) {
		const struct model models[4] = {{.guilty = bit(axis)}, {.guilty = 0}, {.guilty = bit(axis)}, {.guilty = bit(axis)}};
		search(models, 4, 0, &found);
		cr_assert_leq(found.builds, 10, "axis %u took %zu builds", axis, found.builds);
		for (size_t i = 0; i < 4; i++)
			expect(&found.files[i], &models[i]);
	}
}

Test(vary, two_guilty_axes_of_one_file)
{
	size_t most = 0, sum = 0, pairs = 0;
	struct outcome found;

	for (unsigned a = 0; a < AXES; a++) {
		for (unsigned b = 0; b < a; b++) {
			const struct model model = {.guilty = bit(a) | bit(b)};
			search(&model, 1, 0, &found);
			expect(&found.files[0], &model);
			most = found.builds > most ? found.builds : most;
			sum += found.builds;
			pairs++;
		}
	}
	cr_log_info("two axes: %zu.%zu builds on average, %zu at most, one at a time %d", sum / pairs, sum * 10 / pairs % 10, most, AXES + 2);
	cr_assert_lt(sum, pairs * (AXES + 2)); /* one at a time */
	cr_assert_leq(most, AXES + 3);
}

Test(vary, two_guilty_axes_of_two_files_take_no_more_than_one_at_a_time)
{
	struct outcome found;

	for (unsigned a = 0; a < AXES; a++) {
		for (unsigned b = 0; b < AXES; b++) {
			const struct model models[2] = {{.guilty = bit(a)}, {.guilty = bit(b)}};
			search(models, 2, 0, &found);
			cr_assert_leq(found.builds, 13, "%u and %u took %zu builds", a, b, found.builds);
			expect(&found.files[0], &models[0]);
			expect(&found.files[1], &models[1]);
		}
	}
}

Test(vary, three_guilty_axes_of_one_file)
{
	size_t most = 0;
	struct outcome found;

	for (unsigned a = 2; a < AXES; a++) {
		for (unsigned b = 1; b < a; b++) {
			const struct model model = {.guilty = bit(a) | bit(b) | bit((a * 7 + b) % b)};
			search(&model, 1, 0, &found);
			expect(&found.files[0], &model);
			most = found.builds > most ? found.builds : most;
		}
	}
	cr_log_info("three axes: %zu builds at most, one at a time %d", most, AXES + 2);
	cr_assert_leq(most, AXES + 8);
}

Test(vary, all_axes_each_in_a_file_of_its_own)
{
	struct model models[AXES];
	struct outcome found;

	for (unsigned axis = 0; axis < AXES; axis++)
		models[axis] = (struct model){.guilty = bit(axis)};
	search(models, AXES, 0, &found);
	for (unsigned axis = 0; axis < AXES; axis++)
		expect(&found.files[axis], &models[axis]);
	cr_assert_leq(found.builds, AXES + 3, "%zu builds", found.builds);
}

Test(vary, twelve_of_them_each_in_a_file_of_its_own_take_fewer_than_one_at_a_time)
{
	struct model models[12];
	struct outcome found;

	for (unsigned i = 0; i < 12; i++)
		models[i] = (struct model){.guilty = bit(i * 3 % AXES)};
	search(models, 12, 0, &found);
	for (unsigned i = 0; i < 12; i++)
		expect(&found.files[i], &models[i]);
	cr_assert_lt(found.builds, AXES + 2, "%zu builds", found.builds);
}

Test(vary, two_axes_that_are_guilty_only_together)
{
	size_t most = 0;
	struct outcome found;

	for (unsigned a = 0; a < AXES; a++) {
		for (unsigned b = 0; b < a; b++) {
			const struct model models[2] = {{.together = bit(a) | bit(b)}, {.guilty = bit((a + b + 3) % AXES)}};
			search(models, 2, 0, &found);
			expect(&found.files[0], &models[0]);
			expect(&found.files[1], &models[1]);
			most = found.builds > most ? found.builds : most;
		}
	}
	cr_assert_leq(most, 2 * AXES);
}

Test(vary, three_axes_together_and_one_alone)
{
	const struct model model = {.guilty = bit(5), .together = bit(2) | bit(11) | bit(19)};
	struct outcome found;

	search(&model, 1, 0, &found);
	expect(&found.files[0], &model);
}

Test(vary, every_axis_guilty)
{
	const struct model model = {.guilty = all_axes()};
	struct outcome found;

	search(&model, 1, 0, &found);
	expect(&found.files[0], &model);
}

Test(vary, an_axis_that_breaks_the_build_hides_nothing_else)
{
	struct outcome found;

	for (unsigned axis = 0; axis < AXES; axis++) {
		const unsigned leak = (axis + 9) % AXES;
		const struct model models[2] = {{.guilty = bit(leak)}, {.guilty = 0}};
		search(models, 2, bit(axis), &found);
		cr_assert_eq(found.whole.state, SB_VARYING_EXPLAINED);
		cr_assert_eq(found.whole.guilty, bit(axis));
		expect(&found.files[0], &models[0]);
		expect(&found.files[1], &models[1]);
	}
}

Test(vary, what_is_another_one_in_every_build_is_told_apart)
{
	const struct model models[3] = {{.noisy = true}, {.guilty = bit(3)}, {.guilty = bit(7), .noisy = true}};
	struct outcome found;

	search(models, 3, 0, &found);
	cr_assert_eq(found.files[0].state, SB_VARYING_UNSTEADY);
	expect(&found.files[1], &models[1]);
	cr_assert_eq(found.files[2].state, SB_VARYING_UNSTEADY);
	cr_assert(found.unsteady);
	cr_assert_leq(found.builds, 10);
}

/* Chance that strikes once in a while: whatever is concluded must not be that an axis did it. */
Test(vary, chance_is_not_taken_for_an_axis)
{
	struct outcome found;

	for (unsigned often = 2; often < 9; often++) {
		const struct model model = {.noisy = true, .often = often};
		search(&model, 1, 0, &found);
		cr_assert(found.files[0].guilty == 0 || found.files[0].state != SB_VARYING_EXPLAINED, "every %u: %x", often, found.files[0].guilty);
	}
}

Test(vary, addresses_differ_in_every_build_and_are_still_one_axis)
{
	struct sb_vary *vary = NULL;
	struct sb_vary_verdict verdict;
	uint8_t ids[1][SB_VARY_ID_BYTES] = {{0}};
	uint32_t mask;
	uint8_t number = 0;

	cr_assert_eq(sb_vary_new(all_axes(), bit(16), 1, &vary, NULL), 0);
	while (sb_vary_ask(vary, &mask)) {
		ids[0][0] = mask & bit(16) ? ++number : 0;
		cr_assert_eq(sb_vary_tell(vary, mask, (const uint8_t(*)[SB_VARY_ID_BYTES])ids, NULL), 0);
	}
	sb_vary_verdict(vary, 0, &verdict);
	cr_assert_eq(verdict.state, SB_VARYING_EXPLAINED);
	cr_assert_eq(verdict.guilty, bit(16));
	sb_vary_free(&vary);
}

/* ---- the table ---- */

static struct sb_drop plain(void)
{
	return (struct sb_drop){.build_path = "/build/acme-1.0",
	                        .control = {.epoch = 1700000000, .clock = SB_CLOCK_SHIFT, .hostname = "build", .user = "builder", .jobs = 2, .locale = "C.UTF-8",
	                                    .timezone = "UTC", .umask = 022, .home = "/nonexistent", .domain = "(none)"}};
}

static bool same_environment(const struct sb_drop *a, const struct sb_drop *b)
{
	bool same = strcmp(a->build_path, b->build_path) == 0 && memcmp(&a->control, &b->control, sizeof a->control) == 0 && a->env_count == b->env_count;

	for (size_t i = 0; same && i < a->env_count; i++)
		same = strcmp(a->env[i].name, b->env[i].name) == 0 && strcmp(a->env[i].value, b->env[i].value) == 0;
	return same;
}

Test(vary, every_axis_changes_its_own_fact_and_no_two_are_alike)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_drop drop = plain();
	struct sb_drop varied[SB_VARY_AXES_MOST], control;
	size_t count;
	const struct sb_vary_axis *axes = sb_vary_axes(&count);
	const uint32_t pins = sb_vary_pins(&drop), possible = sb_vary_possible(&drop, pins);

	cr_assert_eq(sb_vary_drop(&drop, pins, 0, arena, &control, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		cr_assert(axes[i].name && axes[i].mend && axes[i].look);
		cr_assert_eq(sb_vary_drop(&drop, pins, possible & bit((unsigned)i), arena, &varied[i], NULL), 0);
		cr_assert_eq(same_environment(&varied[i], &control), !(possible & bit((unsigned)i)), "%s", axes[i].name);
		for (size_t k = 0; k < i; k++)
			cr_assert(!(possible & bit((unsigned)i)) || !same_environment(&varied[i], &varied[k]), "%s and %s", axes[i].name, axes[k].name);
	}
	cr_assert_eq(strcmp(drop.build_path, "/build/acme-1.0"), 0);
	cr_assert_eq(drop.env_count, 0);
}

static uint32_t named(const char *name)
{
	size_t count;
	const struct sb_vary_axis *axes = sb_vary_axes(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(axes[i].name, name) == 0)
			return bit((unsigned)i);
	return 0;
}

Test(vary, who_shows_a_value_shows_that_it_changes)
{
	cr_assert_eq(sb_vary_implied(named("time")), named("running-clock"));
	cr_assert_eq(sb_vary_implied(named("seed") | named("host")), named("randomness"));
	cr_assert_eq(sb_vary_implied(named("aslr")), named("addresses"));
	cr_assert_eq(sb_vary_implied(named("source-date-epoch") | named("source-times")), 0);
	cr_assert_eq(sb_vary_clock_pin(), named("running-clock"));
}

Test(vary, the_clock_moves_without_the_date_and_the_sources)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_drop drop = plain();
	struct sb_drop varied;

	cr_assert_eq(sb_vary_drop(&drop, 0, named("time"), arena, &varied, NULL), 0);
	cr_assert_gt(varied.control.epoch, drop.control.epoch);
	cr_assert_eq(varied.control.source_time, drop.control.epoch);
	cr_assert_str_eq(varied.env[0].value, "1700000000");
	cr_assert_eq(sb_vary_drop(&drop, 0, named("source-date-epoch"), arena, &varied, NULL), 0);
	cr_assert_eq(varied.control.epoch, drop.control.epoch);
	cr_assert_str_neq(varied.env[0].value, "1700000000");
}

Test(vary, what_the_recipe_sets_or_chance_decides_is_not_varied)
{
	const struct sb_drop_env env[] = {{"HOME", "/h"}, {"LC_ALL", "C"}, {"SOURCE_DATE_EPOCH", "1"}, {"TZ", "UTC"}};
	struct sb_drop drop = plain();

	cr_assert_eq(sb_vary_possible(&drop, 0) & named("seed"), 0); /* it is another one in every build */
	drop.env = env;
	drop.env_count = 4;
	cr_assert_eq(sb_vary_possible(&drop, 0) & (named("home") | named("locale") | named("source-date-epoch") | named("timezone")), 0);
	drop.control.clock = SB_CLOCK_REAL;
	cr_assert_eq(sb_vary_possible(&drop, 0) & named("time"), 0);
	cr_assert_neq(sb_vary_possible(&drop, named("running-clock")) & named("time"), 0);
	cr_assert_eq(sb_vary_possible(&drop, named("parallel-jobs")) & named("jobs"), 0);
}
