/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/explain/meaning.h"

TestSuite(clauses, .fini = no_leaks, .timeout = 60);

/** Clauses of both sides while they are made. */
struct sides {
	struct sb_vec all[SB_SIDES];
	struct sb_clause_pairs pairs;
};

static struct sides begin(void)
{
	return (struct sides){.all = {{.size = sizeof(struct sb_clause)}, {.size = sizeof(struct sb_clause)}}};
}

static struct sb_clause *add(struct sides *sides, unsigned side, uint64_t word)
{
	size_t count = sides->all[side].count;
	struct sb_clause *slot = sb_vec_push(&sides->all[side]);

	*slot = (struct sb_clause){.offset = 10 * count, .length = 10, .word = word, .target = UINT64_MAX};
	return slot;
}

/* Each letter is a clause. */
static void add_text(struct sides *sides, unsigned side, const char *text)
{
	for (; *text; text++)
		add(sides, side, (uint64_t)*text);
}

static void pair(struct sides *sides, uint64_t work)
{
	cr_assert_eq(sb_clauses_pair(sides->all, &work, &sides->pairs, NULL), 0);
}

static void end(struct sides *sides)
{
	sb_clause_pairs_release(&sides->pairs);
	sb_vec_release(&sides->all[0]);
	sb_vec_release(&sides->all[1]);
}

static size_t paired(const struct sides *sides)
{
	size_t count = 0, last = 0;

	for (size_t i = 0; i < sides->all[SB_SHIPPED].count; i++) {
		size_t partner = sides->pairs.partner[SB_SHIPPED][i];
		if (partner == SIZE_MAX)
			continue;
		const struct sb_clause *a = sb_vec_at(&sides->all[SB_SHIPPED], i), *b = sb_vec_at(&sides->all[SB_REBUILT], partner);
		cr_assert_eq(a->word, b->word);
		cr_assert_eq(sides->pairs.partner[SB_REBUILT][partner], i);
		cr_assert(a->free || count == 0 || partner > last, "in rising order");
		last = partner;
		count++;
	}
	return count;
}

static size_t paired_texts(const char *a, const char *b)
{
	struct sides sides = begin();

	add_text(&sides, SB_SHIPPED, a);
	add_text(&sides, SB_REBUILT, b);
	pair(&sides, 1 << 20);
	size_t count = paired(&sides);
	end(&sides);
	return count;
}

/* The plain quadratic answer. */
static size_t longest_common(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), *row = calloc(m + 1, sizeof *row);

	for (size_t i = 1; i <= n; i++) {
		size_t corner = 0;
		for (size_t k = 1; k <= m; k++) {
			size_t above = row[k];
			row[k] = a[i - 1] == b[k - 1] ? corner + 1 : row[k] > row[k - 1] ? row[k] : row[k - 1];
			corner = above;
		}
	}
	size_t longest = row[m];
	free(row);
	return longest;
}

Test(clauses, as_many_are_paired_as_can_be)
{
	static const char *const texts[] = {"", "a", "ab", "ba", "abcabba", "cbabac", "xabcx", "abc", "aaaa", "aaab", "baaa", "abababab", "the quick fox", "the slow dog"};
	unsigned seed = 7;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			cr_assert_eq(paired_texts(texts[i], texts[k]), longest_common(texts[i], texts[k]), "%s, %s", texts[i], texts[k]);
	for (unsigned round = 0; round < 300; round++) {
		char text[SB_SIDES][41] = {{0}};
		for (unsigned side = 0; side < SB_SIDES; side++) {
			seed = seed * 1103515245 + 12345;
			for (unsigned i = 0, n = (seed >> 16) % 40; i < n; i++)
				text[side][i] = (char)('a' + ((seed = seed * 1103515245 + 12345) >> 16) % 4);
		}
		cr_assert_eq(paired_texts(text[0], text[1]), longest_common(text[0], text[1]), "%s, %s", text[0], text[1]);
	}
}

Test(clauses, parts_do_not_mix)
{
	struct sides sides = begin();

	add(&sides, SB_SHIPPED, 'a')->part = 1;
	add(&sides, SB_SHIPPED, 'b')->part = 2;
	add(&sides, SB_REBUILT, 'b')->part = 2;
	add(&sides, SB_REBUILT, 'a')->part = 1;
	add(&sides, SB_REBUILT, 'a')->part = 3;
	pair(&sides, 1 << 20);
	cr_assert_eq(sides.pairs.partner[SB_SHIPPED][0], 1);
	cr_assert_eq(sides.pairs.partner[SB_SHIPPED][1], 0);
	cr_assert_eq(sides.pairs.partner[SB_REBUILT][2], SIZE_MAX);
	end(&sides);
}

Test(clauses, those_without_an_order_are_counted)
{
	struct sides sides = begin();

	for (const char *a = "abcab"; *a; a++)
		add(&sides, SB_SHIPPED, (uint64_t)*a)->free = true;
	for (const char *b = "bbbac"; *b; b++)
		add(&sides, SB_REBUILT, (uint64_t)*b)->free = true;
	pair(&sides, 1 << 20);
	cr_assert_eq(paired(&sides), 4, "one a of two, two b of three, c");
	end(&sides);
}

/* "abcde" on both sides, where b leads to another letter. */
static size_t paired_branches(const char *a, uint64_t to_a, const char *b, uint64_t to_b)
{
	struct sides sides = begin();

	add_text(&sides, SB_SHIPPED, a);
	add_text(&sides, SB_REBUILT, b);
	((struct sb_clause *)sb_vec_at(&sides.all[SB_SHIPPED], 1))->target = 10 * to_a;
	((struct sb_clause *)sb_vec_at(&sides.all[SB_REBUILT], 1))->target = 10 * to_b;
	pair(&sides, 1 << 20);
	size_t count = paired(&sides);
	end(&sides);
	return count;
}

Test(clauses, what_leads_elsewhere_is_no_counterpart)
{
	cr_assert_eq(paired_branches("abcde", 3, "abcde", 3), 5);
	cr_assert_eq(paired_branches("abcde", 3, "abcde", 4), 4, "to another place");
	cr_assert_eq(paired_branches("abcde", 3, "abxcde", 4), 5, "to what moved");
	cr_assert_eq(paired_branches("abcde", 3, "abxcde", 3), 4, "to where it was");
	cr_assert_eq(paired_branches("abcde", 3, "abcxe", 3), 4, "to what was put in its place");
	cr_assert_eq(paired_branches("abcde", 2, "abcde", 9), 4, "to nowhere");
	cr_assert_eq(paired_branches("abcde", 1, "abcde", 1), 5, "to itself");
}

Test(clauses, too_much_work_pairs_less_and_ends)
{
	struct sides sides = begin();

	for (unsigned i = 0; i < 20000; i++) {
		add(&sides, SB_SHIPPED, i % 7);
		add(&sides, SB_REBUILT, i * 5 % 11);
	}
	pair(&sides, 1 << 16);
	cr_assert_lt(paired(&sides), 20000);
	end(&sides);
}
