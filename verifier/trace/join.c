/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that come from several builds: what each was made of is known by the trace of its own build. Joined, the word of the worst trace counts for all,
 * and nobody opened a source that one of them did.
 */
#include "verifier/trace/trace.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** A list of each part, by where it and its length stand in the record. */
struct rows {
	const void *items;
	size_t count;
};
typedef struct rows (*rows_of)(const struct sb_lineage *part);

/** How the rows of a list become one. */
struct joining {
	size_t size;
	int (*order)(const void *a, const void *b);
	bool (*unite)(void *row, const void *other, struct sb_arena *arena); /* two of one place in the order; NULL: the first stands for both */
	size_t least; /* parts that must have a row; 0: one */
};

/* Rows of one place in the order become one; those that too few parts have go. */
static int collapse(const struct joining *how, struct sb_vec *all, struct sb_arena *arena, struct sb_err *err)
{
	size_t kept = 0;

	for (size_t i = 0, next; i < all->count; i = next) {
		void *row = sb_vec_at(all, i);
		for (next = i + 1; next < all->count && how->order(row, sb_vec_at(all, next)) == 0; next++)
			if (how->unite && !how->unite(row, sb_vec_at(all, next), arena))
				return no_memory(err);
		if (next - i >= how->least)
			memmove(sb_vec_at(all, kept++), row, how->size);
	}
	all->count = kept;
	return 0;
}

static int join_rows(const struct sb_lineage *parts, size_t count, rows_of of, const struct joining *how, struct sb_arena *arena, const void **out,
                     size_t *out_count, struct sb_err *err)
{
	SB_VEC struct sb_vec all = {.size = how->size};

	for (size_t i = 0; i < count; i++) {
		struct rows rows = of(&parts[i]);
		for (size_t k = 0; k < rows.count; k++) {
			void *slot = sb_vec_push(&all);
			if (!slot)
				return no_memory(err);
			memcpy(slot, (const uint8_t *)rows.items + k * how->size, how->size);
		}
	}
	if (all.count)
		qsort(all.items, all.count, how->size, how->order);
	int rc = collapse(how, &all, arena, err);
	void *kept = rc ? NULL : sb_arena_array(arena, all.count, how->size);
	if (!rc && !kept)
		return no_memory(err);
	if (!rc && all.count)
		memcpy(kept, all.items, all.count * how->size);
	*out = kept;
	*out_count = all.count;
	return rc;
}

/* ---- the order of each list, and how two rows are one ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_texts(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

static int by_input(const void *a, const void *b)
{
	const struct sb_lineage_input *x = a, *y = b;
	int order = (x->origin > y->origin) - (x->origin < y->origin);

	order = order ? order : strcmp(x->path, y->path);
	order = order ? order : x->hashed - y->hashed;
	return order ? order : memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

static int by_output(const void *a, const void *b)
{
	return strcmp(((const struct sb_lineage_output *)a)->name, ((const struct sb_lineage_output *)b)->name);
}

static int by_reached(const void *a, const void *b)
{
	return strcmp(((const struct sb_lineage_reached *)a)->name, ((const struct sb_lineage_reached *)b)->name);
}

static int by_prebuilt(const void *a, const void *b)
{
	const struct sb_lineage_prebuilt *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	order = order ? order : strcmp(x->format, y->format);
	return order ? order : memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

/* A delivered file comes from one build, so the lists have no name in common. */
static bool unite_prebuilt(void *row, const void *other, struct sb_arena *arena)
{
	struct sb_lineage_prebuilt *a = row;
	const struct sb_lineage_prebuilt *b = other;
	struct sb_lineage_reached *reached = sb_arena_array(arena, a->reached_count + b->reached_count, sizeof *reached);

	if (!reached)
		return false;
	if (a->reached_count)
		memcpy(reached, a->reached, a->reached_count * sizeof *reached);
	if (b->reached_count)
		memcpy(reached + a->reached_count, b->reached, b->reached_count * sizeof *reached);
	a->reached = reached;
	a->reached_count += b->reached_count;
	if (a->reached_count)
		qsort(reached, a->reached_count, sizeof *reached, by_reached);
	a->use = a->use == SB_USE_UNKNOWN || b->use == SB_USE_UNKNOWN ? SB_USE_UNKNOWN : a->use > b->use ? a->use : b->use;
	return true;
}

