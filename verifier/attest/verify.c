/* SPDX-License-Identifier: Apache-2.0 */
/* Checking what others signed: signatures first, then what the statement says of exactly these bytes. Everything fails closed. */
#include "verifier/attest/gate.h"

#include <inttypes.h>
#include <string.h>

struct verifying {
	const struct sb_attest_verify_in *in;
	struct sb_arena *arena;
	struct sb_vec checks; /* struct sb_attest_check */
	bool no_memory;
};

static bool check(struct verifying *v, const char *name, bool ok, const char *expected, const char *found)
{
	struct sb_attest_check *slot = sb_vec_push(&v->checks);
	char *e = sb_escape_copy(v->arena, sb_span_text(expected)), *f = sb_escape_copy(v->arena, sb_span_text(found));

	if (!slot || !e || !f) {
		v->no_memory = true;
		return false;
	}
	*slot = (struct sb_attest_check){.name = name, .ok = ok, .expected = e, .found = f};
	return ok;
}

/* Every key that was asked for must have signed; a bad signature beside a good one ends nothing. */
static bool signed_by_all(struct verifying *v, const struct sb_dsse *envelope)
{
	bool all = true;

	for (size_t i = 0; i < v->in->key_count; i++) {
		char fingerprint[SB_FINGERPRINT_TEXT];
		bool good = sb_dsse_signed_by(envelope, v->in->keys[i]);
		sb_public_fingerprint(v->in->keys[i], fingerprint);
		all &= check(v, "signature", good, fingerprint, good ? "signed by it" : "no good signature by it");
	}
	return all;
}

bool sb_statement_is_subject(const struct sb_subject *subject, const struct sb_digest *artifact)
{
	bool blake2b = subject->digest.kinds != SB_DIGEST_BOTH || memcmp(subject->digest.blake2b, artifact->blake2b, SB_BLAKE2B_BYTES) == 0;
	return artifact->kinds == SB_DIGEST_BOTH && memcmp(subject->digest.sha256, artifact->sha256, SB_SHA256_BYTES) == 0 && blake2b && subject->digest.size == artifact->size;
}

const struct sb_subject *sb_statement_subject(const struct sb_statement *statement, const struct sb_digest *artifact)
{
	const struct sb_subject *worst = NULL;

	for (size_t i = 0; i < statement->subject_count; i++)
		if (sb_statement_is_subject(&statement->subjects[i], artifact) && (!worst || statement->subjects[i].level < worst->level))
			worst = &statement->subjects[i];
	return worst;
}

/* Evidence about other bytes is no evidence: told by the digest alone, never by a name. */
static bool names_artifacts(struct verifying *v, const struct sb_statement *statement)
{
	bool all = true;

	for (size_t i = 0; i < v->in->artifact_count; i++) {
		char hex[2 * SB_SHA256_BYTES + 1];
		sb_text_hex(sb_span_of(v->in->artifacts[i].sha256, SB_SHA256_BYTES), hex);
		all &= check(v, "subject", sb_statement_subject(statement, &v->in->artifacts[i]) != NULL, hex,
		             sb_statement_subject(statement, &v->in->artifacts[i]) ? "the same" : "not among the subjects");
	}
	return all;
}

static bool holds_level(struct verifying *v, const char *name, enum sb_level level)
{
	return check(v, name, level >= v->in->least && level != SB_LEVEL_UNDETERMINED, sb_level_name(v->in->least), sb_level_name(level));
}

/* What was asked for beyond the signature. */
static bool holds(struct verifying *v, const struct sb_statement *statement)
{
	bool all = check(v, "complete", statement->complete, "complete", statement->complete ? "complete" : "a limit cut the run");

	if (v->in->least != SB_LEVEL_UNDETERMINED) {
		all &= holds_level(v, "level of the run", statement->level);
		for (size_t i = 0; i < v->in->artifact_count; i++) {
			const struct sb_subject *subject = sb_statement_subject(statement, &v->in->artifacts[i]);
			all &= holds_level(v, "level", subject ? subject->level : SB_LEVEL_UNDETERMINED);
		}
	}
	return all;
}

static bool fits(struct verifying *v, const struct sb_statement *statement)
{
	bool all = names_artifacts(v, statement);

	if (v->in->resource_uri)
		all &= check(v, "resource", strcmp(v->in->resource_uri, statement->resource_uri) == 0, v->in->resource_uri, statement->resource_uri);
	if (v->in->report)
		all &= check(v, "report", memcmp(v->in->report->sha256, statement->report_sha256, SB_SHA256_BYTES) == 0, "the digest in the statement",
		             memcmp(v->in->report->sha256, statement->report_sha256, SB_SHA256_BYTES) == 0 ? "the same" : "another one");
	return all;
}

