/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/taking.h"

#include <string.h>

void *sb_take_array(struct sb_taking *in, size_t count, size_t size)
{
	void *out = sb_arena_array(in->arena, count, size);
	in->failed |= !out;
	return out;
}

const char *sb_take_text(struct sb_taking *in, struct sb_place map, const char *key)
{
	return sb_schema_text(&in->schema, sb_schema_key(&in->schema, map, key), "");
}

const char *sb_take_shown_at(struct sb_taking *in, struct sb_place place)
{
	const char *text = sb_schema_text(&in->schema, place, "");

	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\\");
		if (!sb_escape_is_plain(sb_span_of(at, n)))
			sb_schema_problem(&in->schema, place, "record-malformed", "characters that are never written as they are");
		at += n + (at[n] == '\\');
	}
	return text;
}

const char *sb_take_shown(struct sb_taking *in, struct sb_place map, const char *key)
{
	return sb_take_shown_at(in, sb_schema_key(&in->schema, map, key));
}

const char *sb_take_raw_at(struct sb_taking *in, struct sb_place place)
{
	const char *escaped = sb_schema_text(&in->schema, place, "");
	char *raw = sb_take_array(in, strlen(escaped) + 1, 1);
	size_t n = 0;

	for (size_t i = 0; raw && escaped[i]; n++) {
		uint8_t byte;
		if (escaped[i] == '\\' && escaped[i + 1] == '\\') {
			raw[n] = '\\';
			i += 2;
		} else if (escaped[i] == '\\' && escaped[i + 1] == 'x' && escaped[i + 2] && escaped[i + 3] &&
		           sb_text_unhex(sb_span_of(escaped + i + 2, 2), &byte, 1)) {
			raw[n] = (char)byte;
			i += 4;
		} else {
			raw[n] = escaped[i++];
		}
	}
	return raw ? raw : "";
}

const char *sb_take_raw(struct sb_taking *in, struct sb_place map, const char *key)
{
	return sb_take_raw_at(in, sb_schema_key(&in->schema, map, key));
}

uint64_t sb_take_count(struct sb_taking *in, struct sb_place map, const char *key)
{
	return sb_schema_uint(&in->schema, sb_schema_key(&in->schema, map, key), 0, INT64_MAX, 0);
}

bool sb_take_bool(struct sb_taking *in, struct sb_place map, const char *key, bool absent)
{
	return sb_schema_bool(&in->schema, sb_schema_key(&in->schema, map, key), absent);
}

void sb_take_hex(struct sb_taking *in, struct sb_place map, const char *key, uint8_t *out, size_t n)
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	if (place.node && !sb_text_unhex(sb_span_text(sb_schema_text(&in->schema, place, "")), out, n))
		sb_schema_problem(&in->schema, place, "record-malformed", "%zu hexadecimal digits are due here", 2 * n);
}

bool sb_take_is_null(struct sb_place place)
{
	return place.node && place.node->type == SB_NODE_NULL;
}

void *sb_take_list(struct sb_taking *in, struct sb_place map, const char *key, size_t size, struct sb_place *place, size_t *items)
{
	*place = sb_schema_key(&in->schema, map, key);
	*items = place->node && sb_schema_list(&in->schema, *place) ? place->node->count : 0;
	void *out = sb_take_array(in, *items, size);
	if (!out)
		*items = 0;
	return out;
}

const char *const *sb_take_names(struct sb_taking *in, struct sb_place map, const char *key, size_t *count)
{
	struct sb_place place;
	const char **names = sb_take_list(in, map, key, sizeof *names, &place, count);

	for (size_t i = 0; i < *count; i++)
		names[i] = sb_take_raw_at(in, sb_schema_item(&in->schema, place, i));
	return names;
}
