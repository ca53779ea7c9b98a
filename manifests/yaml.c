/* SPDX-License-Identifier: Apache-2.0 */
/* A strict subset of YAML by libyaml's events: what a person sees in the editor is what is read. */
#include "manifests/node.h"

#include <string.h>
#include <yaml.h>

/** A mapping or sequence that is open. */
struct level {
	struct sb_node *node;
	const char *key; /* a key of the mapping that waits for its value */
	unsigned line, column;
};

struct reader {
	yaml_parser_t parser;
	struct sb_arena *arena;
	struct level open[33]; /* SB_LIMIT_DOCUMENT_DEPTH + 1 */
	size_t depth;
	struct sb_node *top;
	uint64_t events;
	bool ended;
};

static int fail_at(struct sb_err *err, const char *id, yaml_mark_t mark, const char *what)
{
	int rc = sb_fail(err, SB_USAGE, id, "%s", what);
	if (err) {
		err->line = (unsigned)mark.line + 1;
		err->column = (unsigned)mark.column + 1;
	}
	return rc;
}

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* What nobody sees in an editor, and what puts a line in another order: a glob would fit other files than those that it seems to. Signs of style may stand in comments. */
static bool is_invisible(struct sb_span character, uint32_t cp)
{
	return cp >= 0x80 && (cp < 0xfe00 || cp > 0xfe0f) && !sb_escape_is_plain(character);
}

/* Line ends that libyaml honours and editors do not show, and control characters: a key could hide in a comment. */
static int check_bytes(struct sb_span text, struct sb_err *err)
{
	yaml_mark_t at = {0};

	if (sb_span_starts(text, "\xef\xbb\xbf", 3))
		return fail_at(err, "not-utf8", at, "the document begins with a byte order mark");
	while (text.n) {
		uint32_t cp = 0;
		size_t n = sb_utf8_decode(text, &cp);
		if (n == 0)
			return fail_at(err, "not-utf8", at, "the document is not UTF-8");
		bool crlf = cp == '\r' && text.n > 1 && text.p[1] == '\n';
		if ((cp < 0x20 && cp != '\n' && cp != '\t' && !crlf) || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 || cp == 0xfeff)
			return fail_at(err, "yaml-syntax", at, "the document holds a control character or an invisible line end");
		if (is_invisible(sb_span_of(text.p, n), cp))
			return fail_at(err, "yaml-syntax", at, "the document holds a character that nobody sees; an escape between double quotes shows it");
		at.column = cp == '\n' ? 0 : at.column + 1;
		at.line += cp == '\n';
		text = sb_span_of(text.p + n, text.n - n);
	}
	return 0;
}

/* Put a finished or newly opened value where it belongs. */
static int attach(struct reader *in, struct sb_node *node, yaml_mark_t mark, struct sb_err *err)
{
	if (!node)
		return no_memory(err);
	node->line = (unsigned)mark.line + 1;
	node->column = (unsigned)mark.column + 1;
	if (in->depth == 0) {
		in->top = node;
		return 0;
	}
	struct level *level = &in->open[in->depth - 1];
	if (level->node->type == SB_NODE_LIST)
		return sb_node_push(in->arena, level->node, node) ? 0 : no_memory(err);
	if (!level->key)
		return fail_at(err, "yaml-feature", mark, "a key must be a plain word, not a list or mapping");
	if (!sb_node_put(in->arena, level->node, level->key, node))
		return no_memory(err);
	struct sb_node_member *member = &level->node->members[level->node->count - 1];
	member->line = level->line;
	member->column = level->column;
	level->key = NULL;
	return 0;
}

static int take_key(struct reader *in, struct sb_span text, yaml_mark_t mark, struct sb_err *err)
{
	struct level *level = &in->open[in->depth - 1];

	if (text.n == 0 || memchr(text.p, 0, text.n))
		return fail_at(err, "yaml-syntax", mark, "an empty key, or a key with a NUL byte");
	if (text.n == 2 && memcmp(text.p, "<<", 2) == 0)
		return fail_at(err, "yaml-feature", mark, "merge keys are not read");
	if (level->node->count >= SB_LIMIT_OF(MAP_KEYS))
		return sb_fail_limit(err, SB_LIMIT_ROW_MAP_KEYS, level->node->count + 1);
	if (!(level->key = sb_arena_copy(in->arena, text)))
		return no_memory(err);
	if (sb_node_get(level->node, level->key))
		return fail_at(err, "repeated-key", mark, "a key is given twice");
	level->line = (unsigned)mark.line + 1;
	level->column = (unsigned)mark.column + 1;
	return 0;
}

static int check_value(struct sb_span text, yaml_mark_t mark, struct sb_err *err)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < 0x20 && text.p[i] != '\n' && text.p[i] != '\t') || text.p[i] == 0x7f)
			return fail_at(err, "yaml-syntax", mark, "a value holds a control character");
	return 0;
}

