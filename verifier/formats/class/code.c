/* SPDX-License-Identifier: Apache-2.0 */
/* Code of a method (4.7.3): instructions by what they do, branches by where they go. */
#include "verifier/formats/class/class.h"

enum { LDC = 0x12, LDC_WIDE = 0x13, GOTO = 0xa7, GOTO_WIDE = 0xc8, LONGEST_CODE = 65535 };
/** Set in the word of a branch that leads to no instruction. */
#define NOWHERE (UINT64_C(1) << 40)
enum { KIND_FILL = 0x210 };

/* What the number of a constant or the length of the way makes of an opcode means the same. */
static unsigned plain_opcode(unsigned opcode)
{
	if (opcode == LDC_WIDE)
		return LDC;
	return opcode >= GOTO_WIDE ? GOTO + (opcode - GOTO_WIDE) : opcode;
}

/* Instructions must fill the code exactly. */
static bool find_starts(struct sb_span code, uint8_t *starts)
{
	struct sb_instruction one;
	uint64_t at = 0;

	for (; at < code.n; at += one.length) {
		if (!sb_instruction_read(code, at, &one))
			return false;
		starts[at / 8] |= (uint8_t)(1U << (at % 8));
	}
	starts[at / 8] |= (uint8_t)(1U << (at % 8)); /* the end is a place too */
	return at == code.n;
}

/* A branch by @by bytes from the instruction at @at. */
static struct sb_clause branch(const struct sb_clauses *in, uint64_t word, uint64_t at, int64_t by)
{
	int64_t to = (int64_t)at + by;
	uint64_t target = to < 0 || (uint64_t)to >= in->code.bytes.n ? 0 : sb_clause_target(in, (uint64_t)to);

	if (!target)
		word ^= NOWHERE ^ ((uint64_t)(uint32_t)by << 8);
	return (struct sb_clause){.word = word, .target = target, .tag = SB_CLAUSE_INSTRUCTION};
}

static int64_t signed_of(uint64_t value, unsigned width)
{
	return width == 2 ? (int16_t)(uint16_t)value : (int32_t)(uint32_t)value;
}

static void take_branch(struct sb_clauses *in, const struct sb_instruction *one, unsigned width)
{
	uint64_t from = in->rd.at;

	sb_rd_bytes(&in->rd, 1);
	int64_t by = signed_of(sb_rd_uint(&in->rd, width), width);
	sb_clause_add(in, from, branch(in, plain_opcode(one->opcode), one->at, by));
}

/* A number of a constant in @width bytes, and what stands behind it. */
static void take_constant(struct sb_clauses *in, const struct sb_instruction *one, unsigned width)
{
	uint64_t from = in->rd.at, word = plain_opcode(one->opcode);

	sb_rd_bytes(&in->rd, 1);
	uint64_t index = sb_rd_uint(&in->rd, width);
	for (uint64_t i = 1 + width; i < one->length; i++)
		word = word << 8 | sb_rd_uint(&in->rd, 1);
	sb_clause_add(in, from, (struct sb_clause){.word = word, .sense = sb_class_sense(in->class, index), .tag = SB_CLAUSE_INSTRUCTION});
}

/* Operands that say what they say: opcode and at most five bytes. */
static void take_plain(struct sb_clauses *in, const struct sb_instruction *one)
{
	uint64_t from = in->rd.at, word = 1;

	for (uint64_t i = 0; i < one->length; i++)
		word = word << 8 | sb_rd_uint(&in->rd, 1);
	sb_clause_add(in, from, (struct sb_clause){.word = word, .tag = SB_CLAUSE_INSTRUCTION});
}

static void take_row(struct sb_clauses *in, const struct sb_instruction *one, bool keyed)
{
	uint64_t from = in->rd.at, key = keyed ? sb_rd_uint(&in->rd, 4) : 0;
	struct sb_clause row = branch(in, 0, one->at, signed_of(sb_rd_uint(&in->rd, 4), 4));

	if (keyed)
		row.sense = (struct sb_sense){{key, 1}};
	sb_clause_add(in, from, row);
}

