/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program says of its separate debug file: the name follows from the build-id, the checksum from the file. Where that file lies
 * beside the program, in the same archive or the same folder, the checksum is recomputed; where it does not, it is an identifier.
 */
#include "verifier/explain/explainer.h"

#include <string.h>
#include <zlib.h>

static bool named(const struct sb_diff *diff, const char *name)
{
	return diff->name && strcmp(diff->name, name) == 0;
}

static bool ends_in(struct sb_span path, struct sb_span name)
{
	if (path.n < name.n || memcmp(path.p + path.n - name.n, name.p, name.n) != 0)
		return false;
	return path.n == name.n || path.p[path.n - name.n - 1] == '/';
}

/* A member of an archive around the program, as it lies there; false when there is none or more than one. */
static bool in_archives(const struct sb_pair *pair, unsigned side, struct sb_span name, struct sb_span *out)
{
	size_t found = 0;

	for (pair = pair->parent; pair; pair = pair->parent) {
		const struct sb_view *view = pair->state == SB_PAIR_OPENED && pair->format->archive ? pair->view[side] : NULL;
		for (size_t i = 0; view && i < view->members.count; i++) {
			const struct sb_member *member = sb_view_member(view, i);
			if (member->type == SB_MEMBER_FILE && member->codec == SB_CODEC_NONE && ends_in(member->name, name) &&
			    sb_span_cut(view->file, member->offset, member->length, out))
				found++;
		}
	}
	return found == 1;
}

static bool in_folder(const struct sb_explaining *in, unsigned side, struct sb_span name, struct sb_span *out)
{
	size_t found = 0;

	for (size_t i = 0; i < in->comparison->count; i++) {
		const struct sb_compared *artifact = &in->comparison->artifacts[i];
		if (!artifact->pair || artifact == in->artifact || !ends_in(sb_span_text(artifact->name), name))
			continue;
		*out = artifact->pair->bytes[side];
		found += out->p != NULL;
	}
	return found == 1;
}

enum sb_debuglink_state sb_debuglink_state(const struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	struct sb_span name = sb_elf_field(pair->view[side], ".gnu_debuglink", "debuglink-name"), file = {0};
	uint64_t value;

	if (name.n < 2 || (!in_archives(pair, side, sb_span_of(name.p, name.n - 1), &file) && !in_folder(in, side, sb_span_of(name.p, name.n - 1), &file)))
		return SB_DEBUGLINK_ABSENT;
	return sb_field_number(sb_diff_bytes(pair, diff, side), diff->side[side].field.encoding, &value) && value == crc32_z(0, file.p, file.n)
	               ? SB_DEBUGLINK_RIGHT
	               : SB_DEBUGLINK_WRONG;
}

static bool claim_checksum(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	enum sb_debuglink_state shipped = sb_debuglink_state(in, pair, diff, SB_SHIPPED), rebuilt = sb_debuglink_state(in, pair, diff, SB_REBUILT);

	if (shipped == SB_DEBUGLINK_WRONG || rebuilt == SB_DEBUGLINK_WRONG)
		return false;
	if (shipped == SB_DEBUGLINK_RIGHT && rebuilt == SB_DEBUGLINK_RIGHT) {
		claim->cause = SB_CAUSE_CHECKSUM;
		claim->rule = SB_RULE_DERIVED;
		claim->note = sb_explain_note(in, "the checksum of the separate debug file is right on both sides");
		return true;
	}
	if (!sb_build_id_claimable(in->comparison->reading, pair))
		return false;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "it identifies a separate debug file, which was not delivered");
	return true;
}

/* The build-id of the shared debug file: a digest like any other. */
static bool is_id(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_span id[SB_SIDES] = {sb_diff_bytes(pair, diff, SB_SHIPPED), sb_diff_bytes(pair, diff, SB_REBUILT)};
	return id[SB_SHIPPED].n == id[SB_REBUILT].n && !sb_ids_look_edited(id);
}

static bool claim_debuglink(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	claim->cap = SB_LEVEL_EXPLAINED;
	if (sb_diff_is_field(diff, SB_FIELD_IDENTIFIER) && named(diff, "debuglink-crc"))
		return claim_checksum(in, pair, diff, claim);
	if (sb_diff_is_field(diff, SB_FIELD_NAME) && named(diff, "debuglink-name") && sb_build_id_claimable(in->comparison->reading, pair)) {
		claim->rule = SB_RULE_DERIVED;
		claim->note = sb_explain_note(in, "the name of the separate debug file follows from the build-id on both sides");
		return true;
	}
	if (!sb_diff_is_field(diff, SB_FIELD_IDENTIFIER) || !named(diff, "debugaltlink-id") || !is_id(pair, diff) || !sb_build_id_claimable(in->comparison->reading, pair))
		return false;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "it identifies a shared debug file, which was not delivered");
	return true;
}

const struct sb_explainer sb_explain_debuglink = {"debuglink", SB_CAUSE_BUILD_ID, SB_RULE_IDENTIFIER, 4, claim_debuglink};
