/* SPDX-License-Identifier: Apache-2.0 */
/* Owners that are found in any order, and what nobody owns. */
#include "samples.h"
#include "verifier/formats/tiles.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(tiles, .fini = no_leaks);

static const struct sb_format none = {.name = "none"};

static int tile(const uint64_t (*parts)[2], size_t count, struct sb_view *view, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++) {
		const struct sb_region region = {.offset = parts[i][0], .length = parts[i][1], .kind = SB_REGION_CONTENT, .name = "part"};
		rc = sb_tiles_add(&tiles, view->file.n, &region, err);
	}
	return rc ? rc : sb_tiles_emit(&tiles, view, err);
}

Test(tiles, holes_and_the_rest_have_owners)
{
	static const uint64_t parts[][2] = {{20, 4}, {2, 8}, {30, 0}, {10, 10}};
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	uint8_t bytes[32] = {0};
	struct sb_err err = {0};
	struct sb_view view;

	sb_view_init(&view, &none, sb_span_of(bytes, sizeof bytes), arena);
	cr_assert_eq(tile(parts, 4, &view, &err), 0, "%s", err.msg);
	cr_assert_eq(sb_view_check(&view, &err), 0, "%s", err.msg);
	cr_assert_eq(view.regions.count, 5);
	cr_expect_eq(sb_view_region(&view, 0)->kind, SB_REGION_GAP);
	cr_expect_eq(sb_view_region(&view, 4)->kind, SB_REGION_PADDING);
	cr_expect_eq(sb_view_region(&view, 4)->length, 8);
	sb_view_release(&view);
	bytes[31] = 1;
	sb_view_init(&view, &none, sb_span_of(bytes, sizeof bytes), arena);
	cr_assert_eq(tile(parts, 4, &view, &err), 0, "%s", err.msg);
	cr_expect_eq(sb_view_region(&view, 4)->kind, SB_REGION_OVERLAY);
	sb_view_release(&view);
}

Test(tiles, what_overlaps_or_lies_outside_is_refused)
{
	static const uint64_t overlap[][2] = {{0, 8}, {7, 4}}, twice[][2] = {{4, 4}, {4, 4}}, outside[][2] = {{28, 5}}, wraps[][2] = {{8, UINT64_MAX - 4}};
	const struct {
		const uint64_t (*parts)[2];
		size_t count;
		const char *id;
	} rows[] = {{overlap, 2, "archive-overlap"}, {twice, 2, "archive-overlap"}, {outside, 1, "archive-truncated"}, {wraps, 1, "archive-truncated"}};
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	uint8_t bytes[32] = {0};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_err err = {0};
		struct sb_view view;
		sb_view_init(&view, &none, sb_span_of(bytes, sizeof bytes), arena);
		cr_expect_eq(tile(rows[i].parts, rows[i].count, &view, &err), SB_FORMAT);
		cr_expect_str_eq(err.id, rows[i].id);
		sb_view_release(&view);
	}
}

Test(tiles, the_first_member_owns_what_several_share)
{
	static const struct {
		uint64_t at, length;
		uint32_t member;
	} parts[] = {{8, 8, 2}, {8, 8, 1}, {16, 8, 2}};
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_TILES struct sb_tiles tiles = {.regions = {.count = 0}};
	uint8_t bytes[40] = {[30] = 1};
	struct sb_err err = {0};
	struct sb_view view;

	sb_view_init(&view, &none, sb_span_of(bytes, sizeof bytes), arena);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const struct sb_region region = {.offset = parts[i].at, .length = parts[i].length, .member = parts[i].member, .kind = SB_REGION_CONTENT, .name = "part"};
		cr_assert_eq(sb_tiles_share(&tiles, sizeof bytes, &region, &err), 0);
	}
	cr_assert_eq(sb_tiles_emit_filled(&tiles, &view, &err), 0, "%s", err.msg);
	cr_assert_eq(view.regions.count, 6);
	cr_expect_eq(sb_view_region(&view, 0)->kind, SB_REGION_LAYOUT, "nothing but zeros");
	cr_expect_eq(sb_view_region(&view, 1)->member, 1);
	cr_expect_eq(sb_view_region(&view, 2)->member, 2);
	cr_expect_eq(sb_view_region(&view, 4)->kind, SB_REGION_OVERLAY, "a byte that nobody owns");
	sb_view_release(&view);
}

Test(tiles, what_hides_in_free_space_is_told_to_the_byte)
{
	static const struct {
		uint64_t at, length; /* of what is not zero */
		uint64_t fills[2];   /* bytes before and behind it */
	} rows[] = {{0, 0, {16, 0}}, {0, 16, {0, 0}}, {0, 1, {0, 15}}, {15, 1, {15, 0}}, {3, 9, {3, 4}}, {7, 2, {7, 7}}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		SB_TILES struct sb_tiles tiles = {.regions = {.count = 0}};
		uint8_t bytes[16] = {0};
		struct sb_err err = {0};
		struct sb_view view;
		if (rows[i].length)
			bytes[rows[i].at] = bytes[rows[i].at + rows[i].length - 1] = 1;
		sb_view_init(&view, &none, sb_span_of(bytes, sizeof bytes), arena);
		cr_assert_eq(sb_tiles_emit_filled(&tiles, &view, &err), 0, "%s", err.msg);
		size_t parts = (size_t)(rows[i].fills[0] > 0) + (rows[i].length > 0) + (rows[i].fills[1] > 0);
		cr_assert_eq(view.regions.count, parts, "row %zu", i);
		for (size_t k = 0; k < parts; k++) {
			const struct sb_region *region = sb_view_region(&view, k);
			bool fill = region->kind == SB_REGION_LAYOUT;
			cr_expect_eq(region->offset, k == 0 ? 0 : sb_view_region(&view, k - 1)->offset + sb_view_region(&view, k - 1)->length, "row %zu", i);
			cr_expect(fill || (region->offset == rows[i].at && region->length == rows[i].length), "row %zu", i);
			cr_expect(fill || strcmp(strrchr(region->name, ' '), rows[i].at == 0 ? " 0" : rows[i].at == 15 ? " 15" : rows[i].at == 3 ? " 3" : " 7") == 0, "%s", region->name);
			cr_expect(!fill || region->length == rows[i].fills[region->offset > 0], "row %zu", i);
		}
		sb_view_release(&view);
	}
}
