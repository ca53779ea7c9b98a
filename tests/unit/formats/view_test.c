/* SPDX-License-Identifier: Apache-2.0 */
/* The check that no byte is without an owner, against readers that lie. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>

TestSuite(view, .fini = no_leaks);

struct lie {
	uint64_t offset[2], length[2];
	size_t count;
};

static int emit_all(struct sb_view *view, const struct lie *lie, struct sb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < lie->count; i++) {
		struct sb_region region = {
			.offset = lie->offset[i], .length = lie->length[i], .kind = SB_REGION_CONTENT, .name = "x"};
		rc = sb_emit_region(view, &region, err);
	}
	return rc;
}

static int open_hole(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return emit_all(view, &(struct lie){{0, 5}, {4, 5}, 2}, err);
}

static int open_overlap(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return emit_all(view, &(struct lie){{0, 4}, {5, 6}, 2}, err);
}

/* The lengths add up to the file's, only the places are wrong. */
static int open_shifted(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return emit_all(view, &(struct lie){{0, 4}, {5, 5}, 2}, err);
}

static int open_apart(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return emit_all(view, &(struct lie){{0, 6}, {5, 5}, 2}, err);
}

static int open_short(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return emit_all(view, &(struct lie){{0}, {9}, 1}, err);
}

static int open_long(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return emit_all(view, &(struct lie){{0, 5}, {5, UINT64_MAX}, 2}, err);
}

static int open_right(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return emit_all(view, &(struct lie){{0, 5}, {5, 5}, 2}, err);
}

static int open_outside_member(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return sb_emit_member(view, &(struct sb_member){.offset = 5, .length = 6}, err);
}

static int describe_twice(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field field = {.offset = region->offset, .length = 3, .name = "a"};
	int rc = sb_emit_field(view, &field, err);
	field.offset += 2;
	return rc ? rc : sb_emit_field(view, &field, err);
}

static int describe_outside(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field field = {.offset = region->offset + 3, .length = 3, .name = "a"};
	return sb_emit_field(view, &field, err);
}

static int try(int (*open)(struct sb_view *, const char *, struct sb_err *),
	       int (*describe)(struct sb_view *, const struct sb_region *, struct sb_err *))
{
	const struct sb_format format = {.name = "liar", .open = open, .describe = describe};
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_view view;
	struct sb_err err = {0};
	int rc = sb_view_open(&format, sb_span_of("0123456789", 10), "", arena, &view, &err);

	if (!rc && describe)
		rc = sb_view_describe(&view, sb_view_region(&view, 0), &err);
	if (rc)
		cr_expect_str_eq(err.id, "tiling-violated");
	sb_view_release(&view);
	sb_arena_free(&arena);
	return rc;
}

Test(view, every_byte_has_one_owner)
{
	cr_expect_eq(try(open_right, NULL), 0);
	cr_expect_eq(try(open_hole, NULL), SB_INTERNAL);
	cr_expect_eq(try(open_overlap, NULL), SB_INTERNAL);
	cr_expect_eq(try(open_shifted, NULL), SB_INTERNAL);
	cr_expect_eq(try(open_apart, NULL), SB_INTERNAL);
	cr_expect_eq(try(open_short, NULL), SB_INTERNAL);
	cr_expect_eq(try(open_long, NULL), SB_INTERNAL);
	cr_expect_eq(try(open_outside_member, NULL), SB_INTERNAL);
}

Test(view, fields_stay_apart_and_inside)
{
	cr_expect_eq(try(open_right, describe_twice), SB_INTERNAL);
	cr_expect_eq(try(open_right, describe_outside), SB_INTERNAL);
}

Test(view, table_is_complete_and_names_are_unique)
{
	size_t count;
	const struct sb_format *const *table = sb_formats_table(&count);

	cr_assert_geq(count, 13);
	for (size_t i = 0; i < count; i++) {
		cr_expect(table[i]->name && table[i]->spec && table[i]->version && table[i]->probe && table[i]->open,
			  "row %zu", i);
		cr_expect_eq(sb_formats_named(table[i]->name), table[i], "%s is there twice", table[i]->name);
		cr_expect_not(table[i]->archive && table[i]->compression, "%s", table[i]->name);
	}
	cr_expect_null(sb_formats_named("nothing"));
}
