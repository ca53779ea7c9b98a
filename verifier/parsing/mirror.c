/* SPDX-License-Identifier: Apache-2.0 */
/* Views whose file was parsed by a worker: the parts are here, and who wants to know more goes back to one. */
#include "verifier/parsing/mirror.h"

#include <string.h>

enum { MOST_INDEXES = SB_WIRE_PAYLOAD / sizeof(uint64_t) };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Its place in the table of the product, which is also its place in a table that stands in for it; UINT64_MAX when it has none. */
static uint64_t row_of(const struct sb_format *format)
{
	size_t count;
	const struct sb_format *const *table = sb_formats_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i] == format)
			return i;
	return UINT64_MAX;
}

static bool ask_open(struct sb_worker *worker, const struct sb_mirror *mirror, bool only_code)
{
	struct sb_wire_request request = {.ask = SB_ASK_OPEN, .a = mirror->row, .b = only_code};
	size_t n = strnlen(mirror->hint, SB_WIRE_PAYLOAD - 1);

	memcpy(request.payload, mirror->hint, n);
	return sb_feed_ask(worker, &request, n + 1, -1);
}

static struct sb_feed feed_of(struct sb_worker *worker, bool asked)
{
	struct sb_feed feed = {.worker = worker};

	if (!asked)
		feed.rc = sb_fail(&feed.err, SB_INTERNAL, "parser-failed", "the parser died");
	return feed;
}

/* A worker that has the view open; it was parsed before, so the parts are not asked for again. */
static int borrow(const struct sb_mirror *mirror, struct sb_worker **out, struct sb_err *err)
{
	struct sb_err why = {0};
	int rc = sb_side_borrow(mirror->side, mirror->source, mirror->id, out, err);

	if (rc || (*out)->view == mirror->id)
		return rc;
	struct sb_feed feed = feed_of(*out, ask_open(*out, mirror, true));
	rc = sb_feed_outcome(&feed, &why);
	if (!feed.rc)
		sb_feed_finish(&feed);
	if (rc && !feed.rc)
		sb_feed_bad(&feed); /* the same bytes were parsed well before */
	if (feed.rc)
		return sb_side_return(mirror->side, *out, &feed, err);
	(*out)->view = mirror->id;
	return 0;
}

uint64_t sb_mirror_index(const struct sb_view *view, const struct sb_region *region)
{
	return region ? (uint64_t)(region - (const struct sb_region *)view->regions.items) : UINT64_MAX;
}

int sb_mirror_ask(const struct sb_view *view, struct sb_wire_request *request, size_t payload, struct sb_feed *feed, struct sb_err *err)
{
	struct sb_worker *worker;
	int rc = borrow(view->own, &worker, err);

	if (!rc)
		*feed = feed_of(worker, sb_feed_ask(worker, request, payload, -1));
	return rc;
}

int sb_mirror_done(const struct sb_view *view, struct sb_feed *feed, struct sb_err *err)
{
	const struct sb_mirror *mirror = view->own;
	return sb_side_return(mirror->side, feed->worker, feed, err);
}

/* ---- fields ---- */

static void read_descriptions(struct sb_feed *feed, struct sb_view *view, struct sb_description *items, size_t count, struct sb_arena *scratch)
{
	for (size_t i = 0; i < count && !feed->rc; i++) {
		struct sb_err why;
		items[i].rc = sb_feed_outcome(feed, &why);
		if (!items[i].rc && !feed->rc)
			sb_feed_fields(feed, view->arena, scratch, &items[i].fields, &items[i].count);
	}
}

static int describe_some(struct sb_view *view, struct sb_description *items, size_t count, struct sb_arena *scratch, struct sb_err *err)
{
	struct sb_wire_request request = {.ask = SB_ASK_DESCRIBE, .count = count};
	struct sb_feed feed;

	for (size_t i = 0; i < count; i++) {
		uint64_t index = sb_mirror_index(view, items[i].region);
		memcpy(request.payload + i * sizeof index, &index, sizeof index);
	}
	int rc = sb_mirror_ask(view, &request, count * sizeof(uint64_t), &feed, err);
	if (rc)
		return rc;
	read_descriptions(&feed, view, items, count, scratch);
	return sb_mirror_done(view, &feed, err);
}

/* As sb_view_describe demands of fields; the order is the format's own affair no longer. */
static int check(struct sb_view *view, struct sb_description *item, struct sb_err *err)
{
	view->fields.count = 0;
	view->described = NULL;
	for (size_t i = 0; i < item->count; i++) {
		int rc = sb_emit_field(view, &item->fields[i], err);
		if (rc)
			return rc;
	}
	int rc = sb_view_settle(view, item->region, err);
	if (!rc && item->count)
		memcpy(item->fields, view->fields.items, item->count * sizeof *item->fields);
	return rc;
}

static int describe_here(struct sb_view *view, struct sb_description *item, struct sb_arena *scratch, struct sb_err *err)
{
	struct sb_err why = {0};

	item->rc = sb_view_describe(view, item->region, &why);
	if (item->rc == SB_NOMEM)
		return no_memory(err);
	item->count = item->rc ? 0 : view->fields.count;
	item->fields = sb_arena_array(scratch, item->count, sizeof *item->fields);
	if (!item->fields)
		return no_memory(err);
	if (item->count)
		memcpy(item->fields, view->fields.items, item->count * sizeof *item->fields);
	return 0;
}

