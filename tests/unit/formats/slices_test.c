/* SPDX-License-Identifier: Apache-2.0 */
/* Content that lies in many places, each with an encoding of its own. */
#include "samples.h"

#include "tests/unit/leaks.h"
#include "verifier/formats/emit.h"

#include <criterion/criterion.h>
#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

TestSuite(slices, .fini = no_leaks, .timeout = 60);

enum { ROOM = 4096, BLOCK = 1000 };

/** A file with one text in several encodings, and where they lie. */
struct scattered {
	uint8_t bytes[ROOM], plain[BLOCK];
	size_t used;
	struct sb_slice slices[5]; /* zlib, hole, LZO, LZ4, none */
};

static struct sb_slice *add(struct scattered *all, unsigned i, enum sb_codec codec, size_t length)
{
	all->slices[i] = (struct sb_slice){codec, all->used, length, BLOCK, 0, BLOCK};
	all->used += length;
	cr_assert(all->used <= ROOM);
	return &all->slices[i];
}

static struct scattered make(void)
{
	struct scattered all = {.used = 16};
	static uint8_t work[LZO1X_1_MEM_COMPRESS];
	uLongf zlib = ROOM / 4;
	lzo_uint lzo = 0;

	for (size_t i = 0; i < BLOCK; i++)
		all.plain[i] = (uint8_t)((size_t)(uint8_t)"samebuild"[i % 9] + i / 200);
	cr_assert_eq(compress2(all.bytes + all.used, &zlib, all.plain, BLOCK, 9), Z_OK);
	add(&all, 0, SB_CODEC_ZLIB, zlib);
	all.slices[1] = (struct sb_slice){SB_CODEC_HOLE, 0, 0, 100, 0, 100};
	cr_assert_eq(lzo1x_1_compress(all.plain, BLOCK, all.bytes + all.used, &lzo, work), LZO_E_OK);
	add(&all, 2, SB_CODEC_LZO, lzo);
	int lz4 = LZ4_compress_default((const char *)all.plain, (char *)all.bytes + all.used, BLOCK, (int)(ROOM - all.used));
	cr_assert(lz4 > 0);
	add(&all, 3, SB_CODEC_LZ4_BLOCK, (size_t)lz4)->skip = 10; /* the last but one holds more than the member has of it */
	all.slices[3].size = 500;
	memcpy(all.bytes + all.used, all.plain, BLOCK);
	add(&all, 4, SB_CODEC_NONE, BLOCK);
	return all;
}

static struct sb_member member_of(const struct scattered *all)
{
	return (struct sb_member){.codec = SB_CODEC_SLICES, .offset = 16, .length = all->used - 16, .size = 3 * BLOCK + 600, .slices = all->slices, .slice_count = 5};
}

static int decode(const struct scattered *all, const struct sb_member *member, struct sb_blob *out, struct sb_err *err)
{
	uint64_t used = 0;
	int rc = sb_formats_decode(sb_span_of(all->bytes, all->used), member, NULL, out, &used, err);
	cr_assert(rc || used == member->length);
	return rc;
}

Test(slices, come_one_after_the_other)
{
	struct scattered all = make();
	const struct sb_member member = member_of(&all);
	SB_BLOB struct sb_blob blob = {.fd = -1};
	static const uint8_t zeros[100];
	struct sb_err err = {0};

	cr_assert_eq(decode(&all, &member, &blob, &err), 0, "%s", err.msg);
	cr_assert_eq(blob.bytes.n, member.size);
	cr_expect_arr_eq(blob.bytes.p, all.plain, BLOCK);
	cr_expect_arr_eq(blob.bytes.p + BLOCK, zeros, 100);
	cr_expect_arr_eq(blob.bytes.p + BLOCK + 100, all.plain, BLOCK);
	cr_expect_arr_eq(blob.bytes.p + 2 * BLOCK + 100, all.plain + 10, 500);
	cr_expect_arr_eq(blob.bytes.p + 2 * BLOCK + 600, all.plain, BLOCK);
	cr_expect_eq(sb_member_packed(&member), all.used - 16);
}

