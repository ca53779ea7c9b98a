/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

void sb_guard_limit(struct sb_watch *watch, const char *name, uint64_t value, uint64_t used, const char *how)
{
	struct sb_sandbox_result *out = watch->out;

	if (strcmp(name, "file-size") == 0 && value >= watch->plan.bounds.disk)
		name = "disk"; /* which is what it is when the manifest does not set it */
	if (out->end != SB_END_UNKNOWN)
		return;
	out->end = SB_END_LIMIT;
	out->limit = (struct sb_limit_met){.name = name, .value = value, .used = used, .how = how};
	if (strcmp(name, "memory") == 0 && value < watch->plan.bounds.asked_memory)
		out->limit.asked = watch->plan.bounds.asked_memory;
	if (strcmp(name, "disk") == 0 && value < watch->plan.bounds.asked_disk)
		out->limit.asked = watch->plan.bounds.asked_disk;
}

static void end_by_limit(struct sb_watch *watch, const char *name, uint64_t value, uint64_t used, const char *how)
{
	sb_guard_limit(watch, name, value, used, how);
	sb_watch_kill(watch);
}

/* ---- use ---- */

static void look_at_disk(struct sb_watch *watch)
{
	struct statvfs st;

	if (watch->scratch < 0 || fstatvfs(watch->scratch, &st) != 0)
		return;
	watch->disk_full |= st.f_bfree == 0;
	watch->inodes_full |= st.f_ffree == 0;
}

/** What processes hold: their own memory, and shared memory that is not a file of the build. */
static uint64_t process_memory(const struct sb_watch *watch, uint64_t disk_now)
{
	uint64_t shared = watch->last.shared > watch->first.shared ? watch->last.shared - watch->first.shared : 0;
	uint64_t files = disk_now > watch->disk_first ? disk_now - watch->disk_first : 0;

	return watch->last.anonymous + (shared > files ? shared - files : 0);
}

static uint64_t disk_used(const struct sb_watch *watch)
{
	struct statvfs st;

	return watch->scratch >= 0 && fstatvfs(watch->scratch, &st) == 0 ? (uint64_t)(st.f_blocks - st.f_bfree) * st.f_frsize : 0;
}

static bool is_starved(const struct sb_watch *watch)
{
	return watch->last.oom_kills > watch->first.oom_kills;
}

/** The kernel has ended processes: at our ceiling, or because a group around ours or the machine had no more. */
static void starved(struct sb_watch *watch)
{
	const struct sb_bounds *bounds = &watch->plan.bounds;
	bool ours = watch->last.peak == 0 || watch->last.peak >= bounds->ceiling - bounds->ceiling / 16;

	end_by_limit(watch, "memory", bounds->memory, ours ? bounds->memory : watch->last.peak,
	             ours ? "the kernel ended the build" : "files included; the machine or a group around had no more, and the kernel ended the build");
}

/** The kernel's ceiling counts files as well, so the processes' own part is looked at here. */
static void look_at_group(struct sb_watch *watch)
{
	const struct sb_bounds *bounds = &watch->plan.bounds;
	uint64_t used;

	sb_cgroup_look(&watch->cgroup, &watch->last);
	used = process_memory(watch, disk_used(watch));
	if (is_starved(watch))
		starved(watch);
	else if (used > bounds->memory)
		end_by_limit(watch, "memory", bounds->memory, used, "the build was ended");
}

static void look_at_family(struct sb_watch *watch)
{
	const struct sb_bounds *bounds = &watch->plan.bounds;

	sb_family_look(watch->proc, &watch->family);
	if (watch->family.memory > bounds->memory)
		end_by_limit(watch, "memory", bounds->memory, watch->family.memory, "the build was ended");
}

static void look_at_memory(struct sb_watch *watch)
{
	if (watch->scratch < 0)
		return;
	if (watch->cgroup.kind != SB_LIMITS_RLIMIT)
		look_at_group(watch);
	else if (watch->proc >= 0)
		look_at_family(watch);
}

void sb_guard_ready(struct sb_watch *watch)
{
	sb_cgroup_look(&watch->cgroup, &watch->first);
	watch->last = watch->first;
	watch->disk_first = disk_used(watch);
}

static void keep_time(struct sb_watch *watch)
{
	const struct sb_drop_step *step = &watch->spec->steps[watch->plan.board->step];
	int64_t at = sb_watch_now();

	if (watch->end && at >= watch->end)
		end_by_limit(watch, "wall", watch->plan.bounds.wall, watch->plan.bounds.wall, "the build was ended");
	else if (watch->step_end && at >= watch->step_end)
		end_by_limit(watch, "timeout", step->timeout, step->timeout, "the step was ended");
}

void sb_guard_tick(struct sb_watch *watch)
{
	if (sb_stopping(watch->spec->progress)) {
		watch->out->end = SB_END_INTERRUPTED;
		sb_watch_kill(watch);
		return;
	}
	keep_time(watch);
	look_at_disk(watch);
	look_at_memory(watch);
}

/* ---- log ---- */

