/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/evidence.h"

#include "verifier/cli/inputs.h"

#include <dirent.h>
#include <fcntl.h>
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

static int load_all(struct gathered *all, struct sb_gate_in *in, struct sb_err *err)
{
	struct sb_span *files = sb_arena_array(all->call->arena, all->paths.count + 1, sizeof *files);

	if (!files)
		return no_memory(err);
	for (size_t i = 0; i < all->paths.count; i++) {
		const char *const *path = sb_vec_at(&all->paths, i);
		uint64_t left = SB_LIMIT_OF(EVIDENCE_BYTES) - all->bytes;
		int rc = sb_cli_load_file(all->call, *path, (size_t)left, &files[i], err);
		if (rc)
			return rc == SB_LIMIT ? sb_fail_limit(err, SB_LIMIT_ROW_EVIDENCE_BYTES, SB_LIMIT_OF(EVIDENCE_BYTES) + 1) : rc == SB_NOMEM ? rc : sb_reidentify(err, "evidence-absent");
		all->bytes += files[i].n;
	}
	in->evidence = files;
	in->evidence_count = all->paths.count;
	return 0;
}

int sb_cli_load_evidence(struct sb_invocation *call, struct sb_gate_in *in, struct sb_err *err)
{
	struct gathered all = {.call = call, .paths = {.size = sizeof(const char *), .ceiling = SB_LIMIT_OF(EVIDENCE_FILES)}};
	const char *path;
	int rc = 0;

	for (size_t i = 0; !rc && (path = sb_arg_nth(call, "attestations", i)); i++)
		rc = add(&all, path, err);
	if (!rc && !sb_arg_given(call, "attestations"))
		rc = sb_fail(err, SB_USAGE, "option-missing", "gate needs --attestations PATH");
	if (!rc)
		rc = load_all(&all, in, err);
	sb_vec_release(&all.paths);
	if (rc && err && rc != SB_NOMEM && rc != SB_LIMIT && rc != SB_USAGE)
		err->code = SB_EVIDENCE;
	return rc;
}
