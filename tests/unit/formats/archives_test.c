/* SPDX-License-Identifier: Apache-2.0 */
/* What libarchive wrote is found again: members, contents, metadata, for every format. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(archives, .fini = no_leaks);

static const struct sb_member *named(const struct opened *opened, const char *name, size_t *index)
{
	for (*index = 0; *index < opened->view.members.count; ++*index) {
		const struct sb_member *member = sb_view_member(&opened->view, *index);
		if (sb_span_equal(member->name, sb_span_text(name)))
			return member;
	}
	return NULL;
}

/* A ".deb" or ".tar.gz" is one step more: the payload is opened in its turn. */
static void check_archive(const struct sample *sample, struct sb_span bytes, const char *format)
{
	struct opened opened = open_as(format, bytes, sample->hint);
	bool is_ar = strcmp(format, "ar") == 0, is_zip = strcmp(format, "zip") == 0;
	size_t at;

	cr_assert_eq(opened.rc, 0, "%s: %s", sample->writer, opened.err.msg);
	cr_assert_not(refused(&opened), "%s: %s", sample->writer,
		      ((struct sb_notice *)opened.view.notices.items)->text);
	const struct sb_member *file = named(&opened, "file", &at);
	cr_assert(file && content_is(&opened, at, sample_text), "%s", sample->writer);
	cr_expect_eq(file->mode, 0644);
	cr_expect(is_zip || (file->uid == 1000 && file->gid == 1001), "%s uid %u", sample->writer, (unsigned)file->uid);
	cr_expect_eq(file->mtime, 1700000000, "%s", sample->writer);
	const struct sb_region *content = region_of(&opened, "content", (uint32_t)at + 1);
	cr_expect(content && content->offset == file->offset && content->length == file->length, "%s", sample->writer);
	cr_expect(region_of(&opened, "header", (uint32_t)at + 1), "%s", sample->writer);
	const struct sb_member *tool =
		named(&opened, strcmp(sample->writer, "arbsd") == 0 ? "a-name-longer-than-fifteen" : "tool", &at);
	cr_assert(tool && tool->mode == 04755 && content_is(&opened, at, "#!/bin/sh\n"), "%s", sample->writer);
	const struct sb_member *folder = named(&opened, "folder/", &at);
	cr_expect(is_ar || (folder && folder->type == SB_MEMBER_DIR), "%s", sample->writer);
	const struct sb_member *link = named(&opened, "link", &at);
	cr_expect(is_ar || (link && link->type == SB_MEMBER_SYMLINK && sb_span_equal(link->link, sb_span_text("file"))),
		  "%s", sample->writer);
	cr_expect_null(named(&opened, "TRAILER!!!", &at));
	close_view(&opened);
}

Test(archives, what_is_written_is_found)
{
	for (size_t i = 0; i < sample_count; i++) {
		const struct sample *sample = &samples[i];
		struct sb_span bytes = make_sample(sample);
		const struct sb_format *probed = sb_formats_probe(bytes, sample->hint);

		cr_assert(probed && strcmp(probed->name, sample->format) == 0, "%s is taken for %s", sample->hint,
			  probed ? probed->name : "nothing");
		if (!sample->filter) {
			check_archive(sample, bytes, sample->format);
		} else {
			struct opened opened = open_as(sample->format, bytes, sample->hint);
			SB_BLOB struct sb_blob blob = {.fd = -1};
			uint64_t used = 0;
			cr_assert_eq(opened.rc, 0, "%s: %s", sample->filter, opened.err.msg);
			cr_assert_eq(opened.view.members.count, 1);
			const struct sb_member *payload = sb_view_member(&opened.view, 0);
			cr_expect_str_eq((const char *)payload->name.p, "a.tar", "%s", sample->filter);
			cr_assert_eq(sb_formats_decode(bytes, payload, NULL, &blob, &used, &opened.err), 0, "%s: %s",
				     sample->filter, opened.err.msg);
			cr_expect_eq(used, payload->length);
			cr_expect_eq(payload->length, bytes.n, "%s", sample->filter);
			check_archive(sample, blob.bytes, "tar");
			close_view(&opened);
		}
		free_sample(bytes);
	}
}

