/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What protects the program at run time, as the kernel and dyld read it: header, load commands, names of imports, and what a code signature asks for. Sources: loader.h;
 * xnu, osfmk/kern/cs_blobs.h.
 */
#include "verifier/formats/macho/macho.h"

#include <limits.h>
#include <string.h>

enum { OBJECT = 1, EXECUTE = 2, NO_UNDEFINED_TYPE = 0x0e, STAB = 0xe0, WRITE = 2, RUN = 4, READ_ONLY = 0x10, MOST_LISTED = 64, LONGEST = 256 };
enum { WEAK_DYLIB = 0x18, REEXPORT_DYLIB = 0x1f, LAZY_DYLIB = 0x20, UPWARD_DYLIB = 0x23 };
#define ALLOW_STACK_EXECUTION UINT64_C(0x20000)
#define PIE UINT64_C(0x200000)
#define NO_HEAP_EXECUTION UINT64_C(0x1000000)

/** Where facts go. */
struct telling {
	const struct sb_macho *macho;
	struct sb_arena *arena;
	struct sb_vec *out;
	bool no_memory;
};

static void tell(struct telling *telling, const char *name, const char *value, int strength)
{
	struct sb_fact *slot = value ? sb_vec_push(telling->out) : NULL;

	telling->no_memory |= !slot;
	if (slot)
		*slot = (struct sb_fact){.name = name, .value = value, .strength = strength};
}

static void tell_signed(struct telling *telling, const char *name, const char *value, int strength)
{
	size_t before = telling->out->count;

	tell(telling, name, value, strength);
	if (telling->out->count > before)
		((struct sb_fact *)sb_vec_at(telling->out, before))->signed_for = true;
}

static void tell_memory(struct telling *telling)
{
	uint64_t flags = sb_macho_uint(telling->macho, 24, 4), type = sb_macho_uint(telling->macho, 12, 4);
	size_t writable = 0, constant = 0;

	for (size_t i = 0; i < telling->macho->kept_segment_count; i++) {
		const struct sb_macho_segment *segment = &telling->macho->kept_segments[i];
		writable += (segment->protection & (WRITE | RUN)) == (WRITE | RUN);
		constant += (segment->flags & READ_ONLY) != 0;
	}
	tell(telling, "NX", flags & ALLOW_STACK_EXECUTION ? "the stack is executable" : "the stack is not executable", !(flags & ALLOW_STACK_EXECUTION));
	tell(telling, "heap", flags & NO_HEAP_EXECUTION ? "the heap is not executable" : "the heap is left to the system", flags & NO_HEAP_EXECUTION ? 1 : 0);
	tell(telling, "W^X", writable ? "a segment is writable and executable" : "no segment is writable and executable", writable ? 0 : 1);
	tell(telling, "RELRO", constant ? "a segment is read-only once it was bound" : "no segment is read-only once it was bound", constant ? 1 : 0);
	if (type == EXECUTE)
		tell(telling, "PIE", flags & PIE ? "position-independent" : "loaded at a fixed address", flags & PIE ? 1 : 0);
}

/* A text whose offset in its command stands behind the head: lc_str. */
static const char *text_of(struct telling *telling, uint64_t at, uint64_t size)
{
	uint64_t inside = size >= 12 ? sb_macho_uint(telling->macho, at + 8, 4) : size;
	struct sb_span text;

	if (inside >= size || !sb_span_cut(telling->macho->file, at + inside, size - inside, &text))
		return "unreadable";
	return sb_escape_copy(telling->arena, sb_span_of(text.p, strnlen((const char *)text.p, text.n < LONGEST ? text.n : LONGEST)));
}

/* How a program comes to a library decides what happens when that is not there. */
static const char *way_of(uint64_t command)
{
	return command == WEAK_DYLIB ? " (weak)" : command == REEXPORT_DYLIB ? " (exported again)" : command == LAZY_DYLIB ? " (lazy)" : command == UPWARD_DYLIB ? " (upward)" : "";
}

static bool is_library(uint64_t command)
{
	return command == SB_MACHO_LOAD_DYLIB || *way_of(command);
}

