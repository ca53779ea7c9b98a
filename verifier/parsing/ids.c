/* SPDX-License-Identifier: Apache-2.0 */
/* Failures and remarks of formats by name. An id is a static text of this program, so what a worker calls it is looked up and never kept. */
#include "verifier/parsing/feed.h"

#include <stdlib.h>
#include <string.h>

/* In order of bytes; the style suite knows that every id of verifier/formats stands here. */
static const char *const known[] = {
	"archive-backslash",      "archive-damaged",     "archive-duplicate-record", "archive-encrypted",         "archive-names-disagree",
	"archive-nul-name",       "archive-overlap",     "archive-prepended",        "archive-readers-disagree", "archive-sparse",
	"archive-trailing",       "archive-truncated",   "archive-unsupported",      "decode-failed",             "elf-malformed",
	"file-damaged",           "image-damaged",
};

static int by_text(const void *key, const void *item)
{
	const char *const *row = item;
	return strcmp(key, *row);
}

const char *sb_feed_id(struct sb_feed *feed)
{
	char text[64] = "";
	size_t n = (size_t)sb_feed_uint(feed, 4);

	if (n >= sizeof text) {
		sb_feed_bad(feed);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		text[i] = (char)sb_feed_uint(feed, 1);
	const char *const *row = bsearch(text, known, sizeof known / sizeof *known, sizeof *known, by_text);
	return row ? *row : NULL;
}
