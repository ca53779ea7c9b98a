/* SPDX-License-Identifier: Apache-2.0 */
/* A region as its smallest parts, each with what it says once numbers are resolved. */
#include "verifier/formats/class/class.h"

/** What is told apart although its bytes may be equal. Tags of constants are below. */
enum { KIND_OUTSIDE = 0x200 };

void sb_clause_add(struct sb_clauses *in, uint64_t from, struct sb_clause clause)
{
	struct sb_clause *slot = in->rd.bad || in->bad ? NULL : sb_vec_push(in->out);

	if (in->rd.bad || in->bad)
		return;
	if (!slot) {
		in->no_memory = in->bad = true;
		return;
	}
	*slot = clause;
	slot->offset = from;
	slot->length = in->rd.at - from;
	slot->part = in->part;
	slot->debug = in->debug;
	slot->severity = in->severity;
	slot->target = clause.target ? clause.target : UINT64_MAX;
	slot->word |= (uint64_t)clause.tag << 56; /* things of another kind are never the same */
}

uint64_t sb_clause_raw(struct sb_clauses *in, unsigned width)
{
	uint64_t from = in->rd.at, value = sb_rd_uint(&in->rd, width);

	sb_clause_add(in, from, (struct sb_clause){.word = value, .tag = SB_CLAUSE_RAW});
	return value;
}

void sb_clause_index(struct sb_clauses *in)
{
	uint64_t from = in->rd.at, index = sb_rd_uint(&in->rd, 2);

	if (in->class->uses && index && index < in->class->pool_count)
		in->class->uses[index] |= SB_CONSTANT_USED;
	sb_clause_add(in, from, (struct sb_clause){.sense = sb_class_sense(in->class, index), .tag = SB_CLAUSE_INDEX});
}

uint64_t sb_clause_count(struct sb_clauses *in, unsigned width)
{
	uint64_t from = in->rd.at, count = sb_rd_uint(&in->rd, width);

	sb_clause_add(in, from, (struct sb_clause){.word = count, .tag = SB_CLAUSE_COUNT});
	return count;
}

uint64_t sb_clause_derived(struct sb_clauses *in, unsigned width)
{
	uint64_t from = in->rd.at, value = sb_rd_uint(&in->rd, width);

	sb_clause_add(in, from, (struct sb_clause){.derived = true, .tag = SB_CLAUSE_COUNT});
	return value;
}

uint64_t sb_clause_target(const struct sb_clauses *in, uint64_t at)
{
	if (!in->code.starts || at > in->code.bytes.n || !(in->code.starts[at / 8] >> (at % 8) & 1))
		return 0;
	return in->code.offset + at;
}

/* One that is no start of an instruction says its number. */
void sb_clause_position(struct sb_clauses *in, bool relative)
{
	uint64_t from = in->rd.at, at = sb_rd_uint(&in->rd, 2) + (relative ? in->position : 0), target = sb_clause_target(in, at);

	in->position = at;
	sb_clause_add(in, from, (struct sb_clause){.word = target ? 0 : at + 1, .target = target, .tag = SB_CLAUSE_POSITION});
}

/* The content of a region that has no structure. */
static void take_bytes(struct sb_clauses *in)
{
	uint64_t from = in->rd.at;
	struct sb_span bytes = sb_rd_bytes(&in->rd, in->rd.in.n - in->rd.at);

	sb_clause_add(in, from, (struct sb_clause){.word = bytes.n, .sense = sb_class_bytes_sense(KIND_OUTSIDE, bytes)});
}

/* The order of constants and the numbers that it gives them mean nothing. */
static void take_pool(struct sb_clauses *in)
{
	sb_clause_derived(in, 2);
	for (size_t i = 1; i < in->class->pool_count; i++) {
		const struct sb_constant *constant = &in->class->pool[i];
		uint64_t from = in->rd.at, head = constant->tag == SB_CONSTANT_UTF8 ? 3 : 1;
		if (constant->tag == 0)
			continue;
		sb_rd_bytes(&in->rd, (size_t)(head + sb_class_constant(in->class, i).n));
		sb_clause_add(in, from, (struct sb_clause){.free = true, .sense = sb_class_sense(in->class, i), .tag = SB_CLAUSE_CONSTANT});
	}
}

/* 4.1 */
static void take_class(struct sb_clauses *in)
{
	sb_clause_raw(in, 2);
	sb_clause_index(in);
	sb_clause_index(in);
	for (uint64_t left = sb_clause_count(in, 2); left && !in->rd.bad; left--)
		sb_clause_index(in);
}

static void take_header(struct sb_clauses *in)
{
	sb_clause_raw(in, 4);
	sb_clause_raw(in, 2);
	sb_clause_raw(in, 2);
}

static void take_feature(struct sb_clauses *in)
{
	sb_clause_raw(in, 2);
	sb_clause_index(in);
	sb_clause_index(in);
	sb_clauses_of_attributes(in, false);
}

static void take(struct sb_clauses *in, const struct sb_region *region)
{
	switch ((enum sb_class_tag)region->tag) {
	case SB_CLASS_TAG_HEADER:
		in->severity = SB_SEVERITY_MAJOR;
		take_header(in);
		break;
	case SB_CLASS_TAG_POOL:
		in->severity = SB_SEVERITY_MAJOR;
		take_pool(in);
		break;
	case SB_CLASS_TAG_CLASS:
		take_class(in);
		break;
	case SB_CLASS_TAG_COUNT:
		sb_clause_derived(in, 2);
		break;
	case SB_CLASS_TAG_FEATURE:
		take_feature(in);
		break;
	case SB_CLASS_TAG_ATTRIBUTE:
		sb_clauses_of_attribute(in, false);
		break;
	case SB_CLASS_TAG_NONE:
		take_bytes(in);
		break;
	}
}

int sb_class_clauses(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_class *class = view->own;
	struct sb_clauses in = {.class = class, .rd = sb_rd_of(class->file, true), .out = out, .arena = view->arena, .severity = SB_SEVERITY_CRITICAL};
	int rc = sb_class_resolve(view, err);

	if (rc)
		return rc;
	in.rd.in.n = (size_t)(region->offset + region->length);
	sb_rd_seek(&in.rd, region->offset);
	take(&in, region);
	if (in.no_memory)
		return sb_no_memory(err);
	return in.rd.bad || in.bad || in.rd.at != in.rd.in.n ? sb_fail(err, SB_INTERNAL, "tiling-violated", "clauses do not fill their region") : 0;
}
