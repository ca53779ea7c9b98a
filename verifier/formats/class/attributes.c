/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes (4.7): a row for each says how it is written. One that is not written so means the same with the same constants only; one that the
 * specification does not know is its bytes, for a virtual machine must ignore it (4.7.1).
 */
#include "verifier/formats/class/class.h"

#include <string.h>

/** Attributes in attributes: those of code, and of the components of a record. */
enum { DEEPEST = 3 };
/** What is told apart although its bytes may be equal. */
enum { KIND_UNKNOWN = 0x220, KIND_ENTRY };

/**
 * How the content is written, sign by sign:
 *   i  number of a constant       2  two bytes that say what they say    p, e  place in the code, and one counted from it
 *   *() entries behind a count of two bytes; +() of one byte; *{} entries whose order means nothing
 *   a  annotation   t  what a type annotation is about   v  value of an element   A  attributes   F  frames   C  code   x  the rest
 */
struct attribute {
	const char *name, *form;
	enum sb_severity severity;
	bool debug;
};

static const struct attribute attributes[] = {
	{"ConstantValue", "i", SB_SEVERITY_CRITICAL, false},
	{"Code", "C", SB_SEVERITY_CRITICAL, false},
	{"StackMapTable", "F", SB_SEVERITY_MAJOR, false},
	{"Exceptions", "*(i)", SB_SEVERITY_MAJOR, false},
	{"BootstrapMethods", "*{i*(i)}", SB_SEVERITY_CRITICAL, false},
	{"NestHost", "i", SB_SEVERITY_CRITICAL, false},
	{"NestMembers", "*{i}", SB_SEVERITY_CRITICAL, false},
	{"PermittedSubclasses", "*{i}", SB_SEVERITY_CRITICAL, false},
	{"InnerClasses", "*{iii2}", SB_SEVERITY_MAJOR, false},
	{"EnclosingMethod", "ii", SB_SEVERITY_MAJOR, false},
	{"Synthetic", "", SB_SEVERITY_MAJOR, false},
	{"Signature", "i", SB_SEVERITY_MAJOR, false},
	{"Record", "*(iiA)", SB_SEVERITY_MAJOR, false},
	{"SourceFile", "i", SB_SEVERITY_MINOR, true},
	{"LineNumberTable", "*(p2)", SB_SEVERITY_MINOR, true},
	{"LocalVariableTable", "*(peii2)", SB_SEVERITY_MINOR, true},
	{"LocalVariableTypeTable", "*(peii2)", SB_SEVERITY_MINOR, true},
	{"SourceDebugExtension", "x", SB_SEVERITY_MINOR, true},
	{"Deprecated", "", SB_SEVERITY_MINOR, false},
	{"RuntimeVisibleAnnotations", "*(a)", SB_SEVERITY_MAJOR, false},
	{"RuntimeInvisibleAnnotations", "*(a)", SB_SEVERITY_MINOR, false},
	{"RuntimeVisibleParameterAnnotations", "+(*(a))", SB_SEVERITY_MAJOR, false},
	{"RuntimeInvisibleParameterAnnotations", "+(*(a))", SB_SEVERITY_MINOR, false},
	{"RuntimeVisibleTypeAnnotations", "*(ta)", SB_SEVERITY_MAJOR, false},
	{"RuntimeInvisibleTypeAnnotations", "*(ta)", SB_SEVERITY_MINOR, false},
	{"AnnotationDefault", "v", SB_SEVERITY_MAJOR, false},
	{"MethodParameters", "+(i2)", SB_SEVERITY_MINOR, false},
	{"Module", "i2i*(i2i)*(i2*(i))*(i2*(i))*(i)*(i*(i))", SB_SEVERITY_CRITICAL, false},
	{"ModulePackages", "*{i}", SB_SEVERITY_MAJOR, false},
	{"ModuleMainClass", "i", SB_SEVERITY_CRITICAL, false},
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };
_Static_assert(ATTRIBUTES + SB_CLASS_PART_ATTRIBUTES < SB_CLASS_PART_IN_CODE, "parts of code lie behind all others");

static size_t row_of(struct sb_span name)
{
	size_t i = 0;

	while (i < ATTRIBUTES && !sb_span_equal(name, sb_span_text(attributes[i].name)))
		i++;
	return i;
}

const char *sb_class_part_name(unsigned part)
{
	unsigned plain = part % SB_CLASS_PART_IN_CODE;
	return plain >= SB_CLASS_PART_ATTRIBUTES && plain < SB_CLASS_PART_ATTRIBUTES + ATTRIBUTES ? attributes[plain - SB_CLASS_PART_ATTRIBUTES].name : NULL;
}

/* Behind the sign that closes what @open opens. */
static const char *end_of_group(const char *open)
{
	unsigned depth = 0;

	do {
		depth += *open == '(' || *open == '{';
		depth -= *open == ')' || *open == '}';
		open++;
	} while (depth);
	return open;
}

static void take_form(struct sb_clauses *in, const char *form, const char *end);

