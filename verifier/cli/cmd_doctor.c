/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/verbs.h"
#include "verifier/parsing/parsing.h"
#include "verifier/sandbox/sandbox.h"

#include <string.h>

enum { PARTS = 3 };

/** What was found, what was asked for, what comes of both. */
struct examination {
	struct sb_survey survey;
	struct sb_demand demand;
	const char **missing; /* names of the policy that are not present */
	size_t missing_count;
	struct sb_properties parsers; /* walls of those that parse foreign bytes; none: nothing can be compared */
	const char *no_parsers;       /* why, or NULL */
};

static const struct sb_probe *find(const struct sb_survey *survey, unsigned part, const char *name)
{
	for (size_t i = 0; i < survey->count; i++)
		if ((unsigned)survey->probes[i].part == part && strcmp(survey->probes[i].name, name) == 0)
			return &survey->probes[i];
	return NULL;
}

/** A name that nothing has cannot be met; where nothing could be tried out, no name is known and all are missing. */
static int judge(struct sb_invocation *call, struct examination *exam, struct sb_err *err)
{
	const struct sb_demand *demand = &exam->demand;

	exam->missing = sb_arena_array(call->arena, demand->counts[0] + demand->counts[1] + demand->counts[2], sizeof *exam->missing);
	if (!exam->missing)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (unsigned part = 0; part < PARTS; part++)
		for (size_t i = 0; i < demand->counts[part]; i++) {
			const char *name = demand->names[part][i];
			const struct sb_probe *probe = find(&exam->survey, part, name);

			if (!probe && exam->survey.possible)
				return sb_fail(err, SB_USAGE, "demand-malformed", "there is nothing called \"%s\" under %s", name,
				               sb_demand_key((enum sb_demand_part)part));
			if (!probe || !probe->present)
				exam->missing[exam->missing_count++] = name;
		}
	return 0;
}

static int examine(struct sb_invocation *call, struct examination *exam, struct sb_err *err)
{
	const char *policy = sb_arg_value(call, "policy");
	struct sb_span text = {0};
	int rc = 0;

	if (policy)
		rc = sb_cli_load_file(call, policy, SB_LIMIT_OF(DOCUMENT_BYTES), &text, err);
	if (!rc && policy)
		rc = sb_demand_read(text, policy, call->arena, &exam->demand, err);
	if (!rc)
		rc = sb_sandbox_survey(call->arena, &exam->survey, err);
	return rc ? rc : judge(call, exam, err);
}

/* ---- text ---- */

static void add_rows(struct sb_invocation *call, const struct sb_survey *survey, unsigned part)
{
	static const char *const titles[PARTS] = {"walls", "limits", "controls"};

	sb_buf_printf(&call->out, "%s\n", titles[part]);
	for (size_t i = 0; i < survey->count; i++) {
		const struct sb_probe *probe = &survey->probes[i];

		if ((unsigned)probe->part != part)
			continue;
		sb_buf_printf(&call->out, "  %-8s %-22s %s\n", probe->present ? "present" : probe->required ? "ABSENT" : "absent", probe->name,
		              sb_cli_escape(call, probe->detail));
		if (probe->mend)
			sb_buf_printf(&call->out, "           %-22s to get it: %s\n", "", probe->mend);
	}
}

static void add_parsers(struct sb_invocation *call, const struct examination *exam)
{
	sb_buf_printf(&call->out, "parsers\n");
	if (exam->no_parsers)
		sb_buf_printf(&call->out, "  ABSENT   %s\n", sb_cli_escape(call, exam->no_parsers));
	for (size_t i = 0; i < exam->parsers.count; i++) {
		const struct sb_property *wall = &exam->parsers.items[i];
		bool absent = strncmp(wall->value, "off", 3) == 0;

		sb_buf_printf(&call->out, "  %-8s %-22s %s\n", absent ? "absent" : "present", wall->name, sb_cli_escape(call, wall->value));
	}
}

static void add_text(struct sb_invocation *call, const struct examination *exam)
{
	if (!exam->survey.possible)
		sb_buf_printf(&call->out, "no build is possible here: %s\n", sb_cli_escape(call, exam->survey.why));
	for (unsigned part = 0; part < PARTS; part++)
		if (exam->survey.possible || part == SB_PROBE_WALL)
			add_rows(call, &exam->survey, part);
	add_parsers(call, exam);
	for (size_t i = 0; i < exam->missing_count; i++)
		sb_buf_printf(&call->out, "%s %s\n", i ? "           and" : "the policy demands", sb_cli_escape(call, exam->missing[i]));
}