Test(slices, what_does_not_fit_its_declaration_is_refused)
{
	for (unsigned i = 0; i < 4; i++) {
		for (int change = -1; change <= 1; change += 2) {
			struct scattered all = make();
			const struct sb_member member = member_of(&all);
			SB_BLOB struct sb_blob blob = {.fd = -1};
			struct sb_err err = {0};
			if (i == 1)
				continue;
			all.slices[i].whole += (uint64_t)(int64_t)change;
			cr_expect_eq(decode(&all, &member, &blob, &err), SB_FORMAT, "slice %u declares %+d", i, change);
			all = make();
			all.slices[i].length += (uint64_t)(int64_t)change;
			cr_expect_eq(decode(&all, &member, &blob, &err), SB_FORMAT, "slice %u is %+d long", i, change);
		}
	}
}

/* One block, seen in two pieces with something plain between them, and once more behind another block. */
Test(slices, pieces_of_one_block)
{
	struct scattered all = make();
	const struct sb_slice zlib = all.slices[0], plain = all.slices[4], lzo = all.slices[2];
	struct sb_member member = member_of(&all);
	SB_BLOB struct sb_blob blob = {.fd = -1};
	struct sb_err err = {0};

	all.slices[0] = (struct sb_slice){SB_CODEC_ZLIB, zlib.offset, zlib.length, BLOCK, 0, 300};
	all.slices[1] = (struct sb_slice){SB_CODEC_NONE, plain.offset, BLOCK, BLOCK, 0, 100};
	all.slices[2] = (struct sb_slice){SB_CODEC_ZLIB, zlib.offset, zlib.length, BLOCK, 400, 600};
	all.slices[3] = (struct sb_slice){SB_CODEC_LZO, lzo.offset, lzo.length, BLOCK, 0, BLOCK};
	all.slices[4] = (struct sb_slice){SB_CODEC_ZLIB, zlib.offset, zlib.length, BLOCK, 999, 1};
	member.size = 1000 + BLOCK + 1;
	cr_assert_eq(decode(&all, &member, &blob, &err), 0, "%s", err.msg);
	cr_assert_eq(blob.bytes.n, member.size);
	cr_expect_arr_eq(blob.bytes.p, all.plain, 300);
	cr_expect_arr_eq(blob.bytes.p + 300, all.plain, 100);
	cr_expect_arr_eq(blob.bytes.p + 400, all.plain + 400, 600);
	cr_expect_arr_eq(blob.bytes.p + 1000, all.plain, BLOCK);
	cr_expect_eq(blob.bytes.p[2000], all.plain[999]);
}

Test(slices, a_block_that_promises_too_much_is_not_even_tried)
{
	struct scattered all = make();
	const struct sb_member member = member_of(&all);
	SB_BLOB struct sb_blob blob = {.fd = -1};
	struct sb_err err = {0};

	all.slices[2].whole = all.slices[2].size = UINT64_C(1) << 29;
	cr_expect_eq(decode(&all, &member, &blob, &err), SB_FORMAT);
	cr_expect_not_null(strstr(err.msg, "size that is declared"));
}

Test(slices, rtime)
{
	static const uint8_t packed[] = {'a', 0, 'b', 0, 'a', 4, 'c', 0}; /* what followed the last a comes again, itself included */
	static const char plain[] = "ababab" "c";
	struct scattered all = {.used = sizeof packed};
	struct sb_member member = {.codec = SB_CODEC_RTIME, .length = sizeof packed, .size = 8};
	SB_BLOB struct sb_blob blob = {.fd = -1};
	struct sb_err err = {0};

	memcpy(all.bytes, packed, sizeof packed);
	cr_assert_eq(decode(&all, &member, &blob, &err), 0, "%s", err.msg);
	cr_expect_eq(blob.bytes.n, 8);
	cr_expect_arr_eq(blob.bytes.p, plain, 4);
	for (member.size = 0; member.size < 12; member.size++) {
		SB_BLOB struct sb_blob other = {.fd = -1};
		if (member.size != 8)
			cr_expect_eq(decode(&all, &member, &other, &err), SB_FORMAT, "%u bytes", (unsigned)member.size);
	}
}