static void tell_list(struct telling *telling, const char *name, bool (*belongs)(uint64_t), int without)
{
	uint64_t at = 0, command, size;
	const char *list = "";
	size_t count = 0;

	while (list && sb_macho_next_command(telling->macho, &at, &command, &size)) {
		if (!belongs(command) || count++ >= MOST_LISTED)
			continue;
		const char *text = text_of(telling, at, size);
		list = text ? sb_arena_printf(telling->arena, "%s%s%s%s", list, list[0] ? ", " : "", text, way_of(command)) : NULL;
	}
	tell(telling, name, count ? list : "none", count ? 0 : without);
}

static bool is_path(uint64_t command)
{
	return command == SB_MACHO_RPATH;
}

static bool is_loader(uint64_t command)
{
	return command == SB_MACHO_DYLINKER;
}

static void tell_imports(struct telling *telling)
{
	const struct sb_macho *macho = telling->macho;
	uint64_t each = macho->wide ? 16 : 12, checked = 0;
	bool canary = false;

	for (uint64_t i = 0; i < macho->symbol_count; i++) {
		uint64_t at = macho->symbols + i * each, type = sb_macho_uint(macho, at + 4, 1);
		struct sb_span name = sb_macho_symbol_name(macho, at);
		if (type & (STAB | NO_UNDEFINED_TYPE))
			continue;
		canary |= sb_span_equal(name, sb_span_text("___stack_chk_fail")) || sb_span_equal(name, sb_span_text("___stack_chk_guard"));
		checked += name.n > 7 && memcmp(name.p, "___", 3) == 0 && memcmp(name.p + name.n - 4, "_chk", 4) == 0;
	}
	if (macho->symbol_count == 0)
		return; /* nothing is known */
	tell(telling, "canary", canary ? "the stack protector is used" : "no stack protector", canary);
	tell(telling, "FORTIFY", sb_arena_printf(telling->arena, "%llu checked functions", (unsigned long long)checked), (int)checked);
}

/* CodeDirectory flags that a kernel takes from a file and that a program is safer with. */
static const struct {
	uint32_t bit;
	const char *name;
} watched[] = {
	{0x100, "no invalid pages"}, {0x200, "killed when invalid"}, {0x400, "expiration"}, {0x800, "restricted"}, {0x1000, "enforcement"}, {0x2000, "library validation"}, {0x10000, "hardened runtime"},
};

static uint64_t number_of(struct sb_span directory, size_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(directory, true);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

/* Of the first directory: all of a signature say the same, else nothing is detached. */
static void tell_signature(struct telling *telling, const struct sb_view *view)
{
	enum { VERSION = 8, FLAGS = 12, PLATFORM = 38, RUNTIME = 88, WITH_RUNTIME = 0x20500 };
	const struct sb_region *region = sb_view_region_of(view, SB_REGION_SIGNATURE, "code directory");
	struct sb_span directory;

	if (!region || !sb_span_cut(view->file, region->offset, region->length, &directory))
		return;
	uint64_t flags = number_of(directory, FLAGS, 4), platform = number_of(directory, PLATFORM, 1);
	uint64_t runtime = number_of(directory, VERSION, 4) >= WITH_RUNTIME ? number_of(directory, RUNTIME, 4) : 0;
	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
		tell_signed(telling, watched[i].name, flags & watched[i].bit ? "the signature asks for it" : "the signature does not ask for it", (flags & watched[i].bit) != 0);
	tell_signed(telling, "platform", platform ? sb_arena_printf(telling->arena, "part of system %u", (unsigned)platform) : "part of no system", platform == 0);
	if (runtime)
		tell_signed(telling, "runtime version", sb_arena_printf(telling->arena, "%u.%u.%u", (unsigned)(runtime >> 16), (unsigned)(runtime >> 8 & 0xff), (unsigned)(runtime & 0xff)),
			    runtime < INT_MAX ? (int)runtime : INT_MAX);
}

int sb_macho_facts(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	struct telling telling = {view->own, view->arena, out, false};

	if (sb_macho_uint(telling.macho, 12, 4) == OBJECT)
		return 0;
	tell_memory(&telling);
	tell_list(&telling, "RPATH", is_path, 1);
	tell_list(&telling, "interpreter", is_loader, 0);
	tell_list(&telling, "libraries", is_library, 0);
	tell_imports(&telling);
	tell_signature(&telling, view);
	return telling.no_memory ? sb_no_memory(err) : 0;
}
