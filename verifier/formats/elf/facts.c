/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What protects the program at run time, as the kernel and the dynamic linker read it: program headers, PT_DYNAMIC and what it leads
 * to, never section headers. Sources: gABI chapter 5, binutils elf/common.h, x86-64 psABI "Program Property".
 */
#include "verifier/formats/elf/elf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DF_TEXTREL = 4, DF_BIND_NOW = 8, DF_1_NOW = 1, MOST_IMPORTS = 1 << 20, MOST_LIBRARIES = 64, LONGEST_PATH = 256 };
#define GNU_PROPERTY_X86_FEATURE_1_AND UINT32_C(0xc0000002)
#define GNU_PROPERTY_AARCH64_FEATURE_1_AND UINT32_C(0xc0000000)

static const struct sb_elf_segment *segment_of(const struct sb_elf *elf, uint32_t type)
{
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == type)
			return &elf->segments[i];
	return NULL;
}

static int add(struct sb_vec *out, const char *name, const char *value, int strength, struct sb_err *err)
{
	struct sb_fact *slot = value ? sb_vec_push(out) : NULL;
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_fact){.name = name, .value = value, .strength = strength};
	return 0;
}

static bool has_flag(const struct sb_elf *elf, uint64_t tag, uint64_t flag)
{
	uint64_t value;
	return sb_elf_dynamic(elf, tag, &value) && (value & flag);
}

static bool has_tag(const struct sb_elf *elf, uint64_t tag)
{
	uint64_t value;
	return sb_elf_dynamic(elf, tag, &value);
}

static size_t count_writable_code(const struct sb_elf *elf)
{
	size_t count = 0;
	for (size_t i = 0; i < elf->segment_count; i++)
		count += elf->segments[i].type == SB_PT_LOAD && (elf->segments[i].flags & SB_PF_W) && (elf->segments[i].flags & SB_PF_X);
	return count;
}

static int add_memory(const struct sb_elf *elf, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_elf_segment *stack = segment_of(elf, SB_PT_GNU_STACK);
	bool now = has_tag(elf, SB_DT_BIND_NOW) || has_flag(elf, SB_DT_FLAGS, DF_BIND_NOW) || has_flag(elf, SB_DT_FLAGS_1, DF_1_NOW);
	bool relro = segment_of(elf, SB_PT_GNU_RELRO) != NULL, nx = stack && !(stack->flags & SB_PF_X);
	bool text = has_tag(elf, SB_DT_TEXTREL) || has_flag(elf, SB_DT_FLAGS, DF_TEXTREL);
	size_t writable = count_writable_code(elf);

	int rc = add(out, "NX", nx ? "the stack is not executable" : stack ? "the stack is executable" : "the stack is executable (no PT_GNU_STACK)", nx, err);
	if (!rc)
		rc = add(out, "W^X", writable ? "a segment is writable and executable" : "no segment is writable and executable", writable ? 0 : 1, err);
	if (!rc)
		rc = add(out, "RELRO", !relro ? "none" : now ? "full" : "partial", relro + (relro && now), err);
	if (!rc)
		rc = add(out, "BIND_NOW", now ? "symbols are bound at start" : "symbols are bound lazily", now, err);
	return rc ? rc : add(out, "TEXTREL", text ? "code is relocated at start" : "code is not relocated", !text, err);
}

static int add_position(const struct sb_elf *elf, struct sb_vec *out, struct sb_err *err)
{
	bool pie = elf->type == SB_ET_DYN && (segment_of(elf, SB_PT_INTERP) || has_flag(elf, SB_DT_FLAGS_1, SB_DF_1_PIE));

	if (elf->type == SB_ET_DYN && !pie)
		return add(out, "PIE", "a shared object", 1, err);
	return add(out, "PIE", pie ? "position-independent" : "loaded at a fixed address", pie, err);
}

