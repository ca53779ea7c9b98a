/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs of several builds side by side. */
#include "verifier/pipeline/line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_path(const void *a, const void *b)
{
	const struct sb_line_unit *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int by_name(const void *a, const void *b)
{
	const struct sb_line_unit *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* Of what was not delivered: as the rule of its folder calls it. */
static const char *extra_name(const struct sb_drop *drop, const char *path, struct sb_arena *arena)
{
	for (size_t rule = 0; rule < drop->output_count; rule++) {
		const char *rest = sb_line_below(path, drop->outputs[rule].built);
		if (rest)
			return sb_line_name(&drop->outputs[rule], rest, arena);
	}
	return path;
}

/* Delivered files by the path of their counterpart, sorted. */
static struct sb_line_unit *delivered(const struct sb_sources *sources)
{
	struct sb_line_unit *out = calloc(sources->shipped_count + 1, sizeof *out);

	for (size_t i = 0; out && i < sources->shipped_count; i++)
		out[i] = (struct sb_line_unit){.path = sources->shipped[i].built, .name = sources->shipped[i].path};
	if (out)
		qsort(out, sources->shipped_count, sizeof *out, by_path);
	return out;
}

static int add_build(const struct sb_rebuilt *rebuilt, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_inventory *outputs = &rebuilt->run.outputs;

	for (size_t i = 0; i < outputs->count; i++) {
		if (outputs->entries[i].type == SB_ENTRY_DIR)
			continue;
		struct sb_line_unit *unit = sb_vec_push(out);
		if (!unit)
			return no_memory(err);
		unit->path = outputs->entries[i].path;
	}
	return 0;
}

static size_t drop_twins(struct sb_line_unit *units, size_t count)
{
	size_t kept = 0;

	qsort(units, count, sizeof *units, by_path);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || strcmp(units[kept - 1].path, units[i].path) != 0)
			units[kept++] = units[i];
	return kept;
}

static int set_unit(struct sb_line_unit *unit, const char *path, const char *name, struct sb_arena *arena, struct sb_err *err)
{
	unit->path = sb_arena_copy(arena, sb_span_text(path));
	unit->name = name ? sb_arena_copy(arena, sb_span_text(name)) : NULL;
	return unit->path && unit->name ? 0 : no_memory(err);
}

/* The unit at @i gets the name of its delivered file; one that was delivered under several names becomes as many units. */
static int name_unit(struct sb_vec *units, size_t i, const struct sb_drop *drop, const struct sb_line_unit *known, size_t count, struct sb_arena *arena,
                     struct sb_err *err)
{
	struct sb_line_unit unit = *(const struct sb_line_unit *)sb_vec_at(units, i);
	const struct sb_line_unit *found = bsearch(&unit, known, count, sizeof *known, by_path);

	if (!found)
		return set_unit(sb_vec_at(units, i), unit.path, extra_name(drop, unit.path, arena), arena, err);
	while (found > known && by_path(found - 1, &unit) == 0)
		found--;
	int rc = set_unit(sb_vec_at(units, i), unit.path, found->name, arena, err);
	for (found++; !rc && found < known + count && by_path(found, &unit) == 0; found++) {
		struct sb_line_unit *more = sb_vec_push(units);
		rc = more ? set_unit(more, unit.path, found->name, arena, err) : no_memory(err);
	}
	return rc;
}

int sb_line_units(const struct sb_drop *drop, const struct sb_sources *sources, const struct sb_rebuilt *const *builds, size_t count,
                  struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	SB_FREEING struct sb_line_unit *known = delivered(sources);
	int rc = known ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < count; i++)
		rc = add_build(builds[i], out, err);
	if (rc || out->count == 0)
		return rc;
	out->count = drop_twins(out->items, out->count);
	size_t paths = out->count;
	for (size_t i = 0; !rc && i < paths; i++)
		rc = name_unit(out, i, drop, known, sources->shipped_count, arena, err);
	return rc;
}

void sb_line_identity(const struct sb_rebuilt *rebuilt, const char *path, uint8_t out[SB_BLAKE2B_BYTES])
{
	const struct sb_inventory *outputs = &rebuilt->run.outputs;
	const struct sb_entry *entry = sb_line_content(outputs, sb_inventory_find(outputs, path));
	struct sb_hash hash;
	struct sb_digest digest;
	uint32_t head[2] = {0};

	sb_hash_init(&hash, SB_DIGEST_BLAKE2B);
	if (entry) {
		head[0] = (uint32_t)entry->type;
		head[1] = entry->type == SB_ENTRY_FILE ? entry->mode & (S_ISUID | S_ISGID | S_ISVTX) : 0;
	}
	sb_hash_update(&hash, sb_span_of(head, sizeof head));
	if (entry && entry->type == SB_ENTRY_FILE)
		sb_hash_update(&hash, sb_span_of(entry->blake2b, SB_BLAKE2B_BYTES));
	else if (entry && entry->type == SB_ENTRY_SYMLINK)
		sb_hash_update(&hash, sb_span_text(entry->link));
	sb_hash_final(&hash, &digest);
	memcpy(out, digest.blake2b, SB_BLAKE2B_BYTES);
}

int sb_line_between(const struct sb_verify_in *in, const struct sb_rebuilt *first, const struct sb_rebuilt *second, const struct sb_line_unit *units,
                    size_t count, const struct sb_facts *facts, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	SB_FREEING struct sb_line_unit *sorted = calloc(count + 1, sizeof *sorted);
	struct sb_artifact_in *artifacts = sb_arena_array(arena, count, sizeof *artifacts);
	int rc = sorted && artifacts ? 0 : no_memory(err);

	if (!rc && count) {
		memcpy(sorted, units, count * sizeof *units);
		qsort(sorted, count, sizeof *sorted, by_name);
	}
	for (size_t i = 0; !rc && i < count; i++) {
		artifacts[i].name = sorted[i].name;
		rc = sb_line_side(first, sorted[i].path, &artifacts[i].shipped, err);
		if (!rc)
			rc = sb_line_side(second, sorted[i].path, &artifacts[i].rebuilt, err);
		sb_line_special_bits(&artifacts[i]);
	}
	const struct sb_compare_in from = {.artifacts = artifacts, .count = count, .jobs = in->jobs, .parsers = in->parsers, .progress = in->progress};
	return rc ? rc : sb_pipeline_compare(&from, facts, arena, out, err);
}
