/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/tracing.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SPARE_DESCRIPTORS = 256, CHANNEL_DEVICE = 0, FIRST_PROCESS = 256 };

static int failed(const char *what, struct sb_err *err)
{
	return sb_fail_errno(err, "sandbox-setup", "cannot %s", what);
}

/** One folder of /proc is kept open for each process that lives. */
static int raise_descriptors(struct sb_tracing *tracing, struct sb_err *err)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return failed("ask for the limit of open files", err);
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		return failed("raise the limit of open files", err);
	tracing->most = files.rlim_cur < 2 * SPARE_DESCRIPTORS ? SPARE_DESCRIPTORS / 2 : files.rlim_cur - SPARE_DESCRIPTORS;
	if (tracing->most > SB_PIDS)
		tracing->most = SB_PIDS;
	return 0;
}

static int find_devices(struct sb_tracing *tracing, struct sb_err *err)
{
	const char *const scratches[SB_SCRATCHES] = {tracing->plan->work_mount, "/tmp", "/var/tmp", "/dev/shm"};
	struct stat st;

	if (fstatat(tracing->proc, "", &st, AT_EMPTY_PATH) != 0)
		return failed("look at /proc", err);
	tracing->proc_device = st.st_dev;
	for (size_t i = 0; i < SB_SCRATCHES; i++) {
		if (stat(scratches[i], &st) != 0)
			return failed("look at what the build writes to", err);
		tracing->scratches[i] = st.st_dev;
	}
	sb_kernel_events_begin(scratches, SB_SCRATCHES, &tracing->events);
	if (fstat(tracing->plan->log, &st) == 0)
		tracing->log = sb_tracing_key(&st);
	return 0;
}

