/* SPDX-License-Identifier: Apache-2.0 */
/* What is tried next, what a rebuild was worth, and how many rebuilds it takes. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/solve/infer.h"

TestSuite(solve_choose, .fini = no_leaks);

Test(solve_choose, what_a_rebuild_was_worth)
{
	struct sb_solve_file files[] = {{.kept = 100, .now = 60}, {.kept = 10, .now = 80}, {.plain = true}};
	const bool open[] = {true, true, false};
	uint64_t differ;

	cr_assert_eq(sb_solve_end_of(files, 3, open, 0, &differ), SB_TRIAL_CLOSER, "the file that it was about");
	cr_assert_eq(differ, 140);
	cr_assert_eq(sb_solve_end_of(files, 3, open, 1, &differ), SB_TRIAL_NO_CLOSER, "more bytes over all");
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_NO_CLOSER);
	files[1].rebuild = 1;
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_CLOSER, "one is equal");
	cr_assert_eq(sb_solve_count_open(files, 3), 1);
	files[0].rebuild = 1;
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_EQUAL);
	files[0] = files[1] = (struct sb_solve_file){.kept = UINT64_MAX, .now = UINT64_MAX};
	cr_assert_eq(sb_solve_end_of(files, 3, open, SIZE_MAX, &differ), SB_TRIAL_NO_CLOSER, "sums that do not fit");
	cr_assert_eq(differ, UINT64_MAX);
	sb_solve_keep(files, 2);
	cr_assert_eq(files[0].kept, files[0].now);
}

Test(solve_choose, roots_are_offered_in_their_order_and_say_why)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	static const struct sb_solve_root roots[] = {{"aa", "a.tar"}, {"bb", "b\x1b.tar"}, {"cc", "c.tar"}};
	const struct sb_needed needed = {.what = "gcc-12", .version = "12.2.0-13", .ours = "", .artifact = "two", .where = "two > .comment, offset 0"};
	const char *const artifacts[] = {"one", "two"};
	struct sb_solve_found found = {.needed = &needed, .needed_count = 1};
	struct sb_solve_choice choice = {0};
	struct sb_fact_set facts;

	cr_assert_eq(sb_solve_offer_roots(roots, 3, "cc", artifacts, 2, arena, &found, NULL), 0);
	cr_assert_eq(found.count, 4, "never the root that is ours");
	cr_assert_str_eq(found.candidates[0].where, "a.tar, since nothing else was left to try");
	cr_assert_str_eq(found.candidates[3].where, "b\\x1b.tar, since two > .comment, offset 0 names gcc-12 12.2.0-13");
	choice.found = found;
	for (size_t i = 0; i < 2; i++) {
		cr_assert(sb_solve_choose(&choice, "two", &facts));
		cr_assert_str_eq(facts.value[SB_KNOB_TOOLCHAIN], roots[i].digest);
		cr_assert_eq(sb_solve_drop(&choice, &facts, 0, "two", NULL), 0);
	}
	cr_assert_not(sb_solve_choose(&choice, "two", &facts));
	sb_solve_choice_release(&choice);
}

#define LONG "/archive/of/all/that/was/ever/delivered/to/anybody/in/the/world/since/the/very/first/day/of/it/all"
#define DECOY "/opt/vendor" LONG LONG LONG LONG

/** A file as a build in an environment makes it: in some places the vendor's user has another folder, in most the build's own. */
static char *render(const struct sb_fact_set *facts, size_t *length)
{
	static char texts[2][40000];
	static unsigned turn;
	char *text = texts[turn++ % 2];
	const char *path = facts->value[SB_KNOB_PATH];
	bool theirs = strcmp(facts->value[SB_KNOB_USER], "jenkins") == 0;
	size_t n = 0;

	for (unsigned i = 0; i < 12; i++)
		n += (size_t)snprintf(text + n, sizeof texts[0] - n, "in %s/%c.c", path, 'a' + (char)i) + 1;
	for (unsigned i = 0; i < 4; i++)
		n += (size_t)snprintf(text + n, sizeof texts[0] - n, "module %u keeps the files of its users, and what they forgot, below %s/share", i, theirs ? DECOY : path) + 1;
	for (unsigned i = 0; i < 4; i++)
		n += (size_t)snprintf(text + n, sizeof texts[0] - n, "module %u reads the settings that nobody else has written below %s/etc", i, theirs ? DECOY "/second" : path) + 1;
	n += (size_t)snprintf(text + n, sizeof texts[0] - n, "built by %s on a machine at %s.", facts->value[SB_KNOB_USER], facts->value[SB_KNOB_EPOCH]) + 1;
	*length = n;
	return text;
}

/* Bytes of strings that are not the same on both sides, of the longer one. */
static uint64_t count_differing(const char *a, size_t n, const char *b, size_t m)
{
	uint64_t out = 0;

	for (const char *x = a, *y = b; x < a + n && y < b + m; x += strlen(x) + 1, y += strlen(y) + 1)
		if (strcmp(x, y) != 0)
			out += strlen(x) > strlen(y) ? strlen(x) : strlen(y);
	return out;
}

/* The loop of verify --solve with a renderer in place of a build; 0: not solved in 20. */
static unsigned count_rebuilds(const struct sb_fact_set *vendor, bool by_places)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_solve_choice choice = {0};
	struct sb_fact_set tried = {{NULL}}, inside = ours;
	uint64_t kept = UINT64_MAX;
	size_t n, m;
	unsigned rebuilds = 0;
	SB_FREEING char *shipped = NULL;
	const char *made = render(vendor, &n);

	shipped = malloc(n);
	memcpy(shipped, made, n);
	for (; rebuilds <= 20; rebuilds++) {
		struct sb_comparison comparison = {0};
		struct sb_solve_found found;
		const struct sb_solve_in in = {.comparison = &comparison, .ours = &inside};
		for (unsigned knob = 0; knob < SB_KNOBS; knob++)
			inside.value[knob] = tried.value[knob] ? tried.value[knob] : ours.value[knob];
		made = render(&inside, &m);
		if (m == n && memcmp(made, shipped, n) == 0)
			break;
		cr_assert_eq(compare_spans(sb_span_of(shipped, n), sb_span_of(made, m), 1, &comparison), 0);
		cr_assert_eq(sb_solve_infer(&in, arena, &found, NULL), 0);
		uint64_t differ = count_differing(shipped, n, made, m);
		if (differ < kept) {
			kept = differ;
			choice.kept = tried;
			choice.found = found;
		} else {
			uint32_t wrong = by_places ? sb_solve_contradicted(&choice, &tried, "file", &found) : 0;
			cr_assert_eq(sb_solve_drop(&choice, &tried, wrong, "file", NULL), 0);
		}
		sb_comparison_release(&comparison);
		if (!sb_solve_choose(&choice, "file", &tried))
			break;
	}
	sb_solve_choice_release(&choice);
	return rebuilds;
}

Test(solve_choose, a_wrong_fact_is_told_from_right_ones_by_its_places)
{
	struct sb_fact_set vendor = ours;

	vendor.value[SB_KNOB_PATH] = "/srv/w";
	vendor.value[SB_KNOB_USER] = "jenkins";
	vendor.value[SB_KNOB_EPOCH] = "1711111111";
	unsigned before = count_rebuilds(&vendor, false), now = count_rebuilds(&vendor, true);
	cr_log_info("path, date and user beside two decoys: %u rebuilds, by bytes alone %u", now, before);
	cr_assert_eq(now, 3);
	cr_assert_gt(before, now);
}
