/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: signature containers of one format, as typed regions. A row says where containers lie and proves, on the bytes of
 * one side alone, that each is exactly what its standard allows and that the digests it holds are those of the rest of that side.
 */
#ifndef VERIFIER_EXPLAIN_SIGNED_H
#define VERIFIER_EXPLAIN_SIGNED_H

#include "verifier/explain/explainer.h"
#include "verifier/parsing/parsing.h"
#include "verifier/signature/signature.h"

/** One side of an opened pair while its containers are looked at. */
struct sb_signed_side {
	struct sb_explaining *in;
	const struct sb_pair *pair;
	unsigned side;
	unsigned found;   /* signatures */
	const char *why;  /* what is not as it must be: a sentence without an end, escaped */
};

struct sb_signed_format {
	const char *format; /* name of the pair's format */
	/** Does that side of a difference lie in a container? Signature regions and members that are signatures need not be told. */
	bool (*is_part)(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side);
	/** Count the containers of the side and prove them; false with side->why set. No container at all is fine. */
	bool (*is_right)(struct sb_signed_side *side);
};

extern const struct sb_signed_format sb_signed_module, sb_signed_rpm, sb_signed_zip, sb_signed_pe, sb_signed_deb, sb_signed_alpine, sb_signed_macho, sb_signed_fit;

/** `return sb_signed_refuse(side, "…")`. */
static inline bool sb_signed_refuse(struct sb_signed_side *side, const char *why)
{
	side->why = why;
	return false;
}
/** The same with the name of a member or region, escaped, in front. */
bool sb_signed_blame(struct sb_signed_side *side, struct sb_span name, const char *why);

/** A signature that fills @bytes, armored or not, and the 16 bits of the digest of @parts that it holds. */
SB_MUST_USE bool sb_signed_by_pgp(struct sb_signed_side *side, struct sb_span name, struct sb_span bytes, const struct sb_span *parts, size_t count);

/** What is known of the containers of @pair: right on both sides, how many on each. NULL when the format of the pair has none. */
const struct sb_detached *sb_signed_find(struct sb_explaining *in, const struct sb_pair *pair);

/* ---- contents of members, also of those that are equal and have no pair ---- */

/** The members of one side of a pair, to be decoded one by one. */
struct sb_contents {
	struct sb_explaining *in;
	const struct sb_pair *pair;
	unsigned side;
	struct sb_parser_side *parser;
	struct sb_source source;
	struct sb_unpack_budget budget;
	struct sb_blob blob; /* of the content last asked for */
};
SB_MUST_USE bool sb_contents_begin(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, struct sb_contents *out);
/** Decoded bytes of @member, valid until the next call; false when it cannot be decoded to its last byte. */
SB_MUST_USE bool sb_contents_of(struct sb_contents *contents, const struct sb_member *member, struct sb_span *out);
void sb_contents_end(struct sb_contents *contents);

/* ---- parts of the zip row ---- */

/** Is there a signature file or a block? */
bool sb_signed_jar_has(const struct sb_view *view);
/** Signature files and their blocks; *found is added to. */
SB_MUST_USE bool sb_signed_jar_is_right(struct sb_signed_side *side);
/** Is the text META-INF/MANIFEST.MF, and do both sides say the same but for digests that are right? */
SB_MUST_USE bool sb_signed_jar_owns_manifest(struct sb_explaining *in, const struct sb_pair *text);
SB_MUST_USE bool sb_signed_apk_is_right(struct sb_signed_side *side);
/** Do both headers of @member say what they must of @content, which it unpacks to, and nothing else? side->why tells what they say. */
SB_MUST_USE bool sb_signed_entry_is_right(struct sb_signed_side *side, const struct sb_member *member, struct sb_span content);
/** Of a member on both sides, whose content and time signing changes: do they say one time, and is it packed no longer than it needs to be? */
SB_MUST_USE bool sb_signed_entry_may_change(struct sb_signed_side *side, const struct sb_member *member, struct sb_span content);

#endif
