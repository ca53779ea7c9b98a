/* SPDX-License-Identifier: Apache-2.0 */
/* One image: the row of its format. */
#include "verifier/formats/macho/macho.h"
#include "verifier/formats/rows.h"

#include <string.h>

static const void *copy_of(struct sb_arena *arena, const struct sb_vec *items)
{
	void *copy = sb_arena_array(arena, items->count, items->size);

	if (copy && items->count)
		memcpy(copy, items->items, items->count * items->size);
	return copy;
}

/* What is asked for later stays in the arena. */
static int keep(struct sb_view *view, struct sb_macho *macho, struct sb_err *err)
{
	macho->kept = copy_of(view->arena, &macho->sections);
	macho->kept_count = macho->sections.count;
	macho->kept_segments = copy_of(view->arena, &macho->segments);
	macho->kept_segment_count = macho->segments.count;
	return macho->kept && macho->kept_segments ? 0 : sb_no_memory(err);
}

static int open_macho(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_macho *macho = sb_arena_alloc(view->arena, sizeof *macho);

	(void)hint;
	if (!macho)
		return sb_no_memory(err);
	*macho = (struct sb_macho){
		.file = view->file,
		.sections = {.size = sizeof(struct sb_macho_section)},
		.segments = {.size = sizeof(struct sb_macho_segment)},
		.owners = {.size = sizeof(struct sb_region), .ceiling = (size_t)SB_LIMIT_OF(REGIONS)},
	};
	view->own = macho;
	int rc = sb_macho_read(view, macho, err);
	if (!rc)
		rc = keep(view, macho, err);
	if (!rc)
		rc = sb_macho_partition(view, macho, err);
	sb_vec_release(&macho->sections);
	sb_vec_release(&macho->segments);
	sb_vec_release(&macho->owners);
	return rc;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, "\xce\xfa\xed\xfe", 4) + sb_magic(file, 0, "\xcf\xfa\xed\xfe", 4) + sb_magic(file, 0, "\xfe\xed\xfa\xce", 4) + sb_magic(file, 0, "\xfe\xed\xfa\xcf", 4);
}

const struct sb_format sb_format_macho = {
	.name = "macho",
	.spec = "xnu, EXTERNAL_HEADERS/mach-o/loader.h and osfmk/kern/cs_blobs.h",
	.version = 3,
	.probe = probe,
	.open = open_macho,
	.describe = sb_macho_describe,
	.locate = sb_macho_locate,
	.image = &sb_macho_image,
	.acted_on = sb_macho_acted_on,
};
