/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: a view whose file was parsed by a worker. */
#ifndef VERIFIER_PARSING_MIRROR_H
#define VERIFIER_PARSING_MIRROR_H

#include "verifier/parsing/side.h"

/** Behind view->own. */
struct sb_mirror {
	struct sb_parser_side *side;
	struct sb_source *source;
	const char *hint;
	uint64_t row, id;
};

/** Put @request to a worker that has @view open, and begin to read its answer. Errors: as sb_side_borrow. */
SB_MUST_USE int sb_mirror_ask(const struct sb_view *view, struct sb_wire_request *request, size_t payload, struct sb_feed *feed, struct sb_err *err);
/** The answer was read; returns what came of it. */
SB_MUST_USE int sb_mirror_done(const struct sb_view *view, struct sb_feed *feed, struct sb_err *err);
/** Index of @region among the view's; UINT64_MAX for NULL. */
uint64_t sb_mirror_index(const struct sb_view *view, const struct sb_region *region);

/** A request about @place, which may be NULL; its payload is as long as a number. */
struct sb_wire_request sb_mirror_request(const struct sb_view *view, enum sb_wire_ask ask, const struct sb_place *place);
/**
 * Put @request, and read the list that answers it into @out item by item. An answer that does not come is an empty list. Errors: what the worker
 * says of how the search ended, after what it found; as sb_side_borrow.
 */
SB_MUST_USE int sb_mirror_list(struct sb_view *view, struct sb_wire_request *request, struct sb_vec *out,
                               void (*read)(struct sb_feed *feed, struct sb_view *view, void *slot), struct sb_err *err);
/** Put @request, and read the text that answers it, which a person may see; NULL when none comes. */
const char *sb_mirror_text(struct sb_view *view, struct sb_wire_request *request, struct sb_arena *arena);

/** What can be asked of a file that says one thing in many ways, of a worker. */
extern const struct sb_meaning_format sb_mirror_meaning;
/** What can be asked of an executable file, of a worker. */
extern const struct sb_image_format sb_mirror_image;

#endif
