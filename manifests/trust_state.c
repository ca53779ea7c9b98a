/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/trust_state.h"

#include "manifests/making.h"
#include "manifests/moment.h"
#include "manifests/schema.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "samebuild-trust/1"

static const char *const top_keys[] = {"*schema", "*anchor", "*highest", "*updated", NULL};
static const char *const anchor_keys[] = {"*version", "*sha256", NULL};
static const char *const highest_keys[] = {"*version", "*sha256", "*since", NULL};

static void put_moment(struct sb_making *make, struct sb_node *map, const char *key, int64_t moment)
{
	char text[SB_MOMENT_TEXT];

	make->failed |= !sb_moment_write(moment, text);
	sb_make_put_text(make, map, key, text);
}

static struct sb_node *version_node(struct sb_making *make, uint64_t version, const uint8_t sha256[SB_SHA256_BYTES])
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_count(make, map, "version", version);
	sb_make_put_hex(make, map, "sha256", sha256, SB_SHA256_BYTES);
	return map;
}

int sb_trust_state_write(const struct sb_trust_state *state, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena};

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	struct sb_node *top = sb_make_map(&make), *highest = version_node(&make, state->highest, state->highest_sha256);
	put_moment(&make, highest, "since", state->since);
	sb_make_put_text(&make, top, "schema", SCHEMA);
	sb_make_put(&make, top, "anchor", version_node(&make, state->anchor, state->anchor_sha256));
	sb_make_put(&make, top, "highest", highest);
	put_moment(&make, top, "updated", state->updated);
	if (make.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

static int64_t read_moment(struct sb_schema *s, struct sb_place place)
{
	const char *text = sb_schema_text(s, place, "");
	int64_t moment = INT64_MAX;

	if (!sb_moment_read(text, &moment))
		sb_schema_problem(s, place, "trust-damaged", "no time");
	return moment;
}

static uint64_t read_version(struct sb_schema *s, struct sb_place map, const char *const *keys, uint8_t sha256[SB_SHA256_BYTES])
{
	if (!sb_schema_map(s, map, keys))
		return 0;
	sb_schema_sha256(s, sb_schema_key(s, map, "sha256"), sha256);
	return sb_schema_uint(s, sb_schema_key(s, map, "version"), 1, UINT64_C(1) << 53, 0);
}

static void read_all(struct sb_schema *s, struct sb_place top, struct sb_trust_state *out)
{
	if (!sb_schema_map(s, top, top_keys))
		return;
	if (strcmp(sb_schema_text(s, sb_schema_key(s, top, "schema"), ""), SCHEMA) != 0)
		sb_schema_problem(s, top, "trust-damaged", "the schema is not " SCHEMA);
	struct sb_place highest = sb_schema_key(s, top, "highest");
	out->anchor = read_version(s, sb_schema_key(s, top, "anchor"), anchor_keys, out->anchor_sha256);
	out->highest = read_version(s, highest, highest_keys, out->highest_sha256);
	out->since = read_moment(s, sb_schema_key(s, highest, "since"));
	out->updated = read_moment(s, sb_schema_key(s, top, "updated"));
	if (out->highest < out->anchor)
		sb_schema_problem(s, top, "trust-damaged", "the version in use is before the first");
}

int sb_trust_state_read(struct sb_span text, const char *name, struct sb_trust_state *out, struct sb_err *err)
{
	SB_FREEING struct sb_schema *schema = calloc(1, sizeof *schema);
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_place top = {.way = ""};
	struct sb_trust_state made = {0};
	struct sb_err why = {0};

	if (!schema || !arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*schema = (struct sb_schema){.document = name, .arena = arena};
	int rc = sb_node_read_json(text, SB_LIMIT_OF(DOCUMENT_BYTES), name, arena, &top.node, &why);
	if (!rc) {
		read_all(schema, top, &made);
		rc = sb_schema_end(schema, NULL, &why);
	}
	if (rc == SB_NOMEM)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (rc)
		return sb_fail(err, SB_EVIDENCE, "trust-damaged", "what is kept of the root cannot be read: %s", why.msg);
	*out = made;
	return 0;
}
