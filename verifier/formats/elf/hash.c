/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables by which the dynamic linker finds symbols, recomputed from their names: that of GNU (a filter, buckets, chains) and that of the
 * gABI. Found as the linker finds them, through PT_DYNAMIC. Source: binutils bfd/elflink.c and glibc elf/dl-lookup.c; U. Drepper, "How To Write Shared Libraries", 1.5.2.
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
	uint32_t before = 0, next = hash_of(t, t->first);

	for (uint32_t i = t->first; i < t->symbols; i++) {
		uint32_t hash = next, bucket = hash % t->buckets;
		next = i + 1 < t->symbols ? hash_of(t, i + 1) : 0;
		bool last = i + 1 == t->symbols || next % t->buckets != bucket;
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

/* The other table, of the gABI (figure 5-12): counts, buckets, chains; 32 bits each but on two machines, which are not read. */
static uint32_t sysv_hash_of(const struct table *t, uint32_t symbol)
{
	struct sb_rd rd = sb_rd_of(t->symbol_table, t->elf->be);
	uint32_t hash = 0;

	sb_rd_seek(&rd, (uint64_t)symbol * sb_elf_symbol_size(t->elf));
	const char *name = sb_elf_dynamic_string(t->elf, sb_rd_uint(&rd, 4));
	for (; name && *name; name++) {
		hash = (hash << 4) + (uint8_t)*name;
		hash = (hash ^ (hash & 0xf0000000) >> 24) & ~UINT32_C(0xf0000000);
	}
	return hash;
}

static bool is_local(const struct table *t, uint32_t symbol)
{
	uint64_t at = (uint64_t)symbol * sb_elf_symbol_size(t->elf) + (t->elf->is64 ? 4 : 12);
	return at >= t->symbol_table.n || t->symbol_table.p[at] >> 4 == 0;
}

/* Each chain holds symbols of its bucket only, and every symbol that is not local stands in one. @seen: one for each symbol. */
static bool sysv_is_right(const struct table *t, bool *seen)
{
	for (uint32_t bucket = 0; bucket < t->buckets; bucket++) {
		for (uint32_t i = u32_at(t, t->heads, bucket); i; i = u32_at(t, t->chain, i)) {
			if (i >= t->symbols || seen[i] || sysv_hash_of(t, i) % t->buckets != bucket)
				return false;
			seen[i] = true;
		}
	}
	for (uint32_t i = 1; i < t->symbols; i++)
		if (!seen[i] && !is_local(t, i))
			return false;
	return true;
}

static bool find_sysv(struct table *t, uint64_t address)
{
	struct sb_rd rd = sb_rd_of(sb_elf_mapped(t->elf, address, LARGEST_TABLE), t->elf->be);

	t->buckets = (uint32_t)sb_rd_uint(&rd, 4);
	uint64_t chains = sb_rd_uint(&rd, 4);
	t->heads = sb_rd_bytes(&rd, (size_t)t->buckets * 4);
	t->chain = sb_rd_bytes(&rd, (size_t)chains * 4);
	return !rd.bad && t->buckets && chains == t->symbols;
}

static enum sb_elf_hash sysv_state(const struct sb_elf *elf, struct sb_arena *arena)
{
	struct table t = {.elf = elf};
	uint64_t address;

	if (elf->machine == SB_EM_ALPHA || elf->machine == SB_EM_S390 || !sb_elf_dynamic(elf, SB_DT_HASH, &address) || !find_symbols(&t))
		return SB_ELF_HASH_UNKNOWN;
	if (!find_sysv(&t, address))
		return SB_ELF_HASH_WRONG;
	bool *seen = sb_arena_array(arena, (size_t)t.symbols + 1, sizeof *seen);
	return !seen ? SB_ELF_HASH_UNKNOWN : sysv_is_right(&t, seen) ? SB_ELF_HASH_RIGHT : SB_ELF_HASH_WRONG;
}

static enum sb_elf_hash gnu_state(const struct sb_elf *elf, struct sb_arena *arena)
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

enum sb_elf_hash sb_elf_hash_state(const struct sb_elf *elf, struct sb_arena *arena)
{
	enum sb_elf_hash gnu = gnu_state(elf, arena), sysv = sysv_state(elf, arena);

	if (gnu == SB_ELF_HASH_WRONG || sysv == SB_ELF_HASH_WRONG)
		return SB_ELF_HASH_WRONG;
	return gnu == SB_ELF_HASH_RIGHT || sysv == SB_ELF_HASH_RIGHT ? SB_ELF_HASH_RIGHT : SB_ELF_HASH_UNKNOWN;
}
