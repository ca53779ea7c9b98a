/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDF, read from its beginning: objects, their streams, tables of references, trailers. Readers start at the end and see only what is
 * referred to; here every object is seen, also those that a later revision has replaced.
 */
#include "verifier/formats/emit.h"
#include "verifier/formats/pdf/lexer.h"
#include "verifier/formats/rows.h"

#include <stdlib.h>
#include <string.h>

enum tag { TAG_OBJECT = 1, TAG_REFERENCES, TAG_START };
enum { ROW = 20, ROW_OFFSET = 10, NEAR = 64 };

static const char magic[] = "%PDF-";

struct walk {
	struct sb_view *view;
	uint64_t at;
	struct sb_vec numbers; /* uint64_t, of all objects */
};

/** What the dictionary of a stream says of its data. */
struct stream {
	uint64_t number, generation;
	uint64_t length;  /* UINT64_MAX: not said here */
	uint64_t data;    /* where it begins */
	bool deflated;    /* by that filter and no other */
};

static int emit(struct walk *walk, uint64_t from, uint64_t to, enum sb_region_kind kind, uint32_t tag, const char *name, struct sb_err *err)
{
	const struct sb_region region = {.offset = from, .length = to - from, .kind = kind, .tag = tag, .name = name};

	return name ? sb_emit_region(walk->view, &region, err) : sb_no_memory(err);
}

/** What may be read at @at without walking far: such words are short where they are meant. */
static struct sb_span near(struct sb_span file, uint64_t at)
{
	return sb_span_of(file.p, file.n - at > NEAR ? (size_t)at + NEAR : file.n);
}

/** "12 0 obj" at @at; *behind is where its content begins. */
static bool begins_object(struct sb_span whole, uint64_t at, struct stream *out, uint64_t *behind)
{
	struct sb_span file = near(whole, at);

	*behind = at;
	*out = (struct stream){.length = UINT64_MAX};
	return at < file.n && file.p[at] >= '0' && file.p[at] <= '9' && sb_text_uint(sb_pdf_word(file, behind), &out->number) && sb_text_uint(sb_pdf_word(file, behind), &out->generation) &&
	       sb_pdf_is(sb_pdf_word(file, behind), "obj");
}

/* 7.3.8.2: the value behind a key of the outermost dictionary. An indirect length is "N G R": then a third word follows. */
static void read_key(struct sb_span file, struct sb_span key, uint64_t at, struct stream *out)
{
	struct sb_span value = sb_pdf_word(file, &at);

	if (sb_pdf_is(key, "/Length") && sb_text_uint(value, &out->length)) {
		struct sb_span second = sb_pdf_word(file, &at), third = sb_pdf_word(file, &at);
		uint64_t number;
		if (sb_text_uint(second, &number) && sb_pdf_is(third, "R"))
			out->length = UINT64_MAX;
	}
	if (!sb_pdf_is(key, "/Filter"))
		return;
	bool list = sb_pdf_is(value, "[");
	struct sb_span name = list ? sb_pdf_word(file, &at) : value;
	out->deflated = sb_pdf_is(name, "/FlateDecode") && (!list || sb_pdf_is(sb_pdf_word(file, &at), "]"));
}

/** Where the object ends, or its stream begins (then out->data is set). 0: neither. */
static uint64_t end_of_object(struct sb_span file, uint64_t at, struct stream *out)
{
	unsigned depth = 0;

	for (struct sb_span word = sb_pdf_word(file, &at); word.n; word = sb_pdf_word(file, &at)) {
		if (sb_pdf_is(word, "endobj"))
			return at;
		if (sb_pdf_is(word, "stream")) {
			at += at + 1 < file.n && file.p[at] == '\r' && file.p[at + 1] == '\n' ? 2 : at < file.n && file.p[at] == '\n';
			return out->data = at;
		}
		depth += sb_pdf_is(word, "<<");
		depth -= depth && sb_pdf_is(word, ">>");
		if (depth == 1 && word.p[0] == '/')
			read_key(file, word, at, out);
	}
	return 0;
}

static bool ends_here(struct sb_span whole, uint64_t at)
{
	if (at > whole.n)
		return false;
	struct sb_span file = near(whole, at);
	return sb_pdf_is(sb_pdf_word(file, &at), "endstream");
}

/** The end of the data: as the dictionary says when the keyword follows there, else before the next such keyword and the end of line before it. */
static uint64_t end_of_data(struct sb_span file, const struct stream *stream)
{
	uint64_t end;

	if (sb_add(stream->data, stream->length, &end) && ends_here(file, end))
		return end;
	const uint8_t *found = memmem(file.p + stream->data, file.n - stream->data, "endstream", 9);
	if (!found)
		return 0;
	end = (uint64_t)(found - file.p);
	end -= end > stream->data && file.p[end - 1] == '\n';
	return end - (end > stream->data && file.p[end - 1] == '\r');
}

