/* SPDX-License-Identifier: Apache-2.0 */
/* For those who hold the keys of a root: make its next version, and sign it. */
#include "verifier/attest/attest.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/moments.h"
#include "verifier/cli/output.h"
#include "verifier/cli/trust_root_file.h"
#include "verifier/cli/verbs.h"

#include <inttypes.h>

enum { MOST_KEYS = 1000 };

/** A root that is being changed. Roles are kept beside the keys, and become lists of indexes at the end. */
struct draft {
	struct sb_invocation *call;
	struct sb_trust_key keys[MOST_KEYS];
	bool signs_roots[MOST_KEYS];
	size_t count;
	uint64_t version, threshold, policy_threshold;
	int64_t expires;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int load_key(struct sb_invocation *call, const char *path, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err)
{
	struct sb_span file;
	int rc = sb_cli_load_file(call, path, 64 * 1024, &file, err);

	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "key-unreadable");
	return sb_public_parse(file, out, err);
}

static size_t find(const struct draft *draft, const uint8_t key[SB_PUBLIC_BYTES])
{
	size_t i = 0;

	while (i < draft->count && memcmp(draft->keys[i].key, key, SB_PUBLIC_BYTES) != 0)
		i++;
	return i;
}

static int slot_of(struct draft *draft, const uint8_t key[SB_PUBLIC_BYTES], size_t *out, struct sb_err *err)
{
	*out = find(draft, key);
	if (*out == MOST_KEYS)
		return sb_fail(err, SB_USAGE, "root-draft", "a root has at most %d keys", MOST_KEYS);
	if (*out < draft->count)
		return 0;
	struct sb_trust_key *made = &draft->keys[draft->count++];
	*made = (struct sb_trust_key){.not_before = INT64_MIN, .not_after = INT64_MAX};
	memcpy(made->key, key, SB_PUBLIC_BYTES);
	sb_trust_key_id(key, made->id);
	return 0;
}

static int drop_keys(struct draft *draft, struct sb_err *err)
{
	uint8_t key[SB_PUBLIC_BYTES];

	for (size_t i = 0; sb_arg_nth(draft->call, "drop", i); i++) {
		const char *path = sb_arg_nth(draft->call, "drop", i);
		int rc = load_key(draft->call, path, key, err);
		if (rc)
			return rc;
		size_t at = find(draft, key);
		if (at == draft->count)
			return sb_fail(err, SB_USAGE, "root-draft", "the key %s is not in this root", path);
		draft->keys[at] = draft->keys[--draft->count];
		draft->signs_roots[at] = draft->signs_roots[draft->count];
		draft->signs_roots[draft->count] = false;
	}
	return 0;
}

static int add_roots(struct draft *draft, struct sb_err *err)
{
	uint8_t key[SB_PUBLIC_BYTES];
	size_t at = 0;

	for (size_t i = 0; sb_arg_nth(draft->call, "root", i); i++) {
		int rc = load_key(draft->call, sb_arg_nth(draft->call, "root", i), key, err);
		if (!rc)
			rc = slot_of(draft, key, &at, err);
		if (rc)
			return rc;
		draft->signs_roots[at] = true;
	}
	return 0;
}

/* "lab-a:rebuilder:lab-a.pub"; several roles are joined by '+'. */
static int read_duties(char *words, const char *given, unsigned *out, struct sb_err *err)
{
	for (char *next = words; next;) {
		char *word = next;
		enum sb_duty duty;
		next = strchr(word, '+');
		if (next)
			*next++ = '\0';
		if (!sb_duty_parse(word, &duty))
			return sb_fail(err, SB_USAGE, "option-value", "--party %s: %s is no role that a key may have", given, word);
		*out |= 1u << duty;
	}
	return 0;
}

