/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of files, each made once. What is known of the root from earlier builds is not read again. */
#include "verifier/sandbox/trace_digest.h"
#include "hashing/hashing.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PIECE = 1 << 17 };

static bool hash_file(int fd, char *buffer, struct sb_recorded_file *file, uint64_t size)
{
	struct sb_hash plain, git;
	struct sb_digest digest;
	char head[32];
	ssize_t n;

	sb_hash_init(&plain, SB_DIGEST_SHA256);
	sb_hash_init(&git, SB_DIGEST_SHA256);
	int length = snprintf(head, sizeof(head), "blob %llu", (unsigned long long)size);
	sb_hash_update(&git, sb_span_of(head, (size_t)length + 1));
	while ((n = read(fd, buffer, PIECE)) > 0) {
		sb_hash_update(&plain, sb_span_of(buffer, (size_t)n));
		sb_hash_update(&git, sb_span_of(buffer, (size_t)n));
	}
	sb_hash_final(&plain, &digest);
	memcpy(file->sha256, digest.sha256, sizeof(file->sha256));
	file->size = digest.size;
	sb_hash_final(&git, &digest);
	memcpy(file->gitoid, digest.sha256, sizeof(file->gitoid));
	return n == 0 && file->size == size;
}

static bool same_times(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/** Of what the root was filled with; NULL: not a file of it, or another one. */
static const struct sb_entry *entry_of(const struct sb_tree *root, const char *path, const struct stat *st)
{
	const struct sb_entry *entry = *path == '/' ? sb_inventory_find(root->inventory, path + 1) : NULL;

	if (entry && entry->type == SB_ENTRY_HARDLINK)
		entry = sb_inventory_find(root->inventory, entry->link);
	return entry && entry->type == SB_ENTRY_FILE && entry->size == (uint64_t)st->st_size ? entry : NULL;
}

static bool key_of(const struct sb_sandbox_spec *spec, const char *path, int fd, const struct stat *st, struct sb_book_key *out)
{
	const struct sb_entry *entry;

	if (spec->host_root)
		return sb_book_key_of_file(fd, st, out);
	entry = entry_of(spec->root, path, st);
	if (entry)
		sb_book_key_of_entry(entry, out);
	return entry != NULL;
}

static bool take_known(const struct sb_digest_book *book, struct sb_recorded_file *file, uint64_t size)
{
	const struct sb_book_row *row = sb_digest_book_find(book, &file->book_key);

	if (!row || row->size != size)
		return false;
	memcpy(file->sha256, row->sha256, sizeof(file->sha256));
	memcpy(file->gitoid, row->gitoid, sizeof(file->gitoid));
	file->size = size;
	return true;
}

/** By its name, when that still leads to it. */
static void digest(struct sb_tracing *tracing, struct sb_recorded_file *file)
{
	const struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW, .resolve = RESOLVE_NO_MAGICLINKS};
	const char *path = sb_recorder_text(tracing->recorder, file->path);
	SB_CLOSING int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct stat st, after;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_dev != file->key.device || st.st_ino != file->key.inode)
		return;
	bool lasting = file->origin == SB_TRACE_ROOT && key_of(tracing->plan->spec, path, fd, &st, &file->book_key);
	file->digested = lasting && take_known(tracing->plan->book, file, (uint64_t)st.st_size);
	if (file->digested)
		return;
	file->digested = hash_file(fd, tracing->arguments, file, (uint64_t)st.st_size);
	file->book_new = lasting && file->digested && fstat(fd, &after) == 0 && same_times(&st, &after);
}

void sb_trace_digest(struct sb_tracing *tracing)
{
	size_t count;
	struct sb_recorded_file *files = sb_recorder_files(tracing->recorder, &count);

	for (size_t i = 0; i < count; i++) {
		bool outside = files[i].origin == SB_TRACE_ROOT || files[i].origin == SB_TRACE_GIVEN;

		if (outside || (files[i].origin == SB_TRACE_BUILT && files[i].final))
			digest(tracing, &files[i]);
	}
}
