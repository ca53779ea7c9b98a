/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/board.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const char *const names[SB_WALLS] = {
	[SB_WALL_USER] = "user-namespace",
	[SB_WALL_TWO_IDS] = "two-ids",
	[SB_WALL_PID] = "pid-namespace",
	[SB_WALL_MOUNT] = "mount-namespace",
	[SB_WALL_NET] = "net-namespace",
	[SB_WALL_IPC] = "ipc-namespace",
	[SB_WALL_UTS] = "uts-namespace",
	[SB_WALL_TIME] = "time-namespace",
	[SB_WALL_CGROUP] = "cgroup-namespace",
	[SB_WALL_ROOT] = "read-only-root",
	[SB_WALL_PROC_MASKS] = "proc-masks",
	[SB_WALL_SECCOMP] = "seccomp",
	[SB_WALL_LANDLOCK] = "landlock",
	[SB_WALL_NO_NEW_PRIVS] = "no-new-privs",
	[SB_WALL_CAPABILITIES] = "no-capabilities",
	[SB_WALL_NESTED] = "nested-userns-limit",
};

struct sb_board *sb_board_new(void)
{
	void *page = mmap(NULL, sizeof(struct sb_board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? NULL : page;
}

void sb_board_free(struct sb_board **board)
{
	if (*board)
		munmap(*board, sizeof(**board));
	*board = NULL;
}

const char *sb_wall_name(enum sb_wall wall)
{
	return names[wall];
}

void sb_wall_on(struct sb_board *board, enum sb_wall wall, const char *detail)
{
	struct sb_wall_state *state = &board->walls[wall];

	state->on = true;
	snprintf(state->detail, sizeof(state->detail), "%s", detail ? detail : "");
}

void sb_wall_off(struct sb_board *board, enum sb_wall wall, const char *reason, int number)
{
	struct sb_wall_state *state = &board->walls[wall];

	state->on = false;
	if (number)
		snprintf(state->detail, sizeof(state->detail), "%s: %s", reason, strerror(number));
	else
		snprintf(state->detail, sizeof(state->detail), "%s", reason);
}

void sb_wall_off_for(struct sb_board *board, enum sb_wall wall, const char *reason)
{
	struct sb_wall_state *state = &board->walls[wall];

	state->on = false;
	snprintf(state->detail, sizeof(state->detail), "off: %s", reason);
}
