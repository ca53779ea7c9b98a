/* SPDX-License-Identifier: Apache-2.0 */
/* Zip files by hand: two descriptions of each member, and what stands between them. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

TestSuite(zip, .fini = no_leaks);

/** What a test changes in a zip of one stored member. */
struct plan {
	const char *local_name, *central_name;
	unsigned flags, method;
	uint32_t local_size, directory_shift;
	const char *front, *between, *behind, *comment;
	unsigned host;
	uint32_t external;
	unsigned copies; /* directory entries that lead to the one member */
	bool descriptor;
};

static void le(struct sb_buf *out, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(value >> 8 * i);
		sb_buf_add(out, &byte, 1);
	}
}

static void text(struct sb_buf *out, const char *given)
{
	if (given)
		sb_buf_add(out, given, strlen(given));
}

static const char content[] = "content of the member";

static void local(struct sb_buf *out, const struct plan *plan, uint32_t crc)
{
	size_t n = strlen(plan->local_name);
	uint32_t size = plan->descriptor ? 0 : plan->local_size;

	le(out, 0x04034b50, 4);
	le(out, 20, 2);
	le(out, plan->flags | (plan->descriptor ? 8 : 0), 2);
	le(out, plan->method, 2);
	le(out, 0x58600000, 4);
	le(out, plan->descriptor ? 0 : crc, 4);
	le(out, size, 4);
	le(out, size, 4);
	le(out, n, 2);
	le(out, 0, 2);
	text(out, plan->local_name);
	text(out, content);
	if (!plan->descriptor)
		return;
	le(out, 0x08074b50, 4);
	le(out, crc, 4);
	le(out, sizeof content - 1, 4);
	le(out, sizeof content - 1, 4);
}

static void central(struct sb_buf *out, const struct plan *plan, uint32_t crc, uint64_t at)
{
	size_t n = strlen(plan->central_name);

	le(out, 0x02014b50, 4);
	le(out, plan->host << 8 | 20, 2);
	le(out, 20, 2);
	le(out, plan->flags | (plan->descriptor ? 8 : 0), 2);
	le(out, plan->method, 2);
	le(out, 0x58600000, 4);
	le(out, crc, 4);
	le(out, sizeof content - 1, 4);
	le(out, sizeof content - 1, 4);
	le(out, n, 2);
	le(out, 0, 6);
	le(out, 0, 2);
	le(out, plan->external, 4);
	le(out, at, 4);
	text(out, plan->central_name);
}

static void make(struct sb_buf *out, struct plan plan)
{
	uint32_t crc = (uint32_t)crc32_z(0, (const uint8_t *)content, sizeof content - 1);

	text(out, plan.front);
	uint64_t at = out->len - (plan.front ? strlen(plan.front) : 0);
	local(out, &plan, crc);
	text(out, plan.between);
	uint64_t directory = out->len;
	for (unsigned i = 0; i < plan.copies; i++)
		central(out, &plan, crc, at);
	uint64_t length = out->len - directory;
	le(out, 0x06054b50, 4);
	le(out, 0, 4);
	le(out, plan.copies, 2);
	le(out, plan.copies, 2);
	le(out, length, 4);
	le(out, directory - (plan.front ? strlen(plan.front) : 0) + plan.directory_shift, 4);
	le(out, plan.comment ? strlen(plan.comment) : 0, 2);
	text(out, plan.comment);
	text(out, plan.behind);
}

static const struct plan plain = {
	.local_name = "a", .central_name = "a", .local_size = sizeof content - 1, .copies = 1};

static struct opened open_plan(struct sb_buf *bytes, struct plan plan)
{
	make(bytes, plan);
	return open_as("zip", sb_buf_span(bytes), "x.zip");
}

static void expect(struct plan plan, const char *id)
{
	SB_BUF struct sb_buf bytes = {0};
	struct opened opened = open_plan(&bytes, plan);

	if (opened.rc) {
		cr_expect(id && strcmp(opened.err.id, id) == 0, "%s: %s", opened.err.id, opened.err.msg);
	} else if (id) {
		const struct sb_notice *notice = notice_of(&opened, id);
		cr_expect(notice && notice->refuse_drop, "nothing says %s", id);
	} else {
		cr_expect_not(refused(&opened));
		cr_expect(content_is(&opened, 0, content));
	}
	close_view(&opened);
}

#define WITH(...)                       \
	({                              \
		struct plan p_ = plain; \
		struct plan *p = &p_;   \
		__VA_ARGS__;            \
		p_;                     \
	})

Test(zip, plain_ones_are_fine)
{
	expect(plain, NULL);
	expect(WITH(p->descriptor = true), NULL);
	expect(WITH(p->comment = "a comment"), NULL);
}

Test(zip, two_descriptions_that_differ)
{
	expect(WITH(p->local_name = "evil"), "archive-names-disagree");
	expect(WITH(p->local_size = 3), "archive-readers-disagree");
	expect(WITH(p->local_name = p->central_name = "..\\evil"), "archive-backslash");
}

Test(zip, bytes_without_a_member)
{
	expect(WITH(p->front = "#!/bin/sh\nexec unzip\n"), "archive-prepended");
	expect(WITH(p->between = "hidden"), "archive-trailing");
	expect(WITH(p->behind = "appended"), "archive-trailing");
	expect(WITH(p->copies = 2), "archive-overlap");
	expect(WITH(p->comment = "PK\5\6 and what follows an end record, of twenty-two"), "archive-readers-disagree");
	expect(WITH(p->directory_shift = 100), "archive-truncated");
}

static const struct sb_member *only(struct opened *opened)
{
	cr_assert_eq(opened->rc, 0, "%s", opened->err.msg);
	return sb_view_member(&opened->view, 0);
}

Test(zip, what_cannot_be_read_says_so)
{
	SB_BUF struct sb_buf one = {0}, two = {0};
	struct opened encrypted = open_plan(&one, WITH(p->flags = 1)), method = open_plan(&two, WITH(p->method = 14));

	cr_expect_str_eq(only(&encrypted)->refusal_id, "archive-encrypted");
	cr_expect_str_eq(only(&method)->refusal_id, "archive-unsupported");
	close_view(&encrypted);
	close_view(&method);
}

Test(zip, modes_and_links_come_from_the_attributes)
{
	SB_BUF struct sb_buf one = {0}, two = {0};
	struct opened link = open_plan(&one, WITH(p->host = 3, p->external = 0120777u << 16));
	struct opened tool = open_plan(&two, WITH(p->host = 3, p->external = 0104755u << 16));

	cr_expect_eq(only(&link)->type, SB_MEMBER_SYMLINK);
	cr_expect_str_eq((const char *)only(&link)->link.p, content);
	cr_expect(only(&tool)->has_mode && only(&tool)->mode == 04755);
	const struct sb_field *mode = field_of(&tool, region_of(&tool, "directory entry", 1), "unix mode");
	cr_expect(mode && mode->kind == SB_FIELD_MODE);
	const struct sb_field *crc = field_of(&tool, region_of(&tool, "header", 1), "CRC32");
	cr_expect(crc && crc->kind == SB_FIELD_DERIVED && crc->derived.decoded == 1);
	close_view(&link);
	close_view(&tool);
}

Test(zip, dos_time_is_taken_as_utc)
{
	SB_BUF struct sb_buf bytes = {0};
	struct opened opened =
		open_plan(&bytes, plain); /* 0x58600000: 2024-03-00 would be odd; day 0 is the day before the first */

	cr_expect_eq(only(&opened)->mtime, 1709164800);
	close_view(&opened);
}
