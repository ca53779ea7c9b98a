/* SPDX-License-Identifier: Apache-2.0 */
/* Signed statements against a policy: who signed, what it says of each file, and then the decision. Everything fails closed. */
#include "verifier/attest/gate.h"

#include <string.h>

struct gating {
	const struct sb_gate_in *in;
	struct sb_arena *arena;
	struct sb_vec spoken; /* struct sb_gate_spoken */
	char (*ids)[SB_FINGERPRINT_TEXT]; /* of the keys of the policy */
	struct sb_vec heard;  /* struct sb_gate_heard, when the policy knows a veto */
	struct sb_gated out;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** What was signed has one digest, however its envelope is written. */
static const char *digest_text(const struct gating *gating, struct sb_span pae)
{
	struct sb_digest digest;
	char hex[2 * SB_SHA256_BYTES + 1];

	sb_hash_span(pae, SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), hex);
	return sb_arena_copy(gating->arena, sb_span_text(hex));
}

static int add_voice(struct gating *gating, const struct sb_dsse *envelope, const struct sb_statement *statement, size_t artifact, const struct sb_policy_key *key,
                     const char *pae, const char *wrong, struct sb_err *err)
{
	if (gating->spoken.count >= SB_LIMIT_OF(VOICES)) {
		gating->out.voices_left_out++;
		return 0;
	}
	struct sb_gate_spoken *spoken = sb_vec_push(&gating->spoken);
	if (!spoken)
		return no_memory(err);
	*spoken = (struct sb_gate_spoken){.artifact = artifact, .party = key->party, .witnessed = INT64_MAX};
	int rc = wrong ? 0 : sb_gate_look_up(gating->in, envelope, artifact, spoken, err);
	if (rc)
		return rc;
	spoken->voice.reason = wrong ? wrong : sb_gate_reason_against(gating->in, statement, artifact, key, spoken);
	if (!spoken->voice.reason && !(spoken->resource_uri = sb_arena_copy(gating->arena, sb_span_text(statement->resource_uri))))
		return no_memory(err);
	spoken->voice.pae = pae;
	spoken->voice.party = gating->in->policy->parties[key->party].name;
	return 0;
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

/* One that does not name a file has said nothing of it, and is not listed there. */
static bool is_worth_hearing(const struct gating *gating, const struct sb_statement *statement, size_t artifact, const char *wrong)
{
	return wrong || sb_statement_subject(statement, &gating->in->artifacts[artifact]) || gating->in->artifact_count == 1;
}

static int name_keys(struct gating *gating, struct sb_err *err)
{
	const struct sb_policy *policy = gating->in->policy;

	gating->ids = sb_arena_array(gating->arena, policy->key_count + 1, sizeof *gating->ids);
	for (size_t k = 0; gating->ids && k < policy->key_count; k++)
		sb_public_fingerprint(policy->keys[k].key, gating->ids[k]);
	return gating->ids ? 0 : no_memory(err);
}

/* The key of the policy that made this signature; key_count when none did. The id is a hint: it says where to begin, and nothing else. */
static size_t signer_of(const struct gating *gating, const char *hint, const uint8_t signature[SB_SIGNATURE_BYTES], struct sb_span pae)
{
	const struct sb_policy *policy = gating->in->policy;
	size_t first = 0, k = 0;

	while (hint && first < policy->key_count && strcmp(hint, gating->ids[first]) != 0)
		first++;
	bool hinted = hint && first < policy->key_count;
	if (hinted && sb_signature_good(policy->keys[first].key, pae, signature))
		return first;
	while (k < policy->key_count && ((hinted && k == first) || !sb_signature_good(policy->keys[k].key, pae, signature)))
		k++;
	return k;
}

static bool *mark_signers(const struct gating *gating, const struct sb_dsse *envelope, struct sb_span pae, struct sb_arena *apart)
{
	size_t count = gating->in->policy->key_count;
	bool *marks = sb_arena_array(apart, count + 1, sizeof *marks);

	for (size_t i = 0; marks && i < envelope->count; i++)
		marks[signer_of(gating, envelope->signatures[i].keyid, envelope->signatures[i].bytes, pae)] = true;
	return marks;
}

/* One that speaks against a file and that nobody known has signed may have lost its signature on the way here. */
static bool speaks_against(const struct gating *gating, const struct sb_dsse *envelope, struct sb_arena *apart, struct sb_err *why)
{
	struct sb_statement statement;

	if (read_statement(envelope, apart, &statement, why))
		return false;
	for (size_t i = 0; i < gating->in->artifact_count; i++) {
		const struct sb_subject *subject = sb_statement_subject(&statement, &gating->in->artifacts[i]);
		if (subject && subject->level == SB_LEVEL_DIFFERENT)
			return true;
	}
	return false;
}

static int note_heard(struct gating *gating, const struct sb_dsse *envelope, struct sb_span pae, bool known, struct sb_arena *apart, struct sb_err *err)
{
	struct sb_gate_heard *heard;
	struct sb_digest digest;
	struct sb_err why = {0};

	if (!gating->in->policy->log || !gating->in->policy->log->veto)
		return 0;
	bool settled = known || !speaks_against(gating, envelope, apart, &why);
	heard = why.code == SB_NOMEM ? NULL : sb_vec_push(&gating->heard);
	if (!heard)
		return no_memory(err);
	sb_hash_span(pae, SB_DIGEST_SHA256, &digest);
	memcpy(heard->pae, digest.sha256, SB_SHA256_BYTES);
	heard->settled = settled;
	return 0;
}

static int hear_envelope(struct gating *gating, const struct sb_dsse *envelope, struct sb_arena *apart, struct sb_err *err)
{
	const struct sb_policy *policy = gating->in->policy;
	SB_BUF struct sb_buf encoded = {0};
	struct sb_statement statement = {0};
	struct sb_err why = {0};
	const char *wrong = NULL, *pae = NULL;
	int rc = 0;

	sb_dsse_pae(envelope->type, envelope->payload, &encoded);
	const bool *signers = encoded.bad ? NULL : mark_signers(gating, envelope, sb_buf_span(&encoded), apart);
	if (!signers)
		return no_memory(err);
	for (size_t k = 0; !rc && k < policy->key_count; k++) {
		if (!signers[k])
			continue;
		if (!pae) { /* nothing is read that no known key has signed */
			wrong = read_statement(envelope, apart, &statement, &why);
			pae = why.code == SB_NOMEM ? NULL : digest_text(gating, sb_buf_span(&encoded));
			if (!pae)
				return no_memory(err);
		}
		for (size_t i = 0; !rc && i < gating->in->artifact_count; i++)
			if (is_worth_hearing(gating, &statement, i, wrong))
				rc = add_voice(gating, envelope, &statement, i, &policy->keys[k], pae, wrong, err);
	}
	gating->out.strangers += !rc && !pae;
	return rc ? rc : note_heard(gating, envelope, sb_buf_span(&encoded), pae != NULL, apart, err);
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
		int rc = sb_gate_decide(gating->in, i, of_one, count, &gating->heard, gating->arena, &artifacts[i], err);
		if (rc)
			return rc;
		all = all && artifacts[i].allowed;
	}
	gating->out.artifacts = artifacts;
	gating->out.allowed = all;
	return 0;
}

int sb_attest_gate(const struct sb_gate_in *in, struct sb_arena *arena, struct sb_gated *out, struct sb_err *err)
{
	struct gating gating = {.in = in, .arena = arena, .spoken = {.size = sizeof(struct sb_gate_spoken)}, .heard = {.size = sizeof(struct sb_gate_heard)}};

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
	sb_vec_release(&gating.heard);
	if (!rc)
		*out = gating.out;
	return rc;
}
