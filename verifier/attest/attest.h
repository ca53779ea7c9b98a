/* SPDX-License-Identifier: Apache-2.0 */
/* Last stage: sign what was found, and check what others signed. */
#ifndef VERIFIER_ATTEST_ATTEST_H
#define VERIFIER_ATTEST_ATTEST_H

#include "manifests/manifests.h"
#include "verifier/model/model.h"

/** Statement of @result in a DSSE envelope, one line. Negative and undetermined results are signed like any other. */
SB_MUST_USE int sb_attest_sign(const struct sb_result *result, const struct sb_statement_context *context, const struct sb_secret *secret,
                               struct sb_buf *out, struct sb_err *err);

/** One check that verification made, for `-v`: expected and found are escaped text. */
struct sb_attest_check {
	const char *name; /* "envelope", "subject", "report", "level" */
	bool ok;
	const char *expected, *found;
};

struct sb_attest_verify_in {
	struct sb_span lines;          /* JSON lines; other lines are counted and skipped */
	const uint8_t (*keys)[SB_PUBLIC_BYTES]; /* every one must have signed */
	size_t key_count;              /* at least 1 */
	const struct sb_digest *artifacts; /* each must be a subject; at least 1; both kinds computed by the caller from the bytes */
	const char *const *artifact_names;
	size_t artifact_count;
	const char *resource_uri;      /* NULL: not asked */
	enum sb_level least;           /* of each artifact asked for and of the run; UNDETERMINED: not asked */
	const struct sb_digest *report; /* digest of the report beside, or NULL */
};
struct sb_attest_verified {
	const struct sb_attest_check *checks;
	size_t check_count;
	uint64_t lines_skipped;
	struct sb_statement statement; /* of the envelope that passed or came furthest; set only when its signatures are good */
	bool good;                     /* evidence good and everything asked for holds */
};
/**
 * Everything in @out lives in @arena. Returns 0 with out->good only when every check holds. Errors: EVIDENCE (6) when no envelope has a good signature of
 * every key or names an artifact ("signature-bad", "subject-absent", …); a good signature with a lower level than asked is 0 with good == false (exit 1).
 */
SB_MUST_USE int sb_attest_verify(const struct sb_attest_verify_in *in, struct sb_arena *arena, struct sb_attest_verified *out, struct sb_err *err);

#endif
