/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: a pair while it is being made, with the memory that belongs to it. */
#ifndef VERIFIER_COMPARE_UNIT_H
#define VERIFIER_COMPARE_UNIT_H

#include "verifier/compare/compare.h"

/** What all units of one artifact share. */
struct sb_compare_run {
	struct sb_unpack_budget budget[SB_SIDES];
	struct sb_progress *progress;
	struct sb_pool *pool;   /* that all artifacts share */
	size_t artifact, artifacts; /* which of how many, for the progress */
	struct sb_parser_side *side[SB_SIDES];
	struct sb_depot *depot; /* of what was decoded */
	unsigned *descriptors;  /* that may still be kept for later questions, of all artifacts together */
};

/** A pair and its memory. The pair's pointers lead into this unit and its children only. */
struct sb_unit {
	struct sb_pair pair;
	struct sb_arena *arena;
	struct sb_arena *rebuilt_arena; /* of the rebuilt side's view, which is made while the shipped side's is; NULL: none yet */
	struct sb_blob decoded[SB_SIDES];
	struct sb_source source[SB_SIDES]; /* of the pair's bytes, for those who parse */
	struct sb_reading *reading; /* of the bytes */
	struct sb_view views[SB_SIDES];
	bool opened[SB_SIDES];
	struct sb_vec diffs;      /* struct sb_diff */
	struct sb_vec folds;      /* struct sb_fold */
	struct sb_unit **children; /* heap array, in member order */
	size_t child_count;
	unsigned depth;
};

enum { SB_FOLDS = 64 /* names that are told together */, SB_FOLD_FIRST = 256 /* places of each that are not */ };

/** Places of a file system that differ alike: the first ones are differences of their own, all others are one. */
struct sb_fold {
	const char *region, *field;
	enum sb_field_kind kind;
	uint64_t seen;
	size_t diff; /* index of the one that stands for those that follow */
};
/**
 * The difference that this one can be told with: both are fields of one kind and name that every explainer would judge alike, whatever they hold. NULL when it
 * is one of its own, which must then be pushed next.
 */
struct sb_diff *sb_unit_fold(struct sb_unit *unit, const struct sb_region *const region[SB_SIDES], const struct sb_field *field);

/** A new unit with an arena of its own; NULL when out of memory. */
SB_MUST_USE struct sb_unit *sb_unit_new(const struct sb_pair *parent, const char *name, unsigned depth);
/** Accepts NULL, nulls the pointer, frees children. */
void sb_unit_free(struct sb_unit **unit);

/** How many bytes both begin with. Looks up now and then whether to stop. Errors: INTERRUPTED. */
SB_MUST_USE int sb_compare_common(const struct sb_progress *progress, struct sb_reading *reading, struct sb_span a, struct sb_span b, size_t *common,
                                  struct sb_err *err);
/** Are they equal? Looks up now and then whether to stop. @reading: of both. Errors: INTERRUPTED. */
SB_MUST_USE int sb_compare_equal(const struct sb_progress *progress, struct sb_reading *reading, struct sb_span a, struct sb_span b, bool *equal, struct sb_err *err);

/** Both digests of both sides of @in, which begin with @common equal bytes. Errors: INTERRUPTED. */
SB_MUST_USE int sb_compare_digests(const struct sb_artifact_in *in, size_t common, struct sb_compare_run *run, struct sb_digest out[SB_SIDES],
                                   struct sb_err *err);

/** Decide the pair from its bytes: equal, opened, raw … and everything below it. Errors: NOMEM, INTERRUPTED. */
SB_MUST_USE int sb_unit_compare(struct sb_unit *unit, struct sb_compare_run *run, struct sb_err *err);

/** Describe both sides, each by its own format: OPENED, and on failure what may be said of them. Errors: NOMEM, IO, TEMPORARY, INTERRUPTED. */
SB_MUST_USE int sb_unit_open(struct sb_unit *unit, struct sb_compare_run *run, const struct sb_format *const format[SB_SIDES], struct sb_err *err);

/** Members and regions of an opened pair: children, differences, coverage. */
SB_MUST_USE int sb_unit_compare_parts(struct sb_unit *unit, struct sb_compare_run *run, struct sb_err *err);

/** Which member of one side is the counterpart of which of the other. */
struct sb_member_pair {
	uint32_t index[SB_SIDES]; /* into the views' members; UINT32_MAX: the side has none */
	bool content_differs;
	uint32_t differing;       /* bits of enum sb_field_kind: typed fields of the member that differ */
	struct sb_unit *child;    /* when the content differs and could be looked at */
};
struct sb_member_pairs {
	struct sb_member_pair *items; /* in the order of the shipped side, then what only the rebuilt side has */
	size_t count;
	uint32_t *of[SB_SIDES];       /* pair of each member */
	bool reordered;               /* the common members come in another order */
};
SB_MUST_USE int sb_members_pair(const struct sb_unit *unit, struct sb_member_pairs *out, struct sb_err *err);

