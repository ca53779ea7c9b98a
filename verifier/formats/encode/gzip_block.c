/* SPDX-License-Identifier: Apache-2.0 */
/* A block of literals and matches: stored, by the code that everybody knows, or by a code of its own. Source: RFC 1951, 3.2. */
#include "verifier/formats/encode/gzip.h"

#include <string.h>

enum { FORM_STORED, FORM_FIXED, FORM_OWN };
/** The code of lengths of words: symbols, and the longest word. */
enum { LENGTHS = 19, LENGTH_BITS = 7, SAME_AGAIN = 16, FEW_ZEROS = 17, MANY_ZEROS = 18 };
/** Of a value that is not small, a symbol says how many bits it has and the next two (a length) or one (a distance). */
enum { LENGTH_STEPS = 2, DISTANCE_STEPS = 1 };
enum { FEW_SYMBOLS = 4096, LENGTH_CODE_MOST = 28 };

/* ---- symbols ---- */

static unsigned extra_bits(unsigned value, unsigned steps)
{
	unsigned bits = 0;

	while (value >> bits >= 2U << steps)
		bits++;
	return bits;
}

static unsigned symbol_of(unsigned value, unsigned steps)
{
	unsigned extra = extra_bits(value, steps);
	return (extra << steps) + (value >> extra);
}

/* The longest match has a symbol of its own. */
static bool is_longest(unsigned length)
{
	return length == SB_MATCH_MOST - SB_MATCH_LEAST;
}

static unsigned length_symbol(unsigned length)
{
	return SB_END_OF_BLOCK + 1 + (is_longest(length) ? LENGTH_CODE_MOST : symbol_of(length, LENGTH_STEPS));
}

void sb_block_begin(struct sb_block *block)
{
	block->count = block->matches = 0;
	memset(block->literals, 0, sizeof block->literals);
	memset(block->distances, 0, sizeof block->distances);
	block->literals[SB_END_OF_BLOCK] = 1;
}

void sb_block_add(struct sb_block *block, struct sb_symbol symbol)
{
	block->symbols[block->count++] = symbol;
	if (symbol.distance == 0) {
		block->literals[symbol.value]++;
		return;
	}
	block->matches++;
	block->literals[length_symbol(symbol.value)]++;
	block->distances[symbol_of(symbol.distance - 1U, DISTANCE_STEPS)]++;
}

/* Extra bits of a symbol of a distance. */
static unsigned distance_extra(unsigned symbol)
{
	return symbol < 4 ? 0 : symbol / 2 - 1;
}

bool sb_block_is_poor(const struct sb_block *block, uint64_t n)
{
	uint64_t bits = 8 * (uint64_t)block->count;

	if (block->count % FEW_SYMBOLS != 0)
		return false;
	for (unsigned i = 0; i < SB_DISTANCES; i++)
		bits += block->distances[i] * (5ULL + distance_extra(i));
	return block->matches < block->count / 2 && bits / 8 < n / 2;
}

/* ---- bits ---- */

bool sb_bits_flush(struct sb_bits *bits)
{
	bits->parted |= !sb_encoder_gave(bits->again, bits->bytes, bits->used);
	bits->used = 0;
	return !bits->parted;
}

static void put_byte(struct sb_bits *bits, uint8_t byte)
{
	if (bits->used == sizeof bits->bytes && !sb_bits_flush(bits))
		return;
	bits->bytes[bits->used++] = byte;
}

static void put_bits(struct sb_bits *bits, unsigned value, unsigned count)
{
	bits->held |= (uint64_t)value << bits->count;
	for (bits->count += count; bits->count >= 8; bits->count -= 8, bits->held >>= 8)
		put_byte(bits, (uint8_t)bits->held);
}

void sb_bits_align(struct sb_bits *bits)
{
	if (bits->count > 0)
		put_bits(bits, 0, 8 - bits->count);
}

/* ---- forms ---- */

/** What codes take, in symbols of the code of lengths, the zeros and repeats with how often. */
struct code_table {
	struct {
		uint8_t symbol, extra;
	} rows[SB_LITERALS + SB_DISTANCES];
	unsigned count, literals, distances, lengths; /* rows; symbols that are told of each code */
	uint16_t often[LENGTHS];
	struct sb_prefix_code code;
};

struct codes {
	struct sb_prefix_code literals, distances;
};

static void add_row(struct code_table *table, unsigned symbol, unsigned extra)
{
	table->rows[table->count].symbol = (uint8_t)symbol;
	table->rows[table->count++].extra = (uint8_t)extra;
	table->often[symbol]++;
}

/* A run of equal lengths, cut where its symbol can count no more. The first of a run is told as it is, of zeros too few for a symbol each. */
static void add_run(struct code_table *table, unsigned length, unsigned n)
{
	if (length != 0) {
		add_row(table, length, 0);
		n--;
	}
	while (n >= 3) {
		unsigned most = length != 0 ? 6 : 138, part = n < most ? n : most;
		if (length != 0)
			add_row(table, SAME_AGAIN, part - 3);
		else
			add_row(table, part <= 10 ? FEW_ZEROS : MANY_ZEROS, part <= 10 ? part - 3 : part - 11);
		n -= part;
	}
	while (n-- > 0)
		add_row(table, length, 0);
}

static void add_code(struct code_table *table, const struct sb_prefix_code *code, unsigned symbols)
{
	for (unsigned i = 0, n; i < symbols; i += n) {
		for (n = 1; i + n < symbols && code->bits[i + n] == code->bits[i];)
			n++;
		add_run(table, code->bits[i], n);
	}
}

