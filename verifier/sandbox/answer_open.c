/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening files. Init opens them in the build's place, with the build's rights and none of its own, and hands the descriptor over: another
 * thread that rewrites the path meanwhile changes nothing, since it was read once, and what is noted is the very file that the process gets.
 * Left to the kernel is what is no file of anybody: terminals, FIFOs (which wait for their other end), and what /proc shows of processes.
 */
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/loader.h"
#include "verifier/sandbox/lookup.h"
#include "verifier/sandbox/tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { MEMORY_DEVICES = 1 }; /* null, zero, full, random, urandom */

#define KNOWN_FLAGS \
	((uint64_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | \
	            O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_TMPFILE | O_PATH))

/** One open as it was asked for. */
struct opening {
	struct sb_answering *answering;
	struct sb_tracing *tracing;
	const struct sb_target *target;
	struct sb_kin *kin;
	struct sb_wanted wanted;
	uint64_t flags, caller;
	mode_t mode;
};

static bool reads(const struct opening *opening)
{
	return (opening->flags & O_ACCMODE) != O_WRONLY;
}

static bool writes(const struct opening *opening)
{
	return (opening->flags & O_ACCMODE) != O_RDONLY || opening->flags & O_TRUNC;
}

/** The process's own, as it would have been applied. */
static mode_t umask_of(const struct opening *opening)
{
	SB_CLOSING int fd = sb_target_open(opening->target, "status");
	char text[512];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *at;

	if (n <= 0)
		return 077;
	text[n] = 0;
	at = strstr(text, "\nUmask:");
	return at ? (mode_t)strtoul(at + 7, NULL, 8) & 0777 : 077;
}

/** Nobody else has it open or mapped: the kernel gives a lease for writing only then. */
static bool is_alone(const struct opening *opening, const char *link)
{
	SB_CLOSING int fd = openat(opening->tracing->proc, link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
}

/** A library of the root becomes a part of the program. What the build brings or makes is read, whoever does it. */
static bool is_loading(const struct opening *opening, uint32_t file)
{
	size_t count;

	return file != SB_TRACE_NONE && sb_loader_asks(opening->kin, opening->caller) &&
	       sb_recorder_seen(opening->tracing->recorder, &count)[file].origin == SB_TRACE_ROOT;
}

static void note(const struct opening *opening, int fd, const struct stat *st, bool alone)
{
	struct sb_recorder *recorder = opening->tracing->recorder;
	char path[PATH_MAX], link[32];

	if (writes(opening)) {
		snprintf(link, sizeof(link), "self/fd/%d", fd);
		const struct sb_writing writing = {
			.process = opening->kin->process,
			.key = sb_tracing_key(st),
			.path = sb_tracing_path(opening->tracing, opening->tracing->proc, link, path, sizeof(path)) ? path : NULL,
			.truncates = opening->flags & O_TRUNC,
			.exclusive = opening->flags & O_EXCL,
			.alone = alone,
		};
		uint32_t version = sb_recorder_write(recorder, &writing);
		if (reads(opening))
			sb_recorder_use(recorder, opening->kin->process, version, SB_TRACE_READ);
		return;
	}
	uint32_t file = sb_tracing_file(opening->tracing, fd, st);
	sb_recorder_use(recorder, opening->kin->process, file, is_loading(opening, file) ? SB_TRACE_EXEC : SB_TRACE_READ);
}

static struct sb_answer hand_over(const struct opening *opening, int *fd)
{
	/* opened so that nothing is waited for; the process waits if it wants to */
	if (!(opening->flags & (O_NONBLOCK | O_PATH)) && fcntl(*fd, F_SETFL, (int)opening->flags & (O_APPEND | O_ASYNC | O_DIRECT)) != 0)
		return sb_answer_value(-errno);
	return (struct sb_answer){.kind = SB_ANSWER_DESCRIPTOR, .value = sb_steal_fd(fd), .closes_on_exec = opening->flags & O_CLOEXEC};
}

/** What /proc and /sys show, and the like: it is told by the name that the process used. */
static void note_fact(const struct opening *opening, const struct sb_found *found)
{
	static const struct {
		const char *path;
		enum sb_trace_attempt_kind kind;
	} rows[] = {
		{"/dev/random", SB_TRACE_ATTEMPT_RANDOM},
		{"/dev/urandom", SB_TRACE_ATTEMPT_RANDOM},
		{"/etc/resolv.conf", SB_TRACE_ATTEMPT_RESOLVER},
		{"/etc/hosts", SB_TRACE_ATTEMPT_RESOLVER},
		{"/etc/localtime", SB_TRACE_ATTEMPT_HOST_FACT},
		{"/etc/machine-id", SB_TRACE_ATTEMPT_HOST_FACT},
		{"/etc/hostname", SB_TRACE_ATTEMPT_HOST_FACT},
		{"/var/lib/dbus/machine-id", SB_TRACE_ATTEMPT_HOST_FACT},
	};
	const char *path = found->path;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(path, rows[i].path) == 0)
			sb_tracing_attempt(opening->tracing, opening->kin, rows[i].kind, path);
	if (strncmp(path, "/sys/", 5) == 0 || (strncmp(path, "/proc/", 6) == 0 && !sb_lookup_own(opening->target, path) && !(path[6] >= '0' && path[6] <= '9')))
		sb_tracing_attempt(opening->tracing, opening->kin, SB_TRACE_ATTEMPT_HOST_FACT, path);
}

