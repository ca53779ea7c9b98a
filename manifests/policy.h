/* SPDX-License-Identifier: Apache-2.0 */
/* What must be shown before a delivery is let through, schema samebuild-policy/1: docs/policy.md. */
#ifndef MANIFESTS_POLICY_H
#define MANIFESTS_POLICY_H

#include "hashing/hashing.h"
#include "manifests/node.h"
#include "manifests/policy_log.h"
#include "manifests/trust_root.h"
#include "verifier/model/model.h"

/** Groups that one policy may name. */
#define SB_POLICY_GROUPS 64

/** What a party may say. Only the first two are independent of whoever made the delivery. */
enum sb_role { SB_ROLE_NONE = 0, SB_ROLE_REBUILDER, SB_ROLE_EVALUATOR, SB_ROLE_VENDOR, SB_ROLE_CI };
/** Name as policies write it: "rebuilder". */
const char *sb_role_name(enum sb_role role);
/** Does what this role says count as somebody else's word? */
static inline bool sb_role_is_independent(enum sb_role role)
{
	return role == SB_ROLE_REBUILDER || role == SB_ROLE_EVALUATOR;
}

/** Somebody who signs, with any number of keys: two keys of one party are one word. */
struct sb_policy_party {
	const char *name;
	enum sb_role role;
};

/** A key of the policy itself or of its root. Times are seconds since 1970; INT64_MIN and INT64_MAX: not bounded. */
struct sb_policy_key {
	size_t party; /* index */
	bool may_state; /* false: of a root, for something else than statements */
	uint8_t key[SB_PUBLIC_BYTES];
	int64_t not_before, not_after;
	enum sb_revocation revoked;
	int64_t revoked_at;
};

/** What files of a class must have; the first row whose glob fits a file is its row. */
struct sb_policy_artifact {
	const char *files;         /* glob over the name in the statement: '*' is any text, also with slashes, '?' one byte */
	enum sb_level level;       /* at least; never UNDETERMINED or DIFFERENT */
	bool any_cause;            /* no list: whatever the level allows */
	bool causes[SB_CAUSES];    /* that findings of such a file may have */
	bool has_freedom;
	uint64_t freedom_bytes;    /* at most, over the whole run */
	bool freedom_loaded;       /* may any of them be loaded at run time? */
};

/** "two of lab-a, lab-b, lab-c": members are parties or groups. */
struct sb_policy_group {
	const char *name;
	size_t need;               /* 1 for "any", all of them for "all" */
	const char *const *of;
	size_t count;
};

/** Waivers that one policy may hold. */
#define SB_POLICY_WAIVERS 64
/** Bytes of one file that may differ although nobody owns the difference. It changes what a gate lets through, and no level. */
struct sb_waiver {
	uint8_t sha256[SB_SHA256_BYTES]; /* of the file that was delivered */
	const char *const *path;         /* things in things below the file, as "inside" of a record; none: the file itself */
	size_t path_count;
	uint64_t offset, length;         /* in the innermost one, of the delivered side */
	int64_t until;                   /* seconds since 1970 */
	const char *reason;
};

/** Versions of one rule that may have been applied. */
struct sb_policy_rule {
	const char *id;
	const char *const *versions;
	size_t count;
};

struct sb_policy {
	const char *resource;      /* glob over the product in the statement */
	int64_t expires;           /* seconds since 1970: nothing is decided by it from then on; INT64_MAX: not bounded */
	const char *root;          /* name of the pinned root whose keys count; NULL: keys of its own */
	uint64_t max_trust_age;    /* of that root, seconds; 0: not asked */
	const struct sb_policy_party *parties;
	size_t party_count;
	const struct sb_policy_key *keys;
	size_t key_count;
	const struct sb_policy_artifact *artifacts; /* the last one fits every file */
	size_t artifact_count;
	bool has_source;
	uint8_t source[SB_SHA256_BYTES]; /* of the drop manifest that must have been built */
	uint64_t max_age;          /* seconds; 0: not asked */
	bool any_rule;             /* no list: whatever the level allows */
	const struct sb_policy_rule *rules;
	size_t rule_count;
	const char *const *opaque; /* prebuilt inputs that are allowed; any other is refused */
	size_t opaque_count;
	const struct sb_policy_group *groups; /* each member of a group that is a group stands before it */
	size_t group_count;
	const char *quorum;        /* a party or a group; NULL: any one independent party */
	const struct sb_waiver *waivers; /* of a signed policy; whoever reads it asks for the signature */
	size_t waiver_count;
	size_t distinct_toolchain, distinct_kernel; /* different values that the counted statements must show; 0: not asked */
	const struct sb_policy_log *log; /* NULL: not asked */
	struct sb_span canonical;  /* canonical JSON: what is signed */
	uint8_t sha256[SB_SHA256_BYTES]; /* of it */
};

/** Name of the root that a policy asks for, in @arena; NULL when it names none. Errors: those of the readers. */
SB_MUST_USE int sb_policy_root_name(struct sb_span text, const char *name, struct sb_arena *arena, const char **out, struct sb_err *err);
/**
 * Read YAML, or JSON when @name ends in .json. @root: the pinned root that it names, verified and borrowed; NULL without. Unknown keys, roles, levels and causes are errors, as are keys that are unsound or belong to two parties,
 * groups in a circle or with a member in two groups, a quorum that vendor and CI could fill, and a class of files that nothing covers.
 * Strings live in @arena. Errors: USAGE, ids of the readers and of schemas, "policy-malformed"; all of them in @problems (may be NULL). NOMEM.
 */
SB_MUST_USE int sb_policy_read(struct sb_span text, const char *name, const struct sb_trust_root *root, struct sb_arena *arena, struct sb_policy *out,
                               struct sb_problems *problems, struct sb_err *err);

/** Would the word of these parties fill the quorum? @spoke: by index of party. */
bool sb_policy_quorum_is_met(const struct sb_policy *policy, const bool *spoke);
/** The row for a file of this name; never NULL for a policy that was read. */
const struct sb_policy_artifact *sb_policy_artifact_for(const struct sb_policy *policy, const char *name);

#endif
