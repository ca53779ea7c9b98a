/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects one after the other, each behind a letter for its type. Source: CPython 3.7 to 3.14, Python/marshal.c; magic numbers: Include/internal/pycore_magic_number.h.
 * Who refers to a text is not followed: one that is written as a name may be one.
 */
#include "verifier/formats/marshal.h"

enum { MARKED = 0x80, DEEPEST = 200, DIGIT = 2 /* bytes of 15 bits */ };
/** The first magic numbers of versions that write code objects in another way. */
enum { WITH_POSITIONAL = 3400, WITH_EXCEPTIONS = 3450 };

struct walk {
	struct sb_rd rd;
	unsigned magic;
	uint64_t from, to;
	bool named;
};

static bool is_name(struct sb_span text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
		if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '.')
			return false;
	}
	return true;
}

static void take_text(struct walk *walk, unsigned width)
{
	struct sb_span text = sb_rd_bytes(&walk->rd, (size_t)sb_rd_uint(&walk->rd, width));
	uint64_t end = walk->rd.at;

	walk->named |= walk->from < end && walk->to > end - text.n && is_name(text);
}

/* Numbers, and bytes of which only the program itself knows what they are. */
static void take_bytes(struct walk *walk, uint64_t length)
{
	sb_rd_bytes(&walk->rd, (size_t)length);
}

/* "l": digits of 15 bits, as many as the sign says. */
static void take_long(struct walk *walk)
{
	int32_t digits = (int32_t)(uint32_t)sb_rd_uint(&walk->rd, 4);
	take_bytes(walk, DIGIT * (uint64_t)(digits < 0 ? -(int64_t)digits : digits));
}

static void take_object(struct walk *walk, unsigned depth);

static void take_objects(struct walk *walk, uint64_t count, unsigned depth)
{
	for (; count && !walk->rd.bad; count--)
		take_object(walk, depth + 1);
}

/* Pairs up to an object of type "0". */
static void take_pairs(struct walk *walk, unsigned depth)
{
	while (!walk->rd.bad && walk->rd.at < walk->rd.in.n && (walk->rd.in.p[walk->rd.at] & ~MARKED) != '0')
		take_objects(walk, 2, depth);
	take_bytes(walk, 1);
}

static void take_instructions(struct walk *walk, unsigned depth)
{
	uint64_t start = walk->rd.at;

	take_objects(walk, 1, depth);
	walk->named |= walk->from < walk->rd.at && walk->to > start;
}

/* Counts of arguments and flags; code, constants, names, variables, file; the first line; lines, and where exceptions go. */
static void take_code(struct walk *walk, unsigned depth)
{
	bool exceptions = walk->magic >= WITH_EXCEPTIONS;
	unsigned counts = walk->magic < WITH_POSITIONAL || exceptions ? 5 : 6;

	take_bytes(walk, 4 * (uint64_t)counts);
	take_instructions(walk, depth);
	take_objects(walk, 7, depth);
	take_bytes(walk, 4);
	take_objects(walk, exceptions ? 2 : 1, depth);
}

static void take_group(struct walk *walk, unsigned type, unsigned depth)
{
	switch (type) {
	case ')':
		take_objects(walk, sb_rd_uint(&walk->rd, 1), depth);
		break;
	case '(':
	case '[':
	case '<':
	case '>':
		take_objects(walk, sb_rd_uint(&walk->rd, 4), depth);
		break;
	case ':':
		take_objects(walk, 3, depth);
		break;
	case '{':
		take_pairs(walk, depth);
		break;
	case 'c':
		take_code(walk, depth);
		break;
	default:
		walk->rd.bad = true;
		break;
	}
}

static void take_object(struct walk *walk, unsigned depth)
{
	unsigned type = (unsigned)sb_rd_uint(&walk->rd, 1) & ~(unsigned)MARKED;

	walk->rd.bad |= depth > DEEPEST;
	if (walk->rd.bad)
		return;
	switch (type) {
	case 'N': case 'T': case 'F': case 'S': case '.':
		break;
	case 'i': case 'r':
		take_bytes(walk, 4);
		break;
	case 'g':
		take_bytes(walk, 8);
		break;
	case 'y':
		take_bytes(walk, 16);
		break;
	case 'l':
		take_long(walk);
		break;
	case 's':
		take_bytes(walk, sb_rd_uint(&walk->rd, 4));
		break;
	case 'z': case 'Z':
		take_text(walk, 1);
		break;
	case 'u': case 't': case 'a': case 'A':
		take_text(walk, 4);
		break;
	default:
		take_group(walk, type, depth);
		break;
	}
}

bool sb_marshal_may_name(struct sb_span code, unsigned magic, uint64_t from, uint64_t to)
{
	struct walk walk = {.rd = sb_rd_of(code, false), .magic = magic, .from = from, .to = to};

	take_object(&walk, 0);
	return walk.named || walk.rd.bad || walk.rd.at != code.n;
}
