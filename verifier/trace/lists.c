/* SPDX-License-Identifier: Apache-2.0 */
/* The shorter lists of the record: sources that were not read, programs, packages, attempts. */
#include "verifier/trace/lineage.h"
#include "verifier/trace/trades.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int list_uses(struct sb_analysis *a, enum sb_use use, const char *const **out, size_t *count, struct sb_err *err)
{
	size_t all = 0, n = 0;

	for (size_t i = 0; i < a->use_count; i++)
		all += a->uses[i].use == use;
	*count = sb_lineage_room(a, all);
	const char **names = sb_arena_array(a->arena, *count, sizeof *names);
	if (!names)
		return no_memory(err);
	for (size_t i = 0; i < a->use_count && n < *count; i++)
		if (a->uses[i].use == use)
			names[n++] = a->uses[i].path;
	*out = names;
	return 0;
}

int sb_lineage_sources(struct sb_analysis *a, struct sb_err *err)
{
	a->out->sources = a->use_count;
	int rc = list_uses(a, SB_USE_UNREAD, &a->out->unread, &a->out->unread_count, err);
	if (!rc)
		rc = list_uses(a, SB_USE_COPIED, &a->out->copied, &a->out->copied_count, err);
	return rc ? rc : list_uses(a, SB_USE_UNKNOWN, &a->out->untold, &a->out->untold_count, err);
}

static int by_trade_and_path(const void *a, const void *b)
{
	const struct sb_lineage_program *x = a, *y = b;
	/* what makes programs first, anything else last */
	int order = (x->trade == SB_TRADE_OTHER) - (y->trade == SB_TRADE_OTHER);
	if (!order)
		order = (x->trade > y->trade) - (x->trade < y->trade);
	if (!order)
		order = strcmp(x->path, y->path);
	return order ? order : memcmp(x->sha256, y->sha256, SB_SHA256_BYTES);
}

static struct sb_lineage_program program_of(const struct sb_analysis *a, uint32_t file, uint64_t runs)
{
	const struct sb_trace_file *image = &a->in->trace->files[file];
	struct sb_lineage_program out = {.path = image->from ? image->from : image->path, .trade = sb_trade_of(image->path),
	                                 .origin = sb_lineage_origin(image->origin), .hashed = image->digested, .runs = runs};
	uint32_t input = a->input_of[file];
	size_t owner = input ? a->owner_of[input - 1] : SIZE_MAX;

	if (image->digested)
		memcpy(out.sha256, image->sha256, SB_SHA256_BYTES);
	if (owner != SIZE_MAX) {
		out.package = a->names[owner].name;
		out.version = a->names[owner].version;
	}
	return out;
}

int sb_lineage_programs(struct sb_analysis *a, struct sb_err *err)
{
	const struct sb_trace *trace = a->in->trace;
	SB_FREEING uint64_t *runs = calloc(trace->file_count + 1, sizeof *runs);
	size_t all = 0;

	if (!runs)
		return no_memory(err);
	for (size_t i = 0; i < trace->process_count; i++)
		if (trace->processes[i].image != SB_TRACE_NONE && runs[trace->processes[i].image]++ == 0)
			all++;
	struct sb_lineage_program *programs = sb_arena_array(a->arena, all, sizeof *programs);
	if (!programs)
		return no_memory(err);
	size_t n = 0;
	for (uint32_t i = 0; i < trace->file_count; i++)
		if (runs[i])
			programs[n++] = program_of(a, i, runs[i]);
	if (n)
		qsort(programs, n, sizeof *programs, by_trade_and_path);
	a->out->programs = programs;
	a->out->program_count = sb_lineage_room(a, n);
	return 0;
}

/* "gcc-12", "gcc-12:amd64" or either with "=12.2.0-14"; the architecture and the version count when they are said. */
static enum sb_declaration declared_as(const char *declared, const struct sb_package_name *package)
{
	const char *equals = strchr(declared, '='), *colon = strchr(declared, ':');
	size_t whole = equals ? (size_t)(equals - declared) : strlen(declared);
	size_t name = colon && (size_t)(colon - declared) < whole ? (size_t)(colon - declared) : whole;

	if (strlen(package->name) != name || memcmp(package->name, declared, name) != 0)
		return SB_DECLARATION_NO;
	if (name < whole && (strlen(package->arch) != whole - name - 1 || memcmp(package->arch, colon + 1, whole - name - 1) != 0))
		return SB_DECLARATION_NO;
	return equals && strcmp(equals + 1, package->version) != 0 ? SB_DECLARATION_OTHER_VERSION : SB_DECLARATION_YES;
}

static enum sb_declaration find_declared(const struct sb_analysis *a, const struct sb_package_name *package, bool *used)
{
	enum sb_declaration best = a->in->declared ? SB_DECLARATION_NO : SB_DECLARATION_NOTHING;

