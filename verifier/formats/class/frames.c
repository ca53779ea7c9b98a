/* SPDX-License-Identifier: Apache-2.0 */
/* What the verifier expects where branches meet (4.7.4). A frame is by where it stands, however the distance from the last one is written. */
#include "verifier/formats/class/class.h"

enum frame { FRAME_SAME = 1, FRAME_ONE_ON_STACK, FRAME_CHOPPED, FRAME_APPENDED, FRAME_FULL };

/** Frames of one table. */
struct frames {
	struct sb_clauses *in;
	uint64_t at;  /* of the last one, in the code */
	bool begun;
};

/* verification_type_info */
static void take_type(struct sb_clauses *in)
{
	enum { OBJECT = 7, UNINITIALIZED };
	uint64_t from = in->rd.at, tag = sb_rd_uint(&in->rd, 1);
	struct sb_clause type = {.word = tag, .tag = SB_CLAUSE_FRAME};

	if (tag == OBJECT)
		type.sense = sb_class_sense(in->class, sb_rd_uint(&in->rd, 2));
	if (tag == UNINITIALIZED)
		type.target = sb_clause_target(in, sb_rd_uint(&in->rd, 2));
	in->bad |= tag > UNINITIALIZED || (tag == UNINITIALIZED && !type.target);
	sb_clause_add(in, from, type);
}

static void take_types(struct sb_clauses *in, uint64_t count)
{
	for (; count && !in->bad && !in->rd.bad; count--)
		take_type(in);
}

/* The head of a frame: its kind, and @more that belongs to it; the distance stands in @type or behind it. */
static void take_head(struct frames *frames, uint64_t from, enum frame kind, uint64_t more, uint64_t distance)
{
	struct sb_clauses *in = frames->in;

	frames->at = frames->begun ? frames->at + distance + 1 : distance;
	frames->begun = true;
	uint64_t target = sb_clause_target(in, frames->at);
	in->bad |= !target;
	sb_clause_add(in, from, (struct sb_clause){.word = (uint64_t)kind | more << 8, .target = target, .tag = SB_CLAUSE_FRAME});
}

static void take_frame(struct frames *frames)
{
	struct sb_clauses *in = frames->in;
	uint64_t from = in->rd.at, type = sb_rd_uint(&in->rd, 1);

	if (type < 64) {
		take_head(frames, from, FRAME_SAME, 0, type);
	} else if (type < 128) {
		take_head(frames, from, FRAME_ONE_ON_STACK, 0, type - 64);
		take_types(in, 1);
	} else if (type < 247) {
		in->bad = true;
	} else if (type == 247) {
		take_head(frames, from, FRAME_ONE_ON_STACK, 0, sb_rd_uint(&in->rd, 2));
		take_types(in, 1);
	} else if (type < 251) {
		take_head(frames, from, FRAME_CHOPPED, 251 - type, sb_rd_uint(&in->rd, 2));
	} else if (type == 251) {
		take_head(frames, from, FRAME_SAME, 0, sb_rd_uint(&in->rd, 2));
	} else if (type < 255) {
		take_head(frames, from, FRAME_APPENDED, type - 251, sb_rd_uint(&in->rd, 2));
		take_types(in, type - 251);
	} else {
		take_head(frames, from, FRAME_FULL, 0, sb_rd_uint(&in->rd, 2));
		take_types(in, sb_clause_count(in, 2));
		take_types(in, sb_clause_count(in, 2));
	}
}

void sb_clauses_of_frames(struct sb_clauses *in)
{
	struct frames frames = {.in = in};

	for (uint64_t left = sb_clause_count(in, 2); left && !in->bad && !in->rd.bad; left--)
		take_frame(&frames);
}
