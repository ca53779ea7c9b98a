/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: files that the build made, by what is in them. */
#ifndef VERIFIER_TRACE_ALIKE_H
#define VERIFIER_TRACE_ALIKE_H

#include "verifier/trace/graph.h"
#include "verifier/trace/uses.h"

struct sb_alike {
	const struct sb_trace *trace;
	uint32_t *files; /* of the trace: built and digested, by size, then digest */
	size_t count;
};

/** Errors: NOMEM. Release with sb_alike_release. */
SB_MUST_USE int sb_alike_make(const struct sb_trace *trace, struct sb_alike *out, struct sb_err *err);
void sb_alike_release(struct sb_alike *alike);

/** How many files have the content of @use, from alike->files[*first] on. It is digested only when there are some of its size. */
size_t sb_alike_find(const struct sb_alike *alike, struct sb_source_use *use, size_t *first);
/** Likewise those of a content that is known by its digest. */
size_t sb_alike_find_digest(const struct sb_alike *alike, uint64_t size, const uint8_t sha256[SB_SHA256_BYTES], size_t *first);

#endif
