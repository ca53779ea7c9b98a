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

/* The delivered files that @build made. */
static int list_artifacts(const struct sb_verified *from, const struct sb_line_sides *sides, const struct sb_rebuilt *build, struct sb_trace_in *out, struct sb_err *err)
{
	const struct sb_sources *sources = &from->sources;
	struct sb_trace_artifact *artifacts = sb_arena_array(from->arena, sources->shipped_count, sizeof *artifacts);

	if (!artifacts)
		return no_memory(err);
	out->artifact_count = 0;
	for (size_t i = 0; i < sources->shipped_count; i++) {
		const struct sb_shipped *shipped = &sources->shipped[i];
		const struct sb_entry *made = sb_line_content(&build->run.outputs, sb_inventory_find(&build->run.outputs, shipped->built));
		if (shipped->type == 'f' && sb_line_made(sides, i) == build)
			artifacts[out->artifact_count++] = (struct sb_trace_artifact){
				.name = shipped->path, .built = made ? made->path : shipped->built, .bytes = shipped->blob.bytes, .made = content_of(build, made)};
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

/* Of the first build: a document is about one. */
static int document(struct sb_verified *out, const struct sb_trace *trace, struct sb_lineage *lineage, struct sb_err *err)
{
	struct sb_digest digest;

	if (trace->edge_count > DOCUMENT_EDGES)
		return 0;
	int rc = sb_trace_write(trace, &out->trace, err);
	if (rc)
		return rc;
	out->result.trace_document = sb_buf_span(&out->trace);
	sb_hash_span(out->result.trace_document, SB_DIGEST_SHA256, &digest);
	memcpy(lineage->document, digest.sha256, SB_SHA256_BYTES);
	lineage->documented = true;
	return 0;
}

/* What is asked of each build's trace alike. */
static int prepare(const struct sb_verify_in *in, const struct sb_verified *from, struct sb_package_base *packages, struct sb_trace_in *out, struct sb_err *err)
{
	int rc = find_packages(in, from, packages, err);

	if (!rc)
		rc = list_readymade(from, out, err);
	return rc ? rc : sb_line_texts(in->drop, from->arena, out, err);
}

static const struct sb_rebuilt *build_at(const struct sb_vec *builds, size_t i)
{
	return *(const struct sb_rebuilt *const *)sb_vec_at(builds, i);
}

/* Each delivered file by the trace of the build that it is compared with. */
static int trace_builds(const struct sb_verified *from, const struct sb_line_sides *sides, const struct sb_vec *builds, struct sb_trace_in *asked,
                        struct sb_lineage *out, struct sb_err *err)
{
	struct sb_lineage *parts = sb_arena_array(from->arena, builds->count, sizeof *parts);
	int rc = parts ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < builds->count; i++) {
		asked->trace = &build_at(builds, i)->run.trace;
		rc = list_artifacts(from, sides, build_at(builds, i), asked, err);
		if (!rc)
			rc = sb_trace_run(asked, from->arena, &parts[i], err); /* zeroed without a trace: nothing is trusted then */
	}
	return rc ? rc : sb_trace_join(parts, builds->count, from->arena, out, err);
}

int sb_line_trace(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err)
{
	const struct sb_tree source = {.inventory = &out->sources.inventory, .spools = out->sources.spools.items, .spool_count = out->sources.spools.count};
	const struct sb_tree packed = {.inventory = &out->sources.packed, .spools = out->sources.packed_spools.items, .spool_count = out->sources.packed_spools.count};
	const struct sb_line_sides sides = {.base = &out->rebuilt, .instead = out->instead};
	SB_VEC struct sb_vec builds = {.size = sizeof(const struct sb_rebuilt *)};
	struct sb_package_base packages = {0};
	struct sb_trace_in asked = {.source = &source, .packed = &packed, .packages = &packages, .declared = in->drop->toolchain.packages,
	                            .declared_count = in->drop->toolchain.package_count, .parsers = in->parsers};
	struct sb_lineage *lineage = sb_arena_alloc(out->arena, sizeof *lineage);

	int rc = lineage ? sb_line_builds(&sides, out->sources.shipped_count, &builds, err) : no_memory(err);
	if (rc || !build_at(&builds, 0)->run.trace.present)
		return rc;
	rc = prepare(in, out, &packages, &asked, err);
	if (!rc)
		rc = trace_builds(out, &sides, &builds, &asked, lineage, err);
	if (!rc)
		rc = document(out, &build_at(&builds, 0)->run.trace, lineage, err);
	if (rc)
		return rc;
	out->result.lineage = lineage;
	return sb_judge_prebuilt(lineage, out->arena, &out->result, err);
}
