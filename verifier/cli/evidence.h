/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as files. */
#ifndef VERIFIER_CLI_EVIDENCE_H
#define VERIFIER_CLI_EVIDENCE_H

#include "verifier/attest/attest.h"
#include "verifier/cli/cli.h"

/** What was named as evidence, by what it is; all in the arena of the call. */
struct sb_named_evidence {
	const struct sb_span *lines;  /* files of one envelope a line, in order */
	size_t line_files;
	const struct sb_span *proofs; /* of a log */
	size_t proof_count;
	const struct sb_parcel *bundle; /* with a whole log in it; NULL: none has one */
	bool has_authority;           /* a bundle brought a policy or a root, which are not looked at */
};

/**
 * Every --attestations: a file, a bundle, or the regular files of a folder in the order of their names, without what lies deeper. What a file is, is
 * told by how it begins. Nothing is left out: more than a gate may read is LIMIT. Errors: EVIDENCE "evidence-absent", "parcel-malformed"; USAGE "option-missing"; NOMEM.
 */
SB_MUST_USE int sb_cli_load_evidence(struct sb_invocation *call, struct sb_named_evidence *out, struct sb_err *err);

/** One file that was loaded, when it is a bundle: the lines of all its statements; else as it is. Errors: EVIDENCE "parcel-malformed"; NOMEM. */
SB_MUST_USE int sb_cli_lines_of(struct sb_invocation *call, struct sb_span file, struct sb_span *out, struct sb_err *err);

/** The log in a bundle; whether there is one, its first read tells. @bundle is borrowed. */
struct sb_log_files sb_cli_bundled_log(const struct sb_parcel *bundle);

/**
 * What the evidence shows of the log that in->policy asks for, into in->log; nothing without one. A whole log is that of --log, else that of a bundle. The artifacts must be loaded.
 * Errors: those of the log; USAGE "option-value" for --log without such a policy; NOMEM.
 */
SB_MUST_USE int sb_cli_view_log(struct sb_invocation *call, const struct sb_named_evidence *evidence, struct sb_gate_in *in, struct sb_err *err);

#endif
