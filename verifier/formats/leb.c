/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/leb.h"

uint64_t sb_leb(struct sb_rd *rd)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint64_t byte = sb_rd_uint(rd, 1);
		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	rd->bad = true;
	return 0;
}

int64_t sb_signed_leb(struct sb_rd *rd)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint64_t byte = sb_rd_uint(rd, 1);
		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return (int64_t)(byte & 0x40 ? value | ~UINT64_C(0) << (shift + 7) : value);
	}
	rd->bad = true;
	return 0;
}
