/* SPDX-License-Identifier: Apache-2.0 */
/* Where the bytes come from and what stood around the build: files with their digests, inputs, walls, controls. */
#include "verifier/report/html.h"

#include <stdlib.h>
#include <string.h>

enum { FILES_MOST = 400, INPUTS_MOST = 12, OUTPUTS_MOST = 6, ROWS_MOST = 200 };

static void add_digest_or(struct sb_html *page, const struct sb_digest *digest, const char *otherwise)
{
	if (digest->kinds & SB_DIGEST_SHA256)
		sb_html_digest(page, digest->sha256);
	else
		sb_buf_printf(page->out, "<span class=\"bad\">%s</span>", otherwise);
}

static void add_file(struct sb_html *page, const struct sb_artifact *artifact)
{
	sb_buf_text(page->out, "<tr><th scope=\"row\"><code>");
	sb_add_foreign(page->out, artifact->name, SB_HTML_NAME_MOST);
	sb_buf_text(page->out, "</code></th><td class=\"words\">");
	sb_html_level(page, artifact->level);
	sb_buf_text(page->out, "</td><td>");
	sb_add_number(page->out, sb_artifact_bytes(artifact));
	sb_buf_text(page->out, "</td><td class=\"words\">");
	add_digest_or(page, &artifact->shipped, "not delivered");
	sb_buf_text(page->out, "</td><td class=\"words\">");
	add_digest_or(page, &artifact->rebuilt, "not rebuilt");
	sb_buf_text(page->out, "</td></tr>\n");
}

int sb_html_files(struct sb_html *page, struct sb_err *err)
{
	const struct sb_result *result = page->result;
	SB_FREEING size_t *order = sb_artifacts_worst_first(result);
	size_t shown = 0;

	if (!order)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_html_heading(page, "files", "Files");
	if (result->artifact_count)
		sb_buf_text(page->out, "<div class=\"scroll\"><table class=\"numbers files\"><caption class=\"away\">Files, worst level first</caption>\n<thead><tr>"
		                       "<th scope=\"col\">File</th><th scope=\"col\" class=\"words\">Level</th><th scope=\"col\">Bytes</th>"
		                       "<th scope=\"col\" class=\"words\">SHA-256 shipped</th><th scope=\"col\" class=\"words\">SHA-256 rebuilt</th></tr></thead>\n<tbody>\n");
	for (; shown < result->artifact_count && shown < FILES_MOST && page->out->len < SB_HTML_ROOM_FILES; shown++)
		add_file(page, &result->artifacts[order[shown]]);
	sb_buf_text(page->out, result->artifact_count ? "</tbody></table></div>\n" : "");
	sb_html_shown(page, shown, result->artifact_count, "file");
	if (result->equal.present) {
		sb_buf_text(page->out, "<p>");
		sb_add_count(page->out, result->equal.files, result->artifact_count ? "further file" : "file");
		sb_buf_text(page->out, result->equal.files == 1 ? " is equal in both folders, " : " are equal in both folders, ");
		sb_add_count(page->out, result->equal.bytes, "byte");
		sb_buf_text(page->out, " together.</p>\n");
	}
	sb_buf_text(page->out, "</section>\n");
	return 0;
}

static void add_inputs(struct sb_html *page, const struct sb_named_digest *inputs, size_t count, const char *mark)
{
	for (size_t i = 0; i < count && i < INPUTS_MOST; i++) {
		sb_buf_printf(page->out, "<li%s><code>", mark[0] ? " class=\"warn\"" : "");
		sb_add_foreign(page->out, inputs[i].name, SB_HTML_NAME_MOST);
		sb_buf_printf(page->out, "</code>%s ", mark);
		sb_html_digest(page, inputs[i].sha256);
		sb_buf_text(page->out, "</li>\n");
	}
	if (count > INPUTS_MOST)
		sb_buf_printf(page->out, "<li>and %zu more%s; the rest is in the JSON record</li>\n", count - INPUTS_MOST, mark);
}

