/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(seal, .init = start, .fini = no_leaks);

enum { BLOCK = 144, HEAD = 23 };

/*
 * Sealed with the smallest derivation that libsodium allows (one pass, 8 KiB), so that hundreds of broken files can be tried; seed
 * 00 01 … 1f, passphrase "correct horse". Made by tests/unit/hashing/make_key.py from the description of the format alone.
 */
static const char weak_key[] = "samebuild-secret-key/1\n"
	"U0JLRVkAAAEBAQAAAQAAAAAgAAAAAAAAMDEyMzQ1Njc4OWFiY2RlZmFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eNg6LShg7ZjJ"
	"2eIXgtXlykQ9nZAEFeTNVCe5TgKvLrp3DThF9w/pkJHfB62sTuxGoq6kDDzRXsDLGdjz0cdspfRcBiYVmvmy6C9Noy672gPp\n";

static void with_block(const uint8_t block[BLOCK], struct sb_buf *out)
{
	sb_buf_text(out, "samebuild-secret-key/1\n");
	sb_base64(sb_span_of(block, BLOCK), out);
	sb_buf_text(out, "\n");
}

static void block_of(const char *file, uint8_t block[BLOCK])
{
	SB_BUF struct sb_buf bytes = {0};
	cr_assert_eq(sb_unbase64(sb_span_of(file + HEAD, strlen(file) - HEAD - 1), &bytes, NULL), 0);
	cr_assert_eq(bytes.len, BLOCK);
	memcpy(block, bytes.data, BLOCK);
}

static int open_block(const uint8_t block[BLOCK], const char *passphrase, struct sb_err *err)
{
	SB_BUF struct sb_buf file = {0};
	struct sb_secret *secret = NULL;

	with_block(block, &file);
	int rc = sb_secret_unseal(sb_buf_span(&file), sb_span_text(passphrase), &secret, err);
	cr_expect(rc == 0 || secret == NULL);
	sb_secret_free(&secret);
	return rc;
}

Test(seal, what_was_sealed_comes_back)
{
	SB_BUF struct sb_buf file = {0};
	struct sb_secret *secret = NULL, *back = NULL;
	uint8_t due[SB_PUBLIC_BYTES], is[SB_PUBLIC_BYTES], block[BLOCK], a[SB_SIGNATURE_BYTES], b[SB_SIGNATURE_BYTES];
	struct sb_err err = {0};

	cr_assert_eq(sb_secret_generate(&secret, NULL), 0);
	cr_assert_eq(sb_secret_seal(secret, sb_span_text("correct horse"), &file, NULL), 0);
	block_of(file.data, block);
	cr_expect_arr_eq(block, "SBKEY\0\0\1\1\1\0\0\3\0\0\0\0\0\0\x10\0\0\0\0", 24);
	cr_assert_eq(sb_secret_unseal(sb_buf_span(&file), sb_span_text("correct horse"), &back, &err), 0, "%s", err.msg);
	sb_secret_public(secret, due);
	sb_secret_public(back, is);
	cr_expect_arr_eq(due, is, sizeof due);
	cr_assert_eq(sb_sign(secret, sb_span_text("m"), a, NULL), 0);
	cr_assert_eq(sb_sign(back, sb_span_text("m"), b, NULL), 0);
	cr_expect_arr_eq(a, b, sizeof a);
	sb_secret_free(&back);
	cr_expect_eq(sb_secret_unseal(sb_buf_span(&file), sb_span_text("correct horsf"), &back, &err), SB_EVIDENCE);
	cr_expect_str_eq(err.id, "passphrase-wrong");
	cr_expect_null(back);
	sb_secret_free(&secret);
}

Test(seal, two_seals_share_neither_salt_nor_nonce)
{
	SB_BUF struct sb_buf one = {0}, two = {0};
	struct sb_secret *secret = NULL;
	uint8_t a[BLOCK], b[BLOCK];

	cr_assert_eq(sb_secret_generate(&secret, NULL), 0);
	cr_assert_eq(sb_secret_seal(secret, sb_span_text("p"), &one, NULL), 0);
	cr_assert_eq(sb_secret_seal(secret, sb_span_text("p"), &two, NULL), 0);
	block_of(one.data, a);
	block_of(two.data, b);
	cr_expect_neq(memcmp(a + 24, b + 24, 16), 0);
	cr_expect_neq(memcmp(a + 40, b + 40, 24), 0);
	cr_expect_neq(memcmp(a + 64, b + 64, 80), 0);
	sb_secret_free(&secret);
}

