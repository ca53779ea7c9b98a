/* SPDX-License-Identifier: Apache-2.0 */
/* Debian source control files: deb822 paragraphs, Debian Policy 5.1 and 5.4. */
#ifndef MANIFESTS_DSC_H
#define MANIFESTS_DSC_H

#include "base/base.h"

/** A field of a deb822 paragraph: name as written, value with continuation lines joined by newlines, outer blanks removed. */
struct sb_deb822_field {
	const char *name, *value;
};
struct sb_deb822 {
	struct sb_deb822_field *fields;
	size_t count;
};

/**
 * Read the first paragraph of @text, with or without an OpenPGP clear-sign frame around it (*clear_signed; not verified here; may be NULL).
 * A field given twice (in any case of letters) is FORMAT "deb822-malformed", as are control characters and lines that are no field.
 */
SB_MUST_USE int sb_deb822_read(struct sb_span text, struct sb_arena *arena, struct sb_deb822 *out, bool *clear_signed, struct sb_err *err);
/** Value of @name, case-insensitive, or NULL. */
const char *sb_deb822_get(const struct sb_deb822 *paragraph, const char *name);

struct sb_dsc_file {
	const char *name; /* a plain file name, checked */
	uint64_t size;
	uint8_t sha256[SB_SHA256_BYTES];
};
struct sb_dsc {
	const char *source, *version, *format, *architecture;
	const char *binaries; /* the Binary field, comma separated; may be NULL */
	struct sb_dsc_file *files;
	size_t file_count;
	bool clear_signed;
};
/** Read a .dsc. Files are those of Checksums-Sha256, which must be there. Errors: FORMAT "dsc-malformed", "deb822-malformed"; NOMEM. */
SB_MUST_USE int sb_dsc_read(struct sb_span text, struct sb_arena *arena, struct sb_dsc *out, struct sb_err *err);

#endif