int sb_parsing_describe(struct sb_view *view, struct sb_description *items, size_t count, struct sb_arena *scratch, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && !view->source && i < count; i++)
		rc = describe_here(view, &items[i], scratch, err);
	if (rc || !view->source || !view->format->describe)
		return rc;
	for (size_t done = 0, now; !rc && done < count; done += now) {
		now = count - done < MOST_INDEXES ? count - done : MOST_INDEXES;
		rc = describe_some(view, items + done, now, scratch, err);
		for (size_t i = done; !rc && i < done + now; i++)
			if (!items[i].rc)
				items[i].rc = check(view, &items[i], NULL);
	}
	return rc;
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_description item = {.region = region};
	struct sb_arena *scratch = sb_arena_new(0);
	int rc = scratch ? describe_some(view, &item, 1, scratch, err) : no_memory(err);

	for (size_t i = 0; !rc && !item.rc && i < item.count; i++)
		rc = sb_emit_field(view, &item.fields[i], err);
	sb_arena_free(&scratch);
	return rc ? rc : item.rc ? sb_fail(err, (enum sb_rc)item.rc, "parser-failed", "the region cannot be described") : 0;
}

static const char *locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	struct sb_wire_request request = {.ask = SB_ASK_LOCATE, .a = sb_mirror_index(view, region), .b = offset};
	const char *name = NULL;
	struct sb_feed feed;
	size_t n;

	if (sb_mirror_ask(view, &request, 0, &feed, NULL))
		return NULL;
	if (sb_feed_uint(&feed, 1) == 1)
		name = sb_feed_text(&feed, arena, &n);
	return sb_mirror_done(view, &feed, NULL) ? NULL : name;
}

/* An answer that does not come is the worse one. */
static bool acted_on(struct sb_view *view, const struct sb_place *place)
{
	struct sb_wire_request request = sb_mirror_request(view, SB_ASK_ACTED_ON, place);
	struct sb_feed feed;

	if (sb_mirror_ask(view, &request, sizeof place->length, &feed, NULL))
		return true;
	bool answer = sb_feed_flag(&feed);
	return sb_mirror_done(view, &feed, NULL) || answer;
}

static const struct sb_view_source from_worker = {
	.describe = describe, .locate = locate, .image = &sb_mirror_image, .meaning = &sb_mirror_meaning, .acted_on = acted_on};

/* ---- opening ---- */

int sb_parsing_probe(struct sb_parser_side *side, struct sb_source *source, const char *hint, const struct sb_format **out, struct sb_err *err)
{
	const struct sb_format *otherwise, *format = sb_formats_guess(source->bytes, hint, &otherwise);
	struct sb_wire_request request = {.ask = SB_ASK_CONFIRM};
	struct sb_worker *worker;

	*out = format;
	if (!format || !format->confirm)
		return 0;
	if (!side->parsers) {
		*out = format->confirm(source->bytes) ? format : otherwise;
		return 0;
	}
	int rc = sb_side_borrow(side, source, 0, &worker, err);
	if (rc)
		return rc;
	request.a = row_of(format);
	struct sb_feed feed = feed_of(worker, sb_feed_ask(worker, &request, 0, -1));
	*out = sb_feed_uint(&feed, 1) == 1 ? format : otherwise;
	return sb_side_return(side, worker, &feed, err);
}

static int read_view(struct sb_worker *worker, struct sb_mirror *mirror, struct sb_view *view, struct sb_err *err)
{
	struct sb_err why = {0};
	struct sb_feed feed = feed_of(worker, ask_open(worker, mirror, false));
	int refused = sb_feed_outcome(&feed, &why);

	if (!refused && !feed.rc)
		sb_feed_view(&feed, view);
	if (!refused && !feed.rc && sb_view_check(view, NULL))
		sb_feed_bad(&feed);
	worker->view = refused ? 0 : mirror->id;
	int rc = sb_side_return(mirror->side, worker, &feed, err);
	if (!rc && refused && err)
		*err = why;
	return rc ? rc : refused;
}

int sb_parsing_open(struct sb_parser_side *side, struct sb_source *source, const struct sb_format *format, const char *hint, struct sb_arena *arena,
                    struct sb_view *view, struct sb_err *err)
{
	struct sb_worker *worker;

	if (!side->parsers)
		return sb_view_open(format, source->bytes, hint, arena, view, err);
	struct sb_mirror *mirror = sb_arena_alloc(arena, sizeof *mirror);
	const char *kept = sb_arena_copy(arena, sb_span_text(hint));
	if (!mirror || !kept)
		return no_memory(err);
	*mirror = (struct sb_mirror){side, source, kept, row_of(format), sb_side_id(side)};
	sb_view_init(view, format, source->bytes, arena);
	view->own = mirror;
	view->source = &from_worker;
	int rc = sb_side_borrow(side, source, 0, &worker, err);
	if (!rc)
		rc = read_view(worker, mirror, view, err);
	if (rc)
		sb_view_release(view);
	return rc;
}
