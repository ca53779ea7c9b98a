/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what is in a file, members of members included, each shown to a visitor. */
#ifndef VERIFIER_TRACE_CONTENTS_H
#define VERIFIER_TRACE_CONTENTS_H

#include "verifier/parsing/parsing.h"

/** A file, or a member that holds no others. */
struct sb_content {
	const char *inside;          /* way to it, escaped; "" the file itself; in the arena */
	struct sb_span bytes;        /* borrowed until the visitor returns */
	const struct sb_view *view;  /* what it consists of; NULL: no format knows it */
};

struct sb_contents {
	struct sb_parsers *parsers;  /* NULL: this process */
	struct sb_arena *arena;
	void *ctx;
	int (*visit)(void *ctx, const struct sb_content *content, struct sb_err *err);
	bool complete;               /* out: nothing was left out, because it could not be read or was too much */
};

/** Show @file and all that is in it, depth first. What cannot be parsed is shown as bytes. Errors: NOMEM, INTERRUPTED; the visitor's. */
SB_MUST_USE int sb_contents_visit(struct sb_contents *contents, struct sb_span file, const char *name, struct sb_err *err);

#endif