Test(slices, microlzma)
{
	struct scattered all = make();
	struct sb_member member = {.codec = SB_CODEC_MICROLZMA, .size = BLOCK};
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	struct sb_err err = {0};

	cr_assert_not(lzma_lzma_preset(&options, 6));
	cr_assert_eq(lzma_microlzma_encoder(&stream, &options), LZMA_OK);
	stream.next_in = all.plain;
	stream.avail_in = BLOCK;
	stream.next_out = all.bytes;
	stream.avail_out = ROOM;
	cr_assert_eq(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
	member.length = all.used = (size_t)stream.total_out;
	lzma_end(&stream);
	for (int change = -1; change <= 1; change++) {
		SB_BLOB struct sb_blob blob = {.fd = -1};
		uint64_t used = 0;
		member.size = (uint64_t)(BLOCK + change);
		int rc = sb_formats_decode(sb_span_of(all.bytes, all.used), &member, NULL, &blob, &used, &err);
		cr_expect_eq(rc == 0, change == 0, "%+d: %s", change, err.msg);
		if (!rc)
			cr_expect_arr_eq(blob.bytes.p, all.plain, BLOCK);
	}
}

static struct opened opened_view(struct sb_span file)
{
	struct opened out = {.arena = sb_arena_new(0)};
	sb_view_init(&out.view, sb_formats_named("tar"), file, out.arena);
	return out;
}

Test(slices, plain_neighbours_become_one)
{
	struct scattered all = make();
	struct opened out = opened_view(sb_span_of(all.bytes, all.used));
	const struct sb_slice plain[] = {{SB_CODEC_NONE, 16, 4, 4, 0, 4}, {SB_CODEC_NONE, 20, 6, 6, 0, 6}, {SB_CODEC_HOLE, 0, 0, 5, 0, 5},
					 {SB_CODEC_HOLE, 0, 0, 5, 0, 5},   {SB_CODEC_NONE, 40, 0, 0, 0, 0}};
	struct sb_member one = {.name = sb_span_text("one")}, two = {.name = sb_span_text("two")}, none = {.name = sb_span_text("none")};
	struct sb_err err = {0};

	cr_assert_eq(sb_emit_sliced(&out.view, &one, plain, 2, &err), 0);
	cr_expect_eq(one.codec, SB_CODEC_NONE);
	cr_expect(one.offset == 16 && one.length == 10 && one.size == 10 && one.slice_count == 0);
	cr_assert_eq(sb_emit_sliced(&out.view, &two, plain, 5, &err), 0);
	cr_expect_eq(two.codec, SB_CODEC_SLICES);
	cr_expect(two.slice_count == 2 && two.size == 20 && two.offset == 16 && two.length == 10);
	cr_assert_eq(sb_emit_sliced(&out.view, &none, plain + 4, 1, &err), 0);
	cr_expect(none.codec == SB_CODEC_NONE && none.length == 0 && none.size == 0);
	close_view(&out);
}

static int check(struct sb_span file, const struct sb_member *member)
{
	struct opened out = opened_view(file);
	const struct sb_region region = {.length = file.n, .kind = SB_REGION_CONTENT, .member = 1, .name = "content"};
	struct sb_err err = {0};

	cr_assert_eq(sb_emit_member(&out.view, member, &err), 0);
	cr_assert_eq(sb_emit_region(&out.view, &region, &err), 0);
	int rc = sb_view_check(&out.view, &err);
	close_view(&out);
	return rc;
}

Test(slices, a_view_is_not_believed)
{
	struct scattered all = make();
	struct sb_span file = sb_span_of(all.bytes, all.used);
	struct sb_member member = member_of(&all);
	member.name = sb_span_text("x");
	const struct scattered good = all;

	cr_expect_eq(check(file, &member), 0);
	all.slices[0].offset = 15;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "before the member's range");
	all = good;
	all.slices[4].length = all.slices[4].whole = BLOCK + 1;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "behind it");
	all = good;
	all.slices[3].skip = 501;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "more than the whole");
	all = good;
	all.slices[3].skip = UINT64_MAX;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "a sum that overflows");
	all = good;
	all.slices[1].length = 1;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "a hole with bytes");
	all = good;
	all.slices[4].whole--;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "plain bytes that become fewer");
	all = good;
	all.slices[2].codec = SB_CODEC_SLICES;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "slices in a slice");
	all = good;
	member.size++;
	cr_expect_eq(check(file, &member), SB_INTERNAL, "another size");
}
