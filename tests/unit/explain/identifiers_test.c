/* SPDX-License-Identifier: Apache-2.0 */
/* Names of disks as others write them. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/explain/identifiers.h"

#include <stdlib.h>
#include <string.h>

TestSuite(identifiers, .fini = no_leaks);

static const uint8_t guid[16] = {0x44, 0x1c, 0x2a, 0x3f, 0x7e, 0x5b, 0x19, 0x4d, 0x9c, 0x3a, 0x1f, 0x60, 0xd2, 0xb8, 0xe7, 0x71}; /* 3f2a1c44-5b7e-4d19-9c3a-1f60d2b8e771 */
static const uint8_t serial[4] = {0xcd, 0xab, 0x34, 0x12};

static unsigned places[2];

static void count(void *ctx, size_t id, const uint8_t *at)
{
	(void)at;
	((unsigned *)ctx)[id]++;
}

/* How often both names stand in @bytes. */
static const unsigned *find(struct sb_span bytes)
{
	const struct sb_name_form values[] = {{sb_span_of(guid, sizeof guid), 0}, {sb_span_of(serial, sizeof serial), 1}};
	struct sb_name_forms forms;

	memset(places, 0, sizeof places);
	cr_assert(sb_name_forms_make(&forms, values, 2));
	sb_name_forms_search(&forms, NULL, bytes, &(struct sb_name_found){places, count});
	sb_name_forms_release(&forms);
	return places;
}

Test(identifiers, texts)
{
	static const char *const texts[] = {"3f2a1c44-5b7e-4d19-9c3a-1f60d2b8e771", "root=PARTUUID=3F2A1C44-5B7E-4D19-9C3A-1F60D2B8E771 ro", "x3f2A1c445b7e4d199c3a1f60d2b8e771", "441c2a3f7e5b",
	                                    "a-3f2a-1c44-", "0000000003f2a1c44"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_expect_gt(find(sb_span_text(texts[i]))[0], 0, "%s", texts[i]);
	static const char *const others[] = {"3f2a1c4-", "3f2a 1c44", "3f2a1c45-5b7e-4d19-9c3a-1f60d2b8e771", "", "-", "3f2a1c4g4"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_expect_eq(find(sb_span_text(others[i]))[0], 0, "%s", others[i]);
	cr_expect_eq(find(sb_span_text("root=PARTUUID=1234abcd-01"))[1], 1);
	cr_expect_eq(find(sb_span_text("UUID=1234-ABCD"))[1], 1);
}

Test(identifiers, wide_texts)
{
	static const char text[] = "id=3f2a1c44-5b7e";
	uint8_t wide[2 * sizeof text + 1] = {0};

	for (size_t start = 0; start < 2; start++) {
		memset(wide, 0, sizeof wide);
		for (size_t i = 0; i < sizeof text - 1; i++)
			wide[start + 2 * i] = (uint8_t)text[i];
		cr_expect_gt(find(sb_span_of(wide, sizeof wide))[0], 0, "at %zu", start);
	}
	wide[13] = 'x'; /* no longer a wide character */
	cr_expect_eq(find(sb_span_of(wide, sizeof wide))[0], 0);
}

Test(identifiers, bytes)
{
	static const uint8_t network[16] = {0x3f, 0x2a, 0x1c, 0x44, 0x5b, 0x7e, 0x4d, 0x19, 0x9c, 0x3a, 0x1f, 0x60, 0xd2, 0xb8, 0xe7, 0x71};
	uint8_t bytes[64];

	for (unsigned at = 0; at <= 64 - 16; at++) {
		memset(bytes, 0xee, sizeof bytes);
		memcpy(bytes + at, guid, 16);
		cr_expect_eq(find(sb_span_of(bytes, sizeof bytes))[0], 1, "at %u", at);
		memcpy(bytes + at, network, 16);
		cr_expect_eq(find(sb_span_of(bytes, sizeof bytes))[0], 1, "at %u", at);
		bytes[at + 15] ^= 1;
		cr_expect_eq(find(sb_span_of(bytes, sizeof bytes))[0], 0);
		memset(bytes, 0xee, sizeof bytes);
		memcpy(bytes + at, serial, 4);
		cr_expect_eq(find(sb_span_of(bytes, sizeof bytes))[1], 0, "four bytes alone say nothing");
		memset(bytes + at + 4, 0, 12);
		cr_expect_eq(find(sb_span_of(bytes, sizeof bytes))[1], 1, "at %u", at);
	}
}

/* Where a piece ends that is read at once. */
Test(identifiers, over_the_end_of_a_piece)
{
	enum { PIECE = 1 << 20 };
	uint8_t *bytes = calloc(PIECE + 64, 1);

	cr_assert_not_null(bytes);
	for (unsigned back = 0; back <= 20; back++) {
		memset(bytes + PIECE - 64, 0, 128);
		memcpy(bytes + PIECE - back, "3f2a1c44", 8);
		cr_expect_gt(find(sb_span_of(bytes, PIECE + 64))[0], 0, "a text %u bytes before it", back);
		memset(bytes + PIECE - 64, 0, 128);
		memcpy(bytes + PIECE - back, guid, 16);
		cr_expect_gt(find(sb_span_of(bytes, PIECE + 64))[0], 0, "bytes %u before it", back);
	}
	free(bytes);
}
