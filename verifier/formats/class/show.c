/* SPDX-License-Identifier: Apache-2.0 */
/* How a clause reads for a person. Bounded and escaped; for display only. */
#include "verifier/formats/class/class.h"

#include <inttypes.h>
#include <string.h>

enum { LONGEST_TEXT = 100, LONGEST_LINE = 280, DEEPEST = 4 };

static void put_text(const struct sb_class *class, uint64_t index, struct sb_buf *out)
{
	struct sb_span text = sb_class_text(class, index);

	sb_escape(out, sb_span_of(text.p, text.n < LONGEST_TEXT ? text.n : LONGEST_TEXT));
	sb_buf_text(out, text.n > LONGEST_TEXT ? "..." : text.p ? "" : "?");
}

static void put(const struct sb_class *class, uint64_t index, struct sb_buf *out, unsigned depth);

/* The class, a dot, and the name with its descriptor. */
static void put_pair(const struct sb_class *class, struct sb_rd *rd, const char *between, struct sb_buf *out, unsigned depth)
{
	uint64_t first = sb_rd_uint(rd, 2);

	put(class, first, out, depth);
	sb_buf_text(out, between);
	put(class, sb_rd_uint(rd, 2), out, depth);
}

static void put_number(uint64_t tag, struct sb_rd *rd, struct sb_buf *out)
{
	uint64_t wide = sb_rd_uint(rd, (unsigned)rd->in.n);
	uint32_t low = (uint32_t)wide;
	float narrow;
	double real;

	memcpy(&narrow, &low, sizeof narrow);
	memcpy(&real, &wide, sizeof real);
	if (tag == SB_CONSTANT_INTEGER)
		sb_buf_printf(out, "%" PRId32, (int32_t)low);
	else if (tag == SB_CONSTANT_LONG)
		sb_buf_printf(out, "%" PRId64 "L", (int64_t)wide);
	else if (tag == SB_CONSTANT_FLOAT)
		sb_buf_printf(out, "%.9gf", (double)narrow);
	else
		sb_buf_printf(out, "%.17g", real);
}

static void put_dynamic(const struct sb_class *class, struct sb_rd *rd, struct sb_buf *out, unsigned depth)
{
	uint64_t bootstrap = sb_rd_uint(rd, 2);

	put(class, sb_rd_uint(rd, 2), out, depth);
	sb_buf_printf(out, " by bootstrap method %" PRIu64, bootstrap);
}

static void put(const struct sb_class *class, uint64_t index, struct sb_buf *out, unsigned depth)
{
	unsigned tag = index < class->pool_count ? class->pool[index].tag : 0;
	struct sb_rd rd = sb_rd_of(sb_class_constant(class, index), true);

	if (tag == 0 || depth > DEEPEST) {
		sb_buf_printf(out, "#%" PRIu64, index);
		return;
	}
	switch (tag) {
	case SB_CONSTANT_UTF8:
		put_text(class, index, out);
		break;
	case SB_CONSTANT_INTEGER: case SB_CONSTANT_FLOAT: case SB_CONSTANT_LONG: case SB_CONSTANT_DOUBLE:
		put_number(tag, &rd, out);
		break;
	case SB_CONSTANT_STRING:
		sb_buf_text(out, "\"");
		put_text(class, sb_rd_uint(&rd, 2), out);
		sb_buf_text(out, "\"");
		break;
	case SB_CONSTANT_FIELD: case SB_CONSTANT_METHOD: case SB_CONSTANT_INTERFACE_METHOD:
		put_pair(class, &rd, ".", out, depth + 1);
		break;
	case SB_CONSTANT_NAME_AND_TYPE:
		put_pair(class, &rd, " ", out, depth + 1);
		break;
	case SB_CONSTANT_HANDLE:
		sb_buf_printf(out, "handle of kind %" PRIu64 " ", sb_rd_uint(&rd, 1));
		put(class, sb_rd_uint(&rd, 2), out, depth + 1);
		break;
	case SB_CONSTANT_DYNAMIC: case SB_CONSTANT_INVOKE_DYNAMIC:
		put_dynamic(class, &rd, out, depth + 1);
		break;
	default: /* class, method type, module, package */
		put_text(class, sb_rd_uint(&rd, 2), out);
		break;
	}
}

/** What is shown, and where it stands. */
struct showing {
	const struct sb_class *class;
	const struct sb_vec *clauses;
	const struct sb_clause *clause;
	struct sb_rd rd; /* at the clause */
	struct sb_buf *out;
};

static void show_constant(struct showing *in)
{
	uint64_t index = 0;

	for (uint64_t i = 1; i < in->class->pool_count && !index; i++)
		index = in->class->pool[i].tag && in->class->pool[i].offset == in->clause->offset ? i : 0;
	sb_buf_printf(in->out, "%s ", sb_constant_form(in->class->pool[index].tag)->name);
	put(in->class, index, in->out, 0);
}

/* How many instructions away another one is. */
static void show_target(struct showing *in)
{
	int64_t way = 0;

	for (size_t i = 0; i < in->clauses->count; i++) {
		const struct sb_clause *other = sb_vec_at(in->clauses, i);
		if (other->part != in->clause->part)
			continue;
		way += other->offset >= in->clause->offset && other->offset < in->clause->target;
		way -= other->offset < in->clause->offset && other->offset >= in->clause->target;
	}
	sb_buf_printf(in->out, " %+" PRId64 " instructions", way);
}

