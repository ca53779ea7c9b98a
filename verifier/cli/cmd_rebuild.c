/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/building.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/verbs.h"
#include "verifier/rebuild/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

/* The folder that holds @path, without following a link that an earlier build may have left there. */
static int open_parent(int top, struct sb_arena *arena, const char *path, int *fd, struct sb_err *err)
{
	size_t n = (size_t)(sb_path_base(path) - path);
	const char *folder = n ? sb_arena_copy(arena, sb_span_of(path, n - 1)) : ".";

	if (!folder)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_path_open_dir(top, folder, fd, err);
	return rc && rc != SB_NOMEM ? sb_reidentify(err, "write-failed") : rc;
}

static int write_file(int parent, const struct sb_rebuilt *rebuilt, const struct sb_entry *entry, struct sb_err *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = entry->mtime}};
	const char *name = sb_path_base(entry->path);
	struct sb_span bytes;

	if (entry->spool >= rebuilt->run.spool_count || !sb_span_cut(rebuilt->run.spools[entry->spool].bytes, entry->offset, entry->size, &bytes))
		return sb_fail(err, SB_INTERNAL, "output-outside-spool", "an output lies outside what was collected");
	int rc = sb_io_publish(parent, name, entry->mode & 0777, bytes, err);
	if (!rc && utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		rc = sb_fail_errno(err, "write-failed", "cannot set the time of %s", entry->path);
	return rc;
}

static int write_entry(int top, const struct sb_rebuilt *rebuilt, const struct sb_entry *entry, struct sb_err *err)
{
	const char *name = sb_path_base(entry->path);
	SB_CLOSING int parent = -1;

	int rc = open_parent(top, rebuilt->arena, entry->path, &parent, err);
	if (rc)
		return rc;
	if (entry->type == SB_ENTRY_FILE)
		return write_file(parent, rebuilt, entry, err);
	if (entry->type == SB_ENTRY_DIR && mkdirat(parent, name, 0755) != 0 && errno != EEXIST)
		return sb_fail_errno(err, "write-failed", "cannot make the folder %s", entry->path);
	if (entry->type == SB_ENTRY_SYMLINK && unlinkat(parent, name, 0) != 0 && errno != ENOENT)
		return sb_fail_errno(err, "write-failed", "cannot replace %s", entry->path);
	if (entry->type == SB_ENTRY_SYMLINK && symlinkat(entry->link, parent, name) != 0)
		return sb_fail_errno(err, "write-failed", "cannot make the link %s", entry->path);
	return 0; /* devices, sockets and FIFOs are never made */
}

/* Links last, so that nothing is written through one. */
static int write_outputs(struct sb_invocation *call, const struct sb_rebuilt *rebuilt, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "output-dir");
	const struct sb_inventory *outputs = &rebuilt->run.outputs;

	int rc = sb_path_make_dirs(AT_FDCWD, path, err);
	if (rc)
		return rc;
	SB_CLOSING int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return sb_fail_errno(err, "write-failed", "cannot open %s", path);
	for (int links = 0; !rc && links < 2; links++)
		for (size_t i = 0; !rc && i < outputs->count; i++)
			if ((outputs->entries[i].type == SB_ENTRY_SYMLINK) == (links == 1))
				rc = write_entry(top, rebuilt, &outputs->entries[i], err);
	if (!rc && !call->json)
		sb_buf_printf(&call->out, "%zu entries written to %s\n", outputs->count, sb_cli_escape(call, path));
	return rc;
}

/* What the manifest names and the build did not make; the rest was written. */
static int check_outputs(const struct sb_drop *drop, const struct sb_inventory *outputs, struct sb_err *err)
{
	for (size_t i = 0; i < drop->output_count; i++)
		if (strcmp(drop->outputs[i].built, ".") != 0 && !sb_inventory_find(outputs, drop->outputs[i].built))
			return sb_fail(err, SB_FAILED, "output-missing", "every step ended well, but none made %s", drop->outputs[i].built);
	return 0;
}

static int to_document(struct sb_invocation *call, const struct sb_rebuilt *rebuilt, struct sb_err *err)
{
	struct sb_node *document = sb_cli_new_document(call, "samebuild-rebuild/1"), *list = sb_node_list(call->arena);
	bool good = document && list;

	for (size_t i = 0; good && i < rebuilt->run.outputs.count; i++) {
		const struct sb_entry *entry = &rebuilt->run.outputs.entries[i];
		struct sb_node *map = sb_node_map(call->arena);
		if (entry->type != SB_ENTRY_FILE)
			continue;
		good = sb_node_put(call->arena, map, "path", sb_node_text(call->arena, entry->path)) &&
		       sb_node_put(call->arena, map, "blake2b", sb_node_hex(call->arena, entry->blake2b, SB_BLAKE2B_BYTES)) &&
		       sb_node_put(call->arena, map, "size", sb_node_int(call->arena, (int64_t)entry->size)) && sb_node_push(call->arena, list, map);
	}
	good = good && sb_node_put(call->arena, document, "outputs", list);
	return sb_cli_document(call, good ? document : NULL, err);
}

static int build(struct sb_invocation *call, const struct sb_building *building, struct sb_err *err)
{
	const struct sb_drop *drop = &building->loaded.drop;
	const struct sb_rebuild_in in = {.drop = drop, .root = drop->toolchain.host ? NULL : &building->root, .source = &building->tree, .log = -1,
	                                 .progress = call->progress};
	struct sb_rebuilt rebuilt = {0};

	int rc = sb_rebuild_run(&in, &rebuilt, err);
	if (rc == SB_FAILED || call->verbose)
		sb_building_say_log(call, &rebuilt);
	if (!rc)
		rc = write_outputs(call, &rebuilt, err);
	if (!rc)
		rc = check_outputs(drop, &rebuilt.run.outputs, err);
	if (!rc && call->json)
		rc = to_document(call, &rebuilt, err);
	sb_rebuild_release(&rebuilt);
	return rc;
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_building building;

	if (!sb_arg_given(call, "output-dir"))
		return sb_fail(err, SB_USAGE, "option-missing", "rebuild needs -O DIR");
	int rc = sb_building_open(call, &building, err);
	if (!rc)
		rc = build(call, &building, err);
	sb_building_release(&building);
	return rc;
}

static const struct sb_option rebuild_options[] = {
	{"output-dir", 'O', "DIR", false},
	{0},
};

const struct sb_verb sb_verb_rebuild = {
	.name = "rebuild",
	.summary = "only build a drop, and write what it makes",
	.operands = "DROP",
	.options = rebuild_options,
	.least_words = 1,
	.most_words = 1,
	.stoppable = true,
	.run = run,
};
