/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gate decided, for others to rely on: a verification summary (SLSA VSA v1) and, where it was reproduced by several, a simple verification
 * result (in-toto SVR v0.2). docs/policy.md, "Handing a decision on".
 */
#ifndef MANIFESTS_VSA_H
#define MANIFESTS_VSA_H

#include "hashing/hashing.h"
#include "manifests/node.h"
#include "verifier/model/model.h"

#define SB_PREDICATE_SUMMARY "https://slsa.dev/verification_summary/v1"
#define SB_PREDICATE_RESULT "https://in-toto.io/attestation/svr/v0.2"

/** What is stated of one file; all borrowed. Zeroed, it says that nothing passed. */
struct sb_vsa {
	const char *name;             /* of the file */
	struct sb_digest digest;      /* both kinds */
	const char *verifier_id;      /* URI of whoever decided */
	int64_t time;                 /* when, seconds since 1970 */
	const char *resource_uri;     /* the product */
	const char *policy_uri;
	uint8_t policy_sha256[SB_SHA256_BYTES];
	const char *const *inputs;    /* SHA-256 of each envelope's encoding, in hexadecimal, in order, each once */
	size_t input_count;
	bool passed;
	bool waived;                  /* by a waiver, whatever the level */
	enum sb_level level;          /* the worst that those stated whose word was taken */
};
/** Canonical JSON of the VSA. Errors: NOMEM. */
SB_MUST_USE int sb_vsa_write(const struct sb_vsa *summary, struct sb_buf *out, struct sb_err *err);
/** Canonical JSON of an SVR that states SLSA_BUILD_REPRODUCED: only for who counted two independent parties. Errors: NOMEM. */
SB_MUST_USE int sb_vsa_write_reproduced(const struct sb_vsa *summary, struct sb_buf *out, struct sb_err *err);

/** A VSA read back. */
struct sb_vsa_read {
	const char *verifier_id, *resource_uri;
	int64_t time;
	bool passed;                  /* PASSED and nothing else */
	bool waived;
	enum sb_level level;          /* the worst that it names; UNDETERMINED: none */
	struct sb_digest *subjects;   /* sha256 always; blake2b when given with 64 bytes */
	size_t subject_count;
};
/** Errors: EVIDENCE "summary-type" (something else), "summary-malformed"; NOMEM. */
SB_MUST_USE int sb_vsa_read(struct sb_span json, struct sb_arena *arena, struct sb_vsa_read *out, struct sb_err *err);

#endif