Test(archives, ar_knows_tables_and_both_kinds_of_long_names)
{
	static const char gnu[] = "!<arch>\n"
				  "/               1700000000  0     0     0       14        `\n"
				  "\0\0\0\1\0\0\0\x5a"
				  "main\0\0"
				  "//                                              26        `\n"
				  "a-very-long-name.object/\n\n"
				  "/0              1700000000  7     8     100644  3         `\n"
				  "abc\n";
	static const char bsd[] = "!<arch>\n"
				  "#1/20           1700000000  7     8     100644  23        `\n"
				  "twenty-bytes-long.o\0abc\n";
	struct opened a = open_as("ar", sb_span_of(gnu, sizeof gnu - 1), "x.a"),
		      b = open_as("ar", sb_span_of(bsd, sizeof bsd - 1), "x.a");

	cr_assert_eq(a.rc, 0, "%s", a.err.msg);
	cr_assert_eq(a.view.members.count, 1);
	cr_expect_str_eq((const char *)sb_view_member(&a.view, 0)->name.p, "a-very-long-name.object");
	cr_expect(content_is(&a, 0, "abc"));
	cr_expect(region_of(&a, "symbols", 0) && region_of(&a, "names", 0));
	cr_expect_not_null(field_of(&a, region_of(&a, "symbols", 0), "symbol offset"));
	const struct sb_field *date = field_of(&a, region_of(&a, "header", 1), "date");
	cr_expect(date && date->kind == SB_FIELD_TIME && date->encoding == SB_ENC_DECIMAL && date->length == 12);
	cr_assert_eq(b.rc, 0, "%s", b.err.msg);
	cr_expect_str_eq((const char *)sb_view_member(&b.view, 0)->name.p, "twenty-bytes-long.o");
	cr_expect(content_is(&b, 0, "abc"));
	cr_expect_not_null(region_of(&b, "name", 1));
	close_view(&a);
	close_view(&b);
}

Test(archives, thin_ar_is_refused_and_still_described)
{
	static const char thin[] = "!<thin>\n"
				   "elsewhere.o/    1700000000  7     8     100644  12345     `\n";
	struct opened opened = open_as("ar", sb_span_of(thin, sizeof thin - 1), "x.a");

	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_assert_eq(opened.view.members.count, 1);
	cr_expect_str_eq(sb_view_member(&opened.view, 0)->refusal_id, "archive-unsupported");
	close_view(&opened);
}

Test(archives, deb_is_told_from_ar)
{
	static const char deb[] = "!<arch>\n"
				  "debian-binary   1700000000  0     0     100644  4         `\n"
				  "2.0\n"
				  "appended";
	struct opened opened = open_as("deb", sb_span_of(deb, sizeof deb - 1 - 8), "x.deb");

	cr_assert_str_eq(sb_formats_probe(sb_span_of(deb, sizeof deb - 1), "")->name, "deb");
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_expect_not(refused(&opened));
	close_view(&opened);
	opened = open_as("deb", sb_span_of(deb, sizeof deb - 1), "x.deb");
	cr_assert_eq(opened.rc, 0);
	cr_expect(notice_of(&opened, "archive-trailing"));
	cr_expect(region_of(&opened, "overlay", 0));
	close_view(&opened);
}

Test(archives, cpio_links_lead_to_the_first_name)
{
	/* newc writers put the content behind the last name of an inode. */
#define HEAD(mode, links, size, name)               \
	"070701"                                    \
	"00000007" mode "00000000"                  \
	"00000000" links "6553f100" size "00000008" \
	"00000001"                                  \
	"00000000"                                  \
	"00000000" name "00000000"
	static const char links[] = HEAD("000081a4", "00000002", "00000000", "00000002") "a\0" HEAD(
		"000081a4", "00000002", "00000003", "00000002") "b\0abc\0" HEAD("00000000", "00000001", "00000000",
										"0000000b") "TRAILER!!!\0\0\0\0";
	struct opened opened = open_as("cpio", sb_span_of(links, sizeof links - 1), "x.cpio");

	cr_assert_eq(opened.rc, 0, "%s at %u", opened.err.msg, (unsigned)opened.err.offset);
	cr_assert_eq(opened.view.members.count, 2);
	cr_expect_eq(sb_view_member(&opened.view, 0)->type, SB_MEMBER_FILE);
	cr_expect(content_is(&opened, 0, "abc"));
	cr_expect_eq(sb_view_member(&opened.view, 1)->type, SB_MEMBER_HARDLINK);
	cr_expect_str_eq((const char *)sb_view_member(&opened.view, 1)->link.p, "a");
	cr_expect_not_null(region_of(&opened, "content", 1));
	close_view(&opened);
}

Test(archives, a_cpio_mode_has_sixteen_bits)
{
	static const char wide[] = HEAD("200081a4", "00000001", "00000000", "00000002") "a\0" HEAD(
		"00000000", "00000001", "00000000", "0000000b") "TRAILER!!!\0\0\0\0";
	struct opened opened = open_as("cpio", sb_span_of(wide, sizeof wide - 1), "x.cpio");

	cr_expect_eq(opened.rc, SB_FORMAT);
	cr_expect_str_eq(opened.err.id, "archive-damaged");
	close_view(&opened);
}
