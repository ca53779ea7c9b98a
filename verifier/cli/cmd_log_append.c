/* SPDX-License-Identifier: Apache-2.0 */
/* Statements as entries of a log, and what witnesses say of its head. */
#include "verifier/cli/inputs.h"
#include "verifier/cli/logs.h"
#include "verifier/cli/verbs.h"

#include <inttypes.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** What is to be written: entries as texts, in the order of the files. */
struct batch {
	struct sb_vec texts; /* struct sb_span, in call->arena */
	uint64_t statements;
};

static int add_texts(struct sb_invocation *call, struct batch *batch, const struct sb_log_entry *entries, size_t count, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		SB_BUF struct sb_buf text = {0};
		sb_log_entry_write(&entries[i], &text);
		int rc = sb_buf_ok(&text, err);
		const char *copy = rc ? NULL : sb_arena_copy(call->arena, sb_buf_span(&text));
		struct sb_span *slot = copy ? sb_vec_push(&batch->texts) : NULL;
		if (rc || !slot)
			return rc ? rc : no_memory(err);
		*slot = sb_span_of(copy, text.len);
	}
	return 0;
}

/* Whoever signs the log must not be who signs what is in it: one stolen key would be both. */
static int add_line(struct sb_invocation *call, struct batch *batch, const struct sb_note_key *log, struct sb_span line, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_dsse envelope;
	struct sb_log_entry *entries = NULL;
	size_t count = 0;

	if (!apart)
		return no_memory(err);
	int rc = sb_dsse_read(line, apart, &envelope, err);
	if (!rc && sb_dsse_signed_by(&envelope, log->key))
		rc = sb_fail(err, SB_USAGE, "key-role", "the key of the log has signed this statement");
	if (!rc)
		rc = sb_log_entries_of(&envelope, apart, &entries, &count, err);
	batch->statements += !rc;
	return rc ? rc : add_texts(call, batch, entries, count, err);
}

static int add_file(struct sb_invocation *call, struct batch *batch, const struct sb_note_key *log, const char *path, struct sb_err *err)
{
	struct sb_span rest, line;
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(RECORD_BYTES), &rest, err);

	if (rc)
		return rc == SB_NOMEM || rc == SB_LIMIT ? rc : sb_reidentify(err, "evidence-absent");
	while (!rc && rest.n) {
		line = sb_span_take_line(&rest);
		if (line.n)
			rc = add_line(call, batch, log, line, err);
	}
	if (rc)
		sb_within(err, path);
	return rc;
}

static int say_appended(struct sb_invocation *call, const struct batch *batch, const struct sb_log_appended *appended, size_t cosignatures, struct sb_err *err)
{
	if (!call->json) {
		sb_buf_printf(&call->out, "%" PRIu64 " statements, %" PRIu64 " new entries, %" PRIu64 " in all", batch->statements, appended->size - appended->before, appended->size);
		if (cosignatures)
			sb_buf_printf(&call->out, ", %zu new cosignatures", cosignatures);
		sb_buf_text(&call->out, "\n");
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-log-appended/1"), *list = sb_node_list(call->arena);
	bool good = document && list;
	for (size_t i = 0; good && i < batch->texts.count; i++)
		good = sb_node_push(call->arena, list, sb_node_int(call->arena, (int64_t)appended->indexes[i]));
	good = good && sb_node_put(call->arena, document, "indexes", list) && sb_node_put(call->arena, document, "size", sb_node_int(call->arena, (int64_t)appended->size)) &&
	       sb_node_put(call->arena, document, "added", sb_node_int(call->arena, (int64_t)(appended->size - appended->before))) &&
	       sb_node_put(call->arena, document, "cosignatures", sb_node_int(call->arena, (int64_t)cosignatures));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int append(struct sb_invocation *call, int dir, const struct sb_note_key *log, const struct sb_secret *secret, struct batch *batch, struct sb_err *err)
{
	struct sb_log_appended appended = {0};
	const char *lines = sb_arg_value(call, "cosignatures");
	size_t cosignatures = 0;
	int rc = 0;

	for (size_t i = 1; !rc && i < call->word_count; i++)
		rc = add_file(call, batch, log, call->words[i], err);
	if (!rc)
		rc = sb_log_append(dir, log, secret, batch->texts.items, batch->texts.count, call->arena, &appended, err);
	if (!rc && lines)
		rc = sb_logs_add_cosignatures(call, dir, log, lines, &cosignatures, err);
	return rc ? rc : say_appended(call, batch, &appended, cosignatures, err);
}

static int run_append(struct sb_invocation *call, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "key");
	struct batch batch = {.texts = {.size = sizeof(struct sb_span)}};
	struct sb_secret *secret = NULL;
	struct sb_note_key log;
	SB_CLOSING int dir = -1;

	if (!path)
		return sb_fail(err, SB_USAGE, "option-missing", "log append needs --key KEY");
	if (call->word_count < 2 && !sb_arg_given(call, "cosignatures"))
		return sb_fail(err, SB_USAGE, "operand-missing", "log append needs statements, or --cosignatures FILE");
	int rc = sb_log_open(call->words[0], &dir, err);
	if (!rc)
		rc = sb_cli_load_secret(call, path, &secret, err);
	if (!rc)
		rc = sb_logs_own_key(call, dir, secret, &log, err);
	if (!rc)
		rc = append(call, dir, &log, secret, &batch, err);
	sb_vec_release(&batch.texts);
	if (secret)
		sb_secret_free(&secret);
	return rc;
}

static const struct sb_option log_append_options[] = {
	{"key", 0, "KEY", false},
	{"cosignatures", 0, "FILE", false},
	{"witness", 0, "VKEY", true},
	{"passphrase-fd", 0, "N", false},
	{0},
};

const struct sb_verb sb_verb_log_append = {
	.name = "log append",
	.summary = "add signed statements to a log",
	.operands = "LOG [FILE]...",
	.options = log_append_options,
	.least_words = 1,
	.most_words = 1000,
	.run = run_append,
};
