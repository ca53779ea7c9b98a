/* SPDX-License-Identifier: Apache-2.0 */
/* Signed statements against a policy: who signed, what it says of each file, and then the decision. Everything fails closed. */
#include "verifier/attest/gate.h"

#include <string.h>

enum { TRIAL_BYTES = 16384 }; /* a trial of a signature costs as much as hashing these */

struct gating {
	const struct sb_gate_in *in;
	struct sb_arena *arena;
	struct sb_vec spoken; /* struct sb_gate_spoken */
	char (*ids)[SB_FINGERPRINT_TEXT]; /* of the keys of the policy */
	struct sb_gate_seen seen;
	struct sb_gate_record record;
	uint64_t tried;       /* bytes that were hashed for signatures of strangers */
	struct sb_gated out;
};

/** What one envelope says. */
struct saying {
	const struct sb_dsse *envelope;
	struct sb_statement statement;
	struct sb_gate_entries entries;
	const char *wrong;     /* why it is no statement that could say anything; NULL: it is one */
	uint8_t sha256[SB_SHA256_BYTES]; /* of what was signed: one digest, however the envelope is written */
	const char *pae;       /* the same, in hexadecimal */
	bool *settled;         /* by file: somebody who may veto has signed it */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool has_veto(const struct gating *gating)
{
	return gating->in->policy->log && gating->in->policy->log->veto;
}

static int add_voice(struct gating *gating, const struct saying *saying, size_t artifact, const struct sb_policy_key *key, struct sb_err *err)
{
	if (gating->spoken.count >= SB_LIMIT_OF(VOICES)) {
		gating->record.left_out++;
		return 0;
	}
	struct sb_gate_spoken *spoken = sb_vec_push(&gating->spoken);
	if (!spoken)
		return no_memory(err);
	*spoken = (struct sb_gate_spoken){.artifact = artifact, .party = key->party, .witnessed = INT64_MAX};
	memcpy(spoken->sha256, saying->sha256, SB_SHA256_BYTES);
	int rc = saying->wrong ? 0 : sb_gate_look_up(gating->in, &saying->entries, artifact, spoken, err);
	if (rc)
		return rc;
	spoken->voice.reason = saying->wrong ? saying->wrong : sb_gate_reason_against(gating->in, &saying->statement, artifact, key, spoken);
	if (!spoken->voice.reason && !(spoken->resource_uri = sb_arena_copy(gating->arena, sb_span_text(saying->statement.resource_uri))))
		return no_memory(err);
	spoken->voice.pae = saying->pae;
	spoken->voice.party = gating->in->policy->parties[key->party].name;
	saying->settled[artifact] |= spoken->settles;
	return 0;
}

/* One that does not name a file has said nothing of it, and is not listed there. */
static bool is_worth_hearing(const struct gating *gating, const struct saying *saying, size_t artifact)
{
	return gating->in->artifact_count == 1 || (!saying->wrong && sb_statement_subject(&saying->statement, &gating->in->artifacts[artifact]));
}

/* What a key has signed is heard once, however often it is there. */
static int add_voices(struct gating *gating, const struct saying *saying, size_t key, struct sb_err *err)
{
	bool fresh = false;
	int rc = sb_gate_seen_add(&gating->seen, saying->sha256, key, &fresh, err);

	for (size_t i = 0; !rc && fresh && i < gating->in->artifact_count; i++)
		if (is_worth_hearing(gating, saying, i))
			rc = add_voice(gating, saying, i, &gating->in->policy->keys[key], err);
	return rc;
}

/** "wrong-type" and the like when it is no statement that could say anything; NULL: it is one. */
static const char *read_statement(const struct sb_dsse *envelope, struct sb_arena *apart, struct sb_statement *out, struct sb_err *err)
{
	struct sb_err why = {0};

	if (strcmp(envelope->type, SB_DSSE_INTOTO) != 0)
		return "wrong-type";
	int rc = sb_statement_read(envelope->payload, apart, out, &why);
	if (rc == SB_NOMEM && err)
		*err = why;
	return rc == 0 ? NULL : why.id && strcmp(why.id, "statement-type") == 0 ? "wrong-type" : "bad-statement";
}

static int read_saying(const struct gating *gating, struct sb_span encoded, struct sb_arena *apart, struct saying *out, struct sb_err *err)
{
	char hex[2 * SB_SHA256_BYTES + 1];
	struct sb_digest digest;
	struct sb_err why = {0};

	sb_hash_span(encoded, SB_DIGEST_SHA256, &digest);
	memcpy(out->sha256, digest.sha256, SB_SHA256_BYTES);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), hex);
	out->wrong = read_statement(out->envelope, apart, &out->statement, &why);
	out->pae = sb_arena_copy(gating->arena, sb_span_text(hex));
	out->settled = sb_arena_array(apart, gating->in->artifact_count, sizeof *out->settled);
	if (why.code == SB_NOMEM || !out->pae || !out->settled)
		return no_memory(err);
	return out->wrong ? 0 : sb_gate_find_entries(gating->in, out->envelope, apart, &out->entries, err);
}

