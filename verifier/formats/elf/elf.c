/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/elf/elf.h"

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_span_starts(file, "\x7f" "ELF", 4) && file.n >= 16 ? 32 : 0;
}

static int open_elf(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_elf *elf = sb_arena_alloc(view->arena, sizeof *elf);

	(void)hint;
	if (!elf)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_elf_read(view->file, view->arena, elf, err);
	if (rc)
		return rc;
	view->own = elf;
	view->unlinked = elf->type == SB_ET_REL;
	return sb_elf_partition(view, elf, err);
}

static const struct sb_image_format image = {
	.severity = sb_elf_severity,
	.show = sb_elf_show,
	.anchors = sb_elf_anchors,
	.references = sb_elf_references,
	.rows = sb_elf_rows,
	.facts = sb_elf_facts,
};

const struct sb_format sb_format_elf = {
	.name = "elf",
	.spec = "System V ABI, gABI 4.2 (2013), chapters 4 and 5; LSB Core 5.0, .eh_frame; GDB manual, separate debug files; "
	        "Linux module_signature.h",
	.version = 4,
	.probe = probe,
	.open = open_elf,
	.describe = sb_elf_describe,
	.locate = sb_elf_locate,
	.image = &image,
	.acted_on = sb_elf_acted_on,
};
