/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: texts inside an archive that list digests of what lies beside them. Each side is read by itself into items; the
 * text is owned as a whole, when both sides list the same items and every value that differs is right for its own side.
 */
#ifndef VERIFIER_EXPLAIN_LISTED_H
#define VERIFIER_EXPLAIN_LISTED_H

#include "verifier/explain/explainer.h"

/** One value of the list. Name and key together come once. */
struct sb_listed_item {
	struct sb_span name, key, value; /* as they mean, without folds */
	size_t from, to;                 /* the value as it stands in the text, folds included */
};

/** One side of a list while it is looked at. */
struct sb_listed_side {
	struct sb_explaining *in;
	const struct sb_pair *text, *archive; /* the list and the opened archive that holds it */
	unsigned side;
	struct sb_vec items;                  /* struct sb_listed_item */
	struct sb_vec sections;               /* the format's own */
	struct sb_span lists;                 /* of another list that this one covers */
};

struct sb_listed_format {
	bool (*is_mine)(const struct sb_pair *text);
	/** Items of a side; false when the text is not exactly as its tools write it. */
	bool (*read)(struct sb_listed_side *side);
	/** Is the value what it should be for this side? Asked only where the sides differ. */
	bool (*is_right)(struct sb_listed_side *side, const struct sb_listed_item *item);
	bool in_order; /* another order or other lines are a difference */
};

extern const struct sb_listed_format sb_listed_jar_manifest, sb_listed_jar_signature, sb_listed_wheel_record, sb_listed_pkginfo, sb_listed_md5sums;

/** New item at the end; false when out of memory. */
SB_MUST_USE bool sb_listed_add(struct sb_listed_side *side, struct sb_listed_item item);
/** Content of the one file of that name in the archive, where it differs from its counterpart; false otherwise. */
SB_MUST_USE bool sb_listed_content(struct sb_listed_side *side, struct sb_span name, struct sb_span *out);

#endif
