/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include "base/span.h"

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4) going on from @crc, without the complements at begin and end. */
uint32_t sb_crc32c(uint32_t crc, struct sb_span bytes);

#endif
