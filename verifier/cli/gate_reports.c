/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SARIF 2.1.0, JUnit as Ant wrote it, and GitLab's list of issues. A rule of the policy that is not met is a result; a file is a test, which fails when it is not
 * let through and is an error when nothing was verified of it.
 */
#include "verifier/cli/gate_reports.h"

#include "manifests/making.h"
#include "verifier/cli/output.h"

#include <inttypes.h>

/** Decisions on their way into one form. */
struct reporting {
	struct sb_making make;
	const struct sb_gated *gated;
	const struct sb_gate_in *in;
};

static const char *sentence(struct reporting *r, const struct sb_gate_rule *rule)
{
	const char *text = sb_arena_printf(r->make.arena, "%s: needed %s, found %s", rule->name, rule->needed, rule->found);

	r->make.failed |= !text;
	return text ? text : "";
}

static const char *base_of(const struct sb_gate_artifact *artifact)
{
	const char *slash = strrchr(artifact->name, '/');
	return slash ? slash + 1 : artifact->name;
}

/* ---- SARIF ---- */

static struct sb_node *message(struct reporting *r, const char *text)
{
	struct sb_node *map = sb_make_map(&r->make);
	sb_make_put_message(&r->make, map, "text", text);
	return map;
}

/* A relative reference by RFC 3986: what is not unreserved is written by its number. */
static struct sb_node *place(struct reporting *r, const struct sb_gate_artifact *artifact)
{
	struct sb_node *location = sb_make_map(&r->make), *physical = sb_make_map(&r->make), *at = sb_make_map(&r->make);
	SB_BUF struct sb_buf uri = {.ceiling = 65536};

	for (const char *c = base_of(artifact); *c; c++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-", *c))
			sb_buf_add(&uri, c, 1);
		else
			sb_buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*c);
	r->make.failed |= uri.bad != SB_OK;
	sb_make_put_text(&r->make, at, "uri", uri.data ? uri.data : "");
	sb_make_put(&r->make, physical, "artifactLocation", at);
	sb_make_put(&r->make, location, "physicalLocation", physical);
	return location;
}

static struct sb_node *result(struct reporting *r, const struct sb_gate_artifact *artifact, const struct sb_gate_rule *rule)
{
	struct sb_node *map = sb_make_map(&r->make), *locations = sb_make_list(&r->make);

	sb_make_push(&r->make, locations, place(r, artifact));
	sb_make_put_text(&r->make, map, "ruleId", rule->name);
	sb_make_put_text(&r->make, map, "level", "error");
	sb_make_put(&r->make, map, "message", message(r, sentence(r, rule)));
	sb_make_put(&r->make, map, "locations", locations);
	return map;
}

static struct sb_node *driver(struct reporting *r)
{
	static const char *const names[] = {"evidence", "class", "quorum", "distinct", "log", "waiver"};
	struct sb_node *tool = sb_make_map(&r->make), *map = sb_make_map(&r->make), *rules = sb_make_list(&r->make);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sb_node *rule = sb_make_map(&r->make);
		sb_make_put_text(&r->make, rule, "id", names[i]);
		sb_make_push(&r->make, rules, rule);
	}
	sb_make_put_text(&r->make, map, "name", "samebuild gate");
	sb_make_put_text(&r->make, map, "version", SB_VERSION);
	sb_make_put(&r->make, map, "rules", rules);
	sb_make_put(&r->make, tool, "driver", map);
	return tool;
}

