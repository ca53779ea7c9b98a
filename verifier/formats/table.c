/* SPDX-License-Identifier: Apache-2.0 */
/* The formats, in the order that decides between equal probes. Adding one is its file and one row here. */
#include "verifier/formats/elf/elf.h"
#include "verifier/formats/formats.h"
#include "verifier/formats/rows.h"

static const struct sb_format *const formats[] = {
	&sb_format_elf,
	&sb_format_pe,
	&sb_format_macho,
	&sb_format_universal,
	&sb_format_alpine,
	&sb_format_deb,
	&sb_format_ar,
	&sb_format_tar,
	&sb_format_cpio,
	&sb_format_zip,
	&sb_format_gzip,
	&sb_format_xz,
	&sb_format_zstd,
	&sb_format_bzip2,
	&sb_format_lz4,
	&sb_format_lzip,
	&sb_format_lzma,
	&sb_format_rpm,
	&sb_format_fit,
	&sb_format_dtb,
	&sb_format_cramfs,
	&sb_format_romfs,
	&sb_format_erofs,
	&sb_format_iso9660,
	&sb_format_fat,
	&sb_format_srec,
	&sb_format_ihex,
	&sb_format_mbr,
	&sb_format_gpt,
	&sb_format_jffs2,
	&sb_format_trx,
	&sb_format_vendor,
	&sb_format_fwtool,
	&sb_format_android,
	&sb_format_bzimage,
	&sb_format_uimage,
	&sb_format_ubi,
	&sb_format_ubifs,
	&sb_format_class,
	&sb_format_pyc,
	&sb_format_wasm,
	&sb_format_bitcode,
	&sb_format_png,
	&sb_format_mo,
	&sb_format_pdf,
	&sb_format_sqlite,
	&sb_format_squashfs,
	&sb_format_ext,
	&sb_format_tree,
	&sb_format_raw,
};

const struct sb_format *const *sb_formats_table(size_t *count)
{
	*count = sizeof formats / sizeof *formats;
	return formats;
}
