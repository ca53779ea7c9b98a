/* SPDX-License-Identifier: Apache-2.0 */
/* Packages of rpm by hand: headers whose rows lie, overlap, or lead out of their store. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(rpm, .fini = no_leaks, .timeout = 120);

/** A row of a header. */
struct row {
	uint32_t tag, type, count;
	const char *data;
	size_t n;
	uint32_t shift; /* added to the offset that is right */
};

static void be(struct sb_buf *out, uint64_t value, unsigned n)
{
	while (n--) {
		uint8_t byte = (uint8_t)(value >> 8 * n);
		sb_buf_add(out, &byte, 1);
	}
}

static void header(struct sb_buf *out, const struct row *rows, size_t count)
{
	size_t store = 0, at = 0;

	for (size_t i = 0; i < count; i++)
		store += rows[i].n;
	be(out, 0x8eade80100000000, 8);
	be(out, count, 4);
	be(out, store, 4);
	for (size_t i = 0; i < count; i++) {
		be(out, rows[i].tag, 4);
		be(out, rows[i].type, 4);
		be(out, at + rows[i].shift, 4);
		be(out, rows[i].count, 4);
		at += rows[i].n;
	}
	for (size_t i = 0; i < count; i++)
		sb_buf_add(out, rows[i].data, rows[i].n);
}

static const struct row signature[] = {{1000, 4, 1, "\0\0\0\x2a", 4, 0}, {268, 7, 5, "signe", 5, 0}};

/* Lead, signature header, fill, main header of @rows, payload. */
static struct sb_span package(const struct row *rows, size_t count)
{
	SB_BUF struct sb_buf out = {0};
	static const char payload[] = "payload", zeros[96] = {0};

	be(&out, 0xedabeedb03000000, 8);
	sb_buf_add(&out, zeros, 88);
	header(&out, signature, 2);
	sb_buf_add(&out, zeros, (8 - out.len % 8) % 8);
	header(&out, rows, count);
	sb_buf_add(&out, payload, sizeof payload - 1);
	return exact_copy(sb_buf_span(&out));
}

#define ROWS(rows) (rows), sizeof(rows) / sizeof *(rows)

static const struct row good[] = {
	{1000, 6, 1, "acme\0", 5, 0},
	{1006, 4, 1, "\0\0\0\x09", 4, 0},
	{1028, 4, 2, "\0\0\0\x01\0\0\0\x02", 8, 0},
	{1096, 4, 2, "\0\0\0\x01\0\0\0\x02", 8, 0},
	{1116, 4, 2, "\0\0\0\0\0\0\0\0", 8, 0},
	{1117, 8, 2, "one\0two\0", 8, 0},
	{1118, 8, 1, "/usr/\0", 6, 0},
};

Test(rpm, every_row_and_its_data_have_an_owner)
{
	struct sb_span bytes = package(ROWS(good));
	struct opened opened = open_as("rpm", bytes, "a.rpm");
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_assert_not_null(region_of(&opened, "NAME", 0));
	cr_assert_not_null(region_of(&opened, "NAME entry", 0));
	cr_assert_eq(region_of(&opened, "RSAHEADER", 0)->kind, SB_REGION_SIGNATURE);
	cr_assert_eq(sb_view_member(&opened.view, 0)->length, 7);
	const struct sb_field *field = field_of(&opened, region_of(&opened, "BUILDTIME", 0), "BUILDTIME");
	cr_assert(field && field->kind == SB_FIELD_TIME && field->encoding == SB_ENC_BE);
	field = field_of(&opened, region_of(&opened, "FILESIZES", 0), "FILESIZES ./usr/two");
	cr_assert(field && field->kind == SB_FIELD_DERIVED && field->derived.unpacked);
	cr_assert(sb_span_equal(field->derived.inside, sb_span_text("./usr/two")));
	field = field_of(&opened, region_of(&opened, "NAME entry", 0), "offset");
	cr_assert_eq(field->derived.algorithm, SB_DERIVE_POSITION);
	cr_assert_eq(field->derived.over_offset, region_of(&opened, "NAME", 0)->offset);
	cr_assert(sb_view_member(&opened.view, 0)->refusal, "a drop must not be unpacked from it");
	close_view(&opened);
	free_sample(bytes);
}

Test(rpm, equal_inodes_are_content)
{
	struct row rows[sizeof good / sizeof *good];
	memcpy(rows, good, sizeof good);
	for (unsigned linked = 0; linked < 2; linked++) {
		rows[3].data = linked ? "\0\0\0\x01\0\0\0\x01" : good[3].data;
		struct sb_span bytes = package(ROWS(rows));
		struct opened opened = open_as("rpm", bytes, "a.rpm");
		cr_assert_eq(opened.rc, 0);
		const struct sb_field *field = field_of(&opened, region_of(&opened, "FILEINODES", 0), "FILEINODES ./usr/one");
		cr_assert_eq(field->kind, linked ? SB_FIELD_VALUE : SB_FIELD_INODE);
		close_view(&opened);
		free_sample(bytes);
	}
}

