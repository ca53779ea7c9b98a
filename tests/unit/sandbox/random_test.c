/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/order.h"
#include "verifier/sandbox/streams.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(random, .fini = no_leaks);

static struct sb_random_kind kind_of(uint64_t seed, const char *executable, const char *arguments)
{
	struct sb_hash hash;

	sb_random_kind_begin(&hash, seed, executable);
	sb_hash_update(&hash, sb_span_text(arguments));
	return sb_random_kind_end(&hash);
}

/* The first numbers from the state 1, 2, 3, 4, as its authors' reference code gives them. */
Test(random, the_generator_is_xoshiro256_starstar)
{
	static const uint64_t expected[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240)};
	struct sb_random random = {.state = {1, 2, 3, 4}};

	for (size_t i = 0; i < 4; i++) {
		uint64_t word = 0;
		uint8_t bytes[8];

		sb_random_take(&random, bytes, sizeof(bytes));
		for (size_t k = 8; k-- > 0;)
			word = word << 8 | bytes[k];
		cr_assert_eq(word, expected[i], "number %zu", i);
	}
}

Test(random, a_stream_repeats_and_differs_by_all_that_names_it)
{
	const struct sb_random_kind kinds[] = {kind_of(7, "/usr/bin/a", "a"), kind_of(7, "/usr/bin/a", "a"), kind_of(8, "/usr/bin/a", "a"),
	                                       kind_of(7, "/usr/bin/b", "a"), kind_of(7, "/usr/bin/a", "b")};
	uint8_t first[32], other[32];
	struct sb_random random = sb_random_of(&kinds[0], 1);

	sb_random_take(&random, first, sizeof(first));
	for (size_t i = 1; i < 5; i++) {
		random = sb_random_of(&kinds[i], 1);
		sb_random_take(&random, other, sizeof(other));
		cr_expect_eq(memcmp(first, other, sizeof(first)) == 0, i == 1, "kind %zu", i);
	}
	random = sb_random_of(&kinds[0], 2);
	sb_random_take(&random, other, sizeof(other));
	cr_assert(memcmp(first, other, sizeof(first)) != 0, "the next of its kind");
}

Test(random, an_odd_length_is_filled_to_its_end_and_no_further)
{
	struct sb_random random = {.state = {1, 2, 3, 4}};
	uint8_t bytes[16];

	memset(bytes, 0xee, sizeof(bytes));
	sb_random_take(&random, bytes, 11);
	cr_assert_eq(bytes[11], 0xee);
	sb_random_take(&random, bytes, 0);
	cr_assert_eq(bytes[0], 0); /* 11520 is 0x2d00 */
}

Test(random, numbers_below_a_bound_reach_all_of_it)
{
	const struct sb_random_kind kind = kind_of(1, "x", "");
	struct sb_random random = sb_random_of(&kind, 0);
	unsigned seen[5] = {0};

	for (unsigned i = 0; i < 1000; i++)
		seen[sb_random_below(&random, 5)]++;
	for (unsigned i = 0; i < 5; i++)
		cr_expect(seen[i] > 120 && seen[i] < 280, "%u came %u times", i, seen[i]);
	cr_assert_eq(sb_random_below(&random, 1), 0);
}

Test(random, each_process_has_the_next_stream_of_its_kind)
{
	const struct sb_random_kind kind = kind_of(7, "/usr/bin/a", "a");
	struct sb_streams *streams = sb_streams_new();
	struct sb_random one = sb_random_of(&kind, 1), two = sb_random_of(&kind, 2);

	cr_assert_not_null(streams);
	cr_assert_null(sb_streams_find(streams, 10));
	cr_assert_eq(memcmp(sb_streams_begin(streams, 10, &kind), &one, sizeof(one)), 0);
	cr_assert_eq(memcmp(sb_streams_begin(streams, 11, &kind), &two, sizeof(two)), 0);
	cr_assert_eq(memcmp(sb_streams_find(streams, 10), &one, sizeof(one)), 0);
	cr_assert_null(sb_streams_find(streams, 10 + (1 << 14)), "the same place, another process");
	sb_streams_free(&streams);
	cr_assert_null(streams);
	sb_streams_free(&streams);
}

/* ---- the order of files ---- */

static struct sb_entry entries[] = {{.path = "a"},   {.path = "a/x"},   {.path = "a/y"}, {.path = "b"},
                                    {.path = "b/c"}, {.path = "b/c/z"}, {.path = "d"},   {.path = "e"}};
enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };
static const struct sb_inventory inventory = {.entries = entries, .count = ENTRIES};

static void is_permutation_with_folders_first(const size_t *order)
{
	size_t place[ENTRIES], seen[ENTRIES] = {0};

	for (size_t i = 0; i < ENTRIES; i++) {
		cr_assert_lt(order[i], ENTRIES);
		seen[order[i]]++;
		place[order[i]] = i;
	}
	for (size_t i = 0; i < ENTRIES; i++)
		cr_assert_eq(seen[i], 1);
	cr_assert(place[0] < place[1] && place[0] < place[2] && place[3] < place[4] && place[4] < place[5]);
}

Test(random, orders_keep_folders_before_what_is_in_them)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const size_t *sorted, *reversed, *first, *again, *other;

	cr_assert_eq(sb_order_make(SB_ORDER_SORTED, 0, &inventory, arena, &sorted, NULL), 0);
	cr_assert_null(sorted);
	cr_assert_eq(sb_order_make(SB_ORDER_REVERSED, 0, &inventory, arena, &reversed, NULL), 0);
	cr_assert_eq(sb_order_make(SB_ORDER_SHUFFLED, 1, &inventory, arena, &first, NULL), 0);
	cr_assert_eq(sb_order_make(SB_ORDER_SHUFFLED, 1, &inventory, arena, &again, NULL), 0);
	cr_assert_eq(sb_order_make(SB_ORDER_SHUFFLED, 2, &inventory, arena, &other, NULL), 0);
	is_permutation_with_folders_first(reversed);
	is_permutation_with_folders_first(first);
	is_permutation_with_folders_first(other);
	cr_assert_eq(reversed[0], 7, "e before d before b before a");
	cr_assert_eq(reversed[3], 0);
	cr_assert_eq(memcmp(first, again, ENTRIES * sizeof(*first)), 0);
	cr_assert_neq(memcmp(first, other, ENTRIES * sizeof(*first)), 0);
}
