/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks. A thread has its leader's process; a child that has not exec'd is its parent's; a program begins a process of its own, which is
 * looked at when it asks for the first time, before it can have closed what it inherited.
 */
#include "hashing/hashing.h"
#include "verifier/sandbox/temporary.h"
#include "verifier/sandbox/tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DEEPEST = 64 };

static bool is_alive(const struct sb_kin *kin)
{
	return kin->folder && faccessat(kin->folder - 1, "comm", F_OK, 0) == 0;
}

/* ---- an exec that succeeded ---- */

/** All arguments, each with its NUL; random names are no part of them. */
static void note_arguments(struct sb_tracing *tracing, const struct sb_kin *kin, struct sb_recorded_process *process)
{
	SB_CLOSING int fd = openat(kin->folder - 1, "cmdline", O_RDONLY | O_CLOEXEC);
	struct sb_digest digest;
	size_t got = 0;

	for (ssize_t n; fd >= 0 && got < SB_ARGUMENT_BYTES; got += (size_t)n)
		if ((n = read(fd, tracing->arguments + got, SB_ARGUMENT_BYTES - got)) <= 0)
			break;
	if (fd < 0 || got == SB_ARGUMENT_BYTES)
		sb_tracing_doubt(tracing, "process-unseen", "the arguments of a program", false);
	got = sb_temporary_names(tracing->arguments, got, tracing->plan->work_mount);
	sb_hash_span(sb_span_of(tracing->arguments, got), SB_DIGEST_SHA256, &digest);
	memcpy(process->argv_sha256, digest.sha256, sizeof(digest.sha256));
	process->argv_cut = got > SB_LIMIT_OF(TRACE_ARGUMENTS);
	if (process->argv_cut)
		got = SB_LIMIT_OF(TRACE_ARGUMENTS);
	else if (got > 0 && !tracing->arguments[got - 1])
		got--;
	process->argv_length = (uint32_t)got;
	process->argv = sb_recorder_name(tracing->recorder, sb_span_of(tracing->arguments, got));
}

static uint64_t note_cwd(struct sb_tracing *tracing, const struct sb_kin *kin)
{
	char path[PATH_MAX];

	if (!sb_tracing_path(tracing, kin->folder - 1, "cwd", path, sizeof(path)))
		return 0;
	return sb_recorder_name(tracing->recorder, sb_span_of(path, sb_temporary_names(path, strlen(path), tracing->plan->work_mount)));
}

static uint32_t image_of(struct sb_tracing *tracing, const struct sb_kin *kin)
{
	struct stat st;

	if (fstatat(kin->folder - 1, "exe", &st, 0) != 0) {
		sb_tracing_doubt(tracing, "process-unseen", "the image of a program", false);
		return SB_TRACE_NONE;
	}
	return sb_tracing_linked(tracing, kin->folder - 1, "exe", &st);
}

/** A pipe that is empty and that nobody can fill, as make gives its children to read: whether they get it is a matter of chance. */
static bool is_dry(int folder, const char *name, const struct stat *link)
{
	SB_CLOSING int fd = link->st_mode & S_IWUSR ? -1 : openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct pollfd end = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&end, 1, 0) > 0 && end.revents & POLLHUP && !(end.revents & POLLIN);
}

/** What it inherited. A channel that it has, who forked it had: and may have used it, unless that one inherited it as well. */
static void note_descriptor(struct sb_tracing *tracing, int folder, const char *name, uint32_t process, uint32_t parent)
{
	struct stat link, st;
	uint32_t file;
	unsigned uses = 0;

	if (fstatat(folder, name, &link, AT_SYMLINK_NOFOLLOW) != 0 || fstatat(folder, name, &st, 0) != 0)
		return;
	if (S_ISCHR(st.st_mode) || S_ISDIR(st.st_mode) || (S_ISFIFO(st.st_mode) && is_dry(folder, name, &link)))
		return;
	file = S_ISSOCK(st.st_mode) ? sb_tracing_channel(tracing, "sockets") : sb_tracing_linked(tracing, folder, name, &st);
	if (link.st_mode & S_IRUSR)
		uses |= SB_TRACE_READ;
	if (link.st_mode & S_IWUSR)
		uses |= SB_TRACE_WRITE;
	if (file == SB_TRACE_NONE)
		return;
	if (!S_ISREG(st.st_mode) || st.st_nlink == 0)
		if (!sb_recorder_uses(tracing->recorder, parent, file))
			sb_recorder_use(tracing->recorder, parent, file, SB_TRACE_HOLD);
	if (uses)
		sb_recorder_use(tracing->recorder, process, file, uses);
}

