/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_PARSING_WORKER_H
#define VERIFIER_PARSING_WORKER_H

#include "verifier/parsing/parsing.h"
#include "verifier/parsing/stream.h"
#include "verifier/parsing/wire.h"

/** The input as it is mapped now; a signal handler reads it. Zeroed: none. */
struct sb_worker_memory {
	void *volatile mapped;
	volatile size_t length;
};

/** From now on the pages of a large input do not stay in memory for long. Called before the walls go up; @memory must live as long as the process. */
void sb_worker_start_timer(struct sb_worker_memory *memory);

/** Answer requests on SB_WIRE_CHANNEL until it ends. Called behind all walls; @window is shared with the core. */
_Noreturn void sb_worker_serve(const struct sb_parsers_options *options, uint8_t *window, struct sb_worker_memory *memory);

/** Answer what is asked of an executable file. @view  NULL: none is open. */
void sb_worker_answer_image(struct sb_stream *out, struct sb_view *view, const struct sb_wire_request *request);

#endif
