/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(digest, .init = start, .fini = no_leaks);

/* RFC 7693 appendix A; FIPS 180-2 appendix B.1. */
#define ABC_BLAKE2B \
	"ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

Test(digest, published_vectors)
{
	struct sb_digest digest;

	sb_hash_span(sb_span_text("abc"), SB_DIGEST_BOTH, &digest);
	expect_hex(sb_span_of(digest.blake2b, SB_BLAKE2B_BYTES), ABC_BLAKE2B);
	expect_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), ABC_SHA256);
	cr_expect_eq(digest.size, 3);
	sb_hash_span((struct sb_span){0}, SB_DIGEST_BOTH, &digest);
	expect_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect_hex(sb_span_of(digest.blake2b, SB_BLAKE2B_BYTES),
	           "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce");
}

static void fill(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 13);
}

Test(digest, pieces_of_any_size_give_the_same)
{
	enum { N = 70001 };
	static const size_t steps[] = {1, 63, 64, 65, 127, 128, 129, 4096, 16383, 16384, 16385, N};
	uint8_t *bytes = malloc(N);
	struct sb_digest whole, parts;

	cr_assert_not_null(bytes);
	fill(bytes, N);
	sb_hash_span(sb_span_of(bytes, N), SB_DIGEST_BOTH, &whole);
	for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
		struct sb_hash hash;
		sb_hash_init(&hash, SB_DIGEST_BOTH);
		for (size_t at = 0; at < N; at += steps[s])
			sb_hash_update(&hash, sb_span_of(bytes + at, N - at < steps[s] ? N - at : steps[s]));
		sb_hash_final(&hash, &parts);
		cr_expect(sb_digest_equal(&whole, &parts), "%zu", steps[s]);
		cr_expect_arr_eq(whole.blake2b, parts.blake2b, SB_BLAKE2B_BYTES);
		cr_expect_arr_eq(whole.sha256, parts.sha256, SB_SHA256_BYTES);
	}
	free(bytes);
}

Test(digest, a_copied_state_goes_on_by_itself)
{
	struct sb_hash left, right;
	struct sb_digest abc, abd;

	sb_hash_init(&left, SB_DIGEST_BOTH);
	sb_hash_update(&left, sb_span_text("ab"));
	right = left;
	sb_hash_update(&left, sb_span_text("c"));
	sb_hash_update(&right, sb_span_text("d"));
	sb_hash_final(&left, &abc);
	sb_hash_final(&right, &abd);
	expect_hex(sb_span_of(abc.sha256, SB_SHA256_BYTES), ABC_SHA256);
	expect_hex(sb_span_of(abc.blake2b, SB_BLAKE2B_BYTES), ABC_BLAKE2B);
	cr_expect_not(sb_digest_equal(&abc, &abd));
}

Test(digest, a_file_gives_what_its_bytes_give)
{
	enum { N = 600001 };
	uint8_t *bytes = malloc(N);
	struct scratch scratch = scratch_make();
	struct sb_digest whole, read;

	cr_assert_not_null(bytes);
	fill(bytes, N);
	scratch_write(&scratch, "f", bytes, N);
	sb_hash_span(sb_span_of(bytes, N), SB_DIGEST_BOTH, &whole);
	int fd = openat(scratch.dir, "f", O_RDONLY);
	cr_assert_eq(sb_hash_fd(fd, SB_DIGEST_BOTH, &read, NULL), 0);
	cr_expect(sb_digest_equal(&whole, &read));
	cr_expect_arr_eq(whole.sha256, read.sha256, SB_SHA256_BYTES);
	close(fd);
	free(bytes);
	scratch_remove(&scratch);
}

Test(digest, a_folder_is_an_error_and_the_output_stays)
{
	struct scratch scratch = scratch_make();
	struct sb_digest digest = {.size = 77};
	struct sb_err err = {0};

	cr_expect_eq(sb_hash_fd(scratch.dir, SB_DIGEST_BOTH, &digest, &err), SB_IO);
	cr_expect_eq(digest.size, 77);
	cr_expect_not_null(err.id);
	scratch_remove(&scratch);
}

/* Zero is never a pass: two unknown digests are not equal. */
Test(digest, nothing_known_is_not_equal)
{
	struct sb_digest zero = {0}, other = {0};
	cr_expect_not(sb_digest_equal(&zero, &other));
}

Test(digest, equality_needs_a_common_kind_size_and_all_common_kinds)
{
	struct sb_digest both, blake, sha;

	sb_hash_span(sb_span_text("x"), SB_DIGEST_BOTH, &both);
	sb_hash_span(sb_span_text("x"), SB_DIGEST_BLAKE2B, &blake);
	sb_hash_span(sb_span_text("x"), SB_DIGEST_SHA256, &sha);
	cr_expect(sb_digest_equal(&both, &blake));
	cr_expect(sb_digest_equal(&sha, &both));
	cr_expect_not(sb_digest_equal(&blake, &sha));
	struct sb_digest changed = both;
	changed.sha256[31] ^= 1;
	cr_expect_not(sb_digest_equal(&both, &changed));
	changed = both;
	changed.blake2b[63] ^= 1;
	cr_expect_not(sb_digest_equal(&both, &changed));
	changed = both;
	changed.size++;
	cr_expect_not(sb_digest_equal(&both, &changed));
}
