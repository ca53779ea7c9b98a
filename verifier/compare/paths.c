/* SPDX-License-Identifier: Apache-2.0 */
/* Two files or two directories, opened without following anything below what was named. */
#include "verifier/compare/opening.h"

#include <fcntl.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int list_side(void *ctx, size_t side, struct sb_err *err)
{
	struct sb_opening *open = ctx;

	return sb_listing_read(open->fd[side], open->metadata, &open->side[side], err);
}

static int open_directories(struct sb_opening *open, struct sb_err *err)
{
	int rc = sb_pool_share(open->pool, SB_SIDES, list_side, open, err);

	if (!rc)
		rc = sb_opening_pair(open, err);
	if (!rc)
		rc = sb_tree_digest(open->leaves.items, open->leaves.count, open->equal.tree, err);
	open->equal.present = rc == 0;
	return rc;
}

/** Two files while they are taken. */
struct taking {
	struct sb_opening *open;
	struct sb_blob *blob[SB_SIDES];
};

static int take_file(void *ctx, size_t side, struct sb_err *err)
{
	const struct taking *taking = ctx;
	struct sb_blob *blob = taking->blob[side];
	int rc = sb_blob_take(taking->open->fd[side], SB_LIMIT_OF(UNPACKED_TOTAL), blob, err);

	return !rc && blob->mapped ? sb_depot_keep(taking->open->depot, blob, err) : rc;
}

static int open_files(struct sb_opening *open, const char *name, struct sb_err *err)
{
	struct sb_artifact_in *artifact = sb_vec_push(&open->artifacts);
	struct taking taking = {.open = open};

	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_blob *blob = artifact ? sb_vec_push(&open->blobs) : NULL;
		if (!blob)
			return no_memory(err);
		blob->fd = -1;
	}
	for (unsigned side = 0; side < SB_SIDES; side++)
		taking.blob[side] = sb_vec_at(&open->blobs, side);
	artifact->name = sb_arena_copy(open->arena, sb_span_text(sb_path_base(name)));
	int rc = artifact->name ? sb_pool_share(open->pool, SB_SIDES, take_file, &taking, err) : no_memory(err);
	if (rc)
		return rc;
	artifact->shipped = (struct sb_side){.present = true, .bytes = taking.blob[SB_SHIPPED]->bytes, .type = 'f'};
	artifact->rebuilt = (struct sb_side){.present = true, .bytes = taking.blob[SB_REBUILT]->bytes, .type = 'f'};
	return 0;
}

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* A pipe will do, unlike for a file that is named. */
static int open_stdin(int *fd, mode_t *mode, struct sb_err *err)
{
	struct stat st;

	*fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot read stdin");
	if (S_ISDIR(st.st_mode))
		return sb_fail(err, SB_FORMAT, "not-a-regular-file", "stdin is a directory");
	*mode = S_IFREG;
	return 0;
}

/* The operands themselves may be links: the user named them. */
static int open_operand(const char *path, int *fd, mode_t *mode, struct sb_err *err)
{
	struct stat st;

	if (is_stdin(path))
		return open_stdin(fd, mode, err);
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
	*mode = st.st_mode;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return sb_fail(err, SB_FORMAT, "not-a-regular-file", "%s is neither a file nor a directory", path);
	return 0;
}

static int hand_over(struct sb_opening *open, unsigned jobs, struct sb_compare_paths *out, struct sb_err *err)
{
	struct sb_artifact_in *artifacts = sb_arena_array(open->arena, open->artifacts.count, sizeof *artifacts);
	struct sb_blob *blobs = sb_arena_array(open->arena, open->blobs.count, sizeof *blobs);

	if (!artifacts || !blobs)
		return no_memory(err);
	if (open->artifacts.count)
		memcpy(artifacts, open->artifacts.items, open->artifacts.count * sizeof *artifacts);
	if (open->blobs.count)
		memcpy(blobs, open->blobs.items, open->blobs.count * sizeof *blobs);
	for (size_t i = 0; i < open->artifacts.count; i++) { /* each was added with its two blobs */
		artifacts[i].shipped.blob = &blobs[2 * i];
		artifacts[i].rebuilt.blob = &blobs[2 * i + 1];
	}
	*out = (struct sb_compare_paths){
		.arena = open->arena,
		.listed = {open->side[SB_SHIPPED].arena, open->side[SB_REBUILT].arena},
		.depot = open->depot,
		.in = {.artifacts = artifacts, .count = open->artifacts.count, .equal = open->equal, .depot = open->depot, .jobs = jobs,
		       .progress = open->progress},
		.blobs = blobs,
		.blob_count = open->blobs.count,
	};
	open->side[SB_SHIPPED].arena = open->side[SB_REBUILT].arena = NULL;
	return 0;
}

static int open_both(struct sb_opening *open, const char *shipped, const char *rebuilt, struct sb_err *err)
{
	mode_t mode[SB_SIDES];
	if (is_stdin(shipped) && is_stdin(rebuilt))
		return sb_fail(err, SB_USAGE, "not-comparable", "stdin cannot be both sides");
	int rc = open_operand(shipped, &open->fd[SB_SHIPPED], &mode[SB_SHIPPED], err);
	if (!rc)
		rc = open_operand(rebuilt, &open->fd[SB_REBUILT], &mode[SB_REBUILT], err);
	if (rc)
		return rc;
	if (S_ISDIR(mode[0]) != S_ISDIR(mode[1]))
		return sb_fail(err, SB_USAGE, "not-comparable", "%s and %s: a file cannot be compared with a directory", shipped, rebuilt);
	return S_ISDIR(mode[0]) ? open_directories(open, err) : open_files(open, shipped, err);
}

int sb_compare_open_paths(const char *shipped, const char *rebuilt, bool metadata, unsigned jobs, struct sb_progress *progress,
                          struct sb_compare_paths *out, struct sb_err *err)
{
	struct sb_opening open = {
		.arena = sb_arena_new(0),
		.depot = sb_depot_new(),
		.pool = sb_pool_new(jobs),
		.metadata = metadata,
		.progress = progress,
		.fd = {-1, -1},
		.artifacts = {.size = sizeof(struct sb_artifact_in)},
		.blobs = {.size = sizeof(struct sb_blob)},
		.leaves = {.size = sizeof(struct sb_tree_leaf)},
	};
	int rc = open.arena && open.depot && open.pool ? open_both(&open, shipped, rebuilt, err) : no_memory(err);
	if (!rc)
		rc = hand_over(&open, jobs, out, err);
	for (size_t i = 0; rc && i < open.blobs.count; i++)
		sb_blob_release(sb_vec_at(&open.blobs, i));
	if (rc) {
		sb_depot_free(&open.depot);
		sb_arena_free(&open.arena);
	}
	sb_pool_free(&open.pool);
	for (unsigned side = 0; side < SB_SIDES; side++) {
		sb_close_fd(&open.fd[side]);
		sb_listing_release(&open.side[side]);
	}
	sb_vec_release(&open.artifacts);
	sb_vec_release(&open.blobs);
	sb_vec_release(&open.leaves);
	return rc;
}

void sb_compare_close_paths(struct sb_compare_paths *paths)
{
	for (size_t i = 0; i < paths->blob_count; i++)
		sb_blob_release(&paths->blobs[i]);
	sb_depot_free(&paths->depot);
	sb_arena_free(&paths->arena);
	sb_arena_free(&paths->listed[SB_SHIPPED]);
	sb_arena_free(&paths->listed[SB_REBUILT]);
	*paths = (struct sb_compare_paths){0};
}
