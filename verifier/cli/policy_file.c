/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/policy_file.h"

#include "verifier/cli/inputs.h"

#include <inttypes.h>

/* An envelope is told by a field that no policy has; a file that is both is refused by the reader that it comes to. */
static int is_envelope(struct sb_span text, bool *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const uint8_t *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	struct sb_node *top = NULL;
	struct sb_err why = {0};

	*out = false;
	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (!sb_span_starts(text, "{", 1))
		return 0;
	int rc = sb_node_read_json(sb_span_of(text.p, end ? (size_t)(end - text.p) : text.n), SB_LIMIT_OF(DOCUMENT_BYTES), "policy", arena, &top, &why);
	if (rc == SB_NOMEM)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = rc == 0 && sb_node_get(top, "payloadType");
	return 0;
}

static int slurp(struct sb_invocation *call, const char *path, struct sb_span *out, struct sb_err *err)
{
	int rc = sb_cli_load_file(call, path, (size_t)SB_LIMIT_OF(DOCUMENT_BYTES), out, err);

	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_USAGE;
	return sb_reidentify(err, "policy-unreadable");
}

static int read_plain(struct sb_invocation *call, struct sb_span text, const char *name, struct sb_policy_file *out, struct sb_err *err)
{
	const char *root = NULL;
	int rc = sb_policy_root_name(text, name, call->arena, &root, err);

	if (!rc && root)
		rc = sb_trust_load(call, root, &out->held, err);
	return rc ? rc : sb_policy_read(text, name, root ? &out->held.root : NULL, call->arena, &out->policy, call->problems, err);
}

/* What is signed is the canonical form and nothing else: two texts of one policy would have two signatures. */
static int read_signed(struct sb_invocation *call, struct sb_policy_file *out, struct sb_err *err)
{
	struct sb_span payload;
	int rc = sb_attest_policy_open(out->lines, call->arena, &payload, err);

	if (!rc)
		rc = read_plain(call, payload, "policy.json", out, err);
	if (rc)
		return rc;
	if (!sb_span_equal(payload, out->policy.canonical))
		return sb_fail(err, SB_USAGE, "policy-malformed", "what is signed is not the canonical form of the policy");
	if (!out->policy.root)
		return sb_fail(err, SB_USAGE, "policy-malformed", "a signed policy names the root whose keys sign it");
	return 0;
}

int sb_policy_file_read(struct sb_invocation *call, const char *path, struct sb_policy_file *out, struct sb_err *err)
{
	struct sb_span text;

	*out = (struct sb_policy_file){.is_signed = false};
	int rc = slurp(call, path, &text, err);
	if (!rc)
		rc = is_envelope(text, &out->is_signed, err);
	if (rc)
		return rc;
	out->lines = text;
	return out->is_signed ? read_signed(call, out, err) : read_plain(call, text, sb_path_base(path), out, err);
}

int sb_policy_file_check(struct sb_invocation *call, const struct sb_policy_file *file, int64_t time, bool now, struct sb_err *err)
{
	const struct sb_trust_held *held = &file->held;
	char expires[SB_MOMENT_TEXT];

	if (time >= file->policy.expires && sb_moment_write(file->policy.expires, expires))
		return sb_fail(err, SB_EVIDENCE, "policy-expired", "the policy has expired at %s", expires);
	if (file->policy.waiver_count && !file->is_signed)
		return sb_fail(err, SB_EVIDENCE, "policy-unsigned", "waivers count in a signed policy only");
	if (!file->policy.root)
		return 0;
	if (!file->is_signed)
		return sb_fail(err, SB_EVIDENCE, "policy-unsigned", "a policy that names a root must be signed by its keys");
	int rc = now ? sb_trust_check_clock(held, time, err) : 0;
	if (!rc)
		rc = sb_attest_trust_current(&held->root, held->state.since, file->policy.max_trust_age, time, err);
	return rc ? rc : sb_attest_policy_check(file->lines, &held->root, time, call->arena, err);
}

int sb_policy_file_load(struct sb_invocation *call, const char *path, int64_t time, bool now, struct sb_policy_file *out, struct sb_err *err)
{
	int rc = sb_policy_file_read(call, path, out, err);
	return rc ? rc : sb_policy_file_check(call, out, time, now, err);
}

static int64_t age_of(const struct sb_policy_file *file, int64_t time)
{
	return time > file->held.state.since ? time - file->held.state.since : 0;
}

struct sb_node *sb_policy_file_root_node(struct sb_invocation *call, const struct sb_policy_file *file, int64_t time)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *map = sb_node_map(arena);
	char expires[SB_MOMENT_TEXT];

	if (!file->policy.root)
		return sb_node_null(arena);
	bool good = sb_moment_write(file->held.root.expires, expires) && sb_node_put(arena, map, "name", sb_node_text(arena, file->held.name)) &&
	            sb_node_put(arena, map, "version", sb_node_int(arena, (int64_t)file->held.root.version)) &&
	            sb_node_put(arena, map, "expires", sb_node_text(arena, expires)) && sb_node_put(arena, map, "age", sb_node_int(arena, age_of(file, time)));
	return good ? map : NULL;
}

void sb_policy_file_add_root(struct sb_invocation *call, const struct sb_policy_file *file, int64_t time)
{
	char expires[SB_MOMENT_TEXT];

	if (!file->policy.root || !sb_moment_write(file->held.root.expires, expires))
		return;
	sb_buf_printf(&call->out, "  root      %s version %" PRIu64 ", expires %s, here for %" PRId64 " days\n", file->held.name, file->held.root.version, expires,
	              age_of(file, time) / 86400);
}
