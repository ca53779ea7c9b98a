/* SPDX-License-Identifier: Apache-2.0 */
/* Many files on several threads: one open and one pass each. */
#include "hashing/hashing.h"

struct files {
	int dir;
	struct sb_hash_job *jobs;
	unsigned kinds;
};

/* One file is one unit of work, so that large files that lie beside each other end up on different threads. */
static int hash_file(void *ctx, size_t index, struct sb_err *err)
{
	enum { PIECE = 128 * 1024 };
	const struct files *all = ctx;
	struct sb_hash_job *job = &all->jobs[index];
	SB_FREEING uint8_t *piece = malloc(PIECE);
	SB_CLOSING int fd = -1;
	struct sb_hash hash;
	size_t got = PIECE;

	if (!piece)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_path_open_file(all->dir, job->path, &fd, err);
	if (rc)
		return rc;
	sb_hash_init(&hash, all->kinds);
	/* sb_io_read stops short at the end only. */
	while (got == PIECE) {
		rc = sb_io_read(fd, piece, PIECE, &got, err);
		if (rc) {
			sb_within(err, job->path);
			return rc;
		}
		sb_hash_update(&hash, sb_span_of(piece, got));
	}
	sb_hash_final(&hash, &job->digest);
	return 0;
}

int sb_hash_files(int dir, struct sb_hash_job *files, size_t count, unsigned kinds, unsigned jobs, struct sb_err *err)
{
	struct files all = {.dir = dir, .jobs = files, .kinds = kinds};
	return sb_pool_run(jobs, count, hash_file, &all, err);
}