static void write_sarif(struct reporting *r, struct sb_buf *out)
{
	struct sb_node *top = sb_make_map(&r->make), *runs = sb_make_list(&r->make), *run = sb_make_map(&r->make), *results = sb_make_list(&r->make);

	for (size_t i = 0; i < r->in->artifact_count; i++)
		for (size_t k = 0; k < r->gated->artifacts[i].rule_count; k++)
			if (!r->gated->artifacts[i].rules[k].ok)
				sb_make_push(&r->make, results, result(r, &r->gated->artifacts[i], &r->gated->artifacts[i].rules[k]));
	sb_make_put(&r->make, run, "tool", driver(r));
	sb_make_put(&r->make, run, "results", results);
	sb_make_push(&r->make, runs, run);
	sb_make_put_text(&r->make, top, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	sb_make_put_text(&r->make, top, "version", "2.1.0");
	sb_make_put(&r->make, top, "runs", runs);
	if (!r->make.failed)
		sb_node_write_json(top, out);
}

/* ---- GitLab ---- */

static void add_fingerprint(struct reporting *r, struct sb_node *map, const struct sb_gate_artifact *artifact, const struct sb_gate_rule *rule)
{
	struct sb_digest digest;
	const char *text = sb_arena_printf(r->make.arena, "%s %s", base_of(artifact), rule->name);

	r->make.failed |= !text;
	sb_hash_span(sb_span_text(text ? text : ""), SB_DIGEST_SHA256, &digest);
	sb_make_put_hex(&r->make, map, "fingerprint", digest.sha256, SB_SHA256_BYTES);
}

static struct sb_node *issue(struct reporting *r, const struct sb_gate_artifact *artifact, const struct sb_gate_rule *rule)
{
	struct sb_node *map = sb_make_map(&r->make), *location = sb_make_map(&r->make), *lines = sb_make_map(&r->make);

	sb_make_put_count(&r->make, lines, "begin", 1); /* of a binary: the widget asks for a line */
	sb_make_put_text(&r->make, location, "path", base_of(artifact));
	sb_make_put(&r->make, location, "lines", lines);
	sb_make_put_shown(&r->make, map, "description", sentence(r, rule));
	sb_make_put_text(&r->make, map, "check_name", rule->name);
	sb_make_put_text(&r->make, map, "severity", "critical");
	add_fingerprint(r, map, artifact, rule);
	sb_make_put(&r->make, map, "location", location);
	return map;
}

static void write_codequality(struct reporting *r, struct sb_buf *out)
{
	struct sb_node *list = sb_make_list(&r->make);

	for (size_t i = 0; i < r->in->artifact_count; i++)
		for (size_t k = 0; k < r->gated->artifacts[i].rule_count; k++)
			if (!r->gated->artifacts[i].rules[k].ok)
				sb_make_push(&r->make, list, issue(r, &r->gated->artifacts[i], &r->gated->artifacts[i].rules[k]));
	if (!r->make.failed)
		sb_node_write_json(list, out);
}

/* ---- JUnit ---- */

/* Escaped text is printable; of it these four mean something in XML. */
static void add_markup(struct sb_buf *out, const char *text)
{
	for (; *text; text++) {
		const char *name = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '"' ? "&quot;" : NULL;
		if (name)
			sb_buf_text(out, name);
		else
			sb_buf_add(out, text, 1);
	}
}

static void add_name(struct reporting *r, const char *name, struct sb_buf *out)
{
	const char *shown = sb_escape_copy(r->make.arena, sb_span_text(name));

	r->make.failed |= !shown;
	add_markup(out, shown ? shown : "");
}

static void add_case(struct reporting *r, const struct sb_gate_artifact *artifact, struct sb_buf *out)
{
	const char *element = artifact->verified ? "failure" : "error";

	sb_buf_text(out, "<testcase classname=\"samebuild gate\" time=\"0\" name=\"");
	add_name(r, artifact->name, out);
	sb_buf_text(out, "\">");
	if (!artifact->allowed) {
		sb_buf_printf(out, "<%s type=\"refused\" message=\"%s\">", element, artifact->verified ? "a rule of the policy is not met" : "nothing was verified");
		for (size_t k = 0; k < artifact->rule_count; k++)
			if (!artifact->rules[k].ok) {
				add_markup(out, sentence(r, &artifact->rules[k]));
				sb_buf_text(out, "\n");
			}
		sb_buf_printf(out, "</%s>", element);
	}
	sb_buf_text(out, "</testcase>\n");
}

static void write_junit(struct reporting *r, struct sb_buf *out)
{
	size_t failures = 0, errors = 0;
	char when[SB_MOMENT_TEXT] = "";

	for (size_t i = 0; i < r->in->artifact_count; i++) {
		failures += !r->gated->artifacts[i].allowed && r->gated->artifacts[i].verified;
		errors += !r->gated->artifacts[i].allowed && !r->gated->artifacts[i].verified;
	}
	r->make.failed |= !sb_moment_write(r->in->time, when);
	sb_buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite id=\"0\" package=\"samebuild\" name=\"samebuild gate\" hostname=\"localhost\" time=\"0\" "
	                   "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" timestamp=\"%.19s\">\n<properties></properties>\n",
	              r->in->artifact_count, failures, errors, when);
	for (size_t i = 0; i < r->in->artifact_count; i++)
		add_case(r, &r->gated->artifacts[i], out);
	sb_buf_text(out, "<system-out></system-out>\n<system-err></system-err>\n</testsuite>\n</testsuites>\n");
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	void (*write)(struct reporting *r, struct sb_buf *out);
} forms[] = {
	{"sarif=", write_sarif},
	{"junit=", write_junit},
	{"codequality=", write_codequality},
};

/* The row of "FORMAT=PATH"; the number of rows when there is none. */
static size_t form_of(const char *value)
{
	size_t i = 0;

	while (i < sizeof forms / sizeof *forms && (strncmp(value, forms[i].name, strlen(forms[i].name)) != 0 || !value[strlen(forms[i].name)]))
		i++;
	return i;
}

int sb_gate_reports_check(struct sb_invocation *call, struct sb_err *err)
{
	const char *value;

	for (size_t i = 0; (value = sb_arg_nth(call, "output", i)); i++)
		if (form_of(value) == sizeof forms / sizeof *forms)
			return sb_fail(err, SB_USAGE, "report-format", "-o %s: gate takes FORMAT=PATH with one of sarif, junit, codequality", value);
	return sb_output_check_places(call, err);
}

static int write_one(struct sb_invocation *call, struct reporting *r, const char *value, struct sb_err *err)
{
	size_t form = form_of(value);
	const char *path = value + strlen(forms[form].name);
	SB_BUF struct sb_buf text = {0};

	forms[form].write(r, &text);
	int rc = r->make.failed ? sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory") : sb_buf_ok(&text, err);
	if (rc)
		return rc;
	if (strcmp(path, "-") == 0) {
		call->out.len = 0;
		sb_buf_add(&call->out, text.data, text.len);
		return sb_buf_ok(&call->out, err);
	}
	rc = sb_output_publish(path, sb_buf_span(&text), err);
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "report-unwritable");
}

int sb_gate_reports_write(struct sb_invocation *call, const struct sb_gated *gated, const struct sb_gate_in *in, struct sb_err *err)
{
	struct reporting r = {.make = {.arena = call->arena}, .gated = gated, .in = in};
	const char *value;
	int rc = 0;

	for (size_t i = 0; !rc && (value = sb_arg_nth(call, "output", i)); i++)
		rc = write_one(call, &r, value, err);
	return rc;
}
