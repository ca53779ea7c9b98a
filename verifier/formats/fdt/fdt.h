/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: flattened device trees, and the images that U-Boot packs as one. Sources: Devicetree Specification 0.4, chapter 5;
 * U-Boot 2023.01, doc/uImage.FIT/source_file_format.txt and signature.txt. docs/formats/dtb.md and fit.md say what owns which byte.
 */
#ifndef VERIFIER_FORMATS_FDT_FDT_H
#define VERIFIER_FORMATS_FDT_FDT_H

#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

/** Tags of regions; a property has SB_FDT_TAG_PROPERTY plus its index. */
enum sb_fdt_tag {
	SB_FDT_TAG_NONE = 0,
	SB_FDT_TAG_HEADER,
	SB_FDT_TAG_RESERVATIONS,
	SB_FDT_TAG_NODE,     /* token and name */
	SB_FDT_TAG_PROPERTY, /* the last: indexes follow */
};

struct sb_fdt_property {
	uint64_t at;           /* of its token, in the file; the value lies 12 bytes behind it */
	uint32_t length;       /* of the value, bytes */
	uint32_t name_offset;  /* in the block of strings */
	uint32_t node;         /* index */
	const char *name;
};

struct sb_fdt_node {
	uint64_t begin, body, end; /* its token; behind its name; behind the token that ends it */
	uint32_t parent;           /* index; of the root itself */
	uint32_t depth;            /* 0: the root */
	uint32_t first, count;     /* its properties */
	uint32_t children;
	uint32_t member;           /* of a FIT: 1 + index of the image that it belongs to, else 0 */
	uint32_t hashes, signatures; /* nodes of these kinds right below it */
	bool signature;            /* of a FIT: a container of exactly the shape of a signature */
	const char *name, *path;
};

/** Tokens that say nothing, in a row. */
struct sb_fdt_nops {
	uint64_t at, end;
	uint32_t node;
};

/** One tree, read. Everything lives in the view's arena. */
struct sb_fdt {
	uint64_t total, structure, structure_size, strings, strings_size, reservations; /* as the header states them */
	uint64_t header, structure_end, reservations_end;                               /* as they were found */
	uint32_t version;
	struct sb_fdt_node *nodes;
	struct sb_fdt_property *properties;
	struct sb_fdt_nops *nops;
	uint32_t node_count, property_count, nop_count;
	bool fit;
};

/** Read header, reservations and structure. Errors: FORMAT "archive-damaged", LIMIT, NOMEM. */
SB_MUST_USE int sb_fdt_read(struct sb_view *view, struct sb_fdt *out, struct sb_err *err);
/** Is there a node /images? Looks at a bounded part of the structure. */
bool sb_fdt_has_images(struct sb_span file);
unsigned sb_fdt_probe(struct sb_span file);

static inline uint64_t sb_fdt_value_at(const struct sb_fdt_property *property)
{
	return property->at + 12;
}
static inline uint64_t sb_fdt_property_end(const struct sb_fdt_property *property)
{
	return (sb_fdt_value_at(property) + property->length + 3) & ~UINT64_C(3);
}
/** The first property of that name, which is the one that readers take; NULL when there is none. */
const struct sb_fdt_property *sb_fdt_property(const struct sb_fdt *fdt, const struct sb_fdt_node *node, const char *name);
/** Value as a text without its NUL; empty when it is none. */
struct sb_span sb_fdt_text(struct sb_span file, const struct sb_fdt_property *property);
/** Value as a number of four bytes. */
SB_MUST_USE bool sb_fdt_number(struct sb_span file, const struct sb_fdt_property *property, uint64_t *out);

/**
 * Members of a FIT, and which nodes belong to them or are signatures. Errors: FORMAT "archive-truncated"; "archive-damaged" for an image with two contents, or with
 * more digests than anybody has use for; NOMEM.
 */
SB_MUST_USE int sb_fdt_find_images(struct sb_view *view, struct sb_fdt *fdt, struct sb_err *err);
/** Is @property the value of a hash node whose digest can be computed? *out then says how. */
bool sb_fdt_hash(const struct sb_view *view, const struct sb_fdt *fdt, const struct sb_fdt_property *property, struct sb_field *out);
/** What else a property of a FIT means: its time, the place and size of an image. */
void sb_fdt_meaning(const struct sb_view *view, const struct sb_fdt *fdt, const struct sb_fdt_property *property, struct sb_field *value);

SB_MUST_USE int sb_fdt_emit(struct sb_view *view, const struct sb_fdt *fdt, struct sb_err *err);
SB_MUST_USE int sb_fdt_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
