/* SPDX-License-Identifier: Apache-2.0 */
/* WebAssembly modules: sections, and the code section by functions, which are named by what exports them or by the section of names. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { HEADER = 8 };
enum tag { TAG_NONE = 0, TAG_HEADER, TAG_DATA }; /* DATA: texts of the program, and what only debuggers read */
enum section { SECTION_CUSTOM = 0, SECTION_IMPORT = 2, SECTION_EXPORT = 7, SECTION_CODE = 10, SECTION_DATA = 11 };
enum { KIND_FUNCTION = 0, NAMES_OF_FUNCTIONS = 1 };

static const uint8_t magic[4] = {0, 'a', 's', 'm'};

/** Names by the index of a function, imported ones first. */
struct walk {
	struct sb_view *view;
	const char **names;
	uint64_t functions, imported;
};

/* 5.2.2: seven bits a byte, five bytes at most. */
static uint64_t read_u32(struct sb_rd *rd)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint64_t byte = sb_rd_uint(rd, 1);
		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			rd->bad |= value > UINT32_MAX;
			return rd->bad ? 0 : value;
		}
	}
	rd->bad = true;
	return 0;
}

static struct sb_span read_name(struct sb_rd *rd)
{
	return sb_rd_bytes(rd, (size_t)read_u32(rd));
}

static const char *section_name(uint64_t id)
{
	static const char *const names[] = {"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element",
	                                    "code", "data", "data count", "tag"};
	return id < sizeof names / sizeof *names ? names[id] : "unknown";
}

/** One section: where its header begins, its id, its content, which a custom one begins with its name. */
struct section_at {
	uint64_t at, id;
	struct sb_span content;
	const char *name;
};

static bool next_section(struct sb_span file, uint64_t *at, struct section_at *out)
{
	struct sb_rd rd = sb_rd_of(file, false);

	sb_rd_seek(&rd, *at);
	*out = (struct section_at){.at = *at, .id = sb_rd_uint(&rd, 1)};
	out->content = sb_rd_bytes(&rd, (size_t)read_u32(&rd));
	out->name = section_name(out->id);
	*at = rd.at;
	return !rd.bad;
}

static void give_name(struct walk *walk, uint64_t function, struct sb_span name)
{
	if (function < walk->functions && name.n)
		walk->names[function] = sb_arena_copy(walk->view->arena, name);
}

/* 5.5.5: what is imported has a kind and then a type, of one to several numbers. */
static void count_imports(struct walk *walk, struct sb_span content)
{
	struct sb_rd rd = sb_rd_of(content, false);
	uint64_t count = read_u32(&rd);

	for (uint64_t i = 0; i < count && !rd.bad; i++) {
		(void)read_name(&rd);
		(void)read_name(&rd);
		uint64_t kind = sb_rd_uint(&rd, 1), more = 0;
		walk->imported += kind == KIND_FUNCTION && !rd.bad;
		if (kind == 1) /* a table: the type of its elements */
			sb_rd_bytes(&rd, 1);
		if (kind == 1 || kind == 2)
			more = sb_rd_uint(&rd, 1) & 1; /* limits: a least number, and perhaps a most */
		(void)read_u32(&rd);
		if (more)
			(void)read_u32(&rd);
		if (kind >= 3)
			sb_rd_bytes(&rd, kind == 3); /* a global: mutable or not */
	}
}

static void read_exports(struct walk *walk, struct sb_span content)
{
	struct sb_rd rd = sb_rd_of(content, false);
	uint64_t count = read_u32(&rd);

	for (uint64_t i = 0; i < count && !rd.bad; i++) {
		struct sb_span name = read_name(&rd);
		uint64_t kind = sb_rd_uint(&rd, 1), index = read_u32(&rd);
		if (!rd.bad && kind == KIND_FUNCTION)
			give_name(walk, index, name);
	}
}

/* Appendix, name section. */
static void read_names(struct walk *walk, struct sb_span content)
{
	struct sb_rd rd = sb_rd_of(content, false);

	if (!sb_span_equal(read_name(&rd), sb_span_text("name")))
		return;
	while (!rd.bad && rd.at < content.n) {
		uint64_t kind = sb_rd_uint(&rd, 1);
		struct sb_rd part = sb_rd_of(sb_rd_bytes(&rd, (size_t)read_u32(&rd)), false);
		uint64_t count = kind == NAMES_OF_FUNCTIONS ? read_u32(&part) : 0;
		for (uint64_t i = 0; i < count && !part.bad; i++) {
			uint64_t index = read_u32(&part);
			struct sb_span name = read_name(&part);
			if (!part.bad)
				give_name(walk, index, name);
		}
	}
}

