/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: a row of the table of explainers, and what all of them are given. */
#ifndef VERIFIER_EXPLAIN_EXPLAINER_H
#define VERIFIER_EXPLAIN_EXPLAINER_H

#include "verifier/explain/explain.h"

struct sb_values;
struct sb_identifiers;

/** Regions of one member, in order of offset. */
struct sb_region_list {
	const struct sb_region *region;
	const struct sb_region_list *next;
};
struct sb_region_index {
	const struct sb_pair *pair;
	const struct sb_region_list **of[SB_SIDES]; /* by member */
	size_t members[SB_SIDES];
};

/** Members of an opened pair by name, and its children by their shipped member. */
struct sb_name_index {
	const struct sb_pair *pair;
	const struct sb_member **member[SB_SIDES];
	size_t count[SB_SIDES];
	const struct sb_pair **child;
	size_t children;
};

/** What is known of the signature containers of an opened pair. */
struct sb_detached {
	const struct sb_pair *pair;
	unsigned found[SB_SIDES];
	bool right[SB_SIDES];
	const char *why[SB_SIDES]; /* of a side that is not right */
};

/** CRC-32 of content that was read already, by where it lies. */
struct sb_crc_row {
	const uint8_t *p;
	size_t n;
	uint32_t crc;
};

/** What an explainer may look at: one artifact, read-only. */
struct sb_explaining {
	const struct sb_comparison *comparison;
	const struct sb_compared *artifact;
	struct sb_region_index index; /* of the pair last asked for */
	const struct sb_facts *facts;
	struct {
		const struct sb_pair *pair;
		bool found;
	} masked; /* whether all modes of the archive last asked for differ by a mask */
	struct {
		const struct sb_pair *pair;
		enum sb_cause cause;
		const char *why;
	} lines; /* of the text last asked for */
	const struct sb_values *values; /* of the environment; NULL until somebody asks */
	struct sb_identifiers *identifiers; /* names that differ, and whether anybody calls them; NULL until somebody asks */
	struct sb_arena *arena; /* for notes */
	struct sb_name_index names[2]; /* of the pairs last asked for, the newest first */
	struct {
		const struct sb_pair *pair;
		enum sb_level level;
	} listed; /* what listed.c found of the text last asked for */
	struct {
		const struct sb_pair *pair;
		bool follows, said; /* content has another length when encoded; a layout was claimed already */
	} layout; /* of the pair last asked for */
	struct sb_detached detached; /* of the pair last asked for */
	struct {
		const struct sb_pair *pair;
		bool owned;
	} cleartext, /* whether the text last asked for is the same on both sides but for its signature */
		manifest; /* whether signing explains the manifest of a jar that was last asked for */
	struct {
		const struct sb_pair *pair;
		bool agree;
	} needs; /* what packing.c found of the dependencies of the package last asked for */
	struct sb_crc_row *crcs; /* on the heap; NULL until somebody asks */
	struct {
		bool looked, sound;
	} recorded; /* whether one shipped time stands wherever the artifact has ours */
	bool no_memory;         /* set when a note could not be made */
};

/**
 * An explainer looks at one difference and says whether it owns it. It proves what it says on the bytes of each side by itself; it
 * returns false, leaving @claim untouched, whenever anything is not exactly as its rule demands. Rows are asked in table order and the
 * first that owns a difference has it.
 */
struct sb_explainer {
	const char *name;    /* as it stands in the version of the rules: "tar-checksum" */
	enum sb_cause cause;
	enum sb_rule rule;
	unsigned version;    /* raised when it says something else for any input */
	bool (*claim)(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim);
};

extern const struct sb_explainer sb_explain_derived, sb_explain_position, sb_explain_listed, sb_explain_size,
	 sb_explain_offset, sb_explain_build_id, sb_explain_debuglink, sb_explain_macho_uuid, sb_explain_disk_id, sb_explain_installed_size,
	sb_explain_environment, sb_explain_recorded_time, sb_explain_timestamp, sb_explain_padding, sb_explain_encoding, sb_explain_inode, sb_explain_order,
	sb_explain_layout, sb_explain_volume_id, sb_explain_signature, sb_explain_packing, sb_explain_cleartext;

/** A sentence in the arena; notes a failure and gives "" when there is no memory. Foreign parts must be escaped already. */
const char *sb_explain_note(struct sb_explaining *in, const char *fmt, ...) SB_PRINTF(2, 3);
/** Foreign text made safe. */
const char *sb_explain_shown(struct sb_explaining *in, struct sb_span text);

