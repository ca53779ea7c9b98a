/* SPDX-License-Identifier: Apache-2.0 */
/* The constant pool (4.4): where each constant stands and how it is written. */
#include "verifier/formats/class/class.h"

#define TEXT SB_CONSTANT_BIT(SB_CONSTANT_UTF8)
#define CLASS SB_CONSTANT_BIT(SB_CONSTANT_CLASS)
#define NAMED SB_CONSTANT_BIT(SB_CONSTANT_NAME_AND_TYPE)
#define MEMBER (SB_CONSTANT_BIT(SB_CONSTANT_FIELD) | SB_CONSTANT_BIT(SB_CONSTANT_METHOD) | SB_CONSTANT_BIT(SB_CONSTANT_INTERFACE_METHOD))

/* By tag. The first number of a dynamic constant is one of a bootstrap method, and no constant. */
static const struct sb_constant_form forms[] = {
	[SB_CONSTANT_UTF8] = {.size = 2, .name = "text"},
	[SB_CONSTANT_INTEGER] = {.size = 4, .name = "int"},
	[SB_CONSTANT_FLOAT] = {.size = 4, .name = "float"},
	[SB_CONSTANT_LONG] = {.size = 8, .name = "long"},
	[SB_CONSTANT_DOUBLE] = {.size = 8, .name = "double"},
	[SB_CONSTANT_CLASS] = {.size = 2, .rank = 1, .leads = {TEXT}, .name = "class"},
	[SB_CONSTANT_STRING] = {.size = 2, .rank = 1, .leads = {TEXT}, .name = "String"},
	[SB_CONSTANT_FIELD] = {.size = 4, .rank = 2, .leads = {CLASS, NAMED}, .name = "field"},
	[SB_CONSTANT_METHOD] = {.size = 4, .rank = 2, .leads = {CLASS, NAMED}, .name = "method"},
	[SB_CONSTANT_INTERFACE_METHOD] = {.size = 4, .rank = 2, .leads = {CLASS, NAMED}, .name = "interface method"},
	[SB_CONSTANT_NAME_AND_TYPE] = {.size = 4, .rank = 1, .leads = {TEXT, TEXT}, .name = "name and type"},
	[SB_CONSTANT_HANDLE] = {.size = 3, .rank = 3, .kind = 1, .leads = {MEMBER}, .name = "method handle"},
	[SB_CONSTANT_METHOD_TYPE] = {.size = 2, .rank = 1, .leads = {TEXT}, .name = "method type"},
	[SB_CONSTANT_DYNAMIC] = {.size = 4, .rank = SB_CONSTANT_RANK_DYNAMIC, .kind = 2, .leads = {NAMED}, .name = "dynamic"},
	[SB_CONSTANT_INVOKE_DYNAMIC] = {.size = 4, .rank = SB_CONSTANT_RANK_DYNAMIC, .kind = 2, .leads = {NAMED}, .name = "invoke dynamic"},
	[SB_CONSTANT_MODULE] = {.size = 2, .rank = 1, .leads = {TEXT}, .name = "module"},
	[SB_CONSTANT_PACKAGE] = {.size = 2, .rank = 1, .leads = {TEXT}, .name = "package"},
};

const struct sb_constant_form *sb_constant_form(uint64_t tag)
{
	return &forms[tag < sizeof forms / sizeof *forms ? tag : 0];
}

int sb_class_read_pool(struct sb_class *class, struct sb_rd *rd, struct sb_arena *arena, struct sb_err *err)
{
	class->pool_count = (size_t)sb_rd_uint(rd, 2);
	if (!(class->pool = sb_arena_array(arena, class->pool_count + 1, sizeof *class->pool)))
		return sb_no_memory(err);
	for (size_t i = 1; i < class->pool_count && !rd->bad; i++) {
		size_t at = rd->at;
		uint64_t tag = sb_rd_uint(rd, 1), more = 0;
		if (sb_constant_form(tag)->size == 0)
			return sb_damaged(err, "file-damaged", rd->at, "a constant of no known kind");
		if (tag == SB_CONSTANT_UTF8)
			more = sb_rd_uint(rd, 2);
		else
			more = sb_constant_form(tag)->size;
		sb_rd_bytes(rd, (size_t)more);
		class->pool[i] = (struct sb_constant){.offset = (uint32_t)at, .tag = (uint8_t)tag};
		i += tag == SB_CONSTANT_LONG || tag == SB_CONSTANT_DOUBLE; /* 4.4.5: these take two places */
	}
	return 0;
}

struct sb_span sb_class_constant(const struct sb_class *class, uint64_t index)
{
	struct sb_rd rd = sb_rd_of(class->file, true);

	if (index == 0 || index >= class->pool_count || class->pool[index].tag == 0)
		return (struct sb_span){0};
	sb_rd_seek(&rd, class->pool[index].offset + 1U);
	size_t size = class->pool[index].tag == SB_CONSTANT_UTF8 ? (size_t)sb_rd_uint(&rd, 2) : sb_constant_form(class->pool[index].tag)->size;
	return sb_rd_bytes(&rd, size);
}

struct sb_span sb_class_text(const struct sb_class *class, uint64_t index)
{
	if (index == 0 || index >= class->pool_count || class->pool[index].tag != SB_CONSTANT_UTF8)
		return (struct sb_span){0};
	struct sb_span text = sb_class_constant(class, index);
	return text.p ? text : sb_span_text("");
}
