/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives by hand: numbers, names, records, ends, and everything on which readers disagree. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(tar, .fini = no_leaks);

static void seal(uint8_t *block)
{
	unsigned sum = 0;
	char text[9];

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += block[i];
	snprintf(text, sizeof text, "%06o", sum);
	memcpy(block + 148, text, 7);
}

static uint8_t *header(uint8_t block[512], const char *name, char type, size_t size)
{
	char number[16];

	memset(block, 0, 512);
	memcpy(block, name, strlen(name));
	memcpy(block + 100,
	       "0000644\0"
	       "0001750\0"
	       "0001751",
	       24);
	snprintf(number, sizeof number, "%011o", (unsigned)size);
	memcpy(block + 124, number, 12);
	memcpy(block + 136, "14524716400", 12); /* 1700502784 */
	block[156] = (uint8_t)type;
	memcpy(block + 257,
	       "ustar\0"
	       "00",
	       8);
	seal(block);
	return block;
}

static void add_block(struct sb_buf *out, const uint8_t block[512])
{
	sb_buf_add(out, block, 512);
}

static void add_body(struct sb_buf *out, const void *bytes, size_t n)
{
	static const char zeros[512];
	sb_buf_add(out, bytes, n);
	sb_buf_add(out, zeros, (512 - n % 512) % 512);
}

static void add_entry(struct sb_buf *out, const char *name, char type, const char *content)
{
	uint8_t block[512];
	add_block(out, header(block, name, type, strlen(content)));
	add_body(out, content, strlen(content));
}

static void add_end(struct sb_buf *out)
{
	static const char zeros[1024];
	sb_buf_add(out, zeros, sizeof zeros);
}

static struct opened open_tar(const struct sb_buf *bytes)
{
	return open_as("tar", sb_buf_span(bytes), "x.tar");
}

static void expect_refused(struct sb_buf *bytes, const char *id)
{
	struct opened opened = open_tar(bytes);
	if (opened.rc) {
		cr_expect_eq(opened.rc, SB_FORMAT);
		cr_expect_str_eq(opened.err.id, id, "%s: %s", opened.err.id, opened.err.msg);
	} else {
		const struct sb_notice *notice = notice_of(&opened, id);
		cr_expect(notice && notice->refuse_drop, "nothing says %s", id);
	}
	close_view(&opened);
	sb_buf_release(bytes);
}

Test(tar, numbers_in_base_256)
{
	SB_BUF struct sb_buf bytes = {0};
	uint8_t block[512];

	header(block, "a", '0', 3);
	memcpy(block + 108, "\x80\0\0\0\xff\xff\xff\xfe", 8);                        /* uid 4294967294 */
	memcpy(block + 124, "\x80\0\0\0\0\0\0\0\0\0\0\x03", 12);                     /* size 3 */
	memcpy(block + 136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12); /* mtime -2 */
	seal(block);
	add_block(&bytes, block);
	add_body(&bytes, "abc", 3);
	add_end(&bytes);
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	const struct sb_member *member = sb_view_member(&opened.view, 0);
	cr_expect_eq(member->uid, UINT64_C(4294967294));
	cr_expect_eq(member->mtime, -2);
	cr_expect(content_is(&opened, 0, "abc"));
	const struct sb_field *time = field_of(&opened, region_of(&opened, "header", 1), "mtime");
	cr_expect(time && time->encoding == SB_ENC_RAW, "binary is no octal");
	close_view(&opened);
}

Test(tar, numbers_that_do_not_fit_or_are_none)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t n;
	} bad[] = {
		{124, "\x80\0\0\x01\0\0\0\0\0\0\0\0", 12},                     /* 2^64 and more */
		{124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12}, /* negative size */
		{124, "0000000000x", 12},
		{100, "rwxr-xr", 8},
		{136, "9", 2},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sb_buf bytes = {0};
		uint8_t block[512];
		header(block, "a", '0', 0);
		memcpy(block + bad[i].at, bad[i].bytes, bad[i].n);
		seal(block);
		add_block(&bytes, block);
		add_end(&bytes);
		expect_refused(&bytes, "archive-damaged");
	}
}

