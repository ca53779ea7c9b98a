/* SPDX-License-Identifier: Apache-2.0 */
/* The straight line of `verify`: drop → sources → outputs → differences → findings → verdict. */
#include "verifier/pipeline/solver.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int ingest(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err)
{
	const struct sb_ingest_in from = {.dir = in->dir, .drop = in->drop, .store = in->store, .jobs = in->jobs, .parsers = in->parsers, .progress = in->progress};
	return sb_ingest_run(&from, &out->sources, err);
}

int sb_line_build(const struct sb_verify_in *in, const struct sb_sources *sources, const struct sb_drop *drop, struct sb_rebuilt *out, struct sb_err *err)
{
	const struct sb_tree root = {.inventory = &sources->root, .spools = sources->root_spools.items, .spool_count = sources->root_spools.count};
	const struct sb_tree tree = {.inventory = &sources->inventory, .spools = sources->spools.items, .spool_count = sources->spools.count};
	const struct sb_rebuild_in from = {
		.drop = drop,
		.root = drop->toolchain.host ? NULL : &root,
		.source = &tree,
		.store = drop == in->drop ? in->store : NULL,
		.log = drop == in->drop ? in->log : -1,
		.digests = in->digests,
		.trace = in->trace && (drop == in->drop || in->solve || in->given), /* what was solved is what is reported */
		.progress = in->progress,
	};
	return sb_rebuild_run(&from, out, err);
}

/* The content of an output: of a hard link, that of the file it leads to. */
const struct sb_entry *sb_line_content(const struct sb_inventory *outputs, const struct sb_entry *entry)
{
	return entry && entry->type == SB_ENTRY_HARDLINK ? sb_inventory_find(outputs, entry->link) : entry;
}

static char letter_of(enum sb_entry_type type)
{
	switch (type) {
	case SB_ENTRY_FILE:
		return 'f';
	case SB_ENTRY_SYMLINK:
		return 'l';
	case SB_ENTRY_CHAR:
		return 'c';
	case SB_ENTRY_BLOCK:
		return 'b';
	case SB_ENTRY_FIFO:
		return 'p';
	case SB_ENTRY_SOCKET:
		return 's';
	case SB_ENTRY_UNKNOWN:
	case SB_ENTRY_DIR:
	case SB_ENTRY_HARDLINK:
		return 0;
	}
	return 0;
}

int sb_line_side(const struct sb_rebuilt *rebuilt, const char *path, struct sb_side *out, struct sb_err *err)
{
	const struct sb_inventory *outputs = &rebuilt->run.outputs;
	const struct sb_entry *entry = sb_line_content(outputs, sb_inventory_find(outputs, path));

	out->type = entry ? letter_of(entry->type) : 0;
	if (!out->type)
		return 0; /* not made, or a folder: a missing counterpart */
	out->present = true;
	out->mode = entry->mode;
	out->link = entry->type == SB_ENTRY_SYMLINK ? entry->link : NULL;
	if (entry->type != SB_ENTRY_FILE)
		return 0;
	if (entry->spool >= rebuilt->run.spool_count ||
	    !sb_span_cut(rebuilt->run.spools[entry->spool].bytes, entry->offset, entry->size, &out->bytes))
		return sb_fail(err, SB_INTERNAL, "output-outside-spool", "an output lies outside what was collected");
	return 0;
}

/* How a file was carried here sets its permissions (umask, an unpacker's habit), but nothing innocent sets or drops these three. */
void sb_line_special_bits(struct sb_artifact_in *artifact)
{
	const uint32_t special = S_ISUID | S_ISGID | S_ISVTX;
	bool differ = artifact->shipped.type == 'f' && artifact->rebuilt.type == 'f' && ((artifact->shipped.mode ^ artifact->rebuilt.mode) & special);

	artifact->shipped.has_mode = artifact->rebuilt.has_mode = differ;
}

static int pair_outputs(const struct sb_sources *sources, const struct sb_line_sides *sides, struct sb_artifact_in *artifacts, struct sb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < sources->shipped_count; i++) {
		const struct sb_shipped *shipped = &sources->shipped[i];
		artifacts[i].name = shipped->path;
		artifacts[i].shipped = (struct sb_side){
			.present = true, .bytes = shipped->blob.bytes, .digest = shipped->digest, .type = shipped->type, .mode = shipped->mode,
			.link = shipped->link, .xattrs = shipped->capability};
		rc = sb_line_side(sb_line_made(sides, i), shipped->built, &artifacts[i].rebuilt, err);
		sb_line_special_bits(&artifacts[i]);
	}
	return rc;
}

