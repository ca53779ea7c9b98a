/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as fields spell them. */
#include "verifier/formats/formats.h"

static uint64_t digit_value(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - (uint64_t)'0' : c >= 'a' && c <= 'f' ? c - (uint64_t)'a' + 10 : c >= 'A' && c <= 'F' ? c - (uint64_t)'A' + 10 : 99;
}

static bool pdp_number(struct sb_span bytes, uint64_t *out)
{
	struct sb_rd rd = sb_rd_of(bytes, false);
	uint64_t high = sb_rd_uint(&rd, 2), low = sb_rd_uint(&rd, 2);

	*out = high << 16 | low;
	return !rd.bad && bytes.n == 4;
}

static bool is_digits(enum sb_encoding encoding)
{
	return encoding == SB_ENC_OCTAL || encoding == SB_ENC_DECIMAL || encoding == SB_ENC_HEX_TEXT;
}

/* Digits between blanks, as headers of text are filled up. */
static bool digits_number(struct sb_span bytes, uint64_t base, uint64_t *out)
{
	uint64_t value = 0;

	while (bytes.n && bytes.p[0] == ' ')
		bytes = sb_span_of(bytes.p + 1, bytes.n - 1);
	while (bytes.n && (bytes.p[bytes.n - 1] == ' ' || bytes.p[bytes.n - 1] == '\0' || bytes.p[bytes.n - 1] == '\n'))
		bytes.n--;
	for (size_t i = 0; i < bytes.n; i++) {
		uint64_t digit = digit_value(bytes.p[i]);
		if (digit >= base || !sb_mul(value, base, &value) || !sb_add(value, digit, &value))
			return false;
	}
	*out = value;
	return bytes.n > 0;
}

bool sb_field_number(struct sb_span bytes, enum sb_encoding encoding, uint64_t *out)
{
	if (is_digits(encoding))
		return digits_number(bytes, encoding == SB_ENC_DECIMAL ? 10 : encoding == SB_ENC_HEX_TEXT ? 16 : 8, out);
	if (encoding == SB_ENC_LE || encoding == SB_ENC_BE || encoding == SB_ENC_DOS_TIME) {
		struct sb_rd rd = sb_rd_of(bytes, encoding == SB_ENC_BE);
		*out = sb_rd_uint(&rd, (unsigned)bytes.n);
		return !rd.bad;
	}
	if (encoding == SB_ENC_PNG_TIME || encoding == SB_ENC_PO_TIME || encoding == SB_ENC_PDF_TIME)
		return sb_calendar_seconds(bytes, encoding, out);
	return encoding == SB_ENC_PDP && pdp_number(bytes, out);
}
