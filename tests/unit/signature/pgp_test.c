/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/signature/signature.h"

#include <string.h>

TestSuite(pgp, .fini = no_leaks);

/** A packet of version 4 with one number of 9 bits, put together from its parts. */
struct parts {
	unsigned type, algorithm, hash;
	struct sb_span hashed, loose, tail;
	bool wrong;
};

static const uint8_t created[] = {5, 2, 0x65, 0x53, 0xf1, 0}, issuer[] = {9, 16, 1, 2, 3, 4, 5, 6, 7, 8};
static const struct parts usual = {.algorithm = 1, .hash = 8, .hashed = {created, sizeof created}, .loose = {issuer, sizeof issuer}};

/* Over the text "signed". */
static struct sb_span make(const struct parts *parts, uint8_t *out)
{
	uint8_t *p = out + 2, digest[64], trailer[6] = {4, 0xff};
	size_t hashed = 6 + parts->hashed.n;
	const uint8_t head[6] = {4, (uint8_t)parts->type, (uint8_t)parts->algorithm, (uint8_t)parts->hash, 0, (uint8_t)parts->hashed.n};

	memcpy(p, head, sizeof head);
	memcpy(p + 6, parts->hashed.p, parts->hashed.n);
	trailer[5] = (uint8_t)hashed;
	const struct sb_span all[] = {sb_span_text("signed"), {p, hashed}, {trailer, sizeof trailer}};
	sb_declared_hash_row(NULL, SB_DECLARED_SHA256, all, 3, digest);
	p += hashed;
	*p++ = 0;
	*p++ = (uint8_t)parts->loose.n;
	memcpy(p, parts->loose.p, parts->loose.n);
	p += parts->loose.n;
	*p++ = (uint8_t)(digest[0] ^ parts->wrong);
	*p++ = digest[1];
	memcpy(p, "\x00\x09\x01\xff", 4);
	p += 4;
	if (parts->tail.n)
		memcpy(p, parts->tail.p, parts->tail.n);
	p += parts->tail.n;
	out[0] = 0x88;
	out[1] = (uint8_t)(p - out - 2);
	return sb_span_of(out, (size_t)(p - out));
}

static bool reads(const struct parts *parts, struct sb_pgp_signature *out)
{
	static uint8_t bytes[256];
	const char *why = NULL;
	bool fine = sb_pgp_read(make(parts, bytes), out, &why);
	cr_expect_eq(fine, why == NULL);
	return fine;
}

Test(pgp, a_packet_and_the_digest_that_it_holds)
{
	const struct sb_span text = sb_span_text("signed"), other = sb_span_text("Signed");
	struct sb_pgp_signature signature;

	cr_assert(reads(&usual, &signature));
	cr_expect_eq(signature.digest, SB_DECLARED_SHA256);
	cr_expect_eq(signature.version, 4);
	cr_expect(sb_pgp_states(NULL, &signature, &text, 1));
	cr_expect(!sb_pgp_states(NULL, &signature, &other, 1));
	const struct sb_span halves[] = {sb_span_text("sign"), sb_span_text("ed")};
	cr_expect(sb_pgp_states(NULL, &signature, halves, 2));
	struct parts wrong = usual;
	wrong.wrong = true;
	cr_assert(reads(&wrong, &signature));
	cr_expect(!sb_pgp_states(NULL, &signature, &text, 1));
}

