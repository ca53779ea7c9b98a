/* SPDX-License-Identifier: Apache-2.0 */
/* From the trace of the build to what each delivered file was made of. */
#include "verifier/pipeline/line.h"

#include <fcntl.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* The packages of the root that the build saw: of the archive, or of this machine. */
static int find_packages(const struct sb_verify_in *in, const struct sb_verified *from, struct sb_package_base *out, struct sb_err *err)
{
	const struct sb_tree root = {.inventory = &from->sources.root, .spools = from->sources.root_spools.items, .spool_count = from->sources.root_spools.count};

	if (!in->drop->toolchain.host)
		return sb_package_base_of_tree(&root, from->arena, out, err);
	SB_CLOSING int dpkg = open("/var/lib/dpkg", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sb_package_base_of_folder(dpkg, from->arena, out, err);
}

static struct sb_span content_of(const struct sb_rebuilt *rebuilt, const struct sb_entry *entry)
{
	struct sb_span bytes = {0};

	if (!entry || entry->type != SB_ENTRY_FILE || entry->spool >= rebuilt->run.spool_count)
		return bytes;
	return sb_span_cut(rebuilt->run.spools[entry->spool].bytes, entry->offset, entry->size, &bytes) ? bytes : (struct sb_span){0};
}

static int list_artifacts(const struct sb_verified *from, struct sb_trace_in *out, struct sb_err *err)
{
	const struct sb_sources *sources = &from->sources;
	const struct sb_inventory *outputs = &from->rebuilt.run.outputs;
	struct sb_trace_artifact *artifacts = sb_arena_array(from->arena, sources->shipped_count, sizeof *artifacts);

	if (!artifacts)
		return no_memory(err);
	for (size_t i = 0; i < sources->shipped_count; i++) {
		const struct sb_shipped *shipped = &sources->shipped[i];
		const struct sb_entry *made = sb_line_content(outputs, sb_inventory_find(outputs, shipped->built));
		if (shipped->type == 'f')
			artifacts[out->artifact_count++] = (struct sb_trace_artifact){
				.name = shipped->path, .built = made ? made->path : shipped->built, .bytes = shipped->blob.bytes, .made = content_of(&from->rebuilt, made)};
	}
	out->artifacts = artifacts;
	return 0;
}

static int list_readymade(const struct sb_verified *from, struct sb_trace_in *out, struct sb_err *err)
{
	const struct sb_sources *sources = &from->sources;
	struct sb_trace_readymade *all = sb_arena_array(from->arena, sources->prebuilt_count, sizeof *all);

	if (!all)
		return no_memory(err);
	for (size_t i = 0; i < sources->prebuilt_count; i++) {
		struct sb_trace_readymade *to = &all[out->prebuilt_count];
		struct sb_digest digest;
		to->bytes = sources->prebuilt[i].bytes;
		to->path = sources->prebuilt[i].path;
		to->format = sources->prebuilt[i].format;
		sb_hash_span(to->bytes, SB_DIGEST_SHA256, &digest);
		memcpy(to->sha256, digest.sha256, SB_SHA256_BYTES);
		out->prebuilt_count++;
	}
	out->prebuilt = all;
	return 0;
}

/* A trace with more edges is kept in the record only. */
enum { DOCUMENT_EDGES = 2000000 };

static int document(struct sb_verified *out, struct sb_lineage *lineage, struct sb_err *err)
{
	struct sb_digest digest;

	if (out->rebuilt.run.trace.edge_count > DOCUMENT_EDGES)
		return 0;
	int rc = sb_trace_write(&out->rebuilt.run.trace, &out->trace, err);
	if (rc)
		return rc;
	out->result.trace_document = sb_buf_span(&out->trace);
	sb_hash_span(out->result.trace_document, SB_DIGEST_SHA256, &digest);
	memcpy(lineage->document, digest.sha256, SB_SHA256_BYTES);
	lineage->documented = true;
	return 0;
}

int sb_line_trace(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err)
{
	const struct sb_tree source = {.inventory = &out->sources.inventory, .spools = out->sources.spools.items, .spool_count = out->sources.spools.count};
	const struct sb_tree packed = {.inventory = &out->sources.packed, .spools = out->sources.packed_spools.items, .spool_count = out->sources.packed_spools.count};
	struct sb_package_base packages = {0};
	struct sb_trace_in from = {.trace = &out->rebuilt.run.trace, .source = &source, .packed = &packed, .packages = &packages, .declared = in->drop->toolchain.packages,
	                           .declared_count = in->drop->toolchain.package_count, .parsers = in->parsers};
	struct sb_lineage *lineage = sb_arena_alloc(out->arena, sizeof *lineage);

	if (!from.trace->present)
		return 0;
	int rc = lineage ? find_packages(in, out, &packages, err) : no_memory(err);
	if (!rc)
		rc = list_artifacts(out, &from, err);
	if (!rc)
		rc = list_readymade(out, &from, err);
	if (!rc)
		rc = sb_line_texts(in->drop, out->arena, &from, err);
	if (!rc)
		rc = sb_trace_run(&from, out->arena, lineage, err);
	if (!rc)
		rc = document(out, lineage, err);
	if (rc)
		return rc;
	out->result.lineage = lineage;
	return sb_judge_prebuilt(lineage, out->arena, &out->result, err);
}