/** How far an envelope came; the furthest reason is the one that is told. */
struct outcome {
	bool counts, good;
	struct sb_statement statement;
	struct sb_err err; /* why it does not count */
};

static void examine(struct verifying *v, struct sb_span line, struct outcome *out)
{
	struct sb_dsse envelope;

	if (sb_dsse_read(line, v->arena, &envelope, &out->err))
		return;
	if (strcmp(envelope.type, SB_DSSE_INTOTO) != 0) {
		sb_fail(&out->err, SB_EVIDENCE, "envelope-type", "the envelope does not hold an in-toto statement");
		return;
	}
	if (!signed_by_all(v, &envelope)) {
		sb_fail(&out->err, SB_EVIDENCE, "signature-bad", "there is no good signature of every key that was asked for");
		return;
	}
	if (sb_statement_read(envelope.payload, v->arena, &out->statement, &out->err))
		return;
	if (!fits(v, &out->statement)) {
		sb_fail(&out->err, SB_EVIDENCE, "subject-absent", "the statement is signed, but not about this file, product or report");
		return;
	}
	out->counts = true;
	out->good = holds(v, &out->statement);
}

static bool is_further(const struct sb_err *a, const struct sb_err *b)
{
	static const char *const order[] = {"envelope-malformed", "envelope-type", "signature-bad", "statement-type", "statement-malformed", "statement-inconsistent", "subject-absent"};
	size_t x = 0, y = 0;

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		if (a->id && strcmp(a->id, order[i]) == 0)
			x = i + 1;
		if (b->id && strcmp(b->id, order[i]) == 0)
			y = i + 1;
	}
	return x > y;
}

/* In memory that dies with the line: any number of lines that do not count costs nothing. */
static bool examine_apart(struct verifying *v, struct sb_span line, struct outcome *out)
{
	struct sb_arena *kept = v->arena;
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);

	if (!apart)
		return false;
	v->arena = apart;
	v->checks.count = 0;
	examine(v, line, out);
	v->arena = kept;
	v->checks.count = 0;
	return true;
}

/* Of several that count the worst is told: whoever carries them chose their order, and which came first says nothing. A run that a limit cut has decided nothing, and outvotes none. */
static bool is_worse(const struct outcome *a, const struct outcome *b)
{
	if (a->statement.complete != b->statement.complete)
		return a->statement.complete;
	return a->good != b->good ? !a->good : a->statement.level < b->statement.level;
}

static int examine_lines(struct verifying *v, struct sb_attest_verified *out, struct sb_err *err)
{
	struct sb_span rest = v->in->lines, chosen = {0};
	struct outcome worst = {0};
	struct sb_err why = {0};

	sb_fail(&why, SB_EVIDENCE, "evidence-absent", "there is no statement in it");
	while (rest.n) {
		struct outcome outcome = {0};
		struct sb_span line = sb_span_take_line(&rest);
		if (line.n == 0)
			continue;
		if (line.p[0] == '{' && !examine_apart(v, line, &outcome))
			v->no_memory = true;
		if (v->no_memory || outcome.err.code == SB_NOMEM)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		out->lines_skipped += !outcome.counts;
		if (!outcome.counts && is_further(&outcome.err, &why))
			why = outcome.err;
		if (outcome.counts && (!worst.counts || is_worse(&outcome, &worst))) {
			worst = outcome;
			chosen = line;
		}
	}
	if (!worst.counts) {
		if (err)
			*err = why;
		return SB_EVIDENCE;
	}
	worst = (struct outcome){0};
	examine(v, chosen, &worst); /* read again to be kept */
	if (v->no_memory || !worst.counts)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	out->statement = worst.statement;
	out->good = worst.good;
	return 0;
}

int sb_attest_verify(const struct sb_attest_verify_in *in, struct sb_arena *arena, struct sb_attest_verified *out, struct sb_err *err)
{
	struct verifying v = {.in = in, .arena = arena, .checks = {.size = sizeof(struct sb_attest_check)}};
	struct sb_attest_verified made = {0};

	if (in->key_count == 0 || in->artifact_count == 0)
		return sb_fail(err, SB_USAGE, "operand-missing", "a key and a file are needed");
	int rc = examine_lines(&v, &made, err);
	struct sb_attest_check *checks = sb_arena_array(arena, v.checks.count, sizeof *checks);
	if (checks && v.checks.count)
		memcpy(checks, v.checks.items, v.checks.count * sizeof *checks);
	made.checks = checks;
	made.check_count = checks ? v.checks.count : 0;
	sb_vec_release(&v.checks);
	if (!checks)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (rc)
		made.good = false;
	*out = made;
	return rc;
}