/** The kernel's own form of a listing: nothing is allocated, as this happens for every program. */
struct listed {
	uint64_t inode;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

static void note_descriptors(struct sb_tracing *tracing, const struct sb_kin *kin, uint32_t process, uint32_t parent)
{
	SB_CLOSING int folder = openat(kin->folder - 1, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(uint64_t) char rows[4096];
	long n = -1;

	while (folder >= 0 && (n = syscall(SYS_getdents64, folder, rows, sizeof(rows))) > 0)
		for (long at = 0; at < n;) {
			const struct listed *row = (const void *)(rows + at);

			if (row->name[0] != '.')
				note_descriptor(tracing, folder, row->name, process, parent);
			at += row->size;
		}
	if (n < 0)
		sb_tracing_doubt(tracing, "process-unseen", "the descriptors of a program", false);
}

/** A format that the kernel does not know leaves the old image in place; a program that nobody asked for is another one in its place. */
static bool has_succeeded(struct sb_tracing *tracing, const struct sb_kin *kin, uint32_t image, uint32_t old)
{
	char path[PATH_MAX];

	if (kin->pending == SB_PENDING_OTHER || (kin->pending == SB_PENDING_BINARY && image != kin->pending_file))
		if (image == old)
			return false;
	if (kin->pending == SB_PENDING_BINARY && image != kin->pending_file)
		sb_tracing_doubt(tracing, "program-exchanged", sb_tracing_path(tracing, kin->folder - 1, "exe", path, sizeof(path)) ? path : "", true);
	return true;
}

static uint32_t image_before(const struct sb_tracing *tracing, uint32_t process)
{
	size_t count;
	const struct sb_recorded_process *rows = sb_recorder_processes(tracing->recorder, &count);

	return process == SB_TRACE_NONE ? SB_TRACE_NONE : rows[process].image;
}

/** Children that another thread made while this one exec'd the same program again cannot be told from those of the new one. */
static void link_twins(struct sb_tracing *tracing, const struct sb_kin *kin, uint32_t old, uint32_t made)
{
	if (kin->crowded && image_before(tracing, old) == image_before(tracing, made))
		sb_tracing_share(tracing, old, made);
}

static void begin(struct sb_tracing *tracing, struct sb_kin *kin)
{
	uint32_t parent = kin->process, image = image_of(tracing, kin);
	struct sb_recorded_process process = {.parent = parent, .image = image, .step = kin->step, .adopted = kin->adopted};

	if (!has_succeeded(tracing, kin, image, image_before(tracing, parent))) {
		sb_recorder_use(tracing->recorder, parent, kin->pending_file, SB_TRACE_EXEC);
		kin->pending = SB_PENDING_NOTHING;
		return;
	}
	note_arguments(tracing, kin, &process);
	process.cwd = note_cwd(tracing, kin);
	kin->process = sb_recorder_process(tracing->recorder, &process);
	kin->adopted = false;
	link_twins(tracing, kin, parent, kin->process);
	sb_recorder_use(tracing->recorder, kin->process, image, SB_TRACE_EXEC);
	sb_recorder_use(tracing->recorder, kin->process, kin->pending_file, SB_TRACE_EXEC);
	note_descriptors(tracing, kin, kin->process, parent);
	kin->pending = SB_PENDING_NOTHING;
}

void sb_tracing_expect(struct sb_kin *kin, enum sb_pending pending, uint32_t file)
{
	kin->pending = pending;
	kin->pending_file = file;
}

/** It has ended, and never asked after its last exec. What it could read and write its parent had opened, and has the edges. */
static void conclude(struct sb_tracing *tracing, struct sb_kin *kin)
{
	const struct sb_recorded_process process = {
		.parent = kin->process, .image = kin->pending_file, .step = kin->step, .adopted = kin->adopted};

	if (kin->pending == SB_PENDING_NOTHING)
		return;
	uint32_t made = kin->pending == SB_PENDING_OTHER ? kin->process : sb_recorder_process(tracing->recorder, &process);
	sb_recorder_use(tracing->recorder, made, kin->pending_file, SB_TRACE_EXEC);
	sb_recorder_use(tracing->recorder, kin->process, kin->pending_file, SB_TRACE_EXEC);
	kin->pending = SB_PENDING_NOTHING;
}

void sb_tracing_settle(struct sb_tracing *tracing)
{
	for (size_t i = 0; i < tracing->open; i++)
		conclude(tracing, &tracing->kins[tracing->met[i]]);
}

/* ---- who is who ---- */

static void forget(struct sb_tracing *tracing, struct sb_kin *kin)
{
	conclude(tracing, kin);
	close(kin->folder - 1);
	*kin = (struct sb_kin){0};
}

/** Room for one more folder: those of the dead go. */
static bool make_room(struct sb_tracing *tracing)
{
	size_t kept = 0;

	if (tracing->open < tracing->most)
		return true;
	for (size_t i = 0; i < tracing->open; i++) {
		struct sb_kin *kin = &tracing->kins[tracing->met[i]];

		if (is_alive(kin))
			tracing->met[kept++] = tracing->met[i];
		else if (kin->folder)
			forget(tracing, kin);
	}
	tracing->open = kept;
	return kept < tracing->most;
}

struct family {
	pid_t leader, parent;
};

static pid_t number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? (pid_t)strtol(at + strlen(name), NULL, 10) : 0;
}

static bool read_family(const struct sb_kin *kin, struct family *out)
{
	SB_CLOSING int fd = openat(kin->folder - 1, "status", O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = 0;
	*out = (struct family){.leader = number_after(text, "\nTgid:"), .parent = number_after(text, "\nPPid:")};
	return out->leader > 0;
}

static struct sb_kin *find(struct sb_tracing *tracing, pid_t pid, unsigned depth);

/** A parent may have exec'd since, where its children could not be listed: then the child is still what the parent was before. */
static uint32_t process_of_child(const struct sb_tracing *tracing, uint32_t image, uint32_t process)
{
	size_t count;
	const struct sb_recorded_process *rows = sb_recorder_processes(tracing->recorder, &count);

	for (uint32_t at = process; at != SB_TRACE_NONE; at = rows[at].parent)
		if (rows[at].image == image)
			return at;
	return process;
}

/** Who was orphaned before it asked has its group or its session left to tell where it comes from. */
static const struct sb_kin *foster(struct sb_tracing *tracing, pid_t pid, unsigned depth)
{
	const pid_t leaders[] = {getpgid(pid), getsid(pid), tracing->root};

	for (size_t i = 0; i < sizeof(leaders) / sizeof(leaders[0]); i++) {
		const struct sb_kin *kin = leaders[i] > 1 && leaders[i] != pid ? find(tracing, leaders[i], depth + 1) : NULL;

		if (kin)
			return kin;
	}
	return NULL;
}

/** Whoever made it is gone: any process that ran the same program may have, and may have handed down what it had read. */
static void link_kind(struct sb_tracing *tracing, uint32_t image, uint32_t process)
{
	size_t count;
	const struct sb_recorded_process *rows = sb_recorder_processes(tracing->recorder, &count);

	for (uint32_t at = 0; image != SB_TRACE_NONE && at < count; at++)
		if (rows[at].image == image && at != process)
			sb_tracing_share(tracing, at, process);
}

static void descend(struct sb_tracing *tracing, struct sb_kin *kin, pid_t pid, pid_t parent, unsigned depth)
{
	const struct sb_kin *from = NULL;

	kin->process = SB_TRACE_NONE;
	kin->step = tracing->step;
	if (pid == tracing->root) { /* of which only what it exec'd can be looked at */
		sb_tracing_expect(kin, SB_PENDING_SCRIPT, SB_TRACE_NONE);
		return;
	}
	if (parent > 1)
		from = find(tracing, parent, depth + 1);
	if (!from) {
		from = foster(tracing, pid, depth);
		kin->adopted = true;
	}
	if (!from) {
		sb_tracing_doubt(tracing, "process-unseen", "the parent of a program", false);
		return;
	}
	kin->step = from->step;
	kin->loader_begin = from->loader_begin;
	kin->loader_end = from->loader_end;
	uint32_t image = image_of(tracing, kin);
	kin->process = process_of_child(tracing, image, from->process);
	if (kin->adopted || from->reaps)
		link_kind(tracing, image, kin->process);
}

static struct sb_kin *open_kin(struct sb_tracing *tracing, pid_t pid, struct family *family)
{
	struct sb_kin *kin = &tracing->kins[pid];
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)pid);
	int folder = make_room(tracing) ? openat(tracing->proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (folder < 0)
		return NULL;
	*kin = (struct sb_kin){.folder = folder + 1};
	if (!read_family(kin, family)) {
		forget(tracing, kin);
		return NULL;
	}
	tracing->met[tracing->open++] = pid;
	kin->leader = family->leader;
	return kin;
}

static struct sb_kin *meet(struct sb_tracing *tracing, pid_t pid, unsigned depth)
{
	struct family family;
	struct sb_kin *kin = open_kin(tracing, pid, &family);

