/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/logs.h"

#include "verifier/cli/inputs.h"

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

struct sb_node *sb_logs_text(struct sb_invocation *call, struct sb_span text)
{
	struct sb_node *node = sb_node_text(call->arena, "");
	const char *copy = sb_arena_copy(call->arena, text);

	if (node && copy)
		node->text = sb_span_of(copy, text.n);
	return copy ? node : NULL;
}

int sb_logs_key(struct sb_invocation *call, const char *text, enum sb_note_type type, struct sb_note_key *out, struct sb_err *err)
{
	struct sb_span file;
	struct sb_err why = {0};
	int rc = sb_note_key_read(sb_span_text(text), call->arena, out, &why);

	if (rc == SB_USAGE && sb_cli_load_file(call, text, 4096, &file, NULL) == 0) {
		while (file.n && (file.p[file.n - 1] == '\n' || file.p[file.n - 1] == ' '))
			file.n--;
		rc = sb_note_key_read(file, call->arena, out, &why);
	}
	if (rc && err)
		*err = why;
	if (!rc && out->type != type)
		return sb_fail(err, SB_USAGE, "vkey-malformed", "%s has a key of type %d, and %d is due here", out->name, (int)out->type, (int)type);
	return rc;
}

int sb_logs_log_key(struct sb_invocation *call, struct sb_note_key *out, struct sb_err *err)
{
	const char *text = sb_arg_value(call, "log");

	if (!text)
		return sb_fail(err, SB_USAGE, "option-missing", "%s needs --log VKEY", call->verb->name);
	return sb_logs_key(call, text, SB_NOTE_PLAIN, out, err);
}

/* A witness that is the log, or two that are one, would be one word counted twice. */
static int check_roles(const struct sb_note_key *log, const struct sb_note_key *keys, size_t count, struct sb_err *err)
{
	const struct sb_note_key *last = &keys[count - 1];
	bool again = memcmp(last->key, log->key, SB_PUBLIC_BYTES) == 0;

	for (size_t i = 0; i + 1 < count; i++)
		again |= memcmp(last->key, keys[i].key, SB_PUBLIC_BYTES) == 0;
	return again ? sb_fail(err, SB_USAGE, "key-role", "the key of %s is that of another witness, or of the log", last->name) : 0;
}

int sb_logs_witnesses(struct sb_invocation *call, const struct sb_note_key *log, const struct sb_note_key **out, size_t *count, struct sb_err *err)
{
	size_t n = 0;
	int rc = 0;

	while (sb_arg_nth(call, "witness", n))
		n++;
	struct sb_note_key *keys = sb_arena_array(call->arena, n + 1, sizeof *keys);
	if (!keys)
		return no_memory(err);
	if (n > SB_LOG_WITNESSES)
		return sb_fail(err, SB_USAGE, "option-value", "at most %d witnesses can be named", SB_LOG_WITNESSES);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = sb_logs_key(call, sb_arg_nth(call, "witness", i), SB_NOTE_COSIGNATURE, &keys[i], err);
		if (!rc)
			rc = check_roles(log, keys, i + 1, err);
	}
	*out = keys;
	*count = n;
	return rc;
}

int sb_logs_own_key(struct sb_invocation *call, int dir, const struct sb_secret *secret, struct sb_note_key *out, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	uint8_t public_key[SB_PUBLIC_BYTES];
	size_t n = 0;
	int rc = sb_io_slurp(dir, "checkpoint", SB_LIMIT_OF(NOTE_BYTES), &text, &n, err);

	if (rc) /* a first head that is not in its place yet */
		rc = sb_io_slurp(dir, "checkpoint.next", SB_LIMIT_OF(NOTE_BYTES), &text, &n, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "log-absent");
	const char *end = memchr(text, '\n', n);
	const char *origin = end && !memchr(text, 0, (size_t)(end - text)) ? sb_arena_copy(call->arena, sb_span_of(text, (size_t)(end - text))) : NULL;
	if (!origin)
		return end ? no_memory(err) : sb_fail(err, SB_EVIDENCE, "checkpoint-malformed", "the checkpoint has no origin");
	sb_secret_public(secret, public_key);
	rc = sb_note_key_make(origin, SB_NOTE_PLAIN, public_key, out, err);
	return rc == SB_USAGE ? sb_fail(err, SB_EVIDENCE, "checkpoint-malformed", "the origin of the checkpoint cannot be one of ours") : rc;
}

int sb_logs_add_cosignatures(struct sb_invocation *call, int dir, const struct sb_note_key *log, const char *path, size_t *added, struct sb_err *err)
{
	const struct sb_note_key *witnesses;
	struct sb_span lines;
	size_t count;

	int rc = sb_logs_witnesses(call, log, &witnesses, &count, err);
	if (!rc && count == 0)
		rc = sb_fail(err, SB_USAGE, "option-missing", "--cosignatures needs --witness VKEY");
	if (rc)
		return rc;
	rc = sb_cli_load_file(call, path, SB_LIMIT_OF(NOTE_BYTES), &lines, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "evidence-absent");
	return sb_log_add_cosignatures(dir, log, lines, witnesses, count, added, err);
}
