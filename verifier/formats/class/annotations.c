/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations (4.7.16 to 4.7.22), which may hold annotations. */
#include "verifier/formats/class/class.h"

/** Values inside of values: what is deeper cannot be read. */
enum { DEEPEST = 32 };

void sb_clauses_of_element(struct sb_clauses *in, unsigned depth)
{
	uint64_t tag = sb_clause_raw(in, 1);

	in->bad |= depth >= DEEPEST;
	if (in->bad || in->rd.bad)
		return;
	switch (tag) {
	case 'B': case 'C': case 'D': case 'F': case 'I': case 'J': case 'S': case 'Z': case 's': case 'c':
		sb_clause_index(in);
		break;
	case 'e':
		sb_clause_index(in);
		sb_clause_index(in);
		break;
	case '@':
		sb_clauses_of_annotation(in, depth + 1);
		break;
	case '[':
		for (uint64_t left = sb_clause_count(in, 2); left && !in->bad && !in->rd.bad; left--)
			sb_clauses_of_element(in, depth + 1);
		break;
	default:
		in->bad = true;
		break;
	}
}

void sb_clauses_of_annotation(struct sb_clauses *in, unsigned depth)
{
	sb_clause_index(in);
	for (uint64_t left = sb_clause_count(in, 2); left && !in->bad && !in->rd.bad; left--) {
		sb_clause_index(in);
		sb_clauses_of_element(in, depth + 1);
	}
}

/* localvar_target */
static void take_variables(struct sb_clauses *in)
{
	for (uint64_t left = sb_clause_count(in, 2); left && !in->bad && !in->rd.bad; left--) {
		sb_clause_position(in, false);
		sb_clause_position(in, true);
		sb_clause_raw(in, 2);
	}
}

/* Tables 4.7.20-A and B. */
static void take_target(struct sb_clauses *in, uint64_t type)
{
	if (type <= 0x01 || type == 0x16)
		sb_clause_raw(in, 1);
	else if (type == 0x10 || type == 0x11 || type == 0x12 || type == 0x17 || type == 0x42)
		sb_clause_raw(in, 2);
	else if (type == 0x40 || type == 0x41)
		take_variables(in);
	else if (type >= 0x43 && type <= 0x4b)
		sb_clause_position(in, false);
	else
		in->bad |= type < 0x13 || type > 0x15;
	if (type >= 0x47 && type <= 0x4b)
		sb_clause_raw(in, 1);
}

void sb_clauses_of_type_target(struct sb_clauses *in)
{
	take_target(in, sb_clause_raw(in, 1));
	for (uint64_t left = sb_clause_count(in, 1); left && !in->rd.bad; left--)
		sb_clause_raw(in, 2);
}
