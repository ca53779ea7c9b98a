/* SPDX-License-Identifier: Apache-2.0 */
/* Finished runs, kept so that they can be reported, signed and gated without a rebuild. */
#ifndef VERIFIER_CLI_RUNS_H
#define VERIFIER_CLI_RUNS_H

#include "manifests/manifests.h"
#include "verifier/cli/cli.h"

/** What a run is beside its result: strings in an arena. */
struct sb_run_context {
	const char *resource_uri;
	bool has_source;
	uint8_t manifest_sha256[SB_SHA256_BYTES], recipe_sha256[SB_SHA256_BYTES];
	const struct sb_named_digest *drops, *opaque;
	size_t drop_count, opaque_count;
};

/**
 * Keep a run below $XDG_STATE_HOME/samebuild/runs/<id>: record.json, context.json, trace.json where there is one. *id is 8 hexadecimal digits of the digest of
 * both, in call->arena: the same result is the same run. Errors: TEMPORARY "run-unwritable".
 */
SB_MUST_USE int sb_run_keep(struct sb_invocation *call, const struct sb_result *result, const struct sb_run_context *context, const char **id,
                            struct sb_err *err);
/** Path of the folder of run @id; @id itself when it has a slash, or is no id and names a folder. NULL without memory or home. */
const char *sb_run_folder(struct sb_invocation *call, const char *id);
/**
 * Read a run back. @record: the bytes that a statement names by digest. A run that is named by its id must still hold what was kept.
 * Errors: USAGE "run-unknown"; EVIDENCE "run-damaged"; those of the readers.
 */
SB_MUST_USE int sb_run_load(struct sb_invocation *call, const char *id, struct sb_result *result, struct sb_run_context *context,
                            struct sb_span *record, struct sb_err *err);
/** Sign a run's statement with the key in @key_path and write it to @path. */
SB_MUST_USE int sb_run_sign(struct sb_invocation *call, const char *id, const char *key_path, const char *path, struct sb_err *err);

#endif
