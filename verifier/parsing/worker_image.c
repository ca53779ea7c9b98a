/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the walls: what can be asked of an executable file. */
#include "verifier/parsing/worker.h"

#include <string.h>

struct sb_place sb_worker_place(const struct sb_view *view, const struct sb_wire_request *request)
{
	struct sb_place place = {.offset = request->b};

	if (request->a < view->regions.count)
		place.region = sb_view_region(view, (size_t)request->a);
	memcpy(&place.length, request->payload, sizeof place.length);
	return place;
}

void sb_worker_put_text(struct sb_stream *out, const char *text)
{
	sb_stream_uint(out, text != NULL, 1);
	if (text)
		sb_stream_bytes(out, sb_span_text(text));
}

static void put_anchor(struct sb_stream *out, const struct sb_view *view, const struct sb_anchor *anchor)
{
	sb_stream_uint(out, anchor->kind, 1);
	sb_stream_bytes(out, sb_span_text(anchor->name));
	sb_stream_uint(out, anchor->address, 8);
	sb_stream_uint(out, anchor->length, 8);
	sb_stream_uint(out, anchor->offset, 8);
	sb_stream_uint(out, anchor->region ? (uint64_t)(anchor->region - (const struct sb_region *)view->regions.items) + 1 : 0, 4);
}

static void put_reference(struct sb_stream *out, const struct sb_view *view, const struct sb_reference *reference)
{
	(void)view;
	sb_stream_uint(out, reference->kind, 1);
	sb_stream_uint(out, reference->offset, 8);
	sb_stream_uint(out, reference->length, 8);
	sb_stream_uint(out, reference->target, 8);
	sb_stream_uint(out, reference->base, 8);
	sb_stream_uint(out, reference->rest, 8);
}

static void put_row(struct sb_stream *out, const struct sb_view *view, const struct sb_row *row)
{
	(void)view;
	sb_stream_uint(out, row->offset, 8);
	sb_stream_uint(out, row->length, 8);
	sb_stream_uint(out, row->free, 1);
	sb_stream_uint(out, row->says.p != NULL, 1);
	if (row->says.p)
		sb_stream_bytes(out, row->says);
}

static void put_fact(struct sb_stream *out, const struct sb_view *view, const struct sb_fact *fact)
{
	(void)view;
	sb_stream_bytes(out, sb_span_text(fact->name));
	sb_stream_bytes(out, sb_span_text(fact->value));
	sb_stream_uint(out, (uint32_t)fact->strength, 4);
	sb_stream_uint(out, fact->signed_for, 1);
}

static void answer_list(struct sb_stream *out, struct sb_view *view, const struct sb_wire_request *request)
{
	const struct sb_image_format *image = view->format->image;
	const struct sb_place place = sb_worker_place(view, request);
	struct sb_vec anchors = {.size = sizeof(struct sb_anchor)}, references = {.size = sizeof(struct sb_reference)};
	struct sb_vec facts = {.size = sizeof(struct sb_fact)}, rows = {.size = sizeof(struct sb_row)};
	struct sb_err err = {.code = SB_INTERNAL};

	if (request->ask == SB_ASK_ANCHORS) {
		int rc = image->anchors ? image->anchors(view, &anchors, &err) : 0;
		SB_WORKER_PUT_LIST(out, view, &anchors, rc, &err, put_anchor);
	} else if (request->ask == SB_ASK_REFERENCES) {
		int rc = image->references && place.region ? image->references(view, &place, &references, &err) : 0;
		SB_WORKER_PUT_LIST(out, view, &references, rc, &err, put_reference);
	} else if (request->ask == SB_ASK_ROWS) {
		int rc = image->rows && place.region ? image->rows(view, place.region, &rows, &err) : 0;
		SB_WORKER_PUT_LIST(out, view, &rows, rc, &err, put_row);
	} else {
		int rc = image->facts ? image->facts(view, &facts, &err) : 0;
		SB_WORKER_PUT_LIST(out, view, &facts, rc, &err, put_fact);
	}
}

void sb_worker_answer_image(struct sb_stream *out, struct sb_view *view, const struct sb_wire_request *request)
{
	const struct sb_image_format *image = view ? view->format->image : NULL;

	if (!image) /* the core never asks this: an answer without sense ends the worker */
		return;
	const struct sb_place place = sb_worker_place(view, request);
	if (request->ask == SB_ASK_SEVERITY)
		sb_stream_uint(out, image->severity && place.region ? image->severity(view, &place) : SB_SEVERITY_INFO, 1);
	else if (request->ask == SB_ASK_SHOW)
		sb_worker_put_text(out, image->show && place.region ? image->show(view, &place, view->arena) : NULL);
	else
		answer_list(out, view, request);
}
