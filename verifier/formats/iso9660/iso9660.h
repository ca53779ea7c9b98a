/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the folder: ISO 9660. Sources: ECMA-119, 4th edition (volumes, records, path tables); SUSP 1.12 and RRIP 1.12 (Rock Ridge); Joliet
 * Specification 1.0; "El Torito" Bootable CD-ROM Format Specification 1.0.
 */
#ifndef VERIFIER_FORMATS_ISO9660_ISO9660_H
#define VERIFIER_FORMATS_ISO9660_ISO9660_H

#include "verifier/formats/paths.h"
#include "verifier/formats/places.h"
#include "verifier/formats/tiles.h"
#include "verifier/formats/xattrs.h"

enum {
	SB_ISO_SECTOR = 2048,
	SB_ISO_FIRST = 16,       /* sector of the first descriptor */
	SB_ISO_DESCRIPTORS = 64, /* that are looked at */
	SB_ISO_RECORD = 33,      /* bytes of a record before its identifier */
	SB_ISO_ROOT = 156,       /* record of the root in a descriptor */
	SB_ISO_ROOT_LENGTH = 34,
	SB_ISO_DATE = 7,
	SB_ISO_STAMP = 17,
	SB_ISO_FLAG_FOLDER = 2, /* of a record: ECMA-119 9.1.6 */
	SB_ISO_FLAG_MORE = 0x80,
};

enum sb_iso_tag {
	SB_ISO_TAG_NONE = 0, /* no fields */
	SB_ISO_TAG_VOLUME,
	SB_ISO_TAG_BOOT,
	SB_ISO_TAG_RECORD,        /* with a system use area as SUSP has it */
	SB_ISO_TAG_PLAIN,         /* without */
	SB_ISO_TAG_CONTINUATION,
	SB_ISO_TAG_PATHS_L,
	SB_ISO_TAG_PATHS_M,
	SB_ISO_TAG_BOOT_ENTRY,
};

/** What a volume descriptor says of its tree. */
struct sb_iso_volume {
	uint64_t at;               /* of the descriptor */
	uint64_t root, root_size;  /* offset, bytes */
	uint64_t paths_size, paths[4]; /* bytes; offsets of L, its copy, M, its copy; 0: none */
	uint64_t sectors;
	bool wide;                 /* names in 16-bit units: Joliet */
	bool primary;
};

/** A record of a folder. */
struct sb_iso_record {
	uint64_t at, length;
	uint64_t offset, size;     /* of what it leads to */
	unsigned flags;
	struct sb_span identifier, use; /* its name; its system use area, whole */
	bool proper;               /* nothing in it but what is told, followed or checked */
};

/** What the entries of a system use area say. Attributes go where the caller collects them. */
struct sb_iso_rock {
	const char *prefix;        /* of the names of attributes */
	struct sb_xattrs *xattrs;
	bool has_px, has_name, has_link, relocated;
	bool name_ended, link_goes_on; /* no further part of the name may follow; another part of the target must */
	bool link_glued, link_cut; /* no slash comes before the next component; the last one is but a part of one */
	uint32_t mode, uid, gid;
	uint32_t links;
	uint64_t major, minor;
	uint64_t child, parent;    /* offsets of folders that CL and PL lead to; 0: none */
	struct sb_buf name, link;
};

/** A folder as the path tables must have it. */
struct sb_iso_folder {
	uint64_t offset, up;
	struct sb_span identifier;
	uint32_t member;
	uint64_t called_from;      /* folder whose place it has by right, as PL says; 0: it lies where it belongs */
	bool called;               /* so says CL too */
};

/** A record that stands for a folder which lies elsewhere. */
struct sb_iso_call {
	uint64_t offset, from;     /* of that folder, and of the one that holds the record */
	uint32_t member;
};

/** The bytes of a file that already is a member. */
struct sb_iso_file {
	uint64_t offset, length;
	uint32_t member;
};

/** What describe() needs. */
struct sb_iso_own {
	bool rock;
	unsigned skip;             /* bytes of each system use area that are not SUSP's */
};

