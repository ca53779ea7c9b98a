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

/** What can be asked of an executable file, of a worker. */
extern const struct sb_image_format sb_mirror_image;

#endif
