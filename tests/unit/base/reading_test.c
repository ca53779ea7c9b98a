/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(reading, .fini = no_leaks);

enum { MEGABYTE = 1 << 20, MUCH = 5 * MEGABYTE + 7 };

static void count(void *ctx)
{
	++*(unsigned *)ctx;
}

Test(reading, pages_are_given_back_each_time_that_much_was_read)
{
	unsigned given = 0;
	struct sb_reading reading = {.most = 100, .give_back = count, .ctx = &given};

	for (unsigned i = 0; i < 9; i++)
		sb_reading_more(&reading, 11);
	cr_assert_eq(given, 0);
	sb_reading_more(&reading, 1);
	cr_assert_eq(given, 1);
	sb_reading_more(&reading, 99);
	cr_assert_eq(given, 1, "it counts anew");
	sb_reading_more(&reading, 1 << 30);
	cr_assert_eq(given, 2);
	sb_reading_more(NULL, 1 << 30);
}

Test(reading, pieces_are_all_of_it_in_order_and_counted)
{
	uint8_t *bytes = calloc(1, MUCH);
	unsigned given = 0;
	struct sb_reading reading = {.most = 2 * MEGABYTE, .give_back = count, .ctx = &given};
	size_t at = 0;

	for (struct sb_span rest = sb_span_of(bytes, MUCH), piece; sb_reading_next(&reading, &rest, &piece); at += piece.n)
		cr_assert_eq(piece.p, bytes + at);
	cr_assert_eq(at, MUCH);
	cr_assert_eq(given, 2);
	free(bytes);
}

Test(reading, what_is_equal_is_found_over_the_edges_of_pieces)
{
	static const size_t places[] = {0, 1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE, MUCH - 1};
	uint8_t *a = calloc(1, MUCH), *b = calloc(1, MUCH);
	struct sb_span x = sb_span_of(a, MUCH), y = sb_span_of(b, MUCH);

	cr_assert(sb_reading_equal(NULL, x, y));
	cr_assert_eq(sb_reading_common_suffix(NULL, x, y), MUCH);
	cr_assert_not(sb_reading_equal(NULL, x, sb_span_of(b, MUCH - 1)));
	cr_assert_eq(sb_reading_common_prefix(NULL, x, sb_span_of(b, MUCH - 1)), MUCH - 1);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		b[places[i]] = 1;
		cr_assert_not(sb_reading_equal(NULL, x, y));
		cr_assert_eq(sb_reading_common_prefix(NULL, x, y), places[i]);
		cr_assert_eq(sb_reading_common_suffix(NULL, x, y), MUCH - 1 - places[i]);
		b[places[i]] = 0;
	}
	free(a);
	free(b);
}

Test(reading, a_place_is_found_over_the_edge_of_a_piece)
{
	static const char needle[] = "needle";
	const size_t n = sizeof needle - 1;
	uint8_t *bytes = calloc(1, MUCH);

	for (size_t at = MEGABYTE - n - 1; at <= MEGABYTE + 1; at++) {
		memcpy(bytes + at, needle, n);
		cr_assert_eq(sb_reading_find(NULL, sb_span_of(bytes, MUCH), sb_span_text(needle)), at);
		memset(bytes + at, 0, n);
	}
	memcpy(bytes + MUCH - n, needle, n);
	cr_assert_eq(sb_reading_find(NULL, sb_span_of(bytes, MUCH), sb_span_text(needle)), MUCH - n);
	cr_assert_eq(sb_reading_find(NULL, sb_span_of(bytes, MUCH - 1), sb_span_text(needle)), SIZE_MAX);
	cr_assert_eq(sb_reading_find(NULL, sb_span_of(bytes, n - 1), sb_span_text(needle)), SIZE_MAX);
	free(bytes);
}