struct sb_iso {
	struct sb_view *view;
	struct sb_tiles tiles;
	struct sb_iso_own *own;
	struct sb_vec volumes;     /* struct sb_iso_volume */
	struct sb_vec folders;     /* struct sb_iso_folder of the tree at hand */
	struct sb_vec files;       /* struct sb_iso_file, sorted once a tree is done */
	struct sb_vec appended;    /* struct sb_iso_file: partitions behind the volume */
	struct sb_vec calls;       /* struct sb_iso_call of the tree at hand */
	struct sb_meetings met;    /* names of the tree at hand */
	bool code;                 /* the system area holds something that may lead anywhere */
	uint64_t catalog;          /* offset of the boot catalog; 0: none */
	uint64_t walked;           /* bytes of folders of the tree at hand */
};

/* ---- number.c ---- */
uint64_t sb_iso_le(struct sb_span bytes, uint64_t at, unsigned width);
uint64_t sb_iso_be(struct sb_span bytes, uint64_t at, unsigned width);
/** A number that stands there in both byte orders, of @width bytes each. False when they contradict each other. */
SB_MUST_USE bool sb_iso_both(struct sb_span bytes, uint64_t at, unsigned width, uint64_t *out);
/** ECMA-119 9.1.5: a time that exists, or seven zeros. */
bool sb_iso_is_date(struct sb_span bytes, uint64_t at);
/** ECMA-119 8.4.26.1: sixteen digits that are a time, or sixteen "0", and a zone. */
bool sb_iso_is_stamp(struct sb_span bytes, uint64_t at);

/* ---- record.c ---- */
/** The record at @at, which must end before @end. Errors: FORMAT. */
SB_MUST_USE int sb_iso_read_record(const struct sb_iso *iso, uint64_t at, uint64_t end, struct sb_iso_record *out, struct sb_err *err);
SB_MUST_USE int sb_iso_own_range(struct sb_iso *iso, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, enum sb_iso_tag tag, uint32_t member,
				 struct sb_err *err);

/* ---- rock.c ---- */
/** Reads all entries of @record, follows CE, owns what it leads to for @member. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_iso_read_rock(struct sb_iso *iso, const struct sb_iso_record *record, uint32_t member, struct sb_iso_rock *rock, struct sb_err *err);
void sb_iso_rock_release(struct sb_iso_rock *rock);
/** An attribute whose value is copied. */
SB_MUST_USE int sb_iso_attribute(struct sb_iso *iso, const struct sb_iso_rock *rock, const char *name, struct sb_span value, struct sb_err *err);

/* ---- tree.c ---- */
/** All of what lies below the root of @volume. */
SB_MUST_USE int sb_iso_take_tree(struct sb_iso *iso, const struct sb_iso_volume *volume, struct sb_err *err);

/* ---- files.c ---- */
/** The bytes of @slice are those of @member, which is not emitted yet. */
SB_MUST_USE int sb_iso_note_file(struct sb_iso *iso, const struct sb_slice *slice, uint32_t member, struct sb_err *err);
/** Once all are noted. */
void sb_iso_sort_files(struct sb_iso *iso);
/** The file that lies exactly there; NULL when there is none. */
const struct sb_iso_file *sb_iso_find_file(const struct sb_iso *iso, const struct sb_slice *slice);
/** The first file that begins at @offset; NULL when there is none. */
const struct sb_iso_file *sb_iso_file_at(const struct sb_iso *iso, uint64_t offset);

/* ---- calls.c ---- */
/** What CL leads to is found and says so by PL, both ways; a record that stands for a folder is a link to it. Errors: FORMAT. */
SB_MUST_USE int sb_iso_resolve_calls(struct sb_iso *iso, struct sb_err *err);

/* ---- paths.c ---- */
/** Own the path tables of @volume, whose folders were just walked. */
SB_MUST_USE int sb_iso_own_paths(struct sb_iso *iso, const struct sb_iso_volume *volume, struct sb_err *err);

/* ---- volume.c ---- */
/** Read and own all descriptors. */
SB_MUST_USE int sb_iso_read_volumes(struct sb_iso *iso, struct sb_err *err);

/* ---- boot.c ---- */
SB_MUST_USE int sb_iso_take_boot(struct sb_iso *iso, struct sb_err *err);
/* ---- system_area.c ---- */
/** Boot code and tables of partitions, once the trees are owned. Errors: FORMAT, LIMIT, NOMEM. */
SB_MUST_USE int sb_iso_take_system_area(struct sb_iso *iso, struct sb_err *err);

/* ---- describe.c ---- */
SB_MUST_USE int sb_iso_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
