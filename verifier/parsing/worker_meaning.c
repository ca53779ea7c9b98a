/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the walls: what a file says. */
#include "verifier/parsing/worker.h"

static void put_sense(struct sb_stream *out, struct sb_sense sense)
{
	sb_stream_uint(out, sense.word[0], 8);
	sb_stream_uint(out, sense.word[1], 8);
}

static void put_gist(struct sb_stream *out, const struct sb_view *view, const struct sb_gist *gist)
{
	(void)view;
	put_sense(out, gist->sense);
	sb_stream_uint(out, gist->severity, 1);
	sb_stream_uint(out, gist->named, 1);
}

static void put_clause(struct sb_stream *out, const struct sb_view *view, const struct sb_clause *clause)
{
	(void)view;
	sb_stream_uint(out, clause->offset, 8);
	sb_stream_uint(out, clause->length, 8);
	sb_stream_uint(out, clause->part, 2);
	sb_stream_uint(out, (clause->free ? 1U : 0U) | (clause->debug ? 2U : 0U) | (clause->derived ? 4U : 0U), 1);
	sb_stream_uint(out, clause->severity, 1);
	sb_stream_uint(out, clause->word, 8);
	put_sense(out, clause->sense);
	sb_stream_uint(out, clause->target, 8);
}

void sb_worker_answer_meaning(struct sb_stream *out, struct sb_view *view, const struct sb_wire_request *request)
{
	const struct sb_meaning_format *meaning = view ? view->format->meaning : NULL;
	struct sb_err err = {.code = SB_INTERNAL};

	if (!meaning) /* the core never asks this: an answer without sense ends the worker */
		return;
	const struct sb_place place = sb_worker_place(view, request);
	if (request->ask == SB_ASK_TELL) {
		sb_worker_put_text(out, place.region ? meaning->show(view, &place, view->arena) : NULL);
	} else if (request->ask == SB_ASK_GISTS) {
		struct sb_vec gists = {.size = sizeof(struct sb_gist)};
		int rc = meaning->gists(view, &gists, &err);
		SB_WORKER_PUT_LIST(out, view, &gists, rc, &err, put_gist);
	} else {
		struct sb_vec clauses = {.size = sizeof(struct sb_clause)};
		int rc = place.region ? meaning->clauses(view, place.region, &clauses, &err) : 0;
		SB_WORKER_PUT_LIST(out, view, &clauses, rc, &err, put_clause);
	}
}