static int add_path(const struct sb_elf *elf, uint64_t tag, const char *name, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	uint64_t index;

	if (!sb_elf_dynamic(elf, tag, &index))
		return add(out, name, "none", 1, err);
	const char *text = sb_elf_dynamic_string(elf, index);
	return add(out, name, text ? sb_escape_copy(arena, sb_span_text(text)) : "unreadable", 0, err);
}

/* Which program loads this one: what it is told decides everything else. */
static int add_interpreter(const struct sb_elf *elf, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_elf_segment *segment = segment_of(elf, SB_PT_INTERP);
	struct sb_span bytes;

	if (!segment || !sb_span_cut(elf->file, segment->offset, segment->filesz, &bytes))
		return add(out, "interpreter", segment ? "unreadable" : "none", 0, err);
	return add(out, "interpreter", sb_escape_copy(arena, sb_span_of(bytes.p, strnlen((const char *)bytes.p, bytes.n < LONGEST_PATH ? bytes.n : LONGEST_PATH))), 0, err);
}

/* All texts that entries of one tag name, in their order. */
static int add_libraries(const struct sb_elf *elf, uint64_t tag, const char *fact, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	const char *list = "";
	uint64_t index;

	for (size_t i = 0; list && i < MOST_LIBRARIES && sb_elf_dynamic_nth(elf, tag, i, &index); i++) {
		const char *text = sb_elf_dynamic_string(elf, index);
		char *name = text ? sb_escape_copy(arena, sb_span_of(text, strnlen(text, LONGEST_PATH))) : NULL;
		list = text && !name ? NULL : sb_arena_printf(arena, "%s%s%s", list, list[0] ? ", " : "", name ? name : "unreadable");
	}
	return add(out, fact, list && !list[0] ? "none" : list, 0, err);
}

/* The libraries that are loaded with it, those that audit it, and those that stand in for it (ld.so(8), rtld-audit(7); Solaris Linker and Libraries Guide). */
static int add_all_libraries(const struct sb_elf *elf, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	static const struct {
		uint64_t tag;
		const char *fact;
	} lists[] = {{SB_DT_NEEDED, "libraries"}, {SB_DT_AUDIT, "audit libraries"}, {SB_DT_DEPAUDIT, "audit libraries of dependencies"}, {SB_DT_FILTER, "filtered libraries"},
	             {SB_DT_AUXILIARY, "auxiliary libraries"}};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof lists / sizeof *lists; i++)
		rc = add_libraries(elf, lists[i].tag, lists[i].fact, arena, out, err);
	return rc;
}

/** What imported names tell. */
struct imports {
	bool readable, canary;
	size_t checked; /* functions with a checking variant: __memcpy_chk */
};

/* Symbols as the dynamic linker numbers them: up to the table of strings, which linkers put right behind. */
static void read_imports(const struct sb_elf *elf, struct imports *out)
{
	uint64_t symbols, strings;
	size_t size = sb_elf_symbol_size(elf);

	if (!sb_elf_dynamic(elf, SB_DT_SYMTAB, &symbols) || !sb_elf_dynamic(elf, SB_DT_STRTAB, &strings) || strings <= symbols)
		return;
	struct sb_span table = sb_elf_mapped(elf, symbols, strings - symbols);
	if (table.n != strings - symbols || table.n / size > MOST_IMPORTS)
		return;
	out->readable = true;
	for (size_t at = size; at + size <= table.n; at += size) {
		struct sb_rd rd = sb_rd_of(sb_span_of(table.p + at, size), elf->be);
		const char *name = sb_elf_dynamic_string(elf, sb_rd_uint(&rd, 4));
		size_t n = name ? strlen(name) : 0;
		out->canary |= n && (strcmp(name, "__stack_chk_fail") == 0 || strcmp(name, "__stack_chk_guard") == 0);
		out->checked += n > 6 && strncmp(name, "__", 2) == 0 && strcmp(name + n - 4, "_chk") == 0;
	}
}