	if (kin && family.leader == pid)
		descend(tracing, kin, pid, family.parent, depth);
	return kin;
}

static void bury(struct sb_tracing *tracing, pid_t pid)
{
	forget(tracing, &tracing->kins[pid]);
	for (size_t i = tracing->open; i-- > 0;)
		if (tracing->met[i] == pid) {
			tracing->met[i] = tracing->met[--tracing->open];
			return;
		}
}

/** A number that is given to another process leads to nothing below the old one's folder. */
static struct sb_kin *find(struct sb_tracing *tracing, pid_t pid, unsigned depth)
{
	struct sb_kin *kin = pid > 0 && pid < SB_PIDS ? &tracing->kins[pid] : NULL;

	if (!kin || depth > DEEPEST)
		return NULL;
	if (kin->folder && !is_alive(kin))
		bury(tracing, pid);
	if (!kin->folder)
		kin = meet(tracing, pid, depth);
	if (kin && kin->leader != pid)
		kin = find(tracing, kin->leader, depth + 1);
	return kin;
}

struct sb_kin *sb_tracing_of(struct sb_tracing *tracing, pid_t pid)
{
	return find(tracing, pid, 0);
}

/* ---- children that have not asked yet ---- */

/** It has asked nothing, so it has not exec'd either, and is what its parent is. */
static void inherit(struct sb_tracing *tracing, const struct sb_kin *parent, pid_t pid)
{
	struct sb_kin *kin = pid > 1 && pid < SB_PIDS ? &tracing->kins[pid] : NULL;
	struct family family;

	if (!kin || (kin->folder && is_alive(kin)))
		return;
	if (kin->folder)
		bury(tracing, pid);
	kin = open_kin(tracing, pid, &family);
	if (!kin)
		return;
	kin->process = parent->process;
	kin->step = parent->step;
	kin->loader_begin = parent->loader_begin;
	kin->loader_end = parent->loader_end;
}

/** "123 124 ": proc(5), /proc/PID/task/TID/children. */
static void inherit_all(struct sb_tracing *tracing, const struct sb_kin *parent, int tasks, const char *thread)
{
	char path[32], text[4096];
	pid_t pid = 0;

	snprintf(path, sizeof(path), "%.20s/children", thread);
	SB_CLOSING int fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	for (ssize_t n; fd >= 0 && (n = read(fd, text, sizeof(text))) > 0;)
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9' && pid < SB_PIDS) {
				pid = 10 * pid + (text[i] - '0');
				continue;
			}
			inherit(tracing, parent, pid);
			pid = 0;
		}
}