Test(tar, a_header_must_have_its_sum)
{
	struct sb_buf bytes = {0};
	uint8_t block[512];

	header(block, "a", '0', 0);
	block[101] = '7';
	add_block(&bytes, block);
	add_end(&bytes);
	expect_refused(&bytes, "archive-damaged");
}

Test(tar, a_sum_of_signed_bytes_is_a_sum)
{
	SB_BUF struct sb_buf bytes = {0};
	uint8_t block[512];
	int sum = 8 * ' ';
	char text[8];

	header(block, "\xe4\xf6\xfc", '0', 0);
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0 : (int8_t)block[i];
	snprintf(text, sizeof text, "%06o", (unsigned)sum);
	memcpy(block + 148, text, 7);
	add_block(&bytes, block);
	add_end(&bytes);
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_expect_eq(opened.view.members.count, 1);
	close_view(&opened);
}

Test(tar, names_from_prefix_and_records)
{
	SB_BUF struct sb_buf bytes = {0};
	uint8_t block[512];
	static const char records[] = "16 path=another\n"
				      "20 mtime=-1.250000\n\n";

	header(block, "file", '0', 0);
	memcpy(block + 345, "some/folder", 11);
	seal(block);
	add_block(&bytes, block);
	add_block(&bytes, header(block, "pax", 'x', 16 + 20));
	add_body(&bytes, "16 path=another\n20 mtime=-1.2500000\n", 36);
	(void)records;
	add_entry(&bytes, "short", '0', "abc");
	add_block(&bytes, header(block, "././@LongLink", 'L', 9));
	add_body(&bytes, "gnu/name", 9);
	add_entry(&bytes, "gnu/", '0', "");
	add_end(&bytes);
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "%s at %u", opened.err.msg, (unsigned)opened.err.offset);
	cr_assert_eq(opened.view.members.count, 3);
	cr_expect_str_eq((const char *)sb_view_member(&opened.view, 0)->name.p, "some/folder/file");
	const struct sb_member *second = sb_view_member(&opened.view, 1);
	cr_expect_str_eq((const char *)second->name.p, "another");
	cr_expect(second->mtime == -2 && second->mtime_ns == 750000000);
	cr_expect_str_eq((const char *)sb_view_member(&opened.view, 2)->name.p, "gnu/name");
	cr_expect_not(refused(&opened));
	const struct sb_region *region = region_of(&opened, "pax records", 2);
	cr_assert_not_null(region);
	const struct sb_field *path = field_of(&opened, region, "path");
	cr_expect(path && path->kind == SB_FIELD_NAME && path->length == 7);
	cr_expect(region_of(&opened, "long name", 3) && region_of(&opened, "long name header", 3));
	close_view(&opened);
}

static void with_records(struct sb_buf *bytes, char type, const char *records, size_t n, const char *content)
{
	uint8_t block[512];
	add_block(bytes, header(block, "pax", type, n));
	add_body(bytes, records, n);
	add_entry(bytes, "entry", '0', content);
	add_end(bytes);
}

