/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file consists of. A format describes ONE file: regions that tile it, members found in it, and, on request, the typed
 * fields of one region. It never compares, never judges, never opens a file, and knows nothing of the other side; a bug in it can
 * cause "unexplained", never a pass, because the core checks the tiling and proves claims on the bytes themselves.
 * Adding a format is one file (or folder) and one row of the table in table.c.
 */
#ifndef VERIFIER_FORMATS_FORMAT_H
#define VERIFIER_FORMATS_FORMAT_H

#include "verifier/formats/image.h"
#include "verifier/formats/meaning.h"
#include "verifier/model/model.h"

struct sb_format;
struct sb_view;

/** Who answers for a view whose file was parsed in another process; both as in struct sb_format, with view->own as they need it. */
struct sb_view_source {
	int (*describe)(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
	const char *(*locate)(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);
	const struct sb_image_format *image;
	const struct sb_meaning_format *meaning;
	bool (*acted_on)(struct sb_view *view, const struct sb_place *place);
};

/** What one file was found to be. Everything lives in the arena given to sb_view_open. */
struct sb_view {
	const struct sb_format *format;
	struct sb_span file;
	struct sb_vec regions;  /* struct sb_region */
	struct sb_vec members;  /* struct sb_member, in order of appearance */
	struct sb_vec notices;  /* struct sb_notice */
	struct sb_vec fields;   /* struct sb_field of the region last described */
	const struct sb_region *described; /* that region; NULL: none */
	struct sb_arena *arena;
	void *own;              /* the format's parse state for describe(), in the arena */
	const struct sb_view_source *source; /* NULL: the format itself, in this process */
	bool unlinked;          /* an object of a compiler: where its code leads a linker has yet to fill in */
	struct sb_reading *reading; /* of the file, or NULL: who reads much more than headers says so */
};

/** Something odd that is no failure: a duplicate name, an overlap, a header that disagrees with its directory. */
struct sb_notice {
	const char *id;   /* row of docs/errors.md that a drop is refused with; NULL: worth a finding only */
	const char *text; /* one sentence; foreign parts escaped */
	uint64_t offset;
	uint32_t member;  /* 1 + index, 0: the file */
	bool refuse_drop; /* ingest must refuse (reference table of crafted archives) */
};

struct sb_format {
	const char *name;      /* "tar" */
	const char *spec;      /* standard, edition, section that the file follows */
	unsigned version;      /* raised when the output for any input changes */
	/* Bits of the head that matched, 0: not mine; the highest wins, then table order. @hint: last component of the name, may be "". */
	unsigned (*probe)(struct sb_span file, const char *hint);
	/* Where the probe cannot be sure without decoding: is it really mine? Asked behind the walls only. NULL: the probe is sure. */
	bool (*confirm)(struct sb_span file);
	/* Emits regions and members into @view. FORMAT, LIMIT or NOMEM: the bytes become opaque. */
	int (*open)(struct sb_view *view, const char *hint, struct sb_err *err);
	/* Emits the fields of one region into view->fields; NULL when the format has none. Bytes without a field are content. */
	int (*describe)(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
	/* Name of the innermost thing at @offset ("check_auth", "auth.c:118"), in @arena; NULL when there is none or unknown. May be NULL itself. */
	const char *(*locate)(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);
	const struct sb_image_format *image; /* of executable files, else NULL */
	const struct sb_meaning_format *meaning; /* of files that can say one thing in many ways, else NULL */
	/*
	 * May whoever loads, links or runs the file act on @place, whatever it spells? What is left is text for people, or data of the program
	 * itself. NULL: nobody acts on any of it.
	 */
	bool (*acted_on)(struct sb_view *view, const struct sb_place *place);
	bool archive;          /* ingest may unpack it */
	bool container;        /* an image of a device or of what is booted: members, when made and fill, but ingest leaves it as it is */
	bool appended;         /* with container: stands behind a file of any format, which whoever is to unpack it finds without looking here */
	bool tree;             /* a file system: its members have all of their metadata, wherever in the file that was written */
	bool compression;      /* one payload, to be probed again by itself */
	bool volume;           /* with compression: a file system, whose payload is the tree of its files */
	bool last_resort;      /* last in the table; probed only when nobody else is sure, since that costs more than a look at the head */
	bool dated;            /* no archive, but its fields of kind TIME say when it was made, and nothing that reads it acts on them */
};

/* ---- for formats: emitting ---- */
SB_MUST_USE int sb_emit_region(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
SB_MUST_USE int sb_emit_member(struct sb_view *view, const struct sb_member *member, struct sb_err *err);
SB_MUST_USE int sb_emit_field(struct sb_view *view, const struct sb_field *field, struct sb_err *err);
SB_MUST_USE int sb_emit_notice(struct sb_view *view, const struct sb_notice *notice, struct sb_err *err);

#endif