/* Opcode with its fill, default, what the rows are for, rows. */
static void take_switch(struct sb_clauses *in, const struct sb_instruction *one)
{
	bool lookup = one->operands == SB_OPERANDS_LOOKUP;
	uint64_t from = in->rd.at, head = sb_switch_fill(one->at) + (lookup ? 9 : 13), end = from + one->length;
	struct sb_span fill;

	sb_rd_bytes(&in->rd, 1);
	fill = sb_rd_bytes(&in->rd, (size_t)sb_switch_fill(one->at));
	struct sb_clause first = {.word = one->opcode, .tag = SB_CLAUSE_INSTRUCTION};
	if (!sb_span_all_zero(fill))
		first.sense = sb_class_bytes_sense(KIND_FILL, fill);
	sb_clause_add(in, from, first);
	take_row(in, one, false);
	sb_clause_raw(in, lookup ? 4 : 8);
	for (uint64_t rows = (one->length - head) / (lookup ? 8 : 4); rows; rows--)
		take_row(in, one, lookup);
	in->bad |= in->rd.at != end;
}

static void take_instruction(struct sb_clauses *in, const struct sb_instruction *one)
{
	switch (one->operands) {
	case SB_OPERANDS_SMALL_CONSTANT:
		take_constant(in, one, 1);
		break;
	case SB_OPERANDS_CONSTANT:
	case SB_OPERANDS_INTERFACE:
	case SB_OPERANDS_DYNAMIC:
	case SB_OPERANDS_ARRAY:
		take_constant(in, one, 2);
		break;
	case SB_OPERANDS_BRANCH:
		take_branch(in, one, 2);
		break;
	case SB_OPERANDS_WIDE_BRANCH:
		take_branch(in, one, 4);
		break;
	case SB_OPERANDS_TABLE:
	case SB_OPERANDS_LOOKUP:
		take_switch(in, one);
		break;
	case SB_OPERANDS_NONE:
	case SB_OPERANDS_BYTE:
	case SB_OPERANDS_SHORT:
	case SB_OPERANDS_LOCAL:
	case SB_OPERANDS_INCREMENT:
	case SB_OPERANDS_TYPE:
	case SB_OPERANDS_WIDE:
		take_plain(in, one);
		break;
	}
}

static void take_handlers(struct sb_clauses *in)
{
	for (uint64_t left = sb_clause_count(in, 2); left && !in->bad && !in->rd.bad; left--) {
		for (unsigned i = 0; i < 3; i++)
			sb_clause_position(in, false);
		sb_clause_index(in);
	}
}

static void take_instructions(struct sb_clauses *in)
{
	struct sb_instruction one;

	for (uint64_t at = 0; at < in->code.bytes.n && !in->bad; at += one.length) {
		if (!sb_instruction_read(in->code.bytes, at, &one)) {
			in->bad = true;
			return;
		}
		take_instruction(in, &one);
	}
}

void sb_clauses_of_code(struct sb_clauses *in)
{
	struct sb_rd ahead;
	uint8_t *starts;

	sb_clause_raw(in, 2);
	sb_clause_raw(in, 2);
	uint64_t length = sb_clause_derived(in, 4);
	ahead = in->rd;
	in->code = (struct sb_class_code){.bytes = sb_rd_bytes(&ahead, (size_t)length), .offset = in->rd.at};
	if (ahead.bad || length == 0 || length > LONGEST_CODE) {
		in->bad = true;
		return;
	}
	if (!(starts = sb_arena_array(in->arena, (size_t)length / 8 + 1, 1))) {
		in->no_memory = in->bad = true;
		return;
	}
	in->bad |= !find_starts(in->code.bytes, starts);
	in->code.starts = starts;
	take_instructions(in);
	take_handlers(in);
	in->base = SB_CLASS_PART_IN_CODE;
	sb_clauses_of_attributes(in, false);
	in->base = 0;
	in->code = (struct sb_class_code){.starts = NULL};
}
