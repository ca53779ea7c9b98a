/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "hashing/hashing.h"
#include "verifier/sandbox/digest_book.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(digest_book, .fini = no_leaks);

static char folder[64];

static void begin(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
	snprintf(folder, sizeof(folder), "/var/tmp/digest-book-XXXXXX");
	cr_assert(mkdtemp(folder));
}

static void end(void)
{
	cr_assert_eq(sb_path_remove_tree(AT_FDCWD, folder, NULL), 0);
	no_leaks();
}

static struct sb_book_row row(uint8_t n)
{
	struct sb_book_row made = {.size = n};

	memset(made.key.bytes, n, sizeof(made.key.bytes));
	memset(made.sha256, n + 1, sizeof(made.sha256));
	memset(made.gitoid, n + 2, sizeof(made.gitoid));
	return made;
}

static void keep(const struct sb_book_row *rows, size_t count)
{
	struct sb_digest_book book;

	sb_digest_book_read(folder, &book);
	cr_assert_eq(sb_digest_book_write(folder, &book, rows, count, NULL), 0);
	sb_digest_book_release(&book);
}

/** How many rows are believed. */
static size_t kept(void)
{
	struct sb_digest_book book;

	sb_digest_book_read(folder, &book);
	size_t count = book.count;
	sb_digest_book_release(&book);
	return count;
}

Test(digest_book, keeps_what_is_added, .init = begin, .fini = end)
{
	const struct sb_book_row first[] = {row(9), row(3)}, second[] = {row(5), row(3)};
	struct sb_digest_book book;

	cr_expect_eq(kept(), 0);
	keep(first, 2);
	keep(second, 2);
	sb_digest_book_read(folder, &book);
	cr_expect_eq(book.count, 3);
	for (uint8_t n = 3; n <= 9; n += 2) {
		const struct sb_book_row wanted = row(n), *found = sb_digest_book_find(&book, &wanted.key);
		if (n == 7)
			cr_expect_null(found);
		else
			cr_expect(found && memcmp(found, &wanted, sizeof(wanted)) == 0);
	}
	sb_digest_book_release(&book);
}

Test(digest_book, a_damaged_one_is_empty, .init = begin, .fini = end)
{
	const struct sb_book_row one = row(1);
	char path[128];

	keep(&one, 1);
	snprintf(path, sizeof(path), "%s/digests", folder);
	for (off_t at = 0; at < 16 + 64 + (off_t)sizeof(one); at += 7) {
		SB_CLOSING int fd = open(path, O_RDWR);
		uint8_t byte;

		cr_assert_eq(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
		cr_expect_eq(kept(), 0, "with byte %ld changed", (long)at);
		byte ^= 1;
		cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
	}
	cr_expect_eq(kept(), 1);
	cr_assert_eq(truncate(path, 16 + 64 + sizeof(one) - 1), 0);
	cr_expect_eq(kept(), 0);
}

Test(digest_book, a_folder_that_others_write_to_is_not_believed, .init = begin, .fini = end)
{
	const struct sb_book_row one = row(1);

	keep(&one, 1);
	cr_assert_eq(chmod(folder, 0770), 0);
	cr_expect_eq(kept(), 0);
	cr_assert_eq(chmod(folder, 0707), 0);
	cr_expect_eq(kept(), 0);
	cr_assert_eq(chmod(folder, 0700), 0);
	cr_expect_eq(kept(), 1);
	if (geteuid() == 0) {
		cr_assert_eq(chown(folder, 12345, 12345), 0);
		cr_expect_eq(kept(), 0);
	}
}

static bool key_of(int fd, int64_t age, struct sb_book_key *out)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	st.st_ctim.tv_sec -= age;
	return sb_book_key_of_file(fd, &st, out);
}

Test(digest_book, each_fact_of_a_file_is_in_its_key, .init = begin, .fini = end)
{
	SB_CLOSING int fd = open(folder, O_TMPFILE | O_RDWR, 0600);
	struct sb_book_key key, other;
	struct stat st;

	cr_assert_geq(fd, 0);
	cr_expect_not(key_of(fd, 0, &key), "it has just changed");
	cr_assert(key_of(fd, 10, &key));
	cr_assert(key_of(fd, 10, &other));
	cr_expect_arr_eq(key.bytes, other.bytes, sizeof(key.bytes));
	cr_assert_eq(fstat(fd, &st), 0);
	st.st_ctim.tv_sec -= 10;
	struct stat changed[] = {st, st, st, st, st, st, st};
	changed[0].st_ino++;
	changed[1].st_dev++;
	changed[2].st_size++;
	changed[3].st_mtim.tv_sec++;
	changed[4].st_mtim.tv_nsec ^= 1;
	changed[5].st_ctim.tv_sec--;
	changed[6].st_ctim.tv_nsec ^= 1;
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		cr_assert(sb_book_key_of_file(fd, &changed[i], &other));
		cr_expect_arr_neq(key.bytes, other.bytes, sizeof(key.bytes), "fact %zu", i);
	}
}