Test(seal, a_file_made_from_the_description_opens)
{
	struct sb_secret *secret = NULL;
	uint8_t public_key[SB_PUBLIC_BYTES];
	struct sb_err err = {0};

	cr_assert_eq(sb_secret_unseal(sb_span_text(weak_key), sb_span_text("correct horse"), &secret, &err), 0, "%s", err.msg);
	sb_secret_public(secret, public_key);
	expect_hex(sb_span_of(public_key, sizeof public_key), "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
	sb_secret_free(&secret);
}

Test(seal, every_byte_counts)
{
	uint8_t block[BLOCK];

	block_of(weak_key, block);
	for (size_t i = 0; i < BLOCK; i++) {
		struct sb_err err = {0};
		block[i] ^= 1;
		cr_expect_neq(open_block(block, "correct horse", &err), 0, "byte %zu", i);
		cr_expect(strcmp(err.id, "key-malformed") == 0 || strcmp(err.id, "passphrase-wrong") == 0 || strcmp(err.id, "limit-exceeded") == 0,
		          "byte %zu: %s", i, err.id);
		block[i] ^= 1;
	}
	cr_expect_eq(open_block(block, "correct horse", NULL), 0);
}

Test(seal, a_foreign_public_half_is_told)
{
	struct sb_secret *secret = NULL;
	struct sb_err err = {0};
	static const char swapped[] = "samebuild-secret-key/1\n"
		"U0JLRVkAAAEBAQAAAQAAAAAgAAAAAAAAMDEyMzQ1Njc4OWFiY2RlZmFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eNg6LShg7ZjJ"
		"2eIXgtXlykQ9nZAEFeTNVCe5TgKvLrp3NfNl9DKRJAKg1Nhkg8iLSKxyz3tXGY4yPsQ9FF5gTmUt1qwk6TeDJmoQzar83M42\n";

	cr_expect_eq(sb_secret_unseal(sb_span_text(swapped), sb_span_text("correct horse"), &secret, &err), SB_EVIDENCE);
	cr_expect_str_eq(err.id, "key-mismatch");
	cr_expect_null(secret);
}

static void put(uint8_t *p, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/* Refused before any work: with too little memory for the derivation the answer is still LIMIT. */
Test(seal, a_file_cannot_ask_for_the_whole_machine)
{
	static const struct {
		uint32_t ops;
		uint64_t memory;
		int rc;
	} rows[] = {{11, 8192, SB_LIMIT},     {UINT32_MAX, 8192, SB_LIMIT}, {1, (UINT64_C(1) << 30) + 1, SB_LIMIT}, {1, UINT64_MAX, SB_LIMIT},
	            {1, UINT64_C(4) << 30, SB_LIMIT}, {0, 8192, SB_FORMAT},   {1, 8191, SB_FORMAT},                {1, 0, SB_FORMAT}};
	uint8_t block[BLOCK];
	struct sb_err err = {0};

	block_of(weak_key, block);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put(block + 12, rows[i].ops, 4);
		put(block + 16, rows[i].memory, 8);
		cr_expect_eq(open_block(block, "correct horse", &err), rows[i].rc, "row %zu: %s", i, err.msg);
	}
}

Test(seal, a_passphrase_is_needed)
{
	SB_BUF struct sb_buf file = {0};
	struct sb_secret *secret = NULL;
	struct sb_err err = {0};

	cr_assert_eq(sb_secret_generate(&secret, NULL), 0);
	cr_expect_eq(sb_secret_seal(secret, (struct sb_span){0}, &file, &err), SB_USAGE);
	cr_expect_str_eq(err.id, "passphrase-empty");
	cr_expect_eq(file.len, 0);
	sb_secret_free(&secret);
	cr_expect_eq(sb_secret_unseal(sb_span_text(weak_key), (struct sb_span){0}, &secret, &err), SB_USAGE);
}

Test(seal, only_the_exact_text_is_a_key_file)
{
	size_t n = sizeof weak_key - 1;
	struct sb_secret *secret = NULL;
	char longer[sizeof weak_key + 8];

	for (size_t cut = 0; cut + 1 < n; cut++) /* without the last newline it is whole */
		cr_expect_eq(sb_secret_unseal(sb_span_of(weak_key, cut), sb_span_text("correct horse"), &secret, NULL), SB_FORMAT, "cut at %zu", cut);
	snprintf(longer, sizeof longer, "%s\n", weak_key);
	cr_expect_eq(sb_secret_unseal(sb_span_text(longer), sb_span_text("correct horse"), &secret, NULL), SB_FORMAT);
	snprintf(longer, sizeof longer, "%sAAAA", weak_key);
	cr_expect_eq(sb_secret_unseal(sb_span_text(longer), sb_span_text("correct horse"), &secret, NULL), SB_FORMAT);
	snprintf(longer, sizeof longer, "\n%s", weak_key);
	cr_expect_eq(sb_secret_unseal(sb_span_text(longer), sb_span_text("correct horse"), &secret, NULL), SB_FORMAT);
	cr_expect_null(secret);
}