/** Bytes of one side of a difference. */
struct sb_span sb_diff_bytes(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side);
/** True for a field of @kind. */
bool sb_diff_is_field(const struct sb_diff *diff, enum sb_field_kind kind);
/** Regions of the member with this ordinal (1 + index); NULL when there are none. @pair is opened. */
const struct sb_region_list *sb_regions_of_member(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, uint32_t member);
/** By kind, name and place, as compare pairs them by kind, name and ordinal; the caller frees it. NULL when out of memory. */
const struct sb_region **sb_regions_sorted(const struct sb_view *view);
/** The same order without the place: 0 for those that may be counterparts. */
int sb_region_order(const struct sb_region *a, const struct sb_region *b);
/** A container may say a thing in several headers of a member: do all fields like this one hold the same on that side? */
SB_MUST_USE bool sb_field_is_repeated(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side);
/** RFC 4122, 4.4: version 4, as mke2fs and others draw it, and no text. A serial number of four bytes may be anything. */
bool sb_identifier_is_drawn(struct sb_span id);
/**
 * An identifier of 4 or 16 bytes differs: may the other side mean something by that name, in another field, a text or anything else of the artifact?
 * True also when that cannot be found out. Nothing that is called by its name is freedom.
 */
bool sb_identifier_is_called(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff);
/** Frees what was remembered for that. */
void sb_identifiers_release(struct sb_explaining *in);
/** Is it a time as zip files and FAT have it, of a month and day that there are? */
bool sb_is_dos_time(uint64_t value);
/** Bytes of the first field called @field in @region; empty when there is none, or no region. */
struct sb_span sb_region_field(struct sb_view *view, const struct sb_region *region, const char *field);
/** The same of the first region called @name. */
struct sb_span sb_elf_field(struct sb_view *view, const char *name, const char *field);
/** Two ids that are no digests, or that agree in more bytes than chance allows. */
bool sb_ids_look_edited(const struct sb_span id[SB_SIDES]);
/**
 * Does a derived field of a side hold what its algorithm gives for the bytes of that side? *known is false when those bytes are not
 * there to be asked: a member that is equal on both sides, or that cannot be read.
 */
SB_MUST_USE bool sb_field_is_right(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_field *field, bool *known);
bool sb_field_is_digest(const struct sb_field *field);
/** Claims for derived fields that nobody changed although what they are computed from was: onto @claims. Errors: NOMEM. */
SB_MUST_USE int sb_explain_stale(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err);
/** Claims for places of a shipped archive where readers disagree, and which the rebuilt one does not have: onto @claims. Errors: NOMEM. */
SB_MUST_USE int sb_explain_disagreeing(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err);
/** The one member of that name on a side of an opened pair; NULL when there is none, or more than one. */
const struct sb_member *sb_member_named(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, struct sb_span name);
/** The pair that compares the content of @member of @side; NULL when the content is equal or has no counterpart. */
const struct sb_pair *sb_child_of(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_member *member);
/** Would sb_explain_build_id own the build-id of this pair? */
bool sb_build_id_claimable(struct sb_reading *reading, const struct sb_pair *pair);

/** The content whose encoded form differs; NULL when it is not known. */
const struct sb_pair *sb_encoded_payload(const struct sb_pair *pair, const struct sb_diff *diff);
/** Encoded forms that encoders at hand give: @claims, all of the artifact, become derived, or say what was chosen. */
void sb_explain_encoders(struct sb_explaining *in, struct sb_vec *claims);

/** At most as many bytes as the order of the things in a difference of kind ORDER can say: each of them names its place. */
uint64_t sb_explain_freedom_of_order(const struct sb_diff *diff);

/** Is the separate debug file at hand, and does the checksum in the difference fit it? */
enum sb_debuglink_state { SB_DEBUGLINK_ABSENT = 0, SB_DEBUGLINK_RIGHT, SB_DEBUGLINK_WRONG };
enum sb_debuglink_state sb_debuglink_state(const struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side);

/** Why the signature container that holds the difference could not be detached, a sentence; NULL when there is nothing to tell. */
const char *sb_explain_signature_trouble(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff);

/** The Debian package that holds this pair (control file < control.tar < control.tar.* < package), or NULL. */
const struct sb_pair *sb_package_of(const struct sb_pair *pair);
/** The opened data archive of a package, below its compression, or NULL. */
const struct sb_pair *sb_package_data(const struct sb_pair *package);
/** Does the md5sums of the package state the content of this file on each side? True outside of packages and for files not listed. */
bool sb_md5sums_agree(struct sb_reading *reading, const struct sb_pair *pair);

/** In a file that is no archive a changed order is not primary beside primary differences that nobody owns. @first: where the claims of @pair begin. */
void sb_explain_moved(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first);
/** Claims [@first, count) of @claims are those of one pair: of each proven cause only the first place stays primary, and says how many there are. */
void sb_explain_repeated(struct sb_explaining *in, struct sb_vec *claims, size_t first);

/** Add to the notes of derived claims what they come from. @claims: all of the artifact, in tree order. */
void sb_explain_attribute(struct sb_explaining *in, struct sb_claim *claims, size_t count);

/** Say what a difference that nobody owns probably is: cause, rule HINT or NONE, severity, note. */
void sb_explain_hint(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim);
/** The same for a pair that could not be compared. */
void sb_explain_state(struct sb_explaining *in, const struct sb_pair *pair, struct sb_claim *claim);

#endif
