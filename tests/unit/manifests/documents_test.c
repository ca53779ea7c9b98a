/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/manifests.h"
#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(documents, .fini = no_leaks);

#define DIGEST "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
#define YAML                                                                                                                                     \
	"schema: samebuild-drop/1\nname: acme\nversion: 4.20\nsources:\n  - {path: a.tar, sha256: " DIGEST ", strip: 1}\n"                          \
	"toolchain: {root: host}\nbuild:\n  path: /build/acme\n  env: {B: 'no', A: 0755}\n  steps:\n    - run: [make, '-j', 2]\n"                    \
	"  control: {epoch: 1700000000, umask: '022', jobs: 2}\nlimits: {wall: 30m, memory: 4G}\noutputs:\n  - {shipped: r/a, built: out/a}\n"
#define JSON                                                                                                                                     \
	"{\"schema\":\"samebuild-drop/1\",\"name\":\"acme\",\"version\":\"4.20\",\"sources\":[{\"path\":\"a.tar\",\"sha256\":\"" DIGEST              \
	"\",\"strip\":1}],\"toolchain\":{\"root\":\"host\"},\"build\":{\"path\":\"/build/acme\",\"env\":{\"B\":\"no\",\"A\":\"0755\"},\"steps\":["    \
	"{\"run\":[\"make\",\"-j\",\"2\"]}],\"control\":{\"epoch\":1700000000,\"umask\":\"022\",\"jobs\":2}},\"limits\":{\"wall\":\"30m\","         \
	"\"memory\":\"4G\"},\"outputs\":[{\"shipped\":\"r/a\",\"built\":\"out/a\"}]}"

static int read_drop(const char *text, const char *name, struct sb_drop *out, struct sb_err *err, struct sb_arena *arena)
{
	return sb_drop_read(sb_span_text(text), name, arena, out, NULL, err);
}

Test(documents, yaml_and_json_that_say_the_same_have_one_canonical_form)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_drop yaml, json;
	struct sb_err err = {0};
	cr_assert_eq(read_drop(YAML, "drop.yaml", &yaml, &err, arena), 0, "%s: %s", err.where, err.msg);
	cr_assert_eq(read_drop(JSON, "drop.json", &json, &err, arena), 0, "%s: %s", err.where, err.msg);
	cr_assert_arr_eq(yaml.canonical_sha256, json.canonical_sha256, SB_SHA256_BYTES);
	cr_assert_arr_eq(yaml.recipe_sha256, json.recipe_sha256, SB_SHA256_BYTES);
	cr_assert_str_eq(yaml.version, "4.20");
	cr_assert_str_eq(yaml.env[0].name, "A");
	cr_assert_str_eq(yaml.env[0].value, "0755");
	cr_assert_str_eq(yaml.env[1].value, "no");
	cr_assert_str_eq(yaml.steps[0].argv[2], "2");
	cr_assert_eq(yaml.limits.wall, 1800);
	cr_assert_eq(yaml.limits.memory, UINT64_C(4) << 30);
	cr_assert_eq(yaml.control.umask, 022);
	cr_assert(yaml.toolchain.host);
}

static void expect_refusal(const char *from, const char *to, const char *id)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_drop drop = {.name = "untouched"};
	struct sb_err err = {0};
	char text[4096];
	const char *at = strstr(YAML, from);
	cr_assert_not_null(at, "%s", from);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - YAML), YAML, to, at + strlen(from));
	int rc = read_drop(text, "drop.yaml", &drop, &err, arena);
	cr_assert_neq(rc, 0, "%s was accepted", to);
	cr_assert_str_eq(err.id, id, "%s gave %s", to, err.id);
	cr_assert_str_eq(drop.name, "untouched");
}