/** Slices of all members of one side, to be asked for by place. */
struct sb_slice_index {
	const struct sb_view *view;
	struct sb_placed_slice *items; /* by member and place */
	size_t count;
};
/** In the arena of @unit. Errors: NOMEM. */
SB_MUST_USE int sb_slices_index(const struct sb_unit *unit, unsigned side, struct sb_slice_index *out, struct sb_err *err);
/** Do these bytes belong to the content of the region's member, so that who compares the content compares them? */
bool sb_slices_hold(const struct sb_slice_index *index, const struct sb_region *region);

/**
 * What members of a tree of files are: type, mode, owner, device, target of a link, attributes, as the format understood them wherever they were
 * written. Differences without bytes, for what no typed field has shown already. Errors: NOMEM.
 */
SB_MUST_USE int sb_metadata_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err);

/** Not packed at all: the file is its only member. */
extern const struct sb_format sb_format_stored;
/**
 * One content in two compressions, as the container of both says: each side is opened by the format that packs it, and what both hold is
 * compared as the one member of each. False in *open where the container says nothing of the kind, or something else than what is there.
 */
SB_MUST_USE int sb_recoded_open(struct sb_unit *unit, struct sb_compare_run *run, const struct sb_format *const format[SB_SIDES], bool *open,
                                struct sb_err *err);
/** What stands beside the content of such a pair: parts of a plain stream belong to its encoding, everything else is a difference. */
SB_MUST_USE int sb_recoded_regions(struct sb_unit *unit, struct sb_err *err);

/** A difference for a region that one side only has. */
SB_MUST_USE int sb_region_note_lone(struct sb_unit *unit, unsigned side, const struct sb_region *region, struct sb_err *err);

/** Regions against regions, once members have been paired. */
SB_MUST_USE int sb_regions_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_compare_run *run, struct sb_err *err);

/**
 * Is the order of members and regions the same? If not, one difference of kind ORDER, whose sides are present only where order has no
 * meaning: names are unique as an unpacker sees them, nothing is unpacked through a link, folders keep their place before what lies in them,
 * and nothing else changed its place; in a file system, only what its walker has followed. Errors: NOMEM, LIMIT.
 */
SB_MUST_USE int sb_order_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err);
/** sb_order_compare of what is neither an archive nor a container. */
SB_MUST_USE int sb_sequence_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err);
/** Whether members of an archive may come in any order on both sides; false also when out of memory. */
bool sb_order_is_free(const struct sb_unit *unit, const struct sb_member_pairs *members);
/** Where each member of a side begins: the offset of its first region, UINT64_MAX without one. In the arena; NULL when out of memory. */
const uint64_t *sb_order_first_places(const struct sb_unit *unit, unsigned side);

/** Where one thing lies on each side. */
struct sb_position {
	uint64_t at[SB_SIDES];
};
/** Do they come in one order on both sides? Sorts @places by the shipped side. */
bool sb_positions_ascend(struct sb_position *places, size_t count);

/** A stretch of bytes on each side that has no types. */
struct sb_stretch {
	struct sb_span bytes[SB_SIDES];
	uint64_t offset[SB_SIDES];                    /* of the stretch in the pair's bytes */
	const struct sb_region *region[SB_SIDES];     /* or NULL */
	const struct sb_member *member[SB_SIDES];
};
/** Differences of untyped bytes: runs at equal length, else what lies between the common ends. Adds to own_bytes and own_equal. */
SB_MUST_USE int sb_stretch_compare(struct sb_unit *unit, const struct sb_stretch *stretch, struct sb_err *err);
/** Differences of lines of text. False in *text when the bytes are no text and nothing was done. */
SB_MUST_USE int sb_lines_compare(struct sb_unit *unit, bool *text, struct sb_err *err);

/** Nothing may be concluded about @unit, whatever was found: its bytes become opaque. Errors: NOMEM. */
SB_MUST_USE int sb_unit_cut_short(struct sb_unit *unit, const struct sb_err *why, struct sb_err *err);

/** The limit that a failure names, met by @unit. */
struct sb_limit_hit sb_unit_limit(const struct sb_unit *unit, const struct sb_err *why);

/** New difference of @unit; NULL when out of memory (then @err is set). */
struct sb_diff *sb_unit_diff(struct sb_unit *unit, enum sb_diff_kind kind, struct sb_err *err);

#endif
