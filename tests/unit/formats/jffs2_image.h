/* SPDX-License-Identifier: Apache-2.0 */
/* An image of JFFS2 by hand: a file of two nodes, and a folder with a link. Tests change it and mend its sums. */
#ifndef TESTS_UNIT_FORMATS_JFFS2_IMAGE_H
#define TESTS_UNIT_FORMATS_JFFS2_IMAGE_H

#include "images.h"

enum { DIRENT = 0xe001, INODE = 0xe002, CLEANMARKER = 0x2003, PADDING = 0x2004, SUMMARY = 0x2006, XATTR = 0xe008, XREF = 0xe009, ERASE = 8192, WHOLE = 2 * ERASE };
enum { DT_FOLDER = 4, DT_FILE = 8, DT_LINK = 10 };

extern uint8_t jffs2_image[WHOLE];
extern unsigned jffs2_end; /* where the next node goes */
extern unsigned jffs2_folder_name, jffs2_file_name, jffs2_link_name, jffs2_folder, jffs2_file, jffs2_more, jffs2_link_inode;

/** A file of two nodes, and a folder with a link. */
void jffs2_begin(void);
void jffs2_le(unsigned at, uint64_t value, unsigned width);
/** crc32(0, …) of the kernel: begun with zeros, without a complement at the end. */
void jffs2_sum(unsigned to, unsigned from, unsigned length);
unsigned jffs2_length_of(unsigned at);
/** All checksums of a node. */
void jffs2_mend(unsigned at);
unsigned jffs2_node(unsigned type, unsigned length);
unsigned jffs2_dirent(unsigned holder, unsigned version, unsigned inode, unsigned type, const char *name);
/** @size bytes from @offset on of a file that has @whole of them. */
unsigned jffs2_data(unsigned inode, unsigned version, unsigned mode, unsigned whole, unsigned offset, const char *bytes);
struct opened jffs2_open_right(void);
void jffs2_refuses(const char *words);
const struct sb_member *jffs2_member(const struct opened *opened, size_t index);
bool jffs2_holds(const struct opened *opened, size_t index, const char *text);
void jffs2_is_of_kind(unsigned offset, enum sb_region_kind kind);

#endif
