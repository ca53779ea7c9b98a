/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding again: what an encoder gave is found to be its own, and a form with anybody's hand in it is nobody's. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

TestSuite(encode, .fini = no_leaks, .timeout = 600);

/* Text that levels treat differently, and in which matches are far apart. */
static struct sb_span text_of(size_t n)
{
	static const char *const words[] = {"void ", "return ", "static ", "struct ", "if (", ") {\n", "}\n", "= 0;\n", "const ", "*p", "->n", "0x7f"};
	uint8_t *text = malloc(n);
	uint32_t seed = 7;

	for (size_t i = 0; i < n;) {
		seed = seed * 1664525 + 1013904223;
		const char *word = words[(seed >> 24) % (sizeof words / sizeof *words)];
		for (size_t k = 0; word[k] && i < n; k++)
			text[i++] = (uint8_t)word[k];
		if (i < n)
			text[i++] = (uint8_t)('a' + (seed >> 16) % 26);
	}
	return sb_span_of(text, n);
}

static struct sb_encoded_again again(struct sb_span packed, enum sb_codec codec, uint64_t size, unsigned setting)
{
	const struct sb_member member = {.codec = codec, .length = packed.n, .size = size};
	struct sb_encoded_again out;
	struct sb_err err = {0};

	cr_assert_eq(sb_formats_encode_again(packed, &member, setting, &out, &err), 0, "%s", err.msg);
	return out;
}

static uint64_t settings_that_fit(struct sb_span packed, enum sb_codec codec, uint64_t size)
{
	uint64_t found = 0;

	for (unsigned i = 0; i < sb_encoder_settings(codec); i++)
		found |= (uint64_t)again(packed, codec, size, i).same << i;
	return found;
}

static struct sb_span glue(struct sb_span a, struct sb_span b)
{
	uint8_t *both = malloc(a.n + b.n);
	memcpy(both, a.p, a.n);
	memcpy(both + a.n, b.p, b.n);
	return sb_span_of(both, a.n + b.n);
}

static struct sb_span deflated(struct sb_span text, int level, int window, int memory)
{
	uLong room = compressBound(text.n) + 64;
	uint8_t *out = malloc(room);
	union {
		const uint8_t *given;
		Bytef *wanted;
	} in = {.given = text.p};
	z_stream z = {.next_in = in.wanted, .avail_in = (uInt)text.n, .next_out = out, .avail_out = (uInt)room};

	cr_assert_eq(deflateInit2(&z, level, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY), Z_OK);
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	struct sb_span packed = sb_span_of(out, z.total_out);
	deflateEnd(&z);
	return packed;
}

Test(encode, each_level_of_zlib_is_its_own)
{
	struct sb_span text = text_of(300000);

	for (int memory = 8; memory <= 9; memory++)
		for (int level = 1; level <= 9; level++) {
			struct sb_span raw = deflated(text, level, -MAX_WBITS, memory), framed = deflated(text, level, MAX_WBITS, memory);
			unsigned setting = (unsigned)(level - 1 + 9 * (memory - 8));
			cr_expect(again(raw, SB_CODEC_DEFLATE, text.n, setting).same, "level %d", level);
			cr_expect(again(framed, SB_CODEC_ZLIB, text.n, setting).same, "level %d", level);
			cr_expect_not(again(raw, SB_CODEC_DEFLATE, text.n, (setting + 3) % 9).same, "level %d", level);
			free_sample(raw);
			free_sample(framed);
		}
	free_sample(text);
}

Test(encode, a_block_that_holds_nothing_is_no_encoders)
{
	struct sb_span text = text_of(5000), packed = deflated(text, 6, -MAX_WBITS, 8);
	struct sb_span longer = glue(sb_span_of("\0\0\0\xff\xff", 5), packed), behind = glue(packed, sb_span_of("x", 1));

	cr_expect_neq(settings_that_fit(packed, SB_CODEC_DEFLATE, text.n), 0);
	cr_expect_eq(settings_that_fit(longer, SB_CODEC_DEFLATE, text.n), 0);
	cr_expect_eq(settings_that_fit(behind, SB_CODEC_DEFLATE, text.n), 0);
	cr_expect_eq(settings_that_fit(packed, SB_CODEC_DEFLATE, text.n - 1), 0);
	cr_expect_eq(settings_that_fit(packed, SB_CODEC_DEFLATE, text.n + 1), 0);
	free_sample(text);
	free_sample(packed);
	free_sample(longer);
	free_sample(behind);
}

Test(encode, what_libraries_write_is_known_and_two_streams_are_not)
{
	static const struct {
		const char *filter;
		enum sb_codec codec;
	} rows[] = {{"bzip2", SB_CODEC_BZIP2}, {"xz", SB_CODEC_XZ}, {"lzma", SB_CODEC_LZMA}, {"zstd", SB_CODEC_ZSTD}};
	struct sb_span text = text_of(500000), few = text_of(3), none = sb_span_of("", 0);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_span packed = make_compressed(text, rows[i].filter), one = make_compressed(few, rows[i].filter), two = glue(packed, one);
		struct sb_span empty = make_compressed(none, rows[i].filter);
		cr_expect_neq(settings_that_fit(packed, rows[i].codec, text.n), 0, "%s", rows[i].filter);
		cr_expect_neq(settings_that_fit(one, rows[i].codec, few.n), 0, "%s", rows[i].filter);
		if (rows[i].codec != SB_CODEC_LZMA)
			cr_expect_eq(settings_that_fit(two, rows[i].codec, text.n + few.n), 0, "%s", rows[i].filter);
		(void)settings_that_fit(empty, rows[i].codec, 0);
		free_sample(packed);
		free_sample(one);
		free_sample(two);
		free_sample(empty);
	}
	free_sample(text);
	free_sample(few);
}

