/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: images of memory as lines of digits. Sources: Intel, Hexadecimal Object File Format Specification, revision A (1988);
 * Motorola S-records, srec(5) of srecord 1.64. docs/formats/ihex.md and srec.md say what owns which byte.
 */
#ifndef VERIFIER_FORMATS_RECORDS_RECORDS_H
#define VERIFIER_FORMATS_RECORDS_RECORDS_H

#include "verifier/formats/emit.h"

enum sb_digits_kind {
	SB_RECORD_NONE = 0,
	SB_RECORD_DATA,
	SB_RECORD_BASE,  /* what is added to the addresses behind it */
	SB_RECORD_TITLE, /* S0 */
	SB_RECORD_COUNT, /* S5, S6 */
	SB_RECORD_START, /* where execution begins */
	SB_RECORD_END,   /* of the file; of S-records also where execution begins */
};

/** One line. */
struct sb_digits_record {
	enum sb_digits_kind kind;
	uint64_t at, end;  /* in the file, with the line end */
	uint64_t address;  /* of DATA: in memory */
	uint64_t digits;   /* where the digits of the data begin */
	size_t size;       /* bytes of data */
	size_t total;      /* bytes of all pairs of digits, with the checksum */
	uint64_t pairs;    /* where they begin */
};

/** What stood before: data or anything else, a segment of zero, or another base. */
enum sb_digits_after { SB_AFTER_DATA = 0, SB_AFTER_ZERO, SB_AFTER_BASE };

/** From line to line. */
struct sb_digits_reader {
	struct sb_span file;
	uint64_t at;
	bool motorola;
	uint64_t segment, linear; /* bases of both kinds; one of them is zero */
	enum sb_digits_after after;
	bool segmented; /* addresses wrap at 64 KiB, and a line that would is refused */
};

enum { SB_RECORD_MOST = 255 + 6 };

/** The next line; false when it is none, or a base that readers take in different ways. Looks at the shape and the address, not at the data. */
SB_MUST_USE bool sb_digits_next(struct sb_digits_reader *reader, struct sb_digits_record *out);
/** The bytes of the data in @bytes, which has room for SB_RECORD_MOST; false when a digit is none or the checksum is wrong. */
SB_MUST_USE bool sb_digits_read(const struct sb_digits_reader *reader, const struct sb_digits_record *record, uint8_t *bytes);

#endif
