/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses in instructions of ARM64: branches, distances from where they stand, and the pair of ADRP with the instruction behind it that adds the place in
 * the page. Source: the Arm Architecture Reference Manual, C4.1 "A64 instruction set encoding". Which page a register holds is followed from one
 * instruction to the next and along branches forward; whatever may write a register, or may come from elsewhere, ends that.
 */
#include "verifier/formats/machine.h"

#include <string.h>

enum { WORD = 4, REGISTERS = 31, LINK = 30, FIRST_SAVED = 19, MOST_LABELS = 64, MOST_AHEAD = 64, MOST_WORDS = 1 << 24, NOBODY = -1 };

/** Which ADRP's page each register holds: an index of an instruction, NOBODY when it holds something else. */
struct state {
	int32_t pages[REGISTERS];
	bool reached;
};

/** A branch forward: what registers hold where it leads to. */
struct label {
	uint64_t address;
	struct state state;
};

struct walk {
	const struct sb_code *code;
	struct state state;
	struct label labels[MOST_LABELS];
	size_t label_count;
	bool jumps; /* there are tables of jumps, which may lead to wherever instructions are not reached otherwise */
	bool lost; /* more branches forward than can be kept: pages are not known any more */
};

static uint32_t word_at(const struct sb_code *code, uint64_t i)
{
	const uint8_t *p = code->bytes.p + i * WORD;
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Bits [low, low + width) of @word with a sign. */
static uint64_t signed_bits(uint32_t word, unsigned low, unsigned width)
{
	uint64_t value = word >> low & ((UINT64_C(1) << width) - 1), top = UINT64_C(1) << (width - 1);
	return (value ^ top) - top;
}

static uint64_t split_bits(uint32_t word)
{
	return signed_bits((word >> 29 & 3) | (word >> 5 & 0x7ffff) << 2, 0, 21);
}

/** How instructions that lead somewhere by themselves hold the distance. */
static const struct branch {
	uint32_t mask, value;
	unsigned low, width;
	bool calls, ends;
} branches[] = {
	{0xfc000000, 0x14000000, 0, 26, false, true}, /* B */
	{0xfc000000, 0x94000000, 0, 26, true, false}, /* BL */
	{0xff000000, 0x54000000, 5, 19, false, false}, /* B.cond, BC.cond */
	{0x7e000000, 0x34000000, 5, 19, false, false}, /* CBZ, CBNZ */
	{0x7e000000, 0x36000000, 5, 14, false, false}, /* TBZ, TBNZ */
};

static const struct branch *branch_of(uint32_t word)
{
	for (size_t i = 0; i < sizeof branches / sizeof *branches; i++)
		if ((word & branches[i].mask) == branches[i].value)
			return &branches[i];
	return NULL;
}

static bool is_load(uint32_t word)
{
	return (word & 0x0a000000) == 0x08000000;
}

/* An instruction that adds what lies in the page: ADD, or a load or store. Which register, and how much. */
static bool adds_place(uint32_t word, unsigned *base, uint64_t *place)
{
	uint64_t immediate = word >> 10 & 0xfff;
	unsigned size = word >> 30;

	*base = word >> 5 & 31;
	if ((word & 0xffc00000) == 0x91000000) {
		*place = immediate;
		return true;
	}
	if ((word & 0x3b000000) != 0x39000000)
		return false;
	bool vector = (word & 0x04800000) == 0x04800000; /* Q registers */
	*place = immediate << (vector && size == 0 ? 4 : size);
	return true;
}

static void forget(struct state *state, unsigned number)
{
	if (number < REGISTERS)
		state->pages[number] = NOBODY;
}

static void forget_all(struct state *state, bool reached)
{
	for (unsigned i = 0; i < REGISTERS; i++)
		forget(state, i);
	state->reached = reached;
}

/* Registers that an instruction may write; rather one too many. */
static void forget_written(struct state *state, uint32_t word)
{
	unsigned base;
	uint64_t place;

	forget(state, word & 31);
	if (!is_load(word) || adds_place(word, &base, &place))
		return;
	forget(state, word >> 5 & 31);
	forget(state, word >> 10 & 31);
	forget(state, word >> 16 & 31);
}

/* Two ways to one place: a register holds what it holds on both. */
static void merge(struct state *into, const struct state *other)
{
	if (!into->reached) {
		*into = *other;
		return;
	}
	for (unsigned i = 0; other->reached && i < REGISTERS; i++)
		if (into->pages[i] != other->pages[i])
			forget(into, i);
}

/* What is known where a branch leads to. */
static void note_label(struct walk *walk, uint64_t from, uint64_t to)
{
	size_t i = 0;

	if (to <= from)
		return;
	while (i < walk->label_count && walk->labels[i].address != to)
		i++;
	if (i < walk->label_count)
		merge(&walk->labels[i].state, &walk->state);
	else if (i < MOST_LABELS)
		walk->labels[walk->label_count++] = (struct label){to, walk->state};
	else
		walk->lost = true;
}

/* Branches that were noted and lead to @at. */
static void arrive(struct walk *walk, uint64_t at)
{
	for (size_t i = 0; i < walk->label_count; i++) {
		if (walk->labels[i].address > at)
			continue;
		if (walk->labels[i].address == at)
			merge(&walk->state, &walk->labels[i].state);
		walk->labels[i--] = walk->labels[--walk->label_count];
	}
}

static void follow(struct walk *walk, uint32_t word, uint64_t i)
{
	const struct branch *branch = branch_of(word);
	uint64_t at = walk->code->address + i * WORD;
	bool indirect = (word & 0xfe000000) == 0xd6000000; /* BR, BLR, RET */

	if (branch && !branch->calls)
		note_label(walk, at, at + WORD * signed_bits(word, branch->low, branch->width));
	if ((branch && branch->calls) || (indirect && (word >> 21 & 3) == 1)) {
		for (unsigned k = 0; k < FIRST_SAVED; k++)
			forget(&walk->state, k);
		forget(&walk->state, LINK);
	} else if ((branch && branch->ends) || indirect) {
		forget_all(&walk->state, walk->jumps);
	} else if (!branch && (word & 0x9f000000) == 0x90000000 && (word & 31) < REGISTERS) {
		walk->state.pages[word & 31] = (int32_t)i;
	} else if (!branch) {
		forget_written(&walk->state, word);
	}
}

/* The page that the ADRP at @i leads to. */
static uint64_t page_of(const struct walk *walk, uint64_t i)
{
	return ((walk->code->address + i * WORD) & ~UINT64_C(0xfff)) + (split_bits(word_at(walk->code, i)) << 12);
}

static bool tell(const struct walk *walk, sb_code_found *found, void *context, uint64_t i, uint64_t target, uint32_t rest)
{
	const struct sb_reference reference = {.offset = walk->code->offset + i * WORD, .length = WORD, .target = target, .rest = rest};
	return found(context, &reference);
}

/* The first instruction behind an ADRP that adds a place to the page, not far from it. */
static bool find_place(const struct walk *walk, uint64_t i, uint64_t *target)
{
	uint64_t count = walk->code->bytes.n / WORD;
	uint32_t wanted = word_at(walk->code, i) & 31;

	for (uint64_t k = i + 1; k < count && k - i <= MOST_AHEAD; k++) {
		uint32_t word = word_at(walk->code, k);
		unsigned base;
		uint64_t place;
		if (adds_place(word, &base, &place) && base == wanted) {
			*target = page_of(walk, i) + place;
			return true;
		}
		if ((word & 31) == wanted && !branch_of(word)) /* it may be written there */
			return false;
	}
	return false;
}

/* One instruction, before what it does to registers. */
static bool refer(const struct walk *walk, sb_code_found *found, void *context, uint64_t i)
{
	uint32_t word = word_at(walk->code, i);
	uint64_t at = walk->code->address + i * WORD, place, target;
	const struct branch *branch = branch_of(word);
	unsigned base;

	if (branch)
		return tell(walk, found, context, i, at + WORD * signed_bits(word, branch->low, branch->width),
			    word & ~(((UINT32_C(1) << branch->width) - 1) << branch->low));
	if ((word & 0x9f000000) == 0x10000000) /* ADR */
		return tell(walk, found, context, i, at + split_bits(word), word & 0x9f00001f);
	if ((word & 0x3b000000) == 0x18000000) /* LDR (literal) */
		return tell(walk, found, context, i, at + WORD * signed_bits(word, 5, 19), word & 0xff00001f);
	if ((word & 0x9f000000) == 0x90000000) /* ADRP */
		return !find_place(walk, i, &target) || tell(walk, found, context, i, target, word & 0x9f00001f);
	if (adds_place(word, &base, &place) && base < REGISTERS && !walk->lost && walk->state.reached && walk->state.pages[base] != NOBODY)
		return tell(walk, found, context, i, page_of(walk, (uint64_t)walk->state.pages[base]) + place, word & 0xffc003ff);
	return true;
}

/* BR, which compilers use for tables of jumps, and for calls at the end. */
static bool has_jumps(const struct sb_code *code)
{
	for (uint64_t i = 0; i < code->bytes.n / WORD && i < MOST_WORDS; i++)
		if ((word_at(code, i) & 0xfffffc1f) == 0xd61f0000)
			return true;
	return false;
}

bool sb_arm64_references(const struct sb_code *code, sb_code_found *found, void *context)
{
	struct walk walk = {.code = code, .jumps = has_jumps(code)};
	bool more = true;

	forget_all(&walk.state, true);
	for (uint64_t i = 0; more && i < code->bytes.n / WORD && i < MOST_WORDS; i++) {
		arrive(&walk, code->address + i * WORD);
		more = refer(&walk, found, context, i);
		follow(&walk, word_at(code, i), i);
	}
	return more;
}
