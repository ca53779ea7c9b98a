/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SARIF 2.1.0 (OASIS, 2020) for code scanning: one run, a rule for each cause, a result for each place and cause. A result's byte
 * offset counts in the innermost thing of its way in, which is its logical location.
 */
#include "verifier/report/groups.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>
#include <string.h>

struct sarif {
	struct sb_making make;
	const struct sb_result *result;
	const struct sb_report_options *options;
	struct sb_summary summary;
	struct sb_groups groups;
	size_t shown;
};

static const char *const levels[SB_SEVERITIES] = {
	[SB_SEVERITY_CRITICAL] = "error",
	[SB_SEVERITY_MAJOR] = "error",
	[SB_SEVERITY_MINOR] = "warning",
	[SB_SEVERITY_INFO] = "note",
};

static struct sb_node *message(struct sarif *log, const char *text)
{
	struct sb_node *map = sb_make_map(&log->make);
	sb_make_put_message(&log->make, map, "text", text);
	return map;
}

/* A file name as a relative reference of RFC 3986: nothing but unreserved bytes and slashes as they are. */
static struct sb_node *place(struct sarif *log, const char *name)
{
	SB_BUF struct sb_buf uri = {0};
	struct sb_node *map = sb_make_map(&log->make);

	for (const char *at = name; *at; at++) {
		bool plain = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/", *at) != NULL;
		bool rooted = *at == '/' && at == name; /* a reference that begins with a slash would leave the root of the repository */
		if (plain && !rooted)
			sb_buf_add(&uri, at, 1);
		else
			sb_buf_printf(&uri, "%%%02X", (unsigned char)*at);
	}
	log->make.failed |= uri.bad != SB_OK;
	sb_make_put_shown(&log->make, map, "uri", uri.data ? uri.data : "");
	return map;
}

static struct sb_node *rule(struct sarif *log, enum sb_cause cause)
{
	struct sb_node *map = sb_make_map(&log->make);
	const char *mend = sb_report_mend(log->options, cause);

	sb_make_put_text(&log->make, map, "id", sb_cause_name(cause));
	if (mend)
		sb_make_put(&log->make, map, "help", message(log, mend));
	return map;
}

static struct sb_node *driver(struct sarif *log)
{
	struct sb_node *map = sb_make_map(&log->make), *rules = sb_make_list(&log->make);

	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		sb_make_push(&log->make, rules, rule(log, (enum sb_cause)cause));
	sb_make_put_text(&log->make, map, "name", "samebuild");
	sb_make_put_text(&log->make, map, "version", log->result->tool_version);
	sb_make_put(&log->make, map, "rules", rules);
	return map;
}

static struct sb_node *region(struct sarif *log, const struct sb_finding *finding)
{
	struct sb_node *map = sb_make_map(&log->make);
	const struct sb_extent *at = finding->shipped.present ? &finding->shipped : &finding->rebuilt;

	sb_make_put_count(&log->make, map, "byteOffset", at->offset);
	sb_make_put_count(&log->make, map, "byteLength", at->length);
	return map;
}

static struct sb_node *logical(struct sarif *log, const struct sb_finding *finding)
{
	SB_BUF struct sb_buf way = {0};
	struct sb_node *list = sb_make_list(&log->make), *map = sb_make_map(&log->make);

	sb_add_way(finding, " › ", &way);
	log->make.failed |= way.bad != SB_OK;
	sb_make_put_shown(&log->make, map, "fullyQualifiedName", way.data ? way.data : "");
	if (finding->where_count)
		sb_make_put_text(&log->make, map, "name", finding->where[finding->where_count - 1]);
	sb_make_push(&log->make, list, map);
	return list;
}

static struct sb_node *location(struct sarif *log, const struct sb_finding *finding)
{
	struct sb_node *list = sb_make_list(&log->make), *map = sb_make_map(&log->make), *physical = sb_make_map(&log->make);

	sb_make_put(&log->make, physical, "artifactLocation", place(log, finding->artifact));
	if (finding->shipped.present || finding->rebuilt.present)
		sb_make_put(&log->make, physical, "region", region(log, finding));
	sb_make_put(&log->make, map, "physicalLocation", physical);
	sb_make_put(&log->make, map, "logicalLocations", logical(log, finding));
	sb_make_push(&log->make, list, map);
	return list;
}

static struct sb_node *details(struct sarif *log, const struct sb_finding *finding)
{
	struct sb_node *map = sb_make_map(&log->make);

	sb_make_put_text(&log->make, map, "id", finding->id);
	sb_make_put_text(&log->make, map, "kind", finding->kind);
	sb_make_put_text(&log->make, map, "rule", sb_rule_name(finding->rule));
	sb_make_put_text(&log->make, map, "severity", sb_severity_name(finding->severity));
	return map;
}

static struct sb_node *result_of(struct sarif *log, const struct sb_group *group)
{
	const struct sb_finding *finding = group->first;
	struct sb_node *map = sb_make_map(&log->make), *fingerprints = sb_make_map(&log->make);