void sb_tracing_settle_children(struct sb_tracing *tracing, struct sb_kin *kin)
{
	SB_CLOSING int tasks = openat(kin->folder - 1, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(uint64_t) char rows[4096];
	size_t threads = 0;
	long n;

	while (tasks >= 0 && (n = syscall(SYS_getdents64, tasks, rows, sizeof(rows))) > 0)
		for (long at = 0; at < n;) {
			const struct listed *row = (const void *)(rows + at);

			if (row->name[0] != '.') {
				inherit_all(tracing, kin, tasks, row->name);
				threads++;
			}
			at += row->size;
		}
	kin->crowded = threads != 1;
}

/** The first process of a step is a copy of init until its exec. */
static bool is_copy_of_init(const struct sb_tracing *tracing, const struct sb_kin *kin)
{
	struct stat ours, theirs;

	return kin->process == SB_TRACE_NONE && fstatat(tracing->proc, "self/exe", &ours, 0) == 0 && fstatat(kin->folder - 1, "exe", &theirs, 0) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

struct sb_kin *sb_tracing_who(struct sb_tracing *tracing, const struct sb_target *target)
{
	struct sb_kin *kin = find(tracing, target->pid, 0);
	bool fresh = target->pid == tracing->root && !tracing->begun;

	if (kin && !fresh && kin->pending == SB_PENDING_NOTHING)
		return kin; /* who reads its memory will ask whether it waits */
	if (!sb_target_waits(target) || (!kin && fresh))
		return NULL;
	if (!kin) {
		sb_tracing_doubt(tracing, "process-unseen", "a process that asks", false);
		return NULL;
	}
	if (fresh && is_copy_of_init(tracing, kin))
		return NULL;
	tracing->begun |= fresh;
	if (kin->pending != SB_PENDING_NOTHING)
		begin(tracing, kin);
	return kin;
}
