/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the rows that table.c puts in order. A format in a folder declares its row there. */
#ifndef VERIFIER_FORMATS_ROWS_H
#define VERIFIER_FORMATS_ROWS_H

#include "verifier/formats/format.h"

extern const struct sb_format sb_format_alpine;
extern const struct sb_format sb_format_android;
extern const struct sb_format sb_format_ar;
extern const struct sb_format sb_format_bitcode;
extern const struct sb_format sb_format_bzimage;
extern const struct sb_format sb_format_bzip2;
extern const struct sb_format sb_format_class;
extern const struct sb_format sb_format_cpio;
extern const struct sb_format sb_format_cramfs;
extern const struct sb_format sb_format_deb;
extern const struct sb_format sb_format_dtb;
extern const struct sb_format sb_format_erofs;
extern const struct sb_format sb_format_ext;
extern const struct sb_format sb_format_fat;
extern const struct sb_format sb_format_fit;
extern const struct sb_format sb_format_fwtool;
extern const struct sb_format sb_format_gpt;
extern const struct sb_format sb_format_gzip;
extern const struct sb_format sb_format_ihex;
extern const struct sb_format sb_format_iso9660;
extern const struct sb_format sb_format_jffs2;
extern const struct sb_format sb_format_lz4;
extern const struct sb_format sb_format_lzip;
extern const struct sb_format sb_format_lzma;
extern const struct sb_format sb_format_macho;
extern const struct sb_format sb_format_mbr;
extern const struct sb_format sb_format_mo;
extern const struct sb_format sb_format_pdf;
extern const struct sb_format sb_format_pe;
extern const struct sb_format sb_format_png;
extern const struct sb_format sb_format_pyc;
extern const struct sb_format sb_format_raw;
extern const struct sb_format sb_format_romfs;
extern const struct sb_format sb_format_rpm;
extern const struct sb_format sb_format_sqlite;
extern const struct sb_format sb_format_squashfs;
extern const struct sb_format sb_format_srec;
extern const struct sb_format sb_format_tar;
extern const struct sb_format sb_format_tree;
extern const struct sb_format sb_format_trx;
extern const struct sb_format sb_format_ubi;
extern const struct sb_format sb_format_ubifs;
extern const struct sb_format sb_format_uimage;
extern const struct sb_format sb_format_universal;
extern const struct sb_format sb_format_vendor;
extern const struct sb_format sb_format_wasm;
extern const struct sb_format sb_format_xz;
extern const struct sb_format sb_format_zip;
extern const struct sb_format sb_format_zstd;

#endif
