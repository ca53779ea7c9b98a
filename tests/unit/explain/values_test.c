/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/explain/values.h"

#include <string.h>

TestSuite(values, .fini = no_leaks);

static void list(const struct sb_facts *facts, struct sb_values *out, struct sb_arena **arena)
{
	*arena = sb_arena_new(0);
	cr_assert(sb_values_list(facts, *arena, out));
}

static size_t form(const struct sb_values *values, enum sb_time_form wanted)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->items[i].shape == SB_SHAPE_TIME && values->items[i].form == wanted)
			return i;
	cr_assert_fail("no such form");
	return 0;
}

Test(values, short_words_and_names_of_every_system_are_no_facts)
{
	const struct sb_facts facts = {.path = "/b", .user = "nobody", .host = "box", .kernel = "6.1", .locale = "C", .timezone = "UTC", .epoch = INT64_MIN};
	struct sb_values values;
	struct sb_arena *arena;

	list(&facts, &values, &arena);
	cr_assert_eq(values.count, 0);
	sb_arena_free(&arena);
}

Test(values, a_time_has_nine_forms)
{
	const struct sb_facts facts = {.epoch = 1700000000};
	static const char *const expected[SB_TIME_FORMS] = {
		"Tue Nov 14 22:13:20 UTC 2023", "Tue Nov 14 22:13:20 2023", "2023-11-14T22:13:20", "Nov 14 2023", "14 Nov 2023", "2023-11-14", "22:13:20",
		"1700000000", "20231114",
	};
	struct sb_values values;
	struct sb_arena *arena;

	list(&facts, &values, &arena);
	cr_assert_eq(values.count, SB_TIME_FORMS);
	for (enum sb_time_form i = 0; i < SB_TIME_FORMS; i++)
		cr_assert(sb_span_equal(values.items[form(&values, i)].ours, sb_span_text(expected[i])), "%s", expected[i]);
	sb_arena_free(&arena);
}

Test(values, whole_words_and_no_parts_of_longer_values)
{
	const struct sb_facts facts = {.path = "/build/builder-1", .user = "builder", .epoch = INT64_MIN};
	struct sb_values values;
	struct sb_arena *arena;

	list(&facts, &values, &arena);
	cr_assert_eq(values.count, 2);
	struct sb_span text = sb_span_text("xbuilder builders /build/builder-1/x builder-1 -builder builder");
	cr_assert_eq(sb_value_next(&values, 1, text, 0, text.n), text.n - 7, "only the last word is one");
	cr_assert_eq(sb_value_next(&values, 0, text, 0, text.n), 18);
	cr_assert_eq(sb_value_next(&values, 0, text, 19, text.n), SIZE_MAX);
	cr_assert_eq(sb_value_next(&values, 1, text, 0, text.n - 1), SIZE_MAX, "below the end");
	struct sb_span paths = sb_span_text("/build/builder-1.5/x //build/builder-1 x/build/builder-1 -I/build/builder-1");
	cr_assert_eq(sb_value_next(&values, 0, paths, 0, paths.n), paths.n - 16, "behind an option");
	cr_assert(sb_value_shades(&values, 1, text, 25, 7), "the name inside the path");
	cr_assert(!sb_value_shades(&values, 1, text, 0, 7));
	sb_arena_free(&arena);
}

static bool plausible(enum sb_shape shape, const char *text)
{
	const struct sb_value value = {.shape = shape, .form = SB_TIME_STAMP};
	return sb_value_is_plausible(&value, sb_span_text(text));
}

Test(values, what_a_build_can_have)
{
	cr_assert(plausible(SB_SHAPE_PATH, "/home/v/a-1.0") && !plausible(SB_SHAPE_PATH, "home/v") && !plausible(SB_SHAPE_PATH, "/a/../b"));
	cr_assert(!plausible(SB_SHAPE_PATH, "/a//b") && !plausible(SB_SHAPE_PATH, "/a/") && !plausible(SB_SHAPE_PATH, "/a b") && !plausible(SB_SHAPE_PATH, "/a;b"));
	cr_assert(plausible(SB_SHAPE_NAME, "vendor_1") && !plausible(SB_SHAPE_NAME, "1vendor") && !plausible(SB_SHAPE_NAME, "ven/dor"));
	cr_assert(plausible(SB_SHAPE_HOST, "host-1.example") && !plausible(SB_SHAPE_HOST, "-host") && !plausible(SB_SHAPE_HOST, "ho_st"));
	cr_assert(plausible(SB_SHAPE_KERNEL, "6.1.0-13-amd64") && !plausible(SB_SHAPE_KERNEL, "x.1") && !plausible(SB_SHAPE_KERNEL, "61"));
	cr_assert(plausible(SB_SHAPE_LOCALE, "de_DE.UTF-8") && !plausible(SB_SHAPE_LOCALE, "de DE"));
	cr_assert(plausible(SB_SHAPE_ZONE, "Europe/Berlin") && !plausible(SB_SHAPE_ZONE, "+1"));
	cr_assert(!plausible(SB_SHAPE_LOCALE, "POSIX") && !plausible(SB_SHAPE_ZONE, "Japan") && !plausible(SB_SHAPE_ZONE, "UTF-8"), "words of other texts");
	cr_assert(plausible(SB_SHAPE_TIME, "Tue Nov 14 22:13:20 2023") && !plausible(SB_SHAPE_TIME, "Wed Nov 14 22:13:20 2023"), "the weekday follows");
	cr_assert(!plausible(SB_SHAPE_TIME, "Sun Nov 31 22:13:20 2023") && !plausible(SB_SHAPE_TIME, "Tue Nov 14 22:13:20 1989"));
}

