/* SPDX-License-Identifier: Apache-2.0 */
/* SignedData as a whole: RFC 5652, 3 and 5.1. */
#include "verifier/signature/private.h"

static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};

/** One message while it is read. */
struct reading {
	unsigned depth;
	struct sb_cms cms;
	struct sb_signer_id ids[2 * SB_CMS_SIGNERS];
	size_t id_count;
	struct sb_span types[SB_CMS_SIGNERS]; /* of the content, as signers state it */
	const char **why;
};

/* The octets of an octet string, or those inside of the sequence that PKCS #7 has there: both are what is hashed. */
static bool read_content(struct reading *in, struct sb_span sequence)
{
	struct sb_der type, outer, value;

	if (!sb_der_take_as(&sequence, SB_DER_OID, &type))
		return sb_refuse(in->why, "a message without a type of its content");
	in->cms.type = type.content;
	if (sequence.n == 0)
		return true;
	if (!sb_der_take_as(&sequence, SB_DER_CONTEXT, &outer) || sequence.n || !sb_der_take(&outer.content, &value) || outer.content.n ||
	    (value.tag != SB_DER_OCTETS && value.tag != SB_DER_SEQUENCE))
		return sb_refuse(in->why, "a message with content of another form");
	in->cms.content = value.content;
	return true;
}

static bool read_signers(struct reading *in, struct sb_span set)
{
	struct sb_der sequence;
	struct sb_signer_info info;

	for (; set.n; in->cms.signers++) {
		size_t i = in->cms.signers;
		struct sb_signer_id counter = {0};
		if (i == SB_CMS_SIGNERS)
			return sb_refuse(in->why, "more signers than are read");
		if (!sb_der_take_as(&set, SB_DER_SEQUENCE, &sequence))
			return sb_refuse(in->why, "a signer that cannot be read");
		if (!sb_cms_signer_read(sequence.content, &info, in->why) ||
		    !sb_cms_timestamps(info.unsigned_attributes, info.signer.signature, in->depth, &counter, in->why))
			return false;
		in->cms.timestamped |= info.unsigned_attributes.n > 0;
		in->cms.signer[i] = info.signer;
		in->types[i] = info.type;
		in->ids[in->id_count++] = info.id;
		in->ids[in->id_count++] = counter;
	}
	return in->cms.signers > 0 || sb_refuse(in->why, "a message that nobody signed");
}

/* Each is used by a signer, and none is there twice. */
static bool algorithms_are_used(struct reading *in, struct sb_span set)
{
	unsigned listed = 0;
	struct sb_der algorithm;
	enum sb_declared_digest digest;

	while (set.n) {
		bool used = false;
		if (!sb_der_take_as(&set, SB_DER_SEQUENCE, &algorithm) || !sb_der_digest(algorithm.whole, &digest) || listed & 1U << digest)
			return sb_refuse(in->why, "a list of digests that is unknown or repeats itself");
		for (size_t i = 0; i < in->cms.signers; i++)
			used |= in->cms.signer[i].digest == digest;
		if (!used)
			return sb_refuse(in->why, "a digest in the list that no signer uses");
		listed |= 1U << digest;
	}
	return true;
}

static bool types_agree(const struct reading *in)
{
	for (size_t i = 0; i < in->cms.signers; i++)
		if (in->types[i].n && !sb_span_equal(in->types[i], in->cms.type))
			return sb_refuse(in->why, "signed attributes of another type of content");
	return !in->cms.content.p || sb_cms_states(NULL, &in->cms, &in->cms.content, 1) || sb_refuse(in->why, "a message digest that is not that of the content");
}

static bool read_body(struct reading *in, struct sb_span body)
{
	struct sb_der version, algorithms, content, certificates = {0}, signers;

	if (!sb_der_take_as(&body, SB_DER_INTEGER, &version) || version.content.n != 1 || !sb_der_take_as(&body, SB_DER_SET, &algorithms) ||
	    !sb_der_take_as(&body, SB_DER_SEQUENCE, &content))
		return sb_refuse(in->why, "a message that cannot be read");
	bool has_certificates = sb_der_take_as(&body, SB_DER_CONTEXT, &certificates);
	if (has_certificates && certificates.content.n == 0)
		return sb_refuse(in->why, "an empty set of certificates");
	if (!sb_der_take_as(&body, SB_DER_SET, &signers) || body.n)
		return sb_refuse(in->why, "revocation lists, or something behind the signers");
	return read_content(in, content.content) && read_signers(in, signers.content) && algorithms_are_used(in, algorithms.content) && types_agree(in) &&
	       sb_cms_certificates_lead(certificates.content, in->ids, in->id_count, &in->cms.certificates, in->why);
}

bool sb_cms_read_at(struct sb_span message, unsigned depth, struct sb_cms *out, const char **why)
{
	struct reading in = {.depth = depth, .why = why};
	struct sb_der outer, type, inner, body;

	if (!sb_der_is_whole(message))
		return sb_refuse(why, "a message that is not one whole element of DER");
	if (!sb_der_take_as(&message, SB_DER_SEQUENCE, &outer) || !sb_der_take_as(&outer.content, SB_DER_OID, &type) ||
	    !sb_der_is(type.content, signed_data, sizeof signed_data) || !sb_der_take_as(&outer.content, SB_DER_CONTEXT, &inner) || outer.content.n ||
	    !sb_der_take_as(&inner.content, SB_DER_SEQUENCE, &body) || inner.content.n)
		return sb_refuse(why, "a message that is no SignedData");
	if (!read_body(&in, body.content))
		return false;
	*out = in.cms;
	return true;
}

bool sb_cms_read(struct sb_span message, struct sb_cms *out, const char **why)
{
	return sb_cms_read_at(message, 0, out, why);
}

bool sb_cms_states(struct sb_reading *reading, const struct sb_cms *cms, const struct sb_span *parts, size_t count)
{
	uint8_t digest[SB_DECLARED_LARGEST];

	for (size_t i = 0; i < cms->signers; i++) {
		const struct sb_cms_signer *signer = &cms->signer[i];
		if (signer->message_digest.n == 0)
			continue;
		sb_declared_hash_row(reading, signer->digest, parts, count, digest);
		if (!sb_span_equal(signer->message_digest, sb_span_of(digest, sb_declared_size(signer->digest))))
			return false;
	}
	return true;
}
