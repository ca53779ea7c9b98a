/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the clean process that workers are forked from, seen from inside. */
#ifndef VERIFIER_PARSING_NURSERY_H
#define VERIFIER_PARSING_NURSERY_H

#include "verifier/parsing/parsing.h"

#include <sys/types.h>

enum { SB_NURSERY_DOOR = 3 };

/** Asked of the nursery; a new worker with two descriptors: its channel and its window. */
struct sb_nursery_ask {
	uint64_t end;                    /* 0: a new worker; else the process number of one that was killed */
	uint64_t data, address, seconds; /* of a new worker */
};
/** Its answer; for a new worker with a descriptor of the process. */
struct sb_nursery_answer {
	int64_t pid;    /* or minus errno */
	int64_t status; /* wait status of an ended one */
};

/** First word on the door: how it went, and the walls as "name\0value\0…". */
struct sb_nursery_birth {
	int32_t rc;
	uint32_t length;
	char text[2048]; /* walls, or what went wrong */
};

/** Runs until the door is closed. Descriptors other than the door are closed first. */
_Noreturn void sb_nursery_run(const struct sb_parsers_options *options, int door, pid_t parent);

#endif
