/* SPDX-License-Identifier: Apache-2.0 */
/* What a record says of its member beside name and place: as attributes, where a member has no place of its own for it. */
#include "verifier/formats/iso9660/tree.h"

static bool has_rock(const struct sb_iso_tree *tree)
{
	return tree->volume->primary && tree->iso->own->rock;
}

uint32_t sb_iso_next_ordinal(const struct sb_iso_tree *tree)
{
	return (uint32_t)tree->iso->view->members.count + 1;
}

int sb_iso_own_record(struct sb_iso_tree *tree, const struct sb_iso_record *record, const char *name, uint32_t member, struct sb_err *err)
{
	return sb_iso_own_range(tree->iso, record->at, record->length, record->proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, name,
				has_rock(tree) ? SB_ISO_TAG_RECORD : SB_ISO_TAG_PLAIN, member, err);
}

int sb_iso_read_use(struct sb_iso_tree *tree, const struct sb_iso_record *record, uint32_t member, struct sb_iso_rock *rock, struct sb_err *err)
{
	const uint8_t flags = (uint8_t)(record->flags & ~(unsigned)SB_ISO_FLAG_MORE);
	bool usual = (flags & ~(unsigned)SB_ISO_FLAG_FOLDER) == 0;
	int rc = usual ? 0 : sb_iso_attribute(tree->iso, rock, "flags", sb_span_of(&flags, 1), err);

	if (rc || has_rock(tree))
		return rc ? rc : sb_iso_read_rock(tree->iso, record, member, rock, err);
	return record->use.n ? sb_iso_attribute(tree->iso, rock, "system use", record->use, err) : 0;
}

int sb_iso_add_number(struct sb_iso_tree *tree, const struct sb_iso_rock *rock, const char *name, uint64_t number, struct sb_err *err)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return sb_iso_attribute(tree->iso, rock, name, sb_span_of(bytes, sizeof bytes), err);
}

int sb_iso_add_px(struct sb_iso_tree *tree, const struct sb_iso_rock *rock, bool all, struct sb_err *err)
{
	if (!rock->has_px)
		return 0;
	int rc = sb_iso_add_number(tree, rock, "links", rock->links, err);
	if (!rc && all)
		rc = sb_iso_add_number(tree, rock, "mode", rock->mode, err);
	if (!rc && all)
		rc = sb_iso_add_number(tree, rock, "uid", rock->uid, err);
	return rc || !all ? rc : sb_iso_add_number(tree, rock, "gid", rock->gid, err);
}

int sb_iso_add_further(struct sb_iso_tree *tree, const struct sb_iso_record *record, uint32_t member, const char *prefix, uint64_t *parent, struct sb_err *err)
{
	struct sb_iso_rock rock = {.prefix = prefix, .xattrs = &tree->xattrs};
	int rc = sb_iso_read_use(tree, record, member, &rock, err);

	if (!rc)
		rc = sb_iso_add_px(tree, &rock, true, err);
	if (!rc && rock.has_name)
		rc = sb_iso_attribute(tree->iso, &rock, "name", sb_buf_span(&rock.name), err);
	if (!rc && rock.has_link)
		rc = sb_iso_attribute(tree->iso, &rock, "link", sb_buf_span(&rock.link), err);
	if (!rc && (rock.child || rock.major || rock.minor || rock.relocated || (rock.parent && !parent)))
		rc = sb_damaged(err, "archive-damaged", record->at, "an entry that no such record may have");
	if (parent)
		*parent = rock.parent;
	sb_iso_rock_release(&rock);
	return rc;
}
