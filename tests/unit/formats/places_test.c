/* SPDX-License-Identifier: Apache-2.0 */
/* Places of content, and names that a reader takes for one. */
#include "samples.h"
#include "verifier/formats/places.h"
#include "verifier/formats/tiles.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(places, .fini = no_leaks);

static const struct sb_format none = {.name = "none"};

/* A length of eight bytes, then so many. */
static struct sb_span take(struct sb_span *rest)
{
	struct sb_rd rd = sb_rd_of(*rest, false);
	struct sb_span out = sb_rd_bytes(&rd, (size_t)sb_rd_uint(&rd, 8));

	cr_assert(!rd.bad);
	*rest = sb_span_of(rest->p + rd.at, rest->n - rd.at);
	return out;
}

/* The last attribute of a member; the name is empty when there is none. */
static struct sb_span last_of(const struct sb_view *view, size_t i, struct sb_span *value)
{
	struct sb_span rest = sb_view_member(view, i)->xattrs, name = {0};

	while (rest.n) {
		name = take(&rest);
		*value = take(&rest);
	}
	return name;
}

static void add(struct sb_view *view, const char *name, uint64_t offset, uint64_t length)
{
	const struct sb_member member = {.name = sb_span_text(name), .type = SB_MEMBER_FILE, .offset = offset, .length = length, .size = length};
	cr_assert_eq(sb_emit_member(view, &member, NULL), 0);
}

Test(places, every_member_with_bytes_says_where_they_lie)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	static const uint8_t bytes[64], expected[16] = {7, 0, 0, 0, 0, 0, 0, 0, 9};
	struct sb_span value = {0};
	struct sb_view view;

	sb_view_init(&view, &none, sb_span_of(bytes, sizeof bytes), arena);
	add(&view, "a", 7, 9);
	add(&view, "empty", 0, 0);
	cr_assert_eq(sb_places_tell(&view, NULL), 0);
	cr_expect(sb_span_equal(last_of(&view, 0, &value), sb_span_text("where it lies")));
	cr_expect(sb_span_equal(value, sb_span_of(expected, sizeof expected)));
	cr_expect_eq(sb_view_member(&view, 1)->xattrs.n, 0);
	sb_view_release(&view);
}

Test(places, the_later_of_two_names_stands_behind_the_first)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	static const char *const names[] = {"boot.efi", "BOOT.efi.", "other", "boot.efi", "boot", "BOOT.EFI"};
	static const uint64_t folders[] = {1, 1, 1, 2, 1, 1};
	struct sb_meetings met = {0};
	struct sb_span value = {0};
	struct sb_view view;

	sb_view_init(&view, &none, (struct sb_span){0}, arena);
	for (uint32_t i = 0; i < 6; i++) {
		cr_assert_eq(sb_meetings_add(&met, &view, folders[i], sb_span_text(names[i]), i + 1, NULL), 0);
		cr_assert_eq(sb_meetings_add(&met, &view, folders[i], sb_span_text(names[i]), i + 1, NULL), 0); /* its own short name */
		add(&view, names[i], 0, 0);
	}
	cr_assert_eq(sb_meetings_tell(&met, &view, NULL), 0);
	for (size_t i = 0; i < 6; i++)
		cr_expect_eq(last_of(&view, i, &value).n, i == 1 || i == 5 ? strlen("behind") : 0, "%s", names[i]);
	cr_expect(sb_span_equal(value, sb_span_text("BOOT.efi.")));
	sb_meetings_release(&met);
	sb_view_release(&view);
}

Test(places, only_bytes_that_are_not_zero_are_unknown)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	uint8_t bytes[32] = {0};

	for (unsigned known = 0; known < 2; known++) {
		SB_TILES struct sb_tiles tiles = {0};
		const struct sb_region region = {.length = 8, .kind = SB_REGION_CONTENT, .name = "part"};
		struct sb_view view;
		bytes[20] = !known;
		sb_view_init(&view, &none, sb_span_of(bytes, sizeof bytes), arena);
		cr_assert_eq(sb_tiles_add(&tiles, sizeof bytes, &region, NULL), 0);
		cr_assert_eq(sb_tiles_emit_filled(&tiles, &view, NULL), 0);
		cr_expect_eq(tiles.unknown, !known);
		sb_view_release(&view);
	}
}
