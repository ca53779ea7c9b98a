/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/digest_book.h"
#include "hashing/hashing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { ROWS_MOST = 1 << 16, SETTLED = 2 /* seconds: coarser than the clock of any file system */ };

static const char name[] = "digests";

/** The file: this, then the rows. */
struct head {
	char magic[16];
	uint8_t blake2b[SB_BLAKE2B_BYTES]; /* of the rows */
};

static const char magic[16] = "samebuild-dig-1";

/* ---- keys ---- */

enum domain { DOMAIN_FILE = 1, DOMAIN_CONTENT };

/** Keys of one domain are never those of the other, whatever a vendor's root holds. */
static void make_key(enum domain domain, struct sb_span of, struct sb_book_key *out)
{
	const uint8_t prefix = (uint8_t)domain;
	struct sb_digest digest;
	struct sb_hash hash;

	sb_hash_init(&hash, SB_DIGEST_BLAKE2B);
	sb_hash_update(&hash, sb_span_of(&prefix, 1));
	sb_hash_update(&hash, of);
	sb_hash_final(&hash, &digest);
	memcpy(out->bytes, digest.blake2b, sizeof(out->bytes));
}

bool sb_book_key_of_file(int fd, const struct stat *st, struct sb_book_key *out)
{
	struct statfs system;
	struct timespec now;

	if (fstatfs(fd, &system) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0 || st->st_ctim.tv_sec + SETTLED > now.tv_sec)
		return false;
	uint64_t facts[9] = {st->st_dev, st->st_ino, (uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec,
	                     (uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec, (uint64_t)system.f_type, 0};
	memcpy(&facts[8], &system.f_fsid, sizeof(facts[8]));
	make_key(DOMAIN_FILE, sb_span_of(facts, sizeof(facts)), out);
	return true;
}

void sb_book_key_of_entry(const struct sb_entry *entry, struct sb_book_key *out)
{
	make_key(DOMAIN_CONTENT, sb_span_of(entry->blake2b, sizeof(entry->blake2b)), out);
}

/* ---- reading ---- */

static int by_key(const void *left, const void *right)
{
	const struct sb_book_row *a = left, *b = right;

	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static bool is_ours(int folder)
{
	struct stat st;

	return fstat(folder, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static bool take(char *text, size_t n, struct sb_digest_book *out)
{
	const struct head *head = (const void *)text;
	struct sb_digest digest;

	if (n < sizeof(*head) || (n - sizeof(*head)) % sizeof(struct sb_book_row) || memcmp(head->magic, magic, sizeof(magic)) != 0)
		return false;
	sb_hash_span(sb_span_of(text + sizeof(*head), n - sizeof(*head)), SB_DIGEST_BLAKE2B, &digest);
	if (memcmp(head->blake2b, digest.blake2b, sizeof(head->blake2b)) != 0)
		return false;
	*out = (struct sb_digest_book){.text = text, .rows = (const void *)(text + sizeof(*head)), .count = (n - sizeof(*head)) / sizeof(struct sb_book_row)};
	return true;
}

void sb_digest_book_read(const char *folder, struct sb_digest_book *out)
{
	SB_CLOSING int dir = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	char *text = NULL;
	size_t n;

	*out = (struct sb_digest_book){0};
	if (dir < 0 || !is_ours(dir) || sb_io_slurp(dir, name, sizeof(struct head) + ROWS_MOST * sizeof(struct sb_book_row), &text, &n, NULL) != 0)
		return;
	if (!take(text, n, out))
		free(text);
}

void sb_digest_book_release(struct sb_digest_book *book)
{
	free(book->text);
	*book = (struct sb_digest_book){0};
}

const struct sb_book_row *sb_digest_book_find(const struct sb_digest_book *book, const struct sb_book_key *key)
{
	const struct sb_book_row wanted = {.key = *key};

	return book->count ? bsearch(&wanted, book->rows, book->count, sizeof(wanted), by_key) : NULL;
}

/* ---- writing ---- */

static int publish(const char *folder, struct sb_span rows, struct sb_err *err)
{
	struct head head = {.magic = {0}};
	SB_BUF struct sb_buf text = {0};
	struct sb_digest digest;
	int rc = sb_path_make_dirs(AT_FDCWD, folder, err);

	if (rc)
		return rc;
	sb_hash_span(rows, SB_DIGEST_BLAKE2B, &digest);
	memcpy(head.magic, magic, sizeof(magic));
	memcpy(head.blake2b, digest.blake2b, sizeof(head.blake2b));
	sb_buf_add(&text, &head, sizeof(head));
	sb_buf_add(&text, rows.p, rows.n);
	SB_CLOSING int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", folder);
	rc = sb_buf_ok(&text, err);
	return rc ? rc : sb_io_publish(dir, name, 0600, sb_buf_span(&text), err);
}

int sb_digest_book_write(const char *folder, const struct sb_digest_book *book, const struct sb_book_row *fresh, size_t count, struct sb_err *err)
{
	size_t old = count < ROWS_MOST && book->count <= ROWS_MOST - count ? book->count : 0, kept = 0;
	SB_FREEING struct sb_book_row *all = calloc(old + count + 1, sizeof(*all));

	if (!all)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (old)
		memcpy(all, book->rows, old * sizeof(*all));
	if (count)
		memcpy(all + old, fresh, count * sizeof(*all));
	qsort(all, old + count, sizeof(*all), by_key);
	for (size_t i = 0; i < old + count && kept < ROWS_MOST; i++)
		if (!kept || by_key(&all[kept - 1], &all[i]) != 0)
			all[kept++] = all[i];
	return publish(folder, sb_span_of(all, kept * sizeof(*all)), err);
}
