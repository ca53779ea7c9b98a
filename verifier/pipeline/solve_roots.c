/* SPDX-License-Identifier: Apache-2.0 */
/* Toolchain roots beside the manifest's: hashed when they are first thought of, unpacked when they are tried. */
#include "verifier/pipeline/solving.h"

#include <string.h>
#include <unistd.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int hash_root(struct sb_solver *solver, size_t which, struct sb_err *err)
{
	const struct sb_other_root *root = &solver->in->roots[which];
	struct sb_digest *digest = &solver->roots[which].digest;
	char hex[2 * SB_SHA256_BYTES + 1];

	if (lseek(root->fd, 0, SEEK_SET) < 0)
		return sb_fail_errno(err, "toolchain-unreadable", "cannot read %s", root->name);
	int rc = sb_hash_fd(root->fd, SB_DIGEST_SHA256, digest, err);
	if (rc)
		return rc;
	sb_text_hex(sb_span_of(digest->sha256, SB_SHA256_BYTES), hex);
	solver->root_names[which] = (struct sb_solve_root){.digest = sb_arena_copy(solver->arena, sb_span_text(hex)), .name = root->name};
	return solver->root_names[which].digest ? 0 : no_memory(err);
}

static int know_roots(struct sb_solver *solver, struct sb_err *err)
{
	int rc = 0;

	if (solver->root_names)
		return 0;
	solver->roots = sb_arena_array(solver->arena, solver->in->root_count, sizeof *solver->roots);
	solver->root_names = sb_arena_array(solver->arena, solver->in->root_count, sizeof *solver->root_names);
	if (!solver->roots || !solver->root_names)
		return no_memory(err);
	for (size_t i = 0; !rc && i < solver->in->root_count; i++)
		rc = hash_root(solver, i, err);
	return rc;
}

int sb_solver_offer_roots(struct sb_solver *solver, bool last_resort, struct sb_err *err)
{
	const char **artifacts = sb_arena_array(solver->arena, solver->count, sizeof *artifacts);
	struct sb_fact_set ours;
	size_t count = 0;

	if (!artifacts)
		return no_memory(err);
	for (size_t i = 0; i < solver->count; i++) {
		const char *path = solver->verified->sources.shipped[i].path;
		if (sb_solve_is_open(&solver->files[i]) && (last_resort || sb_solve_needed_by(&solver->choice.found, path)))
			artifacts[count++] = path;
	}
	if (count == 0 || solver->in->root_count == 0)
		return 0;
	int rc = know_roots(solver, err);
	if (!rc)
		rc = sb_solve_ours(solver->in->drop, &solver->verified->rebuilt.facts, solver->arena, &ours, err);
	if (rc)
		return rc;
	const char *kept = solver->choice.kept.value[SB_KNOB_TOOLCHAIN];
	return sb_solve_offer_roots(solver->root_names, solver->in->root_count, kept ? kept : ours.value[SB_KNOB_TOOLCHAIN], artifacts, count, solver->arena,
	                            &solver->choice.found, err);
}

static int unpack_root(struct sb_solver *solver, size_t which, struct sb_err *err)
{
	const struct sb_verify_in *in = solver->in;
	const struct sb_ingest_in from = {.dir = in->dir, .drop = in->drop, .jobs = in->jobs, .parsers = in->parsers, .progress = in->progress};
	struct sb_solver_root *root = &solver->roots[which];

	if (root->ready)
		return 0;
	int rc = sb_ingest_other_root(&from, in->roots[which].fd, in->roots[which].name, root->digest.sha256, &root->unpacked, err);
	root->ready = rc == 0;
	return rc;
}

int sb_solver_take_root(struct sb_solver *solver, const struct sb_drop *drop, struct sb_sources *sources, struct sb_err *err)
{
	int rc = know_roots(solver, err);

	for (size_t i = 0; !rc && i < solver->in->root_count; i++) {
		if (memcmp(solver->roots[i].digest.sha256, drop->toolchain.sha256, SB_SHA256_BYTES) != 0)
			continue;
		rc = unpack_root(solver, i, err);
		if (rc)
			return rc;
		sources->root = solver->roots[i].unpacked.root;
		sources->root_spools = solver->roots[i].unpacked.root_spools;
		sources->root_digest = solver->roots[i].unpacked.root_digest;
		return 0;
	}
	return rc ? rc : sb_fail(err, SB_ABSENT, "toolchain-absent", "no root with sha256 %s was given with --toolchain", drop->toolchain.root);
}

void sb_solver_release_roots(struct sb_solver *solver)
{
	for (size_t i = 0; solver->roots && i < solver->in->root_count; i++)
		if (solver->roots[i].ready)
			sb_ingest_release(&solver->roots[i].unpacked);
}
