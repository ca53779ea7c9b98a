/* SPDX-License-Identifier: Apache-2.0 */
/* Heads as witnesses sign them: only those that continue what they have signed. */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/logs.h"
#include "verifier/cli/moments.h"
#include "verifier/cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

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

static const struct sb_option log_witness_options[] = {
	{"state", 0, "DIR", false},
	{"key", 0, "KEY", false},
	{"name", 0, "NAME", false},
	{"log", 0, "VKEY", true},
	{"time", 0, "TIME", false},
	{"passphrase-fd", 0, "N", false},
	{0},
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
