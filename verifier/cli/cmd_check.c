/* SPDX-License-Identifier: Apache-2.0 */
/* What would happen, without anything of the drop being run. */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/parsers.h"
#include "verifier/cli/verbs.h"
#include "verifier/ingest/ingest.h"

#include <fcntl.h>
#include <inttypes.h>

static void add_text(struct sb_invocation *call, const struct sb_drop *drop, const struct sb_sources *sources)
{
	sb_buf_printf(&call->out, "%s %s\n", sb_cli_escape(call, drop->name), sb_cli_escape(call, drop->version));
	for (size_t i = 0; i < drop->source_count; i++)
		sb_buf_printf(&call->out, "  source    %s   %" PRIu64 " bytes, digest right\n", sb_cli_escape(call, drop->sources[i].path),
		              sources->source_digests[i].size);
	sb_buf_printf(&call->out, "  tree      %zu entries, %" PRIu64 " bytes below %s\n", sources->inventory.count, sources->inventory.bytes,
	              sb_cli_escape(call, drop->build_path));
	if (sources->packed.count)
		sb_buf_printf(&call->out, "  packed    %zu entries, %" PRIu64 " bytes in archives that the build unpacks\n", sources->packed.count, sources->packed.bytes);
	sb_buf_printf(&call->out, "  toolchain %s\n", drop->toolchain.host ? "the system directories of this machine" : sb_cli_escape(call, drop->toolchain.root));
	for (size_t i = 0; i < sources->prebuilt_count; i++)
		sb_buf_printf(&call->out, "  prebuilt  %s   %s, %" PRIu64 " bytes%s%s\n", sb_cli_escape(call, sources->prebuilt[i].path), sources->prebuilt[i].format,
		              (uint64_t)sources->prebuilt[i].bytes.n, sources->prebuilt[i].reason ? ": " : "",
		              sources->prebuilt[i].reason ? sb_cli_escape(call, sources->prebuilt[i].reason) : "");
	for (size_t i = 0; i < drop->step_count; i++) {
		const struct sb_drop_step *step = &drop->steps[i];
		sb_buf_printf(&call->out, "  would run ");
		for (size_t k = 0; step->kind == SB_STEP_RUN && step->argv[k]; k++)
			sb_buf_printf(&call->out, "%s ", sb_cli_escape(call, step->argv[k]));
		sb_buf_printf(&call->out, "%s\n", step->kind == SB_STEP_SHELL ? sb_cli_escape(call, step->script) : "");
	}
	for (size_t i = 0; i < sources->shipped_count; i++)
		sb_buf_printf(&call->out, "  compares  %s with %s\n", sb_cli_escape(call, sources->shipped[i].path), sb_cli_escape(call, sources->shipped[i].built));
	for (size_t i = 0; i < sources->notice_count; i++)
		sb_buf_printf(&call->out, "  note      %s\n", sources->notices[i].text);
}

static struct sb_node *prebuilt_node(struct sb_arena *arena, const struct sb_prebuilt *prebuilt)
{
	struct sb_node *map = sb_node_map(arena);
	bool good = sb_node_put(arena, map, "path", sb_node_text(arena, prebuilt->path)) &&
	            sb_node_put(arena, map, "format", sb_node_text(arena, prebuilt->format)) &&
	            sb_node_put(arena, map, "reason", sb_node_text(arena, prebuilt->reason)) &&
	            sb_node_put(arena, map, "size", sb_node_int(arena, (int64_t)prebuilt->bytes.n));
	return good ? map : NULL;
}

static struct sb_node *shipped_node(struct sb_arena *arena, const struct sb_shipped *shipped)
{
	struct sb_node *map = sb_node_map(arena);
	bool good = sb_node_put(arena, map, "shipped", sb_node_text(arena, shipped->path)) &&
	            sb_node_put(arena, map, "built", sb_node_text(arena, shipped->built)) &&
	            sb_node_put(arena, map, "sha256", sb_node_hex(arena, shipped->digest.sha256, SB_SHA256_BYTES));
	return good ? map : NULL;
}