static void show_row(struct showing *in)
{
	if (in->clause->length == 8)
		sb_buf_printf(in->out, "case %" PRId32 ":", (int32_t)(uint32_t)sb_rd_uint(&in->rd, 4));
	else
		sb_buf_text(in->out, "case:");
	show_target(in);
}

/* Operands behind the opcode that are no constants. */
static void show_operands(struct showing *in, const struct sb_instruction *one)
{
	uint64_t width = one->length - 1;
	unsigned first;

	if (one->operands == SB_OPERANDS_BYTE) {
		sb_buf_printf(in->out, " %d", (int8_t)(uint8_t)sb_rd_uint(&in->rd, 1));
	} else if (one->operands == SB_OPERANDS_SHORT) {
		sb_buf_printf(in->out, " %d", (int16_t)(uint16_t)sb_rd_uint(&in->rd, 2));
	} else if (one->operands == SB_OPERANDS_INCREMENT) {
		first = (unsigned)sb_rd_uint(&in->rd, 1);
		sb_buf_printf(in->out, " %u by %d", first, (int8_t)(uint8_t)sb_rd_uint(&in->rd, 1));
	} else if (one->operands == SB_OPERANDS_WIDE) {
		first = (unsigned)sb_rd_uint(&in->rd, 1);
		sb_buf_printf(in->out, " %s 0x%" PRIx64, sb_opcode_name(first), sb_rd_uint(&in->rd, (unsigned)width - 1));
	} else if (width && width <= 2) {
		sb_buf_printf(in->out, " %" PRIu64, sb_rd_uint(&in->rd, (unsigned)width));
	}
}

static bool leads_to_constant(enum sb_operands operands)
{
	return operands >= SB_OPERANDS_SMALL_CONSTANT && operands <= SB_OPERANDS_ARRAY;
}

static void show_instruction(struct showing *in)
{
	struct sb_span code;
	struct sb_instruction one;

	/* A row of a switch: rows hold no opcode. */
	if (in->clause->target != UINT64_MAX && (in->clause->word & 0xff) == 0) {
		show_row(in);
		return;
	}
	if (!sb_span_cut(in->class->file, in->clause->offset, in->clause->length, &code))
		return;
	const char *name = sb_opcode_name(code.p[0]);
	sb_buf_text(in->out, name ? name : "?");
	if (!sb_instruction_read(code, 0, &one)) /* the head of a switch */
		return;
	sb_rd_bytes(&in->rd, 1);
	if (leads_to_constant(one.operands)) {
		sb_buf_text(in->out, " ");
		put(in->class, sb_rd_uint(&in->rd, one.operands == SB_OPERANDS_SMALL_CONSTANT ? 1 : 2), in->out, 0);
	} else if (one.operands == SB_OPERANDS_BRANCH || one.operands == SB_OPERANDS_WIDE_BRANCH) {
		show_target(in);
	} else {
		show_operands(in, &one);
	}
}

/* An index, or all of an entry whose order means nothing: the constants that it leads to. */
static void show_entry(struct showing *in)
{
	for (uint64_t i = 0; i + 2 <= in->clause->length && in->out->len < LONGEST_LINE; i += 2) {
		sb_buf_text(in->out, i ? " " : "");
		put(in->class, sb_rd_uint(&in->rd, 2), in->out, 0);
	}
}

static void show_clause(struct showing *in)
{
	const char *part = sb_class_part_name(in->clause->part);

	if (in->clause->tag != SB_CLAUSE_INSTRUCTION && part)
		sb_buf_printf(in->out, "%s: ", part);
	switch ((enum sb_clause_tag)in->clause->tag) {
	case SB_CLAUSE_CONSTANT:
		show_constant(in);
		break;
	case SB_CLAUSE_INSTRUCTION:
		show_instruction(in);
		break;
	case SB_CLAUSE_INDEX:
	case SB_CLAUSE_ENTRY:
		show_entry(in);
		break;
	case SB_CLAUSE_COUNT:
		sb_buf_printf(in->out, "%" PRIu64 " entries", sb_rd_uint(&in->rd, (unsigned)in->clause->length));
		break;
	case SB_CLAUSE_POSITION:
	case SB_CLAUSE_FRAME:
		sb_buf_text(in->out, "a place in the code");
		break;
	case SB_CLAUSE_RAW:
		if (in->clause->length <= 8)
			sb_buf_printf(in->out, "%" PRIu64, sb_rd_uint(&in->rd, (unsigned)in->clause->length));
		else
			sb_buf_printf(in->out, "%" PRIu64 " bytes", in->clause->length);
		break;
	}
}

const char *sb_class_show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	const struct sb_class *class = view->own;
	SB_VEC struct sb_vec clauses = {.size = sizeof(struct sb_clause)};
	SB_BUF struct sb_buf text = {.ceiling = 4096};
	struct showing in = {.class = class, .clauses = &clauses, .rd = sb_rd_of(class->file, true), .out = &text};

	if (sb_class_clauses(view, place->region, &clauses, NULL))
		return NULL;
	for (size_t i = 0; i < clauses.count && !in.clause; i++) {
		const struct sb_clause *clause = sb_vec_at(&clauses, i);
		in.clause = clause->offset == place->offset ? clause : NULL;
	}
	if (!in.clause)
		return NULL;
	sb_rd_seek(&in.rd, place->offset);
	show_clause(&in);
	return text.bad || text.len == 0 ? NULL : sb_arena_copy(arena, sb_span_of(text.data, text.len < LONGEST_LINE ? text.len : LONGEST_LINE));
}
