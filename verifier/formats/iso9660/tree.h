/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the folder: one tree of an ISO 9660 volume while it is walked. */
#ifndef VERIFIER_FORMATS_ISO9660_TREE_H
#define VERIFIER_FORMATS_ISO9660_TREE_H

#include "verifier/formats/iso9660/iso9660.h"

/** A folder that is being read. */
struct sb_iso_entered {
	uint64_t offset, at, end; /* of the folder, of its next record */
	size_t before;            /* what to leave the path with */
};

/** Where a folder lies, and what holds it. */
struct sb_iso_place {
	uint64_t offset, size, up, up_size;
	struct sb_span identifier;
};

/** A member whose records are being read: a file of several extents has one for each. */
struct sb_iso_open_file {
	bool open;
	struct sb_member member;
	struct sb_span identifier;
};

struct sb_iso_tree {
	struct sb_iso *iso;
	const struct sb_iso_volume *volume;
	struct sb_path path;
	struct sb_vec folders; /* struct sb_iso_entered, outermost first */
	struct sb_vec slices;  /* struct sb_slice of the file at hand */
	struct sb_xattrs xattrs;
	struct sb_iso_open_file file;
};

/* ---- use.c ---- */
/** Ordinal of the member that is emitted next. */
uint32_t sb_iso_next_ordinal(const struct sb_iso_tree *tree);
/** The bytes of @record belong to @member. */
SB_MUST_USE int sb_iso_own_record(struct sb_iso_tree *tree, const struct sb_iso_record *record, const char *name, uint32_t member, struct sb_err *err);
/** What @record says beside name and place: entries of RRIP into @rock, all else as attributes. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_iso_read_use(struct sb_iso_tree *tree, const struct sb_iso_record *record, uint32_t member, struct sb_iso_rock *rock, struct sb_err *err);
/** An attribute of eight bytes, little-endian. */
SB_MUST_USE int sb_iso_add_number(struct sb_iso_tree *tree, const struct sb_iso_rock *rock, const char *name, uint64_t number, struct sb_err *err);
/** What a PX entry says: the number of links, and with @all what a member has places for as well. */
SB_MUST_USE int sb_iso_add_px(struct sb_iso_tree *tree, const struct sb_iso_rock *rock, bool all, struct sb_err *err);
/**
 * What a dot, or a further record of a file, says that a reader could take for the truth.
 * @parent  set to the folder that PL leads to, 0: none; NULL where no such entry may stand
 */
SB_MUST_USE int sb_iso_add_further(struct sb_iso_tree *tree, const struct sb_iso_record *record, uint32_t member, const char *prefix, uint64_t *parent, struct sb_err *err);

/* ---- folder.c ---- */
/** Emit @member, whose attributes are those of its record and of both dots, and go in. @before: what to leave the path with. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_iso_take_folder(struct sb_iso_tree *tree, const struct sb_iso_place *place, struct sb_member *member, size_t before, struct sb_err *err);

/* ---- member.c ---- */
/** The next record of @folder: it begins a member or goes on with the open one. @rock: empty. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_iso_take_member(struct sb_iso_tree *tree, const struct sb_iso_entered *folder, const struct sb_iso_record *record, struct sb_iso_rock *rock, struct sb_err *err);

#endif
