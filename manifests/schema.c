/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/schema.h"

#include "manifests/moment.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_json(const char *name)
{
	size_t n = strlen(name);
	return n >= 5 && strcmp(name + n - 5, ".json") == 0;
}

int sb_schema_read(struct sb_span text, const char *name, const char *malformed, struct sb_arena *arena, struct sb_node **out, struct sb_err *err)
{
	int rc = is_json(name) ? sb_node_read_json(text, SB_LIMIT_OF(DOCUMENT_BYTES), name, arena, out, err) : sb_node_read_yaml(text, name, arena, out, err);

	if (rc != SB_FORMAT)
		return rc;
	if (err)
		err->code = SB_USAGE;
	return sb_reidentify(err, malformed);
}

void sb_schema_problem(struct sb_schema *schema, struct sb_place place, const char *id, const char *fmt, ...)
{
	char text[sizeof((struct sb_err *)0)->msg];
	struct sb_err err = {0};
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	sb_fail(&err, SB_USAGE, id, "%s", text);
	if (place.way[0])
		sb_within(&err, place.way);
	sb_within(&err, schema->document);
	if (place.node) {
		err.line = place.node->line;
		err.column = place.node->column;
	}
	sb_problems_add(&schema->problems, &err);
}

/* The names of @keys without the star that marks the required ones. */
static void bare_names(const char *const *keys, const char **names, size_t room)
{
	size_t n = 0;
	for (; *keys && n + 1 < room; keys++)
		names[n++] = *keys + (**keys == '*');
	names[n] = NULL;
}

