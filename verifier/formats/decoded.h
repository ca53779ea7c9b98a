/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what was found in the function that was decoded last. Differences come in order, so most questions are about the same one again. */
#ifndef VERIFIER_FORMATS_DECODED_H
#define VERIFIER_FORMATS_DECODED_H

#include "verifier/formats/machine.h"

/** Zeroed, nothing was decoded. */
struct sb_decoded {
	uint64_t start, end;        /* of the function, offsets in the file */
	struct sb_reference *items; /* by offset, in an arena */
	size_t count, room;
	uint64_t spent;             /* bytes of the file that were decoded so far */
};

/** May @bytes more of the file be decoded? Of one file it is 16 MiB, however often it is asked about. Then they count as decoded. */
SB_MUST_USE bool sb_decoded_spend(struct sb_decoded *decoded, uint64_t bytes);
/** Decode @code; nothing is found in it once enough was decoded. False without memory. */
SB_MUST_USE bool sb_decoded_read(struct sb_decoded *decoded, const struct sb_code *code, struct sb_arena *arena);
/** Does the function hold @offset? */
bool sb_decoded_holds(const struct sb_decoded *decoded, uint64_t offset);
/** Give @found the references that touch [@from, @to); false when it had enough. */
SB_MUST_USE bool sb_decoded_find(const struct sb_decoded *decoded, uint64_t from, uint64_t to, sb_code_found *found, void *context);

#endif
