/* SPDX-License-Identifier: Apache-2.0 */
/* What travels with a statement, and between a log and its witnesses: C2SP tlog-proof and tlog-witness. */
#ifndef MANIFESTS_TLOG_PROOF_H
#define MANIFESTS_TLOG_PROOF_H

#include "manifests/checkpoint.h"

/** Proof that an entry is in a log, as a file ".tlog-proof". Nothing in it is trusted. */
struct sb_tlog_proof {
	struct sb_span extra;      /* a hint, signed by nobody; empty: none. Ours is the SHA-256 of the signed bytes of an envelope */
	uint64_t index;
	struct sb_merkle_proof path;
	struct sb_span checkpoint; /* a signed note */
};
/** True when @bytes begin like one. */
bool sb_tlog_proof_is(struct sb_span bytes);
/** Spans but the checkpoint live in @arena. Errors: EVIDENCE "proof-malformed"; LIMIT; NOMEM. */
SB_MUST_USE int sb_tlog_proof_read(struct sb_span bytes, struct sb_arena *arena, struct sb_tlog_proof *out, struct sb_err *err);
void sb_tlog_proof_write(const struct sb_tlog_proof *proof, struct sb_buf *out);

/** What a log asks of a witness, the body of add-checkpoint: "you know the first @old entries; sign this". */
struct sb_witness_request {
	uint64_t old;
	struct sb_merkle_proof proof;
	struct sb_span checkpoint; /* a signed note */
};
/** Errors: EVIDENCE "request-malformed"; LIMIT. */
SB_MUST_USE int sb_witness_request_read(struct sb_span bytes, struct sb_witness_request *out, struct sb_err *err);
void sb_witness_request_write(const struct sb_witness_request *request, struct sb_buf *out);

#endif
