/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine code, decoded one function at a time by capstone: to show an instruction, and to find the displacements in it. Nothing here
 * decides a level; of a file no more than a fixed number of bytes is ever decoded.
 */
#include "verifier/formats/elf/elf.h"

#include <capstone/capstone.h>
#include <string.h>

enum {
	MOST_SHOWN = 3,             /* instructions in a note */
	LARGEST_FUNCTION = 1 << 20, /* bytes; what is longer is not decoded */
	SMALL_SECTION = 4096,       /* code without a name is decoded up to this length */
	MOST_DECODED = 16 << 20,    /* bytes of one file */
};

/** A stretch of code in a section, as offsets into the section. */
struct stretch {
	const struct sb_elf_section *section;
	uint64_t from, end;
};

static bool open_decoder(const struct sb_elf *elf, bool detail, csh *out)
{
	cs_arch arch = elf->machine == SB_EM_AARCH64 ? CS_ARCH_ARM64 : CS_ARCH_X86;
	cs_mode mode = elf->machine == SB_EM_X86_64 ? CS_MODE_64 : elf->machine == SB_EM_386 ? CS_MODE_32 : CS_MODE_ARM;

	if (elf->machine != SB_EM_X86_64 && elf->machine != SB_EM_386 && elf->machine != SB_EM_AARCH64)
		return false;
	if (elf->be || cs_open(arch, mode, out) != CS_ERR_OK)
		return false;
	cs_option(*out, CS_OPT_DETAIL, detail ? CS_OPT_ON : CS_OPT_OFF);
	return true;
}

static const struct sb_elf_section *section_of(const struct sb_elf *elf, const struct sb_region *region)
{
	return region->tag && region->tag < elf->section_count ? &elf->sections[region->tag] : NULL;
}

static uint64_t address_of(const struct sb_elf *elf, const struct sb_elf_section *section, uint64_t inside)
{
	return elf->type == SB_ET_REL ? inside : section->addr + inside;
}

/* Code that nothing names, between what has a name: what compilers put at the start of a program. */
static bool find_nameless(struct sb_elf *elf, const struct sb_region *region, uint64_t base, uint64_t inside, struct stretch *out)
{
	const struct sb_elf_section *section = section_of(elf, region);
	uint64_t last = sb_elf_last_end(elf, region->tag, base + inside), next = sb_elf_next_start(elf, region->tag, base + inside);
	uint64_t from = last > base ? last - base : 0, end = next - base < section->bytes.n ? next - base : section->bytes.n;

	*out = (struct stretch){section, from, end};
	return from <= inside && inside < end && end - from <= SMALL_SECTION;
}

/* The function around @inside; false when nothing tells where instructions begin. */
static bool find_function(struct sb_view *view, const struct sb_region *region, uint64_t inside, struct stretch *out)
{
	struct sb_elf *elf = view->own;
	const struct sb_elf_section *section = section_of(elf, region);
	uint64_t base, start, length;

	if (!section || !(section->flags & SB_SHF_EXECINSTR) || inside >= section->bytes.n)
		return false;
	sb_elf_index_build(elf, view->arena);
	base = address_of(elf, section, 0);
	const struct sb_elf_symbol *symbol = sb_elf_symbol_covering(elf, region->tag, base + inside);
	const struct sb_elf_frame *frame = symbol ? NULL : sb_elf_frame_covering(elf, base + inside);
	if (!symbol && !frame)
		return find_nameless(elf, region, base, inside, out);
	start = symbol ? symbol->value : frame->start;
	length = symbol ? symbol->size : frame->length;
	if (start < base || start - base > inside || length > LARGEST_FUNCTION)
		return false;
	*out = (struct stretch){section, start - base, 0};
	uint64_t room = section->bytes.n - out->from;
	out->end = out->from + (length < room ? length : room);
	return inside < out->end;
}

static bool is_branch(const cs_insn *insn)
{
	return insn->id == X86_INS_CALL || (insn->id >= X86_INS_JAE && insn->id <= X86_INS_JS && insn->id != X86_INS_LJMP);
}

/* A program that is loaded at a fixed address may hold its addresses in instructions as they are. */
static bool is_own_address(const struct sb_elf *elf, int64_t value)
{
	return elf->type == SB_ET_EXEC && sb_elf_is_loaded(elf, elf->is64 ? (uint64_t)value : (uint32_t)value);
}

