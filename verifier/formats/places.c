/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/places.h"

#include "verifier/formats/xattrs.h"

#include <stdlib.h>

enum { NUMBER = 8 };

static uint8_t *put_number(uint8_t *to, uint64_t number)
{
	for (unsigned i = 0; i < NUMBER; i++)
		to[i] = (uint8_t)(number >> 8 * i);
	return to + NUMBER;
}

/* Begin and length of each stretch of its bytes. */
static int tell_place(struct sb_view *view, struct sb_member *member, struct sb_err *err)
{
	size_t count = member->codec == SB_CODEC_SLICES ? member->slice_count : 1;
	uint8_t *text = sb_arena_alloc(view->arena, 2 * NUMBER * count), *to = text;

	if (!text)
		return sb_no_memory(err);
	for (size_t i = 0; i < count; i++) {
		bool sliced = member->codec == SB_CODEC_SLICES;
		to = put_number(to, sliced ? member->slices[i].offset : member->offset);
		to = put_number(to, sliced ? member->slices[i].length : member->length);
	}
	return sb_xattrs_append(view, "where it lies", sb_span_of(text, (size_t)(to - text)), &member->xattrs, err);
}

int sb_places_tell(struct sb_view *view, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < view->members.count; i++) {
		struct sb_member *member = sb_vec_at(&view->members, i);
		if (member->length)
			rc = tell_place(view, member, err);
	}
	return rc;
}

/* ---- names that meet ---- */

struct name {
	uint64_t folder;
	struct sb_span folded;
	uint32_t member;
};

static int fold(struct sb_view *view, struct sb_span name, struct sb_span *out, struct sb_err *err)
{
	uint8_t *text = sb_arena_alloc(view->arena, name.n + 1);

	if (!text)
		return sb_no_memory(err);
	while (name.n && (name.p[name.n - 1] == '.' || name.p[name.n - 1] == ' '))
		name.n--;
	for (size_t i = 0; i < name.n; i++)
		text[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (uint8_t)(name.p[i] + 32) : name.p[i];
	*out = sb_span_of(text, name.n);
	return 0;
}

int sb_meetings_add(struct sb_meetings *meetings, struct sb_view *view, uint64_t folder, struct sb_span name, uint32_t member, struct sb_err *err)
{
	struct name noted = {.folder = folder, .member = member};
	int rc = fold(view, name, &noted.folded, err);

	meetings->names.size = sizeof noted;
	meetings->names.ceiling = 2 * (size_t)SB_LIMIT_OF(ENTRIES);
	struct name *slot = rc ? NULL : sb_vec_push(&meetings->names);
	if (slot)
		*slot = noted;
	return rc || slot ? rc : sb_no_memory(err);
}

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->folder != y->folder)
		return x->folder < y->folder ? -1 : 1;
	int order = sb_span_compare(x->folded, y->folded);
	return order ? order : (x->member > y->member) - (x->member < y->member);
}

static bool meet(const struct name *a, const struct name *b)
{
	return a->folder == b->folder && a->member != b->member && sb_span_equal(a->folded, b->folded);
}

int sb_meetings_tell(struct sb_meetings *meetings, struct sb_view *view, struct sb_err *err)
{
	const struct name *all = meetings->names.items;
	int rc = 0;

	if (meetings->names.count)
		qsort(meetings->names.items, meetings->names.count, sizeof *all, by_name);
	for (size_t i = 1; !rc && i < meetings->names.count; i++) {
		struct sb_member *later = sb_vec_at(&view->members, all[i].member - 1);
		if (meet(&all[i - 1], &all[i]))
			rc = sb_xattrs_append(view, "behind", sb_view_member(view, all[i - 1].member - 1)->name, &later->xattrs, err);
	}
	return rc;
}

void sb_meetings_release(struct sb_meetings *meetings)
{
	sb_vec_release(&meetings->names);
}
