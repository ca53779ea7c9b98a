/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of file systems that were made at another time differ at each of their files. What is known of such a place does not depend on what it holds, so that
 * a hundred thousand of them need not be a hundred thousand differences: their bytes are counted, and the first ones are shown.
 */
#include "verifier/compare/unit.h"

#include <string.h>

/* Kinds that an explainer of layout owns by where they stand: explain/layout.c. */
static bool is_of_the_image(enum sb_field_kind kind)
{
	return kind == SB_FIELD_TIME || kind == SB_FIELD_SIZE || kind == SB_FIELD_OFFSET || kind == SB_FIELD_INODE || kind == SB_FIELD_ENCODING || kind == SB_FIELD_PADDING;
}

/* In a tree of files (formats/tree) any number may be a time: explain/times.c. */
static bool is_foldable(const struct sb_unit *unit, const struct sb_region *const region[SB_SIDES], const struct sb_field *field)
{
	bool layout = region[SB_SHIPPED]->kind == SB_REGION_LAYOUT && region[SB_REBUILT]->kind == SB_REGION_LAYOUT;

	if (layout)
		return is_of_the_image(field->kind);
	return unit->pair.format && strcmp(unit->pair.format->name, "tree") == 0 && field->kind == SB_FIELD_TIME && field->encoding == SB_ENC_LE;
}

static struct sb_fold *find(struct sb_unit *unit, const char *region, const struct sb_field *field)
{
	for (size_t i = 0; i < unit->folds.count; i++) {
		struct sb_fold *fold = sb_vec_at(&unit->folds, i);
		if (fold->kind == field->kind && strcmp(fold->region, region) == 0 && strcmp(fold->field, field->name) == 0)
			return fold;
	}
	struct sb_fold *fold = sb_vec_push(&unit->folds);
	if (fold)
		*fold = (struct sb_fold){.region = region, .field = field->name, .kind = field->kind};
	return fold; /* NULL: too many names, and none of them is told with others */
}

struct sb_diff *sb_unit_fold(struct sb_unit *unit, const struct sb_region *const region[SB_SIDES], const struct sb_field *field)
{
	struct sb_fold *fold = is_foldable(unit, region, field) && strcmp(region[SB_SHIPPED]->name, region[SB_REBUILT]->name) == 0 ? find(unit, region[SB_SHIPPED]->name, field) : NULL;

	if (!fold)
		return NULL;
	if (++fold->seen <= SB_FOLD_FIRST) {
		fold->diff = unit->diffs.count;
		return NULL;
	}
	return sb_vec_at(&unit->diffs, fold->diff);
}
