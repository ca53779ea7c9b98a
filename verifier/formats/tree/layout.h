/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the folder: the layout of the stream, all numbers little endian. */
#ifndef VERIFIER_FORMATS_TREE_LAYOUT_H
#define VERIFIER_FORMATS_TREE_LAYOUT_H

#include "verifier/formats/tree/tree.h"

#define SB_TREE_MAGIC "\x89sbtree1"
enum { SB_TREE_MAGIC_SIZE = 8 };

/** A record begins with what it is. Values come before the entry that they belong to. */
enum { SB_TREE_ENTRY = 1 };

/** Offsets in an entry; name and link target follow it, then the content. */
enum {
	SB_TREE_AT_RECORD = 0,
	SB_TREE_AT_TYPE = 4,
	SB_TREE_AT_HAS_MODE = 6,
	SB_TREE_AT_SIZE = 8,
	SB_TREE_AT_MODE = 16,
	SB_TREE_AT_MTIME_NS = 20,
	SB_TREE_AT_MTIME = 24,
	SB_TREE_AT_UID = 32,
	SB_TREE_AT_GID = 40,
	SB_TREE_AT_MAJOR = 48,
	SB_TREE_AT_MINOR = 52,
	SB_TREE_AT_NAME = 56, /* length */
	SB_TREE_AT_LINK = 60, /* length */
	SB_TREE_AT_ATIME = 64,
	SB_TREE_AT_CTIME = 72,
	SB_TREE_AT_CRTIME = 80,
	SB_TREE_AT_ATIME_NS = 88,
	SB_TREE_AT_CTIME_NS = 92,
	SB_TREE_AT_CRTIME_NS = 96,
	SB_TREE_AT_FLAGS = 100,
	SB_TREE_AT_GENERATION = 104,
	SB_TREE_AT_PROJECT = 108,
	SB_TREE_HEAD = 112,
};

/** A value: which, length of its name, its own length, 4 bytes each; then both. */
enum { SB_TREE_VALUE_HEAD = 12 };

#endif