static int take_stream(struct walk *walk, const struct stream *stream, const char *label, struct sb_err *err)
{
	uint64_t end = end_of_data(walk->view->file, stream);
	struct sb_member member = {.type = SB_MEMBER_PART, .codec = stream->deflated ? SB_CODEC_ZLIB : SB_CODEC_NONE, .offset = stream->data};

	if (end == 0)
		return sb_damaged(err, "file-damaged", stream->data, "a stream of a PDF that does not end");
	char *name = sb_arena_printf(walk->view->arena, "stream %s", label);
	if (!name)
		return sb_no_memory(err);
	member.name = sb_span_text(name);
	member.length = end - stream->data;
	member.size = stream->deflated ? UINT64_MAX : member.length;
	int rc = sb_emit_member(walk->view, &member, err);
	const struct sb_region data = {.offset = stream->data, .length = member.length, .member = (uint32_t)walk->view->members.count, .name = "stream",
	                               .kind = stream->deflated ? SB_REGION_ENCODED : SB_REGION_CONTENT};
	return rc ? rc : sb_emit_region(walk->view, &data, err);
}

static int take_object(struct walk *walk, const struct stream *begun, uint64_t behind, struct sb_err *err)
{
	struct sb_span file = walk->view->file;
	struct stream stream = *begun;
	uint64_t end = end_of_object(file, behind, &stream);
	const char *label = sb_arena_printf(walk->view->arena, "object %llu %llu", (unsigned long long)stream.number, (unsigned long long)stream.generation);

	uint64_t *number = sb_vec_push(&walk->numbers);
	if (!number)
		return sb_no_memory(err);
	*number = stream.number;
	if (end == 0)
		return sb_damaged(err, "file-damaged", walk->at, "an object of a PDF that does not end");
	if (!stream.data) {
		end = sb_pdf_skip_blanks(file, end);
		int rc = emit(walk, walk->at, end, SB_REGION_HEADER, TAG_OBJECT, label, err);
		walk->at = end;
		return rc;
	}
	int rc = emit(walk, walk->at, stream.data, SB_REGION_HEADER, TAG_OBJECT, label, err);
	if (!rc)
		rc = take_stream(walk, &stream, label, err);
	uint64_t tail = rc ? 0 : end_of_data(file, &stream), last = tail;
	while (!rc && last < file.n && !sb_pdf_is(sb_pdf_word(file, &last), "endobj"))
		;
	walk->at = rc ? 0 : sb_pdf_skip_blanks(file, last);
	return rc ? rc : emit(walk, tail, walk->at, SB_REGION_HEADER, 0, "end of object", err);
}

/** Everything up to the next thing that begins a line and is known. */
static uint64_t next_thing(struct sb_span file, uint64_t at, const char *const *words)
{
	struct stream unused;
	uint64_t behind;

	while (at < file.n) {
		while (at < file.n && file.p[at] != '\n' && file.p[at] != '\r')
			at++;
		at = sb_pdf_skip_blanks(file, at);
		for (const char *const *word = words; *word; word++)
			if (sb_magic(file, at, *word, strlen(*word)))
				return at;
		if (begins_object(file, at, &unused, &behind))
			return at;
	}
	return file.n;
}