Test(pgp, whatever_is_not_known_is_refused)
{
	static const uint8_t notation[] = {4, 20, 1, 2, 3}, unknown[] = {3, 99, 0, 0}, twice[] = {5, 2, 0, 0, 0, 1, 5, 2, 0, 0, 0, 2}, leaves[] = {9, 2, 0, 0};
	struct sb_pgp_signature signature;
	struct parts parts;

#define REFUSED(...) \
	do { \
		parts = usual; \
		__VA_ARGS__; \
		cr_expect(!reads(&parts, &signature), #__VA_ARGS__); \
	} while (0)
	REFUSED(parts.hash = 3);
	REFUSED(parts.algorithm = 99);
	REFUSED(parts.algorithm = 17); /* two numbers, where there is one */
	REFUSED(parts.type = 0x10);
	REFUSED(parts.hashed = sb_span_of(notation, sizeof notation));
	REFUSED(parts.loose = sb_span_of(notation, sizeof notation));
	REFUSED(parts.loose = sb_span_of(created, sizeof created));
	REFUSED(parts.hashed = sb_span_of(unknown, sizeof unknown));
	REFUSED(parts.hashed = sb_span_of(twice, sizeof twice));
	REFUSED(parts.hashed = sb_span_of(leaves, sizeof leaves));
	REFUSED(parts.tail = sb_span_text("x"));
}

Test(pgp, a_number_has_the_length_that_it_says)
{
	uint8_t bytes[256];
	struct sb_span packet = make(&usual, bytes);
	struct sb_pgp_signature signature;
	const char *why = NULL;

	for (uint8_t bits = 1; bits <= 16; bits++) {
		bytes[packet.n - 3] = bits;
		cr_expect_eq(sb_pgp_read(packet, &signature, &why), bits == 9, "%u", bits);
	}
}

Test(pgp, every_cut_is_refused)
{
	uint8_t bytes[256];
	struct sb_span packet = make(&usual, bytes);
	struct sb_pgp_signature signature;
	const char *why = NULL;

	for (size_t n = 0; n < packet.n; n++)
		cr_expect(!sb_pgp_read(sb_span_of(bytes, n), &signature, &why), "%zu", n);
	for (size_t n = 2; n < packet.n; n++) {
		bytes[1] = (uint8_t)(n - 2);
		cr_expect(!sb_pgp_read(sb_span_of(bytes, n), &signature, &why), "%zu", n);
	}
}

Test(pgp, lines_of_armor_have_64_digits)
{
	static const size_t widths[][3] = {{64, 64, 4}, {64, 64, 64}, {64, 60, 8}, {60, 60, 12}, {76, 52, 4}, {64, 68, 4}};

	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		SB_BUF struct sb_buf text = {0};
		SB_BUF struct sb_buf packet = {0};
		const char *why = NULL;
		sb_buf_add(&text, "-----BEGIN PGP SIGNATURE-----\n\n", 31);
		for (size_t line = 0; line < 3; line++) {
			for (size_t n = 0; n < widths[i][line]; n++)
				sb_buf_add(&text, "A", 1);
			sb_buf_add(&text, "\n", 1);
		}
		sb_buf_add(&text, "-----END PGP SIGNATURE-----\n", 28);
		cr_expect_eq(sb_pgp_unarmor(sb_buf_span(&text), &packet, &why), i < 2, "%zu", i);
	}
}

static bool unarmors(const char *text)
{
	SB_BUF struct sb_buf packet = {0};
	const char *why = NULL;
	bool fine = sb_pgp_unarmor(sb_span_text(text), &packet, &why);

	cr_expect_eq(fine, why == NULL);
	return fine && sb_span_equal(sb_buf_span(&packet), sb_span_text("signature"));
}

Test(pgp, armor_is_read_strictly)
{
#define BEGIN "-----BEGIN PGP SIGNATURE-----\n"
#define END "-----END PGP SIGNATURE-----\n"
	cr_expect(unarmors(BEGIN "\nc2lnbmF0dXJl\n" END));
	cr_expect(!unarmors(BEGIN "\nc2ln\nbmF0\ndXJl\n" END));
	cr_expect(!unarmors(BEGIN "\nc2lnbmF0\ndXJl\n" END));
	cr_expect(!unarmors(BEGIN "\nc2lnbmF0\ndXJl\ndXJl\n" END));
	cr_expect(!unarmors(BEGIN "c2lnbmF0dXJl\n" END));
	cr_expect(!unarmors(BEGIN "Comment: x\n\nc2lnbmF0dXJl\n" END));
	cr_expect(!unarmors(BEGIN "\nc2lnbmF0dXJl \n" END));
	cr_expect(!unarmors(BEGIN "\nc2lnbmF0dXJl\n=AAAA\n" END));
	cr_expect(!unarmors(BEGIN "\nc2lnbmF0dXJl\n" END "\n"));
	cr_expect(!unarmors(BEGIN "\nc2lnbmF0dXJl\n"));
	cr_expect(!unarmors(BEGIN "\n" END));
	cr_expect(!unarmors(""));
}