static void add_input_column(struct sb_html *page)
{
	const struct sb_result *result = page->result;
	const char *root = sb_property_named(&result->environment.toolchain, "root");

	sb_buf_text(page->out, "<div><h3>Inputs</h3><ul>\n");
	if (result->delivery) {
		add_inputs(page, result->delivery->inputs, result->delivery->input_count, "");
		add_inputs(page, result->delivery->prebuilt, result->delivery->prebuilt_count, " prebuilt");
	}
	if (root) {
		sb_buf_text(page->out, "<li>toolchain <code>");
		sb_add_foreign(page->out, root, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</code></li>\n");
	}
	if (!result->delivery && !root)
		sb_buf_text(page->out, "<li class=\"dim\">no source: two deliveries were compared as they are</li>\n");
	sb_buf_text(page->out, "</ul></div>\n");
}

static size_t walls_up(const struct sb_properties *walls)
{
	size_t up = 0;

	for (size_t i = 0; i < walls->count; i++)
		up += walls->items[i].value && strncmp(walls->items[i].value, "off", 3) != 0;
	return up;
}

static void add_build_column(struct sb_html *page)
{
	const struct sb_environment *environment = &page->result->environment;

	sb_buf_text(page->out, "<div><h3>Build</h3><ul>\n");
	if (environment->present) {
		const char *path = sb_property_named(&environment->controls, "path");
		sb_buf_printf(page->out, "<li>controlled build, %zu of %zu walls</li>\n", walls_up(&environment->walls), environment->walls.count);
		sb_buf_text(page->out, "<li>in <code>");
		sb_add_foreign(page->out, path ? path : "?", SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</code></li>\n");
	} else {
		sb_buf_text(page->out, "<li class=\"dim\">built elsewhere: nothing is known of it</li>\n");
	}
	sb_buf_text(page->out, "</ul></div>\n");
}

static void add_output_column(struct sb_html *page, const size_t *order)
{
	const struct sb_result *result = page->result;

	sb_buf_text(page->out, "<div><h3>Comparison</h3><ul>\n");
	for (size_t i = 0; i < result->artifact_count && i < OUTPUTS_MOST; i++) {
		const struct sb_artifact *artifact = &result->artifacts[order[i]];
		sb_buf_text(page->out, "<li><code>");
		sb_add_foreign(page->out, artifact->name, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</code> ");
		sb_html_level(page, artifact->level);
		sb_buf_text(page->out, "</li>\n");
	}
	if (result->artifact_count > OUTPUTS_MOST)
		sb_buf_printf(page->out, "<li>and %zu more files</li>\n", result->artifact_count - OUTPUTS_MOST);
	if (result->equal.present && result->equal.files) {
		sb_buf_text(page->out, "<li>");
		sb_add_count(page->out, result->equal.files, "equal file");
		sb_buf_text(page->out, "</li>\n");
	}
	sb_buf_text(page->out, "</ul></div>\n");
}

int sb_html_provenance(struct sb_html *page, struct sb_err *err)
{
	SB_FREEING size_t *order = sb_artifacts_worst_first(page->result);

	if (!order)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_html_heading(page, "provenance", "Provenance");
	sb_buf_text(page->out, "<div class=\"flow\">\n");
	add_input_column(page);
	sb_buf_text(page->out, "<span class=\"arrow\" aria-hidden=\"true\">→</span>\n");
	add_build_column(page);
	sb_buf_text(page->out, "<span class=\"arrow\" aria-hidden=\"true\">→</span>\n");
	add_output_column(page, order);
	sb_buf_text(page->out, "</div>\n</section>\n");
	return 0;
}

static bool is_off(const struct sb_property *wall)
{
	return wall->value && strncmp(wall->value, "off", 3) == 0;
}

static void add_wall(struct sb_html *page, const struct sb_property *wall)
{
	sb_buf_printf(page->out, "<li class=\"%s\"><span aria-hidden=\"true\">%s</span> ", is_off(wall) ? "off" : "on", is_off(wall) ? "✗" : "✓");
	sb_add_foreign(page->out, wall->name, SB_HTML_NAME_MOST);
	if (wall->value && strcmp(wall->value, "on") != 0) {
		sb_buf_text(page->out, " <span class=\"dim\">");
		sb_add_foreign(page->out, wall->value, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</span>");
	}
	sb_buf_text(page->out, "</li>\n");
}

/* What is missing first. */
static void add_walls(struct sb_html *page, const char *title, const struct sb_properties *walls)
{
	size_t up = walls_up(walls), shown = 0;

	if (walls->count == 0)
		return;
	sb_buf_printf(page->out, "<h3>%s: %zu of %zu", title, up, walls->count);
	sb_buf_text(page->out, up < walls->count ? ", the missing ones first</h3>\n<ul class=\"walls\">\n" : "</h3>\n<ul class=\"walls\">\n");
	for (unsigned off = 2; off-- > 0;)
		for (size_t i = 0; i < walls->count && shown < ROWS_MOST && page->out->len < SB_HTML_ROOM_PAGE; i++)
			if (is_off(&walls->items[i]) == (off == 1)) {
				add_wall(page, &walls->items[i]);
				shown++;
			}
	sb_buf_text(page->out, "</ul>\n");
	sb_html_shown(page, shown, walls->count, "wall");
}

static void add_properties(struct sb_html *page, const char *title, const struct sb_properties *properties)
{
	size_t shown = 0;

	if (properties->count == 0)
		return;
	sb_buf_printf(page->out, "<h3>%s</h3>\n<dl class=\"values\">\n", title);
	for (; shown < properties->count && shown < ROWS_MOST && page->out->len < SB_HTML_ROOM_PAGE; shown++) {
		sb_buf_text(page->out, "<div><dt>");
		sb_add_foreign(page->out, properties->items[shown].name, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</dt><dd>");
		sb_add_foreign(page->out, properties->items[shown].value ? properties->items[shown].value : "", SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</dd></div>\n");
	}
	sb_buf_text(page->out, "</dl>\n");
	sb_html_shown(page, shown, properties->count, "value");
}

static void add_limits(struct sb_html *page)
{
	const struct sb_result *result = page->result;
	size_t shown = 0;

	sb_buf_text(page->out, "<h3>Limits that cut the comparison short</h3>\n");
	if (result->limit_count == 0) {
		sb_buf_text(page->out, "<p>None.</p>\n");
		return;
	}
	sb_buf_text(page->out, "<ul class=\"walls\">\n");
	for (; shown < result->limit_count && shown < ROWS_MOST && page->out->len < SB_HTML_ROOM_PAGE; shown++) {
		sb_buf_text(page->out, "<li class=\"off\"><span aria-hidden=\"true\">✗</span> ");
		sb_add_foreign(page->out, result->limits[shown].name, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, " <span class=\"dim\">");
		sb_add_number(page->out, result->limits[shown].value);
		sb_buf_text(page->out, " in ");
		sb_add_foreign(page->out, result->limits[shown].where, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</span></li>\n");
	}
	sb_buf_text(page->out, "</ul>\n");
	sb_html_shown(page, shown, result->limit_count, "limit");
}

void sb_html_environment(struct sb_html *page)
{
	const struct sb_environment *environment = &page->result->environment;

	sb_html_heading(page, "environment", "Environment");
	add_walls(page, "Walls around the build", &environment->walls);
	add_walls(page, "Walls around the parsers of foreign files", &environment->parsers);
	add_limits(page);
	add_properties(page, "What the build was told", &environment->controls);
	add_properties(page, "Limits of the build", &environment->limits);
	add_properties(page, "Toolchain", &environment->toolchain);
	add_properties(page, "Host", &environment->host);
	sb_buf_text(page->out, "</section>\n");
}