static int to_document(struct sb_invocation *call, const struct sb_drop *drop, const struct sb_sources *sources, struct sb_err *err)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-check/1");
	struct sb_node *prebuilt = sb_node_list(arena), *shipped = sb_node_list(arena);
	bool good = document && sb_node_put(arena, document, "name", sb_node_text(arena, drop->name)) &&
	            sb_node_put(arena, document, "version", sb_node_text(arena, drop->version)) &&
	            sb_node_put(arena, document, "entries", sb_node_int(arena, (int64_t)sources->inventory.count)) &&
	            sb_node_put(arena, document, "bytes", sb_node_int(arena, (int64_t)sources->inventory.bytes));

	for (size_t i = 0; good && i < sources->prebuilt_count; i++)
		good = sb_node_push(arena, prebuilt, prebuilt_node(arena, &sources->prebuilt[i]));
	for (size_t i = 0; good && i < sources->shipped_count; i++)
		good = sb_node_push(arena, shipped, shipped_node(arena, &sources->shipped[i]));
	good = good && sb_node_put(arena, document, "prebuilt", prebuilt) && sb_node_put(arena, document, "outputs", shipped);
	return sb_cli_document(call, good ? document : NULL, err);
}

/* SHA-256 of every file of the tree, by index of its entry: what mtree(5) names and the inventory does not hold. */
static int digest_files(struct sb_invocation *call, const struct sb_sources *sources, uint8_t (**out)[SB_SHA256_BYTES], struct sb_err *err)
{
	const struct sb_inventory *tree = &sources->inventory;

	*out = sb_arena_array(call->arena, tree->count, sizeof **out);
	if (!*out)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < tree->count; i++) {
		const struct sb_entry *entry = &tree->entries[i];
		struct sb_digest digest;
		struct sb_span bytes;
		if (entry->type != SB_ENTRY_FILE)
			continue;
		const struct sb_blob *spool = entry->spool < sources->spools.count ? sb_vec_at(&sources->spools, entry->spool) : NULL;
		if (!spool || !sb_span_cut(spool->bytes, entry->offset, entry->size, &bytes))
			return sb_fail(err, SB_INTERNAL, "output-outside-spool", "%s lies outside what was unpacked", entry->path);
		sb_hash_span(bytes, SB_DIGEST_SHA256, &digest);
		memcpy((*out)[i], digest.sha256, SB_SHA256_BYTES);
	}
	return 0;
}

/* The tree as mtree(5), which other tools read. */
static int write_mtree(struct sb_invocation *call, const struct sb_sources *sources, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "mtree");
	uint8_t(*sha256)[SB_SHA256_BYTES];
	SB_BUF struct sb_buf text = {0};

	if (!path)
		return 0;
	int rc = digest_files(call, sources, &sha256, err);
	if (!rc)
		rc = sb_inventory_write_mtree(&sources->inventory, (const uint8_t(*)[SB_SHA256_BYTES])sha256, &text, err);
	if (!rc) {
		rc = sb_output_publish(path, sb_buf_span(&text), err);
		rc = rc && rc != SB_NOMEM ? sb_reidentify(err, "report-unwritable") : rc;
	}
	return rc;
}

static int check(struct sb_invocation *call, struct sb_parsers *parsers, struct sb_err *err)
{
	struct sb_loaded_drop loaded = {.dir = -1};
	struct sb_sources sources = {0};

	int rc = sb_cli_load_drop(call, call->words[0], &loaded, err);
	if (rc)
		return rc;
	const struct sb_ingest_in in = {.dir = loaded.dir, .drop = &loaded.drop, .jobs = call->jobs, .parsers = parsers, .progress = call->progress};
	rc = sb_ingest_run(&in, &sources, err);
	if (!rc)
		rc = write_mtree(call, &sources, err);
	if (!rc && call->json)
		rc = to_document(call, &loaded.drop, &sources, err);
	else if (!rc)
		add_text(call, &loaded.drop, &sources);
	if (sources.arena)
		sb_ingest_release(&sources);
	sb_close_fd(&loaded.dir);
	return rc;
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	return sb_cli_with_parsers(call, check, err);
}

static const struct sb_option check_options[] = {
	{"mtree", 0, "PATH", false},
	{0},
};

const struct sb_verb sb_verb_check = {
	.name = "check",
	.summary = "verify and scan a drop, and show what would happen",
	.operands = "DROP",
	.options = check_options,
	.least_words = 1,
	.most_words = 1,
	.stoppable = true,
	.run = run,
};
