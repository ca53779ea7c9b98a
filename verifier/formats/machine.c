/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/machine.h"

#include <capstone/capstone.h>

enum { MOST_SHOWN = 3 /* instructions in a note */, MOST_FIELDS = 2 /* displacement and immediate: an instruction of x86 has at most one of each */ };

static bool is_x86(const struct sb_code *code)
{
	return code->machine == SB_MACHINE_X86_64 || code->machine == SB_MACHINE_X86;
}

static bool open_decoder(const struct sb_code *code, csh *out)
{
	cs_mode mode = code->machine == SB_MACHINE_X86_64 ? CS_MODE_64 : code->machine == SB_MACHINE_X86 ? CS_MODE_32 : CS_MODE_ARM;

	if (code->machine == SB_MACHINE_OTHER || cs_open(is_x86(code) ? CS_ARCH_X86 : CS_ARCH_ARM64, mode, out) != CS_ERR_OK)
		return false;
	cs_option(*out, CS_OPT_DETAIL, CS_OPT_ON);
	return true;
}

static bool is_branch(const cs_insn *insn)
{
	return insn->id == X86_INS_CALL || (insn->id >= X86_INS_JAE && insn->id <= X86_INS_JS && insn->id != X86_INS_LJMP);
}

/* As wide as an address of the machine. */
static uint64_t narrowed(const struct sb_code *code, int64_t value)
{
	return code->machine == SB_MACHINE_X86_64 ? (uint64_t)value : (uint32_t)value;
}

static bool is_own_address(const struct sb_code *code, int64_t value)
{
	return code->is_address && code->is_address(code->image, narrowed(code, value));
}

/* Capstone 4 takes the prefix of SSE instructions for one that makes a displacement narrower; only that of the address size does. Intel SDM volume 2, 2.1.5. */
static bool has_wide_displacement(const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	bool wide = x86->encoding.disp_size == 4 || (x86->encoding.disp_size == 2 && x86->prefix[3] == 0);

	return wide && x86->encoding.disp_offset && x86->encoding.disp_offset + 4u <= insn->size;
}

/* Where an operand of an x86 instruction leads to, with the field that holds it. Intel SDM volume 2, chapter 2. */
static bool reference_of(const struct sb_code *code, const cs_insn *insn, const cs_x86_op *op, uint64_t offset, struct sb_reference *out)
{
	const cs_x86 *x86 = &insn->detail->x86;
	uint64_t displaced = offset + x86->encoding.disp_offset, width = x86->encoding.imm_size;

	if (op->type == X86_OP_MEM && has_wide_displacement(insn) && op->mem.base == X86_REG_RIP)
		*out = (struct sb_reference){.offset = displaced, .length = 4, .target = insn->address + insn->size + (uint64_t)op->mem.disp};
	else if (op->type == X86_OP_MEM && has_wide_displacement(insn) && is_own_address(code, op->mem.disp))
		*out = (struct sb_reference){.offset = displaced, .length = 4, .target = narrowed(code, op->mem.disp)};
	else if (op->type == X86_OP_IMM && x86->op_count == 1 && is_branch(insn) && insn->size >= 5) /* the field comes last: CALL and Jcc */
		*out = (struct sb_reference){.offset = offset + insn->size - 4, .length = 4, .target = (uint64_t)op->imm};
	else if (op->type == X86_OP_IMM && !is_branch(insn) && (width == 4 || width == 8) && insn->size > width && is_own_address(code, op->imm))
		*out = (struct sb_reference){.offset = offset + insn->size - width, .length = width, .target = narrowed(code, op->imm)};
	else
		return false;
	return true;
}

/* The references of one instruction, in the order of their fields; how many. */
static size_t references_of(const struct sb_code *code, const cs_insn *insn, struct sb_reference out[MOST_FIELDS])
{
	const cs_x86 *x86 = &insn->detail->x86;
	uint64_t offset = code->offset + (insn->address - code->address);
	size_t count = 0;

	for (unsigned i = 0; i < x86->op_count && count < MOST_FIELDS; i++) {
		struct sb_reference found;
		if (!reference_of(code, insn, &x86->operands[i], offset, &found) || (count && found.offset == out[0].offset))
			continue;
		bool before = count && found.offset < out[0].offset;
		out[before ? 1 : count] = before ? out[0] : found;
		if (before)
			out[0] = found;
		count++;
	}
	return count;
}

bool sb_code_references(const struct sb_code *code, sb_code_found *found, void *context)
{
	const uint8_t *at = code->bytes.p;
	size_t left = code->bytes.n;
	uint64_t address = code->address;
	csh decoder;

	if (code->machine == SB_MACHINE_ARM64)
		return sb_arm64_references(code, found, context);
	if (!is_x86(code) || !open_decoder(code, &decoder))
		return true;
	cs_insn *insn = cs_malloc(decoder);
	bool more = insn != NULL;
	while (more && cs_disasm_iter(decoder, &at, &left, &address, insn)) {
		struct sb_reference references[MOST_FIELDS];
		size_t count = references_of(code, insn, references);
		for (size_t i = 0; more && i < count; i++)
			more = found(context, &references[i]);
	}
	if (insn)
		cs_free(insn, 1);
	cs_close(&decoder);
	return more;
}

static void show_one(const struct sb_code *code, const cs_insn *insn, struct sb_arena *arena, struct sb_buf *out)
{
	struct sb_reference to[MOST_FIELDS];

	sb_buf_printf(out, "%s%s", out->len ? "; " : "", insn->mnemonic);
	if (insn->op_str[0])
		sb_buf_printf(out, " %s", insn->op_str);
	size_t count = is_x86(code) && code->name && insn->detail ? references_of(code, insn, to) : 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = code->name(code->image, to[i].target, arena);
		sb_buf_printf(out, "%s %s", i ? "," : " →", name ? name : "");
	}
}

static void show_stretch(const struct sb_code *code, csh decoder, uint64_t from, uint64_t length, struct sb_arena *arena, struct sb_buf *out)
{
	const uint8_t *at = code->bytes.p;
	size_t left = code->bytes.n;
	uint64_t address = code->address;
	cs_insn *insn = cs_malloc(decoder);

	for (unsigned shown = 0; insn && shown <= MOST_SHOWN && cs_disasm_iter(decoder, &at, &left, &address, insn);) {
		uint64_t inside = insn->address - code->address;
		if (inside >= from + length)
			break;
		if (inside + insn->size <= from)
			continue;
		if (shown++ == MOST_SHOWN)
			sb_buf_text(out, "; ...");
		else
			show_one(code, insn, arena, out);
	}
	if (insn)
		cs_free(insn, 1);
}

const char *sb_code_show(const struct sb_code *code, uint64_t from, uint64_t length, struct sb_arena *arena)
{
	struct sb_buf text = {.ceiling = 1024};
	char *shown = NULL;
	csh decoder;

	if (!open_decoder(code, &decoder))
		return NULL;
	show_stretch(code, decoder, from, length, arena, &text);
	if (!text.bad && text.len)
		shown = sb_escape_copy(arena, sb_buf_span(&text));
	cs_close(&decoder);
	sb_buf_release(&text);
	return shown;
}
