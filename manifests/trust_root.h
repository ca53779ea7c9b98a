/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose keys are whose: the root metadata of The Update Framework (specification 1.0.31, section 4.3) with one signed field more, "x_samebuild", which
 * says what each key may do: docs/trust.md. Stock clients verify such a file; this reader takes nothing else.
 */
#ifndef MANIFESTS_TRUST_ROOT_H
#define MANIFESTS_TRUST_ROOT_H

#include "hashing/hashing.h"
#include "manifests/node.h"

#define SB_TRUST_ID_TEXT 65 /* 64 hexadecimal digits and a NUL */
/** Roles of one root; the format has just these. */
enum sb_trust_role { SB_TRUST_ROLE_ROOT = 0, SB_TRUST_ROLE_SNAPSHOT, SB_TRUST_ROLE_TARGETS, SB_TRUST_ROLE_TIMESTAMP };
#define SB_TRUST_ROLES 4

/** What a key may do; a set of bits (1 << duty). The first four state something of files. */
enum sb_duty { SB_DUTY_REBUILDER = 0, SB_DUTY_EVALUATOR, SB_DUTY_VENDOR, SB_DUTY_CI, SB_DUTY_LOG, SB_DUTY_WITNESS, SB_DUTY_POLICY };
#define SB_DUTIES 7
#define SB_DUTIES_OF_STATEMENTS 0xfu
/** "rebuilder", "log", … */
const char *sb_duty_name(enum sb_duty duty);
/** False for a word that is none. */
SB_MUST_USE bool sb_duty_parse(const char *word, enum sb_duty *out);

/** Why a key counts no more. */
enum sb_revocation { SB_REVOKED_NOT = 0, SB_REVOKED_LOST, SB_REVOKED_COMPROMISED };

/** A key of a root. Times are seconds since 1970; INT64_MIN and INT64_MAX: not bounded. */
struct sb_trust_key {
	char id[SB_TRUST_ID_TEXT];    /* a function of the key */
	uint8_t key[SB_PUBLIC_BYTES];
	const char *party;            /* NULL: nothing is said of it, and nothing that it signs counts but a root */
	unsigned duties;              /* set of 1 << enum sb_duty */
	int64_t not_before, not_after;
	enum sb_revocation revoked;
	int64_t revoked_at;
};

/** Who must sign, by indexes of keys. */
struct sb_trust_quorum {
	size_t *keys;
	size_t count;
	size_t threshold; /* of different public keys: between 1 and count */
};

struct sb_trust_signature {
	char id[SB_TRUST_ID_TEXT]; /* a hint: nobody believes it */
	uint8_t bytes[SB_SIGNATURE_BYTES];
};

struct sb_trust_root {
	uint64_t version;         /* at least 1 */
	int64_t expires;
	struct sb_trust_key *keys;
	size_t key_count;
	struct sb_trust_quorum roles[SB_TRUST_ROLES];
	struct sb_trust_signature *signatures;
	size_t signature_count;
	struct sb_span signed_bytes; /* canonical form of what is signed; empty: made from the fields above */
};

/** TUF key id: SHA-256 of the canonical form of the key's object. */
void sb_trust_key_id(const uint8_t public_key[SB_PUBLIC_BYTES], char out[SB_TRUST_ID_TEXT]);

/**
 * Read a root strictly: unknown fields, roles, duties and key types are refused, as are key ids that do not follow from their key, keys that are unsound
 * or stand there twice, thresholds below 1 or above the number of keys, one key in two of root, log, witness and statements, a party with two kinds of
 * statements, and `targets` keys that are not of the duty `policy` or the other way round. No signature is looked at. Everything lives in @arena.
 * Errors: EVIDENCE "root-malformed"; LIMIT; NOMEM.
 */
SB_MUST_USE int sb_trust_root_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_trust_root *out, struct sb_err *err);

/** Canonical JSON of the document and a newline, with its signatures. What was read stays as it was signed: clear signed_bytes after a change. Errors: NOMEM. */
SB_MUST_USE int sb_trust_root_write(const struct sb_trust_root *root, struct sb_buf *out, struct sb_err *err);

/** How many different keys that @by names for @role have signed @root; key ids are not believed. */
size_t sb_trust_root_signers(const struct sb_trust_root *root, const struct sb_trust_root *by, enum sb_trust_role role);

/** The key of these bytes, or NULL. */
const struct sb_trust_key *sb_trust_root_key(const struct sb_trust_root *root, const uint8_t public_key[SB_PUBLIC_BYTES]);
/** Does @role name the key at @index? */
bool sb_trust_role_has(const struct sb_trust_root *root, enum sb_trust_role role, size_t index);

#endif
