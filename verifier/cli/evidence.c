/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/evidence.h"

#include "verifier/cli/envelopes.h"
#include "verifier/cli/inputs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Files that were named, in order, and their bytes. */
struct gathered {
	struct sb_invocation *call;
	struct sb_vec paths; /* const char *, in call->arena */
	uint64_t bytes;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

static int add_path(struct gathered *all, const char *path, struct sb_err *err)
{
	const char **slot = path ? sb_vec_push(&all->paths) : NULL;

	if (!slot)
		return all->paths.count >= all->paths.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_EVIDENCE_FILES, all->paths.count + 1) : no_memory(err);
	*slot = path;
	return 0;
}

static int add_folder(struct gathered *all, const char *path, struct sb_err *err)
{
	SB_CLOSEDIR DIR *folder = opendir(path);
	size_t first = all->paths.count;
	int rc = folder ? 0 : sb_fail_errno(err, "evidence-absent", "cannot open %s", path);

	for (struct dirent *entry; !rc && (entry = readdir(folder));) {
		struct stat st;
		if (fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			rc = add_path(all, sb_arena_printf(all->call->arena, "%s/%s", path, entry->d_name), err);
	}
	if (!rc && all->paths.count > first)
		qsort((const char **)all->paths.items + first, all->paths.count - first, sizeof(const char *), by_text);
	return rc;
}

static int add(struct gathered *all, const char *path, struct sb_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return sb_fail_errno(err, "evidence-absent", "cannot open %s", path);
	return S_ISDIR(st.st_mode) ? add_folder(all, path, err) : add_path(all, path, err);
}

/** What was loaded, sorted by what it is. */
struct sorted {
	struct sb_invocation *call;
	struct sb_vec lines, proofs; /* struct sb_span */
	struct sb_named_evidence out;
};

static int keep(struct sb_vec *list, struct sb_span bytes, struct sb_err *err)
{
	struct sb_span *slot = sb_vec_push(list);

	if (!slot)
		return no_memory(err);
	*slot = bytes;
	return 0;
}

static bool is_in(const char *name, const char *folder)
{
	return strncmp(name, folder, strlen(folder)) == 0;
}

/* Policies and roots in a bundle come from whoever made it: what is decided by, the caller names. */
static int open_bundle(struct sorted *sorted, struct sb_span bytes, struct sb_err *err)
{
	struct sb_parcel *bundle = sb_arena_alloc(sorted->call->arena, sizeof *bundle);
	int rc = bundle ? sb_parcel_read(bytes, sorted->call->arena, bundle, err) : no_memory(err);

	for (size_t i = 0; !rc && i < bundle->count; i++) {
		const struct sb_parcel_member *member = &bundle->members[i];
		if (is_in(member->name, "statements/"))
			rc = keep(&sorted->lines, member->bytes, err);
		else if (is_in(member->name, "proofs/"))
			rc = keep(&sorted->proofs, member->bytes, err);
		else if (strcmp(member->name, "log/checkpoint") == 0 && !sorted->out.bundle)
			sorted->out.bundle = bundle;
		sorted->out.has_authority |= is_in(member->name, "policy/") || is_in(member->name, "root/");
	}
	return rc;
}

static int sort_file(struct sorted *sorted, struct sb_span bytes, struct sb_err *err)
{
	if (sb_parcel_is(bytes))
		return open_bundle(sorted, bytes, err);
	if (sb_tlog_proof_is(bytes))
		return keep(&sorted->proofs, bytes, err);
	int rc = sb_cli_open_bundles(sorted->call, bytes, &bytes, err);
	return rc ? rc : keep(&sorted->lines, bytes, err);
}

static int load_all(struct gathered *all, struct sorted *sorted, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < all->paths.count; i++) {
		const char *const *path = sb_vec_at(&all->paths, i);
		uint64_t left = SB_LIMIT_OF(EVIDENCE_BYTES) - all->bytes;
		struct sb_span bytes;
		rc = sb_cli_load_file(all->call, *path, (size_t)left, &bytes, err);
		if (rc)
			return rc == SB_LIMIT ? sb_fail_limit(err, SB_LIMIT_ROW_EVIDENCE_BYTES, SB_LIMIT_OF(EVIDENCE_BYTES) + 1) : rc == SB_NOMEM ? rc : sb_reidentify(err, "evidence-absent");
		all->bytes += bytes.n;
		rc = sort_file(sorted, bytes, err);
		if (rc)
			sb_within(err, *path);
	}
	return rc;
}

/* Out of a vector that dies into an array of the call. */
static const struct sb_span *settle(struct sb_invocation *call, const struct sb_vec *list)
{
	struct sb_span *spans = sb_arena_array(call->arena, list->count + 1, sizeof *spans);

	if (spans && list->count)
		memcpy(spans, list->items, list->count * sizeof *spans);
	return spans;
}

static int load_sorted(struct gathered *all, struct sb_named_evidence *out, struct sb_err *err)
{
	struct sorted sorted = {.call = all->call, .lines = {.size = sizeof(struct sb_span)}, .proofs = {.size = sizeof(struct sb_span)}};
	int rc = load_all(all, &sorted, err);

	sorted.out.lines = settle(all->call, &sorted.lines);
	sorted.out.line_files = sorted.lines.count;
	sorted.out.proofs = settle(all->call, &sorted.proofs);
	sorted.out.proof_count = sorted.proofs.count;
	sb_vec_release(&sorted.lines);
	sb_vec_release(&sorted.proofs);
	if (!rc && (!sorted.out.lines || !sorted.out.proofs))
		rc = no_memory(err);
	*out = sorted.out;
	return rc;
}

