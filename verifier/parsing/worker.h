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
/** Answer what is asked of a file that says one thing in many ways. */
void sb_worker_answer_meaning(struct sb_stream *out, struct sb_view *view, const struct sb_wire_request *request);

/** The place that a request is about; its region is NULL where there is none. */
struct sb_place sb_worker_place(const struct sb_view *view, const struct sb_wire_request *request);
/** Whether there is a text, and the text. */
void sb_worker_put_text(struct sb_stream *out, const char *text);
/** A list as far as it was found, after how the search ended; the list is released. */
#define SB_WORKER_PUT_LIST(out, view, list, rc, err, put)              \
	do {                                                           \
		sb_stream_outcome(out, rc, err);                       \
		sb_stream_uint(out, (list)->count, 4);                 \
		for (size_t i = 0; i < (list)->count; i++)             \
			put(out, view, sb_vec_at(list, i));            \
		sb_vec_release(list);                                  \
	} while (0)

#endif