/* ---- document ---- */

static bool add_node(struct sb_arena *arena, struct sb_node *list, const struct sb_probe *probe)
{
	struct sb_node *map = sb_node_map(arena);

	return map && sb_node_put(arena, map, "name", sb_node_text(arena, probe->name)) &&
	       sb_node_put(arena, map, "present", sb_node_bool(arena, probe->present)) &&
	       sb_node_put(arena, map, "required", sb_node_bool(arena, probe->required)) &&
	       sb_node_put(arena, map, "detail", sb_node_text(arena, probe->detail)) &&
	       sb_node_put(arena, map, "mend", sb_node_text(arena, probe->mend)) && sb_node_push(arena, list, map);
}

static bool add_parts(struct sb_arena *arena, struct sb_node *document, const struct sb_survey *survey)
{
	for (unsigned part = 0; part < PARTS; part++) {
		struct sb_node *list = sb_node_list(arena);
		bool good = list != NULL;

		for (size_t i = 0; good && i < survey->count; i++)
			if ((unsigned)survey->probes[i].part == part)
				good = add_node(arena, list, &survey->probes[i]);
		if (!good || !sb_node_put(arena, document, sb_demand_key((enum sb_demand_part)part), list))
			return false;
	}
	return true;
}

static bool add_parser_walls(struct sb_arena *arena, struct sb_node *document, const struct examination *exam)
{
	struct sb_node *map = sb_node_map(arena);
	bool good = map != NULL;

	for (size_t i = 0; good && i < exam->parsers.count; i++)
		good = sb_node_put(arena, map, exam->parsers.items[i].name, sb_node_text(arena, exam->parsers.items[i].value));
	return good && sb_node_put(arena, document, "parsers", map);
}

static int to_document(struct sb_invocation *call, const struct examination *exam, bool fit, struct sb_err *err)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-doctor/1"), *missing = sb_node_list(arena);
	bool good = document && missing && sb_node_put(arena, document, "fit", sb_node_bool(arena, fit)) &&
	            sb_node_put(arena, document, "possible", sb_node_bool(arena, exam->survey.possible)) &&
	            sb_node_put(arena, document, "why", sb_node_text(arena, exam->survey.why)) && add_parts(arena, document, &exam->survey) &&
	            add_parser_walls(arena, document, exam);

	for (size_t i = 0; good && i < exam->missing_count; i++)
		good = sb_node_push(arena, missing, sb_node_text(arena, exam->missing[i]));
	good = good && sb_node_put(arena, document, "missing", missing);
	return sb_cli_document(call, good ? document : NULL, err);
}

static bool is_fit(const struct examination *exam)
{
	bool fit = exam->survey.possible && exam->missing_count == 0 && !exam->no_parsers;

	for (size_t i = 0; i < exam->survey.count; i++)
		fit &= exam->survey.probes[i].present || !exam->survey.probes[i].required;
	return fit;
}

static int tell(struct sb_invocation *call, struct examination *exam, struct sb_err *err)
{
	int rc = examine(call, exam, err);

	if (rc)
		return rc;
	if (call->json)
		rc = to_document(call, exam, is_fit(exam), err);
	else
		add_text(call, exam);
	return rc ? rc : is_fit(exam) ? SB_EXIT_OK : SB_EXIT_UNDECIDED;
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	const struct sb_parsers_options options = {.progress = call->progress};
	struct sb_parsers *parsers = NULL;
	struct examination exam = {0};
	struct sb_err why = {0};
	int rc = sb_parsers_start(&options, &parsers, &why);

	if (rc == SB_NOMEM || rc == SB_INTERRUPTED) {
		if (err)
			*err = why;
		return rc;
	}
	exam.parsers = sb_parsers_walls(parsers);
	exam.no_parsers = rc ? why.msg : NULL;
	rc = tell(call, &exam, err);
	sb_parsers_stop(&parsers);
	return rc;
}

static const struct sb_option doctor_options[] = {
	{"policy", 0, "FILE", false},
	{0},
};

const struct sb_verb sb_verb_doctor = {
	.name = "doctor",
	.summary = "show what walls, limits and controls a build gets here",
	.operands = "",
	.options = doctor_options,
	.run = run,
};