static int add_party(struct draft *draft, const char *given, struct sb_err *err)
{
	char *party = sb_arena_copy(draft->call->arena, sb_span_text(given));
	char *words = party ? strchr(party, ':') : NULL, *path = words ? strchr(words + 1, ':') : NULL;
	uint8_t key[SB_PUBLIC_BYTES];
	unsigned duties = 0;
	size_t at = 0;

	if (!party)
		return no_memory(err);
	if (!words || !path)
		return sb_fail(err, SB_USAGE, "option-value", "--party %s: NAME:ROLE:KEY is due here", given);
	*words++ = '\0';
	*path++ = '\0';
	int rc = read_duties(words, given, &duties, err);
	if (!rc)
		rc = load_key(draft->call, path, key, err);
	if (!rc)
		rc = slot_of(draft, key, &at, err);
	if (!rc)
		rc = sb_cli_moment(draft->call, "not-before", INT64_MIN, &draft->keys[at].not_before, err);
	if (!rc)
		rc = sb_cli_moment(draft->call, "not-after", INT64_MAX, &draft->keys[at].not_after, err);
	if (rc)
		return rc;
	draft->keys[at].party = party;
	draft->keys[at].duties = duties;
	return 0;
}

static int add_parties(struct draft *draft, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && sb_arg_nth(draft->call, "party", i); i++)
		rc = add_party(draft, sb_arg_nth(draft->call, "party", i), err);
	return rc;
}

static void begin(struct draft *draft, const struct sb_trust_root *from)
{
	memcpy(draft->keys, from->keys, from->key_count * sizeof *from->keys);
	for (size_t i = 0; i < from->key_count; i++)
		draft->signs_roots[i] = sb_trust_role_has(from, SB_TRUST_ROLE_ROOT, i);
	draft->count = from->key_count;
	draft->version = from->version;
	draft->threshold = from->roles[SB_TRUST_ROLE_ROOT].threshold;
	draft->policy_threshold = from->roles[SB_TRUST_ROLE_TARGETS].threshold;
	draft->expires = from->expires;
}

/** Indexes of the keys that sign roots, or else policies. */
static bool list_keys(const struct draft *draft, bool roots, uint64_t threshold, struct sb_trust_quorum *out)
{
	*out = (struct sb_trust_quorum){.keys = sb_arena_array(draft->call->arena, draft->count, sizeof *out->keys), .threshold = (size_t)threshold};
	for (size_t i = 0; out->keys && i < draft->count; i++)
		if (roots ? draft->signs_roots[i] : (draft->keys[i].duties & 1u << SB_DUTY_POLICY) != 0)
			out->keys[out->count++] = i;
	return out->keys != NULL;
}

/* Written, and read again by the same strict reader that everybody else will use. */
static int write_draft(struct draft *draft, struct sb_trust_root *out, struct sb_buf *text, struct sb_err *err)
{
	struct sb_trust_root made = {.version = draft->version + 1, .expires = draft->expires, .keys = draft->keys, .key_count = draft->count};
	struct sb_err why = {0};
	bool enough = list_keys(draft, true, draft->threshold, &made.roles[SB_TRUST_ROLE_ROOT]);

	for (unsigned role = SB_TRUST_ROLE_SNAPSHOT; enough && role < SB_TRUST_ROLES; role++)
		enough = list_keys(draft, false, draft->policy_threshold, &made.roles[role]);
	if (!enough)
		return no_memory(err);
	int rc = sb_trust_root_write(&made, text, err);
	if (rc)
		return rc;
	rc = sb_trust_root_read(sb_buf_span(text), "the new root", draft->call->arena, out, &why);
	if (rc == SB_NOMEM)
		return no_memory(err);
	return rc ? sb_fail(err, SB_USAGE, "root-draft", "%s", why.msg) : 0;
}

