/* SPDX-License-Identifier: Apache-2.0 */
#include "images.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

void put_le(uint8_t *at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

void put_be(uint8_t *at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> 8 * (width - 1 - i));
}

struct opened read_image(const char *format, struct sb_span image)
{
	struct opened opened = open_as(format, exact_copy(image), "x.img");
	uint64_t at = 0;

	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	for (size_t i = 0; i < opened.view.regions.count; i++) {
		cr_assert_eq(sb_view_region(&opened.view, i)->offset, at);
		at += sb_view_region(&opened.view, i)->length;
	}
	cr_assert_eq(at, image.n);
	return opened;
}

void finish_image(struct opened *opened)
{
	struct sb_span bytes = opened->view.file;
	close_view(opened);
	free_sample(bytes);
}

static void fail_image(const char *format, struct sb_span image, int rc, const char *words)
{
	struct opened opened = open_as(format, exact_copy(image), "x.img");

	cr_assert_eq(opened.rc, rc, "%d instead of %d: %s", opened.rc, rc, words);
	cr_assert(strstr(opened.err.msg, words), "\"%s\" instead of \"%s\"", opened.err.msg, words);
	finish_image(&opened);
}

void refuse_image(const char *format, struct sb_span image, const char *words)
{
	fail_image(format, image, SB_FORMAT, words);
}

void limit_image(const char *format, struct sb_span image, const char *words)
{
	fail_image(format, image, SB_LIMIT, words);
}

void is_member(const struct opened *opened, size_t index, const char *name, enum sb_member_type type)
{
	cr_assert_lt(index, opened->view.members.count, "no %s", name);
	const struct sb_member *member = sb_view_member(&opened->view, index);
	cr_assert(sb_span_equal(member->name, sb_span_text(name)), "\"%s\" instead of \"%s\"", (const char *)member->name.p, name);
	cr_assert_eq(member->type, type, "%s is of type %d", name, member->type);
}

const struct sb_region *region_at(const struct opened *opened, uint64_t offset)
{
	for (size_t i = 0; i < opened->view.regions.count; i++)
		if (sb_view_region(&opened->view, i)->offset == offset)
			return sb_view_region(&opened->view, i);
	return NULL;
}

void is_region(const struct opened *opened, uint64_t offset, uint64_t length, const char *name, uint32_t member, enum sb_region_kind kind)
{
	const struct sb_region *region = region_at(opened, offset);

	cr_assert_not_null(region, "nothing begins at %llu, where %s should", (unsigned long long)offset, name);
	char placed[64]; /* a gap in free space has its place in its name */
	snprintf(placed, sizeof placed, "%s at %llu", name, (unsigned long long)offset);
	cr_assert(strcmp(region->name, name) == 0 || strcmp(region->name, placed) == 0, "%s instead of %s", region->name, name);
	cr_assert(region->kind == kind && region->length == length && region->member == member, "%s at %llu: kind %d, %llu bytes, of member %u", name, (unsigned long long)offset,
		  region->kind, (unsigned long long)region->length, region->member);
}

void is_field(struct opened *opened, uint64_t region, const char *name, enum sb_field_kind kind, uint64_t at, uint64_t length)
{
	cr_assert_not_null(region_at(opened, region), "nothing begins at %llu", (unsigned long long)region);
	const struct sb_field *field = field_of(opened, region_at(opened, region), name);
	cr_assert_not_null(field, "no field %s", name);
	cr_assert(field->kind == kind && field->offset == region + at && field->length == length, "%s: kind %d, %llu bytes at %llu", name, field->kind,
		  (unsigned long long)field->length, (unsigned long long)field->offset);
}

void is_derived(struct opened *opened, uint64_t region, const char *name, enum sb_derive_algorithm algorithm, uint64_t at, uint64_t over, uint64_t length)
{
	const struct sb_field *field = field_of(opened, region_at(opened, region), name);

	cr_assert_not_null(field, "no field %s", name);
	const struct sb_derivation *from = &field->derived;
	cr_assert(field->kind == SB_FIELD_DERIVED && field->offset == region + at && from->algorithm == algorithm, "%s", name);
	cr_assert(from->over_offset == over && from->over_length == length, "%s over %llu bytes at %llu", name, (unsigned long long)from->over_length,
		  (unsigned long long)from->over_offset);
}

void is_of_kind_in(const char *format, struct sb_span image, uint64_t offset, enum sb_region_kind kind)
{
	struct opened opened = read_image(format, image);
	const struct sb_region *region = region_at(&opened, offset);

	cr_assert_not_null(region, "nothing begins at %llu", (unsigned long long)offset);
	cr_assert_eq(region->kind, kind, "%s at %llu", region->name, (unsigned long long)offset);
	finish_image(&opened);
}
