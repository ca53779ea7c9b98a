/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the pool as the core sees it, and one worker of it. */
#ifndef VERIFIER_PARSING_POOL_H
#define VERIFIER_PARSING_POOL_H

#include "verifier/parsing/parsing.h"

#include <pthread.h>
#include <sys/types.h>

struct sb_parsers {
	struct sb_parsers_options options;
	struct sb_arena *arena;
	struct sb_properties walls;
	pthread_mutex_t lock; /* of the door: one question at a time */
	int door;             /* to the process that forks workers */
	pid_t pid;
};

/** A worker from outside. */
struct sb_worker {
	struct sb_parsers *parsers;
	struct sb_worker *next;  /* among the idle ones of its side */
	pid_t pid;
	int pidfd, channel;
	uint8_t *window;
	uint64_t input, view;    /* what it has; 0: nothing */
	uint64_t decoded;        /* bytes so far */
	struct sb_parser_ceilings ceilings;
};

/** A new worker that has nothing yet; what it may take is at most @ceilings. Errors: IO or TEMPORARY "parser-start", NOMEM. */
SB_MUST_USE int sb_worker_start(struct sb_parsers *parsers, struct sb_parser_ceilings ceilings, struct sb_worker **out, struct sb_err *err);
/** Kill it; returns its wait status, -1 when that is unknown. Nulls the pointer. */
int sb_worker_end(struct sb_worker **worker);

#endif
