/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/verbs.h"

#include <errno.h>
#include <fcntl.h>

static int add_key(struct sb_invocation *call, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_err *err)
{
	char fingerprint[SB_FINGERPRINT_TEXT];
	SB_BUF struct sb_buf ssh = {.ceiling = 4096};

	sb_public_fingerprint(public_key, fingerprint);
	sb_public_to_ssh(public_key, &ssh);
	if (!call->json) {
		sb_buf_printf(&call->out, "%s\n%s", fingerprint, ssh.data ? ssh.data : "");
		return sb_buf_ok(&call->out, err);
	}
	if (ssh.len)
		ssh.data[--ssh.len] = '\0';
	struct sb_node *map = sb_cli_new_document(call, "samebuild-key/1");
	bool good = map && sb_node_put(call->arena, map, "fingerprint", sb_node_text(call->arena, fingerprint)) &&
	            sb_node_put(call->arena, map, "public", sb_node_hex(call->arena, public_key, SB_PUBLIC_BYTES)) &&
	            sb_node_put(call->arena, map, "ssh", sb_node_text(call->arena, ssh.data));
	return sb_cli_document(call, good ? map : NULL, err);
}

/* A new file for a key: one that is there stays, since statements are checked with it for years. */
static int write_new(const char *path, unsigned mode, struct sb_span bytes, struct sb_err *err)
{
	int rc = sb_io_publish_new(AT_FDCWD, path, mode, bytes, err);

	if (!rc || rc == SB_NOMEM)
		return rc;
	return errno == EEXIST ? sb_fail(err, SB_USAGE, "key-exists", "%s is there already", path) : sb_reidentify(err, "key-unwritable");
}

/* Both files or none. */
static int write_pair(const char *path, struct sb_span secret, struct sb_span public_text, struct sb_invocation *call, struct sb_err *err)
{
	const char *public_path = sb_arena_printf(call->arena, "%s.pub", path);

	if (!public_path)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = write_new(path, 0600, secret, err);
	if (rc)
		return rc;
	rc = write_new(public_path, 0644, public_text, err);
	if (rc)
		unlink(path);
	return rc;
}

static int seal_and_write(struct sb_invocation *call, const char *path, const struct sb_secret *secret, const char *passphrase, struct sb_err *err)
{
	SB_BUF struct sb_buf sealed = {.ceiling = 4096};
	SB_BUF struct sb_buf pem = {.ceiling = 4096};
	uint8_t public_key[SB_PUBLIC_BYTES];

	sb_secret_public(secret, public_key);
	sb_public_to_pem(public_key, &pem);
	int rc = sb_secret_seal(secret, sb_span_text(passphrase), &sealed, err);
	if (!rc)
		rc = write_pair(path, sb_buf_span(&sealed), sb_buf_span(&pem), call, err);
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
		rc = seal_and_write(call, call->words[0], secret, passphrase, err);
	sb_guarded_free(passphrase);
	sb_secret_free(&secret);
	return rc;
}

/* A secret key sealed anew, or a public one in PEM. */
static int import_key(struct sb_invocation *call, struct sb_span foreign, struct sb_err *err)
{
	SB_BUF struct sb_buf pem = {.ceiling = 4096};
	uint8_t public_key[SB_PUBLIC_BYTES];
	struct sb_secret *secret = NULL;
	char *passphrase = NULL;

	if (sb_key_sniff(foreign) < SB_KEY_SECRET) {
		int rc = sb_public_parse(foreign, public_key, err);
		if (!rc)
			sb_public_to_pem(public_key, &pem);
		if (!rc)
			rc = write_new(call->words[1], 0644, sb_buf_span(&pem), err);
		return rc ? rc : add_key(call, public_key, err);
	}
	int rc = sb_key_sniff(foreign) == SB_KEY_SECRET_ENCRYPTED ? sb_cli_passphrase(call, false, &passphrase, err) : 0;
	if (!rc)
		rc = sb_secret_parse(foreign, sb_span_text(passphrase ? passphrase : ""), &secret, err);
	sb_guarded_free(passphrase);
	passphrase = NULL;
	if (!rc)
		rc = sb_cli_passphrase(call, true, &passphrase, err);
	if (!rc)
		rc = seal_and_write(call, call->words[1], secret, passphrase, err);
	sb_guarded_free(passphrase);
	sb_secret_free(&secret);
	return rc;
}

static int run_import(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_guarded_text foreign;
	int rc = sb_cli_read_key(call, call->words[0], &foreign, err);

	if (rc)
		return rc;
	rc = import_key(call, sb_span_of(foreign.p, foreign.n), err);
	sb_guarded_free(foreign.p);
	return rc;
}

