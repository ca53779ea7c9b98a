/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding again by a worker, which has the content already: it answers whether the same came out, and no bytes. */
#include "verifier/parsing/mirror.h"

#include <string.h>

static void read_answer(struct sb_feed *feed, struct sb_encoded_again *out, struct sb_err *why, int *failed)
{
	*failed = sb_feed_outcome(feed, why);
	out->same = sb_feed_flag(feed) && !*failed;
	out->form = sb_feed_uint(feed, 8);
	out->content = sb_feed_uint(feed, 8);
	feed->worker->decoded += out->content;
}

int sb_parsing_encode_again(const struct sb_view *view, const struct sb_member *member, unsigned setting, struct sb_encoded_again *out, struct sb_err *err)
{
	const struct sb_mirror *mirror = view->own;
	const struct sb_wire_item item = {(uint64_t)member->codec, member->offset, member->length, member->size};
	struct sb_wire_request request = {.ask = SB_ASK_ENCODE_AGAIN, .a = setting};
	struct sb_worker *worker;
	struct sb_err why = {0};
	int failed = 0;

	if (!view->source)
		return sb_formats_encode_again(view->file, member, setting, out, err);
	*out = (struct sb_encoded_again){0};
	memcpy(request.payload, &item, sizeof item);
	int rc = sb_side_borrow(mirror->side, mirror->source, 0, &worker, err);
	if (rc)
		return rc;
	struct sb_feed feed = {.worker = worker};
	if (!sb_feed_ask(worker, &request, sizeof item, -1))
		feed.rc = sb_fail(&feed.err, SB_INTERNAL, "parser-failed", "the parser died");
	read_answer(&feed, out, &why, &failed);
	rc = sb_side_return(mirror->side, worker, &feed, err);
	if (rc)
		*out = (struct sb_encoded_again){0};
	else if (failed && err)
		*err = why;
	return rc ? rc : failed;
}
