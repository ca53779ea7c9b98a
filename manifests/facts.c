/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/facts.h"

#include "manifests/schema.h"

#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"*schema", "epoch", "path", "user", "host", "locale", "timezone", "kernel", "jobs",
                                   "clock",   "umask", "order", "input-time", "toolchain", NULL};

static void take_facts(struct sb_schema *s, struct sb_place top, void *to)
{
	struct sb_facts *out = to;

	*out = SB_FACTS_NONE;
	if (!sb_schema_map(s, top, keys))
		return;
	if (strcmp(sb_schema_text(s, sb_schema_key(s, top, "schema"), ""), "samebuild-facts/1") != 0)
		sb_schema_problem(s, top, "facts-malformed", "the schema is not samebuild-facts/1");
	struct sb_place epoch = sb_schema_key(s, top, "epoch");
	if (epoch.node)
		out->epoch = (int64_t)sb_schema_uint(s, epoch, 0, UINT64_C(253402300799), 0);
	out->path = sb_schema_text(s, sb_schema_key(s, top, "path"), NULL);
	out->user = sb_schema_text(s, sb_schema_key(s, top, "user"), NULL);
	out->host = sb_schema_text(s, sb_schema_key(s, top, "host"), NULL);
	out->locale = sb_schema_text(s, sb_schema_key(s, top, "locale"), NULL);
	out->timezone = sb_schema_text(s, sb_schema_key(s, top, "timezone"), NULL);
	out->kernel = sb_schema_text(s, sb_schema_key(s, top, "kernel"), NULL);
	out->jobs = (unsigned)sb_schema_uint(s, sb_schema_key(s, top, "jobs"), 1, 100000, 0);
	if (out->path && !sb_path_is_clean_absolute(out->path))
		sb_schema_problem(s, top, "facts-malformed", "path must be absolute and without \"..\"");
}

/* Of a set every value is a text; the document has numbers where it always had them. */
static const char *value_text(struct sb_schema *s, struct sb_place place, enum sb_knob knob)
{
	if (knob != SB_KNOB_EPOCH && knob != SB_KNOB_JOBS && knob != SB_KNOB_INPUT_TIME)
		return sb_schema_text(s, place, NULL);
	const char *text = sb_arena_printf(s->arena, "%llu", (unsigned long long)sb_schema_uint(s, place, 0, INT64_MAX, 0));
	return text ? text : "";
}

static void take_set(struct sb_schema *s, struct sb_place top, void *to)
{
	struct sb_fact_set *out = to;

	*out = (struct sb_fact_set){0};
	if (!sb_schema_map(s, top, keys))
		return;
	if (strcmp(sb_schema_text(s, sb_schema_key(s, top, "schema"), ""), "samebuild-facts/1") != 0)
		sb_schema_problem(s, top, "facts-malformed", "the schema is not samebuild-facts/1");
	for (unsigned knob = SB_KNOB_PATH; knob < SB_KNOBS; knob++) {
		struct sb_place place = sb_schema_key(s, top, sb_knob_name((enum sb_knob)knob));
		const char *value = place.node ? value_text(s, place, (enum sb_knob)knob) : NULL;
		if (value && !sb_fact_is_plausible((enum sb_knob)knob, sb_span_text(value)))
			sb_schema_problem(s, place, "facts-malformed", "no environment is given this value");
		out->value[knob] = value;
	}
}

/* @out is only right when all of it is. */
static int read_document(struct sb_span text, const char *name, struct sb_arena *arena, void (*take)(struct sb_schema *, struct sb_place, void *), void *out,
                         struct sb_err *err)
{
	SB_FREEING struct sb_schema *schema = calloc(1, sizeof *schema);
	struct sb_place top = {.way = ""};

	if (!schema)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*schema = (struct sb_schema){.document = name, .arena = arena};
	int rc = sb_node_read_json(text, SB_LIMIT_OF(DOCUMENT_BYTES), name, arena, &top.node, err);
	if (rc == SB_FORMAT && err)
		err->code = SB_USAGE;
	if (rc)
		return rc == SB_FORMAT ? sb_reidentify(err, "facts-malformed") : rc;
	take(schema, top, out);
	rc = sb_schema_end(schema, NULL, err);
	return rc ? sb_reidentify(err, "facts-malformed") : 0;
}

int sb_fact_set_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_fact_set *out, struct sb_err *err)
{
	struct sb_fact_set set;
	int rc = read_document(text, name, arena, take_set, &set, err);

	if (!rc)
		*out = set;
	return rc;
}

static struct sb_node *value_node(struct sb_arena *arena, enum sb_knob knob, const char *value)
{
	uint64_t number;

	if (knob != SB_KNOB_EPOCH && knob != SB_KNOB_JOBS && knob != SB_KNOB_INPUT_TIME)
		return sb_node_text(arena, value);
	return sb_text_uint(sb_span_text(value), &number) && number <= INT64_MAX ? sb_node_int(arena, (int64_t)number) : NULL;
}

int sb_fact_set_write(const struct sb_fact_set *set, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_node *top = arena ? sb_node_map(arena) : NULL;
	bool good = top && sb_node_put(arena, top, "schema", sb_node_text(arena, "samebuild-facts/1"));

	for (unsigned knob = SB_KNOB_PATH; good && knob < SB_KNOBS; knob++)
		if (set->value[knob])
			good = sb_node_put(arena, top, sb_knob_name((enum sb_knob)knob), value_node(arena, (enum sb_knob)knob, set->value[knob]));
	if (!good)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}

int sb_facts_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_facts *out, struct sb_err *err)
{
	struct sb_facts facts;
	int rc = read_document(text, name, arena, take_facts, &facts, err);

	if (!rc)
		*out = facts;
	return rc;
}

static bool put_text(struct sb_arena *arena, struct sb_node *map, const char *key, const char *text)
{
	return !text || sb_node_put(arena, map, key, sb_node_text(arena, text));
}

int sb_facts_write(const struct sb_facts *facts, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_node *top = arena ? sb_node_map(arena) : NULL;
	bool good = top && put_text(arena, top, "schema", "samebuild-facts/1") && put_text(arena, top, "path", facts->path) &&
	            put_text(arena, top, "user", facts->user) && put_text(arena, top, "host", facts->host) &&
	            put_text(arena, top, "locale", facts->locale) && put_text(arena, top, "timezone", facts->timezone) &&
	            put_text(arena, top, "kernel", facts->kernel) &&
	            (facts->epoch == INT64_MIN || sb_node_put(arena, top, "epoch", sb_node_int(arena, facts->epoch))) &&
	            (facts->jobs == 0 || sb_node_put(arena, top, "jobs", sb_node_int(arena, facts->jobs)));

	if (!good)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}
