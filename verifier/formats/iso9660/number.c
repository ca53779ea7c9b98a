/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that stand there twice, and the two forms of time. */
#include "verifier/formats/iso9660/iso9660.h"

#include <string.h>

uint64_t sb_iso_le(struct sb_span bytes, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(bytes, false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

uint64_t sb_iso_be(struct sb_span bytes, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(bytes, true);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

bool sb_iso_both(struct sb_span bytes, uint64_t at, unsigned width, uint64_t *out)
{
	*out = sb_iso_le(bytes, at, width);
	return *out == sb_iso_be(bytes, at + width, width) && at + 2 * width <= bytes.n;
}

/* Quarters of an hour from UTC: ECMA-119 table 9. */
static bool is_zone(uint8_t byte)
{
	return byte <= 52 || byte >= 256 - 48;
}

bool sb_iso_is_date(struct sb_span bytes, uint64_t at)
{
	struct sb_span d;

	if (!sb_span_cut(bytes, at, SB_ISO_DATE, &d))
		return false;
	return sb_span_all_zero(d) || (d.p[1] >= 1 && d.p[1] <= 12 && d.p[2] >= 1 && d.p[2] <= 31 && d.p[3] < 24 && d.p[4] < 60 && d.p[5] < 60 && is_zone(d.p[6]));
}

static unsigned digits(const uint8_t *text, size_t n)
{
	unsigned value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	return value;
}

bool sb_iso_is_stamp(struct sb_span bytes, uint64_t at)
{
	struct sb_span s;

	if (!sb_span_cut(bytes, at, SB_ISO_STAMP, &s))
		return false;
	for (size_t i = 0; i < SB_ISO_STAMP - 1; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	if (memcmp(s.p, "0000000000000000", SB_ISO_STAMP - 1) == 0)
		return s.p[SB_ISO_STAMP - 1] == 0;
	unsigned month = digits(s.p + 4, 2), day = digits(s.p + 6, 2);
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && digits(s.p + 8, 2) < 24 && digits(s.p + 10, 2) < 60 && digits(s.p + 12, 2) < 60 &&
	       is_zone(s.p[SB_ISO_STAMP - 1]);
}