static int add_imports(const struct sb_elf *elf, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	struct imports found = {0};

	read_imports(elf, &found);
	if (!found.readable)
		return 0; /* static, or laid out in another way: nothing is known */
	int rc = add(out, "canary", found.canary ? "the stack protector is used" : "no stack protector", found.canary, err);
	return rc ? rc : add(out, "FORTIFY", sb_arena_printf(arena, "%zu checked functions", found.checked), (int)found.checked, err);
}

/* The AND of features that the note demands: bits of x86 IBT, SHSTK or of AArch64 BTI, PAC. */
static uint32_t features_of(const struct sb_elf *elf, const struct sb_elf_segment *notes)
{
	struct sb_span bytes;
	uint32_t wanted = elf->machine == SB_EM_AARCH64 ? GNU_PROPERTY_AARCH64_FEATURE_1_AND : GNU_PROPERTY_X86_FEATURE_1_AND;

	if (!notes || !sb_span_cut(elf->file, notes->offset, notes->filesz, &bytes))
		return 0;
	struct sb_rd rd = sb_rd_of(bytes, elf->be);
	uint64_t owner = sb_rd_uint(&rd, 4), size = sb_rd_uint(&rd, 4), type = sb_rd_uint(&rd, 4);
	struct sb_span name = sb_rd_bytes(&rd, 4);
	if (rd.bad || owner != 4 || type != SB_NT_GNU_PROPERTY || memcmp(name.p, "GNU", 4) != 0 || size > rd.in.n - rd.at)
		return 0;
	size_t align = elf->is64 ? 8 : 4;
	while (!rd.bad && rd.in.n - rd.at >= 8) {
		uint64_t kind = sb_rd_uint(&rd, 4), length = sb_rd_uint(&rd, 4);
		struct sb_rd value = sb_rd_of(sb_rd_bytes(&rd, length), elf->be);
		if (kind == wanted && length == 4)
			return (uint32_t)sb_rd_uint(&value, 4);
		sb_rd_bytes(&rd, (align - length % align) % align);
	}
	return 0;
}

static int add_features(const struct sb_elf *elf, struct sb_vec *out, struct sb_err *err)
{
	static const char *const x86[] = {"none", "IBT", "SHSTK", "IBT and SHSTK"}, *const arm[] = {"none", "BTI", "PAC", "BTI and PAC"};
	uint32_t bits = features_of(elf, segment_of(elf, SB_PT_GNU_PROPERTY)) & 3;

	if (elf->machine != SB_EM_X86_64 && elf->machine != SB_EM_386 && elf->machine != SB_EM_AARCH64)
		return 0;
	return add(out, elf->machine == SB_EM_AARCH64 ? "BTI" : "CET", (elf->machine == SB_EM_AARCH64 ? arm : x86)[bits], (int)(bits & 1) + (int)(bits >> 1), err);
}

/* A table that disagrees with the names makes the dynamic linker find another symbol, or none. */
static int add_hash(const struct sb_elf *elf, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	enum sb_elf_hash state = sb_elf_hash_state(elf, arena);

	if (state == SB_ELF_HASH_UNKNOWN)
		return 0;
	return add(out, "symbol hashes", state == SB_ELF_HASH_RIGHT ? "those of the symbols" : "not those of the symbols", state == SB_ELF_HASH_RIGHT, err);
}

int sb_elf_facts(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;

	if (elf->type == SB_ET_REL || elf->segment_count == 0)
		return 0;
	int rc = add_memory(elf, out, err);
	if (!rc)
		rc = add_position(elf, out, err);
	if (!rc)
		rc = add_path(elf, SB_DT_RPATH, "RPATH", view->arena, out, err);
	if (!rc)
		rc = add_path(elf, SB_DT_RUNPATH, "RUNPATH", view->arena, out, err);
	if (!rc)
		rc = add_interpreter(elf, view->arena, out, err);
	if (!rc)
		rc = add_all_libraries(elf, view->arena, out, err);
	if (!rc)
		rc = add_imports(elf, view->arena, out, err);
	if (!rc)
		rc = add_hash(elf, view->arena, out, err);
	return rc ? rc : add_features(elf, out, err);
}