static int finish(struct draft *draft, struct sb_err *err)
{
	const char *path = sb_arg_value(draft->call, "out");
	SB_BUF struct sb_buf text = {.ceiling = (size_t)SB_LIMIT_OF(DOCUMENT_BYTES)};
	struct sb_trust_root made;

	if (!path)
		return sb_fail(err, SB_USAGE, "option-missing", "%s needs --out FILE", draft->call->verb->name);
	int rc = write_draft(draft, &made, &text, err);
	if (!rc && (rc = sb_output_publish(path, sb_buf_span(&text), err)) && rc != SB_NOMEM) {
		if (err)
			err->code = SB_TEMPORARY;
		return sb_reidentify(err, "report-unwritable");
	}
	if (rc)
		return rc;
	if (!draft->call->json) {
		sb_buf_printf(&draft->call->out, "%s: version %" PRIu64 ", unsigned\n", sb_cli_escape(draft->call, path), made.version);
		return sb_buf_ok(&draft->call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(draft->call, "samebuild-trust-draft/1");
	bool good = document && sb_node_put(draft->call->arena, document, "path", sb_node_text(draft->call->arena, path)) &&
	            sb_node_put(draft->call->arena, document, "version", sb_node_int(draft->call->arena, (int64_t)made.version));
	return sb_cli_document(draft->call, good ? document : NULL, err);
}

static int start(struct sb_invocation *call, struct draft **out, struct sb_err *err)
{
	struct draft *draft = sb_arena_alloc(call->arena, sizeof *draft);
	struct sb_root_file old;

	if (!draft)
		return no_memory(err);
	draft->call = call;
	*out = draft;
	if (call->word_count == 0)
		return 0;
	int rc = sb_root_file_load(call, call->words[0], &old, err);
	if (!rc)
		begin(draft, &old.root);
	return rc;
}

static int run_rotate(struct sb_invocation *call, struct sb_err *err)
{
	struct draft *draft;

	int rc = start(call, &draft, err);
	if (rc)
		return rc;
	if (!sb_arg_given(call, "expires"))
		return sb_fail(err, SB_USAGE, "option-missing", "trust rotate needs --expires TIME");
	rc = sb_cli_moment(call, "expires", 0, &draft->expires, err);
	if (!rc)
		rc = drop_keys(draft, err);
	if (!rc)
		rc = add_roots(draft, err);
	if (!rc)
		rc = add_parties(draft, err);
	if (!rc)
		rc = sb_arg_number(call, "threshold", 1, MOST_KEYS, draft->threshold ? draft->threshold : 1, &draft->threshold, err);
	if (!rc)
		rc = sb_arg_number(call, "policy-threshold", 1, MOST_KEYS, draft->policy_threshold ? draft->policy_threshold : 1, &draft->policy_threshold, err);
	return rc ? rc : finish(draft, err);
}

static int run_revoke(struct sb_invocation *call, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "key"), *reason = sb_arg_value(call, "reason");
	uint8_t key[SB_PUBLIC_BYTES];
	struct draft *draft;

	if (!path || !reason || !sb_arg_given(call, "at"))
		return sb_fail(err, SB_USAGE, "option-missing", "trust revoke needs --key KEY, --reason lost or compromised, and --at TIME");
	if (strcmp(reason, "lost") != 0 && strcmp(reason, "compromised") != 0)
		return sb_fail(err, SB_USAGE, "option-value", "--reason is lost or compromised, not %s", reason);
	int rc = start(call, &draft, err);
	if (!rc)
		rc = load_key(call, path, key, err);
	if (rc)
		return rc;
	size_t at = find(draft, key);
	if (at == draft->count || !draft->keys[at].party)
		return sb_fail(err, SB_USAGE, "root-draft", "the key %s states nothing in this root; a key of the role root is taken out by trust rotate --drop", path);
	draft->keys[at].revoked = strcmp(reason, "lost") == 0 ? SB_REVOKED_LOST : SB_REVOKED_COMPROMISED;
	rc = sb_cli_moment(call, "at", 0, &draft->keys[at].revoked_at, err);
	if (!rc)
		rc = sb_cli_moment(call, "expires", draft->expires, &draft->expires, err);
	return rc ? rc : finish(draft, err);
}

static int add_signed(struct sb_invocation *call, const struct sb_trust_root *root, struct sb_err *err)
{
	size_t found = sb_trust_root_signers(root, root, SB_TRUST_ROLE_ROOT), needed = root->roles[SB_TRUST_ROLE_ROOT].threshold;

	if (!call->json) {
		sb_buf_printf(&call->out, "%s: version %" PRIu64 ", signed by %zu of its keys, %zu are needed\n", sb_cli_escape(call, call->words[0]), root->version, found,
		              needed);
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-trust-signed/1");
	bool good = document && sb_node_put(call->arena, document, "path", sb_node_text(call->arena, call->words[0])) &&
	            sb_node_put(call->arena, document, "version", sb_node_int(call->arena, (int64_t)root->version)) &&
	            sb_node_put(call->arena, document, "signed", sb_node_int(call->arena, (int64_t)found)) &&
	            sb_node_put(call->arena, document, "needed", sb_node_int(call->arena, (int64_t)needed));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run_sign(struct sb_invocation *call, struct sb_err *err)
{
	const char *key = sb_arg_value(call, "key"), *before = sb_arg_value(call, "previous");
	SB_BUF struct sb_buf text = {.ceiling = (size_t)SB_LIMIT_OF(DOCUMENT_BYTES)};
	struct sb_root_file file, previous;
	struct sb_secret *secret = NULL;

	if (!key)
		return sb_fail(err, SB_USAGE, "option-missing", "trust sign needs --key KEY");
	int rc = sb_root_file_load(call, call->words[0], &file, err);
	if (!rc && before)
		rc = sb_root_file_load(call, before, &previous, err);
	if (!rc)
		rc = sb_cli_load_secret(call, key, &secret, err);
	if (!rc)
		rc = sb_attest_trust_sign(&file.root, before ? &previous.root : NULL, secret, call->arena, err);
	sb_secret_free(&secret);
	if (!rc)
		rc = sb_trust_root_write(&file.root, &text, err);
	if (rc)
		return rc;
	rc = sb_output_publish(call->words[0], sb_buf_span(&text), err);
	if (rc && rc != SB_NOMEM) {
		if (err)
			err->code = SB_TEMPORARY;
		return sb_reidentify(err, "report-unwritable");
	}
	return rc ? rc : add_signed(call, &file.root, err);
}

static const struct sb_option trust_rotate_options[] = {
	{"out", 0, "FILE", false},
	{"expires", 0, "TIME", false},
	{"root", 0, "KEY", true},
	{"threshold", 0, "N", false},
	{"party", 0, "NAME:ROLE:KEY", true},
	{"not-before", 0, "TIME", false},
	{"not-after", 0, "TIME", false},
	{"policy-threshold", 0, "N", false},
	{"drop", 0, "KEY", true},
	{0},
};

static const struct sb_option trust_revoke_options[] = {
	{"key", 0, "KEY", false},
	{"reason", 0, "REASON", false},
	{"at", 0, "TIME", false},
	{"expires", 0, "TIME", false},
	{"out", 0, "FILE", false},
	{0},
};

static const struct sb_option trust_sign_options[] = {
	{"key", 0, "KEY", false},
	{"previous", 0, "FILE", false},
	{"passphrase-fd", 0, "N", false},
	{0},
};

const struct sb_verb sb_verb_trust_rotate = {
	.name = "trust rotate",
	.summary = "make the first or the next version of a trust root",
	.operands = "[FILE]",
	.options = trust_rotate_options,
	.least_words = 0,
	.most_words = 1,
	.run = run_rotate,
};

const struct sb_verb sb_verb_trust_revoke = {
	.name = "trust revoke",
	.summary = "make a version of a trust root that revokes a key",
	.operands = "FILE",
	.options = trust_revoke_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_revoke,
};

const struct sb_verb sb_verb_trust_sign = {
	.name = "trust sign",
	.summary = "add a signature to a trust root",
	.operands = "FILE",
	.options = trust_sign_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_sign,
};
