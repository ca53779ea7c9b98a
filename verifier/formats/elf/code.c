/* SPDX-License-Identifier: Apache-2.0 */
/* Machine code, decoded one function at a time: which function that is. */
#include "verifier/formats/elf/elf.h"

enum {
	LARGEST_FUNCTION = 1 << 20, /* bytes; what is longer is not decoded */
	SMALL_SECTION = 4096,       /* code without a name is decoded up to this length */
};

/** A stretch of code in a section, as offsets into the section. */
struct stretch {
	const struct sb_elf_section *section;
	uint64_t from, end;
};

static enum sb_machine machine_of(const struct sb_elf *elf)
{
	if (elf->be)
		return SB_MACHINE_OTHER;
	return elf->machine == SB_EM_X86_64 ? SB_MACHINE_X86_64 : elf->machine == SB_EM_386 ? SB_MACHINE_X86 : elf->machine == SB_EM_AARCH64 ? SB_MACHINE_ARM64 : SB_MACHINE_OTHER;
}

static const struct sb_elf_section *section_of(const struct sb_elf *elf, const struct sb_region *region)
{
	return region->tag && region->tag < elf->section_count ? &elf->sections[region->tag] : NULL;
}

/* Code that nothing names, between what has a name: what compilers put at the start of a program. */
static bool find_nameless(const struct sb_elf *elf, const struct sb_elf_section *section, uint64_t inside, struct stretch *out)
{
	uint64_t base = section->addr, last = sb_elf_last_end(elf, base + inside), next = sb_elf_next_start(elf, base + inside);
	uint64_t from = last > base ? last - base : 0, end = next - base < section->bytes.n ? next - base : section->bytes.n;

	*out = (struct stretch){section, from, end};
	return from <= inside && inside < end && end - from <= SMALL_SECTION;
}

/* The function around @inside; false when nothing tells where instructions begin. */
static bool find_function(struct sb_view *view, const struct sb_region *region, uint64_t inside, struct stretch *out)
{
	struct sb_elf *elf = view->own;
	const struct sb_elf_section *section = section_of(elf, region);
	uint64_t start, length;

	if (!section || !(section->flags & SB_SHF_EXECINSTR) || inside >= section->bytes.n)
		return false;
	sb_elf_index_build(elf, view->arena);
	uint64_t base = section->addr;
	const struct sb_elf_symbol *symbol = sb_elf_symbol_covering(elf, base + inside);
	const struct sb_elf_frame *frame = symbol ? NULL : sb_elf_frame_covering(elf, base + inside);
	if (!symbol && !frame)
		return find_nameless(elf, section, inside, out);
	start = symbol ? symbol->value : frame->start;
	length = symbol ? symbol->size : frame->length;
	if (start < base || start - base > inside || length > LARGEST_FUNCTION)
		return false;
	*out = (struct stretch){section, start - base, 0};
	uint64_t room = section->bytes.n - out->from;
	out->end = out->from + (length < room ? length : room);
	return inside < out->end;
}

/* A program that is loaded at a fixed address may hold its addresses in instructions as they are. */
static bool is_address(const void *image, uint64_t value)
{
	const struct sb_elf *elf = image;
	return elf->type == SB_ET_EXEC && sb_elf_is_loaded(elf, value);
}

static const char *name_address(void *image, uint64_t address, struct sb_arena *arena)
{
	return sb_elf_name_address(image, address, arena);
}

static struct sb_code code_of(struct sb_elf *elf, const struct stretch *stretch)
{
	return (struct sb_code){
		.machine = machine_of(elf),
		.bytes = sb_span_of(stretch->section->bytes.p + stretch->from, (size_t)(stretch->end - stretch->from)),
		.address = stretch->section->addr + stretch->from,
		.offset = stretch->section->offset + stretch->from,
		.image = elf,
		.is_address = is_address,
		.name = elf->type == SB_ET_REL ? NULL : name_address,
	};
}

static bool take(void *context, const struct sb_reference *reference)
{
	struct sb_reference *slot = sb_vec_push(context);

	if (slot)
		*slot = *reference;
	return slot;
}

/* Where the next function after @inside begins, or @end. */
static uint64_t next_function(const struct sb_elf *elf, const struct sb_elf_section *section, uint64_t inside, uint64_t end)
{
	uint64_t base = section->addr, next = sb_elf_next_start(elf, base + inside);
	return next - base > inside && next - base < end ? next - base : end; /* addresses of hostile files wrap */
}

int sb_elf_code_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	struct sb_elf *elf = view->own;
	const struct sb_elf_section *section = section_of(elf, place->region);
	bool fine = true;

	if (!section || place->offset < section->offset)
		return 0;
	uint64_t at = place->offset - section->offset, end = at + place->length;
	while (fine && at < end) {
		uint64_t offset = section->offset + at;
		struct stretch stretch;
		if (!sb_decoded_holds(&elf->decoded, offset)) {
			if (!find_function(view, place->region, at, &stretch)) {
				at = next_function(elf, section, at, end);
				continue;
			}
			const struct sb_code code = code_of(elf, &stretch);
			fine = sb_decoded_read(&elf->decoded, &code, view->arena);
		}
		uint64_t stop = elf->decoded.end < place->offset + place->length ? elf->decoded.end : place->offset + place->length;
		fine = fine && sb_decoded_find(&elf->decoded, offset, stop, take, out);
		at = elf->decoded.end - section->offset;
	}
	return fine ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

const char *sb_elf_code_show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_elf *elf = view->own;
	const struct sb_elf_section *section = section_of(elf, place->region);
	struct stretch stretch;

	if (!section || place->offset < section->offset || !find_function(view, place->region, place->offset - section->offset, &stretch))
		return NULL;
	if (!sb_decoded_spend(&elf->decoded, stretch.end - stretch.from))
		return NULL;
	struct sb_code code = code_of(elf, &stretch);
	code.address = sb_elf_object_inside(elf, code.address);
	return sb_code_show(&code, place->offset - code.offset, place->length, arena);
}
