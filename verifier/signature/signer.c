/* SPDX-License-Identifier: Apache-2.0 */
/* SignerInfo: RFC 5652, 5.3 and 11; attributes of Authenticode and of Apple's code signatures. */
#include "verifier/signature/private.h"

#include <string.h>

enum { LONGEST_SIGNATURE = 2048, MOST_ATTRIBUTES = 16 };

enum attribute { UNKNOWN = 0, OTHER, CONTENT_TYPE, MESSAGE_DIGEST };

/* Signed attributes that signers write; what they hold beyond the first two is theirs to choose. */
static const struct {
	uint8_t octets[11], n;
	enum attribute means;
} attributes[] = {
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03}, 9, CONTENT_TYPE},
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04}, 9, MESSAGE_DIGEST},
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05}, 9, OTHER},              /* signingTime */
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0f}, 9, OTHER},              /* smimeCapabilities */
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x34}, 9, OTHER},              /* CMSAlgorithmProtection, RFC 6211 */
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c}, 11, OTHER}, /* signingCertificate, RFC 2634 */
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f}, 11, OTHER}, /* signingCertificateV2, RFC 5035 */
	{{0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x0b}, 10, OTHER},       /* SPC_STATEMENT_TYPE */
	{{0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x0c}, 10, OTHER},       /* SPC_SP_OPUS_INFO */
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x09, 0x01}, 9, OTHER},              /* Apple: digests of code directories, as a property list */
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x09, 0x02}, 9, OTHER},              /* Apple: the same by algorithm */
};

static enum attribute meaning(struct sb_span oid)
{
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
		if (sb_der_is(oid, attributes[i].octets, attributes[i].n))
			return attributes[i].means;
	return UNKNOWN;
}

/* Content type and message digest hold one value each: 11.1, 11.2. */
static bool take_value(enum attribute means, struct sb_span values, struct sb_signer_info *out)
{
	struct sb_der value;

	if (means == OTHER)
		return true;
	if (!sb_der_take_as(&values, means == CONTENT_TYPE ? SB_DER_OID : SB_DER_OCTETS, &value) || values.n)
		return false;
	struct sb_span *slot = means == CONTENT_TYPE ? &out->type : &out->signer.message_digest;
	if (slot->n)
		return false;
	*slot = value.content;
	return true;
}

static bool read_attributes(struct sb_span set, struct sb_signer_info *out, const char **why)
{
	struct sb_der attribute, oid, values;
	struct sb_span seen[MOST_ATTRIBUTES];

	for (size_t n = 0; set.n; n++) {
		if (n == MOST_ATTRIBUTES || !sb_der_take_as(&set, SB_DER_SEQUENCE, &attribute) || !sb_der_take_as(&attribute.content, SB_DER_OID, &oid) ||
		    !sb_der_take_as(&attribute.content, SB_DER_SET, &values) || attribute.content.n || values.content.n == 0)
			return sb_refuse(why, "signed attributes that cannot be read");
		enum attribute means = meaning(oid.content);
		if (means == UNKNOWN)
			return sb_refuse(why, "a signed attribute of an unknown type");
		for (size_t i = 0; i < n; i++)
			if (sb_span_equal(seen[i], oid.content))
				return sb_refuse(why, "a signed attribute that is there twice");
		seen[n] = oid.content;
		if (!take_value(means, values.content, out))
			return sb_refuse(why, "a content type or message digest that cannot be read");
	}
	return (out->type.n && out->signer.message_digest.n == sb_declared_size(out->signer.digest)) ||
	       sb_refuse(why, "signed attributes without a content type or a message digest of the right length");
}

static bool read_id(struct sb_span *from, struct sb_signer_id *out)
{
	struct sb_der id, issuer, serial;

	if (sb_der_take_as(from, SB_DER_CONTEXT_PRIMITIVE, &id)) {
		out->key = id.content;
		return id.content.n >= 8 && id.content.n <= 64;
	}
	if (!sb_der_take_as(from, SB_DER_SEQUENCE, &id) || !sb_der_take_as(&id.content, SB_DER_SEQUENCE, &issuer) ||
	    !sb_der_take_as(&id.content, SB_DER_INTEGER, &serial) || id.content.n)
		return false;
	*out = (struct sb_signer_id){.issuer = issuer.whole, .serial = serial.whole};
	return true;
}

bool sb_cms_signer_read(struct sb_span sequence, struct sb_signer_info *out, const char **why)
{
	struct sb_der version, digest, signed_attributes, algorithm, signature, unsigned_attributes;

	*out = (struct sb_signer_info){0};
	if (!sb_der_take_as(&sequence, SB_DER_INTEGER, &version) || version.content.n != 1 || !read_id(&sequence, &out->id))
		return sb_refuse(why, "a signer that cannot be read");
	if (!sb_der_take_as(&sequence, SB_DER_SEQUENCE, &digest) || !sb_der_digest(digest.whole, &out->signer.digest))
		return sb_refuse(why, "a signer with an unknown digest");
	if (sb_der_take_as(&sequence, SB_DER_CONTEXT, &signed_attributes) && !read_attributes(signed_attributes.content, out, why))
		return false;
	if (!sb_der_take_as(&sequence, SB_DER_SEQUENCE, &algorithm) || !sb_der_take_as(&sequence, SB_DER_OCTETS, &signature) || signature.content.n < 8 ||
	    signature.content.n > LONGEST_SIGNATURE)
		return sb_refuse(why, "a signer without a signature of a plausible length");
	out->signer.signature = signature.content;
	if (sb_der_take_as(&sequence, SB_DER_CONTEXT + 1, &unsigned_attributes)) {
		out->unsigned_attributes = unsigned_attributes.content;
		if (unsigned_attributes.content.n == 0)
			return sb_refuse(why, "an empty set of unsigned attributes");
	}
	return sequence.n == 0 || sb_refuse(why, "something behind the last field of a signer");
}
