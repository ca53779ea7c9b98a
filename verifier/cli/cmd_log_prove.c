/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs out of a log: that an entry is in it, and that it continues an older one. */
#include "verifier/cli/inputs.h"
#include "verifier/cli/logs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/verbs.h"

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int publish(struct sb_invocation *call, const char *name, struct sb_span bytes, struct sb_err *err)
{
	const char *folder = sb_arg_value(call, "output-dir"), *path = folder ? sb_arena_printf(call->arena, "%s/%s", folder, name) : NULL;

	if (!folder) {
		sb_buf_add(&call->out, bytes.p, bytes.n);
		return sb_buf_ok(&call->out, err);
	}
	if (!path)
		return no_memory(err);
	int rc = sb_output_publish(path, bytes, err);
	if (!rc)
		sb_buf_printf(&call->out, "%s\n", sb_cli_escape(call, path));
	if (!rc || rc == SB_NOMEM)
		return rc ? rc : sb_buf_ok(&call->out, err);
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "report-unwritable");
}

/** A log to prove from, and the head to prove it for. */
struct proving {
	struct sb_note_key log;
	struct sb_log_files files;
	struct sb_signed_checkpoint head;
	struct sb_node *list; /* with --json */
	uint64_t proofs;
};

/* Another head than the newest: an older one that witnesses have signed. */
static int load_head(struct sb_invocation *call, struct proving *p, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "checkpoint");
	struct sb_span bytes;

	if (!path)
		return sb_log_head(&p->files, &p->log, call->arena, &p->head, err);
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(NOTE_BYTES), &bytes, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "evidence-absent");
	return sb_checkpoint_open(bytes, &p->log, call->arena, &p->head, err);
}

static int give(struct sb_invocation *call, struct proving *p, const char *name, struct sb_buf *text, struct sb_err *err)
{
	int rc = sb_buf_ok(text, err);

	p->proofs++;
	if (rc || !call->json)
		return rc ? rc : publish(call, name, sb_buf_span(text), err);
	return sb_node_push(call->arena, p->list, sb_logs_text(call, sb_buf_span(text))) ? 0 : no_memory(err);
}

static int prove_entry(struct sb_invocation *call, struct proving *p, const struct sb_log_entry *entry, size_t part, struct sb_err *err)
{
	struct sb_tlog_proof proof = {.extra = sb_span_of(entry->pae, sizeof entry->pae), .checkpoint = p->head.bytes};
	SB_BUF struct sb_buf text = {.ceiling = 2 * SB_LIMIT_OF(NOTE_BYTES)};
	uint8_t leaf[SB_MERKLE_BYTES];
	char hex[2 * SB_SHA256_BYTES + 1];

	int rc = sb_log_entry_leaf(entry, leaf, err);
	if (!rc)
		rc = sb_log_prove_leaf(&p->files, &p->head.head, leaf, &proof.index, &proof.path, err);
	if (rc)
		return rc;
	sb_text_hex(proof.extra, hex);
	const char *name = part ? sb_arena_printf(call->arena, "%.32s-%zu.tlog-proof", hex, part) : sb_arena_printf(call->arena, "%.32s.tlog-proof", hex);
	if (!name)
		return no_memory(err);
	sb_tlog_proof_write(&proof, &text);
	return give(call, p, name, &text, err);
}

static int prove_line(struct sb_invocation *call, struct proving *p, struct sb_span line, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_dsse envelope;
	struct sb_log_entry *entries = NULL;
	size_t count = 0;

	if (!apart)
		return no_memory(err);
	int rc = sb_dsse_read(line, apart, &envelope, err);
	if (!rc)
		rc = sb_log_entries_of(&envelope, apart, &entries, &count, err);
	if (!rc && !call->json && !sb_arg_given(call, "output-dir") && p->proofs + count > 1)
		rc = sb_fail(err, SB_USAGE, "option-missing", "several proofs need -O DIR");
	for (size_t i = 0; !rc && i < count; i++)
		rc = prove_entry(call, p, &entries[i], i, err);
	return rc;
}

static int prove_file(struct sb_invocation *call, struct proving *p, const char *path, struct sb_err *err)
{
	struct sb_span rest;
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(RECORD_BYTES), &rest, err);

	if (rc)
		return rc == SB_NOMEM || rc == SB_LIMIT ? rc : sb_reidentify(err, "evidence-absent");
	while (!rc && rest.n) {
		struct sb_span line = sb_span_take_line(&rest);
		if (line.n)
			rc = prove_line(call, p, line, err);
	}
	return rc;
}

static int prove_since(struct sb_invocation *call, struct proving *p, struct sb_err *err)
{
	struct sb_witness_request request = {.checkpoint = p->head.bytes};
	SB_BUF struct sb_buf text = {.ceiling = 2 * SB_LIMIT_OF(NOTE_BYTES)};

	int rc = sb_arg_number(call, "since", 0, INT64_MAX, 0, &request.old, err);
	if (!rc)
		rc = sb_log_prove_since(&p->files, &p->head.head, request.old, &request.proof, err);
	if (rc)
		return rc;
	sb_witness_request_write(&request, &text);
	return give(call, p, "add-checkpoint", &text, err);
}

static int run_prove(struct sb_invocation *call, struct sb_err *err)
{
	bool since = sb_arg_given(call, "since");
	struct proving p = {.list = sb_node_list(call->arena)};
	SB_CLOSING int dir = -1;

	if (since == (call->word_count > 1))
		return sb_fail(err, SB_USAGE, "operand-missing", "log prove needs statements, or --since N");
	int rc = sb_logs_log_key(call, &p.log, err);
	if (!rc)
		rc = sb_log_open(call->words[0], &dir, err);
	p.files = sb_log_folder(&dir);
	if (!rc)
		rc = load_head(call, &p, err);
	if (!rc && since)
		rc = prove_since(call, &p, err);
	for (size_t i = 1; !rc && i < call->word_count; i++)
		rc = prove_file(call, &p, call->words[i], err);
	if (rc || !call->json)
		return rc;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-log-proofs/1");
	bool good = document && sb_node_put(call->arena, document, "proofs", p.list) &&
	            sb_node_put(call->arena, document, "size", sb_node_int(call->arena, (int64_t)p.head.head.size));
	return sb_cli_document(call, good ? document : NULL, err);
}

static const struct sb_option log_prove_options[] = {
	{"log", 0, "VKEY", false},
	{"since", 0, "N", false},
	{"checkpoint", 0, "FILE", false},
	{"output-dir", 'O', "DIR", false},
	{0},
};

const struct sb_verb sb_verb_log_prove = {
	.name = "log prove",
	.summary = "prove what a log holds, or that it continues",
	.operands = "LOG [FILE]...",
	.options = log_prove_options,
	.least_words = 1,
	.most_words = 1000,
	.run = run_prove,
};
