/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: what the core and a worker say to each other. The core asks by short messages on a socket. A worker answers by a stream of
 * bytes through two halves of a window of shared memory: it fills a half, says how much stands there, and fills the other while the core reads.
 */
#ifndef VERIFIER_PARSING_WIRE_H
#define VERIFIER_PARSING_WIRE_H

#include "verifier/formats/formats.h"

enum { SB_WIRE_CHANNEL = 3, SB_WIRE_HALF = 256 << 10, SB_WIRE_ITEMS = 128, SB_WIRE_PAYLOAD = 8192 };

enum sb_wire_ask {
	SB_ASK_TAKEN = 1, /* the core has read a half */
	SB_ASK_INPUT,     /* a: offset, b: length; with a descriptor */
	SB_ASK_CONFIRM,   /* a: row of the format */
	SB_ASK_OPEN,      /* a: row of the format, b: not 0 when only the code is wanted; payload: the hint */
	SB_ASK_DESCRIBE,  /* payload: count indexes of regions */
	SB_ASK_LOCATE,    /* a: index of the region, b: offset */
	SB_ASK_DECODE,    /* payload: count items */
	SB_ASK_ENCODE_AGAIN, /* a: the setting; payload: one item */
	SB_ASK_SEVERITY,  /* a: index of the region or UINT64_MAX, b: offset, payload: length; so too: */
	SB_ASK_SHOW,
	SB_ASK_REFERENCES,
	SB_ASK_ROWS,
	SB_ASK_ANCHORS,
	SB_ASK_FACTS,
	SB_ASK_CLAUSES,
	SB_ASK_TELL,
	SB_ASK_GISTS,
	SB_ASK_ACTED_ON,  /* as SB_ASK_SEVERITY */
};

/** From the core, which a worker trusts. */
struct sb_wire_request {
	uint64_t ask, count, a, b;
	uint8_t payload[SB_WIRE_PAYLOAD];
};
#define SB_WIRE_HEAD (sizeof(struct sb_wire_request) - SB_WIRE_PAYLOAD)

/** One member of SB_ASK_DECODE and SB_ASK_ENCODE_AGAIN. */
struct sb_wire_item {
	uint64_t codec, offset, length, size;
};

/** From a worker, which nobody trusts: @length bytes stand in @half. */
struct sb_wire_piece {
	uint64_t half, length, last;
};

#endif