int sb_cli_load_evidence(struct sb_invocation *call, struct sb_named_evidence *out, struct sb_err *err)
{
	struct gathered all = {.call = call, .paths = {.size = sizeof(const char *), .ceiling = SB_LIMIT_OF(EVIDENCE_FILES)}};
	const char *path;
	int rc = 0;

	for (size_t i = 0; !rc && (path = sb_arg_nth(call, "attestations", i)); i++)
		rc = add(&all, path, err);
	if (!rc && !sb_arg_given(call, "attestations"))
		rc = sb_fail(err, SB_USAGE, "option-missing", "%s needs --attestations PATH", call->verb->name);
	if (!rc)
		rc = load_sorted(&all, out, err);
	sb_vec_release(&all.paths);
	if (rc && err && rc != SB_NOMEM && rc != SB_LIMIT && rc != SB_USAGE)
		err->code = SB_EVIDENCE;
	return rc && err ? (int)err->code : rc;
}

int sb_cli_lines_of(struct sb_invocation *call, struct sb_span file, struct sb_span *out, struct sb_err *err)
{
	SB_BUF struct sb_buf lines = {.ceiling = SB_LIMIT_OF(EVIDENCE_BYTES)};
	struct sb_parcel bundle;

	*out = file;
	if (!sb_parcel_is(file))
		return 0;
	int rc = sb_parcel_read(file, call->arena, &bundle, err);
	for (size_t i = 0; !rc && i < bundle.count; i++)
		if (is_in(bundle.members[i].name, "statements/")) {
			sb_buf_add(&lines, bundle.members[i].bytes.p, bundle.members[i].bytes.n);
			sb_buf_text(&lines, "\n");
		}
	if (!rc)
		rc = sb_buf_ok(&lines, err);
	const char *copy = rc ? NULL : sb_arena_copy(call->arena, sb_buf_span(&lines));
	*out = sb_span_of(copy, lines.len);
	return rc ? rc : copy ? 0 : no_memory(err);
}

/* ---- logs ---- */

static int read_bundled(const void *state, const char *name, size_t most, struct sb_buf *out, struct sb_err *err)
{
	char full[SB_LOG_NAME + 8];

	snprintf(full, sizeof full, "log/%s", name);
	struct sb_span bytes = sb_parcel_find(state, full);
	if (!bytes.p)
		return sb_fail(err, SB_ABSENT, "log-damaged", "%s is not in the bundle", full);
	if (bytes.n > most)
		return sb_fail(err, SB_EVIDENCE, "log-damaged", "%s is larger than it can be", full);
	sb_buf_add(out, bytes.p, bytes.n);
	return sb_buf_ok(out, err);
}

struct sb_log_files sb_cli_bundled_log(const struct sb_parcel *bundle)
{
	return (struct sb_log_files){read_bundled, bundle};
}

/* Too few witnesses: it shows nothing, which is for the rules to say. */
static int add_whole(struct sb_log_view *view, const struct sb_log_files *files, struct sb_err *err)
{
	struct sb_err why = {0};
	int rc = sb_log_view_add_log(view, files, &why);

	if (rc == SB_EVIDENCE && why.id && strcmp(why.id, "log-unwitnessed") == 0)
		return 0;
	if (rc && err)
		*err = why;
	return rc;
}

static int add_logs(struct sb_invocation *call, const struct sb_named_evidence *evidence, struct sb_log_view *view, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "log");
	SB_CLOSING int dir = -1;
	struct sb_log_files files = sb_cli_bundled_log(evidence->bundle);

	if (!path)
		return evidence->bundle ? add_whole(view, &files, err) : 0;
	int rc = sb_log_open(path, &dir, err);
	files = sb_log_folder(&dir);
	return rc ? rc : add_whole(view, &files, err);
}

int sb_cli_view_log(struct sb_invocation *call, const struct sb_named_evidence *evidence, struct sb_gate_in *in, struct sb_err *err)
{
	const struct sb_policy_log *log = in->policy->log;
	struct sb_log_trust *trust = sb_arena_alloc(call->arena, sizeof *trust);
	uint8_t(*wanted)[SB_SHA256_BYTES] = sb_arena_array(call->arena, in->artifact_count + 1, sizeof *wanted);

	if (!log)
		return sb_arg_given(call, "log") ? sb_fail(err, SB_USAGE, "option-value", "--log: the policy says nothing of a log, so it would not be read") : 0;
	if (!trust || !wanted)
		return no_memory(err);
	for (size_t i = 0; i < in->artifact_count; i++)
		memcpy(wanted[i], in->artifacts[i].sha256, SB_SHA256_BYTES);
	*trust = (struct sb_log_trust){.log = &log->key, .witnesses = log->witnesses, .witness_count = log->witness_count, .need = log->need, .time = in->time,
	                               .wanted = (const uint8_t(*)[SB_SHA256_BYTES])wanted, .wanted_count = in->artifact_count};
	struct sb_log_view *view = sb_log_view_new(trust, call->arena);
	if (!view)
		return no_memory(err);
	int rc = 0;
	for (size_t i = 0; !rc && i < evidence->proof_count; i++)
		rc = sb_log_view_add_proof(view, evidence->proofs[i], err);
	if (!rc)
		rc = add_logs(call, evidence, view, err);
	in->log = view;
	return rc;
}
