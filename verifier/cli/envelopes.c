/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/envelopes.h"

#include "manifests/bundle.h"
#include "manifests/statement.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"

int sb_cli_load_attestation(struct sb_invocation *call, const char *path, struct sb_span *out, struct sb_err *err)
{
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(RECORD_BYTES), out, err);
	return rc && rc != SB_NOMEM ? sb_reidentify(err, "evidence-absent") : rc;
}

static const char mark[] = "application/vnd.dev.sigstore.bundle";

/* 1: it was one, and its envelope is in @out; 0: it is none. Otherwise an error. Its tree dies here. */
static int take_bundle(struct sb_span text, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_node *top = NULL;

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (!memmem(text.p, text.n, mark, sizeof mark - 1) || sb_json_values(text) > SB_BUNDLE_VALUES)
		return 0;
	int rc = sb_node_read_json(text, SB_LIMIT_OF(RECORD_BYTES), "bundle", arena, &top, err);
	if (rc == SB_NOMEM)
		return rc;
	if (rc || !sb_bundle_is(top))
		return 0;
	rc = sb_bundle_envelope(top, out, err);
	return rc ? rc : 1;
}

/* Likewise, but one that is not as it must be is none: among other evidence it says nothing, and keeps nothing else from being heard. */
static int take_good_bundle(struct sb_span text, struct sb_buf *out, struct sb_err *err)
{
	struct sb_err why = {0};
	int rc = take_bundle(text, out, &why);

	if (rc >= 0 || rc == SB_EVIDENCE)
		return rc > 0;
	if (err)
		*err = why;
	return rc;
}

/** take_bundle or take_good_bundle. */
typedef int take_fn(struct sb_span text, struct sb_buf *out, struct sb_err *err);

static int take_lines(struct sb_span file, take_fn *take, struct sb_buf *out, struct sb_err *err)
{
	while (file.n) {
		struct sb_span line = sb_span_take_line(&file);
		int rc = take(line, out, err);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			sb_buf_add(out, line.p, line.n);
			sb_buf_text(out, "\n");
		}
	}
	return 0;
}

static int as_envelopes(struct sb_invocation *call, struct sb_span file, take_fn *take, struct sb_buf *lines, struct sb_span *out, struct sb_err *err)
{
	int rc = take(file, lines, err); /* alone in its file it may be spread over many lines */

	if (rc == 0)
		rc = take_lines(file, take, lines, err);
	if (rc < 0 || (rc = sb_buf_ok(lines, err)))
		return rc;
	const char *copy = sb_arena_copy(call->arena, sb_buf_span(lines));
	*out = sb_span_of(copy, lines->len);
	return copy ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_cli_as_envelopes(struct sb_invocation *call, struct sb_span file, struct sb_span *out, struct sb_err *err)
{
	SB_BUF struct sb_buf lines = {.ceiling = 2 * SB_LIMIT_OF(RECORD_BYTES)};
	return as_envelopes(call, file, take_bundle, &lines, out, err);
}

int sb_cli_open_bundles(struct sb_invocation *call, struct sb_span file, struct sb_span *out, struct sb_err *err)
{
	SB_BUF struct sb_buf lines = {.ceiling = 2 * SB_LIMIT_OF(EVIDENCE_BYTES)};

	*out = file;
	if (!memmem(file.p, file.n, mark, sizeof mark - 1))
		return 0;
	return as_envelopes(call, file, take_good_bundle, &lines, out, err);
}

int sb_cli_only_line(struct sb_span file, struct sb_span *out, struct sb_err *err)
{
	struct sb_span found = {0};

	while (file.n) {
		struct sb_span line = sb_span_take_line(&file);
		if (line.n && found.n)
			return sb_fail(err, SB_EVIDENCE, "evidence-many", "the file holds more than one line, and one statement is due here");
		if (line.n)
			found = line;
	}
	*out = found;
	return found.n ? 0 : sb_fail(err, SB_EVIDENCE, "evidence-absent", "there is no statement in it");
}

/* ---- one more signature ---- */

/* Who adds a signature stands behind the statement: it must be one, whole, and signed by those who were named. */
static int check_statement(struct sb_invocation *call, struct sb_span line, struct sb_err *err)
{
	struct sb_statement statement;
	struct sb_dsse envelope;
	size_t count = 0;

	int rc = sb_dsse_read(line, call->arena, &envelope, err);
	if (rc)
		return rc;
	if (strcmp(envelope.type, SB_DSSE_INTOTO) != 0)
		return sb_fail(err, SB_EVIDENCE, "envelope-type", "the envelope does not hold an in-toto statement");
	for (const char *path; (path = sb_arg_nth(call, "signed-by", count)); count++) {
		uint8_t key[SB_PUBLIC_BYTES];
		if ((rc = sb_cli_load_public(call, path, key, err)))
			return rc;
		if (!sb_dsse_signed_by(&envelope, key))
			return sb_fail(err, SB_EVIDENCE, "signature-bad", "there is no good signature of the key in %s", path);
	}
	if (count == 0)
		return sb_fail(err, SB_USAGE, "option-missing", "adding a signature needs --signed-by KEY: the public key of who signed before");
	return sb_statement_read(envelope.payload, call->arena, &statement, err);
}

int sb_cli_cosign(struct sb_invocation *call, const char *path, const char *key, struct sb_err *err)
{
	SB_BUF struct sb_buf envelope = {.ceiling = 2 * SB_LIMIT_OF(RECORD_BYTES)};
	const char *to = sb_arg_value(call, "attestation");
	struct sb_secret *secret = NULL;
	struct sb_span file, line = {0};

	if (sb_arg_given(call, "also") || sb_arg_given(call, "verifier") || sb_arg_given(call, "time"))
		return sb_fail(err, SB_USAGE, "option-value", "--also, --verifier and --time are for the statement of a run, not for one that was signed before");
	int rc = sb_cli_load_attestation(call, path, &file, err);
	if (!rc)
		rc = sb_cli_as_envelopes(call, file, &file, err);
	if (!rc)
		rc = sb_cli_only_line(file, &line, err);
	if (!rc)
		rc = check_statement(call, line, err);
	if (!rc)
		rc = sb_cli_load_secret(call, key, &secret, err);
	if (!rc)
		rc = sb_dsse_add(line, secret, &envelope, err);
	sb_secret_free(&secret);
	if (!rc && (rc = sb_output_publish(to ? to : path, sb_buf_span(&envelope), err)) && rc != SB_NOMEM) {
		if (err)
			err->code = SB_TEMPORARY;
		rc = sb_reidentify(err, "report-unwritable");
	}
	return rc;
}
