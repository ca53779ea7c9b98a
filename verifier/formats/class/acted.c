/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual machine acts on every name in the constant pool: of classes, methods, types, attributes, values of annotations. What only a String constant leads to is
 * data of the program.
 */
#include "verifier/formats/class/class.h"

/** Bytes that nothing with a meaning of its own fits into: numbers of constants, an int. */
enum { SHORT_CONSTANT = 4 };

static void use(struct sb_class *class, uint64_t index, enum sb_constant_use how)
{
	if (index && index < class->pool_count)
		class->uses[index] |= (uint8_t)how;
}

/* What constants lead to. */
static void use_pool(struct sb_class *class)
{
	for (size_t i = 1; i < class->pool_count; i++) {
		const struct sb_constant_form *form = sb_constant_form(class->pool[i].tag);
		struct sb_span bytes = sb_class_constant(class, i);
		struct sb_rd rd = sb_rd_of(bytes, true);
		if (!bytes.p)
			continue;
		sb_rd_bytes(&rd, form->kind);
		for (size_t k = 0; k < sizeof form->leads / sizeof *form->leads && form->leads[k]; k++)
			use(class, sb_rd_uint(&rd, 2), class->pool[i].tag == SB_CONSTANT_STRING ? SB_CONSTANT_QUOTED : SB_CONSTANT_USED);
	}
}

/* What everything else leads to, as far as it can be read. */
static bool use_regions(struct sb_view *view)
{
	SB_VEC struct sb_vec clauses = {.size = sizeof(struct sb_clause)};

	for (size_t i = 0; i < view->regions.count; i++) {
		clauses.count = 0;
		if (sb_class_clauses(view, sb_view_region(view, i), &clauses, NULL))
			return false;
	}
	return true;
}

static bool find_uses(struct sb_view *view)
{
	struct sb_class *class = view->own;

	if (class->uses)
		return class->uses[0] == 0;
	if (!(class->uses = sb_arena_array(view->arena, class->pool_count + 1, sizeof *class->uses)))
		return false;
	use_pool(class);
	bool read = use_regions(view);
	class->uses[0] |= !read;
	return class->uses[0] == 0;
}

static bool is_text_of_strings(const struct sb_class *class, size_t index)
{
	return class->pool[index].tag == SB_CONSTANT_UTF8 && class->uses[index] == SB_CONSTANT_QUOTED;
}

bool sb_class_acted_on(struct sb_view *view, const struct sb_place *place)
{
	const struct sb_class *class = view->own;

	if (place->region->tag != SB_CLASS_TAG_POOL || !find_uses(view))
		return true;
	for (size_t i = 1; i < class->pool_count; i++) {
		struct sb_span text = sb_class_constant(class, i);
		uint64_t from = text.n ? (uint64_t)(text.p - class->file.p) : 0;
		bool met = text.n > SHORT_CONSTANT && place->offset < from + text.n && place->offset + place->length > from;
		if (met && !is_text_of_strings(class, i))
			return true;
	}
	return false;
}
