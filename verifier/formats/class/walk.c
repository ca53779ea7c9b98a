/* SPDX-License-Identifier: Apache-2.0 */
/* Owners of all bytes: the constant pool, which everything else names things by, then fields, methods and attributes (4.1, 4.5 to 4.7). */
#include "verifier/formats/class/class.h"

struct walk {
	struct sb_view *view;
	struct sb_class *class;
	struct sb_rd rd;
};

/** The region from @from to where reading has come. */
static int emit(struct walk *walk, uint64_t from, enum sb_region_kind kind, enum sb_class_tag tag, const char *name, struct sb_err *err)
{
	const struct sb_region region = {.offset = from, .length = walk->rd.at - from, .kind = kind, .tag = tag, .loaded = true, .name = name};

	if (walk->rd.bad)
		return sb_damaged(err, "file-damaged", walk->rd.at, "a class file that ends too early");
	return sb_emit_region(walk->view, &region, err);
}

static int take_pool(struct walk *walk, struct sb_err *err)
{
	int rc = sb_class_read_pool(walk->class, &walk->rd, walk->view->arena, err);
	return rc ? rc : emit(walk, SB_CLASS_HEADER, SB_REGION_TABLE, SB_CLASS_TAG_POOL, "constant pool", err);
}

static struct sb_span name_of(const struct walk *walk, uint64_t index)
{
	struct sb_span text = sb_class_text(walk->class, index);
	return text.p ? text : sb_span_text("?");
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
	struct sb_span a = name_of(walk, name), b = name_of(walk, descriptor);
	for (uint64_t i = 0; i < attributes && !walk->rd.bad; i++)
		skip_attribute(walk);
	const char *label = sb_arena_printf(walk->view->arena, "%s %.*s%s%.*s", what, (int)a.n, (const char *)a.p, *what == 'f' ? " " : "", (int)b.n,
	                                    (const char *)b.p);
	return label ? emit(walk, from, SB_REGION_SECTION, SB_CLASS_TAG_FEATURE, label, err) : sb_no_memory(err);
}

static int take_features(struct walk *walk, const char *counter, const char *what, struct sb_err *err)
{
	uint64_t from = walk->rd.at, count = sb_rd_uint(&walk->rd, 2);
	int rc = emit(walk, from, SB_REGION_TABLE, SB_CLASS_TAG_COUNT, counter, err);

	for (uint64_t i = 0; !rc && i < count; i++)
		rc = take_feature(walk, what, err);
	return rc;
}

static int take_attributes(struct walk *walk, struct sb_err *err)
{
	uint64_t from = walk->rd.at, count = sb_rd_uint(&walk->rd, 2);
	int rc = emit(walk, from, SB_REGION_TABLE, SB_CLASS_TAG_COUNT, "attribute count", err);

	for (uint64_t i = 0; !rc && i < count; i++) {
		from = walk->rd.at;
		struct sb_rd name = walk->rd;
		struct sb_span text = name_of(walk, sb_rd_uint(&name, 2));
		const char *label = sb_arena_printf(walk->view->arena, "attribute %.*s", (int)text.n, (const char *)text.p);
		skip_attribute(walk);
		rc = label ? emit(walk, from, SB_REGION_SECTION, SB_CLASS_TAG_ATTRIBUTE, label, err) : sb_no_memory(err);
	}
	return rc;
}

/* 4.1: access, this, super, and the interfaces. */
static int take_class(struct walk *walk, struct sb_err *err)
{
	uint64_t from = walk->rd.at;

	sb_rd_bytes(&walk->rd, 6);
	sb_rd_bytes(&walk->rd, 2 * (size_t)sb_rd_uint(&walk->rd, 2));
	return emit(walk, from, SB_REGION_HEADER, SB_CLASS_TAG_CLASS, "class", err);
}

int sb_class_open(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view, .rd = sb_rd_of(view->file, true)};

	(void)hint;
	if (!(walk.class = sb_arena_alloc(view->arena, sizeof *walk.class)))
		return sb_no_memory(err);
	walk.class->file = view->file;
	view->own = walk.class;
	sb_rd_bytes(&walk.rd, SB_CLASS_HEADER);
	int rc = emit(&walk, 0, SB_REGION_HEADER, SB_CLASS_TAG_HEADER, "header", err);
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
