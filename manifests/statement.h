/* SPDX-License-Identifier: Apache-2.0 */
/* in-toto Statement v1 with the comparison predicate (docs/formats/comparison-predicate.md). */
#ifndef MANIFESTS_STATEMENT_H
#define MANIFESTS_STATEMENT_H

#include "hashing/hashing.h"
#include "manifests/node.h"
#include "verifier/model/model.h"

#define SB_STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define SB_PREDICATE_COMPARISON "https://samebuild.dev/comparison/v1"


/** What a statement says beside the result: all borrowed. */
struct sb_statement_context {
	const char *verifier_id;           /* URI of the party's installation */
	uint8_t program_sha256[SB_SHA256_BYTES];
	const char *resource_uri;          /* purl of the product */
	bool has_source;                   /* false: made by `compare`, there is no drop */
	uint8_t manifest_sha256[SB_SHA256_BYTES], recipe_sha256[SB_SHA256_BYTES];
	const struct sb_named_digest *drops;
	size_t drop_count;
	const struct sb_named_digest *opaque; /* prebuilt inputs of the drop */
	size_t opaque_count;
	struct sb_named_digest report;     /* the full result record */
	const char *finished;              /* RFC 3339, or NULL: not said */
};

/** Canonical JSON of the statement. Subjects are the shipped artifacts. Errors: EVIDENCE "statement-empty" when nothing shipped was compared; NOMEM. */
SB_MUST_USE int sb_statement_write(const struct sb_result *result, const struct sb_statement_context *context, struct sb_buf *out,
                                   struct sb_err *err);

struct sb_subject {
	const char *name;
	struct sb_digest digest; /* sha256 always; blake2b when given with 64 bytes */
	enum sb_level level;     /* of its artifact; UNDETERMINED when the predicate has none */
};
/** A statement read back and checked: subjects and artifacts agree, all required fields are there, no level is better than its worst part. */
struct sb_statement {
	struct sb_subject *subjects;
	size_t subject_count;
	enum sb_level level;
	bool complete;
	const char *resource_uri, *verifier_id;
	uint8_t report_sha256[SB_SHA256_BYTES];
	const struct sb_node *predicate;
};
/** Errors: EVIDENCE "statement-malformed", "statement-type", "statement-inconsistent"; NOMEM. */
SB_MUST_USE int sb_statement_read(struct sb_span json, struct sb_arena *arena, struct sb_statement *out, struct sb_err *err);

#endif
