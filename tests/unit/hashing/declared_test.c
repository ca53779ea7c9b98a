/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

TestSuite(declared, .fini = no_leaks);

static void expect(enum sb_declared_digest kind, struct sb_span bytes, const char *hex)
{
	uint8_t out[64];
	sb_declared_hash(NULL, kind, bytes, out);
	expect_hex(sb_span_of(out, sb_declared_size(kind)), hex);
}

Test(declared, md5_as_rfc_1321_appendix_a_5)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{"", "d41d8cd98f00b204e9800998ecf8427e"},
		{"a", "0cc175b9c0f1b6a831c399e269772661"},
		{"abc", "900150983cd24fb0d6963f7d28e17f72"},
		{"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
		{"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
		{"12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect(SB_DECLARED_MD5, sb_span_text(rows[i].text), rows[i].hex);
}

Test(declared, sha1_as_rfc_3174_section_7_3)
{
	char much[640];

	expect(SB_DECLARED_SHA1, sb_span_text("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
	expect(SB_DECLARED_SHA1, sb_span_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	expect(SB_DECLARED_SHA1, sb_span_text(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	for (size_t i = 0; i < sizeof much; i++)
		much[i] = "01234567"[i % 8];
	expect(SB_DECLARED_SHA1, sb_span_of(much, sizeof much), "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

Test(declared, a_million_letters)
{
	char *much = malloc(1000000);

	cr_assert_not_null(much);
	memset(much, 'a', 1000000);
	expect(SB_DECLARED_SHA1, sb_span_of(much, 1000000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	expect(SB_DECLARED_MD5, sb_span_of(much, 1000000), "7707d6ae4e027c70eea2a935c2296f21");
	free(much);
}

/* The lengths at which the padding needs a second block; values by coreutils. */
Test(declared, lengths_around_a_block)
{
	static const struct {
		size_t n;
		const char *md5, *sha1;
	} rows[] = {
		{55, "04364420e25c512fd958a70738aa8f72", "cef734ba81a024479e09eb5a75b6ddae62e6abf1"},
		{56, "668a72d5ba17f08e62dabcafad6db14b", "901305367c259952f4e7af8323f480d59f81335b"},
		{57, "693037871c4a9d3d8685018905cb530a", "025ecbd5d70f8fb3c5457cd96bab13fda305dc59"},
		{63, "7dc2ca208106a2f703567bdff99d8981", "0ddc4e0cccd9a12850deb5abb0853a4425559fec"},
		{64, "c1bb4f81d892b2d57947682aeb252456", "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163"},
		{65, "1bc932052302d074bdec39795fe00cf6", "78c741ddc482e4cdf8c474a0876347a0905b6233"},
		{119, "ab347a5f68c8a443cfcddc633f12c24f", "4300320394f7ee239bcdce7d3b8bcee173a0cd5c"},
		{120, "fb98667f98096de92620b64f46e1c5b5", "ceb2821639c4b6dcb10bce0e522ca2e608ce056d"},
		{127, "a0b28c1da68705c2ff883fe279b72753", "e463484d274607e1897d4099497cbf2aedcf8206"},
		{128, "d69cb61a6ee87200676eb0d4b90edbcb", "150fa3fbdc899bd0b8f95a9fb6027f564d953762"},
	};
	char text[128];

	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		expect(SB_DECLARED_MD5, sb_span_of(text, rows[i].n), rows[i].md5);
		expect(SB_DECLARED_SHA1, sb_span_of(text, rows[i].n), rows[i].sha1);
	}
}

Test(declared, sha2_as_fips_180)
{
	expect(SB_DECLARED_SHA256, sb_span_text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect(SB_DECLARED_SHA512, sb_span_text("abc"),
	       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

Test(declared, sha384_as_fips_180)
{
	expect(SB_DECLARED_SHA384, sb_span_text("abc"), "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
}

/* However the bytes are cut, the digest is that of all of them. */
Test(declared, parts)
{
	static const enum sb_declared_digest kinds[] = {SB_DECLARED_MD5, SB_DECLARED_SHA1, SB_DECLARED_SHA256, SB_DECLARED_SHA384, SB_DECLARED_SHA512};
	uint8_t text[200], whole[64], cut[64];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)i;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		sb_declared_hash(NULL, kinds[k], sb_span_of(text, sizeof text), whole);
		for (size_t at = 0; at <= sizeof text; at++) {
			const struct sb_span parts[] = {{text, at / 2}, {NULL, 0}, {text + at / 2, at - at / 2}, {text + at, sizeof text - at}};
			sb_declared_hash_row(NULL, kinds[k], parts, 4, cut);
			cr_expect_arr_eq(cut, whole, sb_declared_size(kinds[k]));
		}
	}
}

Test(declared, sizes)
{
	cr_expect_eq(sb_declared_size(SB_DECLARED_SHA384), 48);
	cr_expect_eq(sb_declared_size(SB_DECLARED_MD5), 16);
	cr_expect_eq(sb_declared_size(SB_DECLARED_SHA1), 20);
	cr_expect_eq(sb_declared_size(SB_DECLARED_SHA256), 32);
	cr_expect_eq(sb_declared_size(SB_DECLARED_SHA512), 64);
}

Test(declared, sha384)
{
	/* FIPS 180-4, the examples that NIST publishes with it. */
	expect(SB_DECLARED_SHA384, sb_span_text("abc"), "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
}

Test(declared, pieces_in_a_row_are_one_text)
{
	uint8_t text[300], whole[64], row[64];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(i * 7);
	for (size_t cut = 0; cut <= sizeof text; cut += 13) {
		const struct sb_span pieces[] = {sb_span_of(text, cut), {0}, sb_span_of(text + cut, (sizeof text - cut) / 2),
		                                 sb_span_of(text + cut + (sizeof text - cut) / 2, sizeof text - cut - (sizeof text - cut) / 2)};
		for (unsigned kind = SB_DECLARED_MD5; kind <= SB_DECLARED_SHA512; kind++) {
			sb_declared_hash(NULL, (enum sb_declared_digest)kind, sb_span_of(text, sizeof text), whole);
			sb_declared_hash_row(NULL, (enum sb_declared_digest)kind, pieces, 4, row);
			cr_expect_arr_eq(whole, row, sb_declared_size((enum sb_declared_digest)kind), "%u cut at %zu", kind, cut);
		}
	}
}
