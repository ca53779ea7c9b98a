/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The times of files. The kernel stamps them with the real time; a build whose clock says otherwise would find its own files in the
 * future, or older than its sources: Meson stops, make warns, archives tell. So init looks at the file in the build's place, with the
 * build's own rights and no others, and translates what was stamped since the build began. Whatever init cannot look at the kernel
 * answers; nothing of /proc is looked at, where init would see itself.
 */
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/file_time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/** One question about one file. */
struct look {
	int folder;        /* descriptor in the process that asks, or AT_FDCWD */
	uint64_t path;     /* address of the text; 0: the descriptor itself */
	int flags;         /* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH … */
	uint64_t out;      /* address */
};

enum { KNOWN_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC };

/** What the process has as descriptor @number, for looking only; its working folder for AT_FDCWD. -1: none. */
static int borrow(const struct sb_target *target, int number)
{
	char path[48];

	if (number == AT_FDCWD)
		snprintf(path, sizeof(path), "%d/cwd", (int)target->pid);
	else
		snprintf(path, sizeof(path), "%d/fd/%d", (int)target->pid, number);
	return openat(target->proc, path, O_PATH | O_CLOEXEC);
}

static int open_path(const struct sb_target *target, const struct look *look, const char *path)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC | (look->flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0), .resolve = RESOLVE_NO_MAGICLINKS};
	SB_CLOSING int folder = *path == '/' ? -1 : borrow(target, look->folder);

	if (*path != '/' && folder < 0)
		return -1;
	return (int)syscall(SYS_openat2, folder < 0 ? AT_FDCWD : folder, path, &how, sizeof(how));
}

/** The file in question, for looking only. -1: leave it to the kernel. */
static int open_it(const struct sb_target *target, const struct look *look)
{
	char path[PATH_MAX];
	size_t length = 0;

	if (look->flags & ~KNOWN_FLAGS)
		return -1;
	if (look->path && sb_target_read_text(target, look->path, path, sizeof(path), &length) != SB_REACH_OK)
		return -1;
	if (length > 0)
		return open_path(target, look, path);
	return look->flags & AT_EMPTY_PATH ? borrow(target, look->folder) : -1;
}

static bool is_ours(const struct sb_answering *answering, dev_t device)
{
	for (size_t i = 0; i < SB_SCRATCHES; i++)
		if (answering->scratches[i] == device)
			return true;
	return false;
}

static struct timespec told(const struct sb_answering *answering, struct timespec real, dev_t device)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return sb_file_time(&answering->clock, &answering->files, real, now, is_ours(answering, device));
}

static bool stat_it(const struct sb_target *target, const struct look *look, struct stat *st)
{
	SB_CLOSING int fd = open_it(target, look);

	return fd >= 0 && fstat(fd, st) == 0;
}

/** A descriptor needs no opening, and it is what most questions are about. */
static bool stat_descriptor(const struct sb_target *target, int number, struct stat *st)
{
	char path[48];

	snprintf(path, sizeof(path), "%d/fd/%d", (int)target->pid, number);
	return fstatat(target->proc, path, st, 0) == 0 && sb_target_waits(target);
}

static struct sb_answer look_plain(struct sb_answering *answering, const struct sb_target *target, const struct look *look)
{
	struct stat st;
	bool seen = look->path || look->folder < 0 ? stat_it(target, look, &st) : stat_descriptor(target, look->folder, &st);

	if (!seen || st.st_dev == answering->proc_device)
		return sb_answer_kernel();
	st.st_atim = told(answering, st.st_atim, st.st_dev);
	st.st_mtim = told(answering, st.st_mtim, st.st_dev);
	st.st_ctim = told(answering, st.st_ctim, st.st_dev);
	return sb_answer_after(answering, sb_target_write(target, look->out, &st, sizeof(st)), 0);
}

/** stat(path, out) */
struct sb_answer sb_answer_stat(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct look look = {.folder = AT_FDCWD, .path = question->arguments[0], .out = question->arguments[1]};

	return look_plain(answering, target, &look);
}

/** lstat(path, out) */
struct sb_answer sb_answer_lstat(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct look look = {
		.folder = AT_FDCWD, .path = question->arguments[0], .flags = AT_SYMLINK_NOFOLLOW, .out = question->arguments[1]};

	return look_plain(answering, target, &look);
}

/** fstat(descriptor, out) */
struct sb_answer sb_answer_fstat(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct look look = {.folder = (int)question->arguments[0], .flags = AT_EMPTY_PATH, .out = question->arguments[1]};

	return look.folder < 0 ? sb_answer_kernel() : look_plain(answering, target, &look);
}

/** newfstatat(folder, path, out, flags) */
struct sb_answer sb_answer_newfstatat(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct look look = {.folder = (int)question->arguments[0], .path = question->arguments[1], .flags = (int)question->arguments[3],
	                    .out = question->arguments[2]};
	char first = 1;

	/* what fstat(3) is made of */
	if (look.flags == AT_EMPTY_PATH && sb_target_read(target, look.path, &first, 1) == SB_REACH_OK && !first)
		look.path = 0;
	return look_plain(answering, target, &look);
}

static void translate(const struct sb_answering *answering, struct statx_timestamp *time, dev_t device)
{
	struct timespec now = told(answering, (struct timespec){.tv_sec = time->tv_sec, .tv_nsec = time->tv_nsec}, device);

	time->tv_sec = now.tv_sec;
	time->tv_nsec = (uint32_t)now.tv_nsec;
}

/** statx(folder, path, flags, mask, out) */
struct sb_answer sb_answer_statx(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct look look = {.folder = (int)question->arguments[0], .path = question->arguments[1], .flags = (int)question->arguments[2],
	                          .out = question->arguments[4]};
	SB_CLOSING int fd = open_it(target, &look);
	struct statx st;
	struct stat same;

	if (fd < 0 || fstat(fd, &same) != 0 || same.st_dev == answering->proc_device)
		return sb_answer_kernel();
	if (statx(fd, "", AT_EMPTY_PATH | (look.flags & AT_STATX_SYNC_TYPE), (unsigned)question->arguments[3], &st) != 0)
		return sb_answer_kernel();
	translate(answering, &st.stx_atime, same.st_dev);
	translate(answering, &st.stx_mtime, same.st_dev);
	translate(answering, &st.stx_ctime, same.st_dev);
	translate(answering, &st.stx_btime, same.st_dev);
	return sb_answer_after(answering, sb_target_write(target, look.out, &st, sizeof(st)), 0);
}