	for (size_t i = 0; i < a->in->declared_count; i++) {
		enum sb_declaration one = declared_as(a->in->declared[i], package);
		used[i] |= one != SB_DECLARATION_NO;
		best = one < best ? one : best;
	}
	return best;
}

static int list_unused(struct sb_analysis *a, const bool *used, struct sb_err *err)
{
	const char **unused = sb_arena_array(a->arena, a->in->declared_count, sizeof *unused);

	if (!unused)
		return no_memory(err);
	for (size_t i = 0; i < a->in->declared_count; i++)
		if (!used[i])
			unused[a->out->unused_count++] = a->in->declared[i];
	a->out->unused = unused;
	a->out->declared = a->in->declared != NULL;
	return 0;
}

static int by_name_and_arch(const void *a, const void *b)
{
	const struct sb_lineage_package *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->arch, y->arch);
}

int sb_lineage_packages(struct sb_analysis *a, struct sb_err *err)
{
	size_t count = a->in->packages->count, n = 0;
	SB_FREEING uint64_t *files = calloc(count + 1, sizeof *files);
	SB_FREEING bool *used = calloc(a->in->declared_count + 1, sizeof *used);
	struct sb_lineage_package *packages = sb_arena_array(a->arena, count, sizeof *packages);

	if (!files || !used || !packages)
		return no_memory(err);
	for (size_t i = 0; i < a->out->input_count; i++)
		if (a->owner_of[i] != SIZE_MAX)
			files[a->owner_of[i]]++;
	for (size_t i = 0; i < count; i++) {
		const struct sb_package_name *name = &a->names[i];
		if (files[i])
			packages[n++] = (struct sb_lineage_package){name->name, name->arch, name->version, find_declared(a, name, used), files[i]};
	}
	if (n)
		qsort(packages, n, sizeof *packages, by_name_and_arch);
	a->out->packages = packages;
	a->out->package_count = sb_lineage_room(a, n);
	return list_unused(a, used, err);
}

static const char *attempt_word(enum sb_trace_attempt_kind kind)
{
	switch (kind) {
	case SB_TRACE_ATTEMPT_NETWORK:
		return "network";
	case SB_TRACE_ATTEMPT_RESOLVER:
		return "resolver";
	case SB_TRACE_ATTEMPT_CLOCK:
		return "clock";
	case SB_TRACE_ATTEMPT_RANDOM:
		return "random";
	case SB_TRACE_ATTEMPT_HOST_FACT:
		return "host-fact";
	case SB_TRACE_ATTEMPT_TIMES:
		return "times";
	case SB_TRACE_ATTEMPT_ABSENT: /* what every search along a path does; the trace document has them */
	case SB_TRACE_ATTEMPT_UNKNOWN:
		break;
	}
	return NULL;
}

static int by_kind_program_text(const void *a, const void *b)
{
	const struct sb_lineage_attempt *x = a, *y = b;
	int order = strcmp(x->kind, y->kind);
	if (!order)
		order = strcmp(x->program, y->program);
	return order ? order : strcmp(x->text, y->text);
}

/* The same attempt of several runs of one program is one. */
static size_t fold_attempts(struct sb_lineage_attempt *attempts, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(attempts, count, sizeof *attempts, by_kind_program_text);
	for (size_t i = 0; i < count; i++) {
		if (kept && by_kind_program_text(&attempts[kept - 1], &attempts[i]) == 0)
			attempts[kept - 1].count += attempts[i].count;
		else
			attempts[kept++] = attempts[i];
	}
	return kept;
}

int sb_lineage_attempts(struct sb_analysis *a, struct sb_err *err)
{
	const struct sb_trace *trace = a->in->trace;
	struct sb_lineage_attempt *attempts = sb_arena_array(a->arena, trace->attempt_count, sizeof *attempts);
	size_t n = 0;

	if (!attempts)
		return no_memory(err);
	for (size_t i = 0; i < trace->attempt_count; i++) {
		const struct sb_trace_attempt *from = &trace->attempts[i];
		const char *kind = attempt_word(from->kind);
		uint32_t image = trace->processes[from->process].image;
		if (!kind)
			continue;
		attempts[n] = (struct sb_lineage_attempt){.kind = kind, .program = image == SB_TRACE_NONE ? "" : trace->files[image].path, .count = from->count,
		                                          .text = sb_escape_copy(a->arena, sb_span_text(from->text))};
		if (!attempts[n++].text)
			return no_memory(err);
	}
	a->out->attempts = attempts;
	a->out->attempt_count = sb_lineage_room(a, fold_attempts(attempts, n));
	return 0;
}