/** The kernel reads the path again, and there may be somebody who has changed it by then. */
static struct sb_answer leave_it(const struct opening *opening, const struct sb_found *found)
{
	struct stat tasks;

	if (fstatat(opening->kin->folder - 1, "task", &tasks, 0) != 0 || tasks.st_nlink > 3)
		sb_tracing_doubt(opening->tracing, "path-unseen", found->path, false);
	return sb_answer_kernel();
}

/** What another process has in its memory, or put there for others to see: who opens that may take it over, or change it. */
static void note_memory(const struct opening *opening, const struct sb_found *found)
{
	static const char *const telling[] = {"mem", "environ", "cmdline", "comm"};
	char link[32], path[PATH_MAX];
	bool tells = false;

	snprintf(link, sizeof(link), "self/fd/%d", found->fd);
	if (!sb_tracing_path(opening->tracing, opening->tracing->proc, link, path, sizeof(path)) || strncmp(path, "/proc/", 6) != 0)
		return;
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		tells |= strcmp(sb_path_base(path), telling[i]) == 0;
	pid_t pid = (pid_t)strtol(path + 6, NULL, 10);
	if (!tells || pid <= 1)
		return;
	const struct sb_kin *other = sb_tracing_of(opening->tracing, pid);
	if (!other)
		sb_tracing_doubt(opening->tracing, "process-unseen", "the memory of another process", false);
	else if (writes(opening))
		sb_tracing_share(opening->tracing, opening->kin->process, other->process);
	if (other && reads(opening))
		sb_tracing_share(opening->tracing, other->process, opening->kin->process);
}

/** What /proc shows a process of itself, and everybody of the system: nothing that init's rights would open wider. */
static struct sb_answer open_fact(const struct opening *opening, const struct sb_found *found)
{
	static const char *const own[] = {"auxv", "cgroup", "cmdline", "comm", "environ", "limits", "maps", "mountinfo", "mounts", "smaps",
	                                  "smaps_rollup", "stat", "statm", "status"};
	const char *rest = sb_lookup_own(opening->target, found->path);

	for (size_t i = 0; rest && !writes(opening) && i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(rest, own[i]) == 0) {
			SB_CLOSING int fd = sb_target_open(opening->target, own[i]);
			return fd < 0 ? leave_it(opening, found) : hand_over(opening, &fd);
		}
	note_memory(opening, found);
	return leave_it(opening, found);
}