static int name_keys(struct gating *gating, struct sb_err *err)
{
	const struct sb_policy *policy = gating->in->policy;

	gating->ids = sb_arena_array(gating->arena, policy->key_count + 1, sizeof *gating->ids);
	for (size_t k = 0; gating->ids && k < policy->key_count; k++)
		sb_public_fingerprint(policy->keys[k].key, gating->ids[k]);
	return gating->ids ? 0 : no_memory(err);
}

/* What strangers have signed costs time and says nothing: only so much of it is spent. */
static bool is_by(struct gating *gating, size_t key, const uint8_t signature[SB_SIGNATURE_BYTES], struct sb_span pae)
{
	bool good = sb_signature_holds(gating->in->policy->keys[key].key, pae, signature);

	gating->tried += good ? 0 : TRIAL_BYTES + (uint64_t)pae.n;
	return good;
}

static bool is_tired(const struct gating *gating)
{
	return gating->tried >= SB_LIMIT_OF(STRANGE_SIGNATURES);
}

/* The key of the policy that made this signature; key_count when none did. The id is a hint: it says where to begin, and nothing else. */
static size_t signer_of(struct gating *gating, const char *hint, const uint8_t signature[SB_SIGNATURE_BYTES], struct sb_span pae)
{
	const struct sb_policy *policy = gating->in->policy;
	size_t first = 0, k = 0;

	while (hint && first < policy->key_count && strcmp(hint, gating->ids[first]) != 0)
		first++;
	bool hinted = hint && first < policy->key_count;
	if (hinted && is_by(gating, first, signature, pae))
		return first;
	while (k < policy->key_count && ((hinted && k == first) || !is_by(gating, k, signature, pae)))
		k = is_tired(gating) ? policy->key_count : k + 1;
	return k;
}

/* By index of the key, and whether there is any; not all of them when the gate is tired. */
static bool *mark_signers(struct gating *gating, const struct sb_dsse *envelope, struct sb_span pae, struct sb_arena *apart, bool *known)
{
	size_t count = gating->in->policy->key_count;
	bool *marks = sb_arena_array(apart, count + 1, sizeof *marks);

	for (size_t i = 0; marks && i < envelope->count && !is_tired(gating); i++) {
		size_t key = signer_of(gating, envelope->signatures[i].keyid, envelope->signatures[i].bytes, pae);
		marks[key] = true;
		*known |= key < count;
	}
	return marks;
}

/* One that speaks against a file counts only when somebody who may veto has signed it: anybody else may have taken that signature off. What cannot be read may speak against any. */
static bool is_settled(const struct gating *gating, const struct saying *saying)
{
	if (saying->wrong)
		return strcmp(saying->wrong, "wrong-type") == 0;
	for (size_t i = 0; i < gating->in->artifact_count; i++) {
		const struct sb_subject *worst = sb_statement_subject(&saying->statement, &gating->in->artifacts[i]);
		if (worst && worst->level == SB_LEVEL_DIFFERENT && !saying->settled[i])
			return false;
	}
	return true;
}

static int note_heard(struct gating *gating, const struct saying *saying, struct sb_err *err)
{
	struct sb_gate_heard *heard = has_veto(gating) ? sb_vec_push(&gating->record.heard) : NULL;

	if (!heard)
		return has_veto(gating) ? no_memory(err) : 0;
	memcpy(heard->pae, saying->sha256, SB_SHA256_BYTES);
	heard->settled = is_settled(gating, saying);
	return 0;
}

