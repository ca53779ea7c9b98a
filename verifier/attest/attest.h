/* SPDX-License-Identifier: Apache-2.0 */
/* Last stage: sign what was found, and check what others signed. */
#ifndef VERIFIER_ATTEST_ATTEST_H
#define VERIFIER_ATTEST_ATTEST_H

#include "manifests/manifests.h"
#include "verifier/log/log.h"
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
	struct sb_statement statement; /* the worst of those that count; set only when its signatures are good */
	bool good;                     /* evidence good and everything asked for holds */
};
/**
 * Everything in @out lives in @arena. Returns 0 with out->good only when every check holds. Errors: EVIDENCE (6) when no envelope has a good signature of
 * every key or names an artifact ("signature-bad", "subject-absent", …); a good signature with a lower level than asked is 0 with good == false (exit 1).
 */
SB_MUST_USE int sb_attest_verify(const struct sb_attest_verify_in *in, struct sb_arena *arena, struct sb_attest_verified *out, struct sb_err *err);

/* ---- trust ---- */

/**
 * May @root begin a chain? Its file has the digest that somebody named, and its own keys have signed it. When it expires is not asked.
 * Errors: EVIDENCE "root-digest", "root-unsigned".
 */
SB_MUST_USE int sb_attest_trust_begin(const struct sb_trust_root *root, struct sb_span file, const uint8_t sha256[SB_SHA256_BYTES], struct sb_err *err);
/**
 * Does @next follow @root? Just one version later, signed by the threshold of both. Source: TUF specification 5.3.4 and 5.3.5.
 * Errors: EVIDENCE "root-rollback", "root-gap", "root-unsigned".
 */
SB_MUST_USE int sb_attest_trust_follow(const struct sb_trust_root *root, const struct sb_trust_root *next, struct sb_err *err);
/**
 * May @root be used at @time? @since: when this version was first kept here; @max_age seconds since then, 0: not asked.
 * Errors: EVIDENCE "root-expired", "root-stale".
 */
SB_MUST_USE int sb_attest_trust_current(const struct sb_trust_root *root, int64_t since, uint64_t max_age, int64_t time, struct sb_err *err);
/** Sign @root with a key of its own or of @previous (may be NULL): the signature is added in @arena. Errors: USAGE "root-signer"; NOMEM. */
SB_MUST_USE int sb_attest_trust_sign(struct sb_trust_root *root, const struct sb_trust_root *previous, const struct sb_secret *secret, struct sb_arena *arena,
                                     struct sb_err *err);

/** May the key at @index sign policies at @time? */
bool sb_attest_may_sign_policies(const struct sb_trust_root *root, size_t index, int64_t time);
/** What the first envelope of @lines holds, in @arena; no signature is looked at. Errors: EVIDENCE "policy-unsigned", "envelope-malformed"; LIMIT; NOMEM. */
SB_MUST_USE int sb_attest_policy_open(struct sb_span lines, struct sb_arena *arena, struct sb_span *out, struct sb_err *err);
/**
 * Is the policy in @lines, one envelope a line, signed by as many different keys as @root asks for? All lines must hold the same policy.
 * Errors: as above.
 */
SB_MUST_USE int sb_attest_policy_check(struct sb_span lines, const struct sb_trust_root *root, int64_t time, struct sb_arena *arena, struct sb_err *err);
/** One line more for such a file. Errors: USAGE "policy-signer"; NOMEM. */
SB_MUST_USE int sb_attest_policy_sign(const struct sb_policy *policy, const struct sb_trust_root *root, int64_t time, const struct sb_secret *secret,
                                      struct sb_buf *out, struct sb_err *err);

/* ---- what is no statement ---- */

/** A signature of minisign, signify or OpenSSH, or an in-toto link, and what it shall be about: all borrowed. */
struct sb_attest_foreign_in {
	struct sb_span text;
	const uint8_t (*keys)[SB_PUBLIC_BYTES]; /* every one must have signed; at least 1 */
	size_t key_count;
	const struct sb_span *artifacts; /* the bytes of the files; a signature of a file takes exactly one */
	size_t artifact_count;
};
/** That it holds, never that something was rebuilt: there is no level in it. */
struct sb_attest_foreign {
	const char *kind;   /* "minisign", "signify", "sshsig", "in-toto-link" */
	const char *proves; /* one sentence */
};
/** Is @text one of these? Nothing is verified. */
bool sb_attest_is_foreign(struct sb_span text, struct sb_arena *arena);
/** Returns 0 only when every key has signed, and what was signed is about every file. Errors: EVIDENCE "filesig-malformed", "link-malformed", "signature-bad", "subject-absent"; USAGE. */
SB_MUST_USE int sb_attest_verify_foreign(const struct sb_attest_foreign_in *in, struct sb_arena *arena, struct sb_attest_foreign *out, struct sb_err *err);

/* ---- gate ---- */

/** What one party says of one file, in one statement. */
struct sb_gate_voice {
	const char *party;   /* NULL: no key of the policy signed it */
	const char *pae;     /* SHA-256 of what was signed, in hexadecimal; "" when nothing could be read */
	const char *reason;  /* why it does not count, a word of docs/policy.md; NULL: it counts */
	enum sb_level level; /* that it states of the file */
	bool dissents;       /* it states that the file is different */
	bool waived;         /* it would count by waivers of the policy, whatever its level */
};

