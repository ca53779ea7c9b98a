/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the parts of a gate. */
#ifndef VERIFIER_ATTEST_GATE_H
#define VERIFIER_ATTEST_GATE_H

#include "verifier/attest/attest.h"

#include <string.h>

/** What counted statements must agree on: who says that other sources gave the same file has built something else. */
struct sb_gate_agreement {
	uint8_t source[SB_SHA256_BYTES], recipe[SB_SHA256_BYTES];
	uint8_t resource[SB_SHA256_BYTES]; /* of the product's name */
};

/** A voice with what it is judged by later. Digests of the machine are of its words; zero: it does not say. */
struct sb_gate_spoken {
	struct sb_gate_voice voice;
	uint8_t sha256[SB_SHA256_BYTES]; /* of what was signed */
	size_t artifact, party; /* indexes; party: party_count when unknown */
	uint64_t waivers;       /* that let it count, a set by index; 0: none was needed */
	const struct sb_policy_artifact *row; /* the class of the file by the name that was signed; NULL: not named */
	struct sb_gate_agreement agreement;
	struct sb_digest toolchain, kernel;
	const char *resource_uri; /* of one that counts by itself */
	bool logged;      /* it is in the log that the policy asks for */
	int64_t witnessed; /* the time by which enough witnesses had seen it there; INT64_MAX: not known */
	bool valid;       /* its key was good at that time: not expired, nor revoked */
	bool settles;     /* it is logged, and whoever signed it may speak: what it says of the file is known */
	bool vetoes;      /* and it says that the file is different */
};

/** Does it count by itself, and agree? */
static inline bool sb_gate_counts_for(const struct sb_gate_spoken *spoken, const struct sb_gate_agreement *agreement)
{
	return !spoken->voice.reason && memcmp(&spoken->agreement, agreement, sizeof *agreement) == 0;
}

/** What was said of one file, and what those agree on who are asked. */
struct sb_gate_said {
	const struct sb_policy *policy;
	struct sb_gate_spoken *const *spoken;
	size_t count;
	const struct sb_gate_agreement *agreement;
};
/** What a statement shows of which there shall be several, SB_SHA256_BYTES; NULL: nothing. */
typedef const uint8_t *sb_gate_shows_fn(const struct sb_gate_spoken *spoken);
/**
 * How many different values independent parties show, each party one of those that it names: nobody alone makes them two. A further statement never makes
 * them fewer. Errors: NOMEM.
 */
SB_MUST_USE int sb_gate_distinct(const struct sb_gate_said *said, sb_gate_shows_fn *shows, size_t *out, struct sb_err *err);

/** An envelope that was read, for a veto. */
struct sb_gate_heard {
	uint8_t pae[SB_SHA256_BYTES];
	bool settled; /* it does not say that any of the files is different, or somebody says so who may speak */
};

/** All that was read. */
struct sb_gate_record {
	struct sb_vec heard; /* struct sb_gate_heard, when the policy knows a veto */
	uint64_t left_out;   /* that were over a limit: nobody knows what they say */
};

/** What was signed by which key, each pair once. Zeroed is empty. */
struct sb_gate_seen {
	struct sb_gate_seen_row *rows;
	size_t count, room;
};
/** @fresh: the pair was not there yet. Errors: NOMEM. */
SB_MUST_USE int sb_gate_seen_add(struct sb_gate_seen *seen, const uint8_t sha256[SB_SHA256_BYTES], size_t key, bool *fresh, struct sb_err *err);
void sb_gate_seen_release(struct sb_gate_seen *seen);

/** What the log says of one entry, asked once. */
struct sb_gate_entry {
	bool asked, logged;
	int64_t witnessed;
};
/** The entries that stand for a statement in a log: none when the policy asks for no log. */
struct sb_gate_entries {
	struct sb_log_entry *entries;
	struct sb_gate_entry *found;
	size_t count;
};
/** @out in @arena. Errors: NOMEM. */
SB_MUST_USE int sb_gate_find_entries(const struct sb_gate_in *in, const struct sb_dsse *envelope, struct sb_arena *arena, struct sb_gate_entries *out, struct sb_err *err);
/** Is one of @entries that names file @artifact in the log? Writes @spoken->logged and ->witnessed. Errors: NOMEM. */
SB_MUST_USE int sb_gate_look_up(const struct sb_gate_in *in, const struct sb_gate_entries *entries, size_t artifact, struct sb_gate_spoken *spoken, struct sb_err *err);
/**
 * All that the log names for file @artifact must have been heard, and nothing been left out: NULL, or what is missing, in @arena. Errors: NOMEM.
 */
SB_MUST_USE int sb_gate_missing(const struct sb_gate_in *in, size_t artifact, const struct sb_gate_record *record, struct sb_arena *arena, const char **out, struct sb_err *err);

/**
 * Why a statement that @party signed says nothing for file @artifact, or NULL. Fills @spoken but for voice.pae and the indexes; what it borrows lives as
 * long as the statement. What the log says of it stands in @spoken before.
 */
const char *sb_gate_reason_against(const struct sb_gate_in *in, const struct sb_statement *statement, size_t artifact, const struct sb_policy_key *key,
                                   struct sb_gate_spoken *spoken);

/** What a file was found to be, for waivers. */
struct sb_gate_residue {
	const struct sb_node *artifact; /* its object in the predicate */
	const uint8_t *sha256;          /* of the file */
	int64_t time;
};
/**
 * The waivers of @policy that together hold every difference that nobody owns, wholly, so that what is left is at @least; 0 when a single one is not held, or
 * when the statement does not list them all with a place that means nothing else.
 */
uint64_t sb_gate_waivers(const struct sb_policy *policy, const struct sb_gate_residue *residue, enum sb_level least);

/** Judge file @artifact by what was said of it: marks voices that repeat or disagree, and writes its rules. Errors: NOMEM. */
SB_MUST_USE int sb_gate_decide(const struct sb_gate_in *in, size_t artifact, struct sb_gate_spoken *const *spoken, size_t count, const struct sb_gate_record *record,
                               struct sb_arena *arena, struct sb_gate_artifact *out, struct sb_err *err);

/** Is @subject these very bytes? Every digest that both have must be the same, and the size. */
bool sb_statement_is_subject(const struct sb_subject *subject, const struct sb_digest *artifact);
/** The subject of these very bytes, or NULL; of several the one with the worst level: equal files may have had unequal counterparts. */
const struct sb_subject *sb_statement_subject(const struct sb_statement *statement, const struct sb_digest *artifact);

#endif