static int take_other(struct walk *walk, struct sb_err *err)
{
	static const char *const starts[] = {"xref", "trailer", "startxref", "%%EOF", NULL}, *const after_table[] = {"trailer", "startxref", "%%EOF", NULL};
	static const struct {
		const char *word, *name;
		enum sb_region_kind kind;
		uint32_t tag;
	} things[] = {
		{magic, "header", SB_REGION_HEADER, 0}, {"xref", "references", SB_REGION_TABLE, TAG_REFERENCES}, {"trailer", "trailer", SB_REGION_HEADER, TAG_OBJECT},
		{"startxref", "start of references", SB_REGION_HEADER, TAG_START}, {"%%EOF", "end", SB_REGION_HEADER, 0},
	};
	size_t i = 0, count = sizeof things / sizeof *things;

	while (i < count && !sb_magic(walk->view->file, walk->at, things[i].word, strlen(things[i].word)))
		i++;
	uint64_t from = walk->at;
	bool table = i < count && things[i].tag == TAG_REFERENCES; /* whose rows look like the beginning of objects */
	walk->at = next_thing(walk->view->file, from, table ? after_table : starts);
	return i < count ? emit(walk, from, walk->at, things[i].kind, things[i].tag, things[i].name, err)
	                 : emit(walk, from, walk->at, SB_REGION_GAP, 0, "gap", err);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/** Does a number name two objects? Then a place says which revision counts. */
static bool is_ambiguous(struct sb_vec *numbers)
{
	const uint64_t *all = numbers->items;

	if (numbers->count)
		qsort(numbers->items, numbers->count, sizeof *all, by_value);
	for (size_t i = 1; i < numbers->count; i++)
		if (all[i] == all[i - 1])
			return true;
	return false;
}

static int open_pdf(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view, .numbers = {.size = sizeof(uint64_t)}};
	bool *ambiguous = sb_arena_alloc(view->arena, sizeof *ambiguous);
	struct stream begun;
	uint64_t behind;
	int rc = ambiguous ? 0 : sb_no_memory(err);

	(void)hint;
	while (!rc && walk.at < view->file.n)
		rc = begins_object(view->file, walk.at, &begun, &behind) ? take_object(&walk, &begun, behind, err) : take_other(&walk, err);
	if (!rc)
		*ambiguous = is_ambiguous(&walk.numbers);
	view->own = ambiguous;
	sb_vec_release(&walk.numbers);
	return rc;
}

/* 14.3.3, 7.9.4: "/CreationDate (D:YYYYMMDDHHmmSSOHH'mm')". */
static int describe_dates(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	static const char *const keys[] = {"/CreationDate", "/ModDate"};
	struct sb_span file = sb_span_of(view->file.p, (size_t)(region->offset + region->length));
	uint64_t at = region->offset;
	int rc = 0;

	for (struct sb_span word = sb_pdf_word(file, &at); !rc && word.n; word = sb_pdf_word(file, &at))
		for (size_t i = 0; !rc && i < sizeof keys / sizeof *keys; i++) {
			uint64_t behind = at;
			struct sb_span value = sb_pdf_is(word, keys[i]) ? sb_pdf_word(file, &behind) : (struct sb_span){0};
			uint64_t prefix = sb_span_starts(value, "(D:", 3) ? 3 : 1; /* which cairo leaves out */
			if (value.n < prefix + 2 || value.p[0] != '(' || value.p[value.n - 1] != ')')
				continue;
			const struct sb_field date = {.offset = behind - value.n + prefix, .length = value.n - prefix - 1, .kind = SB_FIELD_TIME,
			                              .encoding = SB_ENC_PDF_TIME, .name = keys[i] + 1};
			rc = sb_emit_field(view, &date, err);
			at = behind;
		}
	return rc;
}

static int describe_place(struct sb_view *view, struct sb_span digits, const char *name, struct sb_err *err)
{
	const bool *ambiguous = view->own;
	struct sb_field field = {.offset = (uint64_t)(digits.p - view->file.p), .length = digits.n, .encoding = SB_ENC_DECIMAL, .name = name,
	                         .kind = *ambiguous ? SB_FIELD_OFFSET : SB_FIELD_DERIVED, .derived = {.algorithm = *ambiguous ? SB_DERIVE_NONE : SB_DERIVE_POSITION}};
	return sb_text_uint(digits, &field.derived.over_offset) ? sb_emit_field(view, &field, err) : 0;
}

/* 7.5.4: rows of exactly 20 bytes, "nnnnnnnnnn ggggg n"; those with an "f" are free and lead nowhere. */
static int describe_references(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = 0;

	for (uint64_t at = region->offset; !rc && at + ROW <= region->offset + region->length;) {
		const uint8_t *row = view->file.p + at;
		bool used = row[10] == ' ' && row[16] == ' ' && row[17] == 'n' && (row[19] == '\n' || row[19] == '\r');
		if (used)
			rc = describe_place(view, sb_span_of(row, ROW_OFFSET), "offset", err);
		at += used ? ROW : 1;
	}
	return rc;
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_span file = sb_span_of(view->file.p, (size_t)(region->offset + region->length));
	uint64_t at = region->offset;

	switch (region->tag) {
	case TAG_OBJECT:
		return describe_dates(view, region, err);
	case TAG_REFERENCES:
		return describe_references(view, region, err);
	case TAG_START:
		(void)sb_pdf_word(file, &at);
		return describe_place(view, sb_pdf_word(file, &at), "start of references", err);
	default:
		return 0;
	}
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, magic, sizeof magic - 1);
}

const struct sb_format sb_format_pdf = {
	.name = "pdf",
	.spec = "ISO 32000-1:2008, sections 7.2 to 7.5 and 14.3.3",
	.version = 1,
	.probe = probe,
	.open = open_pdf,
	.describe = describe,
	.dated = true,
};
