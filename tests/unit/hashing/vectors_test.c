/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors, one a line as text: what is signed as in RFC 8032, and what is taken for good as Project Wycheproof wants it. */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(vectors, .init = start, .fini = no_leaks);

enum { WORDS = 5, MOST = 4096 };

/* Words of a line, up to WORDS; NULL behind the last. */
static void split(char *line, char *words[WORDS])
{
	char *rest = NULL;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = strtok_r(i ? NULL : line, " \n", &rest);
}

/* Hexadecimal digits; "-" is nothing. Returns how many bytes. */
static size_t bytes_of(const char *hex, uint8_t out[MOST])
{
	size_t n = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;

	cr_assert_leq(n, MOST);
	cr_assert(n == 0 || sb_text_unhex(sb_span_text(hex), out, n));
	return n;
}

/* Calls @each for every line that is no comment; how many there were. */
static size_t for_lines(const char *name, void (*each)(char *words[WORDS]))
{
	char path[1024], line[2 * MOST];
	size_t count = 0;

	snprintf(path, sizeof path, "%s/tests/unit/hashing/vectors/%s", getenv("SB_SOURCE_ROOT"), name);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	while (fgets(line, sizeof line, file)) {
		char *words[WORDS];
		if (line[0] == '#')
			continue;
		split(line, words);
		each(words);
		count++;
	}
	fclose(file);
	return count;
}

static void check_rfc_8032(char *words[WORDS])
{
	uint8_t seed[MOST], message[MOST], public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];
	struct sb_secret *secret = NULL;

	cr_assert_eq(bytes_of(words[0], seed), 32);
	struct sb_span text = sb_span_of(message, bytes_of(words[2], message));
	cr_assert_eq(sb_secret_from_seed(seed, &secret, NULL), 0);
	sb_secret_public(secret, public_key);
	expect_hex(sb_span_of(public_key, sizeof public_key), words[1]);
	cr_assert_eq(sb_sign(secret, text, signature, NULL), 0);
	expect_hex(sb_span_of(signature, sizeof signature), words[3]);
	cr_expect(sb_signature_good(public_key, text, signature));
	sb_secret_free(&secret);
}

Test(vectors, rfc_8032)
{
	cr_expect_eq(for_lines("rfc8032.txt", check_rfc_8032), 5);
}

/* A signature of another length than 64 bytes is none: no reader of ours passes one on. */
static void check_wycheproof(char *words[WORDS])
{
	uint8_t key[MOST], message[MOST], signature[MOST];
	bool valid = strcmp(words[1], "valid") == 0;

	cr_assert_eq(bytes_of(words[2], key), SB_PUBLIC_BYTES);
	struct sb_span text = sb_span_of(message, bytes_of(words[3], message));
	size_t n = bytes_of(words[4], signature);
	bool good = n == SB_SIGNATURE_BYTES && sb_signature_good(key, text, signature);
	cr_expect_eq(good, valid, "vector %s", words[0]);
}

Test(vectors, wycheproof)
{
	cr_expect_eq(for_lines("wycheproof.txt", check_wycheproof), 151);
}