static int run_show(struct sb_invocation *call, struct sb_err *err)
{
	uint8_t public_key[SB_PUBLIC_BYTES];
	int rc = sb_cli_load_public(call, call->words[0], public_key, err);
	return rc ? rc : add_key(call, public_key, err);
}

static int unknown_form(struct sb_invocation *call, const char *form, struct sb_err *err)
{
	SB_BUF struct sb_buf names = {.ceiling = 4096};
	size_t count;
	const struct sb_key_form *forms = sb_key_forms(&count);

	for (size_t i = 0; i < count; i++)
		sb_buf_printf(&names, "%s%s", i ? ", " : "", forms[i].name);
	return sb_fail(err, SB_USAGE, "option-value", "--form is one of %s, not %s", names.data ? names.data : "?", sb_cli_escape(call, form));
}

/* A note's key is called after who signs: without blanks, control bytes and plus signs (C2SP signed-note). */
static bool is_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '+')
			return false;
	return *name != '\0';
}

static int export_public(struct sb_invocation *call, const struct sb_key_form *form, struct sb_err *err)
{
	const char *name = sb_arg_value(call, "name"), *path = sb_arg_value(call, "output");
	uint8_t public_key[SB_PUBLIC_BYTES];
	SB_BUF struct sb_buf text = {.ceiling = 64 * 1024};

	if (strcmp(form->name, "vkey") == 0 ? !name || !is_name(name) : name != NULL)
		return sb_fail(err, SB_USAGE, "option-value", "--name is for --form vkey, which needs one without blanks and plus signs");
	int rc = sb_cli_load_public(call, call->words[0], public_key, err);
	if (rc)
		return rc;
	form->write_public(public_key, name, &text);
	if ((rc = sb_buf_ok(&text, err)))
		return rc;
	if (path && (rc = sb_output_publish(path, sb_buf_span(&text), err)))
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "key-unwritable");
	if (path || call->json)
		return add_key(call, public_key, err);
	sb_buf_add(&call->out, text.data, text.len);
	return sb_buf_ok(&call->out, err);
}

/* Never on stdout, where it would be seen and logged. */
static int export_secret(struct sb_invocation *call, const struct sb_key_form *form, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "output");
	struct sb_secret *secret = NULL;
	char *passphrase = NULL, *text = NULL;
	uint8_t public_key[SB_PUBLIC_BYTES] = {0};
	size_t n = 0;

	if (!path)
		return sb_fail(err, SB_USAGE, "option-missing", "a secret key is written to a file only: give -o FILE");
	int rc = sb_cli_load_secret(call, call->words[0], &secret, err);
	if (!rc && form->kind == SB_KEY_SECRET_ENCRYPTED)
		rc = sb_cli_passphrase(call, true, &passphrase, err);
	if (!rc && !(text = sb_guarded_alloc(SB_SECRET_FORM_ROOM)))
		rc = sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	if (!rc)
		rc = sb_secret_write(form, secret, sb_span_text(passphrase ? passphrase : ""), text, SB_SECRET_FORM_ROOM, &n, err);
	if (!rc)
		sb_secret_public(secret, public_key);
	sb_guarded_free(passphrase);
	sb_secret_free(&secret);
	if (!rc)
		rc = write_new(path, 0600, sb_span_of(text, n), err);
	sb_guarded_free(text);
	return rc ? rc : add_key(call, public_key, err);
}

static int run_export(struct sb_invocation *call, struct sb_err *err)
{
	const char *wanted = sb_arg_value(call, "form");
	const struct sb_key_form *form = sb_key_form_named(wanted ? wanted : "pem");

	if (!form)
		return unknown_form(call, wanted, err);
	return form->kind == SB_KEY_PUBLIC ? export_public(call, form, err) : export_secret(call, form, err);
}

static const struct sb_option key_new_options[] = {
	{"passphrase-fd", 0, "N", false},
	{0},
};

static const struct sb_option key_show_options[] = {
	{0},
};

static const struct sb_option key_import_options[] = {
	{"passphrase-fd", 0, "N", false},
	{0},
};

static const struct sb_option key_export_options[] = {
	{"form", 0, "FORM", false},
	{"name", 0, "NAME", false},
	{"output", 'o', "FILE", false},
	{"passphrase-fd", 0, "N", false},
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
	.summary = "write a key in the form of another program",
	.operands = "FILE",
	.options = key_export_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_export,
};

const struct sb_verb sb_verb_key_import = {
	.name = "key import",
	.summary = "take over a key that another program made",
	.operands = "FOREIGN FILE",
	.options = key_import_options,
	.least_words = 2,
	.most_words = 2,
	.run = run_import,
};
