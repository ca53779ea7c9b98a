/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/trace/plot.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void plot_begin(struct plot *plot)
{
	memset(plot, 0, sizeof *plot);
	plot->arena = sb_arena_new(0);
	plot->trace = (struct sb_trace){.present = true, .trusted = true, .files = plot->files, .processes = plot->processes, .edges = plot->edges,
	                                .attempts = plot->attempts};
	plot->spool = (struct sb_blob){.bytes = sb_span_of(calloc(1, 1 << 20), 0), .fd = -1};
}

void plot_end(struct plot *plot)
{
	free((void *)(uintptr_t)plot->spool.bytes.p);
	sb_arena_free(&plot->arena);
}

uint32_t plot_file(struct plot *plot, const char *path, enum sb_trace_origin origin)
{
	struct sb_trace_file *file = &plot->files[plot->trace.file_count];
	struct sb_digest digest;

	cr_assert_lt(plot->trace.file_count, PLOT_FILES);
	*file = (struct sb_trace_file){.path = path, .origin = origin, .digested = origin != SB_TRACE_CHANNEL && origin != SB_TRACE_DEVICE, .final = true};
	sb_hash_span(sb_span_text(path), SB_DIGEST_SHA256, &digest); /* other content for each */
	memcpy(file->sha256, digest.sha256, SB_SHA256_BYTES);
	file->size = strlen(path);
	return (uint32_t)plot->trace.file_count++;
}

static struct sb_entry add_content(struct plot *plot, const char *path, const char *text)
{
	size_t n = strlen(text), used = plot->spool.bytes.n;

	memcpy((uint8_t *)(uintptr_t)plot->spool.bytes.p + used, text, n);
	plot->spool.bytes.n += n;
	return (struct sb_entry){.path = path, .type = SB_ENTRY_FILE, .mode = 0644, .size = n, .offset = used};
}

void plot_member(struct plot *plot, const char *path, const char *text)
{
	plot->members[plot->member_count++] = add_content(plot, path, text);
}

uint32_t plot_source(struct plot *plot, const char *path, const char *text, bool touched)
{
	plot->entries[plot->entry_count++] = add_content(plot, path, text);
	if (!touched)
		return SB_TRACE_NONE;
	uint32_t file = plot_file(plot, path, SB_TRACE_SOURCE);
	plot->files[file].from = path;
	plot->files[file].witness = true;
	return file;
}

uint32_t plot_process(struct plot *plot, uint32_t parent, uint32_t image)
{
	cr_assert_lt(plot->trace.process_count, PLOT_PROCESSES);
	plot->processes[plot->trace.process_count] = (struct sb_trace_process){.parent = parent, .image = image, .argv = "", .cwd = "."};
	uint32_t process = (uint32_t)plot->trace.process_count++;
	if (image != SB_TRACE_NONE)
		plot_edge(plot, process, image, SB_TRACE_EXEC);
	return process;
}

void plot_edge(struct plot *plot, uint32_t process, uint32_t file, unsigned uses)
{
	cr_assert_lt(plot->trace.edge_count, PLOT_EDGES);
	plot->edges[plot->trace.edge_count++] = (struct sb_trace_edge){process, file, uses};
}

static int by_process_and_file(const void *a, const void *b)
{
	const struct sb_trace_edge *x = a, *y = b;
	return x->process != y->process ? (x->process > y->process) - (x->process < y->process) : (x->file > y->file) - (x->file < y->file);
}

int plot_run(struct plot *plot, struct sb_err *err)
{
	qsort(plot->edges, plot->trace.edge_count, sizeof *plot->edges, by_process_and_file);
	cr_assert_eq(sb_inventory_seal(plot->entries, plot->entry_count, plot->arena, &plot->inventory, NULL), 0);
	cr_assert_eq(sb_inventory_seal(plot->members, plot->member_count, plot->arena, &plot->members_inventory, NULL), 0);
	plot->source = (struct sb_tree){.inventory = &plot->inventory, .spools = &plot->spool, .spool_count = 1};
	plot->packed = (struct sb_tree){.inventory = &plot->members_inventory, .spools = &plot->spool, .spool_count = 1};
	plot->in.packed = &plot->packed;
	plot->in.trace = &plot->trace;
	plot->in.source = &plot->source;
	plot->in.packages = &plot->packages;
	plot->in.artifacts = plot->artifacts;
	plot->in.prebuilt = plot->prebuilt;
	return sb_trace_run(&plot->in, plot->arena, &plot->out, err);
}

enum sb_inflow plot_inflow(const struct plot *plot, const char *name, const char *path)
{
	for (size_t i = 0; i < plot->out.output_count; i++)
		for (unsigned inflow = 0; strcmp(plot->out.outputs[i].name, name) == 0 && inflow < SB_INFLOWS; inflow++)
			for (size_t k = 0; k < plot->out.outputs[i].inputs[inflow].count; k++)
				if (strcmp(plot->out.inputs[plot->out.outputs[i].inputs[inflow].items[k]].path, path) == 0)
					return (enum sb_inflow)inflow;
	return SB_INFLOW_NONE;
}
