/* SPDX-License-Identifier: Apache-2.0 */
/* The list of issues that GitLab's merge request widget reads (docs.gitlab.com, "Code Quality", report format). */
#include "verifier/report/groups.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>

static struct sb_node *location(struct sb_making *make, const char *path)
{
	struct sb_node *map = sb_make_map(make), *lines = sb_make_map(make);

	sb_make_put_count(make, lines, "begin", 1); /* of a binary: the widget asks for a line */
	sb_make_put_text(make, map, "path", path);
	sb_make_put(make, map, "lines", lines);
	return map;
}

static struct sb_node *issue(struct sb_making *make, const char *description, const char *check, const char *fingerprint, enum sb_severity severity,
                             const char *path)
{
	struct sb_node *map = sb_make_map(make);

	sb_make_put_shown(make, map, "description", description);
	sb_make_put_text(make, map, "check_name", check);
	sb_make_put_text(make, map, "fingerprint", fingerprint);
	sb_make_put_text(make, map, "severity", sb_severity_name(severity));
	sb_make_put(make, map, "location", location(make, path));
	return map;
}

static struct sb_node *issue_of(struct sb_making *make, const struct sb_group *group)
{
	SB_BUF struct sb_buf text = {0};

	sb_add_way(group->first, " › ", &text);
	sb_buf_printf(&text, ": %s", group->first->note);
	if (group->count > 1)
		sb_buf_printf(&text, " (%" PRIu64 " places)", group->count);
	make->failed |= text.bad != SB_OK;
	return issue(make, text.data ? text.data : "", sb_cause_name(group->first->cause), group->fingerprint, group->first->severity,
	             group->first->artifact);
}

/* The widget has no other place for it. */
static void add_left_out(struct sb_making *make, struct sb_node *list, const struct sb_groups *groups, uint64_t shown, const struct sb_result *result)
{
	SB_BUF struct sb_buf text = {0};
	uint64_t left = groups->count - shown + result->findings_left_out;

	if (left == 0)
		return;
	sb_buf_printf(&text, "%" PRIu64 " issues shown of %" PRIu64 ", the rest in the JSON record", shown, shown + left);
	make->failed |= text.bad != SB_OK;
	sb_make_push(make, list, issue(make, text.data ? text.data : "", "left-out", "left-out", SB_SEVERITY_INFO, "samebuild"));
}

static int write_list(const struct sb_result *result, const struct sb_groups *groups, struct sb_arena *arena, struct sb_buf *out, struct sb_err *err)
{
	struct sb_making make = {.arena = arena};
	struct sb_node *list = sb_make_list(&make);
	size_t shown = groups->count < SB_GROUPS_SHOWN ? groups->count : SB_GROUPS_SHOWN;

	for (size_t i = 0; i < shown; i++)
		sb_make_push(&make, list, issue_of(&make, &groups->items[i]));
	add_left_out(&make, list, groups, shown, result);
	return sb_report_document(make.failed ? NULL : list, out, err);
}

static int write_codequality(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_groups groups = {0};

	(void)options;
	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_groups_make(result, &groups, err);
	if (!rc)
		rc = write_list(result, &groups, arena, out, err);
	sb_groups_release(&groups);
	return rc;
}

const struct sb_report_format sb_report_codequality = {
	.name = "codequality",
	.media_type = "application/json",
	.summary = "issues for GitLab's merge request widget",
	.write = write_codequality,
};
