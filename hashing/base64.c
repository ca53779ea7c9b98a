/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4648 sections 4 and 5, strict: one text for one value. */
#include "hashing/hashing.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sb_base64(struct sb_span bytes, struct sb_buf *out)
{
	for (size_t at = 0; at < bytes.n; at += 3) {
		size_t n = bytes.n - at < 3 ? bytes.n - at : 3;
		uint32_t bits = (uint32_t)bytes.p[at] << 16;
		if (n > 1)
			bits |= (uint32_t)bytes.p[at + 1] << 8;
		if (n > 2)
			bits |= bytes.p[at + 2];
		const char quad[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63], n > 1 ? alphabet[bits >> 6 & 63] : '=',
		                      n > 2 ? alphabet[bits & 63] : '='};
		sb_buf_add(out, quad, sizeof quad);
	}
}

static int value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* How many of the four characters at @p carry bits; 0 when they are no base64. Only the @last quad may be padded. */
static size_t digits_of(const uint8_t *p, bool last)
{
	size_t n = last && p[3] == '=' ? (p[2] == '=' ? 2 : 3) : 4;
	for (size_t i = 0; i < n; i++)
		if (value_of(p[i]) < 0)
			return 0;
	return n;
}

static int malformed(struct sb_err *err)
{
	return sb_fail(err, SB_FORMAT, "base64-malformed", "not base64 with padding and without white space");
}

int sb_unbase64(struct sb_span text, struct sb_buf *out, struct sb_err *err)
{
	if (text.n % 4)
		return malformed(err);
	for (size_t at = 0; at < text.n; at += 4) {
		const uint8_t *p = text.p + at;
		size_t n = digits_of(p, at + 4 == text.n);
		uint32_t bits = 0;
		if (n == 0)
			return malformed(err);
		for (size_t i = 0; i < 4; i++)
			bits = bits << 6 | (i < n ? (uint32_t)value_of(p[i]) : 0);
		if (bits & (0xffffffu >> 8 * (n - 1)) & 0xffffffu)
			return malformed(err); /* tail bits that are not zero */
		const uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
		sb_buf_add(out, bytes, n - 1);
	}
	return sb_buf_ok(out, err);
}
