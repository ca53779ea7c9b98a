/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning of a log, whose key people are told. */
#include "verifier/cli/inputs.h"
#include "verifier/cli/logs.h"
#include "verifier/cli/verbs.h"

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

static const struct sb_option log_init_options[] = {
	{"key", 0, "KEY", false},
	{"origin", 0, "NAME", false},
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