/* As threads of liblzma write it. */
static struct sb_span threaded(struct sb_span text, uint32_t preset, uint64_t block, lzma_check check)
{
	const lzma_mt options = {.threads = 2, .block_size = block, .preset = preset, .check = check};
	lzma_stream stream = LZMA_STREAM_INIT;
	size_t room = lzma_stream_buffer_bound(text.n) + (1 << 16);
	uint8_t *out = malloc(room);

	cr_assert_eq(lzma_stream_encoder_mt(&stream, &options), LZMA_OK);
	stream.next_in = text.p;
	stream.avail_in = text.n;
	stream.next_out = out;
	stream.avail_out = room;
	cr_assert_eq(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
	struct sb_span packed = sb_span_of(out, room - stream.avail_out);
	lzma_end(&stream);
	return packed;
}

Test(encode, blocks_of_threads_are_known_and_blocks_of_another_length_are_not)
{
	enum { MIB = 1 << 20 };
	static const struct {
		size_t length;
		uint32_t preset;
	} rows[] = {{MIB, 1}, {MIB + 500000, 0}, {MIB, 0 | LZMA_PRESET_EXTREME}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_span text = text_of(rows[i].length);
		struct sb_span usual = threaded(text, rows[i].preset, 0, LZMA_CHECK_CRC64), other = threaded(text, rows[i].preset, MIB / 2, LZMA_CHECK_CRC64);
		cr_expect_neq(settings_that_fit(usual, SB_CODEC_XZ, text.n), 0, "preset %u of %zu", rows[i].preset, text.n);
		cr_expect_eq(settings_that_fit(other, SB_CODEC_XZ, text.n), 0, "preset %u of %zu", rows[i].preset, text.n);
		free_sample(text);
		free_sample(usual);
		free_sample(other);
	}
}

Test(encode, the_form_tells_what_a_header_says)
{
	struct sb_span text = text_of(200000);
	struct sb_span a = threaded(text, 0, 0, LZMA_CHECK_CRC64), b = threaded(text, 0, 0, LZMA_CHECK_CRC32), c = threaded(text, 1, 0, LZMA_CHECK_CRC64);
	struct sb_span d = make_compressed(text, "xz");
	uint64_t forms[] = {again(a, SB_CODEC_XZ, text.n, 0).form, again(b, SB_CODEC_XZ, text.n, 0).form, again(c, SB_CODEC_XZ, text.n, 0).form,
	                    again(d, SB_CODEC_XZ, text.n, 0).form};

	for (size_t i = 0; i < 4; i++)
		for (size_t k = i + 1; k < 4; k++)
			cr_expect_neq(forms[i], forms[k], "%zu and %zu", i, k);
	free_sample(text);
	free_sample(a);
	free_sample(b);
	free_sample(c);
	free_sample(d);
}

Test(encode, a_frame_of_zstd_with_its_size_and_checksum_is_known)
{
	struct sb_span text = text_of(400000);
	size_t room = ZSTD_compressBound(text.n);
	uint8_t *out = malloc(room);

	for (int level = 1; level <= 19; level += 6)
		for (int sum = 0; sum < 2; sum++) {
			ZSTD_CCtx *context = ZSTD_createCCtx();
			ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
			ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, sum);
			size_t n = ZSTD_compress2(context, out, room, text.p, text.n);
			cr_assert_not(ZSTD_isError(n));
			cr_expect(again(sb_span_of(out, n), SB_CODEC_ZSTD, text.n, (unsigned)level - 1).same, "level %d", level);
			struct sb_span skipped = glue(sb_span_of(out, n), sb_span_of("\x50\x2a\x4d\x18\x04\0\0\0evil", 12));
			cr_expect_eq(settings_that_fit(skipped, SB_CODEC_ZSTD, text.n), 0, "level %d", level);
			free_sample(skipped);
			ZSTD_freeCCtx(context);
		}
	free(out);
	free_sample(text);
}

Test(encode, it_ends_where_the_first_byte_parts)
{
	struct sb_span text = text_of(4000000), packed = deflated(text, 9, -MAX_WBITS, 8);

	cr_expect_lt(again(packed, SB_CODEC_DEFLATE, text.n, 0).content, 400000);
	cr_expect_eq(again(packed, SB_CODEC_DEFLATE, text.n, 8).content, text.n);
	free_sample(text);
	free_sample(packed);
}

Test(encode, damage_is_an_error_and_no_answer)
{
	struct sb_span text = text_of(100000), packed = deflated(text, 6, -MAX_WBITS, 8);
	const struct sb_member member = {.codec = SB_CODEC_DEFLATE, .length = packed.n / 2, .size = text.n};
	const struct sb_member unknown = {.codec = SB_CODEC_LZO, .length = packed.n, .size = text.n};
	struct sb_encoded_again out;
	struct sb_err err = {0};
	char name[64];

	cr_expect_eq(sb_formats_encode_again(packed, &member, 5, &out, &err), SB_FORMAT);
	cr_expect_not(out.same);
	cr_expect_eq(sb_encoder_settings(SB_CODEC_LZO), 0);
	cr_expect_eq(sb_formats_encode_again(packed, &unknown, 0, &out, &err), SB_INTERNAL);
	sb_encoder_describe(SB_CODEC_LZO, 0, name, sizeof name);
	cr_expect_str_eq(name, "no encoder");
	sb_encoder_describe(SB_CODEC_BZIP2, 8, name, sizeof name);
	cr_expect(strstr(name, "level 9"), "%s", name);
	free_sample(text);
	free_sample(packed);
}
