/* SPDX-License-Identifier: Apache-2.0 */
/* Logs as people run them: a folder that grows, proofs out of it, and what others saw of it. */
#include "verifier/cli/evidence.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/logs.h"
#include "verifier/cli/moments.h"
#include "verifier/cli/output.h"
#include "verifier/cli/verbs.h"
#include "verifier/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* ---- init ---- */

static int say_log(struct sb_invocation *call, const struct sb_note_key *log, uint64_t size, struct sb_err *err)
{
	SB_BUF struct sb_buf vkey = {0};

	sb_note_key_write(log, &vkey);
	int rc = sb_buf_ok(&vkey, err);
	if (rc)
		return rc;
	if (!call->json) {
		sb_buf_printf(&call->out, "%s\n", vkey.data);
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-log/1");
	bool good = document && sb_node_put(call->arena, document, "vkey", sb_node_text(call->arena, vkey.data)) &&
	            sb_node_put(call->arena, document, "size", sb_node_int(call->arena, (int64_t)size));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run_init(struct sb_invocation *call, struct sb_err *err)
{
	const char *origin = sb_arg_value(call, "origin"), *path = sb_arg_value(call, "key");
	struct sb_secret *secret = NULL;
	struct sb_note_key log;
	uint8_t public_key[SB_PUBLIC_BYTES];

	if (!origin || !path)
		return sb_fail(err, SB_USAGE, "option-missing", "log init needs --origin NAME and --key KEY");
	int rc = sb_cli_load_secret(call, path, &secret, err);
	if (rc)
		return rc;
	sb_secret_public(secret, public_key);
	rc = sb_note_key_make(origin, SB_NOTE_PLAIN, public_key, &log, err);
	if (!rc)
		rc = sb_log_init(call->words[0], &log, secret, err);
	sb_secret_free(&secret);
	return rc ? rc : say_log(call, &log, 0, err);
}

/* ---- append ---- */

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

/* ---- prove ---- */

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

/* ---- verify ---- */

/* A folder, or a bundle that holds a log. */
static int open_either(struct sb_invocation *call, int *dir, struct sb_parcel *bundle, struct sb_log_files *out, struct sb_err *err)
{
	struct stat st;
	struct sb_span bytes;

	if (stat(call->words[0], &st) != 0 || !S_ISREG(st.st_mode)) {
		*out = sb_log_folder(dir);
		return sb_log_open(call->words[0], dir, err);
	}
	*out = sb_cli_bundled_log(bundle);
	int rc = sb_cli_load_file(call, call->words[0], SB_LIMIT_OF(EVIDENCE_BYTES), &bytes, err);
	if (rc)
		return rc == SB_NOMEM || rc == SB_LIMIT ? rc : sb_reidentify(err, "log-absent");
	return sb_parcel_read(bytes, call->arena, bundle, err);
}

static int run_verify(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_note_key log;
	struct sb_signed_checkpoint head;
	struct sb_parcel bundle = {0};
	struct sb_log_files files;
	SB_CLOSING int dir = -1;

	int rc = sb_logs_log_key(call, &log, err);
	if (!rc)
		rc = open_either(call, &dir, &bundle, &files, err);
	if (!rc)
		rc = sb_log_head(&files, &log, call->arena, &head, err);
	if (!rc)
		rc = sb_log_verify(&files, &log, &head, sb_arg_value(call, "remember"), err);
	if (rc)
		return rc;
	if (!call->json) {
		sb_buf_printf(&call->out, "%s: %" PRIu64 " entries, all as the head says\n", sb_cli_escape(call, head.head.origin), head.head.size);
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-log-verified/1");
	bool good = document && sb_node_put(call->arena, document, "origin", sb_node_text(call->arena, head.head.origin)) &&
	            sb_node_put(call->arena, document, "size", sb_node_int(call->arena, (int64_t)head.head.size)) &&
	            sb_node_put(call->arena, document, "root", sb_node_hex(call->arena, head.head.root, SB_MERKLE_BYTES));
	return sb_cli_document(call, good ? document : NULL, err);
}

/* ---- witness ---- */

static int load_logs(struct sb_invocation *call, const struct sb_note_key *own, struct sb_log_witness_in *in, struct sb_err *err)
{
	size_t count = 0;
	int rc = 0;

	while (sb_arg_nth(call, "log", count))
		count++;
	struct sb_note_key *logs = sb_arena_array(call->arena, count + 1, sizeof *logs);
	if (!logs)
		return no_memory(err);
	for (size_t i = 0; !rc && i < count; i++) {
		rc = sb_logs_key(call, sb_arg_nth(call, "log", i), SB_NOTE_PLAIN, &logs[i], err);
		if (!rc && memcmp(logs[i].key, own->key, SB_PUBLIC_BYTES) == 0)
			rc = sb_fail(err, SB_USAGE, "key-role", "a witness needs a key of its own: this one signs the log");
		for (size_t k = 0; !rc && k < i; k++)
			if (strcmp(logs[k].name, logs[i].name) == 0)
				rc = sb_fail(err, SB_USAGE, "option-value", "two keys are given for the log %s", logs[i].name);
	}
	in->logs = logs;
	in->log_count = count;
	return rc;
}

static int open_state(const char *path, int *dir, struct sb_err *err)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return sb_fail_errno(err, "log-unwritable", "cannot create %s", path);
	*dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir >= 0 ? 0 : sb_fail_errno(err, "log-unwritable", "cannot open %s", path);
}

static int answer(struct sb_invocation *call, const struct sb_log_witness_in *in, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_span request;
	bool stale = false;

	int rc = sb_cli_load_file(call, call->words[0], SB_LIMIT_OF(NOTE_BYTES), &request, err);
	if (rc)
		return rc == SB_NOMEM || rc == SB_LIMIT ? rc : sb_reidentify(err, "evidence-absent");
	rc = sb_log_witness(in, request, &text, &stale, err);
	if (rc)
		return rc;
	if (call->json) {
		struct sb_node *document = sb_cli_new_document(call, "samebuild-witness/1");
		bool good = document && sb_node_put(call->arena, document, "stale", sb_node_bool(call->arena, stale)) &&
		            sb_node_put(call->arena, document, "answer", sb_logs_text(call, sb_buf_span(&text)));
		rc = sb_cli_document(call, good ? document : NULL, err);
	} else {
		sb_buf_add(&call->out, text.data, text.len);
		rc = sb_buf_ok(&call->out, err);
	}
	if (!rc && stale)
		sb_cli_say(call, "the log must ask from the size that is known here");
	return rc ? rc : stale ? SB_EXIT_BELOW : SB_EXIT_OK;
}

static int run_witness(struct sb_invocation *call, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "key"), *name = sb_arg_value(call, "name"), *state = sb_arg_value(call, "state");
	struct sb_secret *secret = NULL;
	struct sb_note_key own;
	struct sb_log_witness_in in = {.own = &own, .state = -1};
	uint8_t public_key[SB_PUBLIC_BYTES];
	SB_CLOSING int dir = -1;

	if (!path || !name || !state || !sb_arg_given(call, "log"))
		return sb_fail(err, SB_USAGE, "option-missing", "log witness needs --key KEY, --name NAME, --state DIR and --log VKEY");
	int rc = sb_cli_time(call, &in.time, err);
	if (!rc)
		rc = sb_cli_load_secret(call, path, &secret, err);
	if (rc)
		return rc;
	in.secret = secret;
	sb_secret_public(secret, public_key);
	rc = sb_note_key_make(name, SB_NOTE_COSIGNATURE, public_key, &own, err);
	if (!rc)
		rc = load_logs(call, &own, &in, err);
	if (!rc)
		rc = open_state(state, &dir, err);
	in.state = dir;
	if (!rc)
		rc = answer(call, &in, err);
	sb_secret_free(&secret);
	return rc;
}

/* ---- the rows ---- */

static const struct sb_option log_init_options[] = {
	{"key", 0, "KEY", false},
	{"origin", 0, "NAME", false},
	{"passphrase-fd", 0, "N", false},
	{0},
};

static const struct sb_option log_append_options[] = {
	{"key", 0, "KEY", false},
	{"cosignatures", 0, "FILE", false},
	{"witness", 0, "VKEY", true},
	{"passphrase-fd", 0, "N", false},
	{0},
};

static const struct sb_option log_prove_options[] = {
	{"log", 0, "VKEY", false},
	{"since", 0, "N", false},
	{"checkpoint", 0, "FILE", false},
	{"output-dir", 'O', "DIR", false},
	{0},
};

static const struct sb_option log_verify_options[] = {
	{"log", 0, "VKEY", false},
	{"remember", 0, "FILE", false},
	{0},
};

static const struct sb_option log_witness_options[] = {
	{"state", 0, "DIR", false},
	{"key", 0, "KEY", false},
	{"name", 0, "NAME", false},
	{"log", 0, "VKEY", true},
	{"time", 0, "TIME", false},
	{"passphrase-fd", 0, "N", false},
	{0},
};

const struct sb_verb sb_verb_log_init = {
	.name = "log init",
	.summary = "begin an append-only log",
	.operands = "LOG",
	.options = log_init_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_init,
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

const struct sb_verb sb_verb_log_prove = {
	.name = "log prove",
	.summary = "prove what a log holds, or that it continues",
	.operands = "LOG [FILE]...",
	.options = log_prove_options,
	.least_words = 1,
	.most_words = 1000,
	.run = run_prove,
};

const struct sb_verb sb_verb_log_verify = {
	.name = "log verify",
	.summary = "check all of a log against its signed head",
	.operands = "LOG",
	.options = log_verify_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_verify,
};

const struct sb_verb sb_verb_log_witness = {
	.name = "log witness",
	.summary = "sign the head of a log as a witness",
	.operands = "REQUEST",
	.options = log_witness_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_witness,
};
