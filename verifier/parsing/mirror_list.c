/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about a place of a view, and the lists and texts that answer them. */
#include "verifier/parsing/mirror.h"

#include <string.h>

struct sb_wire_request sb_mirror_request(const struct sb_view *view, enum sb_wire_ask ask, const struct sb_place *place)
{
	struct sb_wire_request request = {.ask = ask, .a = UINT64_MAX};

	if (place) {
		request.a = sb_mirror_index(view, place->region);
		request.b = place->offset;
		memcpy(request.payload, &place->length, sizeof place->length);
	}
	return request;
}

int sb_mirror_list(struct sb_view *view, struct sb_wire_request *request, struct sb_vec *out,
                   void (*read)(struct sb_feed *feed, struct sb_view *view, void *slot), struct sb_err *err)
{
	struct sb_err why = {0};
	size_t before = out->count;
	struct sb_feed feed;

	int rc = sb_mirror_ask(view, request, sizeof(uint64_t), &feed, err);
	if (rc)
		return rc == SB_INTERNAL || rc == SB_LIMIT ? 0 : rc;
	int ended = sb_feed_outcome(&feed, &why);
	uint64_t count = sb_feed_uint(&feed, 4);
	for (uint64_t i = 0; i < count && sb_feed_keep(&feed, out->size); i++) {
		void *slot = sb_vec_push(out);
		if (slot)
			read(&feed, view, slot);
		else
			sb_feed_no_memory(&feed);
	}
	rc = sb_mirror_done(view, &feed, err);
	if (rc)
		out->count = before;
	if (rc == SB_INTERNAL || rc == SB_LIMIT)
		return 0;
	if (!rc && ended && err)
		*err = why;
	return rc ? rc : ended;
}

const char *sb_mirror_text(struct sb_view *view, struct sb_wire_request *request, struct sb_arena *arena)
{
	const char *text = NULL;
	struct sb_feed feed;

	if (sb_mirror_ask(view, request, sizeof(uint64_t), &feed, NULL))
		return NULL;
	if (sb_feed_uint(&feed, 1) == 1)
		text = sb_feed_shown(&feed, arena);
	return sb_mirror_done(view, &feed, NULL) ? NULL : text;
}