const char *sb_line_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	if (strcmp(folder, ".") == 0)
		return path;
	return strncmp(path, folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

char *sb_line_name(const struct sb_drop_output *rule, const char *rest, struct sb_arena *arena)
{
	return strcmp(rule->shipped, ".") == 0 ? sb_arena_copy(arena, sb_span_text(rest)) : sb_arena_printf(arena, "%s/%s", rule->shipped, rest);
}

int sb_line_pair(const struct sb_verify_in *in, const struct sb_sources *sources, const struct sb_line_sides *sides, struct sb_arena *arena,
                 struct sb_vec *artifacts, struct sb_err *err)
{
	for (size_t i = 0; i < sources->shipped_count; i++)
		if (!sb_vec_push(artifacts))
			return no_memory(err);
	int rc = pair_outputs(sources, sides, artifacts->items, err);
	if (!rc && sides->extra)
		rc = sb_line_extra(in->drop, sources, sides, arena, artifacts, err);
	return rc;
}

/* Compare with the plain rebuild, or with what made files equal in its place; @question is asked meanwhile. */
static int compare(const struct sb_verify_in *in, struct sb_verified *out, const struct sb_line_sides *sides, struct sb_line_question *question,
                   struct sb_err *err)
{
	SB_VEC struct sb_vec artifacts = {.size = sizeof(struct sb_artifact_in)};

	int rc = sb_line_pair(in, &out->sources, sides, out->arena, &artifacts, err);
	if (rc)
		return rc;
	const struct sb_compare_in from = {.artifacts = artifacts.items, .count = artifacts.count, .jobs = in->jobs, .parsers = in->parsers, .progress = in->progress};
	rc = sb_line_compare(&from, &sides->base->facts, &out->sources, question, out->arena, &out->result, err);
	if (!rc) {
		struct sb_properties parsers = out->result.environment.parsers;
		out->result.environment = sides->base->run.environment;
		out->result.environment.parsers = parsers;
		rc = sb_line_pin_root(in->drop, out->arena, &out->result.environment.toolchain, err);
	}
	return rc ? rc : sb_line_name_delivery(in->drop, out, err);
}

static int rebuild(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err)
{
	return sb_line_build(in, &out->sources, in->drop, &out->rebuilt, err);
}

/* The plain rebuild and its comparison; then rebuilds under what the shipped files gave away, as far as they were asked for. */
static int compare_and_solve(const struct sb_verify_in *in, struct sb_verified *out, struct sb_solver *solver, uint64_t seconds, struct sb_err *err)
{
	struct sb_line_sides sides = {.base = &out->rebuilt, .instead = sb_solve_instead(solver), .extra = true};
	struct sb_line_question question = {.arena = out->arena};
	struct sb_fact_set ours;

	int rc = sb_solve_ours(in->drop, &out->rebuilt.facts, out->arena, &ours, err);
	question.ours = &ours;
	if (!rc)
		rc = compare(in, out, &sides, in->solve ? &question : NULL, err);
	if (!rc)
		rc = sb_solve_rounds(solver, &out->result, &question.found, seconds, err);
	out->instead = sb_solve_instead(solver);
	if (!rc && sb_solve_gained(solver))
		rc = compare(in, out, &sides, NULL, err);
	return rc ? rc : sb_solve_conclude(solver, &out->result, err);
}

/* Facts that were given and make everything equal: theirs is the build that the run is about. */
static int take_given(const struct sb_verify_in *in, struct sb_verified *out, struct sb_solver *solver, struct sb_err *err)
{
	const struct sb_line_sides sides = {.base = &out->rebuilt, .extra = true};

	out->rebuilt = *out->tries[0];
	*out->tries[0] = (struct sb_rebuilt){0};
	int rc = compare(in, out, &sides, NULL, err);
	return rc ? rc : sb_solve_conclude(solver, &out->result, err);
}

static uint64_t now(void)
{
	struct timespec at = {0};

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t)at.tv_sec;
}

static int solve(const struct sb_verify_in *in, struct sb_verified *out, struct sb_solver **solver, struct sb_err *err)
{
	bool all = false;

	int rc = sb_solve_begin(in, out, solver, &all, err);
	if (!rc && all && in->repeat <= 1) {
		rc = take_given(in, out, *solver, err);
	} else if (!rc) {
		uint64_t begun = now();
		rc = rebuild(in, out, err);
		if (!rc)
			rc = compare_and_solve(in, out, *solver, now() - begun, err);
	}
	return rc;
}

static int rebuild_and_compare(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err)
{
	const struct sb_line_sides sides = {.base = &out->rebuilt, .extra = true};

	int rc = rebuild(in, out, err);
	return rc ? rc : compare(in, out, &sides, NULL, err);
}

int sb_pipeline_verify(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err)
{
	struct sb_solver *solver = NULL;

	*out = (struct sb_verified){.arena = sb_arena_new(0)};
	int rc = out->arena ? ingest(in, out, err) : no_memory(err);
	if (!rc)
		rc = in->solve || in->given ? solve(in, out, &solver, err) : rebuild_and_compare(in, out, err);
	if (!rc && in->trace)
		rc = sb_line_trace(in, out, err);
	if (!rc && in->repeat > 1)
		rc = sb_line_repeat(in, out, solver, err);
	sb_solve_end(&solver);
	return rc;
}

void sb_verified_release(struct sb_verified *verified)
{
	for (size_t i = 0; i < verified->try_count; i++)
		sb_rebuild_release(verified->tries[i]);
	sb_rebuild_release(&verified->rebuilt);
	sb_ingest_release(&verified->sources);
	sb_buf_release(&verified->trace);
	sb_arena_free(&verified->arena);
	*verified = (struct sb_verified){0};
}
