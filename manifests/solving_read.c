/* SPDX-License-Identifier: Apache-2.0 */
/* What --solve tried, read back: foreign again, and a file that is called reproduced rests on it. */
#include "manifests/solving.h"

#include <string.h>

static const char *const solve_keys[] = {"*rounds", "*stop", "*rebuilds", "*evidence", "*needed", "*files", NULL};
static const char *const trial_keys[] = {"*end", "*facts", "*differ", "*why", NULL};
static const char *const evidence_keys[] = {"*fact", "*value", "*artifact", "*where", "*how", "*rebuild", NULL};
static const char *const needed_keys[] = {"*what", "*version", "*ours", "*artifact", "*where", NULL};
static const char *const file_keys[] = {"*name", "*rebuild", "*before", "*after", "*left", "*left_more", NULL};

static void bad(struct sb_taking *in, struct sb_place place, const char *what)
{
	sb_schema_problem(&in->schema, place, "record-malformed", "%s", what);
}

static unsigned number(struct sb_taking *in, struct sb_place map, const char *key, uint64_t most)
{
	return (unsigned)sb_schema_uint(&in->schema, sb_schema_key(&in->schema, map, key), 0, most < UINT32_MAX ? most : UINT32_MAX, 0);
}

static void read_facts(struct sb_taking *in, struct sb_place place, struct sb_fact_set *out)
{
	if (!place.node || place.node->type != SB_NODE_MAP) {
		bad(in, place, "facts are due here");
		return;
	}
	for (size_t i = 0; i < place.node->count; i++) {
		struct sb_place value = sb_schema_key(&in->schema, place, place.node->members[i].key);
		const char *written = sb_schema_text(&in->schema, value, "");
		enum sb_knob knob;
		if (sb_knob_parse(place.node->members[i].key, &knob) && sb_fact_is_plausible(knob, sb_span_text(written)))
			out->value[knob] = written;
		else
			bad(in, value, "no value that a fact may have");
	}
}

static void read_trials(struct sb_taking *in, struct sb_place map, struct sb_solving *out)
{
	struct sb_place place;
	struct sb_trial *trials = sb_take_list(in, map, "rebuilds", sizeof *trials, &place, &out->trial_count);

	for (size_t i = 0; i < out->trial_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, place, i);
		trials[i].why = "";
		if (!sb_schema_map(&in->schema, item, trial_keys))
			continue;
		if (!sb_trial_end_parse(sb_take_text(in, item, "end"), &trials[i].end))
			bad(in, item, "an unknown end of a rebuild");
		read_facts(in, sb_schema_key(&in->schema, item, "facts"), &trials[i].facts);
		trials[i].differ = sb_take_count(in, item, "differ");
		trials[i].why = sb_take_shown(in, item, "why");
	}
	out->trials = trials;
}

static void read_evidence(struct sb_taking *in, struct sb_place map, struct sb_solving *out)
{
	struct sb_place place;
	struct sb_evidence *evidence = sb_take_list(in, map, "evidence", sizeof *evidence, &place, &out->evidence_count);

	for (size_t i = 0; i < out->evidence_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, place, i);
		evidence[i] = (struct sb_evidence){.value = "", .artifact = "", .where = "", .how = ""};
		if (!sb_schema_map(&in->schema, item, evidence_keys))
			continue;
		evidence[i].value = sb_take_text(in, item, "value");
		if (!sb_knob_parse(sb_take_text(in, item, "fact"), &evidence[i].knob) || !sb_fact_is_plausible(evidence[i].knob, sb_span_text(evidence[i].value)))
			bad(in, item, "no value that a fact may have");
		evidence[i].artifact = sb_take_raw(in, item, "artifact");
		evidence[i].where = sb_take_shown(in, item, "where");
		evidence[i].how = sb_take_shown(in, item, "how");
		evidence[i].rebuild = number(in, item, "rebuild", out->trial_count);
	}
	out->evidence = evidence;
}

