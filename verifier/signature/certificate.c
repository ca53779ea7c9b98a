/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which certificates belong to a signature: RFC 5280, 4.1, as far as names and numbers of the chain go. A chain goes through each name once:
 * a second certificate of a name is on none, be it that of the issuer of a certificate that has issued itself.
 */
#include "verifier/signature/private.h"

#include <string.h>

struct certificate {
	struct sb_span serial, issuer, subject, signed_part;
	bool linked;
};

static bool read_certificate(struct sb_span *from, struct certificate *out)
{
	struct sb_der outer, signed_part, version, serial, algorithm, issuer, validity, subject, key, signature;

	if (!sb_der_take_as(from, SB_DER_SEQUENCE, &outer) || !sb_der_take_as(&outer.content, SB_DER_SEQUENCE, &signed_part) ||
	    !sb_der_take_as(&outer.content, SB_DER_SEQUENCE, &algorithm) || !sb_der_take_as(&outer.content, SB_DER_BITS, &signature) || outer.content.n)
		return false;
	struct sb_span rest = signed_part.content;
	bool versioned = sb_der_take_as(&rest, SB_DER_CONTEXT, &version); /* the first version has none */
	bool fine = (!versioned || version.content.n == 3) && sb_der_take_as(&rest, SB_DER_INTEGER, &serial) &&
	            sb_der_take_as(&rest, SB_DER_SEQUENCE, &algorithm) && sb_der_take_as(&rest, SB_DER_SEQUENCE, &issuer) &&
	            sb_der_take_as(&rest, SB_DER_SEQUENCE, &validity) && sb_der_take_as(&rest, SB_DER_SEQUENCE, &subject) &&
	            sb_der_take_as(&rest, SB_DER_SEQUENCE, &key);
	*out = (struct certificate){.serial = serial.whole, .issuer = issuer.whole, .subject = subject.whole, .signed_part = signed_part.whole};
	return fine;
}

static bool is_of(const struct certificate *certificate, const struct sb_signer_id *id)
{
	if (id->key.n)
		return memmem(certificate->signed_part.p, certificate->signed_part.n, id->key.p, id->key.n) != NULL;
	return id->issuer.n && sb_span_equal(certificate->serial, id->serial) && sb_span_equal(certificate->issuer, id->issuer);
}

static bool is_linked(const struct certificate *all, size_t count, const struct certificate *one, const struct sb_signer_id *ids, size_t id_count)
{
	for (size_t i = 0; i < id_count; i++)
		if (is_of(one, &ids[i]))
			return true;
	for (size_t i = 0; i < count; i++)
		if (all[i].linked && sb_span_equal(all[i].issuer, one->subject))
			return true;
	return false;
}

/* At most as many rounds as there are certificates. */
static size_t link_all(struct certificate *all, size_t count, const struct sb_signer_id *ids, size_t id_count)
{
	size_t linked = 0, before;

	do {
		before = linked;
		for (size_t i = 0; i < count; i++) {
			if (all[i].linked || !is_linked(all, count, &all[i], ids, id_count))
				continue;
			all[i].linked = true;
			linked++;
		}
	} while (linked != before);
	return linked;
}

bool sb_cms_certificates_lead(struct sb_span set, const struct sb_signer_id *ids, size_t id_count, size_t *count, const char **why)
{
	struct certificate all[SB_CMS_CERTIFICATES];
	size_t n = 0;

	for (; set.n; n++) {
		if (n == SB_CMS_CERTIFICATES)
			return sb_refuse(why, "more certificates than a chain has");
		if (!read_certificate(&set, &all[n]))
			return sb_refuse(why, "a certificate that cannot be read");
		for (size_t i = 0; i < n; i++)
			if (sb_span_equal(all[i].subject, all[n].subject))
				return sb_refuse(why, "two certificates of one name");
	}
	*count = n;
	return link_all(all, n, ids, id_count) == n || sb_refuse(why, "a certificate that is neither a signer's nor an issuer's of one");
}
