/* SPDX-License-Identifier: Apache-2.0 */
/* deb822 paragraphs: Debian Policy 5.1; the clear-sign frame: RFC 4880 section 7. */
#include "manifests/dsc.h"

#include <string.h>
#include <strings.h>

/** The lines of a text, one at a time, without their newline. */
struct lines {
	struct sb_span rest;
	unsigned number; /* of the line last taken */
};

static bool next_line(struct lines *in, struct sb_span *out)
{
	if (in->rest.n == 0)
		return false;
	const uint8_t *end = memchr(in->rest.p, '\n', in->rest.n);
	size_t n = end ? (size_t)(end - in->rest.p) : in->rest.n;
	size_t taken = end ? n + 1 : n;
	*out = sb_span_of(in->rest.p, n);
	in->rest = sb_span_of(in->rest.p + taken, in->rest.n - taken);
	in->number++;
	return true;
}

static int malformed(struct sb_err *err, unsigned line, const char *what)
{
	int rc = sb_fail(err, SB_FORMAT, "deb822-malformed", "%s", what);
	if (err)
		err->line = line;
	return rc;
}

static bool is_blank(struct sb_span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			return false;
	return true;
}

static bool has_control(struct sb_span line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
			return true;
	return false;
}

static struct sb_span trimmed(struct sb_span text)
{
	while (text.n && (text.p[0] == ' ' || text.p[0] == '\t'))
		text = sb_span_of(text.p + 1, text.n - 1);
	while (text.n && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
		text.n--;
	return text;
}

/* Skip "-----BEGIN PGP SIGNED MESSAGE-----" and its armour headers up to the blank line that ends them. */
static int skip_frame(struct lines *in, bool *framed, struct sb_err *err)
{
	static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----";
	struct sb_span line;

	*framed = sb_span_starts(in->rest, begin, sizeof begin - 1);
	if (!*framed)
		return 0;
	while (next_line(in, &line))
		if (is_blank(line))
			return 0;
	return malformed(err, in->number, "the OpenPGP frame has no end of its headers");
}

static int check_name(struct sb_span name, unsigned line, struct sb_err *err)
{
	if (name.n == 0 || name.p[0] == '-' || name.p[0] == '#')
		return malformed(err, line, "a line is neither a field nor its continuation");
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x21 || name.p[i] > 0x7e)
			return malformed(err, line, "a field name holds a character that is not printable ASCII");
	return 0;
}

/** What is being collected: the field whose continuation lines may still come. */
struct collector {
	struct sb_vec fields; /* struct sb_deb822_field */
	struct sb_buf value;
	const char *name;
	struct sb_arena *arena;
};

static int finish_field(struct collector *in, struct sb_err *err)
{
	if (!in->name)
		return 0;
	int rc = sb_buf_ok(&in->value, err);
	if (rc)
		return rc;
	struct sb_deb822_field *field = sb_vec_push(&in->fields);
	if (!field || !(field->value = sb_arena_copy(in->arena, sb_buf_span(&in->value))))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	field->name = in->name;
	in->name = NULL;
	in->value.len = 0;
	return 0;
}

static int start_field(struct collector *in, struct sb_span line, unsigned number, struct sb_err *err)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	struct sb_span name = sb_span_of(line.p, colon ? (size_t)(colon - line.p) : 0);
	int rc = finish_field(in, err);

	if (rc || (rc = check_name(name, number, err)))
		return rc;
	if (!(in->name = sb_arena_copy(in->arena, name)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < in->fields.count; i++) {
		const struct sb_deb822_field *known = sb_vec_at(&in->fields, i);
		if (strcasecmp(known->name, in->name) == 0)
			return malformed(err, number, "a field is given twice");
	}
	struct sb_span value = trimmed(sb_span_of(colon + 1, line.n - name.n - 1));
	sb_buf_add(&in->value, value.p, value.n);
	return 0;
}

static int continue_field(struct collector *in, struct sb_span line, unsigned number, struct sb_err *err)
{
	if (!in->name)
		return malformed(err, number, "a continuation line has no field before it");
	struct sb_span value = trimmed(line);
	sb_buf_text(&in->value, "\n");
	sb_buf_add(&in->value, value.p, value.n);
	return 0;
}

static int collect(struct lines *from, struct collector *in, struct sb_err *err)
{
	struct sb_span line;
	int rc = 0;

	while (!rc && next_line(from, &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (is_blank(line)) {
			if (in->fields.count || in->name)
				break;
		} else if (has_control(line)) {
			rc = malformed(err, from->number, "a line holds a control character");
		} else if (line.p[0] == '#') {
			continue;
		} else if (line.p[0] == ' ' || line.p[0] == '\t') {
			rc = continue_field(in, line, from->number, err);
		} else {
			rc = start_field(in, line, from->number, err);
		}
	}
	return rc ? rc : finish_field(in, err);
}

static int hand_over(struct collector *in, struct sb_deb822 *out, struct sb_err *err)
{
	if (in->fields.count == 0)
		return malformed(err, 1, "there is no field in it");
	struct sb_deb822_field *fields = sb_arena_array(in->arena, in->fields.count, sizeof *fields);
	if (!fields)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	memcpy(fields, in->fields.items, in->fields.count * sizeof *fields);
	*out = (struct sb_deb822){.fields = fields, .count = in->fields.count};
	return 0;
}

int sb_deb822_read(struct sb_span text, struct sb_arena *arena, struct sb_deb822 *out, bool *clear_signed, struct sb_err *err)
{
	struct lines from = {.rest = text};
	struct collector in = {
		.fields = {.size = sizeof(struct sb_deb822_field), .ceiling = 1000},
		.value = {.ceiling = SB_LIMIT_OF(DOCUMENT_BYTES)},
		.arena = arena,
	};
	bool framed = false;

	int rc = skip_frame(&from, &framed, err);
	if (!rc)
		rc = collect(&from, &in, err);
	if (!rc)
		rc = hand_over(&in, out, err);
	if (!rc && clear_signed)
		*clear_signed = framed;
	sb_vec_release(&in.fields);
	sb_buf_release(&in.value);
	return rc;
}

const char *sb_deb822_get(const struct sb_deb822 *paragraph, const char *name)
{
	for (size_t i = 0; i < paragraph->count; i++)
		if (strcasecmp(paragraph->fields[i].name, name) == 0)
			return paragraph->fields[i].value;
	return NULL;
}
