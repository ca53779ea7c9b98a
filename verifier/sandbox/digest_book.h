/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of files of the root, kept from build to build: compilers and libraries are large, and the same in each. A row counts for a file of a
 * pinned root when its content, by the inventory that was made when the root was taken in, is that of the row; for a file of this machine when file
 * system, inode, size and both times are: whoever can set the time of change back is root, and could change this program as well.
 */
#ifndef VERIFIER_SANDBOX_DIGEST_BOOK_H
#define VERIFIER_SANDBOX_DIGEST_BOOK_H

#include "base/base.h"
#include "manifests/manifests.h"

#include <sys/stat.h>

struct sb_book_key {
	uint8_t bytes[SB_BLAKE2B_BYTES];
};

struct sb_book_row {
	struct sb_book_key key;
	uint8_t sha256[SB_SHA256_BYTES], gitoid[SB_SHA256_BYTES];
	uint64_t size;
};

/** Zeroed: an empty one. */
struct sb_digest_book {
	char *text;                     /* heap; what the rows lie in */
	const struct sb_book_row *rows; /* sorted by key */
	size_t count;
};

/** What @folder keeps. Empty when @folder is NULL or not there, belongs to anybody else or lets others write, or when the book is damaged. */
void sb_digest_book_read(const char *folder, struct sb_digest_book *out);
void sb_digest_book_release(struct sb_digest_book *book);
/** NULL: never digested. */
const struct sb_book_row *sb_digest_book_find(const struct sb_digest_book *book, const struct sb_book_key *key);
/** Those of @book and @fresh together; @fresh alone when these would be too many. @folder is made when it is not there. Errors: NOMEM, IO, TEMPORARY. */
SB_MUST_USE int sb_digest_book_write(const char *folder, const struct sb_digest_book *book, const struct sb_book_row *fresh, size_t count, struct sb_err *err);

/** Of a file of this machine. False: it changed so lately that a further change need not show. */
bool sb_book_key_of_file(int fd, const struct stat *st, struct sb_book_key *out);
/** Of a file with the content of @entry. */
void sb_book_key_of_entry(const struct sb_entry *entry, struct sb_book_key *out);

#endif
