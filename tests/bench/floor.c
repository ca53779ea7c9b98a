/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor [-r] FILE|DIR...    the least work that a comparer has to do: decode everything once and hash what comes out (BLAKE2b-256), on
 *                           one thread, in constant memory, with the libraries that the product uses.
 * floor -e A B              of equal files: read both, compare, and the digests of one.
 * -r adds the SHA-256 and BLAKE2b-256 of each file's own bytes, which a result record carries ("record floor"). Names nothing.
 */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fts.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 256 << 10 };

struct work {
	bool record;
	unsigned char piece[PIECE], other[PIECE];
	unsigned long long members, bytes;
};

static _Noreturn void give_up(const char *what, const char *why)
{
	fprintf(stderr, "floor: %s: %s\n", what, why ? why : "unknown");
	exit(2);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		give_up(path, "cannot be opened");
	return fd;
}

static void hash_file(struct work *work, const char *path, bool both)
{
	crypto_generichash_state blake;
	crypto_hash_sha256_state sha;
	unsigned char digest[32];
	int fd = open_file(path);
	ssize_t n;

	crypto_generichash_init(&blake, NULL, 0, sizeof digest);
	crypto_hash_sha256_init(&sha);
	while ((n = read(fd, work->piece, PIECE)) > 0) {
		crypto_generichash_update(&blake, work->piece, (size_t)n);
		if (both)
			crypto_hash_sha256_update(&sha, work->piece, (size_t)n);
		work->bytes += (unsigned long long)n;
	}
	crypto_generichash_final(&blake, digest, sizeof digest);
	crypto_hash_sha256_final(&sha, digest);
	close(fd);
	if (n < 0)
		give_up(path, "cannot be read");
}

static struct archive *new_reader(void)
{
	struct archive *in = archive_read_new();

	archive_read_support_filter_gzip(in);
	archive_read_support_filter_xz(in);
	archive_read_support_format_ar(in);
	archive_read_support_format_tar(in);
	archive_read_support_format_zip(in);
	return in;
}

static void hash_member(struct work *work, struct archive *in)
{
	crypto_generichash_state blake;
	unsigned char digest[32];
	const void *block;
	la_int64_t offset;
	size_t n;

	crypto_generichash_init(&blake, NULL, 0, sizeof digest);
	while (archive_read_data_block(in, &block, &n, &offset) == ARCHIVE_OK) {
		crypto_generichash_update(&blake, block, n);
		work->bytes += n;
	}
	crypto_generichash_final(&blake, digest, sizeof digest);
	work->members++;
}

/** The packed tar inside a .deb, read out of its ar. */
struct nested {
	struct archive *outer;
	unsigned char piece[64 << 10];
};

static la_ssize_t read_nested(struct archive *in, void *ctx, const void **block)
{
	struct nested *nested = ctx;
	(void)in;
	*block = nested->piece;
	return archive_read_data(nested->outer, nested->piece, sizeof nested->piece);
}

static void walk(struct work *work, struct archive *in, bool nested);

static void walk_nested(struct work *work, struct archive *outer)
{
	struct nested *nested = calloc(1, sizeof *nested);
	struct archive *in = new_reader();

	if (!nested)
		give_up("memory", "none left");
	nested->outer = outer;
	if (archive_read_open(in, nested, NULL, read_nested, NULL) != ARCHIVE_OK)
		give_up("inner archive", archive_error_string(in));
	walk(work, in, true);
	archive_read_free(in);
	free(nested);
}

static void walk(struct work *work, struct archive *in, bool nested)
{
	struct archive_entry *entry;
	int rc;

	while ((rc = archive_read_next_header(in, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);
		if (!nested && name && strstr(name, ".tar."))
			walk_nested(work, in);
		else
			hash_member(work, in);
	}
	if (rc != ARCHIVE_EOF)
		give_up("archive", archive_error_string(in));
}

static bool is_archive(const char *path)
{
	unsigned char head[8] = {0};
	int fd = open_file(path);
	ssize_t n = read(fd, head, sizeof head);

	close(fd);
	return n == 8 && (memcmp(head, "!<arch>\n", 8) == 0 || memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "\3757zXZ", 6) == 0);
}

static void do_file(struct work *work, const char *path)
{
	if (is_archive(path)) {
		struct archive *in = new_reader();
		if (archive_read_open_filename(in, path, PIECE) != ARCHIVE_OK)
			give_up(path, archive_error_string(in));
		walk(work, in, false);
		archive_read_free(in);
		if (work->record)
			hash_file(work, path, true);
	} else {
		hash_file(work, path, work->record);
	}
}

/* Equal files of trees are summed up under one tree digest, so files of trees never need a SHA-256 here. */
static void do_tree(struct work *work, char *path)
{
	char *paths[] = {path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	if (!tree)
		give_up(path, "cannot be listed");
	while ((entry = fts_read(tree)))
		if (entry->fts_info == FTS_F)
			hash_file(work, entry->fts_path, false);
	fts_close(tree);
}

static void compare(struct work *work, const char *a, const char *b)
{
	int x = open_file(a), y = open_file(b);
	ssize_t n, m;

	do {
		n = read(x, work->piece, PIECE);
		m = read(y, work->other, PIECE);
		if (n != m || n < 0 || memcmp(work->piece, work->other, (size_t)n) != 0)
			give_up(a, "differs");
	} while (n > 0);
	close(x);
	close(y);
	hash_file(work, a, true);
}

int main(int argc, char **argv)
{
	struct work *work = calloc(1, sizeof *work);
	bool equal = argc > 1 && strcmp(argv[1], "-e") == 0;
	int at = 1;

	if (!work || sodium_init() < 0)
		give_up("libsodium", "cannot start");
	work->record = argc > 1 && strcmp(argv[1], "-r") == 0;
	if (equal && argc == 4)
		return compare(work, argv[2], argv[3]), 0;
	for (at += work->record; at < argc; at++) {
		int fd = open(argv[at], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			do_tree(work, argv[at]);
		else
			do_file(work, argv[at]);
		if (fd >= 0)
			close(fd);
	}
	printf("%llu members, %llu bytes\n", work->members, work->bytes);
	return 0;
}
