/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: how a vendor's header is told, as rows of tables. */
#ifndef VERIFIER_FORMATS_VENDOR_HEADER_H
#define VERIFIER_FORMATS_VENDOR_HEADER_H

#include "verifier/formats/emit.h"

/** A number of bytes that a header states: what stands in @width bytes at @at, times @unit (0: 1), plus @more. Of width 0 it is @more alone. */
struct sb_vendor_number {
	uint16_t at;
	uint8_t width;
	uint16_t high; /* where one byte stands that goes above the others; 0: none */
	uint16_t unit;
	int32_t more;
};

/** Bytes that a file of this kind has at @at. */
struct sb_vendor_mark {
	uint16_t at;
	uint8_t length; /* 0: no mark */
	const char *bytes;
};

/** What lies behind the header, in order. */
struct sb_vendor_part {
	const char *name;               /* NULL: a sum of what comes before it, no member */
	struct sb_vendor_number offset; /* of width 0: where the part before it ends */
	struct sb_vendor_number length; /* a part of no bytes is not there */
};

/** A sum that the header states, or a part without a name is, and what it is of. */
struct sb_vendor_sum {
	const char *name;
	uint16_t at, width; /* in the header; width 0: it is the last part */
	enum sb_derive_algorithm algorithm;
	uint8_t first, last; /* over these parts, counted from 1; 0: over bytes of the file: */
	uint16_t from;
	struct sb_vendor_number length; /* of which so many; none stated and no constant: to its end */
};

enum { SB_VENDOR_MARKS = 3, SB_VENDOR_PARTS = 3, SB_VENDOR_SUMS = 4 };

struct sb_vendor_header {
	const char *name;   /* of the region: "SEAMA header" */
	bool big_endian;
	struct sb_vendor_mark marks[SB_VENDOR_MARKS];
	bool (*holds)(struct sb_span file); /* where marks are weak: do its numbers agree? NULL: the marks are enough */
	struct sb_vendor_number size;
	struct sb_vendor_part parts[SB_VENDOR_PARTS]; /* up to the first without a length */
	struct sb_vendor_sum sums[SB_VENDOR_SUMS];    /* up to the first without a name */
	const struct sb_layout_row *rows;
	size_t row_count;
};

/** All that are known, in the order in which they are tried: the first whose marks a file has, and whose parts lie inside of it, is taken. */
const struct sb_vendor_header *sb_vendor_headers(size_t *count);

#endif