Test(documents, what_a_manifest_must_not_say)
{
	static const char *const rows[][3] = {
		{"samebuild-drop/1", "samebuild-drop/2", "drop-schema"},
		{"name: acme", "label: acme", "unknown-key"},
		{"name: acme", "name: acme\nname: b", "repeated-key"},
		{"name: acme", "name: &a acme", "yaml-feature"},
		{"name: acme", "name: !!str acme", "yaml-feature"},
		{"name: acme", "name: [acme]", "wrong-type"},
		{"name: acme", "name: TODO", "drop-todo"},
		{"path: a.tar", "path: ../a.tar", "path-escapes"},
		{"path: a.tar", "path: /a.tar", "path-escapes"},
		{DIGEST, "abc", "bad-value"},
		{"strip: 1", "strip: -1", "wrong-type"},
		{"strip: 1", "strip: 01", "wrong-type"},
		{"strip: 1", "strip: '1'", "wrong-type"},
		{"strip: 1", "kind: blob", "missing-key"},
		{"root: host", "root: r.tar", "missing-key"},
		{"root: host", "root: host, sha256: " DIGEST, "bad-value"},
		{"path: /build/acme", "path: build", "bad-value"},
		{"path: /build/acme", "path: /build/../etc", "bad-value"},
		{"run: [make", "sh: a, run: [make", "yaml-syntax"},
		{"umask: '022'", "umask: '999'", "bad-value"},
		{"wall: 30m", "wall: 0", "bad-value"},
		{"wall: 30m", "wall: 30x", "bad-value"},
		{"{shipped: r/a, built: out/a}", "{shipped: ../r, built: out/a}", "path-escapes"},
		{"{shipped: r/a, built: out/a}", "{shipped: r/a, built: out/a}\n  - {shipped: r/a, built: out/b}", "drop-double-match"},
		{"outputs:\n  - {shipped: r/a, built: out/a}\n", "outputs: []\n", "bad-value"},
		{"name: acme", "name: \"a\\e[31m\"", "yaml-syntax"},
		{"schema", "%YAML 1.1\n---\nschema", "yaml-feature"},
		{"outputs:\n", "outputs: *x\nx:\n", "yaml-feature"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect_refusal(rows[i][0], rows[i][1], rows[i][2]);
}

Test(documents, bytes_that_editors_hide_are_refused)
{
	static const char *const hidden[] = {"a: 1 # note\xe2\x80\xa8" "b: 2\n", "a: 1\xc2\x85" "b: 2\n", "a: 1\rb: 2\n", "\xef\xbb\xbf" "a: 1\n", "a: \x01\n", "a: \xff\n"};
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_node *node = NULL;
		cr_assert_eq(sb_node_read_yaml(sb_span_text(hidden[i]), "x", arena, &node, NULL), SB_USAGE, "row %zu", i);
	}
}

Test(documents, depth_is_refused_before_it_costs_anything)
{
	static char deep[100001];
	memset(deep, '[', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_node *node = NULL;
	cr_assert_eq(sb_node_read_yaml(sb_span_text(deep), "x", arena, &node, NULL), SB_LIMIT);
	cr_assert_eq(sb_node_read_json(sb_span_text(deep), 1 << 20, "x", arena, &node, NULL), SB_LIMIT);
}

Test(documents, json_that_two_readers_could_take_differently_is_refused)
{
	static const char *const bad[] = {"", "[]", "1", "{\"a\":1,\"a\":2}", "{\"a\":1,\"A\":2}", "{\"a\":1.5}", "{\"a\":1}x", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}",
	                                  "{\"a\":1e400}", "{\"\\u0061\":1,\"a\":2}", "{\"a\":NaN}", "{\"a\":99999999999999999999}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_node *node = NULL;
		cr_assert_eq(sb_node_read_json(sb_span_text(bad[i]), 1000, "x", arena, &node, NULL), SB_FORMAT, "row %zu", i);
	}
}

static struct sb_result sample(struct sb_artifact *artifact)
{
	*artifact = (struct sb_artifact){.name = "a\nb", .level = SB_LEVEL_IDENTICAL, .shipped = {.kinds = SB_DIGEST_BOTH, .size = 3},
	                                 .rebuilt = {.kinds = SB_DIGEST_BOTH, .size = 3}, .coverage = {.bytes = 3, .equal = 3}, .members = 1};
	return (struct sb_result){.tool_version = "0", .rules = "r/1", .level = SB_LEVEL_IDENTICAL, .artifacts = artifact, .artifact_count = 1};
}

Test(documents, a_record_comes_back_as_it_was)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf one = {0};
	SB_BUF struct sb_buf two = {0};
	struct sb_artifact artifact;
	struct sb_result result = sample(&artifact), back;
	struct sb_err err = {0};
	cr_assert_eq(sb_record_write(&result, &one, NULL), 0);
	cr_assert_eq(sb_record_read(sb_buf_span(&one), arena, &back, &err), 0, "%s %s", err.where, err.msg);
	cr_assert_str_eq(back.artifacts[0].name, "a\nb");
	cr_assert_eq(sb_record_write(&back, &two, NULL), 0);
	cr_assert_str_eq(one.data, two.data);
}