/** One rule of the policy for one file. Texts are escaped. */
struct sb_gate_rule {
	const char *name; /* "evidence", "class", "quorum", "distinct", "waiver", "log", "veto" */
	bool ok;
	const char *needed, *found;
};

struct sb_gate_artifact {
	const char *name;
	struct sb_digest digest;
	bool verified;  /* a statement that is signed by a valid key of the policy names these bytes */
	bool allowed;   /* every rule holds */
	enum sb_level level; /* the worst that those state whose word is taken, in whatever they stated; UNDETERMINED: nobody's */
	bool waived;         /* one of them needed a waiver */
	size_t reproducers;  /* independent parties whose word is taken and who state identical or reproduced, each in a statement of its own */
	const char *resource_uri; /* the product that they name; NULL: nobody's word is taken */
	bool undecided; /* for a veto, a part of the log or of what it names is not there, or was over a limit; the log is too old */
	const struct sb_gate_rule *rules;
	size_t rule_count;
	const struct sb_gate_voice *voices; /* in the order of the evidence */
	size_t voice_count;
};

struct sb_gate_in {
	const struct sb_policy *policy;
	const struct sb_span *evidence; /* files of one envelope a line, in the order in which they count */
	size_t evidence_count;
	const struct sb_digest *artifacts; /* both kinds, computed by the caller from the bytes */
	const char *const *artifact_names;
	size_t artifact_count;          /* at least 1 */
	int64_t time;                   /* seconds since 1970: when is it decided? */
	const struct sb_log_view *log;  /* what is known of the log that the policy asks for; NULL: nothing */
};
struct sb_gated {
	const struct sb_gate_artifact *artifacts; /* as many as were asked for, in their order */
	uint64_t lines, unreadable; /* of the evidence: all of them, and those that hold no envelope */
	uint64_t strangers;         /* envelopes that no key of the policy signed */
	uint64_t left_out;          /* over SB_LIMIT_VOICES or SB_LIMIT_STRANGE_SIGNATURES: they were not judged, which no veto takes */
	bool allowed;               /* every artifact is */
};
/**
 * Decide from signed statements alone: a pure function of its input. Leaving a statement out never turns a refusal into an allowance. Everything in
 * @out lives in @arena. Errors: NOMEM; EVIDENCE "log-equivocation"; on any failure nothing is allowed.
 */
SB_MUST_USE int sb_attest_gate(const struct sb_gate_in *in, struct sb_arena *arena, struct sb_gated *out, struct sb_err *err);

/** Who signs what a gate decided, and as whom. */
struct sb_gate_signing {
	const struct sb_gate_in *in; /* what was decided about */
	const char *verifier_id, *policy_uri;
	const struct sb_secret *secret;
};
/**
 * For each file a verification summary, whatever was decided, and after it an SVR that it was reproduced where at least two independent parties were counted at
 * identical or reproduced: one envelope a line. Errors: NOMEM.
 */
SB_MUST_USE int sb_attest_sign_gate(const struct sb_gated *gated, const struct sb_gate_signing *signing, struct sb_arena *arena, struct sb_buf *out,
                                    struct sb_err *err);

/** Whose summary, about what, is relied on. */
struct sb_vsa_asked {
	const uint8_t *key;        /* SB_PUBLIC_BYTES: who must have signed */
	const char *verifier_id;   /* whom that key speaks for */
	const char *resource_uri;
	const struct sb_digest *artifact;
	enum sb_level least;
	bool waivers;              /* are waivers of that policy good here? */
	int64_t since, time;       /* when it may have been decided, both included: INT64_MIN: ever */
};
/**
 * Look for a verification summary that says so. *good only when it passed, at the level that is asked for; of several the worst counts.
 * Errors: EVIDENCE (6) when none is signed by the key for this verifier, file and product; NOMEM.
 */
SB_MUST_USE int sb_attest_check_summary(struct sb_span lines, const struct sb_vsa_asked *asked, struct sb_arena *arena, struct sb_vsa_read *out, bool *good,
                                        struct sb_err *err);

/** What a policy says of one file of a run that has just been made. */
struct sb_gate_own {
	const char *name;
	const char *reason; /* as of a voice; NULL: nothing is against it */
	uint64_t waivers;   /* of the policy that it needs, a set by index */
};
/** "bytes 0 to 63 of ./etc/build-info until 2027-01-01T00:00:00Z: reason", escaped, in @arena; NULL when out of memory. */
const char *sb_attest_waiver_text(const struct sb_waiver *waiver, struct sb_arena *arena);
/**
 * Ask of a run's own result what a policy asks of statements: classes of files, product, sources, inputs. Whose word it is and how old is not asked; waivers are judged at @time. One row for
 * each delivered file, in @arena. Errors: EVIDENCE "statement-empty" when nothing delivered was compared; NOMEM.
 */
SB_MUST_USE int sb_attest_gate_own(const struct sb_policy *policy, int64_t time, const struct sb_result *result, const struct sb_statement_context *context,
                                   struct sb_arena *arena, struct sb_gate_own **out, size_t *count, struct sb_err *err);

#endif
