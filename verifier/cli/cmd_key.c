/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/verbs.h"

#include <fcntl.h>

static int add_key(struct sb_invocation *call, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_err *err)
{
	char fingerprint[SB_FINGERPRINT_TEXT];
	struct sb_buf ssh = {.ceiling = 4096};

	sb_public_fingerprint(public_key, fingerprint);
	sb_public_to_ssh(public_key, &ssh);
	if (!call->json) {
		sb_buf_printf(&call->out, "%s\n%s", fingerprint, ssh.data ? ssh.data : "");
		sb_buf_release(&ssh);
		return sb_buf_ok(&call->out, err);
	}
	if (ssh.len)
		ssh.data[--ssh.len] = '\0';
	struct sb_node *map = sb_cli_new_document(call, "samebuild-key/1");
	bool good = map && sb_node_put(call->arena, map, "fingerprint", sb_node_text(call->arena, fingerprint)) &&
	            sb_node_put(call->arena, map, "public", sb_node_hex(call->arena, public_key, SB_PUBLIC_BYTES)) &&
	            sb_node_put(call->arena, map, "ssh", sb_node_text(call->arena, ssh.data));
	sb_buf_release(&ssh);
	return sb_cli_document(call, good ? map : NULL, err);
}

/* Both files or none, neither over one that is there: statements are checked with the public one for years. */
static int write_pair(const char *path, struct sb_span secret, struct sb_span public_text, struct sb_invocation *call, struct sb_err *err)
{
	const char *public_path = sb_arena_printf(call->arena, "%s.pub", path);

	if (!public_path)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_io_publish_new(AT_FDCWD, path, 0600, secret, err);
	if (!rc) {
		rc = sb_io_publish_new(AT_FDCWD, public_path, 0644, public_text, err);
		if (rc)
			unlink(path);
	}
	return rc && rc != SB_NOMEM ? sb_reidentify(err, "key-unwritable") : rc;
}

static int seal_and_write(struct sb_invocation *call, const struct sb_secret *secret, const char *passphrase, struct sb_err *err)
{
	SB_BUF struct sb_buf sealed = {.ceiling = 4096};
	SB_BUF struct sb_buf pem = {.ceiling = 4096};
	uint8_t public_key[SB_PUBLIC_BYTES];

	sb_secret_public(secret, public_key);
	sb_public_to_pem(public_key, &pem);
	int rc = sb_secret_seal(secret, sb_span_text(passphrase), &sealed, err);
	if (!rc)
		rc = write_pair(call->words[0], sb_buf_span(&sealed), sb_buf_span(&pem), call, err);
	return rc ? rc : add_key(call, public_key, err);
}

static int run_new(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_secret *secret = NULL;
	char *passphrase = NULL;

	int rc = sb_cli_passphrase(call, true, &passphrase, err);
	if (rc)
		return rc;
	rc = sb_secret_generate(&secret, err);
	if (!rc)
		rc = seal_and_write(call, secret, passphrase, err);
	sb_guarded_free(passphrase);
	sb_secret_free(&secret);
	return rc;
}

static int load_public(struct sb_invocation *call, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err)
{
	struct sb_span file;
	int rc = sb_cli_load_file(call, call->words[0], 64 * 1024, &file, err);

	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "key-unreadable");
	return sb_public_parse(file, out, err);
}

static int run_show(struct sb_invocation *call, struct sb_err *err)
{
	uint8_t public_key[SB_PUBLIC_BYTES];
	int rc = load_public(call, public_key, err);
	return rc ? rc : add_key(call, public_key, err);
}

static int run_export(struct sb_invocation *call, struct sb_err *err)
{
	uint8_t public_key[SB_PUBLIC_BYTES];
	const char *form = sb_arg_value(call, "form");
	bool ssh = form && strcmp(form, "ssh") == 0;

	if (form && !ssh && strcmp(form, "pem") != 0)
		return sb_fail(err, SB_USAGE, "option-value", "--form is pem or ssh, not %s", form);
	int rc = load_public(call, public_key, err);
	if (rc || call->json)
		return rc ? rc : add_key(call, public_key, err);
	if (ssh)
		sb_public_to_ssh(public_key, &call->out);
	else
		sb_public_to_pem(public_key, &call->out);
	return sb_buf_ok(&call->out, err);
}

static const struct sb_option key_new_options[] = {
	{"passphrase-fd", 0, "N", false},
	{0},
};

static const struct sb_option key_show_options[] = {
	{0},
};

static const struct sb_option key_export_options[] = {
	{"form", 0, "FORM", false},
	{0},
};

const struct sb_verb sb_verb_key_new = {
	.name = "key new",
	.summary = "make a signing key",
	.operands = "FILE",
	.options = key_new_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_new,
};

const struct sb_verb sb_verb_key_show = {
	.name = "key show",
	.summary = "show fingerprint and public half of a public key",
	.operands = "FILE",
	.options = key_show_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_show,
};

const struct sb_verb sb_verb_key_export = {
	.name = "key export",
	.summary = "write a public key in another form",
	.operands = "FILE",
	.options = key_export_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_export,
};