static int hear_envelope(struct gating *gating, const struct sb_dsse *envelope, struct sb_arena *apart, struct sb_err *err)
{
	SB_BUF struct sb_buf encoded = {0};
	struct saying saying = {.envelope = envelope};
	bool known = false;

	sb_dsse_pae(envelope->type, envelope->payload, &encoded);
	const bool *signers = encoded.bad ? NULL : mark_signers(gating, envelope, sb_buf_span(&encoded), apart, &known);
	if (!signers)
		return no_memory(err);
	gating->record.left_out += is_tired(gating);
	gating->out.strangers += !known && !is_tired(gating);
	if (!known && !has_veto(gating)) /* nothing is read that no known key has signed */
		return 0;
	int rc = read_saying(gating, sb_buf_span(&encoded), apart, &saying, err);
	for (size_t k = 0; !rc && k < gating->in->policy->key_count; k++)
		if (signers[k])
			rc = add_voices(gating, &saying, k, err);
	return rc ? rc : note_heard(gating, &saying, err);
}

/* In memory that dies with the line: any number of lines that say nothing costs nothing. */
static int hear_line(struct gating *gating, struct sb_span line, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_dsse envelope;
	struct sb_err why = {0};

	if (!apart)
		return no_memory(err);
	int rc = line.p[0] == '{' ? sb_dsse_read(line, apart, &envelope, &why) : SB_EVIDENCE;
	if (rc == SB_NOMEM)
		return no_memory(err);
	if (rc == 0)
		return hear_envelope(gating, &envelope, apart, err);
	gating->out.unreadable++;
	return 0;
}

static int hear_all(struct gating *gating, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < gating->in->evidence_count; i++) {
		struct sb_span rest = gating->in->evidence[i];
		while (!rc && rest.n) {
			struct sb_span line = sb_span_take_line(&rest);
			if (line.n == 0)
				continue;
			gating->out.lines++;
			rc = hear_line(gating, line, err);
		}
	}
	return rc;
}

static int decide_all(struct gating *gating, struct sb_err *err)
{
	struct sb_gate_artifact *artifacts = sb_arena_array(gating->arena, gating->in->artifact_count, sizeof *artifacts);
	struct sb_gate_spoken **of_one = sb_arena_array(gating->arena, gating->spoken.count + 1, sizeof(struct sb_gate_spoken *));
	bool all = true;

	if (!artifacts || !of_one)
		return no_memory(err);
	for (size_t i = 0; i < gating->in->artifact_count; i++) {
		size_t count = 0;
		for (size_t k = 0; k < gating->spoken.count; k++) {
			struct sb_gate_spoken *spoken = sb_vec_at(&gating->spoken, k);
			if (spoken->artifact == i)
				of_one[count++] = spoken;
		}
		int rc = sb_gate_decide(gating->in, i, of_one, count, &gating->record, gating->arena, &artifacts[i], err);
		if (rc)
			return rc;
		all = all && artifacts[i].allowed;
	}
	gating->out.artifacts = artifacts;
	gating->out.left_out = gating->record.left_out;
	gating->out.allowed = all;
	return 0;
}

int sb_attest_gate(const struct sb_gate_in *in, struct sb_arena *arena, struct sb_gated *out, struct sb_err *err)
{
	struct gating gating = {.in = in, .arena = arena, .spoken = {.size = sizeof(struct sb_gate_spoken)}, .record = {.heard = {.size = sizeof(struct sb_gate_heard)}}};

	*out = (struct sb_gated){0};
	if (in->artifact_count == 0)
		return sb_fail(err, SB_USAGE, "operand-missing", "a file is needed");
	if (in->policy->log && in->log && sb_log_view_contradicts(in->log))
		return sb_fail(err, SB_EVIDENCE, "log-equivocation", "the log %s has signed two roots of one size: it proves nothing", in->policy->log->key.name);
	int rc = name_keys(&gating, err);
	if (!rc)
		rc = hear_all(&gating, err);
	if (!rc)
		rc = decide_all(&gating, err);
	sb_vec_release(&gating.spoken);
	sb_vec_release(&gating.record.heard);
	sb_gate_seen_release(&gating.seen);
	if (!rc)
		*out = gating.out;
	return rc;
}
