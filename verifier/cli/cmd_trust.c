/* SPDX-License-Identifier: Apache-2.0 */
/* Roots that are pinned here: pinned once by their digest, and then only led on by those who hold their keys. */
#include "verifier/cli/inputs.h"
#include "verifier/cli/moments.h"
#include "verifier/cli/trust_root_file.h"
#include "verifier/cli/trust_store.h"
#include "verifier/cli/verbs.h"

#include <inttypes.h>
#include <sys/stat.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static const char *moment_text(struct sb_invocation *call, int64_t moment)
{
	char text[SB_MOMENT_TEXT];

	if (!sb_moment_write(moment, text))
		return "?";
	const char *copy = sb_arena_copy(call->arena, sb_span_text(text));
	return copy ? copy : "?";
}

/* ---- as text ---- */

static void add_duties(struct sb_invocation *call, const struct sb_trust_key *key)
{
	for (unsigned duty = 0; duty < SB_DUTIES; duty++)
		if (key->duties & 1u << duty)
			sb_buf_printf(&call->out, " %s", sb_duty_name((enum sb_duty)duty));
}

static void add_key(struct sb_invocation *call, const struct sb_trust_root *root, size_t index)
{
	const struct sb_trust_key *key = &root->keys[index];
	char fingerprint[SB_FINGERPRINT_TEXT];

	sb_public_fingerprint(key->key, fingerprint);
	sb_buf_printf(&call->out, "  key       %s  %s:", fingerprint, key->party ? key->party : "-");
	if (sb_trust_role_has(root, SB_TRUST_ROLE_ROOT, index))
		sb_buf_text(&call->out, " root");
	add_duties(call, key);
	if (key->not_before != INT64_MIN)
		sb_buf_printf(&call->out, ", from %s", moment_text(call, key->not_before));
	if (key->not_after != INT64_MAX)
		sb_buf_printf(&call->out, ", before %s", moment_text(call, key->not_after));
	if (key->revoked)
		sb_buf_printf(&call->out, ", %s at %s", key->revoked == SB_REVOKED_LOST ? "LOST" : "COMPROMISED", moment_text(call, key->revoked_at));
	sb_buf_text(&call->out, "\n");
}

static void add_text(struct sb_invocation *call, const struct sb_trust_root *root)
{
	const struct sb_trust_quorum *own = &root->roles[SB_TRUST_ROLE_ROOT], *policies = &root->roles[SB_TRUST_ROLE_TARGETS];

	sb_buf_printf(&call->out, "  version   %" PRIu64 ", expires %s\n", root->version, moment_text(call, root->expires));
	sb_buf_printf(&call->out, "  roots     %zu of %zu keys, %zu signed this version\n", own->threshold, own->count,
	              sb_trust_root_signers(root, root, SB_TRUST_ROLE_ROOT));
	sb_buf_printf(&call->out, "  policies  %zu of %zu keys\n", policies->threshold, policies->count);
	for (size_t i = 0; i < root->key_count; i++)
		add_key(call, root, i);
}

/* ---- as a document ---- */

static bool put_text(struct sb_invocation *call, struct sb_node *map, const char *key, const char *text)
{
	return sb_node_put(call->arena, map, key, sb_node_text(call->arena, text));
}

static bool put_moment(struct sb_invocation *call, struct sb_node *map, const char *key, int64_t moment)
{
	return put_text(call, map, key, moment_text(call, moment));
}

static bool put_count(struct sb_invocation *call, struct sb_node *map, const char *key, uint64_t count)
{
	return sb_node_put(call->arena, map, key, sb_node_int(call->arena, (int64_t)count));
}

static struct sb_node *key_node(struct sb_invocation *call, const struct sb_trust_root *root, size_t index)
{
	const struct sb_trust_key *key = &root->keys[index];
	struct sb_node *map = sb_node_map(call->arena), *roles = sb_node_list(call->arena);
	char fingerprint[SB_FINGERPRINT_TEXT];
	bool good = true;

