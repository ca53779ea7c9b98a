/* SPDX-License-Identifier: Apache-2.0 */
/* Statements that nobody checks here: shown, and carried from one form into another. */
#include "manifests/bundle.h"
#include "manifests/filesig.h"
#include "verifier/attest/attest.h"
#include "verifier/cli/envelopes.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/verbs.h"

/* ---- attest convert ---- */

static int convert_line(struct sb_span line, bool to_bundle, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_dsse envelope;

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (to_bundle)
		return sb_bundle_write(line, out, err);
	int rc = sb_dsse_read(line, arena, &envelope, err); /* what is no envelope is not passed on as one */
	if (rc)
		return rc;
	sb_buf_add(out, line.p, line.n);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

static int convert_lines(struct sb_span rest, bool to_bundle, struct sb_buf *out, struct sb_err *err)
{
	int rc = 0;

	while (!rc && rest.n) {
		struct sb_span line = sb_span_take_line(&rest);
		if (line.n)
			rc = convert_line(line, to_bundle, out, err);
	}
	return rc || out->len ? rc : sb_fail(err, SB_EVIDENCE, "evidence-absent", "there is no statement in it");
}

static int run_convert(struct sb_invocation *call, struct sb_err *err)
{
	SB_BUF struct sb_buf made = {.ceiling = 2 * SB_LIMIT_OF(RECORD_BYTES)};
	const char *to = sb_arg_value(call, "to"), *path = sb_arg_value(call, "output");
	struct sb_span file;

	if (!to || (strcmp(to, "bundle") != 0 && strcmp(to, "dsse") != 0))
		return sb_fail(err, SB_USAGE, to ? "option-value" : "option-missing", "attest convert needs --to bundle or --to dsse");
	if (call->json && !path)
		return sb_fail(err, SB_USAGE, "option-missing", "attest convert --json needs -o FILE");
	int rc = sb_cli_load_attestation(call, call->words[0], &file, err);
	if (!rc)
		rc = sb_cli_as_envelopes(call, file, &file, err);
	if (!rc)
		rc = convert_lines(file, strcmp(to, "bundle") == 0, &made, err);
	if (rc)
		return rc;
	if (!path) {
		sb_buf_add(&call->out, made.data, made.len);
		return sb_buf_ok(&call->out, err);
	}
	if ((rc = sb_output_publish(path, sb_buf_span(&made), err))) {
		if (err && rc != SB_NOMEM)
			err->code = SB_TEMPORARY;
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "report-unwritable");
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-converted/1");
	bool good = document && sb_node_put(call->arena, document, "path", sb_node_text(call->arena, path));
	return call->json ? sb_cli_document(call, good ? document : NULL, err) : 0;
}

/* ---- attest show ---- */

/** What a file seems to be: nothing is verified. */
struct shown {
	const char *kind, *note; /* what it is and what it can say */
	struct sb_node *payload;
};

static int show_filesig(struct sb_invocation *call, struct sb_span file, struct shown *out, struct sb_err *err)
{
	static const char *const names[] = {"", "minisign", "signify", "sshsig"};
	struct sb_arena *arena = call->arena;
	struct sb_node *map = sb_node_map(arena);
	struct sb_filesig signature;
	char fingerprint[SB_FINGERPRINT_TEXT];
	int rc = sb_filesig_read(file, &signature, err);

	if (rc)
		return rc;
	bool good = map;
	if (signature.kind == SB_FILESIG_SSH) {
		sb_public_fingerprint(signature.key, fingerprint);
		good = good && sb_node_put(arena, map, "key", sb_node_text(arena, fingerprint));
	} else {
		const char *comment = sb_arena_copy(arena, signature.comment);
		good = good && sb_node_put(arena, map, "number", sb_node_hex(arena, signature.number, sizeof signature.number)) && comment &&
		       sb_node_put(arena, map, "comment", sb_node_text(arena, comment));
	}
	*out = (struct shown){names[signature.kind], "a signature of a file; it says nothing of how the file was built", map};
	return good ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool is_buildinfo(struct sb_span file)
{
	static const char plain[] = "Format: ", clear[] = "-----BEGIN PGP SIGNED MESSAGE-----";
	return sb_span_starts(file, plain, sizeof plain - 1) || sb_span_starts(file, clear, sizeof clear - 1);
}

static int show_buildinfo(struct sb_invocation *call, struct sb_span file, struct shown *out, struct sb_err *err)
{
	struct sb_node *list = sb_node_list(call->arena);
	bool good = list;

	for (struct sb_span rest = file; good && rest.n;) {
		const char *line = sb_arena_copy(call->arena, sb_span_take_line(&rest));
		good = line && sb_node_push(call->arena, list, sb_node_text(call->arena, line));
	}
	*out = (struct shown){"buildinfo", "a record of a build; evidence only, it gives no level", list};
	return good ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int show_envelope(struct sb_invocation *call, struct sb_span file, struct shown *out, struct sb_err *err)
{
	struct sb_dsse envelope;
	int rc = sb_cli_as_envelopes(call, file, &file, err);

	if (rc)
		return rc;
	*out = (struct shown){"statement", NULL, NULL};
	rc = sb_dsse_read(sb_span_take_line(&file), call->arena, &envelope, err);
	return rc ? rc : sb_node_read_json(envelope.payload, SB_LIMIT_OF(RECORD_BYTES), "payload", call->arena, &out->payload, err);
}

static int look_at(struct sb_invocation *call, struct sb_span file, struct shown *out, struct sb_err *err)
{
	if (sb_filesig_sniff(file) != SB_FILESIG_NONE)
		return show_filesig(call, file, out, err);
	if (is_buildinfo(file))
		return show_buildinfo(call, file, out, err);
	if (sb_attest_is_foreign(file, call->arena)) {
		*out = (struct shown){"in-toto-link", "a link; evidence only, it gives no level", NULL};
		return sb_node_read_json(file, SB_LIMIT_OF(RECORD_BYTES), "link", call->arena, &out->payload, err);
	}
	return show_envelope(call, file, out, err);
}

/* JSON may hold characters that move or hide what a terminal shows: they are written as their numbers, which is the same text. */
static void add_visible(struct sb_buf *out, struct sb_span json)
{
	while (json.n) {
		uint32_t cp = 0;
		size_t n = sb_utf8_decode(json, &cp);
		n = n ? n : 1;
		if (cp < 0x7f || sb_escape_is_plain(sb_span_of(json.p, n)))
			sb_buf_add(out, json.p, n);
		else if (cp < 0x10000)
			sb_buf_printf(out, "\\u%04x", (unsigned)cp);
		else
			sb_buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((cp - 0x10000) >> 10)), (unsigned)(0xdc00 + ((cp - 0x10000) & 0x3ff)));
		json = sb_span_of(json.p + n, json.n - n);
	}
}

static int run_show(struct sb_invocation *call, struct sb_err *err)
{
	SB_BUF struct sb_buf json = {.ceiling = 2 * SB_LIMIT_OF(RECORD_BYTES)};
	struct shown shown;
	struct sb_span file;

	int rc = sb_cli_load_attestation(call, call->words[0], &file, err);
	if (!rc)
		rc = look_at(call, file, &shown, err);
	if (rc)
		return rc == SB_FORMAT ? sb_reidentify(err, "statement-malformed") : rc;
	if (call->json) {
		struct sb_node *document = sb_cli_new_document(call, "samebuild-unverified/1");
		bool good = document && sb_node_put(call->arena, document, "payload", shown.payload) &&
		            sb_node_put(call->arena, document, "kind", sb_node_text(call->arena, shown.kind));
		return sb_cli_document(call, good ? document : NULL, err);
	}
	sb_buf_text(&call->out, "UNVERIFIED: nobody's signature was checked\n");
	if (shown.note)
		sb_buf_printf(&call->out, "%s: %s\n", shown.kind, shown.note);
	sb_node_write_json(shown.payload, &json);
	add_visible(&call->out, sb_buf_span(&json));
	sb_buf_text(&call->out, "\n");
	rc = sb_buf_ok(&json, err);
	return rc ? rc : sb_buf_ok(&call->out, err);
}

static const struct sb_option attest_show_options[] = {
	{0},
};

static const struct sb_option attest_convert_options[] = {
	{"to", 0, "FORM", false},
	{"output", 'o', "FILE", false},
	{0},
};

const struct sb_verb sb_verb_attest_show = {
	.name = "attest show",
	.summary = "print what a statement says, without checking it",
	.operands = "FILE",
	.options = attest_show_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_show,
};

const struct sb_verb sb_verb_attest_convert = {
	.name = "attest convert",
	.summary = "write a statement in another form, unchecked",
	.operands = "FILE",
	.options = attest_convert_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_convert,
};