/** A file, a folder, or a device that is the same to all, as it was found. */
static struct sb_answer open_found(const struct opening *opening, const struct sb_found *found)
{
	struct sb_recorder *recorder = opening->tracing->recorder;
	char link[32];
	int flags = (int)(opening->flags & ~(uint64_t)(O_CREAT | O_EXCL | O_NOFOLLOW | O_NOATIME)) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	bool inside = (opening->flags & O_TMPFILE) == O_TMPFILE, alone = true;

	snprintf(link, sizeof(link), "self/fd/%d", found->fd);
	if (S_ISDIR(found->st.st_mode) && opening->flags & O_CREAT)
		return sb_answer_value(-EISDIR);
	if (S_ISREG(found->st.st_mode) && writes(opening) && sb_recorder_is_settled(recorder, sb_tracing_key(&found->st)))
		alone = is_alone(opening, link);
	SB_CLOSING int fd = openat(opening->tracing->proc, link, flags, inside ? opening->mode & ~umask_of(opening) : 0);
	struct stat st;
	if (fd < 0 && errno == EWOULDBLOCK)
		return leave_it(opening, found);
	if (fd < 0 || fstat(fd, &st) != 0)
		return sb_answer_value(-errno);
	if (S_ISREG(st.st_mode) && !(opening->flags & O_PATH))
		note(opening, fd, &st, alone);
	struct sb_answer answer = hand_over(opening, &fd);
	answer.at_once = !sb_tracing_is_scratch(opening->tracing, st.st_dev);
	return answer;
}

static struct sb_answer open_new(const struct opening *opening, const struct sb_found *found)
{
	const struct open_how how = {
		.flags = (opening->flags & ~(uint64_t)O_NOATIME) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.mode = opening->mode & ~umask_of(opening),
		.resolve = RESOLVE_NO_MAGICLINKS | (opening->wanted.resolve & ~(uint64_t)RESOLVE_CACHED),
	};
	SB_CLOSING int fd = (int)syscall(SYS_openat2, found->folder, found->path, &how, sizeof(how));
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return leave_it(opening, found);
	if (fd < 0 || fstat(fd, &st) != 0)
		return sb_answer_value(-errno);
	if (S_ISREG(st.st_mode))
		note(opening, fd, &st, true);
	return hand_over(opening, &fd);
}

/** It is there. */
static struct sb_answer open_this(const struct opening *opening, const struct sb_found *found)
{
	struct sb_recorder *recorder = opening->tracing->recorder;
	mode_t type = found->st.st_mode & S_IFMT;

	note_fact(opening, found);
	if (opening->flags & O_CREAT && opening->flags & O_EXCL)
		return sb_answer_value(-EEXIST);
	if (type == S_IFLNK)
		return found->st.st_dev == opening->tracing->proc_device ? leave_it(opening, found) : sb_answer_value(-ELOOP);
	if (found->st.st_dev == opening->tracing->proc_device)
		return open_fact(opening, found);
	if (type == S_IFREG || type == S_IFDIR || (type == S_IFCHR && major(found->st.st_rdev) == MEMORY_DEVICES))
		return open_found(opening, found);
	if (type == S_IFIFO)
		sb_recorder_use(recorder, opening->kin->process, sb_tracing_file(opening->tracing, found->fd, &found->st),
		                (reads(opening) ? SB_TRACE_READ : 0) | (writes(opening) ? SB_TRACE_WRITE : 0));
	return leave_it(opening, found);
}

static void note_absent(const struct opening *opening, const struct sb_found *found)
{
	char path[PATH_MAX + PATH_MAX], link[32];
	size_t n = 0;

	note_fact(opening, found);
	if (found->folder >= 0) {
		snprintf(link, sizeof(link), "self/fd/%d", found->folder);
		if (!sb_tracing_path(opening->tracing, opening->tracing->proc, link, path, PATH_MAX))
			return;
		n = strlen(path);
		path[n++] = '/';
	}
	snprintf(path + n, sizeof(path) - n, "%s", found->path);
	sb_tracing_attempt(opening->tracing, opening->kin, SB_TRACE_ATTEMPT_ABSENT, path);
}

