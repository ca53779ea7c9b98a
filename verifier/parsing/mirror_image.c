/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked of an executable file, asked of a worker. An answer that does not come is the worst severity, no text, or no list: such
 * answers fold and name differences, and none of them raises a level.
 */
#include "verifier/parsing/mirror.h"

static enum sb_severity severity(struct sb_view *view, const struct sb_place *place)
{
	struct sb_wire_request request = sb_mirror_request(view, SB_ASK_SEVERITY, place);
	struct sb_feed feed;

	if (sb_mirror_ask(view, &request, sizeof place->length, &feed, NULL))
		return SB_SEVERITY_CRITICAL;
	uint64_t value = sb_feed_uint(&feed, 1);
	if (value >= SB_SEVERITIES)
		sb_feed_bad(&feed);
	return sb_mirror_done(view, &feed, NULL) ? SB_SEVERITY_CRITICAL : (enum sb_severity)value;
}

static const char *show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_wire_request request = sb_mirror_request(view, SB_ASK_SHOW, place);
	return sb_mirror_text(view, &request, arena);
}

static void read_anchor(struct sb_feed *feed, struct sb_view *view, void *slot)
{
	struct sb_anchor *out = slot;
	size_t n;

	out->kind = (enum sb_anchor_kind)sb_feed_uint(feed, 1);
	const char *name = sb_feed_text(feed, view->arena, &n);
	out->name = name ? name : "";
	out->address = sb_feed_uint(feed, 8);
	out->length = sb_feed_uint(feed, 8);
	out->offset = sb_feed_uint(feed, 8);
	uint64_t region = sb_feed_uint(feed, 4);
	if (out->kind > SB_ANCHOR_OBJECT || region > view->regions.count)
		sb_feed_bad(feed);
	else
		out->region = region ? sb_view_region(view, (size_t)region - 1) : NULL;
}

static void read_reference(struct sb_feed *feed, struct sb_view *view, void *slot)
{
	struct sb_reference *out = slot;

	out->kind = (enum sb_reference_kind)sb_feed_uint(feed, 1);
	out->offset = sb_feed_uint(feed, 8);
	out->length = sb_feed_uint(feed, 8);
	out->target = sb_feed_uint(feed, 8);
	out->base = sb_feed_uint(feed, 8);
	out->rest = sb_feed_uint(feed, 8);
	if (out->kind > SB_REFERENCE_TEXT || out->offset > view->file.n || out->length > view->file.n - out->offset || out->length > 16)
		sb_feed_bad(feed);
}

static void read_row(struct sb_feed *feed, struct sb_view *view, void *slot)
{
	struct sb_row *out = slot;

	out->offset = sb_feed_uint(feed, 8);
	out->length = sb_feed_uint(feed, 8);
	out->free = sb_feed_flag(feed);
	uint64_t says = sb_feed_uint(feed, 1);
	if (says)
		out->says.p = (const uint8_t *)sb_feed_text(feed, view->arena, &out->says.n);
	if (says > 1 || out->offset > view->file.n || out->length > view->file.n - out->offset)
		sb_feed_bad(feed);
}

static void read_fact(struct sb_feed *feed, struct sb_view *view, void *slot)
{
	struct sb_fact *out = slot;
	const char *name = sb_feed_shown(feed, view->arena), *value = sb_feed_shown(feed, view->arena);

	out->name = name ? name : "";
	out->value = value ? value : "";
	out->strength = (int)(int32_t)(uint32_t)sb_feed_uint(feed, 4);
	out->signed_for = sb_feed_flag(feed);
}

static int read_list(struct sb_view *view, enum sb_wire_ask ask, const struct sb_place *place, struct sb_vec *out,
                     void (*read)(struct sb_feed *feed, struct sb_view *view, void *slot), struct sb_err *err)
{
	struct sb_wire_request request = sb_mirror_request(view, ask, place);
	return sb_mirror_list(view, &request, out, read, err);
}

static int anchors(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	return read_list(view, SB_ASK_ANCHORS, NULL, out, read_anchor, err);
}

static int references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	return read_list(view, SB_ASK_REFERENCES, place, out, read_reference, err);
}

/* By offset, without overlap and inside the region, as the table of rows demands. */
static int rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_place place = {.region = region, .offset = region->offset, .length = region->length};
	size_t before = out->count;
	int rc = read_list(view, SB_ASK_ROWS, &place, out, read_row, err);
	uint64_t at = region->offset;

	for (size_t i = before; i < out->count; i++) {
		const struct sb_row *row = sb_vec_at(out, i);
		if (row->offset < at || row->offset + row->length > region->offset + region->length)
			out->count = before;
		else
			at = row->offset + row->length;
	}
	return rc;
}

static int facts(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	return read_list(view, SB_ASK_FACTS, NULL, out, read_fact, err);
}

const struct sb_image_format sb_mirror_image = {.severity = severity, .show = show, .anchors = anchors, .references = references, .rows = rows, .facts = facts};