/** How many functions there are, and what they are called: exports first, names of their own over them. */
static int learn_names(struct walk *walk, struct sb_err *err)
{
	struct section_at section;
	uint64_t at;

	for (at = HEADER; next_section(walk->view->file, &at, &section);) {
		struct sb_rd rd = sb_rd_of(section.content, false);
		if (section.id == SECTION_IMPORT)
			count_imports(walk, section.content);
		if (section.id == SECTION_CODE)
			walk->functions = read_u32(&rd);
	}
	walk->functions += walk->imported;
	if (walk->functions > walk->view->file.n) /* each takes a byte at least */
		walk->functions = 0;
	if (!(walk->names = sb_arena_array(walk->view->arena, (size_t)walk->functions + 1, sizeof *walk->names)))
		return sb_no_memory(err);
	for (at = HEADER; next_section(walk->view->file, &at, &section);) {
		if (section.id == SECTION_EXPORT)
			read_exports(walk, section.content);
		if (section.id == SECTION_CUSTOM)
			read_names(walk, section.content);
	}
	return 0;
}

static int emit_tagged(struct walk *walk, uint64_t from, uint64_t to, enum sb_region_kind kind, enum tag tag, const char *name, struct sb_err *err)
{
	const struct sb_region region = {.offset = from, .length = to - from, .kind = kind, .tag = tag, .loaded = kind != SB_REGION_GAP, .name = name};
	return name ? sb_emit_region(walk->view, &region, err) : sb_no_memory(err);
}

static int emit(struct walk *walk, uint64_t from, uint64_t to, enum sb_region_kind kind, const char *name, struct sb_err *err)
{
	return emit_tagged(walk, from, to, kind, TAG_NONE, name, err);
}

/* 5.5.13: each function by itself; what the counts do not reach is a gap inside the section. */
static int take_code(struct walk *walk, const struct section_at *section, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(walk->view->file, false);
	uint64_t end = (uint64_t)(section->content.p - walk->view->file.p) + section->content.n;

	sb_rd_seek(&rd, end - section->content.n);
	uint64_t count = read_u32(&rd);
	if (rd.bad || rd.at > end)
		return sb_damaged(err, "file-damaged", section->at, "a count of functions that ends behind the section of code");
	int rc = emit(walk, section->at, rd.at, SB_REGION_HEADER, "code", err);
	for (uint64_t i = 0; !rc && i < count; i++) {
		uint64_t from = rd.at, index = walk->imported + i;
		sb_rd_bytes(&rd, (size_t)read_u32(&rd));
		if (rd.bad || rd.at > end)
			return sb_damaged(err, "file-damaged", from, "a function that ends behind the section of code");
		const char *name = index < walk->functions ? walk->names[index] : NULL;
		name = name ? sb_arena_printf(walk->view->arena, "function %s", name)
		            : sb_arena_printf(walk->view->arena, "function %llu", (unsigned long long)index);
		rc = emit(walk, from, rd.at, SB_REGION_SECTION, name, err);
	}
	return rc ? rc : emit(walk, rd.at, end, SB_REGION_GAP, "gap", err);
}

/* Tool conventions, "DWARF for WebAssembly"; appendix, name section. Of other custom sections linkers and loaders read some (linking, reloc, dylink.0). */
static bool is_for_debuggers(struct sb_span name)
{
	return sb_span_starts(name, ".debug_", 7) || sb_span_equal(name, sb_span_text("name"));
}

static int take_section(struct walk *walk, const struct section_at *section, uint64_t end, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(section->content, false);

	if (section->id == SECTION_CODE && section->content.n)
		return take_code(walk, section, err);
	if (section->id != SECTION_CUSTOM)
		return emit_tagged(walk, section->at, end, SB_REGION_SECTION, section->id == SECTION_DATA ? TAG_DATA : 0, section->name, err);
	struct sb_span name = read_name(&rd);
	return emit_tagged(walk, section->at, end, SB_REGION_SECTION, is_for_debuggers(name) ? TAG_DATA : 0, sb_arena_printf(walk->view->arena, "custom %.*s", (int)name.n, (const char *)name.p), err);
}

static int open_wasm(struct sb_view *view, const char *hint, struct sb_err *err)
{
	const struct sb_region header = {.length = HEADER, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .loaded = true, .name = "header"};
	struct walk walk = {.view = view};
	struct section_at section;
	uint64_t at = HEADER;
	int rc;

	(void)hint;
	if (view->file.n < HEADER)
		return sb_damaged(err, "file-damaged", 0, "a WebAssembly module that is shorter than its header");
	rc = sb_emit_region(view, &header, err);
	if (!rc)
		rc = learn_names(&walk, err);
	while (!rc && at < view->file.n) {
		if (!next_section(view->file, &at, &section))
			return sb_damaged(err, "file-damaged", section.at, "a section of a WebAssembly module that ends behind the file");
		rc = take_section(&walk, &section, at, err);
	}
	return rc;
}

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 4, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "version"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	return region->tag == TAG_HEADER ? sb_emit_layout(view, region, SB_ROWS(header_rows), err) : 0;
}

static bool acted_on(struct sb_view *view, const struct sb_place *place)
{
	(void)view;
	return place->region->tag != TAG_DATA;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return file.n >= HEADER ? sb_magic(file, 0, magic, sizeof magic) : 0;
}

const struct sb_format sb_format_wasm = {
	.name = "wasm",
	.spec = "W3C WebAssembly Core Specification 2.0, chapter 5 and appendix, name section",
	.version = 3,
	.probe = probe,
	.open = open_wasm,
	.describe = describe,
	.acted_on = acted_on,
};
