/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: looking for something in what is equal on both sides but encoded, at any depth. */
#ifndef VERIFIER_EXPLAIN_INSIDE_H
#define VERIFIER_EXPLAIN_INSIDE_H

#include "verifier/explain/explainer.h"

/** What is looked for. */
struct sb_inside {
	void *ctx;
	bool (*any_left)(void *ctx);                      /* is there anything that was not found yet? */
	void (*search)(void *ctx, struct sb_span bytes);  /* of a member, decoded */
	void (*give_up)(void *ctx);                       /* some bytes cannot be looked at: anything may stand there */
	bool programs;                                    /* such bytes are also those of compressed sections, which only debuggers unpack, and of what is no archive but cannot be read */
	struct sb_reading *reading;                       /* of the bytes of the artifact, or NULL */
};

/** Hand out the bytes of everything in the artifact that is equal on both sides and that a decoder makes. */
void sb_explain_look_inside(struct sb_explaining *in, const struct sb_inside *of);

#endif
