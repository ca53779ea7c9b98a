/* SPDX-License-Identifier: Apache-2.0 */
/* Timestamps among the unsigned attributes: RFC 3161, 2.4.2 and appendix A; PKCS #9 (RFC 2985), 5.3.6. */
#include "verifier/signature/private.h"

enum { DEEPEST = 1 };

static const uint8_t token[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0e};        /* id-aa-timeStampToken */
static const uint8_t token_of_authenticode[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x03, 0x03, 0x01};
static const uint8_t countersignature[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x06};
static const uint8_t tst_info[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04};

static bool is_digest_of(struct sb_span value, enum sb_declared_digest kind, struct sb_span bytes)
{
	uint8_t digest[SB_DECLARED_LARGEST];

	sb_declared_hash(NULL, kind, bytes, digest);
	return sb_span_equal(value, sb_span_of(digest, sb_declared_size(kind)));
}

/* TSTInfo: version, policy, imprint of what was stamped, serial number, time and more. */
static bool stamps(struct sb_span info, struct sb_span signature)
{
	struct sb_der sequence, version, policy, imprint, algorithm, value;
	enum sb_declared_digest kind;

	return sb_der_take_as(&info, SB_DER_SEQUENCE, &sequence) && info.n == 0 && sb_der_take_as(&sequence.content, SB_DER_INTEGER, &version) &&
	       sb_der_take_as(&sequence.content, SB_DER_OID, &policy) && sb_der_take_as(&sequence.content, SB_DER_SEQUENCE, &imprint) &&
	       sb_der_take_as(&imprint.content, SB_DER_SEQUENCE, &algorithm) && sb_der_digest(algorithm.whole, &kind) &&
	       sb_der_take_as(&imprint.content, SB_DER_OCTETS, &value) && imprint.content.n == 0 && is_digest_of(value.content, kind, signature);
}

static bool read_token(struct sb_span value, struct sb_span signature, unsigned depth, const char **why)
{
	struct sb_cms cms;

	if (depth >= DEEPEST)
		return sb_refuse(why, "timestamps of timestamps");
	if (!sb_cms_read_at(value, depth + 1, &cms, why))
		return false;
	return (sb_der_is(cms.type, tst_info, sizeof tst_info) && cms.content.p && stamps(cms.content, signature)) ||
	       sb_refuse(why, "a timestamp of something else");
}

static bool read_countersignature(struct sb_span value, struct sb_span signature, struct sb_signer_id *id, const char **why)
{
	struct sb_signer_info info;
	struct sb_der sequence;

	if (!sb_der_take_as(&value, SB_DER_SEQUENCE, &sequence) || value.n || !sb_cms_signer_read(sequence.content, &info, why))
		return sb_refuse(why, "a countersignature that cannot be read");
	*id = info.id;
	return (info.unsigned_attributes.n == 0 && info.signer.message_digest.n && is_digest_of(info.signer.message_digest, info.signer.digest, signature)) ||
	       sb_refuse(why, "a countersignature of something else");
}

bool sb_cms_timestamps(struct sb_span attributes, struct sb_span signature, unsigned depth, struct sb_signer_id *counter, const char **why)
{
	struct sb_der attribute, oid, values, value;

	*counter = (struct sb_signer_id){0};
	for (size_t n = 0; attributes.n; n++) {
		if (n > 0)
			return sb_refuse(why, "more than one unsigned attribute");
		if (!sb_der_take_as(&attributes, SB_DER_SEQUENCE, &attribute) || !sb_der_take_as(&attribute.content, SB_DER_OID, &oid) ||
		    !sb_der_take_as(&attribute.content, SB_DER_SET, &values) || attribute.content.n)
			return sb_refuse(why, "an unsigned attribute that cannot be read");
		bool is_token = sb_der_is(oid.content, token, sizeof token) || sb_der_is(oid.content, token_of_authenticode, sizeof token_of_authenticode);
		if (!is_token && !sb_der_is(oid.content, countersignature, sizeof countersignature))
			return sb_refuse(why, "an unsigned attribute that is no timestamp");
		if (!sb_der_take_as(&values.content, SB_DER_SEQUENCE, &value) || values.content.n)
			return sb_refuse(why, "a timestamp that cannot be read, or more than one");
		if (is_token ? !read_token(value.whole, signature, depth, why) : !read_countersignature(value.whole, signature, counter, why))
			return false;
	}
	return true;
}