Test(values, places_where_somebody_builds)
{
	static const char *const good[] = {"/build", "/tmp/acme", "/dev/shm/acme", "/run/build/acme", "/usr/src/acme", "/var/tmp/acme", "/etcetera/x", "/usr/local/src/acme"};
	static const char *const bad[] = {"/etc/passwd", "/bin/sh", "/lib64", "/usr/share/locale", "/usr/lib", "/var/tmp", "/dev/shm", "/tmp", "/home", "/usr", "/usr/local"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_assert(plausible(SB_SHAPE_PATH, good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert(!plausible(SB_SHAPE_PATH, bad[i]), "%s", bad[i]);
}

static bool is_component(enum sb_shape shape, const char *before, const char *behind)
{
	const struct sb_value value = {.shape = shape};
	char text[64];
	int n = snprintf(text, sizeof text, "%sWORD%s", before, behind);

	return sb_value_is_component(&value, sb_span_of(text, (size_t)n), strlen(before), 4);
}

Test(values, parts_of_paths_and_of_names_with_dots)
{
	cr_assert(is_component(SB_SHAPE_NAME, "/etc/", "") && is_component(SB_SHAPE_NAME, "", "/x") && is_component(SB_SHAPE_HOST, "", ".conf") && is_component(SB_SHAPE_LOCALE, "x.", ""));
	cr_assert(!is_component(SB_SHAPE_NAME, "by ", ".") && !is_component(SB_SHAPE_NAME, "", "@x") && !is_component(SB_SHAPE_NAME, "", ". "));
	cr_assert(!is_component(SB_SHAPE_NAME, "/home/", "/x") && !is_component(SB_SHAPE_NAME, "/Users/", "") && is_component(SB_SHAPE_HOST, "/home/", "/x"), "homes are of users");
	cr_assert(!is_component(SB_SHAPE_KERNEL, "/modules/", "/x") && is_component(SB_SHAPE_KERNEL, "so.", "") && !is_component(SB_SHAPE_ZONE, "zoneinfo/", ""));
	cr_assert(!is_component(SB_SHAPE_PATH, "/", "/x") && !is_component(SB_SHAPE_TIME, ".", ".x"));
}

Test(values, our_own_value_has_to_be_plausible)
{
	const struct sb_facts facts = {.path = "/usr/share/locale", .user = "bui/der", .host = "-maker", .kernel = "7.text", .locale = "libc.so", .timezone = "bin/sh", .epoch = INT64_MIN};
	struct sb_values values;
	struct sb_arena *arena;

	list(&facts, &values, &arena);
	cr_assert_eq(values.count, 0);
	sb_arena_free(&arena);
}

Test(values, times_are_parts_of_one_instant)
{
	const struct sb_facts facts = {.epoch = 1700000000};
	struct sb_values values;
	struct sb_arena *arena;

	list(&facts, &values, &arena);
	size_t date = form(&values, SB_TIME_DATE), clock = form(&values, SB_TIME_STAMP);
	values.items[date].candidate = values.items[clock].candidate = true;
	values.items[date].shipped = sb_span_text("Feb  3 2024");
	values.items[clock].shipped = sb_span_text("Sat Feb  3 07:05:09 2024");
	sb_values_agree_on_time(&values);
	cr_assert(!values.items[date].broken && !values.items[clock].broken);
	values.items[date].shipped = sb_span_text("Feb  4 2024");
	sb_values_agree_on_time(&values);
	cr_assert(values.items[date].broken && values.items[clock].broken);
	sb_arena_free(&arena);
}
