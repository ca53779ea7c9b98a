/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/trace/needle.h"

#include <string.h>

TestSuite(needle, .fini = no_leaks);

static void scatter(uint8_t *p, size_t n, uint32_t state)
{
	for (size_t i = 0; i < n; i++) {
		state = state * 1664525 + 1013904223;
		p[i] = (uint8_t)(state >> 24);
	}
}

static bool complete; /* the last search */

static size_t search(struct sb_span whole, const struct sb_needle_part *parts, size_t count, struct sb_span hay, struct sb_lineage_place out[8])
{
	struct sb_needle needle;
	SB_VEC struct sb_vec places = {.size = sizeof *out, .ceiling = 8};
	cr_assert_eq(sb_needle_make(whole, parts, count, &needle, NULL), 0);
	complete = true;
	cr_assert_eq(sb_needle_search(&needle, hay, "", &places, &complete, NULL), 0);
	sb_needle_release(&needle);
	if (places.count)
		memcpy(out, places.items, places.count * sizeof *out);
	return places.count;
}

Test(needle, a_file_that_lies_there_as_it_is_is_one_place)
{
	static uint8_t hay[5000], file[300];
	struct sb_lineage_place places[8];
	scatter(hay, sizeof hay, 1);
	scatter(file, sizeof file, 2);
	memcpy(hay + 4700, file, sizeof file);
	const struct sb_needle_part part = {"", sb_span_of(file, sizeof file), 0};
	cr_assert_eq(search(part.bytes, &part, 1, sb_span_of(hay, sizeof hay), places), 1);
	cr_expect(complete);
	cr_assert_eq(places[0].offset, 4700);
	cr_assert_eq(places[0].equal, 300);
}

/* Two sections that a linker puts elsewhere, in another order, and patches: each is found where it went. */
Test(needle, patched_sections_are_found_where_they_went)
{
	static uint8_t hay[9000], file[1200];
	struct sb_lineage_place places[8];
	scatter(hay, sizeof hay, 1);
	scatter(file, sizeof file, 2);
	const struct sb_needle_part parts[] = {{".text", sb_span_of(file + 64, 600), 64}, {".rodata", sb_span_of(file + 700, 200), 700}};
	memcpy(hay + 6000, file + 64, 600);
	memcpy(hay + 2000, file + 700, 200);
	for (size_t at = 18; at + 4 < 600; at += 22)
		memset(hay + 6000 + at, 0xee, 4);
	cr_assert_eq(search(sb_span_of(file, sizeof file), parts, 2, sb_span_of(hay, sizeof hay), places), 2);
	cr_assert_str_eq(places[0].part, ".text");
	cr_assert_eq(places[0].offset, 6000);
	cr_assert_eq(places[0].length, 600);
	cr_assert_eq(places[0].from, 64);
	cr_assert_str_eq(places[1].part, ".rodata");
	cr_assert_eq(places[1].offset, 2000);
	cr_assert_eq(places[1].equal, 200);
}

Test(needle, a_part_of_a_part_is_given_as_far_as_it_goes)
{
	static uint8_t hay[5000], file[1000];
	struct sb_lineage_place places[8];
	scatter(hay, sizeof hay, 1);
	scatter(file, sizeof file, 2);
	memcpy(hay + 100, file + 300, 200);
	const struct sb_needle_part part = {"", sb_span_of(file, sizeof file), 0};
	cr_assert_eq(search(part.bytes, &part, 1, sb_span_of(hay, sizeof hay), places), 1);
	cr_assert_eq(places[0].from, 300);
	cr_assert_eq(places[0].offset, 100);
	cr_assert_eq(places[0].length, 200);
}

Test(needle, what_is_not_there_is_not_found)
{
	static uint8_t hay[100000], file[1000], zeros[1000];
	struct sb_lineage_place places[8];
	scatter(hay, sizeof hay, 1);
	memset(hay + 500, 0, 5000);
	scatter(file, sizeof file, 2);
	const struct sb_needle_part part = {"", sb_span_of(file, sizeof file), 0}, fill = {"", sb_span_of(zeros, sizeof zeros), 0};
	cr_assert_eq(search((struct sb_span){0}, &part, 1, sb_span_of(hay, sizeof hay), places), 0);
	cr_assert_eq(search((struct sb_span){0}, &fill, 1, sb_span_of(hay, sizeof hay), places), 0, "fill lies everywhere");
	cr_assert_eq(search(part.bytes, &part, 1, (struct sb_span){0}, places), 0);
	cr_assert_eq(search((struct sb_span){0}, NULL, 0, sb_span_of(hay, sizeof hay), places), 0);
}

/* The same section twice in one file: both copies. */
Test(needle, copies_are_places_of_their_own)
{
	static uint8_t hay[5000], file[400];
	struct sb_lineage_place places[8];
	scatter(hay, sizeof hay, 1);
	scatter(file, sizeof file, 2);
	const struct sb_needle_part part = {".data", sb_span_of(file + 100, 300), 100};
	memcpy(hay + 1000, file + 100, 300);
	memcpy(hay + 3000, file + 100, 300);
	cr_assert_eq(search(sb_span_of(file, sizeof file), &part, 1, sb_span_of(hay, sizeof hay), places), 2);
	cr_assert_eq(places[0].offset, 1000);
	cr_assert_eq(places[1].offset, 3000);
}

/* A hay made to agree with the needle everywhere: bounded, and over before anybody waits. */
Test(needle, hits_without_end_cost_no_more_than_the_hay, .timeout = 20)
{
	static uint8_t hay[4 << 20], file[1 << 15];
	struct sb_lineage_place places[8];
	for (size_t i = 0; i < sizeof file; i++)
		file[i] = (uint8_t)(i % 16 * 17 ^ i / 16 % 3);
	for (size_t i = 0; i < sizeof hay; i++)
		hay[i] = file[i % 4096];
	const struct sb_needle_part part = {"", sb_span_of(file, sizeof file), 0};
	cr_assert_leq(search((struct sb_span){0}, &part, 1, sb_span_of(hay, sizeof hay), places), 8);
}

/* Every part might lie at every seventeenth byte: what is compared has a ceiling, and that it was met is said. */
Test(needle, a_file_that_might_lie_everywhere_is_not_searched_for_ever)
{
	enum { PARTS = 256, SIZE = 1 << 14 };
	static uint8_t hay[1 << 18], file[PARTS][SIZE];
	static struct sb_needle_part parts[PARTS];
	struct sb_needle needle;
	SB_VEC struct sb_vec places = {.size = sizeof(struct sb_lineage_place), .ceiling = 8};

	complete = true;
	for (size_t i = 0; i < sizeof hay; i++)
		hay[i] = (uint8_t)(i % 17 * 7);
	for (size_t i = 0; i < PARTS; i++) {
		scatter(file[i], SIZE, (uint32_t)i);
		memcpy(file[i], hay + i % 17, 17);
		file[i][17] = (uint8_t)i;
		parts[i] = (struct sb_needle_part){"", sb_span_of(file[i], SIZE), i * SIZE};
	}
	cr_assert_eq(sb_needle_make(sb_span_of(file, sizeof file), parts, PARTS, &needle, NULL), 0);
	cr_assert_eq(sb_needle_search(&needle, sb_span_of(hay, sizeof hay), "", &places, &complete, NULL), 0);
	cr_expect_not(complete);
	sb_needle_release(&needle);
}
