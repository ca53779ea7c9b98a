/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

#include <string.h>

static uint32_t by_table(uint32_t crc, uint8_t byte)
{
	static const uint32_t half[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	                                  0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

	crc ^= byte;
	crc = crc >> 4 ^ half[crc & 15];
	return crc >> 4 ^ half[crc & 15];
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *p, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		uint64_t word;
		memcpy(&word, p + 8 * i, sizeof word);
		crc = (uint32_t)__builtin_ia32_crc32di(crc, word);
	}
	return crc;
}
#endif

/* How many bytes from the begin on the processor has taken into *@crc by itself. */
static size_t begin(uint32_t *crc, struct sb_span bytes)
{
#ifdef __x86_64__
	if (bytes.n >= 8 && __builtin_cpu_supports("sse4.2")) {
		*crc = by_instruction(*crc, bytes.p, bytes.n / 8);
		return bytes.n / 8 * 8;
	}
#endif
	(void)crc;
	(void)bytes;
	return 0;
}

uint32_t sb_crc32c(uint32_t crc, struct sb_span bytes)
{
	size_t done = begin(&crc, bytes);

	for (; done < bytes.n; done++)
		crc = by_table(crc, bytes.p[done]);
	return crc;
}