static int take_scalar(struct reader *in, const yaml_event_t *event, struct sb_err *err)
{
	struct sb_span text = sb_span_of(event->data.scalar.value, event->data.scalar.length);
	struct level *level = in->depth ? &in->open[in->depth - 1] : NULL;

	if (event->data.scalar.anchor)
		return fail_at(err, "yaml-feature", event->start_mark, "anchors are not read");
	if (event->data.scalar.tag)
		return fail_at(err, "yaml-feature", event->start_mark, "tags are not read");
	if (level && level->node->type == SB_NODE_MAP && !level->key)
		return take_key(in, text, event->start_mark, err);
	int rc = check_value(text, event->start_mark, err);
	if (rc)
		return rc;
	struct sb_node *node = sb_arena_alloc(in->arena, sizeof *node);
	char *copy = sb_arena_copy(in->arena, text);
	if (!node || !copy)
		return no_memory(err);
	node->type = SB_NODE_TEXT;
	node->text = sb_span_of(copy, text.n);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return attach(in, node, event->start_mark, err);
}

/* Depth is checked before the parser goes on: libyaml's cost is quadratic in it. */
static int open_level(struct reader *in, struct sb_node *node, const yaml_char_t *anchor, const yaml_char_t *tag, yaml_mark_t mark,
                      struct sb_err *err)
{
	if (anchor || tag)
		return fail_at(err, "yaml-feature", mark, anchor ? "anchors are not read" : "tags are not read");
	if (in->depth >= SB_LIMIT_OF(DOCUMENT_DEPTH)) {
		sb_fail_limit(err, SB_LIMIT_ROW_DOCUMENT_DEPTH, in->depth + 1);
		return SB_LIMIT;
	}
	int rc = attach(in, node, mark, err);
	if (!rc)
		in->open[in->depth++] = (struct level){.node = node};
	return rc;
}

static int take_document(struct reader *in, const yaml_event_t *event, struct sb_err *err)
{
	if (in->top)
		return fail_at(err, "yaml-feature", event->start_mark, "a second document is not read");
	if (event->data.document_start.version_directive ||
	    event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
		return fail_at(err, "yaml-feature", event->start_mark, "directives are not read");
	return 0;
}

static int take_event(struct reader *in, const yaml_event_t *event, struct sb_err *err)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return take_document(in, event, err);
	case YAML_SCALAR_EVENT:
		return take_scalar(in, event, err);
	case YAML_MAPPING_START_EVENT:
		return open_level(in, sb_node_map(in->arena), event->data.mapping_start.anchor, event->data.mapping_start.tag, event->start_mark, err);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(in, sb_node_list(in->arena), event->data.sequence_start.anchor, event->data.sequence_start.tag, event->start_mark,
		                  err);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		in->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return fail_at(err, "yaml-feature", event->start_mark, "aliases are not read");
	case YAML_STREAM_END_EVENT:
		in->ended = true;
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

static int fail_syntax(const yaml_parser_t *parser, struct sb_err *err)
{
	char what[256];
	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(err);
	snprintf(what, sizeof what, "%s%s%s", parser->problem ? parser->problem : "cannot be read as YAML", parser->context ? ", " : "",
	         parser->context ? parser->context : "");
	return fail_at(err, "yaml-syntax", parser->problem_mark, what);
}

static int read_events(struct reader *in, struct sb_err *err)
{
	int rc = 0;

	while (!rc && !in->ended) {
		yaml_event_t event;
		if (!yaml_parser_parse(&in->parser, &event))
			return fail_syntax(&in->parser, err);
		rc = ++in->events > SB_LIMIT_OF(DOCUMENT_EVENTS) ? sb_fail_limit(err, SB_LIMIT_ROW_DOCUMENT_EVENTS, in->events)
		                                                 : take_event(in, &event, err);
		yaml_event_delete(&event);
	}
	return rc;
}

static int read_document(struct sb_span text, struct sb_arena *arena, struct sb_node **out, struct sb_err *err)
{
	struct reader in = {.arena = arena};

	if (text.n > SB_LIMIT_OF(DOCUMENT_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_DOCUMENT_BYTES, text.n);
	int rc = check_bytes(text, err);
	if (rc)
		return rc;
	if (!yaml_parser_initialize(&in.parser))
		return no_memory(err);
	yaml_parser_set_encoding(&in.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&in.parser, text.n ? text.p : (const unsigned char *)"", text.n);
	rc = read_events(&in, err);
	yaml_parser_delete(&in.parser);
	if (!rc && (!in.top || in.top->type != SB_NODE_MAP))
		rc = fail_at(err, "yaml-syntax", (yaml_mark_t){0}, "the document is not a mapping of keys to values");
	if (!rc)
		*out = in.top;
	return rc;
}

int sb_node_read_yaml(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_node **out, struct sb_err *err)
{
	int rc = read_document(text, arena, out, err);
	if (rc)
		sb_within(err, name);
	return rc;
}
