/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table by which the dynamic linker finds symbols, recomputed from their names: a filter, buckets, chains. Found as the linker finds
 * it, through PT_DYNAMIC. Source: binutils bfd/elflink.c and glibc elf/dl-lookup.c; U. Drepper, "How To Write Shared Libraries", 1.5.2.
 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

enum { MOST_SYMBOLS = 1 << 20, LARGEST_TABLE = 64 << 20 };

/** The table, cut into its parts. */
struct table {
	const struct sb_elf *elf;
	uint32_t buckets, first, filter_words, shift, symbols;
	struct sb_span filter, heads, chain, symbol_table;
};

static uint32_t u32_at(const struct table *t, struct sb_span in, uint64_t i)
{
	struct sb_rd rd = sb_rd_of(in, t->elf->be);
	sb_rd_seek(&rd, i * 4);
	return (uint32_t)sb_rd_uint(&rd, 4);
}

/* Symbols end where their names begin, as linkers lay them out. */
static bool find_symbols(struct table *t)
{
	uint64_t symbols, strings, size = sb_elf_symbol_size(t->elf);

	if (!sb_elf_dynamic(t->elf, SB_DT_SYMTAB, &symbols) || !sb_elf_dynamic(t->elf, SB_DT_STRTAB, &strings) || strings <= symbols ||
	    (strings - symbols) / size > MOST_SYMBOLS)
		return false;
	t->symbol_table = sb_elf_mapped(t->elf, symbols, strings - symbols);
	t->symbols = (uint32_t)(t->symbol_table.n / size);
	return t->symbol_table.n == strings - symbols;
}

static bool find_table(struct table *t)
{
	uint64_t address;

	if (!sb_elf_dynamic(t->elf, SB_DT_GNU_HASH, &address))
		return false;
	struct sb_span bytes = sb_elf_mapped(t->elf, address, LARGEST_TABLE);
	struct sb_rd rd = sb_rd_of(bytes, t->elf->be);
	t->buckets = (uint32_t)sb_rd_uint(&rd, 4);
	t->first = (uint32_t)sb_rd_uint(&rd, 4);
	t->filter_words = (uint32_t)sb_rd_uint(&rd, 4);
	t->shift = (uint32_t)sb_rd_uint(&rd, 4);
	if (rd.bad || t->buckets == 0 || t->filter_words == 0 || t->shift > 31 || t->first > t->symbols)
		return false;
	t->filter = sb_rd_bytes(&rd, (size_t)t->filter_words * sb_elf_word(t->elf));
	t->heads = sb_rd_bytes(&rd, (size_t)t->buckets * 4);
	t->chain = sb_rd_bytes(&rd, (size_t)(t->symbols - t->first) * 4);
	return !rd.bad;
}

static uint32_t hash_of(const struct table *t, uint32_t symbol)
{
	struct sb_rd rd = sb_rd_of(t->symbol_table, t->elf->be);
	uint32_t hash = 5381;

	sb_rd_seek(&rd, (uint64_t)symbol * sb_elf_symbol_size(t->elf));
	const char *name = sb_elf_dynamic_string(t->elf, sb_rd_uint(&rd, 4));
	for (; name && *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash;
}

/* Both bits of a name must be set, and no bits but those: the words are compared once all names are through. */
static void set_bits(const struct table *t, uint32_t hash, uint64_t *filter)
{
	uint32_t bits = 8 * sb_elf_word(t->elf), word = hash / bits % t->filter_words;

	filter[word] |= UINT64_C(1) << hash % bits | UINT64_C(1) << (hash >> t->shift) % bits;
}

static bool filter_is_right(const struct table *t, const uint64_t *filter)
{
	struct sb_rd rd = sb_rd_of(t->filter, t->elf->be);

	for (uint32_t i = 0; i < t->filter_words; i++)
		if (sb_rd_uint(&rd, sb_elf_word(t->elf)) != filter[i])
			return false;
	return true;
}

/* Symbols stand in the order of their buckets; the last one of a bucket has bit 0 set. */
static bool chains_are_right(const struct table *t, uint32_t *heads, uint64_t *filter)
{
	uint32_t before = 0;

	for (uint32_t i = t->first; i < t->symbols; i++) {
		uint32_t hash = hash_of(t, i), bucket = hash % t->buckets;
		bool last = i + 1 == t->symbols || hash_of(t, i + 1) % t->buckets != bucket;
		if (bucket < before || u32_at(t, t->chain, i - t->first) != ((hash & ~UINT32_C(1)) | last))
			return false;
		if (heads[bucket] == 0)
			heads[bucket] = i;
		before = bucket;
		set_bits(t, hash, filter);
	}
	for (uint32_t i = 0; i < t->buckets; i++)
		if (u32_at(t, t->heads, i) != heads[i])
			return false;
	return true;
}

enum sb_elf_hash sb_elf_hash_state(const struct sb_elf *elf, struct sb_arena *arena)
{
	struct table t = {.elf = elf};
	uint64_t address;

	if (!sb_elf_dynamic(elf, SB_DT_GNU_HASH, &address) || !find_symbols(&t))
		return SB_ELF_HASH_UNKNOWN;
	if (!find_table(&t))
		return SB_ELF_HASH_WRONG;
	uint32_t *heads = sb_arena_array(arena, t.buckets, sizeof *heads);
	uint64_t *filter = sb_arena_array(arena, t.filter_words, sizeof *filter);
	if (!heads || !filter)
		return SB_ELF_HASH_UNKNOWN;
	if (t.first == t.symbols) /* nothing is exported: linkers write one empty bucket and an empty filter */
		return sb_span_all_zero(t.filter) && sb_span_all_zero(t.heads) ? SB_ELF_HASH_RIGHT : SB_ELF_HASH_WRONG;
	return chains_are_right(&t, heads, filter) && filter_is_right(&t, filter) ? SB_ELF_HASH_RIGHT : SB_ELF_HASH_WRONG;
}