	sb_make_put_text(&log->make, fingerprints, "samebuild/v1", group->fingerprint);
	sb_make_put_text(&log->make, map, "ruleId", sb_cause_name(finding->cause));
	sb_make_put_count(&log->make, map, "ruleIndex", finding->cause);
	sb_make_put_text(&log->make, map, "level", levels[finding->severity]);
	sb_make_put(&log->make, map, "message", message(log, finding->note[0] ? finding->note : "the bytes differ"));
	sb_make_put(&log->make, map, "locations", location(log, finding));
	sb_make_put(&log->make, map, "partialFingerprints", fingerprints);
	sb_make_put_count(&log->make, map, "occurrenceCount", group->count);
	sb_make_put(&log->make, map, "properties", details(log, finding));
	return map;
}

static void notify(struct sarif *log, struct sb_node *list, const char *level, const char *text)
{
	struct sb_node *map = sb_make_map(&log->make);

	sb_make_put_text(&log->make, map, "level", level);
	sb_make_put(&log->make, map, "message", message(log, text));
	sb_make_push(&log->make, list, map);
}

static struct sb_node *notifications(struct sarif *log)
{
	struct sb_node *list = sb_make_list(&log->make);
	SB_BUF struct sb_buf text = {0};
	uint64_t folded = log->summary.listed - log->summary.primary;

	sb_add_sentence(&log->summary, log->result, &text);
	notify(log, list, sb_level_passes(log->result->level) ? "note" : "error", text.data ? text.data : "");
	text.len = 0;
	if (log->result->previous.present) {
		sb_add_previous_sentence(&log->result->previous, &text);
		notify(log, list, "note", text.data ? text.data : "");
		text.len = 0;
	}
	sb_buf_printf(&text, "%" PRIu64 " findings; %" PRIu64 " of them follow from others and are folded", log->summary.findings, folded);
	notify(log, list, "note", text.data ? text.data : "");
	uint64_t left = (uint64_t)(log->groups.count - log->shown) + log->result->findings_left_out;
	text.len = 0;
	sb_buf_printf(&text, "%zu results shown of %" PRIu64 ", the rest in the JSON record", log->shown, log->shown + left);
	if (left)
		notify(log, list, "warning", text.data ? text.data : "");
	log->make.failed |= text.bad != SB_OK;
	return list;
}

static struct sb_node *invocations(struct sarif *log)
{
	struct sb_node *list = sb_make_list(&log->make), *map = sb_make_map(&log->make);

	sb_make_put_bool(&log->make, map, "executionSuccessful", log->result->level != SB_LEVEL_UNDETERMINED);
	sb_make_put(&log->make, map, "toolExecutionNotifications", notifications(log));
	sb_make_push(&log->make, list, map);
	return list;
}

static struct sb_node *run_of(struct sarif *log)
{
	struct sb_node *map = sb_make_map(&log->make), *tool = sb_make_map(&log->make), *results = sb_make_list(&log->make);
	struct sb_node *properties = sb_make_map(&log->make);

	for (size_t i = 0; i < log->shown; i++)
		sb_make_push(&log->make, results, result_of(log, &log->groups.items[i]));
	sb_make_put(&log->make, tool, "driver", driver(log));
	sb_make_put_text(&log->make, properties, "level", sb_level_name(log->result->level));
	sb_make_put_count(&log->make, properties, "findings", log->summary.findings);
	sb_make_put_count(&log->make, properties, "primary", log->summary.primary);
	sb_make_put_count(&log->make, properties, "files", log->summary.all.files);
	sb_make_put(&log->make, map, "tool", tool);
	sb_make_put(&log->make, map, "invocations", invocations(log));
	sb_make_put(&log->make, map, "results", results);
	sb_make_put(&log->make, map, "properties", properties);
	return map;
}

static int write_log(struct sarif *log, struct sb_buf *out, struct sb_err *err)
{
	struct sb_node *top = sb_make_map(&log->make), *runs = sb_make_list(&log->make);

	log->shown = log->groups.count < SB_GROUPS_SHOWN ? log->groups.count : SB_GROUPS_SHOWN;
	sb_make_push(&log->make, runs, run_of(log));
	sb_make_put_text(&log->make, top, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	sb_make_put_text(&log->make, top, "version", "2.1.0");
	sb_make_put(&log->make, top, "runs", runs);
	return sb_report_document(log->make.failed ? NULL : top, out, err);
}

static int write_sarif(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sarif log = {.make = {.arena = arena}, .result = result, .options = options};

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_summarize(result, &log.summary, err);
	if (!rc)
		rc = sb_groups_make(result, &log.groups, err);
	if (!rc)
		rc = write_log(&log, out, err);
	sb_groups_release(&log.groups);
	return rc;
}

const struct sb_report_format sb_report_sarif = {
	.name = "sarif",
	.media_type = "application/sarif+json",
	.summary = "SARIF 2.1.0 for code scanning",
	.write = write_sarif,
};
