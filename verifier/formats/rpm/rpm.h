/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: packages of RPM, version 3 and 4. Source: "RPM V4 Package format" and "Header format" of the RPM 4.18
 * reference manual; Linux Standard Base Core 4.1, chapter "Package File Format". docs/formats/rpm.md says what is derived.
 */
#ifndef VERIFIER_FORMATS_RPM_RPM_H
#define VERIFIER_FORMATS_RPM_RPM_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { SB_RPM_LEAD = 96, SB_RPM_INTRO = 16, SB_RPM_ENTRY = 16 };
enum { SB_RPM_SIGNATURE = 0, SB_RPM_MAIN = 1, SB_RPM_HEADERS = 2 };
enum sb_rpm_type {
	SB_RPM_NULL = 0, SB_RPM_CHAR, SB_RPM_INT8, SB_RPM_INT16, SB_RPM_INT32, SB_RPM_INT64, SB_RPM_STRING, SB_RPM_BIN,
	SB_RPM_STRING_ARRAY, SB_RPM_I18N
};

/** One of the two headers: an introduction, an index, and a store that the index leads into. */
struct sb_rpm_header {
	uint64_t at, entries, store, store_length; /* offsets in the file; entries is a count */
	bool repeats; /* a tag comes twice: which of them counts is a matter of order */
};

/** A row of an index with the place of what it leads to. */
struct sb_rpm_entry {
	uint32_t tag, type, count, index;
	uint64_t data, length; /* in the file */
};

/** What describe() needs; lives in the view's arena. */
struct sb_rpm {
	struct sb_rpm_header header[SB_RPM_HEADERS];
	uint64_t payload;
	struct sb_span *names; /* of the files, as the payload has them; NULL until asked for */
	size_t name_count;
	bool named;
};

/** What a tag means: a row of tags.c. */
struct sb_rpm_tag {
	uint32_t tag;
	const char *name;
	enum sb_field_kind kind;
	bool signature;
	bool of_files; /* one element a file */
	enum sb_derive_algorithm algorithm;
	enum { SB_RPM_OVER_NOTHING = 0, SB_RPM_OVER_HEADER, SB_RPM_OVER_REST, SB_RPM_OVER_PAYLOAD, SB_RPM_OVER_UNPACKED, SB_RPM_OVER_FILE } over;
};

/** The row of @tag in the signature header or the main one; NULL when it is not known. */
const struct sb_rpm_tag *sb_rpm_tag(unsigned header, uint32_t tag);

/** Read the header at @at. Errors: FORMAT "archive-damaged", "archive-truncated". */
SB_MUST_USE int sb_rpm_header(struct sb_span file, uint64_t at, struct sb_rpm_header *out, struct sb_err *err);
/** Entry @index. False when what it leads to does not lie in the store. */
SB_MUST_USE bool sb_rpm_entry(struct sb_span file, const struct sb_rpm_header *header, uint32_t index, struct sb_rpm_entry *out);
/** The first entry with @tag; false when there is none. */
SB_MUST_USE bool sb_rpm_find(struct sb_span file, const struct sb_rpm_header *header, uint32_t tag, struct sb_rpm_entry *out);
/** Bytes of one element of a type that has a fixed size; 0 for strings. */
unsigned sb_rpm_width(uint32_t type);
/** Names of the files, in the order of the header's arrays; rpm->names stays NULL when the header has none. Errors: NOMEM. */
SB_MUST_USE int sb_rpm_name_files(struct sb_view *view, struct sb_rpm *rpm, struct sb_err *err);

/** Tags of regions: the kind in the top bits, of an entry or its data the header and the row below. */
enum sb_rpm_part { SB_RPM_PART_NONE = 0, SB_RPM_PART_LEAD, SB_RPM_PART_INTRO, SB_RPM_PART_ENTRY, SB_RPM_PART_DATA, SB_RPM_PART_TRAILER };
static inline uint32_t sb_rpm_part(enum sb_rpm_part part, unsigned header, uint32_t index)
{
	return (uint32_t)part << 28 | (uint32_t)header << 24 | index;
}

SB_MUST_USE int sb_rpm_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
