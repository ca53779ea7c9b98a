/* SPDX-License-Identifier: Apache-2.0 */
/* Writing what --solve tried. */
#include "manifests/solving.h"

#include <string.h>

static struct sb_node *facts_node(struct sb_making *make, const struct sb_fact_set *facts)
{
	struct sb_node *map = sb_make_map(make);

	for (unsigned knob = 0; knob < SB_KNOBS; knob++)
		if (facts->value[knob])
			sb_make_put_text(make, map, sb_knob_name((enum sb_knob)knob), facts->value[knob]);
	return map;
}

static struct sb_node *trials_node(struct sb_making *make, const struct sb_solving *solving)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < solving->trial_count; i++) {
		struct sb_node *map = sb_make_map(make);
		sb_make_put_text(make, map, "end", sb_trial_end_name(solving->trials[i].end));
		sb_make_put(make, map, "facts", facts_node(make, &solving->trials[i].facts));
		sb_make_put_count(make, map, "differ", solving->trials[i].differ);
		sb_make_put_shown(make, map, "why", solving->trials[i].why);
		sb_make_push(make, list, map);
	}
	return list;
}

static struct sb_node *evidence_node(struct sb_making *make, const struct sb_solving *solving)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < solving->evidence_count; i++) {
		const struct sb_evidence *seen = &solving->evidence[i];
		struct sb_node *map = sb_make_map(make);
		sb_make_put_text(make, map, "fact", sb_knob_name(seen->knob));
		sb_make_put_text(make, map, "value", seen->value);
		sb_make_put_text(make, map, "artifact", seen->artifact);
		sb_make_put_shown(make, map, "where", seen->where);
		sb_make_put_text(make, map, "how", seen->how);
		sb_make_put_count(make, map, "rebuild", seen->rebuild);
		sb_make_push(make, list, map);
	}
	return list;
}

static struct sb_node *needed_node(struct sb_making *make, const struct sb_solving *solving)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < solving->needed_count; i++) {
		const struct sb_needed *needed = &solving->needed[i];
		struct sb_node *map = sb_make_map(make);
		sb_make_put_shown(make, map, "what", needed->what);
		sb_make_put_shown(make, map, "version", needed->version);
		sb_make_put_shown(make, map, "ours", needed->ours);
		sb_make_put_text(make, map, "artifact", needed->artifact);
		sb_make_put_shown(make, map, "where", needed->where);
		sb_make_push(make, list, map);
	}
	return list;
}

static struct sb_node *left_node(struct sb_making *make, const struct sb_solved_file *file)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < file->left_count; i++)
		sb_make_push(make, list, sb_make_shown(make, file->left[i]));
	return list;
}

static struct sb_node *files_node(struct sb_making *make, const struct sb_solving *solving)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < solving->file_count; i++) {
		const struct sb_solved_file *file = &solving->files[i];
		struct sb_node *map = sb_make_map(make);
		sb_make_put_text(make, map, "name", file->name);
		sb_make_put_count(make, map, "rebuild", file->rebuild);
		sb_make_put_count(make, map, "before", file->before);
		sb_make_put_count(make, map, "after", file->after);
		sb_make_put(make, map, "left", left_node(make, file));
		sb_make_put_count(make, map, "left_more", file->left_more);
		sb_make_push(make, list, map);
	}
	return list;
}

struct sb_node *sb_solving_node(struct sb_making *make, const struct sb_solving *solving)
{
	struct sb_node *map = sb_make_map(make);

	sb_make_put_count(make, map, "rounds", solving->most);
	sb_make_put_text(make, map, "stop", sb_solve_stop_name(solving->stop));
	sb_make_put(make, map, "rebuilds", trials_node(make, solving));
	sb_make_put(make, map, "evidence", evidence_node(make, solving));
	sb_make_put(make, map, "needed", needed_node(make, solving));
	sb_make_put(make, map, "files", files_node(make, solving));
	return map;
}

/* What was seen first of a value; the judge saw to it that there is something. */
static const struct sb_evidence *evidence_of(const struct sb_solving *solving, enum sb_knob knob, const char *value)
{
	for (size_t i = 0; i < solving->evidence_count; i++)
		if (solving->evidence[i].knob == knob && strcmp(solving->evidence[i].value, value) == 0)
			return &solving->evidence[i];
	return NULL;
}

/* Names of the files that rebuild number @rebuild made equal; NULL: none. */
static struct sb_node *made_equal(struct sb_making *make, const struct sb_solving *solving, unsigned rebuild)
{
	struct sb_node *list = NULL;

	for (size_t i = 0; i < solving->file_count; i++) {
		if (solving->files[i].rebuild != rebuild)
			continue;
		list = list ? list : sb_make_list(make);
		sb_make_push(make, list, sb_make_text(make, solving->files[i].name));
	}
	return list;
}

struct sb_node *sb_inferred_node(struct sb_making *make, const struct sb_solving *solving)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < solving->trial_count; i++) {
		struct sb_node *names = made_equal(make, solving, (unsigned)i + 1);
		for (unsigned knob = 0; names && knob < SB_KNOBS; knob++) {
			const char *value = solving->trials[i].facts.value[knob];
			const struct sb_evidence *seen = value ? evidence_of(solving, (enum sb_knob)knob, value) : NULL;
			if (!value)
				continue;
			struct sb_node *map = sb_make_map(make);
			sb_make_put_text(make, map, "fact", sb_knob_name((enum sb_knob)knob));
			sb_make_put_text(make, map, "value", value);
			sb_make_put_shown(make, map, "evidence", seen ? seen->where : "");
			sb_make_put_text(make, map, "how", seen ? seen->how : "");
			sb_make_put_count(make, map, "round", i + 1);
			sb_make_put(make, map, "artifacts", names);
			sb_make_push(make, list, map);
		}
	}
	return list;
}