Test(documents, a_record_that_says_more_than_its_parts_is_refused)
{
	struct sb_artifact artifact;
	struct sb_result result;
	for (int row = 0; row < 6; row++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		SB_BUF struct sb_buf text = {0};
		struct sb_result back = {0};
		result = sample(&artifact);
		if (row == 0)
			artifact.level = SB_LEVEL_DIFFERENT;
		if (row == 1)
			artifact.coverage.equal = 2;
		if (row == 2)
			artifact.shipped.sha256[0] = 1;
		if (row == 3)
			artifact.rebuilt.kinds = 0;
		if (row == 4)
			result.artifact_count = 0;
		if (row == 5)
			artifact.coverage = (struct sb_coverage){.bytes = 3, .equal = 2, .residual = 1};
		cr_assert_eq(sb_record_write(&result, &text, NULL), 0);
		cr_assert_neq(sb_record_read(sb_buf_span(&text), arena, &back, NULL), 0, "row %d", row);
		cr_assert_eq(back.level, SB_LEVEL_UNDETERMINED);
	}
}

Test(documents, a_cut_record_is_never_read)
{
	struct sb_artifact artifact;
	struct sb_result result = sample(&artifact);
	SB_BUF struct sb_buf text = {0};
	cr_assert_eq(sb_record_write(&result, &text, NULL), 0);
	for (size_t n = 0; n < text.len; n++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_result back = {0};
		cr_assert_neq(sb_record_read(sb_span_of(text.data, n), arena, &back, NULL), 0, "%zu bytes", n);
	}
}

Test(documents, moments_have_one_spelling)
{
	static const char *const bad[] = {"", "2027", "2027-13-01", "2027-02-30", "2027-1-1", "2027-01-01T24:00:00Z", "2027-01-01T00:00:00", "2027-01-01T00:00:00z",
	                                  "2027-01-01T00:00:00+00:00", "2027-01-01 00:00:00Z", " 2027-01-01", "2027-01-01T00:00:60Z"};
	char text[SB_MOMENT_TEXT];
	int64_t at;

	cr_assert(sb_moment_read("2027-01-01", &at) && at == 1798761600);
	cr_assert(sb_moment_read("2027-01-01T00:00:01Z", &at) && at == 1798761601);
	cr_assert(sb_moment_write(at, text) && strcmp(text, "2027-01-01T00:00:01Z") == 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(sb_moment_read(bad[i], &at), "%s", bad[i]);
	cr_expect_not(sb_moment_write(INT64_MAX, text));
	cr_expect_not(sb_moment_write(INT64_MIN, text));
}

/* What securesystemslib 0.26 makes of the same values: formats.encode_canonical. */
Test(documents, canonical_json_of_olpc_escapes_quotes_and_backslashes_alone)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf out = {0};
	struct sb_node *top = NULL;

	const char *text = "{\"b\\u00e9\":[1,-2,true,false,null],\"a\\nb\":\"q\\\"\\\\\\u0001\\t/\\u20ac\",\"Z\":{},\"e\":[]}";
	cr_assert_eq(sb_node_read_json(sb_span_text(text), 4096, "x", arena, &top, NULL), 0);
	sb_olpc_write(top, &out);
	cr_assert_eq(sb_buf_ok(&out, NULL), 0);
	cr_assert_str_eq(out.data, "{\"Z\":{},\"a\nb\":\"q\\\"\\\\\001\t/\u20ac\",\"b\u00e9\":[1,-2,true,false,null],\"e\":[]}");
}
