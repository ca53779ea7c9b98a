/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

#include <criterion/criterion.h>
#include <string.h>

static uint32_t whole(const void *bytes, size_t n)
{
	return ~sb_crc32c(UINT32_MAX, sb_span_of(bytes, n));
}

/* RFC 3720, appendix B.4; the last one is the usual check of catalogues of such sums. */
Test(crc32c, published_values)
{
	uint8_t bytes[32];

	memset(bytes, 0, sizeof bytes);
	cr_assert_eq(whole(bytes, sizeof bytes), 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	cr_assert_eq(whole(bytes, sizeof bytes), 0x62a8ab43);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	cr_assert_eq(whole(bytes, sizeof bytes), 0x46dd794e);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(31 - i);
	cr_assert_eq(whole(bytes, sizeof bytes), 0x113fdb5c);
	cr_assert_eq(whole("123456789", 9), 0xe3069283);
}

/* Whole words may be summed in another way than what is left over: wherever a text is cut, the sum is the same. */
Test(crc32c, goes_on_wherever_it_was_cut)
{
	uint8_t bytes[64];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		uint32_t byte_by_byte = UINT32_MAX;
		for (size_t i = 0; i < n; i++)
			byte_by_byte = sb_crc32c(byte_by_byte, sb_span_of(bytes + i, 1));
		for (size_t cut = 0; cut <= n; cut++)
			cr_assert_eq(sb_crc32c(sb_crc32c(UINT32_MAX, sb_span_of(bytes, cut)), sb_span_of(bytes + cut, n - cut)), byte_by_byte, "%zu of %zu", cut, n);
	}
}
