/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor [-r] FILE|DIR...    the least work that a comparer has to do: decode everything once and hash what comes out (BLAKE2b-256), on
 *                           one thread, in constant memory, with the libraries that the product uses.
 * floor -e A B              of equal files: read both, compare, and the digests of one.
 * floor -d FILE...          the digests of files alone.
 * -r adds the SHA-256 and BLAKE2b-256 of each file's own bytes, which a result record carries ("record floor"). Names nothing.
 */
#include "tests/bench/floor.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fts.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void give_up(const char *what, const char *why)
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
	struct sha256_ctx sha;
	unsigned char digest[32];
	int fd = open_file(path);
	ssize_t n;

	crypto_generichash_init(&blake, NULL, 0, sizeof digest);
	sha256_init(&sha);
	while ((n = read(fd, work->piece, FLOOR_PIECE)) > 0) {
		crypto_generichash_update(&blake, work->piece, (size_t)n);
		if (both)
			sha256_update(&sha, (size_t)n, work->piece);
		work->bytes += (unsigned long long)n;
	}
	crypto_generichash_final(&blake, digest, sizeof digest);
	sha256_digest(&sha, sizeof digest, digest);
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
	archive_read_support_format_iso9660(in);
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

static void walk_file(struct work *work, const char *path)
{
	struct archive *in = new_reader();

	if (archive_read_open_filename(in, path, FLOOR_PIECE) != ARCHIVE_OK)
		give_up(path, archive_error_string(in));
	walk(work, in, false);
	archive_read_free(in);
}

static bool begins(int fd, off_t at, const char *magic, size_t length)
{
	unsigned char head[8];

	return pread(fd, head, length, at) == (ssize_t)length && memcmp(head, magic, length) == 0;
}

/* What decodes a file; NULL: it is hashed as it is. */
static void (*decoder_of(const char *path))(struct work *, const char *)
{
	static const struct {
		off_t at;
		size_t length;
		const char *magic;
		void (*decode)(struct work *, const char *);
	} table[] = {{0, 8, "!<arch>\n", walk_file}, {0, 4, "PK\3\4", walk_file}, {0, 6, "\3757zXZ", walk_file}, {0x8001, 5, "CD001", walk_file},
		     {0, 4, "hsqs", floor_squashfs}, {0, 2, "\x85\x19", floor_jffs2}};
	void (*decode)(struct work *, const char *) = NULL;
	int fd = open_file(path);

	for (size_t i = 0; !decode && i < sizeof table / sizeof *table; i++)
		if (begins(fd, table[i].at, table[i].magic, table[i].length))
			decode = table[i].decode;
	close(fd);
	return decode;
}

static void do_file(struct work *work, const char *path)
{
	void (*decode)(struct work *, const char *) = decoder_of(path);

	if (decode)
		decode(work, path);
	if (!decode || work->record)
		hash_file(work, path, work->record);
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
		n = read(x, work->piece, FLOOR_PIECE);
		m = read(y, work->other, FLOOR_PIECE);
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
	if (equal && argc == 4) {
		compare(work, argv[2], argv[3]);
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "-d") == 0) {
		for (at++; at < argc; at++)
			hash_file(work, argv[at], true);
		return 0;
	}
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