static void read_needed(struct sb_taking *in, struct sb_place map, struct sb_solving *out)
{
	struct sb_place place;
	struct sb_needed *needed = sb_take_list(in, map, "needed", sizeof *needed, &place, &out->needed_count);

	for (size_t i = 0; i < out->needed_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, place, i);
		needed[i] = (struct sb_needed){.what = "", .version = "", .ours = "", .artifact = "", .where = ""};
		if (!sb_schema_map(&in->schema, item, needed_keys))
			continue;
		needed[i].what = sb_take_shown(in, item, "what");
		needed[i].version = sb_take_shown(in, item, "version");
		needed[i].ours = sb_take_shown(in, item, "ours");
		needed[i].artifact = sb_take_raw(in, item, "artifact");
		needed[i].where = sb_take_shown(in, item, "where");
	}
	out->needed = needed;
}

static void read_left(struct sb_taking *in, struct sb_place map, struct sb_solved_file *out)
{
	struct sb_place place;
	const char **left = sb_take_list(in, map, "left", sizeof *left, &place, &out->left_count);

	for (size_t i = 0; i < out->left_count; i++)
		left[i] = sb_take_shown_at(in, sb_schema_item(&in->schema, place, i));
	out->left = left;
	out->left_more = sb_take_count(in, map, "left_more");
}

static void read_files(struct sb_taking *in, struct sb_place map, struct sb_solving *out)
{
	struct sb_place place;
	struct sb_solved_file *files = sb_take_list(in, map, "files", sizeof *files, &place, &out->file_count);

	for (size_t i = 0; i < out->file_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, place, i);
		files[i].name = "";
		if (!sb_schema_map(&in->schema, item, file_keys))
			continue;
		files[i].name = sb_take_raw(in, item, "name");
		files[i].rebuild = number(in, item, "rebuild", out->trial_count);
		files[i].before = sb_take_count(in, item, "before");
		files[i].after = sb_take_count(in, item, "after");
		read_left(in, item, &files[i]);
	}
	out->files = files;
}

static bool is_seen(const struct sb_solving *solving, enum sb_knob knob, const char *value)
{
	for (size_t i = 0; i < solving->evidence_count; i++)
		if (solving->evidence[i].knob == knob && strcmp(solving->evidence[i].value, value) == 0)
			return true;
	return false;
}

static bool is_founded(const struct sb_solving *solving, const struct sb_trial *trial)
{
	if (trial->end != SB_TRIAL_EQUAL && trial->end != SB_TRIAL_CLOSER)
		return false;
	for (unsigned knob = 0; knob < SB_KNOBS; knob++)
		if (trial->facts.value[knob] && !is_seen(solving, (enum sb_knob)knob, trial->facts.value[knob]))
			return false;
	return sb_fact_set_count(&trial->facts) > 0;
}

static void check_files(struct sb_taking *in, struct sb_place place, const struct sb_solving *solving)
{
	if (solving->trial_count > (uint64_t)solving->most + 1) /* facts that were given are one more */
		sb_schema_problem(&in->schema, place, "record-inconsistent", "more rebuilds under facts than were asked for");
	for (size_t i = 0; i < solving->file_count; i++)
		if (solving->files[i].rebuild && (solving->files[i].after || !is_founded(solving, &solving->trials[solving->files[i].rebuild - 1])))
			sb_schema_problem(&in->schema, place, "record-inconsistent", "a file is made equal by a rebuild that ended otherwise, without facts, or without evidence for them");
}

void sb_solving_read(struct sb_taking *in, struct sb_place place, struct sb_solving *out)
{
	if (!place.node || !sb_schema_map(&in->schema, place, solve_keys))
		return;
	out->present = true;
	out->most = number(in, place, "rounds", UINT32_MAX);
	if (!sb_solve_stop_parse(sb_take_text(in, place, "stop"), &out->stop))
		bad(in, place, "an unknown reason to stop");
	read_trials(in, place, out);
	read_evidence(in, place, out);
	read_needed(in, place, out);
	read_files(in, place, out);
	if (!in->failed)
		check_files(in, place, out);
}