/* Lengths that seldom occur are told last, so that they may be left out. */
static const uint8_t length_order[LENGTHS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

static void make_table(struct code_table *table, const struct codes *codes, unsigned literals, unsigned distances)
{
	table->literals = literals;
	table->distances = distances;
	add_code(table, &codes->literals, literals);
	add_code(table, &codes->distances, distances);
	sb_prefix_code_make(table->often, LENGTHS, LENGTH_BITS, &table->code);
	for (table->lengths = LENGTHS; table->lengths > 4 && table->code.bits[length_order[table->lengths - 1]] == 0;)
		table->lengths--;
}

static unsigned run_bits(unsigned symbol)
{
	return symbol == SAME_AGAIN ? 2 : symbol == FEW_ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0;
}

static uint64_t table_cost(const struct code_table *table)
{
	uint64_t bits = 5 + 5 + 4 + 3 * (uint64_t)table->lengths;

	for (unsigned i = 0; i < LENGTHS; i++)
		bits += (uint64_t)table->often[i] * (table->code.bits[i] + run_bits(i));
	return bits;
}

static unsigned length_extra(unsigned symbol)
{
	unsigned of_length = symbol - SB_END_OF_BLOCK - 1;
	return symbol <= SB_END_OF_BLOCK || of_length < 8 || of_length == LENGTH_CODE_MOST ? 0 : of_length / 4 - 1;
}

static uint64_t cost(const struct sb_block *block, const struct codes *codes)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < SB_LITERALS; i++)
		bits += (uint64_t)block->literals[i] * (codes->literals.bits[i] + length_extra(i));
	for (unsigned i = 0; i < SB_DISTANCES; i++)
		bits += (uint64_t)block->distances[i] * (codes->distances.bits[i] + distance_extra(i));
	return bits;
}

/* Source: RFC 1951, 3.2.6. */
static void make_fixed(struct codes *codes)
{
	for (unsigned i = 0; i < SB_CODE_MOST; i++)
		codes->literals.bits[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	memset(codes->distances.bits, 5, SB_DISTANCES);
	sb_prefix_code_words(&codes->literals, SB_CODE_MOST);
	sb_prefix_code_words(&codes->distances, SB_DISTANCES);
}

static void write_table(const struct code_table *table, struct sb_bits *bits)
{
	put_bits(bits, table->literals - (SB_END_OF_BLOCK + 1), 5);
	put_bits(bits, table->distances - 1, 5);
	put_bits(bits, table->lengths - 4, 4);
	for (unsigned i = 0; i < table->lengths; i++)
		put_bits(bits, table->code.bits[length_order[i]], 3);
	for (unsigned i = 0; i < table->count; i++) {
		unsigned symbol = table->rows[i].symbol;
		put_bits(bits, table->code.word[symbol], table->code.bits[symbol]);
		put_bits(bits, table->rows[i].extra, run_bits(symbol));
	}
}

static void write_word(const struct sb_prefix_code *code, unsigned symbol, struct sb_bits *bits)
{
	put_bits(bits, code->word[symbol], code->bits[symbol]);
}

static void write_symbols(const struct sb_block *block, const struct codes *codes, struct sb_bits *bits)
{
	for (unsigned i = 0; i < block->count && !bits->parted; i++) {
		struct sb_symbol symbol = block->symbols[i];
		if (symbol.distance == 0) {
			write_word(&codes->literals, symbol.value, bits);
			continue;
		}
		unsigned far = symbol.distance - 1U, far_bits = extra_bits(far, DISTANCE_STEPS);
		unsigned long_bits = is_longest(symbol.value) ? 0 : extra_bits(symbol.value, LENGTH_STEPS);
		write_word(&codes->literals, length_symbol(symbol.value), bits);
		put_bits(bits, symbol.value & ((1U << long_bits) - 1), long_bits);
		write_word(&codes->distances, symbol_of(far, DISTANCE_STEPS), bits);
		put_bits(bits, far & ((1U << far_bits) - 1), far_bits);
	}
	write_word(&codes->literals, SB_END_OF_BLOCK, bits);
}

static void write_stored(struct sb_span content, struct sb_bits *bits)
{
	sb_bits_align(bits);
	put_bits(bits, (unsigned)content.n, 16);
	put_bits(bits, ~(unsigned)content.n & UINT16_MAX, 16);
	for (size_t i = 0; i < content.n; i++)
		put_byte(bits, content.p[i]);
}

void sb_block_write(const struct sb_block *block, struct sb_span stored, bool last, struct sb_bits *bits)
{
	struct codes own, fixed;
	struct code_table table = {0};
	unsigned literals = sb_prefix_code_make(block->literals, SB_LITERALS, SB_CODE_BITS, &own.literals);
	unsigned distances = sb_prefix_code_make(block->distances, SB_DISTANCES, SB_CODE_BITS, &own.distances);

	make_fixed(&fixed);
	make_table(&table, &own, literals, distances);
	uint64_t own_bytes = (cost(block, &own) + table_cost(&table) + 3 + 7) / 8, fixed_bytes = (cost(block, &fixed) + 3 + 7) / 8;
	uint64_t least = fixed_bytes <= own_bytes ? fixed_bytes : own_bytes;
	bool is_stored = stored.p && stored.n + 4 <= least && stored.n <= UINT16_MAX;
	unsigned form = is_stored ? FORM_STORED : fixed_bytes == least ? FORM_FIXED : FORM_OWN;

	put_bits(bits, form << 1 | last, 3);
	if (form == FORM_STORED)
		write_stored(stored, bits);
	else if (form == FORM_OWN)
		write_table(&table, bits);
	if (form != FORM_STORED)
		write_symbols(block, form == FORM_OWN ? &own : &fixed, bits);
}
