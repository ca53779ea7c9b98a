/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/demand.h"

#include "manifests/schema.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "samebuild-environment-policy/1"

static const char *const keys[] = {"*schema", "walls", "limits", "controls", NULL};

const char *sb_demand_key(enum sb_demand_part part)
{
	static const char *const names[SB_DEMAND_PARTS] = {"walls", "limits", "controls"};

	return names[part];
}

static bool read_names(struct sb_schema *s, struct sb_place list, const char *const **out, size_t *count)
{
	if (!list.node)
		return true;
	if (!sb_schema_list(s, list))
		return true; /* told */
	const char **names = sb_arena_array(s->arena, list.node->count, sizeof *names);
	if (!names)
		return false;
	for (size_t i = 0; i < list.node->count; i++)
		names[i] = sb_schema_text(s, sb_schema_item(s, list, i), "");
	*out = names;
	*count = list.node->count;
	return true;
}

static bool read_all(struct sb_schema *s, struct sb_place top, struct sb_demand *out)
{
	size_t all = 0;

	if (!sb_schema_map(s, top, keys))
		return true;
	if (strcmp(sb_schema_text(s, sb_schema_key(s, top, "schema"), ""), SCHEMA) != 0)
		sb_schema_problem(s, top, "demand-malformed", "the schema is not " SCHEMA);
	for (unsigned part = 0; part < SB_DEMAND_PARTS; part++) {
		if (!read_names(s, sb_schema_key(s, top, sb_demand_key((enum sb_demand_part)part)), &out->names[part], &out->counts[part]))
			return false;
		all += out->counts[part];
	}
	if (all == 0) /* a policy that everything passes is one that somebody has got wrong */
		sb_schema_problem(s, top, "demand-malformed", "it demands nothing: name walls, limits or controls");
	return true;
}

int sb_demand_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_demand *out, struct sb_err *err)
{
	SB_FREEING struct sb_schema *schema = calloc(1, sizeof *schema);
	struct sb_place top = {.way = ""};
	struct sb_demand demand = {0};

	if (!schema)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*schema = (struct sb_schema){.document = name, .arena = arena};
	int rc = sb_schema_read(text, name, "demand-malformed", arena, &top.node, err);
	if (rc)
		return rc;
	if (!read_all(schema, top, &demand))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	rc = sb_schema_end(schema, NULL, err);
	if (rc)
		return sb_reidentify(err, "demand-malformed");
	*out = demand;
	return 0;
}