/* Where an operand of an x86 instruction leads to, with the field that holds it. Intel SDM volume 2, chapter 2. */
static bool reference_of(const struct sb_elf *elf, const cs_insn *insn, const cs_x86_op *op, uint64_t offset, struct sb_reference *out)
{
	const cs_x86 *x86 = &insn->detail->x86;
	uint64_t displaced = offset + x86->encoding.disp_offset, width = x86->encoding.imm_size;

	if (op->type == X86_OP_MEM && x86->encoding.disp_size == 4 && op->mem.base == X86_REG_RIP)
		*out = (struct sb_reference){.offset = displaced, .length = 4, .target = insn->address + insn->size + (uint64_t)op->mem.disp};
	else if (op->type == X86_OP_MEM && x86->encoding.disp_size == 4 && is_own_address(elf, op->mem.disp))
		*out = (struct sb_reference){.offset = displaced, .length = 4, .target = elf->is64 ? (uint64_t)op->mem.disp : (uint32_t)op->mem.disp};
	else if (op->type == X86_OP_IMM && x86->op_count == 1 && is_branch(insn) && insn->size >= 5) /* the field comes last: CALL and Jcc */
		*out = (struct sb_reference){.offset = offset + insn->size - 4, .length = 4, .target = (uint64_t)op->imm};
	else if (op->type == X86_OP_IMM && !is_branch(insn) && (width == 4 || width == 8) && insn->size > width && is_own_address(elf, op->imm))
		*out = (struct sb_reference){.offset = offset + insn->size - width, .length = width, .target = elf->is64 ? (uint64_t)op->imm : (uint32_t)op->imm};
	else
		return false;
	return true;
}

/** Displacement and immediate: an instruction of x86 has at most one of each. */
enum { MOST_FIELDS = 2 };

/* The references of one instruction, in the order of their fields; how many. */
static size_t references_of(const struct sb_elf *elf, const cs_insn *insn, uint64_t offset, struct sb_reference out[MOST_FIELDS])
{
	const cs_x86 *x86 = &insn->detail->x86;
	size_t count = 0;

	for (unsigned i = 0; i < x86->op_count && count < MOST_FIELDS; i++) {
		struct sb_reference found;
		if (!reference_of(elf, insn, &x86->operands[i], offset, &found) || (count && found.offset == out[0].offset))
			continue;
		bool before = count && found.offset < out[0].offset;
		out[before ? 1 : count] = before ? out[0] : found;
		if (before)
			out[0] = found;
		count++;
	}
	return count;
}

static bool keep(struct sb_elf_decoded *decoded, size_t *room, const struct sb_reference *reference, struct sb_arena *arena)
{
	if (decoded->count == *room) {
		size_t more = *room ? *room * 2 : 256;
		struct sb_reference *items = sb_arena_array(arena, more, sizeof *items);
		if (!items)
			return false;
		if (decoded->count)
			memcpy(items, decoded->items, decoded->count * sizeof *items);
		decoded->items = items;
		*room = more;
	}
	decoded->items[decoded->count++] = *reference;
	return true;
}

static bool take_budget(struct sb_elf *elf, uint64_t bytes)
{
	if (bytes > MOST_DECODED - elf->decoded.spent)
		return false;
	elf->decoded.spent += bytes;
	return true;
}

static int decode_references(struct sb_view *view, const struct stretch *code, struct sb_err *err)
{
	struct sb_elf *elf = view->own;
	struct sb_elf_decoded *decoded = &elf->decoded;
	const uint8_t *at = code->section->bytes.p + code->from;
	size_t left = (size_t)(code->end - code->from);
	uint64_t address = address_of(elf, code->section, code->from), start = address;
	csh decoder;

	decoded->start = code->section->offset + code->from;
	decoded->end = code->section->offset + code->end;
	decoded->count = 0;
	if (elf->machine == SB_EM_AARCH64 || !take_budget(elf, left) || !open_decoder(elf, true, &decoder))
		return 0;
	cs_insn *insn = cs_malloc(decoder);
	bool kept = insn != NULL;
	while (kept && cs_disasm_iter(decoder, &at, &left, &address, insn)) {
		struct sb_reference found[MOST_FIELDS];
		size_t count = references_of(elf, insn, decoded->start + (insn->address - start), found);
		for (size_t i = 0; kept && i < count; i++)
			kept = keep(decoded, &decoded->room, &found[i], view->arena);
	}
	if (insn)
		cs_free(insn, 1);
	cs_close(&decoder);
	return kept ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* References of the decoded function that touch [from, to). */
static int copy_references(const struct sb_elf_decoded *decoded, uint64_t from, uint64_t to, struct sb_vec *out, struct sb_err *err)
{
	size_t low = 0, high = decoded->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (decoded->items[middle].offset + decoded->items[middle].length <= from)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < decoded->count && decoded->items[low].offset < to; low++) {
		struct sb_reference *slot = sb_vec_push(out);
		if (!slot)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		*slot = decoded->items[low];
	}
	return 0;
}

