/* SPDX-License-Identifier: Apache-2.0 */
/* One image: the row of its format. */
#include "verifier/formats/macho/macho.h"
#include "verifier/formats/rows.h"

#include <string.h>

static int keep_sections(struct sb_view *view, struct sb_macho *macho, struct sb_err *err)
{
	struct sb_macho_section *kept = sb_arena_array(view->arena, macho->sections.count, sizeof *kept);

	if (!kept)
		return sb_no_memory(err);
	if (macho->sections.count)
		memcpy(kept, macho->sections.items, macho->sections.count * sizeof *kept);
	macho->kept = kept;
	macho->kept_count = macho->sections.count;
	return 0;
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
		rc = keep_sections(view, macho, err);
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
	.version = 1,
	.probe = probe,
	.open = open_macho,
	.describe = sb_macho_describe,
	.locate = sb_macho_locate,
};
