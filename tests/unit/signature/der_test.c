/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/signature/signature.h"

#include <stdlib.h>
#include <string.h>

TestSuite(der, .fini = no_leaks);

struct row {
	const char *bytes;
	size_t n;
	bool whole;
};
#define ROW(text, whole_) {text, sizeof(text) - 1, whole_}

Test(der, one_whole_element)
{
	static const struct row rows[] = {
		ROW("\x30\x00", true),
		ROW("\x30\x03\x02\x01\x05", true),
		ROW("\x30\x05\x30\x03\x02\x01\x05", true),
		ROW("\x04\x03\x30\x99\x99", true), /* what an octet string holds is not looked at */
		ROW("", false),
		ROW("\x30", false),
		ROW("\x30\x01", false),
		ROW("\x30\x00\x00", false),             /* something behind it */
		ROW("\x30\x03\x02\x02\x05", false),     /* an inner element that leaves the outer one */
		ROW("\x30\x80\x00\x00", false),         /* indefinite length */
		ROW("\x30\x81\x00", false),             /* a length in a longer form than it needs */
		ROW("\x30\x82\x00\x01\x00", false),
		ROW("\x1f\x81\x01\x00", false),         /* a tag of several bytes */
		ROW("\x30\x85\x00\x00\x00\x00\x00", false),
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(sb_der_is_whole(sb_span_of(rows[i].bytes, rows[i].n)), rows[i].whole, "row %zu", i);
}

Test(der, long_lengths)
{
	uint8_t bytes[3 + 200] = {0x04, 0x81, 200};
	struct sb_span from = sb_span_of(bytes, sizeof bytes);
	struct sb_der element;

	cr_assert(sb_der_take(&from, &element));
	cr_expect_eq(element.content.n, 200);
	cr_expect_eq(element.whole.n, sizeof bytes);
	cr_expect_eq(from.n, 0);
	from = sb_span_of(bytes, sizeof bytes - 1);
	cr_expect(!sb_der_take(&from, &element));
	cr_expect_eq(from.n, sizeof bytes - 1);
}

Test(der, another_tag_leaves_everything_as_it_was)
{
	struct sb_der element = {.tag = 7};
	struct sb_span from = sb_span_of("\x02\x01\x05", 3);

	cr_expect(!sb_der_take_as(&from, SB_DER_SEQUENCE, &element));
	cr_expect_eq(from.n, 3);
	cr_expect_eq(element.tag, 7);
	cr_expect(sb_der_take_as(&from, SB_DER_INTEGER, &element));
	cr_expect_eq(from.n, 0);
}

Test(der, depth_is_bounded)
{
	uint8_t bytes[200];
	size_t n = 0, depth = 40;

	for (size_t i = 0; i < depth; i++) {
		bytes[n++] = SB_DER_SEQUENCE;
		bytes[n++] = (uint8_t)(2 * (depth - i - 1));
	}
	cr_expect(!sb_der_is_whole(sb_span_of(bytes, n)));
	cr_expect(sb_der_is_whole(sb_span_of(bytes + 2 * 8, n - 2 * 8)));
}

Test(der, digests_by_their_identifiers)
{
	static const char sha256[] = "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00", bare[] = "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02",
			  more[] = "\x30\x10\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x02\x01\x05\x05\x00", other[] = "\x30\x05\x06\x03\x2a\x03\x04";
	enum sb_declared_digest kind;

	cr_assert(sb_der_digest(sb_span_of(sha256, sizeof sha256 - 1), &kind));
	cr_expect_eq(kind, SB_DECLARED_SHA256);
	cr_assert(sb_der_digest(sb_span_of(bare, sizeof bare - 1), &kind));
	cr_expect_eq(kind, SB_DECLARED_SHA384);
	cr_expect(!sb_der_digest(sb_span_of(more, sizeof more - 1), &kind));
	cr_expect(!sb_der_digest(sb_span_of(other, sizeof other - 1), &kind));
}