/* Where the next function after @inside begins, or @end. */
static uint64_t next_function(struct sb_elf *elf, const struct sb_region *region, uint64_t inside, uint64_t end)
{
	uint64_t base = address_of(elf, section_of(elf, region), 0), next = sb_elf_next_start(elf, region->tag, base + inside);
	return next - base > inside && next - base < end ? next - base : end; /* addresses of hostile files wrap */
}

int sb_elf_code_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	struct sb_elf *elf = view->own;
	const struct sb_elf_section *section = section_of(elf, place->region);
	int rc = 0;

	if (!section || place->offset < section->offset)
		return 0;
	uint64_t at = place->offset - section->offset, end = at + place->length;
	while (!rc && at < end) {
		uint64_t offset = section->offset + at;
		struct stretch code;
		if (offset < elf->decoded.start || offset >= elf->decoded.end) {
			if (!find_function(view, place->region, at, &code)) {
				at = next_function(elf, place->region, at, end);
				continue;
			}
			rc = decode_references(view, &code, err);
		}
		uint64_t stop = elf->decoded.end < place->offset + place->length ? elf->decoded.end : place->offset + place->length;
		if (!rc)
			rc = copy_references(&elf->decoded, offset, stop, out, err);
		at = elf->decoded.end - section->offset;
	}
	return rc;
}

static void show_one(struct sb_view *view, const cs_insn *insn, struct sb_buf *out)
{
	struct sb_elf *elf = view->own;
	struct sb_reference to[MOST_FIELDS];

	sb_buf_printf(out, "%s%s", out->len ? "; " : "", insn->mnemonic);
	if (insn->op_str[0])
		sb_buf_printf(out, " %s", insn->op_str);
	size_t count = elf->machine != SB_EM_AARCH64 && elf->type != SB_ET_REL && insn->detail ? references_of(elf, insn, 0, to) : 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = sb_elf_name_address(elf, to[i].target, view->arena);
		sb_buf_printf(out, "%s %s", i ? "," : " →", name ? name : "");
	}
}

static void show_stretch(struct sb_view *view, csh decoder, const struct stretch *code, const struct sb_place *place, struct sb_buf *out)
{
	const struct sb_elf *elf = view->own;
	const uint8_t *at = code->section->bytes.p + code->from;
	size_t left = (size_t)(code->end - code->from);
	uint64_t address = address_of(elf, code->section, code->from), first = place->offset - code->section->offset;
	cs_insn *insn = cs_malloc(decoder);

	for (unsigned shown = 0; insn && shown <= MOST_SHOWN && cs_disasm_iter(decoder, &at, &left, &address, insn);) {
		uint64_t inside = insn->address - address_of(elf, code->section, 0);
		if (inside >= first + place->length)
			break;
		if (inside + insn->size <= first)
			continue;
		if (shown++ == MOST_SHOWN)
			sb_buf_text(out, "; ...");
		else
			show_one(view, insn, out);
	}
	if (insn)
		cs_free(insn, 1);
}

const char *sb_elf_code_show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_elf *elf = view->own;
	const struct sb_elf_section *section = section_of(elf, place->region);
	struct sb_buf text = {.ceiling = 1024};
	struct stretch code;
	csh decoder;
	char *shown = NULL;

	if (!section || place->offset < section->offset || !find_function(view, place->region, place->offset - section->offset, &code))
		return NULL;
	if (!take_budget(elf, code.end - code.from) || !open_decoder(elf, true, &decoder))
		return NULL;
	show_stretch(view, decoder, &code, place, &text);
	if (!text.bad && text.len)
		shown = sb_escape_copy(arena, sb_buf_span(&text));
	cs_close(&decoder);
	sb_buf_release(&text);
	return shown;
}
