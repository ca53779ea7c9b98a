/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/signature/signature.h"

#include <string.h>

TestSuite(cms, .fini = no_leaks);

#define OID_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_SIGNED "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define SHA256 "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"

/** Bytes that grow; an element is closed by putting its head in front. */
struct text {
	uint8_t bytes[512];
	size_t n;
};

static void add(struct text *to, const void *bytes, size_t n)
{
	memcpy(to->bytes + to->n, bytes, n);
	to->n += n;
}

static void wrap(struct text *text, uint8_t tag)
{
	const uint8_t head[3] = {tag, text->n < 128 ? (uint8_t)text->n : 0x81, (uint8_t)text->n};
	size_t n = text->n < 128 ? 2 : 3;

	memmove(text->bytes + n, text->bytes, text->n);
	memcpy(text->bytes, head, n);
	text->n += n;
}

/* A signer without attributes, known by a key; @more: behind the signature. */
static void make(struct text *out, const char *digests, size_t digests_n, const char *before, size_t before_n, const char *more, size_t more_n)
{
	struct text signer = {0}, body = {0};

	add(&signer, "\x02\x01\x03\x80\x08keykeyke" SHA256 "\x30\x02\x05\x00\x04\x08\x01\x02\x03\x04\x05\x06\x07\x08", 42);
	add(&signer, more, more_n);
	wrap(&signer, SB_DER_SEQUENCE);
	wrap(&signer, SB_DER_SET);
	add(&body, "\x02\x01\x03", 3);
	struct text list = {0};
	add(&list, digests, digests_n);
	wrap(&list, SB_DER_SET);
	add(&body, list.bytes, list.n);
	add(&body, "\x30\x0b" OID_DATA, 13);
	add(&body, before, before_n);
	add(&body, signer.bytes, signer.n);
	wrap(&body, SB_DER_SEQUENCE);
	wrap(&body, SB_DER_CONTEXT);
	*out = (struct text){0};
	add(out, OID_SIGNED, 11);
	add(out, body.bytes, body.n);
	wrap(out, SB_DER_SEQUENCE);
}

static bool reads(const struct text *text, struct sb_cms *cms)
{
	const char *why = NULL;
	bool fine = sb_cms_read(sb_span_of(text->bytes, text->n), cms, &why);
	cr_expect_eq(fine, why == NULL, "%s", why ? why : "");
	return fine;
}

Test(cms, a_signer_without_attributes_states_no_digest)
{
	const struct sb_span any = sb_span_text("any");
	struct text text;
	struct sb_cms cms;

	make(&text, SHA256, 15, "", 0, "", 0);
	cr_assert(reads(&text, &cms));
	cr_expect_eq(cms.signers, 1);
	cr_expect_eq(cms.certificates, 0);
	cr_expect_eq(cms.signer[0].digest, SB_DECLARED_SHA256);
	cr_expect_eq(cms.signer[0].signature.n, 8);
	cr_expect_null(cms.content.p);
	cr_expect(sb_cms_states(NULL, &cms, &any, 1));
}

Test(cms, what_a_message_may_not_hold)
{
	struct text text;
	struct sb_cms cms;

	make(&text, SHA256 SHA256, 30, "", 0, "", 0);
	cr_expect(!reads(&text, &cms), "a digest twice");
	make(&text, "", 0, "\xa0\x00", 2, "", 0);
	cr_expect(!reads(&text, &cms), "an empty set of certificates");
	make(&text, SHA256, 15, "\xa0\x04\x30\x02\x30\x00", 6, "", 0);
	cr_expect(!reads(&text, &cms), "a certificate that is none");
	make(&text, SHA256, 15, "\xa1\x02\x30\x00", 4, "", 0);
	cr_expect(!reads(&text, &cms), "revocation lists");
	make(&text, SHA256, 15, "", 0, "\xa1\x00", 2);
	cr_expect(!reads(&text, &cms), "an empty set of unsigned attributes");
	make(&text, SHA256, 15, "", 0, "\x02\x01\x05", 3);
	cr_expect(!reads(&text, &cms), "something behind the signer");
	make(&text, SHA256, 15, "", 0, "\xa1\x0b\x30\x09\x06\x03\x2a\x03\x04\x31\x02\x30\x00", 13);
	cr_expect(!reads(&text, &cms), "an unknown unsigned attribute");
}

Test(cms, every_cut_is_refused)
{
	struct text text;
	struct sb_cms cms;
	const char *why = NULL;

	make(&text, SHA256, 15, "", 0, "", 0);
	for (size_t n = 0; n < text.n; n++)
		cr_expect(!sb_cms_read(sb_span_of(text.bytes, n), &cms, &why), "%zu", n);
}
