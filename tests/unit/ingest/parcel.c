/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ingest/parcel.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void parcel_open(struct parcel *parcel)
{
	*parcel = (struct parcel){.path = "/tmp/samebuild-unit-XXXXXX"};
	cr_assert_eq(sb_hashing_start(NULL), 0);
	cr_assert_not_null(mkdtemp(parcel->path));
	parcel->dir = open(parcel->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(parcel->dir, 0);
	parcel->drop.sources = parcel->sources;
	parcel->drop.outputs = parcel->outputs;
	parcel->drop.toolchain.host = true;
	parcel_write(parcel, "shipped", sb_span_text("delivered\n"));
	parcel_output(parcel, "shipped", "out/built");
}

void parcel_close(struct parcel *parcel)
{
	sb_ingest_release(&parcel->taken);
	close(parcel->dir);
	cr_assert_eq(sb_path_remove_tree(AT_FDCWD, parcel->path, NULL), 0);
}

void parcel_write(const struct parcel *parcel, const char *name, struct sb_span bytes)
{
	char folder[256];
	const char *slash = strrchr(name, '/');

	if (slash) {
		snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
		cr_assert_eq(sb_path_make_dirs(parcel->dir, folder, NULL), 0);
	}
	int fd = openat(parcel->dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0, "%s", name);
	cr_assert_eq(sb_io_write(fd, bytes, NULL), 0);
	close(fd);
}

struct sb_drop_source *parcel_source(struct parcel *parcel, const char *name, const char *into, unsigned strip)
{
	struct sb_drop_source *source = &parcel->sources[parcel->drop.source_count++];
	struct sb_digest digest;

	*source = (struct sb_drop_source){.path = name, .into = into, .strip = strip, .unpack = true};
	int fd = openat(parcel->dir, name, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(sb_hash_fd(fd, SB_DIGEST_SHA256, &digest, NULL), 0);
	close(fd);
	memcpy(source->sha256, digest.sha256, sizeof source->sha256);
	return source;
}

void parcel_output(struct parcel *parcel, const char *shipped, const char *built)
{
	parcel->outputs[parcel->drop.output_count++] = (struct sb_drop_output){.shipped = shipped, .built = built};
}

int parcel_take(struct parcel *parcel)
{
	const struct sb_ingest_in in = {.dir = parcel->dir, .drop = &parcel->drop, .jobs = 2, .parsers = parcel->parsers};

	sb_ingest_release(&parcel->taken);
	parcel->err = (struct sb_err){0};
	return sb_ingest_run(&in, &parcel->taken, &parcel->err);
}

void parcel_expect(const struct parcel *parcel, const char *path, const char *content)
{
	const struct sb_entry *entry = sb_inventory_find(&parcel->taken.inventory, path);
	struct sb_digest digest;
	struct sb_span bytes;

	cr_assert_not_null(entry, "%s is not in the tree", path);
	if (!content)
		return;
	cr_assert_eq(entry->type, SB_ENTRY_FILE);
	const struct sb_blob *spool = sb_vec_at(&parcel->taken.spools, entry->spool);
	cr_assert(sb_span_cut(spool->bytes, entry->offset, entry->size, &bytes));
	cr_expect(sb_span_equal(bytes, sb_span_text(content)), "%s", path);
	sb_hash_span(bytes, SB_DIGEST_BLAKE2B, &digest);
	cr_expect_arr_eq(entry->blake2b, digest.blake2b, SB_BLAKE2B_BYTES, "%s", path);
}

void parcel_expect_failure(struct parcel *parcel, const char *id, const char *where_or_says)
{
	cr_expect_lt(parcel_take(parcel), 0);
	cr_expect_str_eq(parcel->err.id ? parcel->err.id : "none", id, "%s: %s", parcel->err.where, parcel->err.msg);
	cr_expect(strstr(parcel->err.where, where_or_says) || strstr(parcel->err.msg, where_or_says), "%s not in %s: %s", where_or_says,
	          parcel->err.where, parcel->err.msg);
	cr_expect_null(parcel->taken.arena);
	cr_expect_eq(parcel->taken.shipped_count, 0);
}

/* Octal digits and a NUL. */
static void number(char *field, size_t width, size_t value)
{
	for (size_t i = width - 1; i-- > 0; value /= 8)
		field[i] = (char)('0' + value % 8);
}

void tar_add(struct sb_buf *tar, char type, const char *name, const char *body, unsigned mode)
{
	char header[512] = {0};
	size_t size = type == '0' ? strlen(body) : 0;
	unsigned sum = 0;

	snprintf(header, 100, "%s", name);
	number(header + 100, 8, mode);
	number(header + 108, 8, 0);
	number(header + 116, 8, 0);
	number(header + 124, 12, size);
	number(header + 136, 12, 1000000000);
	memset(header + 148, ' ', 8);
	header[156] = type;
	if (type == '1' || type == '2')
		snprintf(header + 157, 100, "%s", body);
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	number(header + 148, 7, sum);
	header[154] = 0;
	header[155] = ' ';
	sb_buf_add(tar, header, sizeof header);
	sb_buf_add(tar, body, size);
	while (tar->len % 512)
		sb_buf_add(tar, "", 1);
}

void tar_end(struct sb_buf *tar)
{
	static const char zeros[1024];
	sb_buf_add(tar, zeros, sizeof zeros);
}
