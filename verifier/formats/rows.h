/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the rows that table.c puts in order. A format in a folder declares its row there. */
#ifndef VERIFIER_FORMATS_ROWS_H
#define VERIFIER_FORMATS_ROWS_H

#include "verifier/formats/format.h"

extern const struct sb_format sb_format_alpine, sb_format_ar, sb_format_bzip2, sb_format_cpio, sb_format_deb, sb_format_dtb, sb_format_fit, sb_format_gzip,
	sb_format_lz4, sb_format_lzip, sb_format_lzma, sb_format_rpm, sb_format_tar, sb_format_xz, sb_format_zip, sb_format_zstd;

#endif
