/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of DER, one at a time: X.690, 8.1 and 10.1. */
#include "verifier/signature/signature.h"

enum { DEEPEST = 32, CONSTRUCTED = 0x20, MANY_BYTES = 0x1f };

bool sb_der_take(struct sb_span *from, struct sb_der *out)
{
	struct sb_rd rd = sb_rd_of(*from, true);
	unsigned tag = (unsigned)sb_rd_uint(&rd, 1);
	uint64_t length = sb_rd_uint(&rd, 1);

	if (rd.bad || (tag & MANY_BYTES) == MANY_BYTES || length == 0x80 || length > 0x84)
		return false;
	if (length > 0x80) {
		unsigned width = (unsigned)length - 0x80;
		length = sb_rd_uint(&rd, width);
		if (length < 0x80 || length >> (8 * (width - 1)) == 0)
			return false;
	}
	struct sb_span content = sb_rd_bytes(&rd, length);
	if (rd.bad)
		return false;
	*out = (struct sb_der){tag, content, sb_span_of(from->p, rd.at)};
	*from = sb_span_of(from->p + rd.at, from->n - rd.at);
	return true;
}

bool sb_der_take_as(struct sb_span *from, unsigned tag, struct sb_der *out)
{
	struct sb_span rest = *from;
	struct sb_der element;

	if (!sb_der_take(&rest, &element) || element.tag != tag)
		return false;
	*out = element;
	*from = rest;
	return true;
}

/* Without recursion: one pass over all elements, with the ends of those that are open. */
bool sb_der_is_whole(struct sb_span bytes)
{
	const uint8_t *open[DEEPEST], *end;
	struct sb_der element;
	unsigned depth = 0;

	if (bytes.n == 0)
		return false;
	end = bytes.p + bytes.n;
	for (struct sb_span rest = bytes; rest.n; rest.n = (size_t)((depth ? open[depth - 1] : end) - rest.p)) {
		if (!sb_der_take(&rest, &element) || (depth == 0 && rest.n))
			return false;
		if (element.tag & CONSTRUCTED && element.content.n) {
			if (depth == DEEPEST)
				return false;
			open[depth++] = element.content.p + element.content.n;
			rest.p = element.content.p;
		}
		while (depth && rest.p == open[depth - 1])
			depth--;
	}
	return true;
}

static const struct {
	uint8_t octets[9], n;
	enum sb_declared_digest digest;
} digests[] = {
	{{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}, 9, SB_DECLARED_SHA256},
	{{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}, 9, SB_DECLARED_SHA384},
	{{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}, 9, SB_DECLARED_SHA512},
	{{0x2b, 0x0e, 0x03, 0x02, 0x1a}, 5, SB_DECLARED_SHA1},
	{{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05}, 8, SB_DECLARED_MD5},
};

bool sb_der_digest(struct sb_span algorithm, enum sb_declared_digest *out)
{
	struct sb_der sequence, oid, none;

	if (!sb_der_take_as(&algorithm, SB_DER_SEQUENCE, &sequence) || algorithm.n || !sb_der_take_as(&sequence.content, SB_DER_OID, &oid))
		return false;
	if (sequence.content.n && (!sb_der_take_as(&sequence.content, SB_DER_NULL, &none) || none.content.n || sequence.content.n))
		return false;
	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
		if (!sb_der_is(oid.content, digests[i].octets, digests[i].n))
			continue;
		*out = digests[i].digest;
		return true;
	}
	return false;
}