static int by_program(const void *a, const void *b)
{
	const struct sb_lineage_program *x = a, *y = b;
	int order = (x->trade > y->trade) - (x->trade < y->trade);

	order = order ? order : strcmp(x->path, y->path);
	return order ? order : memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

static bool unite_programs(void *row, const void *other, struct sb_arena *arena)
{
	(void)arena;
	((struct sb_lineage_program *)row)->runs += ((const struct sb_lineage_program *)other)->runs;
	return true;
}

static int by_package(const void *a, const void *b)
{
	const struct sb_lineage_package *x = a, *y = b;
	int order = compare_texts(x->name, y->name);

	order = order ? order : compare_texts(x->arch, y->arch);
	return order ? order : compare_texts(x->version, y->version);
}

static bool unite_packages(void *row, const void *other, struct sb_arena *arena)
{
	struct sb_lineage_package *a = row;
	const struct sb_lineage_package *b = other;

	(void)arena;
	a->files = a->files > b->files ? a->files : b->files;
	return true;
}

static int by_attempt(const void *a, const void *b)
{
	const struct sb_lineage_attempt *x = a, *y = b;
	int order = compare_texts(x->kind, y->kind);

	order = order ? order : compare_texts(x->program, y->program);
	return order ? order : compare_texts(x->text, y->text);
}

static bool unite_attempts(void *row, const void *other, struct sb_arena *arena)
{
	(void)arena;
	((struct sb_lineage_attempt *)row)->count += ((const struct sb_lineage_attempt *)other)->count;
	return true;
}

#define ROWS_OF(name, items_, count_)                                 \
	static struct rows name(const struct sb_lineage *part)        \
	{                                                             \
		return (struct rows){part->items_, part->count_};     \
	}
ROWS_OF(reasons_of, reasons, reason_count)
ROWS_OF(witnesses_of, witnesses, witness_count)
ROWS_OF(inputs_of, inputs, input_count)
ROWS_OF(outputs_of, outputs, output_count)
ROWS_OF(prebuilt_of, prebuilt, prebuilt_count)
ROWS_OF(unread_of, unread, unread_count)
ROWS_OF(copied_of, copied, copied_count)
ROWS_OF(untold_of, untold, untold_count)
ROWS_OF(programs_of, programs, program_count)
ROWS_OF(packages_of, packages, package_count)
ROWS_OF(unused_of, unused, unused_count)
ROWS_OF(attempts_of, attempts, attempt_count)

/* ---- the whole ---- */

/* The same inputs by their places in the joined list. */
static int renumber(const struct sb_lineage *from, const struct sb_lineage *to, struct sb_lineage_output *output, struct sb_arena *arena, struct sb_err *err)
{
	for (unsigned way = 0; way < SB_INFLOWS; way++) {
		const struct sb_lineage_list *old = &output->inputs[way];
		uint32_t *items = sb_arena_array(arena, old->count, sizeof *items);
		if (!items)
			return no_memory(err);
		for (size_t i = 0; i < old->count; i++) {
			const struct sb_lineage_input *found = bsearch(&from->inputs[old->items[i]], to->inputs, to->input_count, sizeof *found, by_input);
			if (!found)
				return sb_fail(err, SB_INTERNAL, "trace-malformed", "an input is lost between two traces");
			items[i] = (uint32_t)(found - to->inputs);
		}
		output->inputs[way].items = items; /* both lists ascend in one order */
	}
	return 0;
}

static int renumber_parts(struct sb_lineage *parts, size_t count, const struct sb_lineage *joined, struct sb_arena *arena, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++) {
		struct sb_lineage_output *outputs = sb_arena_array(arena, parts[i].output_count, sizeof *outputs);
		if (!outputs)
			return no_memory(err);
		for (size_t k = 0; !rc && k < parts[i].output_count; k++) {
			outputs[k] = parts[i].outputs[k];
			rc = renumber(&parts[i], joined, &outputs[k], arena, err);
		}
		parts[i].outputs = outputs;
	}
	return rc;
}

static void add_up(const struct sb_lineage *parts, size_t count, struct sb_lineage *out)
{
	for (size_t i = 1; i < count; i++) {
		out->trusted = out->trusted && parts[i].trusted;
		out->processes += parts[i].processes;
		out->files += parts[i].files;
		out->edges += parts[i].edges;
		out->left_out += parts[i].left_out;
		out->sources = out->sources > parts[i].sources ? out->sources : parts[i].sources;
	}
}

int sb_trace_join(struct sb_lineage *parts, size_t count, struct sb_arena *arena, struct sb_lineage *out, struct sb_err *err)
{
	const struct joining texts = {sizeof(char *), by_text, NULL, 0}, in_all = {sizeof(char *), by_text, NULL, count};
	struct sb_lineage made = parts[0];
	const void *items = NULL;
	int rc = 0;

	if (count == 1) {
		*out = made;
		return 0;
	}
	add_up(parts, count, &made);
#define JOIN(of, how, field, number)                                                            \
	do {                                                                                    \
		if (!rc)                                                                        \
			rc = join_rows(parts, count, of, how, arena, &items, &made.number, err); \
		made.field = items;                                                             \
	} while (0)
	JOIN(inputs_of, (&(const struct joining){sizeof(struct sb_lineage_input), by_input, NULL, 0}), inputs, input_count);
	if (!rc)
		rc = renumber_parts(parts, count, &made, arena, err);
	JOIN(outputs_of, (&(const struct joining){sizeof(struct sb_lineage_output), by_output, NULL, 0}), outputs, output_count);
	JOIN(reasons_of, &texts, reasons, reason_count);
	JOIN(witnesses_of, &texts, witnesses, witness_count);
	JOIN(prebuilt_of, (&(const struct joining){sizeof(struct sb_lineage_prebuilt), by_prebuilt, unite_prebuilt, 0}), prebuilt, prebuilt_count);
	JOIN(unread_of, &in_all, unread, unread_count);
	JOIN(copied_of, &texts, copied, copied_count);
	JOIN(untold_of, &texts, untold, untold_count);
	JOIN(programs_of, (&(const struct joining){sizeof(struct sb_lineage_program), by_program, unite_programs, 0}), programs, program_count);
	JOIN(packages_of, (&(const struct joining){sizeof(struct sb_lineage_package), by_package, unite_packages, 0}), packages, package_count);
	JOIN(unused_of, &in_all, unused, unused_count);
	JOIN(attempts_of, (&(const struct joining){sizeof(struct sb_lineage_attempt), by_attempt, unite_attempts, 0}), attempts, attempt_count);
#undef JOIN
	if (!rc)
		*out = made;
	return rc;
}
