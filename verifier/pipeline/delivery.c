/* SPDX-License-Identifier: Apache-2.0 */
/* What was evaluated, and with which toolchain. */
#include "verifier/pipeline/line.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* What the sources bring ready-made, as it lies in the spools. */
static int list_prebuilt(const struct sb_verified *from, struct sb_delivery *out, struct sb_err *err)
{
	const struct sb_sources *sources = &from->sources;
	struct sb_named_digest *prebuilt = sb_arena_array(from->arena, sources->prebuilt_count, sizeof *prebuilt);

	if (!prebuilt)
		return no_memory(err);
	for (size_t i = 0; i < sources->prebuilt_count; i++) {
		struct sb_digest digest;
		sb_hash_span(sources->prebuilt[i].bytes, SB_DIGEST_SHA256, &digest);
		prebuilt[out->prebuilt_count].name = sources->prebuilt[i].path;
		memcpy(prebuilt[out->prebuilt_count++].sha256, digest.sha256, SB_SHA256_BYTES);
	}
	out->prebuilt = prebuilt;
	return 0;
}

int sb_line_name_delivery(const struct sb_drop *drop, struct sb_verified *out, struct sb_err *err)
{
	struct sb_delivery *delivery = sb_arena_alloc(out->arena, sizeof *delivery);
	struct sb_named_digest *inputs = sb_arena_array(out->arena, drop->source_count, sizeof *inputs);

	if (!delivery || !inputs)
		return no_memory(err);
	for (size_t i = 0; i < drop->source_count; i++) {
		inputs[i].name = drop->sources[i].path;
		memcpy(inputs[i].sha256, drop->sources[i].sha256, SB_SHA256_BYTES);
	}
	*delivery = (struct sb_delivery){.name = drop->name, .version = drop->version, .vendor = drop->vendor ? drop->vendor : "", .inputs = inputs,
	                               .input_count = drop->source_count};
	memcpy(delivery->manifest, drop->canonical_sha256, SB_SHA256_BYTES);
	int rc = list_prebuilt(out, delivery, err);
	out->result.delivery = delivery;
	return rc;
}

int sb_line_pin_root(const struct sb_drop *drop, struct sb_arena *arena, struct sb_properties *toolchain, struct sb_err *err)
{
	struct sb_property *items = sb_arena_array(arena, toolchain->count + 1, sizeof *items);
	char hex[2 * SB_SHA256_BYTES + 1];

	if (drop->toolchain.host)
		return 0;
	sb_text_hex(sb_span_of(drop->toolchain.sha256, SB_SHA256_BYTES), hex);
	const char *value = sb_arena_copy(arena, sb_span_text(hex));
	if (!items || !value)
		return no_memory(err);
	if (toolchain->count)
		memcpy(items, toolchain->items, toolchain->count * sizeof *items);
	items[toolchain->count] = (struct sb_property){.name = "sha256", .value = value};
	*toolchain = (struct sb_properties){items, toolchain->count + 1};
	return 0;
}