	sb_public_fingerprint(key->key, fingerprint);
	if (sb_trust_role_has(root, SB_TRUST_ROLE_ROOT, index))
		good = sb_node_push(call->arena, roles, sb_node_text(call->arena, "root"));
	for (unsigned duty = 0; good && duty < SB_DUTIES; duty++)
		if (key->duties & 1u << duty)
			good = sb_node_push(call->arena, roles, sb_node_text(call->arena, sb_duty_name((enum sb_duty)duty)));
	good = good && put_text(call, map, "id", key->id) && put_text(call, map, "fingerprint", fingerprint) &&
	       sb_node_put(call->arena, map, "roles", roles) && (!key->party || put_text(call, map, "party", key->party)) &&
	       (key->not_before == INT64_MIN || put_moment(call, map, "not_before", key->not_before)) &&
	       (key->not_after == INT64_MAX || put_moment(call, map, "not_after", key->not_after));
	if (good && key->revoked)
		good = put_text(call, map, "revoked", key->revoked == SB_REVOKED_LOST ? "lost" : "compromised") && put_moment(call, map, "revoked_at", key->revoked_at);
	return good ? map : NULL;
}

static struct sb_node *root_document(struct sb_invocation *call, const struct sb_trust_root *root)
{
	struct sb_node *map = sb_cli_new_document(call, "samebuild-trust-root/1"), *keys = sb_node_list(call->arena);
	bool good = map != NULL;

	for (size_t i = 0; good && i < root->key_count; i++)
		good = sb_node_push(call->arena, keys, key_node(call, root, i));
	good = good && put_count(call, map, "version", root->version) && put_moment(call, map, "expires", root->expires) &&
	       put_count(call, map, "threshold", root->roles[SB_TRUST_ROLE_ROOT].threshold) &&
	       put_count(call, map, "signed", sb_trust_root_signers(root, root, SB_TRUST_ROLE_ROOT)) &&
	       put_count(call, map, "policy_threshold", root->roles[SB_TRUST_ROLE_TARGETS].threshold) && sb_node_put(call->arena, map, "keys", keys);
	return good ? map : NULL;
}

/* ---- what is pinned here ---- */

