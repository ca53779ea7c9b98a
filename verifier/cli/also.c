/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/also.h"

#include "manifests/bundle.h"
#include "manifests/dsse.h"
#include "manifests/filesig.h"
#include "manifests/link.h"
#include "manifests/provenance.h"
#include "verifier/cli/output.h"

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int beside(struct sb_invocation *call, const char *path, const char *ending, const char **out, struct sb_err *err)
{
	*out = sb_arena_printf(call->arena, "%s.%s", path, ending);
	return *out ? 0 : no_memory(err);
}

static int make_bundle(struct sb_invocation *call, const struct sb_also_in *in, const char **path, struct sb_buf *out, struct sb_err *err)
{
	int rc = beside(call, in->path, "sigstore.json", path, err);
	return rc ? rc : sb_bundle_write(in->envelope, out, err);
}

/* in-toto looks for links by this name: NAME.KEYID8.link in one folder. */
static int make_link(struct sb_invocation *call, const struct sb_also_in *in, const char **path, struct sb_buf *out, struct sb_err *err)
{
	size_t folder = strlen(in->path) - strlen(sb_path_base(in->path));
	uint8_t public_key[SB_PUBLIC_BYTES];
	char keyid[SB_LINK_KEYID];

	sb_secret_public(in->secret, public_key);
	int rc = sb_link_keyid(public_key, keyid, err);
	if (rc)
		return rc;
	*path = sb_arena_printf(call->arena, "%.*srebuild.%.8s.link", (int)folder, in->path, keyid);
	return *path ? sb_link_write(in->result, in->secret, out, err) : no_memory(err);
}

static int make_minisig(struct sb_invocation *call, const struct sb_also_in *in, const char **path, struct sb_buf *out, struct sb_err *err)
{
	char comment[64 + 2 * SB_SHA256_BYTES] = "samebuild statement sha256:";
	struct sb_digest digest;
	int rc = beside(call, in->path, "minisig", path, err);

	if (rc)
		return rc;
	sb_hash_span(in->envelope, SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), comment + strlen(comment));
	return sb_minisig_write(in->secret, in->envelope, comment, out, err);
}

static int make_signify(struct sb_invocation *call, const struct sb_also_in *in, const char **path, struct sb_buf *out, struct sb_err *err)
{
	int rc = beside(call, in->path, "sig", path, err);
	return rc ? rc : sb_signify_write(in->secret, in->envelope, out, err);
}

static int make_sshsig(struct sb_invocation *call, const struct sb_also_in *in, const char **path, struct sb_buf *out, struct sb_err *err)
{
	int rc = beside(call, in->path, "sshsig", path, err);
	return rc ? rc : sb_sshsig_write(in->secret, in->envelope, out, err);
}

static int make_provenance(struct sb_invocation *call, const struct sb_also_in *in, const char **path, struct sb_buf *out, struct sb_err *err)
{
	SB_BUF struct sb_buf statement = {0};
	int rc = beside(call, in->path, "provenance.jsonl", path, err);

	if (!rc)
		rc = sb_provenance_write(in->result, in->context, &statement, err);
	return rc ? rc : sb_dsse_sign(SB_DSSE_INTOTO, sb_buf_span(&statement), in->secret, out, err);
}

static const struct sb_also forms[] = {
	{"bundle", false, NULL, make_bundle},
	{"link", false, sb_link_allowed, make_link},
	{"minisig", false, NULL, make_minisig},
	{"provenance", true, sb_provenance_allowed, make_provenance},
	{"signify", false, NULL, make_signify},
	{"sshsig", false, NULL, make_sshsig},
};

static const struct sb_also *form_named(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strlen(forms[i].name) == n && memcmp(forms[i].name, name, n) == 0)
			return &forms[i];
	return NULL;
}

/* The next word of a list with commas; false at its end. */
static bool next_word(const char **rest, const char **word, size_t *n)
{
	if (!*rest)
		return false;
	const char *comma = strchr(*rest, ',');
	*word = *rest;
	*n = comma ? (size_t)(comma - *rest) : strlen(*rest);
	*rest = comma ? comma + 1 : NULL;
	return true;
}

static int check_names(const char *rest, struct sb_err *err)
{
	const char *word;
	size_t n;

	while (next_word(&rest, &word, &n))
		if (!form_named(word, n))
			return sb_fail(err, SB_USAGE, "option-value", "--also is a list of bundle, link, minisig, provenance, signify and sshsig, and %.*s is none of them", (int)n, word);
	return 0;
}

int sb_also_check(const struct sb_invocation *call, const struct sb_result *result, struct sb_err *err)
{
	const char *rest = sb_arg_value(call, "also"), *word;
	size_t n;
	int rc = check_names(rest, err);

	while (!rc && next_word(&rest, &word, &n)) {
		const struct sb_also *form = form_named(word, n);
		rc = form && form->allowed ? form->allowed(result, err) : 0;
		if (!rc && form && form->party && !sb_arg_given(call, "verifier"))
			rc = sb_fail(err, SB_USAGE, "provenance-builder", "--also %s says who built it: --verifier URI is due", form->name);
	}
	return rc;
}

static int write_one(struct sb_invocation *call, const struct sb_also *form, const struct sb_also_in *in, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	const char *path = NULL;
	int rc = form->make(call, in, &path, &text, err);

	if (rc)
		return rc;
	if ((rc = sb_output_publish(path, sb_buf_span(&text), err)) && rc != SB_NOMEM) {
		if (err)
			err->code = SB_TEMPORARY;
		return sb_reidentify(err, "report-unwritable");
	}
	if (!rc && !call->json)
		sb_buf_printf(&call->out, "%s\n", sb_cli_escape(call, path));
	return rc;
}

int sb_also_write(struct sb_invocation *call, const struct sb_also_in *in, struct sb_err *err)
{
	const char *rest = sb_arg_value(call, "also"), *word;
	size_t n;
	int rc = 0;

	while (!rc && next_word(&rest, &word, &n)) {
		const struct sb_also *form = form_named(word, n);
		rc = form ? write_one(call, form, in, err) : sb_fail(err, SB_USAGE, "option-value", "--also names no form");
	}
	return rc;
}
