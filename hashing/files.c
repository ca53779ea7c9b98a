/* SPDX-License-Identifier: Apache-2.0 */
/* Many files on several threads: one open and one pass each. */
#include "hashing/hashing.h"

/** Paths beside each other lie in one folder: handing out runs of them keeps the threads apart and the caches warm. */
enum { FILES_A_UNIT = 32, PIECE = 128 * 1024 };

struct files {
	int dir;
	struct sb_hash_job *jobs;
	size_t count;
	unsigned kinds;
};

static int hash_file(const struct files *all, struct sb_hash_job *job, uint8_t *piece, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	struct sb_hash hash;
	size_t got = PIECE;

	int rc = sb_path_open_file(all->dir, job->path, &fd, err);
	if (rc)
		return rc;
	sb_hash_init(&hash, all->kinds);
	/* A short read is the end of a regular file: small files need no second call. */
	while (got == PIECE) {
		rc = sb_io_read(fd, piece, PIECE, &got, err);
		if (rc)
			return sb_within(err, job->path);
		sb_hash_update(&hash, sb_span_of(piece, got));
	}
	sb_hash_final(&hash, &job->digest);
	return 0;
}

static int hash_unit(void *ctx, size_t unit, struct sb_err *err)
{
	const struct files *all = ctx;
	SB_FREEING uint8_t *piece = malloc(PIECE);
	int rc = 0;

	if (!piece)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = unit * FILES_A_UNIT; !rc && i < (unit + 1) * FILES_A_UNIT && i < all->count; i++)
		rc = hash_file(all, &all->jobs[i], piece, err);
	return rc;
}

int sb_hash_files(int dir, struct sb_hash_job *files, size_t count, unsigned kinds, unsigned jobs, struct sb_err *err)
{
	struct files all = {.dir = dir, .jobs = files, .count = count, .kinds = kinds};
	return sb_pool_run(jobs, (count + FILES_A_UNIT - 1) / FILES_A_UNIT, hash_unit, &all, err);
}
