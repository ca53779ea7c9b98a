/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack_probe FILE ENTRIES BYTES [root]: unpack one archive as ingest does, and print what came of it in lines of "word rest":
 * "taken N" or "refused ID", then "where", "says", "notice ID text", "entry TYPE SIZE DIGEST PATH". Foreign text is escaped.
 */
#include "verifier/ingest/ingest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static void print(const char *word, const char *text)
{
	SB_BUF struct sb_buf shown = {0};
	sb_escape(&shown, sb_span_text(text));
	printf("%s %s\n", word, shown.data ? shown.data : "");
}

static void print_taken(const struct sb_unpack *unpack)
{
	printf("taken %zu\n", unpack->entries.count);
	for (size_t i = 0; i < unpack->notices.count; i++) {
		const struct sb_ingest_notice *notice = sb_vec_at(&unpack->notices, i);
		printf("notice %s %s\n", notice->id, notice->text);
	}
	for (size_t i = 0; i < unpack->entries.count; i++) {
		const struct sb_entry *entry = sb_vec_at(&unpack->entries, i);
		char digest[17];
		sb_text_hex(sb_span_of(entry->blake2b, 8), digest);
		printf("entry %u %llu %s", (unsigned)entry->type, (unsigned long long)entry->size, digest);
		print("", entry->path);
	}
}

static int unpack_file(struct sb_unpack *unpack, const char *path, struct sb_err *err)
{
	const struct sb_placement top = {.into = "."};
	struct sb_blob *blob = sb_vec_push(&unpack->spools);
	SB_CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (!blob || fd < 0)
		return sb_fail(err, SB_IO, "file-unreadable", "cannot open %s", path);
	blob->fd = -1;
	int rc = sb_blob_take(fd, UINT64_MAX, blob, err);
	if (rc)
		return rc;
	unpack->budget.packed = blob->bytes.n;
	return sb_ingest_archive(unpack, 0, sb_path_base(path), &top, err);
}

int main(int argc, char **argv)
{
	struct sb_unpack unpack = {.profile = argc > 4 ? SB_INGEST_ROOT : SB_INGEST_DROP, .jobs = 2};
	struct sb_err err = {0};

	if (argc < 4 || !sb_text_uint(sb_span_text(argv[2]), &unpack.most_entries) ||
	    !sb_text_uint(sb_span_text(argv[3]), &unpack.budget.most) || sb_hashing_start(NULL))
		return 2;
	if (sb_parsers_start(NULL, &unpack.parsers, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	unpack.arena = sb_arena_new(0);
	sb_unpack_init(&unpack);
	int rc = unpack_file(&unpack, argv[1], &err);
	if (rc == 0)
		print_taken(&unpack);
	if (rc) {
		printf("refused %s\n", err.id ? err.id : "none");
		print("where", err.where);
		print("says", err.msg);
	}
	sb_unpack_release(&unpack);
	sb_parsers_stop(&unpack.parsers);
	sb_arena_free(&unpack.arena);
	return fflush(stdout) == 0 ? 0 : 1;
}
