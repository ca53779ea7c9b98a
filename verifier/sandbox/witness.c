/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/witness.h"
#include "verifier/sandbox/trace_digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEEPEST = 200, LONGEST = 1 << 16 };

/* ---- what the kernel says ---- */

static uint32_t source_of(const struct sb_recorded_file *files, uint32_t at)
{
	while (at != SB_TRACE_NONE && files[at].origin != SB_TRACE_SOURCE)
		at = files[at].older;
	return at;
}

/** The copy was given an access time of 1 s and the time of change that is kept: whatever else they are now, somebody else did. */
static void ask_source(struct sb_recorder *recorder, struct sb_recorded_file *source, bool newest, const struct stat *st, const char *path)
{
	source->witness = newest && !source->times_set;
	source->witness_read = st->st_atim.tv_sec != 1 || st->st_atim.tv_nsec != 0;
	if (!source->witness)
		return;
	if (source->witness_read && !source->read)
		sb_recorder_doubt(recorder, "read-unseen", path, true);
	if (st->st_mtim.tv_sec != source->stamped.tv_sec || st->st_mtim.tv_nsec != source->stamped.tv_nsec)
		sb_recorder_doubt(recorder, "written-unseen", path, true);
}

void sb_witness_compare(struct sb_recorder *recorder, const struct stat *st, const char *path)
{
	size_t count;
	struct sb_recorded_file *files = sb_recorder_files(recorder, &count);
	uint32_t newest = sb_recorder_find(recorder, sb_tracing_key(st)), source;

	if (newest == SB_TRACE_NONE || files[newest].origin == SB_TRACE_UNKNOWN) {
		if (st->st_size > 0) /* mknod(2) makes an empty file without opening it */
			sb_recorder_doubt(recorder, "written-unseen", path, true);
		return;
	}
	sb_recorder_final_name(recorder, newest, path);
	source = source_of(files, newest);
	if (source != SB_TRACE_NONE)
		ask_source(recorder, &files[source], source == newest, st, path);
}

/* ---- every file that the build left ---- */

struct walk {
	struct sb_tracing *tracing;
	char *path; /* of LONGEST bytes */
};

static void visit_folder(const struct walk *walk, int folder, const char *name, size_t length, unsigned depth);

static void visit(const struct walk *walk, int folder, const char *name, size_t length, unsigned depth)
{
	int n = snprintf(walk->path + length, LONGEST - length, "/%s", name);
	struct stat st;

	if (n < 0 || (size_t)n >= LONGEST - length || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		sb_tracing_doubt(walk->tracing, "files-unseen", walk->path, false);
	else if (S_ISREG(st.st_mode))
		sb_witness_compare(walk->tracing->recorder, &st, walk->path);
	else if (S_ISDIR(st.st_mode))
		visit_folder(walk, folder, name, length + (size_t)n, depth + 1);
	walk->path[length] = 0;
}

static void visit_folder(const struct walk *walk, int folder, const char *name, size_t length, unsigned depth)
{
	int fd = depth > DEEPEST ? -1 : openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SB_CLOSEDIR DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *row;

	if (!list) {
		sb_close_fd(&fd);
		sb_tracing_doubt(walk->tracing, "files-unseen", walk->path, false);
		return;
	}
	for (errno = 0; (row = readdir(list)); errno = 0)
		if (strcmp(row->d_name, ".") != 0 && strcmp(row->d_name, "..") != 0)
			visit(walk, fd, row->d_name, length, depth);
	if (errno)
		sb_tracing_doubt(walk->tracing, "files-unseen", walk->path, false);
}

static void visit_scratches(struct sb_tracing *tracing)
{
	const char *const tops[] = {"/tmp", "/var/tmp", "/dev/shm", tracing->plan->work_mount};
	const struct walk walk = {.tracing = tracing, .path = tracing->arguments};

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= strncmp(tops[i], tops[k], strlen(tops[k])) == 0 && tops[i][strlen(tops[k])] == '/';
		if (!again)
			visit_folder(&walk, AT_FDCWD, tops[i], (size_t)snprintf(walk.path, LONGEST, "%s", tops[i]), 0);
	}
}

void sb_witness_take(struct sb_tracing *tracing)
{
	visit_scratches(tracing);
	sb_trace_digest(tracing);
}
