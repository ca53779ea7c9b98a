/* SPDX-License-Identifier: Apache-2.0 */
/* Java class files: the constant pool, which everything else names things by, then fields, methods and attributes. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { HEADER = 8, FIRST_MAJOR = 45, LAST_MAJOR = 99 };
enum tag { TAG_HEADER = 1, TAG_CLASS };
enum { CONSTANT_UTF8 = 1, CONSTANT_LONG = 5, CONSTANT_DOUBLE = 6 };

static const uint8_t magic[4] = {0xca, 0xfe, 0xba, 0xbe};

struct walk {
	struct sb_view *view;
	struct sb_rd rd;
	uint32_t *utf8;  /* offset of each constant that is a text, 0: another */
	uint64_t pool;   /* constants, with the one that is not there */
};

/* 4.4: bytes of a constant behind its tag; 0 for a tag that is none. */
static unsigned constant_size(uint64_t tag)
{
	static const uint8_t sizes[] = {0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2};
	return tag < sizeof sizes ? sizes[tag] : 0;
}

static int malformed(const struct walk *walk, const char *text, struct sb_err *err)
{
	return sb_damaged(err, "file-damaged", walk->rd.at, text);
}

/** The region from @from to where reading has come. */
static int emit(struct walk *walk, uint64_t from, enum sb_region_kind kind, uint32_t tag, const char *name, struct sb_err *err)
{
	const struct sb_region region = {.offset = from, .length = walk->rd.at - from, .kind = kind, .tag = tag, .loaded = true, .name = name};

	if (walk->rd.bad)
		return malformed(walk, "a class file that ends too early", err);
	return sb_emit_region(walk->view, &region, err);
}

static int take_pool(struct walk *walk, struct sb_err *err)
{
	walk->pool = sb_rd_uint(&walk->rd, 2);
	if (!(walk->utf8 = sb_arena_array(walk->view->arena, (size_t)walk->pool + 1, sizeof *walk->utf8)))
		return sb_no_memory(err);
	for (uint64_t i = 1; i < walk->pool && !walk->rd.bad; i++) {
		uint64_t tag = sb_rd_uint(&walk->rd, 1);
		if (tag == CONSTANT_UTF8) {
			walk->utf8[i] = (uint32_t)walk->rd.at;
			sb_rd_bytes(&walk->rd, (size_t)sb_rd_uint(&walk->rd, 2));
			continue;
		}
		if (constant_size(tag) == 0)
			return malformed(walk, "a constant of no known kind", err);
		sb_rd_bytes(&walk->rd, constant_size(tag));
		i += tag == CONSTANT_LONG || tag == CONSTANT_DOUBLE; /* 4.4.5: these take two places */
	}
	return emit(walk, HEADER, SB_REGION_TABLE, 0, "constant pool", err);
}

static struct sb_span text_of(const struct walk *walk, uint64_t index)
{
	struct sb_rd rd = sb_rd_of(walk->view->file, true);

	if (index >= walk->pool || !walk->utf8[index])
		return sb_span_text("?");
	sb_rd_seek(&rd, walk->utf8[index]);
	return sb_rd_bytes(&rd, (size_t)sb_rd_uint(&rd, 2));
}

static void skip_attribute(struct walk *walk)
{
	sb_rd_bytes(&walk->rd, 2);
	sb_rd_bytes(&walk->rd, (size_t)sb_rd_uint(&walk->rd, 4));
}

/* 4.5, 4.6: what stands behind "method" tells those of one name apart. */
static int take_feature(struct walk *walk, const char *what, struct sb_err *err)
{
	uint64_t from = walk->rd.at;

	sb_rd_bytes(&walk->rd, 2);
	uint64_t name = sb_rd_uint(&walk->rd, 2), descriptor = sb_rd_uint(&walk->rd, 2), attributes = sb_rd_uint(&walk->rd, 2);
	struct sb_span a = text_of(walk, name), b = text_of(walk, descriptor);
	for (uint64_t i = 0; i < attributes && !walk->rd.bad; i++)
		skip_attribute(walk);
	const char *label = sb_arena_printf(walk->view->arena, "%s %.*s%s%.*s", what, (int)a.n, (const char *)a.p, *what == 'f' ? " " : "", (int)b.n,
	                                    (const char *)b.p);
	return label ? emit(walk, from, SB_REGION_SECTION, 0, label, err) : sb_no_memory(err);
}