/* Of two rows with one tag readers take the first: what each of them leads to is then a matter of order, and nobody's derived value. */
Test(rpm, offsets_of_tags_that_come_twice_are_content)
{
	static const struct row twice[] = {{1000, 6, 1, "acme\0", 5, 0}, {1000, 6, 1, "evil\0", 5, 0}};
	struct sb_span bytes = package(ROWS(twice));
	struct opened opened = open_as("rpm", bytes, "a.rpm");
	cr_assert_eq(opened.rc, 0);
	cr_assert_eq(field_of(&opened, region_of(&opened, "NAME entry", 0), "offset")->kind, SB_FIELD_OFFSET);
	close_view(&opened);
	free_sample(bytes);
}

static void check_refused(const struct row *rows, size_t count)
{
	struct sb_span bytes = package(rows, count);
	struct opened opened = open_as("rpm", bytes, "a.rpm");
	cr_assert_eq(opened.rc, SB_FORMAT);
	cr_assert_not_null(opened.err.id);
	close_view(&opened);
	free_sample(bytes);
}

Test(rpm, rows_that_lie_are_refused)
{
	static const struct row shared[] = {{1000, 6, 1, "acme\0", 5, 0}, {1001, 6, 1, "1\0", 2, (uint32_t)-3}};
	static const struct row outside[] = {{1000, 6, 1, "acme\0", 5, 6}};
	static const struct row open_end[] = {{1000, 6, 1, "acme", 4, 0}};
	static const struct row many[] = {{1006, 4, 0x40000000, "\0\0\0\x09", 4, 0}};
	static const struct row none[] = {{1006, 4, 0, "\0\0\0\x09", 4, 0}};
	static const struct row unknown[] = {{1006, 10, 1, "\0\0\0\x09", 4, 0}};
	static const struct row strings[] = {{1117, 8, 3, "a\0b\0", 4, 0}};
	check_refused(ROWS(shared));
	check_refused(ROWS(outside));
	check_refused(ROWS(open_end));
	check_refused(ROWS(many));
	check_refused(ROWS(none));
	check_refused(ROWS(unknown));
	check_refused(ROWS(strings));
	check_refused(NULL, 0);
}

Test(rpm, bytes_that_no_row_leads_to_are_a_gap)
{
	static const struct row hidden[] = {{1000, 6, 1, "acme\0hidden in the store", 24, 0}};
	struct sb_span bytes = package(ROWS(hidden));
	struct opened opened = open_as("rpm", bytes, "a.rpm");
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_assert_eq(region_of(&opened, "gap", 0)->kind, SB_REGION_GAP);
	cr_assert_eq(region_of(&opened, "gap", 0)->length, 19);
	close_view(&opened);
	free_sample(bytes);
}

/* Many rows that all lead to one long text must not be measured again and again. */
Test(rpm, overlapping_rows_cost_no_more_than_the_store)
{
	enum { MANY = 60000, LONG = 8 << 20 };
	struct row *rows = calloc(MANY, sizeof *rows);
	char *text = calloc(1, LONG);
	memset(text, 'x', LONG - 1);
	rows[0] = (struct row){1000, 6, 1, text, LONG, 0};
	for (size_t i = 1; i < MANY; i++)
		rows[i] = (struct row){1000 + (uint32_t)i, 6, 1, "", 0, (uint32_t)-LONG};
	check_refused(rows, MANY);
	free(rows);
	free(text);
}

Test(rpm, no_cut_and_no_flip_breaks_a_promise)
{
	struct sb_span bytes = package(ROWS(good));
	for (size_t i = 0; i < bytes.n; i++) {
		struct sb_span cut = exact_copy(sb_span_of(bytes.p, i)), flipped = exact_copy(bytes);
		union {
			const uint8_t *given;
			uint8_t *mine;
		} p = {.given = flipped.p};
		p.mine[i] ^= (uint8_t)(1u << i % 8);
		const struct sb_span tries[] = {cut, flipped};
		for (size_t k = 0; k < 2; k++) {
			struct opened opened = open_as("rpm", tries[k], "a.rpm");
			cr_assert(opened.rc == 0 || opened.rc == SB_FORMAT, "%d at %zu", opened.rc, i);
			for (size_t r = 0; opened.rc == 0 && r < opened.view.regions.count; r++)
				cr_assert_eq(sb_view_describe(&opened.view, sb_view_region(&opened.view, r), &opened.err), 0, "%s", opened.err.msg);
			close_view(&opened);
		}
		free_sample(cut);
		free_sample(flipped);
	}
	free_sample(bytes);
}
