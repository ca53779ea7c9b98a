/* SPDX-License-Identifier: Apache-2.0 */
/* hash_bench JOBS FOLDER <names: hash the named files, one a line on stdin, and print "BLAKE2B  SHA256  NAME" for each. */
#include "hashing/hashing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int read_names(struct sb_vec *jobs)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		line[n - 1] = '\0';
		struct sb_hash_job *job = sb_vec_push(jobs);
		if (!job || !(job->path = strdup(line)))
			return SB_NOMEM;
	}
	free(line);
	return 0;
}

static void print(const struct sb_vec *jobs)
{
	char blake2b[2 * SB_BLAKE2B_BYTES + 1], sha256[2 * SB_SHA256_BYTES + 1];

	for (size_t i = 0; i < jobs->count; i++) {
		const struct sb_hash_job *job = sb_vec_at(jobs, i);
		sb_text_hex(sb_span_of(job->digest.blake2b, SB_BLAKE2B_BYTES), blake2b);
		sb_text_hex(sb_span_of(job->digest.sha256, SB_SHA256_BYTES), sha256);
		printf("%s  %s  %s\n", blake2b, sha256, job->path);
	}
}

int main(int argc, char **argv)
{
	struct sb_vec jobs = {.size = sizeof(struct sb_hash_job)};
	struct sb_err err = {0};
	uint64_t threads = 0;

	if (argc != 3 || !sb_text_uint(sb_span_text(argv[1]), &threads))
		return 2;
	int dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || read_names(&jobs) || sb_hashing_start(&err) ||
	    sb_hash_files(dir, jobs.items, jobs.count, SB_DIGEST_BOTH, (unsigned)threads, &err)) {
		fprintf(stderr, "hash_bench: %s\n", err.msg);
		return 1;
	}
	print(&jobs);
	return fflush(stdout) == 0 ? 0 : 1;
}