Test(tar, records_that_split_readers)
{
	static const struct {
		char type;
		const char *records;
		size_t n;
		const char *id;
	} cases[] = {
		{'x', "12 path=a\0b\n", 12, "archive-nul-name"},
		{'x', "10 p\0th=a\n", 10, "archive-nul-name"},
		{'x', "10 path=a\n10 path=b\n", 20, "archive-duplicate-record"},
		{'x', "12 comment=\n12 comment=\n", 24, "archive-duplicate-record"},
		{'x', "9 size=1\n", 9, "archive-readers-disagree"},
		{'g', "10 path=a\n", 10, "archive-readers-disagree"},
		{'x', "11 path=a\n", 10, "archive-damaged"},
		{'x', "9 path=a\n", 10, "archive-damaged"},
		{'x', "10 path=a\n\0\0", 12, "archive-damaged"},
		{'x', "010 path=a\n", 11, "archive-damaged"},
		{'x', "7 =abc\n", 7, "archive-damaged"},
		{'x', "11 size=1x\n", 11, "archive-damaged"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sb_buf bytes = {0};
		with_records(&bytes, cases[i].type, cases[i].records, cases[i].n, "abc");
		expect_refused(&bytes, cases[i].id);
	}
}

Test(tar, a_size_in_a_record_wins)
{
	SB_BUF struct sb_buf bytes = {0};

	with_records(&bytes, 'x', "9 size=1\n", 9, "abc");
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_expect_eq(sb_view_member(&opened.view, 0)->length, 1);
	cr_expect(content_is(&opened, 0, "a"));
	close_view(&opened);
}

Test(tar, a_comment_for_all_entries_is_fine)
{
	SB_BUF struct sb_buf bytes = {0};

	with_records(&bytes, 'g', "14 comment=ab\n", 14, "abc"); /* what git archive writes */
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_expect_eq(opened.view.members.count, 1);
	cr_expect_not(refused(&opened));
	cr_expect(region_of(&opened, "global records", 0));
	close_view(&opened);
}

Test(tar, binary_attributes_may_hold_nul)
{
	SB_BUF struct sb_buf bytes = {0};

	with_records(&bytes, 'x', "26 SCHILY.xattr.user.a=b\0\n", 26, "abc");
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_expect_not(refused(&opened));
	close_view(&opened);
}

Test(tar, endings)
{
	struct sb_buf bytes = {0};

	add_entry(&bytes, "a", '0', "abc");
	expect_refused(&bytes, "archive-truncated");
	add_entry(&bytes, "a", '0', "abc");
	sb_buf_add(&bytes, (const char[512]){0}, 512);
	expect_refused(&bytes, "archive-truncated");
	add_entry(&bytes, "a", '0', "abc");
	add_end(&bytes);
	add_entry(&bytes, "hidden", '0', "abc");
	add_end(&bytes);
	expect_refused(&bytes, "archive-trailing");
	add_entry(&bytes, "a", '0', "abc");
	sb_buf_add(&bytes, (const char[512]){0}, 512);
	add_entry(&bytes, "hidden", '0', "abc");
	add_end(&bytes);
	expect_refused(&bytes, "archive-trailing");
}

Test(tar, entries_that_are_no_source)
{
	static const struct {
		char type;
		const char *id;
	} kinds[] = {{'S', "archive-sparse"}, {'M', "archive-unsupported"}, {'V', "archive-unsupported"}};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		SB_BUF struct sb_buf bytes = {0};
		add_entry(&bytes, "a", kinds[i].type, "");
		add_end(&bytes);
		struct opened opened = open_tar(&bytes);
		cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
		cr_expect_str_eq(sb_view_member(&opened.view, 0)->refusal_id, kinds[i].id);
		close_view(&opened);
	}
	SB_BUF struct sb_buf bytes = {0};
	with_records(&bytes, 'x', "22 GNU.sparse.major=1\n", 22, "abc");
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_expect_str_eq(sb_view_member(&opened.view, 0)->refusal_id, "archive-sparse");
	close_view(&opened);
}

Test(tar, folders_and_links_have_no_content)
{
	struct sb_buf bytes = {0};
	uint8_t block[512];

	add_entry(&bytes, "folder/", '5', "hidden");
	add_end(&bytes);
	expect_refused(&bytes, "archive-readers-disagree");
	add_entry(&bytes, "hard", '1', "");
	memcpy(bytes.data + bytes.len - 512, header(block, "hard", '1', 4711), 512);
	add_end(&bytes);
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0, "old writers leave the size of the target: %s", opened.err.msg);
	cr_expect_eq(sb_view_member(&opened.view, 0)->length, 0);
	close_view(&opened);
	sb_buf_release(&bytes);
}

Test(tar, walking_does_not_depend_on_content)
{
	SB_BUF struct sb_buf bytes = {0};
	uint8_t block[512];

	/* What looks like a header inside a file is content. */
	header(block, "inner", '0', 0);
	block[0] = 'i';
	uint8_t outer[512];
	add_block(&bytes, header(outer, "outer", '0', 512));
	add_block(&bytes, block);
	add_end(&bytes);
	struct opened opened = open_tar(&bytes);
	cr_assert_eq(opened.rc, 0);
	cr_expect_eq(opened.view.members.count, 1);
	close_view(&opened);
}