static bool contains(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void check_known(struct sb_schema *schema, struct sb_place place, const char *const *names)
{
	for (size_t i = 0; i < place.node->count; i++) {
		const struct sb_node_member *member = &place.node->members[i];
		if (contains(names, member->key))
			continue;
		struct sb_node at = {.line = member->line, .column = member->column};
		const char *nearest = sb_text_nearest(member->key, names);
		sb_schema_problem(schema, (struct sb_place){&at, place.way}, "unknown-key", "unknown key %s%s%s", member->key,
		                  nearest ? "; did you mean " : "", nearest ? nearest : "");
	}
}

bool sb_schema_map(struct sb_schema *schema, struct sb_place place, const char *const *keys)
{
	const char *names[40];

	if (!place.node || place.node->type != SB_NODE_MAP) {
		sb_schema_problem(schema, place, "wrong-type", "a mapping of keys to values is due here");
		return false;
	}
	bare_names(keys, names, sizeof names / sizeof *names);
	check_known(schema, place, names);
	for (; *keys; keys++)
		if (**keys == '*' && !sb_node_get(place.node, *keys + 1))
			sb_schema_problem(schema, place, "missing-key", "the key %s is missing", *keys + 1);
	return true;
}

bool sb_schema_list(struct sb_schema *schema, struct sb_place place)
{
	if (!place.node)
		return false;
	if (place.node->type == SB_NODE_LIST)
		return true;
	sb_schema_problem(schema, place, "wrong-type", "a list is due here");
	return false;
}

/* An arena that is full shortens the message, never the check. */
static const char *or_nothing(const char *way)
{
	return way ? way : "";
}

struct sb_place sb_schema_key(struct sb_schema *schema, struct sb_place map, const char *key)
{
	struct sb_place out = {
		.way = or_nothing(map.way[0] ? sb_arena_printf(schema->arena, "%s.%s", map.way, key) : key)};
	for (size_t i = 0; map.node && map.node->type == SB_NODE_MAP && i < map.node->count; i++)
		if (strcmp(map.node->members[i].key, key) == 0)
			out.node = map.node->members[i].value;
	return out;
}

struct sb_place sb_schema_item(struct sb_schema *schema, struct sb_place list, size_t index)
{
	return (struct sb_place){.node = list.node->items[index], .way = or_nothing(sb_arena_printf(schema->arena, "%s[%zu]", list.way, index))};
}

const char *sb_schema_text(struct sb_schema *schema, struct sb_place place, const char *absent)
{
	if (!place.node)
		return absent;
	if (place.node->type != SB_NODE_TEXT) {
		sb_schema_problem(schema, place, "wrong-type", "a text is due here");
		return absent;
	}
	struct sb_span text = place.node->text;
	if (text.n && memchr(text.p, 0, text.n))
		sb_schema_problem(schema, place, "bad-value", "the text holds a NUL byte");
	else if (sb_span_starts(text, "TODO", 4))
		sb_schema_problem(schema, place, "drop-todo", "this value is still to be filled in");
	else
		return (const char *)text.p;
	return absent;
}

static bool as_number(struct sb_node *node, uint64_t *out)
{
	if (node->type == SB_NODE_INT && node->number >= 0) {
		*out = (uint64_t)node->number;
		return true;
	}
	if (node->type != SB_NODE_TEXT || !node->plain || !sb_text_uint(node->text, out) || *out > INT64_MAX)
		return false;
	if (node->text.n > 1 && node->text.p[0] == '0')
		return false; /* 017 would be read as 15 by some and 17 by others */
	node->type = SB_NODE_INT;
	node->number = (int64_t)*out;
	return true;
}

uint64_t sb_schema_uint(struct sb_schema *schema, struct sb_place place, uint64_t least, uint64_t most, uint64_t absent)
{
	uint64_t value = 0;

	if (!place.node)
		return absent;
	if (!as_number(place.node, &value))
		sb_schema_problem(schema, place, "wrong-type", "a whole number without leading zero is due here");
	else if (value < least || value > most)
		sb_schema_problem(schema, place, "bad-value", "the number must lie between %llu and %llu", (unsigned long long)least,
		                  (unsigned long long)most);
	else
		return value;
	return absent;
}

bool sb_schema_bool(struct sb_schema *schema, struct sb_place place, bool absent)
{
	if (!place.node)
		return absent;
	if (place.node->type == SB_NODE_BOOL)
		return place.node->number != 0;
	bool yes = place.node->type == SB_NODE_TEXT && place.node->plain && sb_span_equal(place.node->text, sb_span_text("true"));
	bool no = place.node->type == SB_NODE_TEXT && place.node->plain && sb_span_equal(place.node->text, sb_span_text("false"));
	if (!yes && !no) {
		sb_schema_problem(schema, place, "wrong-type", "true or false is due here");
		return absent;
	}
	place.node->type = SB_NODE_BOOL;
	place.node->number = yes;
	return yes;
}

size_t sb_schema_word(struct sb_schema *schema, struct sb_place place, const char *const *words, size_t absent)
{
	const char *text = sb_schema_text(schema, place, NULL);

	if (!text)
		return absent;
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	const char *nearest = sb_text_nearest(text, words);
	sb_schema_problem(schema, place, "bad-value", "%s is not known here%s%s", text, nearest ? "; did you mean " : "",
	                  nearest ? nearest : "");
	return absent;
}

void sb_schema_sha256(struct sb_schema *schema, struct sb_place place, uint8_t out[SB_SHA256_BYTES])
{
	const char *text = sb_schema_text(schema, place, NULL);
	if (text && !sb_text_unhex(sb_span_text(text), out, SB_SHA256_BYTES))
		sb_schema_problem(schema, place, "bad-value", "a SHA-256 of 64 hexadecimal digits is due here");
}

/* Digits and at most one letter of @letters, each worth @units. */
static uint64_t read_scaled(struct sb_schema *schema, struct sb_place place, const char *letters, const uint64_t *units, uint64_t absent)
{
	uint64_t value, unit = 1;

	if (!place.node)
		return absent;
	if (place.node->type != SB_NODE_TEXT) {
		sb_schema_problem(schema, place, "wrong-type", "a number with a letter (%s) is due here", letters);
		return absent;
	}
	struct sb_span text = place.node->text;
	const char *letter = text.n ? strchr(letters, text.p[text.n - 1]) : NULL;
	if (letter && *letter) {
		unit = units[letter - letters];
		text.n--;
	}
	if (!sb_text_uint(text, &value) || !sb_mul(value, unit, &value) || value == 0 || value > INT64_MAX) {
		sb_schema_problem(schema, place, "bad-value", "a number above zero with a letter (%s) is due here", letters);
		return absent;
	}
	return value;
}

uint64_t sb_schema_size(struct sb_schema *schema, struct sb_place place, uint64_t absent)
{
	static const uint64_t units[] = {UINT64_C(1) << 10, UINT64_C(1) << 20, UINT64_C(1) << 30, UINT64_C(1) << 40};
	return read_scaled(schema, place, "KMGT", units, absent);
}

uint64_t sb_schema_duration(struct sb_schema *schema, struct sb_place place, uint64_t absent)
{
	static const uint64_t units[] = {1, 60, 3600};
	return read_scaled(schema, place, "smh", units, absent);
}

uint64_t sb_schema_age(struct sb_schema *schema, struct sb_place place, uint64_t absent)
{
	static const uint64_t units[] = {3600, 86400};
	return read_scaled(schema, place, "hd", units, absent);
}

int64_t sb_schema_moment(struct sb_schema *schema, struct sb_place place, int64_t absent)
{
	const char *text = sb_schema_text(schema, place, NULL);
	int64_t moment = absent;

	if (text && !sb_moment_read(text, &moment))
		sb_schema_problem(schema, place, "bad-value", "a time like 2027-01-01T00:00:00Z, or a day, is due here");
	return moment;
}

const char *sb_schema_path(struct sb_schema *schema, struct sb_place place, const char *absent)
{
	const char *text = sb_schema_text(schema, place, NULL), *path = absent;
	enum sb_path_fault fault = SB_PATH_FINE;
	struct sb_err err;

	if (!text)
		return absent;
	if (sb_path_normalise(sb_span_text(text), schema->arena, &path, &fault, &err))
		sb_problems_add(&schema->problems, &err);
	else if (fault != SB_PATH_FINE)
		sb_schema_problem(schema, place, "path-escapes", "%s: a relative path that stays inside is due here", sb_path_fault_text(fault));
	return fault == SB_PATH_FINE ? path : absent;
}

int sb_schema_end(const struct sb_schema *schema, struct sb_problems *problems, struct sb_err *err)
{
	if (schema->problems.total == 0)
		return 0;
	if (problems)
		*problems = schema->problems;
	if (err)
		*err = schema->problems.items[0];
	return schema->problems.items[0].code;
}
