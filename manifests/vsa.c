/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: slsa.dev/spec/v1.2/verification_summary; in-toto/attestation spec/predicates/svr.md. */
#include "manifests/vsa.h"

#include "manifests/making.h"
#include "manifests/moment.h"
#include "manifests/statement.h"

#include <ctype.h>
#include <string.h>

#define SLSA_VERSION "1.2"

static void put_moment(struct sb_making *make, struct sb_node *map, const char *key, int64_t moment)
{
	char text[SB_MOMENT_TEXT];

	make->failed |= !sb_moment_write(moment, text);
	sb_make_put_text(make, map, key, text);
}

static struct sb_node *sha256_node(struct sb_making *make, const uint8_t sha256[SB_SHA256_BYTES])
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_hex(make, map, "sha256", sha256, SB_SHA256_BYTES);
	return map;
}

static struct sb_node *policy_node(struct sb_making *make, const struct sb_vsa *summary)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "uri", summary->policy_uri);
	sb_make_put(make, map, "digest", sha256_node(make, summary->policy_sha256));
	return map;
}

static struct sb_node *statement_node(struct sb_making *make, const struct sb_vsa *summary, const char *type, struct sb_node *predicate)
{
	struct sb_node *top = sb_make_map(make), *subjects = sb_make_list(make), *subject = sb_make_map(make);
	struct sb_node *digest = sha256_node(make, summary->digest.sha256);

	sb_make_put_hex(make, digest, "blake2b", summary->digest.blake2b, SB_BLAKE2B_BYTES);
	sb_make_put_text(make, subject, "name", summary->name);
	sb_make_put(make, subject, "digest", digest);
	sb_make_push(make, subjects, subject);
	sb_make_put_text(make, top, "_type", SB_STATEMENT_TYPE);
	sb_make_put_text(make, top, "predicateType", type);
	sb_make_put(make, top, "subject", subjects);
	sb_make_put(make, top, "predicate", predicate);
	return top;
}

/* "unsigned-identical": SAMEBUILD_UNSIGNED_IDENTICAL. The prefix SLSA_ is not ours to use. */
static struct sb_node *level_node(struct sb_making *make, enum sb_level level)
{
	char text[64];
	size_t n = (size_t)snprintf(text, sizeof text, "SAMEBUILD_%s", sb_level_name(level));

	for (size_t i = 0; i < n && i < sizeof text; i++)
		text[i] = text[i] == '-' ? '_' : (char)toupper((unsigned char)text[i]);
	return sb_make_text(make, text);
}

static struct sb_node *levels_node(struct sb_making *make, const struct sb_vsa *summary)
{
	struct sb_node *list = sb_make_list(make);

	sb_make_push(make, list, summary->passed ? level_node(make, summary->level) : sb_make_text(make, "FAILED"));
	if (summary->passed && summary->waived)
		sb_make_push(make, list, sb_make_text(make, "SAMEBUILD_WAIVED"));
	return list;
}

static struct sb_node *inputs_node(struct sb_making *make, const struct sb_vsa *summary)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < summary->input_count; i++) {
		struct sb_node *map = sb_make_map(make), *digest = sb_make_map(make);
		const char *uri = sb_arena_printf(make->arena, "urn:sha256:%s", summary->inputs[i]);
		make->failed |= !uri;
		sb_make_put_text(make, digest, "sha256", summary->inputs[i]);
		sb_make_put_text(make, map, "uri", uri);
		sb_make_put(make, map, "digest", digest);
		sb_make_push(make, list, map);
	}
	return list;
}

static struct sb_node *summary_node(struct sb_making *make, const struct sb_vsa *summary)
{
	struct sb_node *map = sb_make_map(make), *verifier = sb_make_map(make), *version = sb_make_map(make);

	sb_make_put_text(make, version, "samebuild", SB_VERSION);
	sb_make_put_text(make, verifier, "id", summary->verifier_id);
	sb_make_put(make, verifier, "version", version);
	sb_make_put(make, map, "verifier", verifier);
	put_moment(make, map, "timeVerified", summary->time);
	sb_make_put_text(make, map, "resourceUri", summary->resource_uri);
	sb_make_put(make, map, "policy", policy_node(make, summary));
	sb_make_put(make, map, "inputAttestations", inputs_node(make, summary));
	sb_make_put_text(make, map, "verificationResult", summary->passed ? "PASSED" : "FAILED");
	sb_make_put(make, map, "verifiedLevels", levels_node(make, summary));
	sb_make_put_text(make, map, "slsaVersion", SLSA_VERSION);
	return map;
}

static struct sb_node *reproduced_node(struct sb_making *make, const struct sb_vsa *summary)
{
	struct sb_node *map = sb_make_map(make), *verifier = sb_make_map(make), *policies = sb_make_list(make), *properties = sb_make_list(make);

	sb_make_push(make, policies, policy_node(make, summary));
	sb_make_put_text(make, verifier, "id", summary->verifier_id);
	sb_make_put(make, verifier, "policies", policies);
	sb_make_push(make, properties, sb_make_text(make, "SLSA_BUILD_REPRODUCED"));
	sb_make_put(make, map, "verifier", verifier);
	put_moment(make, map, "timeCreated", summary->time);
	sb_make_put(make, map, "properties", properties);
	return map;
}

static int write_node(const struct sb_making *make, const struct sb_node *top, struct sb_buf *out, struct sb_err *err)
{
	if (make->failed || !top)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}

int sb_vsa_write(const struct sb_vsa *summary, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena, .failed = !arena};

	if (make.failed)
		return write_node(&make, NULL, out, err);
	return write_node(&make, statement_node(&make, summary, SB_PREDICATE_SUMMARY, summary_node(&make, summary)), out, err);
}

int sb_vsa_write_reproduced(const struct sb_vsa *summary, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena, .failed = !arena};

	if (make.failed)
		return write_node(&make, NULL, out, err);
	return write_node(&make, statement_node(&make, summary, SB_PREDICATE_RESULT, reproduced_node(&make, summary)), out, err);
}
