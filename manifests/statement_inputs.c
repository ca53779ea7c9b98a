/* SPDX-License-Identifier: Apache-2.0 */
/* What was built from: sources, what came ready-made, and the programs that made the files. */
#include "manifests/inventory.h"
#include "manifests/stating.h"

#include <string.h>

static struct sb_node *descriptors(struct sb_stating *s, const struct sb_named_digest *named, size_t count)
{
	struct sb_node *list = sb_make_list(&s->make);
	for (size_t i = 0; i < count; i++)
		sb_make_push(&s->make, list, sb_state_descriptor(s, &named[i]));
	return list;
}

/* The delivered files that a ready-made one gets into, as the trace of the build shows. */
static struct sb_node *reaches(struct sb_stating *s, const char *path)
{
	const struct sb_lineage *lineage = s->result->lineage;
	struct sb_node *list = sb_make_list(&s->make);

	for (size_t i = 0; lineage && i < lineage->prebuilt_count; i++)
		for (size_t k = 0; strcmp(lineage->prebuilt[i].path, path) == 0 && k < lineage->prebuilt[i].reached_count; k++)
			sb_make_push(&s->make, list, sb_make_text(&s->make, lineage->prebuilt[i].reached[k].name));
	return list;
}

static bool makes_programs(enum sb_trade trade)
{
	return trade == SB_TRADE_COMPILER || trade == SB_TRADE_ASSEMBLER || trade == SB_TRADE_LINKER || trade == SB_TRADE_ARCHIVER;
}

static struct sb_node *programs(struct sb_stating *s, const struct sb_lineage *lineage)
{
	struct sb_node *list = sb_make_list(&s->make);

	for (size_t i = 0; i < lineage->program_count; i++) {
		const struct sb_lineage_program *program = &lineage->programs[i];
		struct sb_node *map = sb_make_map(&s->make);
		if (!makes_programs(program->trade) || !program->hashed)
			continue;
		sb_make_put_text(&s->make, map, "name", sb_path_base(program->path));
		sb_make_put_text(&s->make, map, "path", program->path);
		sb_make_put_hex(&s->make, map, "sha256", program->sha256, SB_SHA256_BYTES);
		if (program->version)
			sb_make_put_text(&s->make, map, "version", program->version);
		sb_make_push(&s->make, list, map);
	}
	return list;
}

/* Only of a run that has a trace: what it used is not known otherwise. */
struct sb_node *sb_state_toolchain(struct sb_stating *s)
{
	const struct sb_properties *properties = &s->result->environment.toolchain;
	const char *name = sb_property_named(properties, "root"), *digest = sb_property_named(properties, "sha256");
	struct sb_node *map = sb_make_map(&s->make), *root = sb_make_map(&s->make);
	uint8_t sha256[SB_SHA256_BYTES];

	sb_make_put_text(&s->make, root, "name", name ? name : "host");
	if (digest && sb_text_unhex(sb_span_text(digest), sha256, sizeof sha256))
		sb_make_put(&s->make, root, "digest", sb_state_sha256(s, sha256));
	sb_make_put(&s->make, map, "root", root);
	sb_make_put(&s->make, map, "programs", programs(s, s->result->lineage));
	return map;
}

static void push_opaque(struct sb_stating *s, struct sb_node *list, const char *path, const uint8_t sha256[SB_SHA256_BYTES], const char *reason)
{
	struct sb_node *map = sb_make_map(&s->make);

	sb_make_put_text(&s->make, map, "path", path);
	sb_make_put_hex(&s->make, map, "sha256", sha256, SB_SHA256_BYTES);
	sb_make_put_text(&s->make, map, "reason", reason);
	sb_make_put(&s->make, map, "reaches", reaches(s, path));
	sb_make_push(&s->make, list, map);
}

static bool is_listed(const struct sb_statement_context *context, const char *path)
{
	for (size_t i = 0; i < context->opaque_count; i++)
		if (strcmp(context->opaque[i].name, path) == 0)
			return true;
	return false;
}

/* Sources have paths below the build path. */
static const char *found_by(const struct sb_lineage_prebuilt *prebuilt)
{
	return prebuilt->path[0] == '/' ? "file of the toolchain, copied as it is" : "ready-made by its form, as the trace of the build found";
}

/* Of an archive that nobody could look into, nothing is known but that nobody opened it. */
static bool is_still_packed(const struct sb_lineage_prebuilt *prebuilt)
{
	if (prebuilt->reached_count)
		return false;
	return strcmp(prebuilt->format, SB_PREBUILT_UNREAD) == 0 ? prebuilt->use == SB_USE_UNREAD : strstr(prebuilt->path, SB_PACKED "/") && prebuilt->use != SB_USE_UNKNOWN;
}

/* Archives hold much that nobody unpacks, tests above all: of what lies in them, what a trusted trace knows to be in no delivered file is left out. */
static bool stays_packed(const struct sb_stating *s, const char *path)
{
	const struct sb_lineage *lineage = s->result->lineage;
	bool known = false;

	if (!lineage || !lineage->trusted || lineage->left_out)
		return false;
	for (size_t i = 0; i < lineage->prebuilt_count; i++) {
		if (strcmp(lineage->prebuilt[i].path, path) != 0)
			continue;
		if (!is_still_packed(&lineage->prebuilt[i]))
			return false;
		known = true;
	}
	return known;
}

/* What the drop brings ready-made, and what the trace found to be so and to get into a delivered file. */
struct sb_node *sb_state_opaque(struct sb_stating *s)
{
	const struct sb_lineage *lineage = s->result->lineage;
	struct sb_node *list = sb_make_list(&s->make);

	for (size_t i = 0; i < s->context->opaque_count; i++)
		if (!stays_packed(s, s->context->opaque[i].name))
			push_opaque(s, list, s->context->opaque[i].name, s->context->opaque[i].sha256, "prebuilt input of the drop");
	for (size_t i = 0; lineage && i < lineage->prebuilt_count; i++)
		if (lineage->prebuilt[i].reached_count && !is_listed(s->context, lineage->prebuilt[i].path))
			push_opaque(s, list, lineage->prebuilt[i].path, lineage->prebuilt[i].sha256, found_by(&lineage->prebuilt[i]));
	return list;
}

struct sb_node *sb_state_source(struct sb_stating *s)
{
	struct sb_node *map = sb_make_map(&s->make);
	if (s->context->has_source)
		sb_make_put(&s->make, map, "manifest", sb_state_sha256(s, s->context->manifest_sha256));
	sb_make_put(&s->make, map, "drops", descriptors(s, s->context->drops, s->context->drop_count));
	return map;
}
