/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of a few operations that say which places a loader adds the load address to (rebase), and which it fills with addresses of other libraries (bind).
 * A row is what leads to one operation that acts: all that is set by then, by which operations, and each place that it acts on. Source: loader.h,
 * REBASE_OPCODE_* and BIND_OPCODE_*.
 */
#include "verifier/formats/leb.h"
#include "verifier/formats/macho/tables.h"

#include <inttypes.h>

enum { OPERATION = 0xf0, IMMEDIATE = 0x0f };
enum { REBASE_TYPE = 0x10, REBASE_PLACE = 0x20, REBASE_ADD = 0x30, REBASE_ADD_SCALED = 0x40, REBASE_TIMES = 0x50, REBASE_TIMES_LONG = 0x60, REBASE_AND_ADD = 0x70, REBASE_TIMES_SKIPPING = 0x80 };
enum { BIND_ORDINAL = 0x10, BIND_ORDINAL_LONG = 0x20, BIND_SPECIAL = 0x30, BIND_NAME = 0x40, BIND_TYPE = 0x50, BIND_ADDEND = 0x60, BIND_PLACE = 0x70, BIND_ADD = 0x80, BIND_ONE = 0x90,
       BIND_AND_ADD = 0xa0, BIND_AND_ADD_SCALED = 0xb0, BIND_TIMES_SKIPPING = 0xc0, STRONG = 8 };

struct program {
	struct sb_macho_telling *telling;
	struct sb_rd rd;
	uint64_t word;
	uint64_t row;           /* where the operations of this row begin */
	uint64_t operation;     /* where the one stands that is carried out */
	uint64_t at;            /* run-time address that is acted on next */
	uint64_t type;
	int64_t ordinal, addend;
	uint64_t flags;
	struct sb_span name;
	unsigned set;           /* what was set since the last operation that acted, a bit each: nobody sets a thing twice */
};

/** What an operation does: act @times, and go on by @skip behind each. */
struct action {
	uint64_t times, skip;
};

static uint64_t number(struct program *program)
{
	return sb_macho_leb(&program->rd);
}

/* An operation may set a thing once in a row. */
static bool sets(struct program *program, uint8_t operation)
{
	unsigned bit = 1u << (operation >> 4);
	bool twice = program->set & bit;

	program->set |= bit;
	return !program->rd.bad && !twice;
}

static bool set_place(struct program *program, uint8_t operation, unsigned segment)
{
	const struct sb_macho *macho = program->telling->macho;
	uint64_t offset = number(program);

	if (segment >= macho->kept_segment_count)
		return false;
	program->at = macho->kept_segments[segment].address + offset;
	return sets(program, operation);
}

/* The row up to here acts. */
static bool act(struct program *program, const struct action *action, struct sb_span says)
{
	uint64_t base = program->telling->region->offset, length = program->rd.at - program->row;

	if (program->rd.bad || !says.p || !sb_macho_tell_row(program->telling, program->row, length, says))
		return false;
	for (uint64_t i = 0; i < action->times; i++) {
		if (!sb_macho_tell(program->telling, (struct sb_reference){SB_REFERENCE_ADDRESS, base + program->operation, 1, program->at, 0, 0}))
			return false;
		program->at += program->word + action->skip;
	}
	program->row = program->rd.at;
	program->set = 0;
	return true;
}

/* Which operations the row consists of. */
static unsigned steps(const struct program *program)
{
	return program->set | (unsigned)program->rd.in.p[program->operation] << 16;
}

static bool rebase(struct program *program, const struct action *action)
{
	if (program->rd.bad || action->times == 0)
		return false;
	return act(program, action, sb_macho_says(program->telling, (struct sb_span){0}, "rebase of type %u, %" PRIu64 " times, by %" PRIu64 " and %x", (unsigned)program->type,
						   action->times, action->skip, steps(program)));
}

/* What an operation has no use for is zero. */
static bool is_spare(uint8_t operation, const uint8_t *without, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((operation & OPERATION) == without[i])
			return operation & IMMEDIATE;
	return false;
}

static bool run_rebase(struct program *program, uint8_t byte)
{
	static const uint8_t without[] = {REBASE_ADD, REBASE_TIMES_LONG, REBASE_AND_ADD, REBASE_TIMES_SKIPPING};
	unsigned immediate = byte & IMMEDIATE;
	struct action action = {1, 0};

	if (is_spare(byte, without, sizeof without))
		return false;
	switch (byte & OPERATION) {
	case REBASE_TYPE:
		program->type = immediate;
		return sets(program, byte);
	case REBASE_PLACE:
		return set_place(program, byte, immediate);
	case REBASE_ADD:
		program->at += number(program);
		return sets(program, byte);
	case REBASE_ADD_SCALED:
		program->at += immediate * program->word;
		return sets(program, byte);
	case REBASE_TIMES:
		action.times = immediate;
		return rebase(program, &action);
	case REBASE_TIMES_LONG:
		action.times = number(program);
		return rebase(program, &action);
	case REBASE_AND_ADD:
		action.skip = number(program);
		return rebase(program, &action);
	case REBASE_TIMES_SKIPPING:
		action.times = number(program);
		action.skip = number(program);
		return rebase(program, &action);
	}
	return false;
}

