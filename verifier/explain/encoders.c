/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which encoder made an encoded form. A form that one setting of one encoder gives for the content of each side is no choice: it is derived, as a
 * checksum is. It costs as much as packing did, so it is asked last, only where nothing else is open, and most where the level depends on it.
 */
#include "verifier/explain/explainer.h"
#include "verifier/parsing/parsing.h"

/** A choice among settings, and what the form itself says beside it. */
enum { SETTING_BYTES = 1, FORM_BYTES = 8, NAME_ROOM = 64 };
/** Where no level depends on the answer, it is worth that part of the limit. An encoder costs as much as so many bytes before it has seen any. */
enum { SHARE = 4, START = 64 << 10, START_ZLIB = 1 << 10 };

struct asking {
	struct sb_explaining *in;
	uint64_t left;  /* bytes of content that may still be encoded */
	unsigned first; /* the setting that was right last: an archive has one packer */
	bool derive;    /* claims of what differs may become derived */
};

/** An encoded form of one side, and the bytes of its content as size. */
struct form {
	const struct sb_view *view;
	struct sb_member member;
};

/* The data alone of a gzip file that has one part: its header holds more than an encoder writes. */
static bool take_deflated(struct form *form)
{
	const struct sb_region *data = NULL;

	for (size_t i = 0; i < form->view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(form->view, i);
		if (region->kind != SB_REGION_ENCODED)
			continue;
		if (data)
			return false;
		data = region;
	}
	if (!data)
		return false;
	form->member.codec = SB_CODEC_DEFLATE;
	form->member.offset = data->offset;
	form->member.length = data->length;
	return true;
}

static bool take_form(const struct sb_pair *pair, const struct sb_pair *payload, unsigned side, struct form *out)
{
	const struct sb_member *member = payload->member[side];

	*out = (struct form){pair->view[side], {.codec = member->codec, .offset = member->offset, .length = member->length, .size = payload->bytes[side].n}};
	return member->codec != SB_CODEC_GZIP || take_deflated(out);
}

/* What was encoded in vain counts as well. */
static bool gives(struct asking *asking, const struct form *form, unsigned setting, uint64_t *said)
{
	struct sb_encoded_again again;

	if (form->member.size >= asking->left)
		return false;
	int rc = sb_parsing_encode_again(form->view, &form->member, setting, &again, NULL);
	bool zlib = form->member.codec == SB_CODEC_DEFLATE || form->member.codec == SB_CODEC_ZLIB;
	uint64_t taken = again.content + (zlib ? START_ZLIB : START);
	asking->left -= taken < asking->left ? taken : asking->left;
	asking->in->no_memory |= rc == SB_NOMEM;
	*said = again.form;
	return !rc && again.same;
}

/* The setting to try after @tried others; false when there is none. */
static bool next_setting(const struct asking *asking, const struct form *form, unsigned tried, unsigned *setting)
{
	unsigned count = sb_encoder_settings(form->member.codec);

	if (tried >= count)
		return false;
	*setting = (asking->first + tried) % count;
	return true;
}

/* Of content that differs: one setting on both sides. One side alone is not worth its cost. */
static bool is_derived(struct asking *asking, const struct form form[SB_SIDES], unsigned *setting)
{
	uint64_t said[SB_SIDES], both;

	if (!sb_add(form[SB_SHIPPED].member.size, form[SB_REBUILT].member.size, &both) || both >= asking->left)
		return false;
	for (unsigned tried = 0; next_setting(asking, &form[SB_REBUILT], tried, setting); tried++)
		if (gives(asking, &form[SB_REBUILT], *setting, &said[SB_REBUILT]) && gives(asking, &form[SB_SHIPPED], *setting, &said[SB_SHIPPED]) &&
		    said[SB_SHIPPED] == said[SB_REBUILT]) {
			asking->first = *setting;
			return true;
		}
	return false;
}

static void prove_changed(struct asking *asking, const struct form form[SB_SIDES], struct sb_claim *claim)
{
	char name[NAME_ROOM];
	unsigned setting;

	if (form[SB_SHIPPED].member.codec != form[SB_REBUILT].member.codec || claim->cap != SB_LEVEL_EXPLAINED || !is_derived(asking, form, &setting))
		return;
	sb_encoder_describe(form[SB_SHIPPED].member.codec, setting, name, sizeof name);
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->rule = SB_RULE_DERIVED;
	claim->freedom = 0;
	claim->note = sb_explain_note(asking->in, "the encoded form is what %s makes of content that differs", name);
}

static bool find_setting(struct asking *asking, const struct form *form, char name[NAME_ROOM])
{
	unsigned setting;
	uint64_t said;

	for (unsigned tried = 0; next_setting(asking, form, tried, &setting); tried++)
		if (gives(asking, form, setting, &said)) {
			asking->first = setting;
			sb_encoder_describe(form->member.codec, setting, name, NAME_ROOM);
			return true;
		}
	return false;
}

/* Of equal content: whoever packed it chose a setting, and no bytes. */
static void name_settings(struct asking *asking, const struct form form[SB_SIDES], struct sb_claim *claim)
{
	char name[SB_SIDES][NAME_ROOM];

	if (!find_setting(asking, &form[SB_SHIPPED], name[SB_SHIPPED]))
		return;
	if (claim->freedom > SETTING_BYTES + FORM_BYTES)
		claim->freedom = SETTING_BYTES + FORM_BYTES;
	if (find_setting(asking, &form[SB_REBUILT], name[SB_REBUILT]))
		claim->note = sb_explain_note(asking->in, "%s: %s shipped, %s rebuilt", claim->note, name[SB_SHIPPED], name[SB_REBUILT]);
}

static bool is_form(const struct sb_claim *claim)
{
	return claim->diff && claim->diff->kind == SB_DIFF_ENCODING && claim->cause == SB_CAUSE_COMPRESSION;
}

static void ask(struct asking *asking, struct sb_claim *claim)
{
	const struct sb_pair *pair = claim->pair, *payload = sb_encoded_payload(pair, claim->diff);
	struct form form[SB_SIDES];

	if (pair->recoded || !payload || !payload->decoded || !take_form(pair, payload, SB_SHIPPED, &form[SB_SHIPPED]) ||
	    !take_form(pair, payload, SB_REBUILT, &form[SB_REBUILT]))
		return;
	if (payload->state == SB_PAIR_EQUAL)
		name_settings(asking, form, claim);
	else if (asking->derive)
		prove_changed(asking, form, claim);
}

/* The level that there would be if forms of content that differs were derived. */
static enum sb_level level_beside(struct sb_vec *claims)
{
	enum sb_level level = SB_LEVEL_UNSIGNED_IDENTICAL;

	for (size_t i = 0; i < claims->count; i++) {
		const struct sb_claim *claim = sb_vec_at(claims, i);
		enum sb_level cap = sb_claim_owns(claim) ? claim->cap : SB_LEVEL_DIFFERENT;
		if (!(is_form(claim) && cap == SB_LEVEL_EXPLAINED))
			level = sb_level_worse(level, cap);
	}
	return level;
}

void sb_explain_encoders(struct sb_explaining *in, struct sb_vec *claims)
{
	enum sb_level level = level_beside(claims);
	bool counts = level == SB_LEVEL_UNSIGNED_IDENTICAL;
	struct asking asking = {.in = in, .left = SB_LIMIT_OF(ENCODED_AGAIN) / (counts ? 1 : SHARE), .derive = counts || level == SB_LEVEL_EXPLAINED};

	if (level == SB_LEVEL_DIFFERENT)
		return;
	for (size_t i = 0; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (is_form(claim))
			ask(&asking, claim);
	}
}
