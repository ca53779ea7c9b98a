/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON by jansson, with the rules that it lacks: depth before parsing, no reals, no keys that differ only in case, no BOM. */
#include "manifests/node.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Each costs some hundred bytes while it is read. A statement about 200,000 files has some five million. */
enum { MOST_VALUES = 8000000 };

static int malformed(struct sb_err *err, const char *name, const char *what)
{
	int rc = sb_fail(err, SB_FORMAT, "json-syntax", "%s", what);
	sb_within(err, name);
	return rc;
}

/* jansson's own limit is far higher than any document of ours, and recursion costs stack. */
static bool too_deep(struct sb_span text)
{
	uint64_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > SB_LIMIT_OF(JSON_DEPTH))
				return true;
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		}
	}
	return false;
}

uint64_t sb_json_values(struct sb_span text)
{
	uint64_t count = 1;
	bool quoted = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted)
			count += c == ',' || c == '{' || c == '[';
	}
	return count;
}

static struct sb_node *convert(const json_t *json, struct sb_arena *arena, struct sb_err *err);

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Readers that ignore the case of keys take a long s for an s, and the sign of kelvin for a k (CaseFolding.txt of Unicode); names of files may be keys, and have other letters. */
static bool folds_to_ascii(const char *key)
{
	return strstr(key, "\xc5\xbf") || strstr(key, "\xe2\x84\xaa");
}

static bool known_in_other_case(const struct sb_node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcasecmp(map->members[i].key, key) == 0)
			return true;
	return false;
}

static struct sb_node *convert_object(const json_t *json, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_node *map = sb_node_map(arena);
	/* jansson's iterators take no const; nothing is changed through this pointer. */
	union {
		const json_t *read_only;
		json_t *object;
	} both = {.read_only = json};

	if (json_object_size(json) > SB_LIMIT_OF(MAP_KEYS)) {
		sb_fail_limit(err, SB_LIMIT_ROW_MAP_KEYS, json_object_size(json));
		return NULL;
	}
	for (void *at = json_object_iter(both.object); map && at; at = json_object_iter_next(both.object, at)) {
		const char *key = json_object_iter_key(at);
		char *kept = sb_arena_copy(arena, sb_span_text(key));
		if (folds_to_ascii(key)) {
			sb_fail(err, SB_FORMAT, "repeated-key", "a key has a letter that other readers take for one of ASCII");
			return NULL;
		}
		if (known_in_other_case(map, key)) {
			sb_fail(err, SB_FORMAT, "repeated-key", "two keys differ only in the case of letters");
			return NULL;
		}
		struct sb_node *value = convert(json_object_iter_value(at), arena, err);
		if (!value)
			return NULL;
		if (!kept || !sb_node_put(arena, map, kept, value))
			map = NULL;
	}
	if (!map)
		no_memory(err);
	return map;
}

static struct sb_node *convert_array(const json_t *json, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_node *list = sb_node_list(arena);

	for (size_t i = 0; list && i < json_array_size(json); i++) {
		struct sb_node *value = convert(json_array_get(json, i), arena, err);
		if (!value)
			return NULL;
		if (!sb_node_push(arena, list, value))
			list = NULL;
	}
	if (!list)
		no_memory(err);
	return list;
}

static struct sb_node *convert_text(const json_t *json, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_node *node = sb_arena_alloc(arena, sizeof *node);
	char *copy = node ? sb_arena_copy(arena, sb_span_of(json_string_value(json), json_string_length(json))) : NULL;

	if (!copy) {
		no_memory(err);
		return NULL;
	}
	node->type = SB_NODE_TEXT;
	node->text = sb_span_of(copy, json_string_length(json));
	return node;
}

static struct sb_node *kept(struct sb_node *node, struct sb_err *err)
{
	if (!node)
		no_memory(err);
	return node;
}

static struct sb_node *convert(const json_t *json, struct sb_arena *arena, struct sb_err *err)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return convert_object(json, arena, err);
	case JSON_ARRAY:
		return convert_array(json, arena, err);
	case JSON_STRING:
		return convert_text(json, arena, err);
	case JSON_INTEGER:
		return kept(sb_node_int(arena, json_integer_value(json)), err);
	case JSON_TRUE:
		return kept(sb_node_bool(arena, true), err);
	case JSON_FALSE:
		return kept(sb_node_bool(arena, false), err);
	case JSON_NULL:
		return kept(sb_node_null(arena), err);
	case JSON_REAL:
		break;
	}
	sb_fail(err, SB_FORMAT, "json-syntax", "numbers with a fraction or exponent are not used");
	return NULL;
}

/*
 * jansson 2.14 keeps the characters of a text in a buffer that it grows without looking whether that worked: when memory runs out, a
 * letter is missing and nothing is said. So we remember by ourselves that an allocation was refused. jansson takes no argument through
 * to its allocator, hence the variable; it is written and read within one call of sb_node_read_json, by one thread.
 */
static _Thread_local bool refused;

static void *allocate(size_t n)
{
	void *p = malloc(n);
	refused |= !p;
	return p;
}

/* NULL and err set when @text is not strict JSON, or when memory ran out anywhere on the way. */
static json_t *load(struct sb_span text, const char *name, struct sb_err *err)
{
	json_error_t where;

	json_set_alloc_funcs(allocate, free);
	refused = false;
	json_t *json = json_loadb(text.n ? (const char *)text.p : "", text.n, JSON_REJECT_DUPLICATES, &where);
	if (refused) {
		json_decref(json);
		no_memory(err);
		return NULL;
	}
	if (json)
		return json;
	malformed(err, name, where.text);
	if (where.line > 0) {
		err->line = (unsigned)where.line;
		err->column = where.column > 0 ? (unsigned)where.column : 0;
	}
	return NULL;
}

int sb_node_read_json(struct sb_span text, uint64_t most, const char *name, struct sb_arena *arena, struct sb_node **out, struct sb_err *err)
{
	struct sb_err failed = {.code = SB_INTERNAL};

	if (text.n > most)
		return sb_fail(err, SB_LIMIT, "limit-exceeded", "%s is larger than %llu bytes", name, (unsigned long long)most);
	if (sb_span_starts(text, "\xef\xbb\xbf", 3))
		return malformed(err, name, "begins with a byte order mark");
	if (sb_json_values(text) > MOST_VALUES)
		return sb_fail(err, SB_LIMIT, "limit-exceeded", "%s holds more than %d values", name, MOST_VALUES);
	if (too_deep(text))
		return sb_fail_limit(err, SB_LIMIT_ROW_JSON_DEPTH, SB_LIMIT_OF(JSON_DEPTH) + 1);
	json_t *json = load(text, name, &failed);
	if (!json) {
		if (err)
			*err = failed;
		return failed.code;
	}
	struct sb_node *node = json_is_object(json) ? convert(json, arena, &failed) : NULL;
	bool object = json_is_object(json);
	json_decref(json);
	if (!object)
		return malformed(err, name, "is not an object");
	if (!node) {
		if (err)
			*err = failed;
		sb_within(err, name);
		return failed.code;
	}
	*out = node;
	return 0;
}