static void keep_tail(struct sb_watch *watch, const char *piece, size_t n)
{
	if (n > SB_LOG_TAIL) {
		piece += n - SB_LOG_TAIL;
		n = SB_LOG_TAIL;
	}
	size_t kept = watch->tail_length + n > SB_LOG_TAIL ? SB_LOG_TAIL - n : watch->tail_length;
	memmove(watch->tail, watch->tail + watch->tail_length - kept, kept);
	memcpy(watch->tail + kept, piece, n);
	watch->tail_length = kept + n;
}

int sb_guard_log(struct sb_watch *watch, struct sb_err *err)
{
	char piece[4096];
	ssize_t got = read(watch->log, piece, sizeof(piece));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got <= 0) {
		watch->log_over = true;
		return 0;
	}
	uint64_t most = watch->plan.bounds.log, room = most - watch->out->log_bytes;
	size_t kept = (uint64_t)got < room ? (size_t)got : (size_t)room;
	watch->out->log_bytes += kept;
	keep_tail(watch, piece, kept);
	int rc = watch->spec->log >= 0 ? sb_io_write(watch->spec->log, sb_span_of(piece, kept), err) : 0;
	if (kept < (size_t)got)
		end_by_limit(watch, "log", most, most, "the build was ended");
	return rc;
}

/* ---- the end ---- */

/** What programs say when a call fails for a limit, in the texts of glibc, dash, bash and make. */
static const struct {
	const char *text, *limit;
} signs[] = {
	{"No space left on device", "disk"},
	{"File size limit exceeded", "file-size"},
	{"File too large", "file-size"},
	{"Too many open files", "open-files"},
	{"Cannot fork", "processes"},
	{"Resource temporarily unavailable", "processes"},
	{"Cannot allocate memory", "memory"},
	{"virtual memory exhausted", "memory"},
};

static uint64_t value_of(const struct sb_bounds *bounds, const char *limit)
{
	if (strcmp(limit, "disk") == 0)
		return bounds->disk;
	if (strcmp(limit, "file-size") == 0)
		return bounds->file_size;
	if (strcmp(limit, "open-files") == 0)
		return bounds->open_files;
	return strcmp(limit, "processes") == 0 ? bounds->processes : bounds->memory;
}

/** No kernel interface counts these: the last words of a step that failed are all there is. */
static void read_signs(struct sb_watch *watch)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (memmem(watch->tail, watch->tail_length, signs[i].text, strlen(signs[i].text)))
			sb_guard_limit(watch, signs[i].limit, value_of(&watch->plan.bounds, signs[i].limit), SB_LIMIT_USE_UNKNOWN, signs[i].text);
}

static bool died_of(int status, int number)
{
	return (WIFSIGNALED(status) && WTERMSIG(status) == number) || (WIFEXITED(status) && WEXITSTATUS(status) == 128 + number);
}

static void name_limit(struct sb_watch *watch)
{
	const struct sb_bounds *bounds = &watch->plan.bounds;
	const struct sb_board *board = watch->plan.board;

	if (is_starved(watch))
		starved(watch);
	if (died_of(board->status, SIGXFSZ))
		sb_guard_limit(watch, "file-size", bounds->file_size, bounds->file_size, "the kernel ended a program of the build");
	if (board->disk_full || watch->disk_full)
		sb_guard_limit(watch, "disk", bounds->disk, bounds->disk, "no space was left");
	if (board->inodes_full || watch->inodes_full)
		sb_guard_limit(watch, "inodes", bounds->inodes, bounds->inodes, "no further file could be made");
	if (watch->last.fork_refusals > watch->first.fork_refusals)
		sb_guard_limit(watch, "processes", bounds->processes, bounds->processes, "no further one could be started");
	if (board->largest >= bounds->memory) /* between two looks, and then refused more by its own limit */
		sb_guard_limit(watch, "memory", bounds->memory, board->largest, "no more was given to a program of the build");
	if (watch->cgroup.kind == SB_LIMITS_RLIMIT && watch->family.most >= bounds->processes)
		sb_guard_limit(watch, "processes", bounds->processes, watch->family.most, "no further one could be started");
	read_signs(watch);
}

void sb_guard_conclude(struct sb_watch *watch)
{
	const struct sb_board *board = watch->plan.board;
	struct sb_sandbox_result *out = watch->out;

	out->step = board->step;
	out->status = board->status;
	sb_cgroup_look(&watch->cgroup, &watch->last);
	if (out->end != SB_END_UNKNOWN)
		return;
	if (board->err.code == SB_TEMPORARY && board->err.id && strcmp(board->err.id, "sandbox-fill") == 0)
		sb_guard_limit(watch, "disk", watch->plan.bounds.disk, watch->plan.bounds.disk, "the sources do not fit");
	if (board->finished && board->status == 0 && !is_starved(watch))
		out->end = SB_END_DONE;
	else if (board->finished || (watch->scratch >= 0 && is_starved(watch)))
		name_limit(watch);
	if (board->finished && out->end == SB_END_UNKNOWN)
		out->end = SB_END_STEP_FAILED;
}
