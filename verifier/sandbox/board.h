/* SPDX-License-Identifier: Apache-2.0 */
/* One shared page between supervisor, init and the build until its exec: what init found out, and why it stopped. */
#ifndef VERIFIER_SANDBOX_BOARD_H
#define VERIFIER_SANDBOX_BOARD_H

#include "base/base.h"
#include "verifier/sandbox/cgroup.h"
#include "verifier/sandbox/ids.h"

enum sb_wall {
	SB_WALL_USER = 0,
	SB_WALL_TWO_IDS,
	SB_WALL_PID,
	SB_WALL_MOUNT,
	SB_WALL_NET,
	SB_WALL_IPC,
	SB_WALL_UTS,
	SB_WALL_TIME,
	SB_WALL_CGROUP,
	SB_WALL_ROOT,
	SB_WALL_PROC_MASKS,
	SB_WALL_SECCOMP,
	SB_WALL_LANDLOCK,
	SB_WALL_NO_NEW_PRIVS,
	SB_WALL_CAPABILITIES,
	SB_WALL_NESTED,
	SB_WALLS,
};

struct sb_wall_state {
	bool on;
	char detail[128]; /* on: a detail or empty; off: the reason */
};

/** How the answering of calls went; under a control that is in force all but images stay 0. */
struct sb_control_counts {
	uint64_t images;    /* new programs that were seen */
	uint64_t unpatched; /* of them, those whose memory could not be changed */
	uint64_t missed;    /* calls that the kernel answered because init could not */
	bool waits;         /* a wait until a time of day was held */
	bool timers;        /* a POSIX timer was set to a time of day, which is the real one */
};

/** Written by init and by the build before its exec, read by the supervisor once both are silent. */
struct sb_board {
	struct sb_ids ids;           /* written by the supervisor before it lets init go: what was mapped */
	enum sb_limits_kind limits_kind; /* as well */
	struct sb_err err;           /* why init or the build could not go on; code SB_OK: they could */
	struct sb_wall_state walls[SB_WALLS];
	bool finished;               /* all steps ran, or one failed: step and status are valid */
	size_t step;
	int status;
	bool disk_full, inodes_full; /* seen when a step had ended */
	uint64_t largest;            /* bytes that the largest process had in memory, of those that have been waited for */
	struct sb_control_counts controls;
	uint64_t left_out;           /* device nodes and sockets of the trees that were not made */
};

/** Shared anonymous memory. NULL when there is none. */
SB_MUST_USE struct sb_board *sb_board_new(void);
void sb_board_free(struct sb_board **board);

/** Name in the record: "user-namespace". */
const char *sb_wall_name(enum sb_wall wall);
/** @detail may be NULL. */
void sb_wall_on(struct sb_board *board, enum sb_wall wall, const char *detail);
/** Off, with the errno text behind @reason when @number is not 0. */
void sb_wall_off(struct sb_board *board, enum sb_wall wall, const char *reason, int number);
/** "off: @reason". */
void sb_wall_off_for(struct sb_board *board, enum sb_wall wall, const char *reason);

#endif