static int take_features(struct walk *walk, const char *counter, const char *what, struct sb_err *err)
{
	uint64_t from = walk->rd.at, count = sb_rd_uint(&walk->rd, 2);
	int rc = emit(walk, from, SB_REGION_TABLE, 0, counter, err);

	for (uint64_t i = 0; !rc && i < count; i++)
		rc = take_feature(walk, what, err);
	return rc;
}

static int take_attributes(struct walk *walk, struct sb_err *err)
{
	uint64_t from = walk->rd.at, count = sb_rd_uint(&walk->rd, 2);
	int rc = emit(walk, from, SB_REGION_TABLE, 0, "attribute count", err);

	for (uint64_t i = 0; !rc && i < count; i++) {
		from = walk->rd.at;
		struct sb_rd name = walk->rd;
		struct sb_span text = text_of(walk, sb_rd_uint(&name, 2));
		const char *label = sb_arena_printf(walk->view->arena, "attribute %.*s", (int)text.n, (const char *)text.p);
		skip_attribute(walk);
		rc = label ? emit(walk, from, SB_REGION_SECTION, 0, label, err) : sb_no_memory(err);
	}
	return rc;
}

/* 4.1: access, this, super, and the interfaces. */
static int take_class(struct walk *walk, struct sb_err *err)
{
	uint64_t from = walk->rd.at;

	sb_rd_bytes(&walk->rd, 6);
	sb_rd_bytes(&walk->rd, 2 * (size_t)sb_rd_uint(&walk->rd, 2));
	return emit(walk, from, SB_REGION_HEADER, TAG_CLASS, "class", err);
}

static int open_class(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view, .rd = sb_rd_of(view->file, true)};

	(void)hint;
	sb_rd_bytes(&walk.rd, HEADER);
	int rc = emit(&walk, 0, SB_REGION_HEADER, TAG_HEADER, "header", err);
	if (!rc)
		rc = take_pool(&walk, err);
	if (!rc)
		rc = take_class(&walk, err);
	if (!rc)
		rc = take_features(&walk, "field count", "field", err);
	if (!rc)
		rc = take_features(&walk, "method count", "method", err);
	if (!rc)
		rc = take_attributes(&walk, err);
	return rc ? rc : sb_emit_rest(view, walk.rd.at, "fill", err);
}

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_BE, .name = "magic"},
	{.at = 4, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "minor version"},
	{.at = 6, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "major version"},
};

static const struct sb_layout_row class_rows[] = {
	{.at = 0, .length = 2, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_BE, .name = "access flags"},
	{.at = 2, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "this class"},
	{.at = 4, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "super class"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == TAG_HEADER)
		return sb_emit_layout(view, region, SB_ROWS(header_rows), err);
	return region->tag == TAG_CLASS ? sb_emit_layout(view, region, SB_ROWS(class_rows), err) : 0;
}

/* Mach-O files of several architectures begin alike; where those count them, a class has its major version. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_rd rd = sb_rd_of(file, true);

	(void)hint;
	sb_rd_bytes(&rd, 6);
	uint64_t major = sb_rd_uint(&rd, 2);
	return !rd.bad && major >= FIRST_MAJOR && major <= LAST_MAJOR ? sb_magic(file, 0, magic, sizeof magic) : 0;
}

const struct sb_format sb_format_class = {
	.name = "class",
	.spec = "The Java Virtual Machine Specification, Java SE 17, chapter 4",
	.version = 1,
	.probe = probe,
	.open = open_class,
	.describe = describe,
};
