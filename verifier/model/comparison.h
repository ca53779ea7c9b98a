/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs, before anybody says why: the tree of pairs that compare makes, explain reads and judge counts. Everything is const
 * for those who come after compare.
 */
#ifndef VERIFIER_MODEL_COMPARISON_H
#define VERIFIER_MODEL_COMPARISON_H

#include "verifier/model/parts.h"
#include "verifier/model/result.h"

struct sb_format;
struct sb_view;

/** The two sides, as indexes. */
enum { SB_SHIPPED = 0, SB_REBUILT = 1, SB_SIDES = 2 };

/** How far a pair of things could be compared. Zero: not at all. */
enum sb_pair_state {
	SB_PAIR_UNDECIDED = 0, /* a limit was hit or memory ran out on the way: nothing may be concluded */
	SB_PAIR_EQUAL,         /* the same bytes */
	SB_PAIR_OPENED,        /* both sides described by the same format; see diffs and children */
	SB_PAIR_RAW,           /* compared as bytes, because no format or not the same one recognises both */
	SB_PAIR_REJECTED,      /* one side follows the format and the other does not: they cannot be the same thing */
	SB_PAIR_OPAQUE,        /* neither side can be read as what it claims to be, and the bytes differ */
};

enum sb_diff_kind {
	SB_DIFF_BYTES = 0,  /* bytes without a type */
	SB_DIFF_TEXT,       /* lines of text */
	SB_DIFF_FIELD,      /* one typed field, the same on both sides but for its value */
	SB_DIFF_REGION,     /* a region that one side only has */
	SB_DIFF_MEMBER,     /* a member that one side only has */
	SB_DIFF_ENCODING,   /* encoded bytes that differ although what they hold was compared by itself: see child */
	SB_DIFF_ORDER,      /* the members, or the parts of the file, come in another order */
	SB_DIFF_TYPE, SB_DIFF_MODE, SB_DIFF_LINK, SB_DIFF_DEVICE, SB_DIFF_OWNER, SB_DIFF_MTIME, /* of files in two directories, and of members of a tree */
	SB_DIFF_XATTR,      /* extended attributes of a member of a tree */
	SB_DIFF_ARTIFACT,   /* the whole file is on one side only */
};

/** One side of a difference; length 0 and present false when the side has nothing there. */
struct sb_diff_side {
	bool present;
	uint64_t offset, length;         /* in the pair's bytes of that side */
	const struct sb_region *region;  /* NULL outside regions */
	struct sb_field field;           /* of SB_DIFF_FIELD */
	const struct sb_member *member;  /* the member that the region belongs to, or NULL */
};

/** One difference with one owner. The differences of a pair do not overlap. */
struct sb_diff {
	enum sb_diff_kind kind;
	const char *name;                /* innermost name for the way in: region, field or function; raw, may be NULL */
	struct sb_diff_side side[SB_SIDES];
	uint64_t bytes;                  /* bytes that differ, by the longer side; 0 where a child or nothing at all holds bytes (ENCODING, ORDER) */
	bool loaded;                     /* on either side; true of bytes and text without a format */
	uint64_t more;                   /* of FIELD: further places of the same name that are told with it; @bytes has all of them, the sides are those of the first */
	uint64_t placed;                 /* of ORDER: how many things there are that could have changed places */
	bool alike;                      /* with more: all of them hold the bytes of the first, on each side */
	unsigned line;                   /* of SB_DIFF_TEXT: first line that differs, shipped side */
	const char *remark;              /* of SB_DIFF_TEXT: what a person would not see there, a sentence without foreign parts; or NULL */
	bool deceptive;                  /* of SB_DIFF_TEXT: characters that hide or turn text stand on one side only */
	const struct sb_pair *child;     /* of SB_DIFF_ENCODING, and of fields that describe a member's content */
};

/** Two things that were taken for counterparts of each other. */
struct sb_pair {
	const struct sb_pair *parent;    /* NULL for an artifact */
	const char *name;                /* component of the way in; raw */
	enum sb_pair_state state;
	struct sb_span bytes[SB_SIDES];
	const struct sb_format *format;  /* of OPENED */
	struct sb_view *view[SB_SIDES];  /* of OPENED */
	const struct sb_member *member[SB_SIDES]; /* of the parent's views; NULL for an artifact */
	const char *why;                 /* of UNDECIDED, RAW, REJECTED, OPAQUE: one sentence, escaped */
	struct sb_limit_hit limit;       /* of UNDECIDED; name NULL: no limit */
	bool recoded;                    /* of OPENED: one side is packed in another way than the other, as the container says of both; each view has a format of its own */
	bool decoded;                    /* the bytes came out of a decoder that consumed all of its input on both sides */
	uint64_t own_bytes, own_equal;   /* bytes that no child owns, by the longer side, and those of them that are equal */
	uint64_t leaves;                 /* things without children at and below it, at least 1 */
	const struct sb_diff *diffs;
	size_t diff_count;
	struct sb_pair *const *children; /* in the order of the shipped side */
	size_t child_count;
};

/** One artifact: its pair, or what is known when a side is missing or is no regular file. */
struct sb_compared {
	const char *name;
	struct sb_digest digest[SB_SIDES]; /* kinds 0: absent */
	bool identical;                  /* equal bytes, type, mode, link: everything that was to be compared */
	const struct sb_pair *pair;      /* never NULL unless identical */
};

struct sb_parsers;

struct sb_comparison {
	const struct sb_compared *artifacts;
	size_t count;
	struct sb_equal_files equal;
	struct sb_parsers *parsers;       /* who parses what is looked into later; NULL: nobody else */
	struct sb_reading *reading;       /* of the bytes of all pairs, or NULL */
	struct sb_compare_memory *memory; /* of compare: everything above lives in it */
};

#endif
