/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a loader follows, and what redirects it: the ranges of directories, and the names that imports and exports lead to, which some linkers put beside any other
 * text. Sources: "The .idata Section", "Delay-Load Import Tables", "The .edata Section", "The .rsrc Section"; application manifests.
 */
#include "verifier/formats/pe/pe.h"

#include <stdlib.h>

enum { IMPORT = 20, DELAYED = 32, EXPORT = 40, HINT = 2, RESOURCE = 16, RESOURCE_ROW = 8, DEEPEST_RESOURCE = 4, MANIFEST = 24, MOST_FOLLOWED = 1 << 20 };

/** Ranges while they are found. */
struct following {
	const struct sb_pe *pe;
	struct sb_vec found; /* struct sb_range */
	uint64_t left;       /* rows and slots: hostile images list the same ones again and again */
	bool stopped;
};

static void add(struct following *in, uint64_t offset, uint64_t length)
{
	struct sb_range *slot = length && !in->stopped ? sb_vec_push(&in->found) : NULL;

	in->stopped |= length && !slot;
	if (slot)
		*slot = (struct sb_range){offset, length};
}

static bool may_go_on(struct following *in)
{
	in->stopped |= in->left == 0;
	in->left -= !in->stopped;
	return !in->stopped;
}

static void add_text(struct following *in, uint64_t address)
{
	struct sb_span text = sb_pe_text_at(in->pe, address);

	if (text.n)
		add(in, (uint64_t)(text.p - in->pe->file.p), text.n + 1);
}

static void add_directories(struct following *in)
{
	static const unsigned rows[] = {SB_PE_EXPORT, SB_PE_IMPORT, SB_PE_RELOCATION, SB_PE_TLS, SB_PE_LOAD_CONFIG, SB_PE_BOUND_IMPORT, SB_PE_IAT, SB_PE_DELAY_IMPORT,
	                                SB_PE_CLR, SB_PE_EXCEPTION};
	uint64_t at;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (sb_pe_offset(in->pe, in->pe->directory[rows[i]].at, 1, &at))
			add(in, at, in->pe->directory[rows[i]].size);
}

/* Names behind hints, up to a zero; the highest bit tells an ordinal. */
static void add_slots(struct following *in, uint64_t address, uint64_t base)
{
	unsigned width = in->pe->wide ? 8 : 4;
	uint64_t value;

	for (; address && (value = sb_pe_at(in->pe, address, width)) != 0 && may_go_on(in); address += width)
		if (!(value >> (8 * width - 1)))
			add_text(in, value - base + HINT);
}

static void add_imports(struct following *in)
{
	uint64_t row = in->pe->directory[SB_PE_IMPORT].at, name;

	/* A loader goes on to a row without a name, however long the directory says it is. */
	for (; row && (name = sb_pe_at(in->pe, row + 12, 4)) != 0 && may_go_on(in); row += IMPORT) {
		add_text(in, name);
		add_slots(in, sb_pe_at(in->pe, row, 4), 0);
		add_slots(in, sb_pe_at(in->pe, row + 16, 4), 0);
	}
}

/* Where the lowest attribute is not set, the table is of an old linker, and holds addresses with the base of the image. */
static void add_delayed(struct following *in)
{
	uint64_t row = in->pe->directory[SB_PE_DELAY_IMPORT].at, name;

	for (; row && (name = sb_pe_at(in->pe, row + 4, 4)) != 0 && may_go_on(in); row += DELAYED) {
		uint64_t base = sb_pe_at(in->pe, row, 4) & 1 ? 0 : in->pe->image_base, names = sb_pe_at(in->pe, row + 16, 4);
		add_text(in, name - base);
		add_slots(in, names ? names - base : 0, base);
	}
}

/* Where a function of another library is named, that lies in the directory itself, which is followed whole. */
static void add_exports(struct following *in)
{
	const struct sb_pe *pe = in->pe;
	const struct sb_pe_range *range = &pe->directory[SB_PE_EXPORT];

	if (range->size < EXPORT)
		return;
	uint64_t count = sb_pe_at(pe, range->at + 24, 4), names = sb_pe_at(pe, range->at + 32, 4);
	add_text(in, sb_pe_at(pe, range->at + 12, 4));
	for (uint64_t i = 0; i < count && may_go_on(in); i++)
		add_text(in, sb_pe_at(pe, names + 4 * i, 4));
}

/* Which libraries are loaded, and with what rights, a manifest says too. */
static void add_resources(struct following *in, uint64_t inside, bool manifest, unsigned depth)
{
	const struct sb_pe *pe = in->pe;
	uint64_t base = pe->directory[SB_PE_RESOURCE].at, folder = base + inside, at;

	if (depth == DEEPEST_RESOURCE || !sb_pe_offset(pe, folder, RESOURCE, &at))
		return;
	uint64_t count = sb_pe_uint(pe, at + 12, 2) + sb_pe_uint(pe, at + 14, 2);
	for (uint64_t i = 0; i < count && may_go_on(in); i++) {
		uint64_t row = folder + RESOURCE + i * RESOURCE_ROW, to = sb_pe_at(pe, row + 4, 4), data = base + (to & 0x7fffffff);
		bool wanted = depth ? manifest : sb_pe_at(pe, row, 4) == MANIFEST;
		if (!wanted)
			continue;
		if (to >> 31)
			add_resources(in, to & 0x7fffffff, true, depth + 1);
		else if (sb_pe_offset(pe, sb_pe_at(pe, data, 4), 1, &at))
			add(in, at, sb_pe_at(pe, data + 4, 4));
	}
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_range *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static uint64_t end_of(const struct sb_range *range)
{
	uint64_t end;
	return sb_add(range->offset, range->length, &end) ? end : UINT64_MAX;
}

static void keep(struct following *in, struct sb_arena *arena, struct sb_pe_followed *out)
{
	struct sb_range *items = in->stopped ? NULL : sb_arena_array(arena, in->found.count + 1, sizeof *items);
	uint64_t end = 0;

	out->all = !items;
	if (!items || !in->found.count)
		return;
	qsort(in->found.items, in->found.count, in->found.size, by_offset);
	for (size_t i = 0; i < in->found.count; i++) {
		items[i] = *(const struct sb_range *)sb_vec_at(&in->found, i);
		end = end_of(&items[i]) > end ? end_of(&items[i]) : end;
		items[i].length = end - items[i].offset;
	}
	out->items = items;
	out->count = in->found.count;
}

static void seek(struct sb_pe *pe, struct sb_arena *arena)
{
	struct following in = {.pe = pe, .found = {.size = sizeof(struct sb_range)}, .left = pe->file.n / 4 < MOST_FOLLOWED ? pe->file.n / 4 : MOST_FOLLOWED};

	if (pe->followed.sought)
		return;
	pe->followed.sought = true;
	add_directories(&in);
	add_imports(&in);
	add_delayed(&in);
	add_exports(&in);
	add_resources(&in, 0, false, 0);
	keep(&in, arena, &pe->followed);
	sb_vec_release(&in.found);
}

bool sb_pe_is_followed(struct sb_view *view, uint64_t offset, uint64_t length)
{
	struct sb_pe *pe = view->own;

	seek(pe, view->arena);
	size_t low = 0, high = pe->followed.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (pe->followed.items[middle].offset < offset + length)
			low = middle + 1;
		else
			high = middle;
	}
	return pe->followed.all || (low && end_of(&pe->followed.items[low - 1]) > offset);
}
