/* SPDX-License-Identifier: Apache-2.0 */
/* An image of UBIFS by hand, of eleven erase blocks: a file of two blocks, and a folder with a link. Tests change it and mend its sums. */
#ifndef TESTS_UNIT_FORMATS_UBIFS_IMAGE_H
#define TESTS_UNIT_FORMATS_UBIFS_IMAGE_H

#include "images.h"

enum { BLOCK = 15360, LOG = 3, LPT = 5, MAIN = 8, INDEX = 9, COLLECTOR = 10, BLOCKS = 11, WHOLE = BLOCKS * BLOCK, SUPERBLOCK = 4096, MASTER = 512 };
enum { INODE = 0, DATA, NAME, ATTRIBUTE, PADDING = 5, SUPERBLOCK_NODE, MASTER_NODE, REFERENCE, INDEX_NODE, COMMIT }; /* types of nodes */
enum { NNODE = 11, PNODE = 14, LTAB = 10 };                                                                         /* bytes, as the geometry has them */

/** A node that the index leads to. */
struct ubifs_leaf {
	unsigned at, length;
	uint64_t key;
};

extern uint8_t ubifs_image[WHOLE];
extern struct ubifs_leaf ubifs_leaves[32];
extern unsigned ubifs_leaf_count, ubifs_end; /* where the next node of the main area goes */
extern unsigned ubifs_root, ubifs_file_name, ubifs_folder_name, ubifs_file, ubifs_first_data, ubifs_second_data, ubifs_folder, ubifs_link_name, ubifs_link_inode;

/** A file of two blocks, and a folder with a link. */
void ubifs_begin(void);
void ubifs_le(unsigned at, uint64_t value, unsigned width);
/** All of a node behind its checksum. */
void ubifs_sum(unsigned at);
void ubifs_head(unsigned at, unsigned type, unsigned length);
unsigned ubifs_add_inode(uint32_t number, unsigned mode, uint64_t size, const char *inside);
unsigned ubifs_add_name(uint32_t holder, const char *name, uint32_t number, unsigned type);
/** A number of @width bytes in both copies of the master. */
void ubifs_say(unsigned at, uint64_t value, unsigned width);
/** One node that leads to all leaves, by their keys. */
void ubifs_index_leaves(void);
/** lib/crc16.c, begun with all bits set, over what follows it. */
void ubifs_sum16(unsigned at, unsigned length);
struct opened ubifs_open_right(void);
void ubifs_refuses(const char *words);
/** The member called @name; there is one. */
const struct sb_member *ubifs_find(const struct opened *opened, const char *name, size_t *index);
enum sb_region_kind ubifs_kind_at(const struct opened *opened, unsigned offset);
void ubifs_is_of_kind(unsigned offset, enum sb_region_kind kind);

#endif