static struct sb_answer open_wanted(struct opening *opening)
{
	struct sb_found found;
	struct sb_answer answer = sb_answer_kernel();

	opening->tracing = opening->answering->tracing;
	opening->wanted.stays = opening->flags & O_NOFOLLOW || (opening->flags & O_CREAT && opening->flags & O_EXCL);
	opening->kin = sb_tracing_who(opening->tracing, opening->target);
	if (!opening->kin)
		return answer;
	sb_lookup(opening->target, &opening->wanted, &found);
	if (found.how == SB_FOUND)
		answer = open_this(opening, &found);
	else if (found.how == SB_FOUND_NOTHING && found.error == ENOENT && found.path[0] && opening->flags & O_CREAT)
		answer = open_new(opening, &found);
	else if (found.how == SB_FOUND_NOTHING)
		answer = sb_answer_value(-found.error);
	else if (found.how == SB_FOUND_UNSEEN)
		sb_tracing_doubt(opening->tracing, "path-unseen", found.path, false);
	else if (sb_target_waits(opening->target))
		sb_tracing_doubt(opening->tracing, "process-unseen", "the memory of a process", false);
	if (found.how == SB_FOUND_NOTHING && (found.error == ENOENT || found.error == ENOTDIR) && !(opening->flags & O_CREAT))
		note_absent(opening, &found);
	if (sb_lookup_changed(opening->target, &opening->wanted, &found))
		sb_tracing_doubt(opening->tracing, "path-rewritten", found.path, true);
	sb_found_release(&found);
	return answer;
}

static struct sb_answer open_plain(struct sb_answering *answering, const struct sb_target *target, int folder, uint64_t caller, const uint64_t arguments[3])
{
	struct opening opening = {.answering = answering, .target = target, .wanted = {.folder = folder, .address = arguments[0]},
	                          .flags = arguments[1] & KNOWN_FLAGS, .caller = caller, .mode = (mode_t)(arguments[2] & 07777)};

	if (opening.flags & O_PATH) /* nothing can be read through it */
		return sb_answer_kernel();
	if (!(opening.flags & O_CREAT) && (opening.flags & O_TMPFILE) != O_TMPFILE)
		opening.mode = 0;
	return open_wanted(&opening);
}

/** open(path, flags, mode) */
struct sb_answer sb_answer_open(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	return open_plain(answering, target, AT_FDCWD, question->caller, question->arguments);
}

/** creat(path, mode) */
struct sb_answer sb_answer_creat(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const uint64_t arguments[3] = {question->arguments[0], O_CREAT | O_WRONLY | O_TRUNC, question->arguments[1]};

	return open_plain(answering, target, AT_FDCWD, question->caller, arguments);
}

/** openat(folder, path, flags, mode) */
struct sb_answer sb_answer_openat(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	return open_plain(answering, target, (int)question->arguments[0], question->caller, question->arguments + 1);
}

/** openat2(folder, path, how, size): what lies in memory is read once, so it is judged here. */
struct sb_answer sb_answer_openat2(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const uint64_t *arguments = question->arguments;
	struct open_how how;

	if (arguments[3] != sizeof(how))
		return sb_answer_value(arguments[3] < sizeof(how) ? -EINVAL : -E2BIG);
	enum sb_reach reach = sb_target_read(target, arguments[2], &how, sizeof(how));
	if (reach != SB_REACH_OK)
		return sb_answer_after(answering, reach, 0);
	if (how.flags & ~KNOWN_FLAGS || how.mode & ~UINT64_C(07777) || (how.flags & O_PATH && how.flags & ~(uint64_t)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)))
		return sb_answer_value(-EINVAL);
	struct opening opening = {.answering = answering, .target = target,
	                          .wanted = {.folder = (int)arguments[0], .address = arguments[1], .resolve = how.resolve},
	                          .flags = how.flags, .caller = question->caller, .mode = (mode_t)how.mode};
	return open_wanted(&opening);
}