/** Each file of the source is known before anybody can have touched it. */
static int note_sources(struct sb_tracing *tracing, struct sb_err *err)
{
	const struct sb_tree *source = tracing->plan->spec->source;
	SB_CLOSING int top = open(tracing->plan->spec->build_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (top < 0)
		return failed("open the build's folder", err);
	for (size_t i = 0; source && i < source->inventory->count; i++) {
		if (source->inventory->entries[i].type != SB_ENTRY_FILE)
			continue;
		if (fstatat(top, source->inventory->entries[i].path, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return failed("look at a file of the source", err);
		sb_recorder_source(tracing->recorder, sb_tracing_key(&st), (uint32_t)i, st.st_mtim);
	}
	return 0;
}

int sb_tracing_new(struct sb_tracing **out, const struct sb_sandbox_plan *plan, int proc, struct sb_err *err)
{
	void *memory = mmap(NULL, sizeof(struct sb_tracing), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct sb_tracing *made = memory == MAP_FAILED ? NULL : memory;

	if (!made)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	made->plan = plan;
	made->recorder = plan->recorder;
	made->proc = proc;
	made->events.fd = -1;
	int rc = raise_descriptors(made, err);
	if (rc == 0)
		rc = find_devices(made, err);
	if (rc == 0)
		rc = note_sources(made, err);
	if (rc == 0 && plan->spec->allow_ptrace)
		sb_tracing_doubt(made, "debugging", "the manifest allows the build to change the memory of its processes", false);
	*out = made;
	if (rc != 0)
		sb_tracing_free(out);
	return rc;
}

void sb_tracing_free(struct sb_tracing **tracing)
{
	struct sb_tracing *old = *tracing;

	if (!old)
		return;
	for (size_t i = 0; i < old->open; i++)
		close(old->kins[old->met[i]].folder - 1);
	sb_close_fd(&old->events.fd);
	munmap(old, sizeof(*old));
	*tracing = NULL;
}

void sb_tracing_step(struct sb_tracing *tracing, size_t step, pid_t root)
{
	tracing->step = (uint32_t)step;
	tracing->root = root;
	tracing->begun = false;
}

struct sb_file_key sb_tracing_key(const struct stat *st)
{
	return (struct sb_file_key){.device = st->st_dev, .inode = st->st_ino};
}

bool sb_tracing_is_scratch(const struct sb_tracing *tracing, uint64_t device)
{
	for (size_t i = 0; i < SB_SCRATCHES; i++)
		if (tracing->scratches[i] == device)
			return true;
	return false;
}

static bool is_given(const struct sb_sandbox_plan *plan, const char *path)
{
	if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0 || strncmp(path, "/dev/", 5) == 0)
		return true;
	for (size_t i = 0; i < plan->etc.count; i++)
		if (strcmp(path + 1, plan->etc.items[i].path) == 0)
			return true;
	return false;
}

bool sb_tracing_path(const struct sb_tracing *tracing, int folder, const char *link, char *out, size_t size)
{
	static const char remark[] = " (deleted)";
	ssize_t n = readlinkat(folder < 0 ? tracing->proc : folder, link, out, size - 1);

	if (n <= 0)
		return false;
	out[n] = 0;
	if ((size_t)n > sizeof(remark) && strcmp(out + n - (ssize_t)sizeof(remark) + 1, remark) == 0)
		out[n - (ssize_t)sizeof(remark) + 1] = 0;
	return *out == '/';
}

/** Nobody was seen to make it: a file of what the build writes to must have been. */
static uint32_t meet(struct sb_tracing *tracing, const struct stat *st, const char *path)
{
	enum sb_trace_origin origin = sb_tracing_is_scratch(tracing, st->st_dev) ? SB_TRACE_UNKNOWN
	                              : !path                         ? SB_TRACE_CHANNEL
	                              : is_given(tracing->plan, path) ? SB_TRACE_GIVEN
	                              : st->st_nlink == 0             ? SB_TRACE_CHANNEL
	                                                              : SB_TRACE_ROOT;

	return sb_recorder_meet(tracing->recorder, sb_tracing_key(st), origin, origin == SB_TRACE_CHANNEL ? "memory" : path);
}

uint32_t sb_tracing_linked(struct sb_tracing *tracing, int folder, const char *link, const struct stat *st)
{
	uint32_t known = sb_recorder_find(tracing->recorder, sb_tracing_key(st));
	char path[PATH_MAX];

	if (known != SB_TRACE_NONE || st->st_dev == tracing->proc_device)
		return known;
	if (st->st_dev == tracing->log.device && st->st_ino == tracing->log.inode)
		return SB_TRACE_NONE;
	if (S_ISFIFO(st->st_mode))
		return sb_recorder_meet(tracing->recorder, sb_tracing_key(st), SB_TRACE_CHANNEL, "pipe");
	if (!S_ISREG(st->st_mode))
		return SB_TRACE_NONE;
	return meet(tracing, st, sb_tracing_path(tracing, folder, link, path, sizeof(path)) ? path : NULL);
}

uint32_t sb_tracing_file(struct sb_tracing *tracing, int fd, const struct stat *st)
{
	char link[32];

	snprintf(link, sizeof(link), "self/fd/%d", fd);
	return sb_tracing_linked(tracing, tracing->proc, link, st);
}

uint32_t sb_tracing_channel(struct sb_tracing *tracing, const char *name)
{
	/* no file system has the number 0 */
	const struct sb_file_key key = {.device = CHANNEL_DEVICE, .inode = (uint64_t)(unsigned char)*name};

	return sb_recorder_meet(tracing->recorder, key, SB_TRACE_CHANNEL, name);
}

/* Channels have letters for numbers, processes those behind them. */
void sb_tracing_share(struct sb_tracing *tracing, uint32_t from, uint32_t to)
{
	const struct sb_file_key key = {.device = CHANNEL_DEVICE, .inode = (uint64_t)from + FIRST_PROCESS};

	if (from == to || from == SB_TRACE_NONE || to == SB_TRACE_NONE)
		return;
	uint32_t memory = sb_recorder_meet(tracing->recorder, key, SB_TRACE_CHANNEL, "memory");
	sb_recorder_use(tracing->recorder, from, memory, SB_TRACE_WRITE);
	sb_recorder_use(tracing->recorder, to, memory, SB_TRACE_READ);
}

void sb_tracing_attempt(struct sb_tracing *tracing, const struct sb_kin *kin, enum sb_trace_attempt_kind kind, const char *text)
{
	sb_recorder_attempt(tracing->recorder, kin ? kin->process : SB_TRACE_NONE, kind, text);
}

void sb_tracing_doubt(struct sb_tracing *tracing, const char *id, const char *text, bool integrity)
{
	sb_recorder_doubt(tracing->recorder, id, text, integrity);
}
