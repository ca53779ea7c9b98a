/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

const struct sample samples[] = {
	{"tar", "ustar", NULL, "a.tar"},
	{"tar", "pax", NULL, "a.tar"},
	{"tar", "gnutar", NULL, "a.tar"},
	{"tar", "v7tar", NULL, "a.tar"},
	{"cpio", "newc", NULL, "a.cpio"},
	{"cpio", "odc", NULL, "a.cpio"},
	{"cpio", "bin", NULL, "a.cpio"},
	{"ar", "arbsd", NULL, "a.a"},
	{"ar", "argnu", NULL, "a.a"},
	{"zip", "zip", NULL, "a.zip"},
	{"gzip", "ustar", "gzip", "a.tar.gz"},
	{"xz", "ustar", "xz", "a.tar.xz"},
	{"lzma", "ustar", "lzma", "a.tar.lzma"},
	{"bzip2", "ustar", "bzip2", "a.tar.bz2"},
	{"zstd", "ustar", "zstd", "a.tar.zst"},
	{"lz4", "ustar", "lz4", "a.tar.lz4"},
	{"lzip", "ustar", "lzip", "a.tar.lz"},
};
const size_t sample_count = sizeof samples / sizeof *samples;

const char sample_text[] = "The straight line: from a source drop and its shipped binary to a verdict.\n"
			   "The straight line: from a source drop and its shipped binary to a verdict, again.\n";

struct sb_span exact_copy(struct sb_span bytes)
{
	uint8_t *copy = malloc(bytes.n ? bytes.n : 1);
	cr_assert_not_null(copy);
	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	return sb_span_of(copy, bytes.n);
}

void free_sample(struct sb_span bytes)
{
	union {
		const uint8_t *given;
		void *owned;
	} p = {.given = bytes.p};
	free(p.owned);
}

static void add(struct archive *archive, const char *name, unsigned type, unsigned mode, const char *text,
		const char *link)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, (mode_t)mode);
	archive_entry_set_uid(entry, 1000);
	archive_entry_set_gid(entry, 1001);
	archive_entry_set_uname(entry, "user");
	archive_entry_set_gname(entry, "group");
	archive_entry_set_mtime(entry, 1700000000, 0);
	archive_entry_set_size(entry, (la_int64_t)strlen(text));
	archive_entry_set_ino(entry, (la_int64_t)(100 + name[0]));
	archive_entry_set_nlink(entry, 1);
	if (link && type == AE_IFLNK)
		archive_entry_set_symlink(entry, link);
	else if (link)
		archive_entry_set_hardlink(entry, link);
	cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK, "%s", archive_error_string(archive));
	if (*text)
		archive_write_data(archive, text, strlen(text));
	archive_entry_free(entry);
}

static void fill(struct archive *archive, const char *writer)
{
	bool is_ar = strncmp(writer, "ar", 2) == 0, small = strcmp(writer, "v7tar") == 0;

	add(archive, "file", AE_IFREG, 0644, sample_text, NULL);
	add(archive, "empty", AE_IFREG, 0600, "", NULL);
	add(archive, strcmp(writer, "arbsd") == 0 ? "a-name-longer-than-fifteen" : "tool", AE_IFREG, 04755,
	    "#!/bin/sh\n", NULL);
	if (is_ar)
		return;
	add(archive, "folder/", AE_IFDIR, 0755, "", NULL);
	add(archive, "link", AE_IFLNK, 0777, "", "file");
	if (!small)
		add(archive,
		    "folder/a-name-that-is-so-long-that-it-does-not-fit-into-the-hundred-bytes-of-an-old-header/"
		    "and-has-to-go-"
		    "elsewhere-by-whatever-way-there-is-for-it/name",
		    AE_IFREG, 0644, "long\n", NULL);
	if (strcmp(writer, "zip") != 0)
		add(archive, "same", AE_IFREG, 0644, "", "file");
}

static struct sb_span write_archive(const char *writer, const char *filter, struct sb_span plain)
{
	enum { ROOM = 1 << 20 };
	SB_FREEING char *room = malloc(ROOM + plain.n);
	size_t used = 0;
	struct archive *archive = archive_write_new();

	cr_assert(room && archive);
	cr_assert_eq(archive_write_set_format_by_name(archive, writer), ARCHIVE_OK, "%s",
		     archive_error_string(archive));
	if (filter)
		cr_assert_eq(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK, "%s",
			     archive_error_string(archive));
	archive_write_set_bytes_in_last_block(archive, 1);
	cr_assert_eq(archive_write_open_memory(archive, room, ROOM + plain.n, &used), ARCHIVE_OK);
	if (plain.p) {
		struct archive_entry *entry = archive_entry_new();
		archive_entry_set_pathname(entry, "data");
		archive_entry_set_filetype(entry, AE_IFREG);
		cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK);
		cr_assert_eq(archive_write_data(archive, plain.p, plain.n), (la_ssize_t)plain.n);
		archive_entry_free(entry);
	} else {
		fill(archive, writer);
	}
	cr_assert_eq(archive_write_close(archive), ARCHIVE_OK, "%s", archive_error_string(archive));
	archive_write_free(archive);
	return exact_copy(sb_span_of(room, used));
}

struct sb_span make_sample(const struct sample *sample)
{
	return write_archive(sample->writer, sample->filter, (struct sb_span){0});
}

struct sb_span make_compressed(struct sb_span plain, const char *filter)
{
	return write_archive("raw", filter, plain);
}

struct opened open_as(const char *format, struct sb_span bytes, const char *hint)
{
	struct opened opened = {.arena = sb_arena_new(0)};
	const struct sb_format *row = sb_formats_named(format);

	cr_assert(row && opened.arena, "no format %s", format);
	opened.rc = sb_view_open(row, bytes, hint, opened.arena, &opened.view, &opened.err);
	return opened;
}

void close_view(struct opened *opened)
{
	sb_view_release(&opened->view);
	sb_arena_free(&opened->arena);
}

const struct sb_notice *notice_of(const struct opened *opened, const char *id)
{
	for (size_t i = 0; i < opened->view.notices.count; i++) {
		const struct sb_notice *notice = sb_vec_at(&opened->view.notices, i);
		if (notice->id && strcmp(notice->id, id) == 0)
			return notice;
	}
	return NULL;
}

bool refused(const struct opened *opened)
{
	for (size_t i = 0; i < opened->view.notices.count; i++)
		if (((const struct sb_notice *)sb_vec_at(&opened->view.notices, i))->refuse_drop)
			return true;
	return false;
}

const struct sb_region *region_of(const struct opened *opened, const char *name, uint32_t member)
{
	for (size_t i = 0; i < opened->view.regions.count; i++) {
		const struct sb_region *region = sb_view_region(&opened->view, i);
		if (region->member == member && strcmp(region->name, name) == 0)
			return region;
	}
	return NULL;
}

const struct sb_field *field_of(struct opened *opened, const struct sb_region *region, const char *name)
{
	cr_assert_eq(sb_view_describe(&opened->view, region, &opened->err), 0, "%s", opened->err.msg);
	for (size_t i = 0; i < opened->view.fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&opened->view.fields, i);
		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

bool content_is(const struct opened *opened, size_t index, const char *text)
{
	const struct sb_member *member = sb_view_member(&opened->view, index);
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t used = 0;

	if (sb_formats_decode(opened->view.file, member, NULL, &blob, &used, NULL) != 0 || used != member->length)
		return false;
	return sb_span_equal(blob.bytes, sb_span_text(text));
}