static bool bind(struct program *program, const struct action *action)
{
	if (program->rd.bad || action->times == 0)
		return false;
	return act(program, action, sb_macho_says(program->telling, program->name, "bind%s of library %" PRId64 ", type %u, addend %" PRId64 ", %" PRIu64 " times, by %" PRIu64 " and %x",
						   program->flags ? " (weak)" : "", program->ordinal, (unsigned)program->type, program->addend, action->times, action->skip, steps(program)));
}

/* A name; with STRONG nothing is bound, and the name stands for itself. */
static bool set_name(struct program *program, uint8_t byte)
{
	program->flags = byte & IMMEDIATE;
	program->name = sb_rd_cstring(&program->rd);
	if (program->rd.bad || (program->flags & ~(uint64_t)(STRONG | 1)))
		return false;
	if (!(program->flags & STRONG))
		return sets(program, byte);
	return act(program, &(struct action){0, 0}, sb_macho_says(program->telling, program->name, "strong definition"));
}

static bool set_ordinal(struct program *program, uint8_t byte)
{
	unsigned immediate = byte & IMMEDIATE;
	unsigned bit = 1u << (BIND_ORDINAL >> 4);
	bool twice = program->set & bit;

	if ((byte & OPERATION) == BIND_ORDINAL_LONG)
		program->ordinal = (int64_t)number(program);
	else
		program->ordinal = (byte & OPERATION) == BIND_ORDINAL || immediate == 0 ? (int64_t)immediate : (int64_t)immediate - 16;
	program->set |= bit;
	return !program->rd.bad && !twice;
}

static bool run_bind(struct program *program, uint8_t byte)
{
	static const uint8_t without[] = {BIND_ORDINAL_LONG, BIND_ADDEND, BIND_ADD, BIND_ONE, BIND_AND_ADD, BIND_TIMES_SKIPPING};
	unsigned immediate = byte & IMMEDIATE;
	struct action action = {1, 0};

	if (is_spare(byte, without, sizeof without))
		return false;
	switch (byte & OPERATION) {
	case BIND_ORDINAL:
	case BIND_ORDINAL_LONG:
	case BIND_SPECIAL:
		return set_ordinal(program, byte);
	case BIND_NAME:
		return set_name(program, byte);
	case BIND_TYPE:
		program->type = immediate;
		return sets(program, byte);
	case BIND_ADDEND:
		program->addend = sb_signed_leb(&program->rd);
		return sets(program, byte);
	case BIND_PLACE:
		return set_place(program, byte, immediate);
	case BIND_ADD:
		program->at += number(program);
		return sets(program, byte);
	case BIND_ONE:
		return bind(program, &action);
	case BIND_AND_ADD:
		action.skip = number(program);
		return bind(program, &action);
	case BIND_AND_ADD_SCALED:
		action.skip = immediate * program->word;
		return bind(program, &action);
	case BIND_TIMES_SKIPPING:
		action.times = number(program);
		action.skip = number(program);
		return bind(program, &action);
	}
	return false;
}

/* Zeros end it; of what is bound late, each program by itself, which begins with nothing set but what it sets. */
static bool end(struct program *program, bool many)
{
	uint64_t from = program->rd.at, to = many ? from : program->rd.in.n;

	if (program->row != from)
		return false;
	while (to < program->rd.in.n && program->rd.in.p[to] == 0)
		to++;
	program->row = to;
	sb_rd_seek(&program->rd, to);
	if (to == program->rd.in.n)
		return sb_macho_tell_fill(program->telling, from);
	struct sb_span says = sb_macho_says(program->telling, (struct sb_span){0}, "end, %" PRIu64 " times", to - from);
	return says.p && sb_macho_tell_row(program->telling, from, to - from, says);
}

static bool run(struct sb_macho_telling *telling, bool (*step)(struct program *program, uint8_t byte), bool many)
{
	struct program program = {.telling = telling, .rd = sb_rd_of(telling->bytes, false), .word = telling->macho->wide ? 8 : 4};

	while (program.rd.at < program.rd.in.n) {
		uint8_t byte = program.rd.in.p[program.rd.at];
		if (byte == 0) {
			if (!end(&program, many))
				return false;
			continue;
		}
		program.operation = program.rd.at;
		sb_rd_seek(&program.rd, program.rd.at + 1);
		if (!step(&program, byte) || program.rd.bad)
			return false;
	}
	return program.row == program.rd.in.n;
}

bool sb_macho_read_rebase(struct sb_macho_telling *telling)
{
	return run(telling, run_rebase, false);
}

bool sb_macho_read_bind(struct sb_macho_telling *telling)
{
	return run(telling, run_bind, telling->region->tag == SB_MACHO_TAG_LAZY_BIND);
}
