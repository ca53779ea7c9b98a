/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path into JSON (RFC 8259) or XML (W3C XML 1.0), found while going forward once. Lenient: what cannot be followed ends the names, never
 * the comparison.
 */
#include "verifier/compare/text.h"

#include <stdio.h>
#include <string.h>

enum { DEEPEST = 64, LONGEST_NAME = 64 };

/** A container that is open: an object with its last key, an array with its index, an element with what it has held so far. */
struct level {
	struct sb_span name;  /* key or element */
	bool list;
	size_t index;         /* of an array; of an element among those of its name */
	struct sb_span last;  /* the last child of an element, and how many of that name in a row */
	size_t repeats;
};

struct sb_outline {
	struct sb_span text;
	size_t at;
	struct sb_arena *arena;
	bool xml, lost;
	bool wants_key; /* of JSON: a string here is a key */
	struct level level[DEEPEST];
	size_t depth;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct sb_outline *sb_outline_new(struct sb_span text, struct sb_arena *arena)
{
	size_t at = sb_span_starts(text, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (at < text.n && is_space(text.p[at]))
		at++;
	bool json = at < text.n && (text.p[at] == '{' || text.p[at] == '['), xml = at + 1 < text.n && text.p[at] == '<' && text.p[at + 1] != '<';
	struct sb_outline *outline = json || xml ? sb_arena_alloc(arena, sizeof *outline) : NULL;
	if (outline)
		*outline = (struct sb_outline){.text = text, .at = at, .arena = arena, .xml = xml};
	return outline;
}

static void open_level(struct sb_outline *o, struct level level)
{
	if (o->depth == DEEPEST)
		o->lost = true;
	else
		o->level[o->depth++] = level;
}

/* Offset behind the string that begins at o->at; the end of the text when it does not end. */
static size_t string_end(const struct sb_outline *o)
{
	size_t at = o->at + 1;

	while (at < o->text.n && o->text.p[at] != '"')
		at += o->text.p[at] == '\\' ? 2 : 1;
	return at < o->text.n ? at + 1 : o->text.n;
}

/* One character or string of JSON; false when it reaches beyond @to, which is then inside of it. */
static bool step_json(struct sb_outline *o, size_t to)
{
	struct level *top = o->depth ? &o->level[o->depth - 1] : NULL;
	uint8_t c = o->text.p[o->at];
	size_t end = o->at + 1;

	if (c == '"') {
		end = string_end(o);
		if (end > to)
			return false;
		if (top && !top->list && o->wants_key)
			top->name = sb_span_of(o->text.p + o->at + 1, end - o->at - 2);
		o->wants_key = false;
	} else if (c == '{' || c == '[') {
		open_level(o, (struct level){.list = c == '['});
		o->wants_key = c == '{';
	} else if (c == '}' || c == ']') {
		o->lost |= o->depth == 0 || top->list != (c == ']');
		o->depth -= o->depth > 0;
	} else if (c == ',' && top) {
		top->index += top->list;
		o->wants_key = !top->list;
		if (!top->list)
			top->name = (struct sb_span){0};
	}
	o->at = end;
	return true;
}

static size_t find(const struct sb_outline *o, size_t from, const char *what)
{
	const uint8_t *found = from < o->text.n ? memmem(o->text.p + from, o->text.n - from, what, strlen(what)) : NULL;
	return found ? (size_t)(found - o->text.p) + strlen(what) : o->text.n;
}

static struct sb_span element_name(const struct sb_outline *o, size_t at)
{
	size_t end = at;

	while (end < o->text.n && !is_space(o->text.p[end]) && o->text.p[end] != '>' && o->text.p[end] != '/')
		end++;
	return sb_span_of(o->text.p + at, end - at);
}

/* Behind the ">" of the tag at @at; attributes may hold one in quotes. */
static size_t tag_end(const struct sb_outline *o, size_t at)
{
	uint8_t quote = 0;

	for (; at < o->text.n; at++) {
		uint8_t c = o->text.p[at];
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return at + 1;
	}
	return o->text.n;
}

static void open_element(struct sb_outline *o, struct sb_span name)
{
	struct level *parent = o->depth ? &o->level[o->depth - 1] : NULL, element = {.name = name};

	if (parent) {
		parent->repeats = sb_span_equal(parent->last, name) ? parent->repeats + 1 : 0;
		parent->last = name;
		element.index = parent->repeats;
	}
	open_level(o, element);
}

/* One piece of markup, or the text up to the next one. */
static bool step_xml(struct sb_outline *o, size_t to)
{
	struct sb_span rest = sb_span_of(o->text.p + o->at, o->text.n - o->at);
	size_t end;

	if (rest.p[0] != '<') {
		const uint8_t *next = memchr(rest.p, '<', rest.n);
		end = next ? (size_t)(next - o->text.p) : o->text.n;
	} else if (sb_span_starts(rest, "<!--", 4))
		end = find(o, o->at + 4, "-->");
	else if (sb_span_starts(rest, "<![CDATA[", 9))
		end = find(o, o->at + 9, "]]>");
	else if (sb_span_starts(rest, "<?", 2))
		end = find(o, o->at + 2, "?>");
	else
		end = tag_end(o, o->at + 1);
	if (end > to)
		return false;
	bool tag = rest.p[0] == '<' && rest.n > 1 && rest.p[1] != '!' && rest.p[1] != '?';
	if (tag && rest.p[1] == '/') {
		o->lost |= o->depth == 0;
		o->depth -= o->depth > 0;
	} else if (tag && o->text.p[end - 2] != '/')
		open_element(o, element_name(o, o->at + 1));
	o->at = end;
	return true;
}

static void put_name(struct sb_buf *to, const char *before, struct sb_span name)
{
	bool cut = name.n > LONGEST_NAME;

	sb_buf_text(to, before);
	sb_buf_add(to, name.p, cut ? LONGEST_NAME : name.n);
	if (cut)
		sb_buf_text(to, "...");
}

static void put_path(const struct sb_outline *o, struct sb_buf *to)
{
	sb_buf_text(to, o->xml ? "" : "$");
	for (size_t i = 0; i < o->depth; i++) {
		const struct level *level = &o->level[i];
		if (o->xml || level->name.n)
			put_name(to, o->xml ? "/" : ".", level->name);
		if (level->list || (o->xml && level->index))
			sb_buf_printf(to, "[%zu]", o->xml ? level->index + 1 : level->index);
	}
	if (o->xml && o->at < o->text.n && o->text.p[o->at] == '<' && o->at + 1 < o->text.n && o->text.p[o->at + 1] != '/' && o->text.p[o->at + 1] != '!')
		put_name(to, "/", element_name(o, o->at + 1)); /* inside of its tag */
}

const char *sb_outline_at(struct sb_outline *outline, uint64_t offset)
{
	size_t to = offset < outline->text.n ? (size_t)offset : outline->text.n;
	SB_BUF struct sb_buf path = {.ceiling = 2 * DEEPEST * (LONGEST_NAME + 32)};

	while (!outline->lost && outline->at < to)
		if (!(outline->xml ? step_xml(outline, to) : step_json(outline, to)))
			break;
	if (outline->lost)
		return NULL;
	put_path(outline, &path);
	return path.bad || path.len < 2 || memchr(path.data, 0, path.len) ? NULL : sb_arena_copy(outline->arena, sb_buf_span(&path));
}
