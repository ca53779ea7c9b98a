/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: the directory of a zip file against the headers in front of its members. Source: PKWARE
 * APPNOTE.TXT 6.3.10, sections 4.3 to 4.5; Info-ZIP extra fields. docs/formats/zip.md says where readers disagree and
 * what is done.
 */
#ifndef VERIFIER_FORMATS_ZIP_ZIP_H
#define VERIFIER_FORMATS_ZIP_ZIP_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { SB_ZIP_LOCAL = 30, SB_ZIP_CENTRAL = 46, SB_ZIP_END = 22, SB_ZIP_END64 = 56, SB_ZIP_LOCATOR = 20 };
enum {
	SB_ZIP_FLAG_ENCRYPTED = 1,
	SB_ZIP_FLAG_DESCRIPTOR = 8,
	SB_ZIP_FLAG_STRONG = 1 << 6,
	SB_ZIP_FLAG_UTF8 = 1 << 11,
	SB_ZIP_FLAG_MASKED = 1 << 13
};
enum { SB_ZIP_STORED = 0, SB_ZIP_DEFLATED = 8 };

/** Tags of regions that describe() can type. */
enum sb_zip_tag {
	SB_ZIP_TAG_NONE = 0,
	SB_ZIP_TAG_LOCAL,
	SB_ZIP_TAG_CENTRAL,
	SB_ZIP_TAG_END,
	SB_ZIP_TAG_END64,
	SB_ZIP_TAG_LOCATOR,
	SB_ZIP_TAG_DESCRIPTOR,
	SB_ZIP_TAG_BLOCK,
	SB_ZIP_TAG_BLOCK_END
};

/** A local or a central header, numbers widened by its zip64 extra field. */
struct sb_zip_header {
	uint64_t at, length; /* of the whole record, name and extra fields included */
	unsigned host, flags, method;
	uint64_t dos_time, crc, packed, size, external, local;
	struct sb_span name, extra;
	bool zip64;
};

/** Where the directory is, and what ends the file. */
struct sb_zip_end {
	uint64_t end, end_length; /* end record and its comment */
	uint64_t locator, end64;  /* offsets of the zip64 records; 0: none */
	uint64_t end64_length;
	uint64_t directory, directory_length, entries;
	uint64_t shift; /* bytes in front that the offsets do not count */
	bool ambiguous; /* another end could be meant */
};

/** Read the record at @at. False when it is none or does not fit. */
SB_MUST_USE bool sb_zip_local(struct sb_span file, uint64_t at, struct sb_zip_header *out);
SB_MUST_USE bool sb_zip_central(struct sb_span file, uint64_t at, struct sb_zip_header *out);
SB_MUST_USE bool sb_zip_find_end(struct sb_span file, struct sb_zip_end *out);

/** The extra field @id of @extra; false when there is none. */
SB_MUST_USE bool sb_zip_extra(struct sb_span extra, unsigned id, struct sb_span *out);
/** Type, mode, owner, time and link target of the member, from its central header. @member has its content set. Errors:
 * NOMEM. */
SB_MUST_USE int sb_zip_facts(struct sb_view *view, const struct sb_zip_header *header, struct sb_member *member,
			     struct sb_err *err);
/** Emit what makes two readers see different members. */
SB_MUST_USE int sb_zip_check_names(struct sb_view *view, const struct sb_zip_header *central,
				   const struct sb_zip_header *local, uint32_t ordinal, struct sb_err *err);

/** Regions of an APK signing block that ends at @directory onto @owners (struct sb_region); none when there is no well-formed one. */
SB_MUST_USE int sb_zip_own_signing_block(struct sb_view *view, uint64_t directory, struct sb_vec *owners, struct sb_err *err);

SB_MUST_USE int sb_zip_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
/** Fields of the extra part of @header, which begins at @at; @member is its ordinal. */
SB_MUST_USE int sb_zip_describe_extra(struct sb_view *view, uint64_t at, const struct sb_zip_header *header, uint32_t member,
				      struct sb_err *err);
SB_MUST_USE int sb_zip_describe_block(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
