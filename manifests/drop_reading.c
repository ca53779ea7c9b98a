/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/drop_reading.h"

#include <string.h>

bool sb_drop_out_of_memory(struct sb_drop_reading *in, const void *made)
{
	struct sb_err err;
	if (!made) {
		sb_fail(&err, SB_NOMEM, "out-of-memory", "out of memory");
		sb_problems_add(&in->schema.problems, &err);
	}
	return !made;
}

const char *sb_drop_label(struct sb_drop_reading *in, struct sb_place place)
{
	const char *text = sb_schema_text(&in->schema, place, NULL);
	if (text && (text[0] == '\0' || strlen(text) > 200 || !sb_escape_is_plain(sb_span_text(text)))) {
		sb_schema_problem(&in->schema, place, "bad-value", "one line of 1 to 200 visible characters is due here");
		return NULL;
	}
	return text;
}

void *sb_drop_items(struct sb_drop_reading *in, struct sb_place map, const char *key, size_t size, size_t *count, struct sb_place *list)
{
	*list = sb_schema_key(&in->schema, map, key);
	*count = 0;
	if (!list->node || !sb_schema_list(&in->schema, *list))
		return NULL;
	if (list->node->count == 0 || list->node->count > 10000) {
		sb_schema_problem(&in->schema, *list, "bad-value", "between 1 and 10000 entries are due here");
		return NULL;
	}
	void *items = sb_arena_array(in->schema.arena, list->node->count, size);
	if (!sb_drop_out_of_memory(in, items))
		*count = list->node->count;
	return items;
}