static int show_held(struct sb_invocation *call, const struct sb_trust_held *held, struct sb_err *err)
{
	const struct sb_trust_state *state = &held->state;
	struct sb_node *document;

	if (!call->json) {
		char hex[2 * SB_SHA256_BYTES + 1];
		sb_text_hex(sb_span_of(state->anchor_sha256, SB_SHA256_BYTES), hex);
		sb_buf_printf(&call->out, "  root      %s, pinned at version %" PRIu64 ", %s\n", held->name, state->anchor, hex);
		sb_buf_printf(&call->out, "  kept      since %s, last updated %s\n", moment_text(call, state->since), moment_text(call, state->updated));
		add_text(call, &held->root);
		return sb_buf_ok(&call->out, err);
	}
	document = root_document(call, &held->root);
	bool good = document && put_text(call, document, "name", held->name) && put_count(call, document, "anchor", state->anchor) &&
	            sb_node_put(call->arena, document, "anchor_sha256", sb_node_hex(call->arena, state->anchor_sha256, SB_SHA256_BYTES)) &&
	            sb_node_put(call->arena, document, "sha256", sb_node_hex(call->arena, state->highest_sha256, SB_SHA256_BYTES)) &&
	            put_moment(call, document, "since", state->since) && put_moment(call, document, "updated", state->updated) &&
	            sb_node_put(call->arena, document, "verified", sb_node_bool(call->arena, true));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int show_file(struct sb_invocation *call, const struct sb_root_file *file, struct sb_err *err)
{
	if (!call->json) {
		char hex[2 * SB_SHA256_BYTES + 1];
		sb_text_hex(sb_span_of(file->sha256, SB_SHA256_BYTES), hex);
		sb_buf_printf(&call->out, "UNVERIFIED: a file, and not what this installation trusts\n  sha256    %s\n", hex);
		add_text(call, &file->root);
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = root_document(call, &file->root);
	bool good = document && sb_node_put(call->arena, document, "sha256", sb_node_hex(call->arena, file->sha256, SB_SHA256_BYTES)) &&
	            sb_node_put(call->arena, document, "verified", sb_node_bool(call->arena, false));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run_show(struct sb_invocation *call, struct sb_err *err)
{
	const char *what = call->words[0];
	struct sb_root_file file;
	struct sb_trust_held held;
	struct stat st;

	if (strchr(what, '/') || (stat(what, &st) == 0 && S_ISREG(st.st_mode))) {
		int rc = sb_root_file_load(call, what, &file, err);
		return rc ? rc : show_file(call, &file, err);
	}
	int rc = sb_trust_load(call, what, &held, err);
	return rc ? rc : show_held(call, &held, err);
}

static int run_init(struct sb_invocation *call, struct sb_err *err)
{
	const char *text = sb_arg_value(call, "sha256");
	uint8_t sha256[SB_SHA256_BYTES];
	struct sb_trust_held held;
	struct sb_span file = {0};
	int64_t now;

	if (!text)
		return sb_fail(err, SB_USAGE, "option-missing", "trust init needs --sha256 HEX, from somebody whom you believe and not from where the file came");
	if (!sb_text_unhex(sb_span_text(text), sha256, sizeof sha256))
		return sb_fail(err, SB_USAGE, "option-value", "--sha256 %s: 64 hexadecimal digits are due here", text);
	int rc = sb_cli_time(call, &now, err);
	if (!rc)
		rc = sb_root_file_slurp(call, call->words[1], &file, err);
	if (!rc)
		rc = sb_trust_pin(call, call->words[0], file, sha256, now, &held, err);
	if (rc)
		return rc;
	if (now >= held.root.expires)
		sb_cli_say(call, "note: this version has expired; the gate wants a later one: samebuild trust update");
	return show_held(call, &held, err);
}

static int run_update(struct sb_invocation *call, struct sb_err *err)
{
	size_t count = call->word_count - 1;
	struct sb_span *files = sb_arena_array(call->arena, count, sizeof *files);
	struct sb_trust_held held;
	int64_t now;

	if (!files)
		return no_memory(err);
	int rc = sb_cli_time(call, &now, err);
	for (size_t i = 0; !rc && i < count; i++)
		rc = sb_root_file_slurp(call, call->words[i + 1], &files[i], err);
	if (!rc)
		rc = sb_trust_advance(call, call->words[0], files, count, now, &held, err);
	return rc ? rc : show_held(call, &held, err);
}

static const struct sb_option trust_init_options[] = {
	{"sha256", 0, "HEX", false},
	{"time", 0, "TIME", false},
	{0},
};

static const struct sb_option trust_show_options[] = {
	{0},
};

static const struct sb_option trust_update_options[] = {
	{"time", 0, "TIME", false},
	{0},
};

const struct sb_verb sb_verb_trust_init = {
	.name = "trust init",
	.summary = "pin a trust root by the digest of its file",
	.operands = "NAME FILE",
	.options = trust_init_options,
	.least_words = 2,
	.most_words = 2,
	.run = run_init,
};

const struct sb_verb sb_verb_trust_show = {
	.name = "trust show",
	.summary = "show a pinned trust root, or a file of one",
	.operands = "NAME|FILE",
	.options = trust_show_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_show,
};

const struct sb_verb sb_verb_trust_update = {
	.name = "trust update",
	.summary = "take later versions of a pinned trust root",
	.operands = "NAME FILE...",
	.options = trust_update_options,
	.least_words = 2,
	.most_words = 1000,
	.run = run_update,
};
