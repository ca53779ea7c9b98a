/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest_bench floor FILE    decode with libarchive and hash what comes out with BLAKE2b, once: the least that anything can cost
 * ingest_bench floor2 FILE   the same, and both digests of the file itself, which a verdict has to name
 * ingest_bench take FOLDER NAME SHA256 JOBS   ingest it as the only source of a drop; prints entries and bytes
 */
#include "verifier/ingest/ingest.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int drain(struct archive *archive, struct sb_hash *hash)
{
	const void *block;
	size_t n;
	la_int64_t offset;
	int result;

	while ((result = archive_read_data_block(archive, &block, &n, &offset)) == ARCHIVE_OK)
		sb_hash_update(hash, sb_span_of(block, n));
	return result == ARCHIVE_EOF ? 0 : 1;
}

static int run_floor(const char *path, bool both)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	struct sb_digest digest = {0}, own;
	struct sb_hash hash;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (both && sb_hash_fd(fd, SB_DIGEST_BOTH, &own, NULL)))
		return 1;
	sb_hash_init(&hash, SB_DIGEST_BLAKE2B);
	archive_read_support_filter_xz(archive);
	archive_read_support_format_raw(archive);
	int bad = archive_read_open_filename(archive, path, 1 << 20) != ARCHIVE_OK || archive_read_next_header(archive, &entry) != ARCHIVE_OK ||
	          drain(archive, &hash);
	archive_read_free(archive);
	sb_hash_final(&hash, &digest);
	printf("%llu\n", (unsigned long long)digest.size);
	return bad;
}

/* @sha256_hex is taken from the command line, so that only ingest's own hashing is measured. */
static int take(const char *folder, const char *name, const char *sha256_hex, unsigned jobs)
{
	struct sb_drop_source source = {.path = name, .into = ".", .unpack = true};
	struct sb_drop_output output = {.shipped = "shipped", .built = "shipped"};
	struct sb_drop drop = {.sources = &source, .source_count = 1, .outputs = &output, .output_count = 1, .toolchain = {.host = true}};
	struct sb_sources sources;
	struct sb_err err = {0};
	struct sb_parsers *parsers = NULL;
	if (sb_parsers_start(NULL, &parsers, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || !sb_text_unhex(sb_span_text(sha256_hex), source.sha256, SB_SHA256_BYTES))
		return 1;
	const struct sb_ingest_in in = {.dir = dir, .drop = &drop, .jobs = jobs, .parsers = parsers};
	if (sb_ingest_run(&in, &sources, &err)) {
		fprintf(stderr, "%s: %s\n", err.where, err.msg);
		return 1;
	}
	printf("%zu %llu\n", sources.inventory.count, (unsigned long long)sources.inventory.bytes);
	sb_ingest_release(&sources);
	sb_parsers_stop(&parsers);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t jobs = 0;

	if (argc < 3 || sb_hashing_start(NULL))
		return 2;
	if (strcmp(argv[1], "floor") == 0 || strcmp(argv[1], "floor2") == 0)
		return run_floor(argv[2], argv[1][5] == '2');
	if (argc == 6 && strcmp(argv[1], "take") == 0 && sb_text_uint(sb_span_text(argv[5]), &jobs))
		return take(argv[2], argv[3], argv[4], (unsigned)jobs);
	return 2;
}