/* An entry as one clause, whose place among the others means nothing. */
static void take_free(struct sb_clauses *in, const char *form, const char *end)
{
	struct words {
		uint64_t word;
		struct sb_sense sense;
	};
	SB_BUF struct sb_buf all = {.ceiling = 1 << 22};
	uint64_t from = in->rd.at;
	size_t first = in->out->count;

	take_form(in, form, end);
	for (size_t i = first; i < in->out->count; i++) {
		const struct sb_clause *clause = sb_vec_at(in->out, i);
		const struct words words = {clause->word, clause->sense};
		sb_buf_add(&all, &words, sizeof words);
	}
	in->out->count = first;
	in->no_memory |= all.bad != SB_OK;
	in->bad |= all.bad != SB_OK;
	sb_clause_add(in, from, (struct sb_clause){.free = true, .sense = sb_class_bytes_sense(KIND_ENTRY, sb_buf_span(&all)), .tag = SB_CLAUSE_ENTRY});
}

static void take_entries(struct sb_clauses *in, const char *group, unsigned width)
{
	const char *end = end_of_group(group) - 1;

	for (uint64_t left = sb_clause_count(in, width); left && !in->bad && !in->rd.bad; left--) {
		if (*group == '{')
			take_free(in, group + 1, end);
		else
			take_form(in, group + 1, end);
	}
}

static void take_rest(struct sb_clauses *in)
{
	uint64_t from = in->rd.at;
	struct sb_span bytes = sb_rd_bytes(&in->rd, in->rd.in.n - in->rd.at);

	if (bytes.n)
		sb_clause_add(in, from, (struct sb_clause){.word = bytes.n, .sense = sb_class_bytes_sense(KIND_UNKNOWN, bytes)});
}

static void take_code(struct sb_clauses *in)
{
	if (in->had_code)
		in->bad = true;
	else
		sb_clauses_of_code(in);
	in->had_code = true;
}

static void take_sign(struct sb_clauses *in, char sign)
{
	switch (sign) {
	case 'i':
		sb_clause_index(in);
		break;
	case '2':
		sb_clause_raw(in, 2);
		break;
	case 'p':
	case 'e':
		sb_clause_position(in, sign == 'e');
		break;
	case 'a':
		sb_clauses_of_annotation(in, 0);
		break;
	case 't':
		sb_clauses_of_type_target(in);
		break;
	case 'v':
		sb_clauses_of_element(in, 0);
		break;
	case 'A':
		sb_clauses_of_attributes(in, true);
		break;
	case 'F':
		sb_clauses_of_frames(in);
		break;
	case 'C':
		take_code(in);
		break;
	default:
		take_rest(in);
		break;
	}
}

static void take_form(struct sb_clauses *in, const char *form, const char *end)
{
	while (form < end && !in->bad && !in->rd.bad) {
		if (*form == '*' || *form == '+') {
			take_entries(in, form + 1, *form == '*' ? 2 : 1);
			form = end_of_group(form + 1);
		} else {
			take_sign(in, *form++);
		}
	}
}

/* The content by its form; what does not follow it is taken as a whole, with the constants that it may lead to. */
static void take_content(struct sb_clauses *in, const struct attribute *attribute)
{
	size_t first = in->out->count;
	uint64_t from = in->rd.at;

	in->bad |= ++in->depth > DEEPEST;
	take_form(in, attribute->form, attribute->form + strlen(attribute->form));
	in->depth--;
	if (in->no_memory || (!in->bad && !in->rd.bad && in->rd.at == in->rd.in.n))
		return;
	if (in->class->uses)
		in->class->uses[0] = SB_CONSTANT_USED;
	in->out->count = first;
	in->bad = in->rd.bad = false;
	sb_rd_seek(&in->rd, from);
	struct sb_span bytes = sb_rd_bytes(&in->rd, in->rd.in.n - (size_t)from);
	if (bytes.n)
		sb_clause_add(in, from, (struct sb_clause){.word = bytes.n, .sense = sb_class_unreadable(in->class, bytes)});
}

void sb_clauses_of_attribute(struct sb_clauses *in, bool inside)
{
	const struct sb_clauses before = *in;
	struct sb_rd ahead = in->rd;
	size_t row = row_of(sb_class_text(in->class, sb_rd_uint(&ahead, 2)));
	uint64_t length = sb_rd_uint(&ahead, 4), end = ahead.at + length;

	if (ahead.bad || end > in->rd.in.n) {
		in->rd.bad = true;
		return;
	}
	if (!inside) {
		in->part = row < ATTRIBUTES ? (uint16_t)(in->base + SB_CLASS_PART_ATTRIBUTES + row) : (uint16_t)(in->base + SB_CLASS_PART_UNKNOWN);
		in->debug = row < ATTRIBUTES && attributes[row].debug;
		in->severity = row < ATTRIBUTES ? attributes[row].severity : SB_SEVERITY_MAJOR;
	}
	sb_clause_index(in);
	sb_clause_derived(in, 4);
	in->rd.in.n = (size_t)end;
	if (row < ATTRIBUTES)
		take_content(in, &attributes[row]);
	else
		take_rest(in);
	in->rd.in.n = before.rd.in.n;
	in->part = before.part;
	in->debug = before.debug;
	in->severity = before.severity;
}

void sb_clauses_of_attributes(struct sb_clauses *in, bool inside)
{
	uint64_t left = inside ? sb_clause_count(in, 2) : sb_clause_derived(in, 2);

	for (; left && !in->bad && !in->rd.bad; left--)
		sb_clauses_of_attribute(in, inside);
}
