/* SPDX-License-Identifier: Apache-2.0 */
/* Handing on what a gate decided, and relying on what somebody else's gate did. */
#include "verifier/attest/gate.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

/* All that was looked at, whether it counted or not, each once. */
static int list_inputs(const struct sb_gate_artifact *artifact, struct sb_arena *arena, struct sb_vsa *out, struct sb_err *err)
{
	const char **all = sb_arena_array(arena, artifact->voice_count, sizeof *all);
	size_t count = 0;

	if (!all)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < artifact->voice_count; i++)
		all[i] = artifact->voices[i].pae;
	qsort(all, artifact->voice_count, sizeof *all, by_text);
	for (size_t i = 0; i < artifact->voice_count; i++)
		if (count == 0 || strcmp(all[count - 1], all[i]) != 0)
			all[count++] = all[i];
	out->inputs = all;
	out->input_count = count;
	return 0;
}

static int sign_one(const struct sb_gate_artifact *artifact, const struct sb_gate_signing *signing, struct sb_arena *arena, struct sb_buf *out, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	SB_BUF struct sb_buf more = {0};
	const char *slash = strrchr(artifact->name, '/');
	struct sb_vsa summary = {
		.name = slash ? slash + 1 : artifact->name,
		.digest = artifact->digest,
		.verifier_id = signing->verifier_id,
		.time = signing->in->time,
		.resource_uri = artifact->resource_uri ? artifact->resource_uri : signing->in->policy->resource,
		.policy_uri = signing->policy_uri,
		.passed = artifact->allowed && artifact->verified && artifact->resource_uri,
		.waived = artifact->waived,
		.level = artifact->level,
	};

	memcpy(summary.policy_sha256, signing->in->policy->sha256, SB_SHA256_BYTES);
	int rc = list_inputs(artifact, arena, &summary, err);
	if (!rc)
		rc = sb_vsa_write(&summary, &text, err);
	if (!rc)
		rc = sb_dsse_sign(SB_DSSE_INTOTO, sb_buf_span(&text), signing->secret, out, err);
	if (rc || !summary.passed || artifact->reproducers < 2)
		return rc;
	rc = sb_vsa_write_reproduced(&summary, &more, err);
	return rc ? rc : sb_dsse_sign(SB_DSSE_INTOTO, sb_buf_span(&more), signing->secret, out, err);
}

int sb_attest_sign_gate(const struct sb_gated *gated, const struct sb_gate_signing *signing, struct sb_arena *arena, struct sb_buf *out, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < signing->in->artifact_count; i++)
		rc = sign_one(&gated->artifacts[i], signing, arena, out, err);
	return rc;
}

static bool names(const struct sb_vsa_read *summary, const struct sb_digest *artifact)
{
	for (size_t i = 0; artifact->kinds == SB_DIGEST_BOTH && i < summary->subject_count; i++) {
		const struct sb_digest *subject = &summary->subjects[i];
		bool blake2b = subject->kinds != SB_DIGEST_BOTH || memcmp(subject->blake2b, artifact->blake2b, SB_BLAKE2B_BYTES) == 0;
		if (blake2b && memcmp(subject->sha256, artifact->sha256, SB_SHA256_BYTES) == 0)
			return true;
	}
	return false;
}

static int check_line(struct sb_span line, const struct sb_vsa_asked *asked, struct sb_arena *arena, struct sb_vsa_read *out, struct sb_err *err)
{
	struct sb_dsse envelope;
	int rc = sb_dsse_read(line, arena, &envelope, err);

	if (rc)
		return rc;
	if (strcmp(envelope.type, SB_DSSE_INTOTO) != 0)
		return sb_fail(err, SB_EVIDENCE, "envelope-type", "the envelope does not hold an in-toto statement");
	if (!sb_dsse_signed_by(&envelope, asked->key))
		return sb_fail(err, SB_EVIDENCE, "signature-bad", "there is no good signature of the key that was asked for");
	rc = sb_vsa_read(envelope.payload, arena, out, err);
	if (rc)
		return rc;
	if (strcmp(out->verifier_id, asked->verifier_id) != 0)
		return sb_fail(err, SB_EVIDENCE, "summary-verifier", "the key signs for %s, and this is the word of another one", asked->verifier_id);
	if (strcmp(out->resource_uri, asked->resource_uri) != 0 || !names(out, asked->artifact))
		return sb_fail(err, SB_EVIDENCE, "subject-absent", "the summary is signed, but not about this file and product");
	if (out->time > asked->time)
		return sb_fail(err, SB_EVIDENCE, "summary-future", "the summary states a time that is not yet");
	if (out->time < asked->since)
		return sb_fail(err, SB_EVIDENCE, "summary-old", "the summary is from before the time that was asked for");
	return 0;
}

/* How far a line came, so that the reason of the best one is told. */
static int rank_of(const struct sb_err *why)
{
	static const char *const order[] = {"envelope-malformed", "envelope-type", "signature-bad", "summary-type", "summary-malformed", "summary-verifier", "subject-absent", "summary-future", "summary-old"};

	for (size_t i = 0; why->id && i < sizeof order / sizeof *order; i++)
		if (strcmp(why->id, order[i]) == 0)
			return (int)i + 1;
	return 0;
}

/* Of several that fit, one that failed is not outvoted by one that passed. */
static bool is_worse(const struct sb_vsa_read *a, const struct sb_vsa_read *b)
{
	return a->passed != b->passed ? !a->passed : a->level < b->level;
}

int sb_attest_check_summary(struct sb_span lines, const struct sb_vsa_asked *asked, struct sb_arena *arena, struct sb_vsa_read *out, bool *good,
                            struct sb_err *err)
{
	struct sb_vsa_read found = {0};
	struct sb_err why = {0};
	bool any = false;

	*good = false;
	sb_fail(&why, SB_EVIDENCE, "evidence-absent", "there is no summary in it");
	while (lines.n) {
		struct sb_span line = sb_span_take_line(&lines);
		struct sb_vsa_read one;
		struct sb_err reason = {0};
		if (line.n == 0 || line.p[0] != '{')
			continue;
		int rc = check_line(line, asked, arena, &one, &reason);
		if (rc == SB_NOMEM)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		if (rc && rank_of(&reason) > rank_of(&why))
			why = reason;
		if (!rc && (!any || is_worse(&one, &found)))
			found = one;
		any |= !rc;
	}
	if (!any) {
		if (err)
			*err = why;
		return SB_EVIDENCE;
	}
	*out = found;
	*good = found.passed && found.level != SB_LEVEL_UNDETERMINED && (found.level >= asked->least || (found.waived && asked->waivers));
	return 0;
}
