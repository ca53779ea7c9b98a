/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked of an executable file beyond its regions: where things lie at run time, which fields lead to them, what a loader
 * will do with it, and how a place reads for a person. One file is looked at by itself; nothing here decides a level. Everything lives
 * in the view's arena, and every answer may be "unknown".
 */
#ifndef VERIFIER_FORMATS_IMAGE_H
#define VERIFIER_FORMATS_IMAGE_H

#include "verifier/model/model.h"

struct sb_view;

enum sb_anchor_kind { SB_ANCHOR_SECTION = 0, SB_ANCHOR_FUNCTION, SB_ANCHOR_OBJECT };

/** Something with an extent in the image. Sections have a name; functions of a stripped file have none. */
struct sb_anchor {
	enum sb_anchor_kind kind;
	const char *name;    /* raw, "" when there is none: functions of a stripped file, tables of jumps */
	uint64_t address;    /* at run time */
	uint64_t length;     /* bytes */
	uint64_t offset;     /* in the file; UINT64_MAX when no byte of the file stands for it (.bss) */
	const struct sb_region *region; /* of a section that the file holds, else NULL */
};

enum sb_reference_kind {
	SB_REFERENCE_ADDRESS = 0, /* target is a run-time address */
	SB_REFERENCE_OFFSET,      /* target is an offset in the file */
	SB_REFERENCE_SIZE,        /* the field holds target - base, both run-time addresses */
	SB_REFERENCE_FILE_SIZE,   /* the field holds target - base, both offsets in the file */
	SB_REFERENCE_TEXT,        /* target is the offset in the file of a text that ends in NUL: what it says counts, not where it lies */
};

/** A field whose value follows from where something else lies. */
struct sb_reference {
	enum sb_reference_kind kind;
	uint64_t offset, length; /* of the field in the file, bytes */
	uint64_t target, base;
	uint64_t rest;           /* what else the field holds: the other bits of an instruction; it has to be equal on both sides */
};

/** What a loader does because of the file as a whole; compared by name between two files. */
struct sb_fact {
	const char *name;  /* static text: "nx", "relro" */
	const char *value; /* escaped text for a person */
	int strength;      /* the greater, the safer; equal strengths with another value are a change too */
	bool signed_for;   /* a signature asks for it: who signs may ask for more, and a file without a signature says nothing of it */
};

/** A stretch of a region, in offsets of the file. */
struct sb_place {
	const struct sb_region *region;
	uint64_t offset, length;
};

/** One row of a table in a region: a symbol, a relocation, a frame description. Of a region each row says something, or none does. */
struct sb_row {
	uint64_t offset, length; /* in the file, bytes */
	bool free; /* its place among the others means nothing: what names it does so by what it says */
	/** Of a row that is written as the rows around it allow, such as a distance from the one before: all that it says but for its references. No p: its bytes count. */
	struct sb_span says;
};

/** The questions; any may be NULL. Errors: NOMEM, LIMIT; @out then holds what was found so far. */
struct sb_image_format {
	/** How bad a change of @place would be: compare.md's rule in docs/formats/elf.md. */
	enum sb_severity (*severity)(struct sb_view *view, const struct sb_place *place);
	/** One line on what stands there ("cmp eax, 8"), escaped, in @arena; NULL when nothing can be said. */
	const char *(*show)(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena);
	/** struct sb_anchor: sections in file order, then functions and objects by address. */
	int (*anchors)(struct sb_view *view, struct sb_vec *out, struct sb_err *err);
	/** struct sb_reference that touch @place, by offset. */
	int (*references)(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err);
	/** struct sb_row of a region that is a table, by offset, without overlap; none for any other region. */
	int (*rows)(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err);
	/** struct sb_fact, at most one of a name. */
	int (*facts)(struct sb_view *view, struct sb_vec *out, struct sb_err *err);
};

#endif
