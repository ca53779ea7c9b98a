/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <string.h>

#include "verifier/explain/image.h"

TestSuite(image, .fini = no_leaks);

static struct sb_vec pieces(void)
{
	return (struct sb_vec){.size = sizeof(struct sb_piece)};
}

static struct sb_piece piece_at(const struct sb_vec *all, size_t i)
{
	return *(const struct sb_piece *)sb_vec_at(all, i);
}

/* Pieces of two texts by their marks; the caller releases them. */
static struct sb_vec aligned(struct sb_span a, struct sb_span b, bool texts)
{
	struct sb_vec marks = pieces(), out = pieces();
	if (texts)
		cr_assert_eq(sb_pieces_of_texts(a, b, &marks, NULL), 0);
	cr_assert_eq(sb_pieces_align(a, b, &marks, &out, NULL), 0);
	sb_vec_release(&marks);
	return out;
}

#define BYTES(text) sb_span_of(text, sizeof(text) - 1)

Test(image, a_longer_text_moves_what_stands_behind_it)
{
	struct sb_span a = BYTES("first text\0a banner\0another text\0last text\0");
	struct sb_span b = BYTES("first text\0a longer banner\0another text\0last text\0");
	struct sb_vec out = aligned(a, b, true);

	cr_assert(sb_address_map_leads(&out, 0, 0));
	cr_assert(sb_address_map_leads(&out, 20, 27), "what stands behind the text moved by seven");
	cr_assert(!sb_address_map_leads(&out, 20, 20));
	cr_assert(!sb_address_map_leads(&out, 20, 28));
	cr_assert(sb_address_map_leads(&out, a.n, b.n), "the end is a place too");
	cr_assert(!sb_address_map_leads(&out, a.n + 1, b.n + 1));
	sb_vec_release(&out);
}

Test(image, equal_lengths_stay_in_place_without_marks)
{
	struct sb_vec out = aligned(BYTES("abcdefgh"), BYTES("abcdXfgh"), false);
	cr_assert_eq(out.count, 1);
	cr_assert_eq(piece_at(&out, 0).length, 8);
	sb_vec_release(&out);
}

Test(image, marks_that_cross_are_dropped)
{
	struct sb_span a = BYTES("one text\0two text\0six text\0"), b = BYTES("two text\0one text\0six text\0");
	struct sb_vec out = aligned(a, b, true);

	cr_assert(!(sb_address_map_leads(&out, 0, 9) && sb_address_map_leads(&out, 9, 0)), "a map rises on both sides");
	cr_assert(sb_address_map_leads(&out, 18, 18));
	for (size_t i = 1; i < out.count; i++) {
		cr_assert_geq(piece_at(&out, i).a, piece_at(&out, i - 1).a);
		cr_assert_geq(piece_at(&out, i).b, piece_at(&out, i - 1).b);
	}
	sb_vec_release(&out);
}

Test(image, a_text_that_stands_twice_is_no_mark)
{
	struct sb_vec marks = pieces();
	cr_assert_eq(sb_pieces_of_texts(BYTES("repeated\0repeated\0alone text\0"), BYTES("repeated\0alone text\0"), &marks, NULL), 0);
	cr_assert_eq(marks.count, 1);
	cr_assert_eq(piece_at(&marks, 0).a, 18);
	cr_assert_eq(piece_at(&marks, 0).b, 9);
	sb_vec_release(&marks);
}

Test(image, references_agree_by_where_they_lead)
{
	struct sb_address_map map = {.addresses = pieces(), .offsets = pieces()};
	*(struct sb_piece *)sb_vec_push(&map.addresses) = (struct sb_piece){0x1000, 0x1000, 0x100};
	*(struct sb_piece *)sb_vec_push(&map.addresses) = (struct sb_piece){0x2000, 0x2010, 0x100};
	*(struct sb_piece *)sb_vec_push(&map.offsets) = (struct sb_piece){0x2000, 0x2020, 0x100};
	struct sb_reference a = {SB_REFERENCE_ADDRESS, 8, 8, 0x2040, 0}, b = {SB_REFERENCE_ADDRESS, 8, 8, 0x2050, 0};

	cr_assert(sb_address_map_agrees(&map, &a, &b));
	cr_assert_eq(sb_reference_distance(&a, &b), 16);
	b.target = 0x2051;
	cr_assert(!sb_address_map_agrees(&map, &a, &b), "one byte off is elsewhere");
	b.target = 0x2060;
	cr_assert(!sb_address_map_agrees(&map, &a, &b), "offsets moved by another distance than addresses");
	a.kind = b.kind = SB_REFERENCE_OFFSET;
	cr_assert(sb_address_map_agrees(&map, &a, &b));
	b.kind = SB_REFERENCE_ADDRESS;
	cr_assert(!sb_address_map_agrees(&map, &a, &b), "not of one kind");
	a = (struct sb_reference){SB_REFERENCE_SIZE, 8, 8, 0x2100, 0x1000};
	b = (struct sb_reference){SB_REFERENCE_SIZE, 8, 8, 0x2110, 0x1000};
	cr_assert(sb_address_map_agrees(&map, &a, &b), "a size follows from both of its ends");
	a.base = b.base = 0x400;
	cr_assert(sb_address_map_agrees(&map, &a, &b), "a start that did not move");
	b.base = 0x1001;
	cr_assert(!sb_address_map_agrees(&map, &a, &b));
	a = b = (struct sb_reference){SB_REFERENCE_ADDRESS, 8, 4, 0x1000, 0};
	b.offset = 24;
	cr_assert_eq(sb_reference_distance(&a, &b), 16, "the field itself moved");
	sb_address_map_release(&map);
}

Test(image, rows_are_covered_without_a_hole)
{
	struct sb_moved_rows rows = {.rows = {{.size = sizeof(struct sb_moved_row)}, {.size = sizeof(struct sb_moved_row)}}};
	*(struct sb_moved_row *)sb_vec_push(&rows.rows[0]) = (struct sb_moved_row){.offset = 100, .length = 24};
	*(struct sb_moved_row *)sb_vec_push(&rows.rows[0]) = (struct sb_moved_row){.offset = 124, .length = 24};
	*(struct sb_moved_row *)sb_vec_push(&rows.rows[0]) = (struct sb_moved_row){.offset = 172, .length = 24};

	cr_assert_eq(sb_moved_rows_until(&rows, 0, 110, 20), 130);
	cr_assert_eq(sb_moved_rows_until(&rows, 0, 110, 60), 148, "a row between them has no counterpart");
	cr_assert_eq(sb_moved_rows_until(&rows, 0, 90, 20), 90);
	cr_assert_eq(sb_moved_rows_until(&rows, 0, 180, 30), 196);
	cr_assert_eq(sb_moved_rows_until(&rows, 1, 110, 20), 110, "nothing is paired on that side");
	cr_assert_eq(sb_moved_rows_until(&rows, 1, 110, 0), 110);
	sb_moved_rows_release(&rows);
}
