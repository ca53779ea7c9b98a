/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System use areas: SUSP 1.12, RRIP 1.12. What an entry says of a member is told with it; an entry that is not understood, or that is not written as it must be,
 * is an attribute of its member with all of its bytes. So nothing but places, times and serial numbers is left in a record.
 */
#include "verifier/formats/iso9660/iso9660.h"

#include <string.h>

enum { ENTRY = 4, CHAIN = 31, CONTINUES = 1, GLUED = 1, CURRENT = 2, PARENT = 4, ROOT = 8, LONG_FORM = 0x80, MODES = 0177777 };

struct entry {
	char name[3];
	struct sb_span whole; /* with its head */
};

/** Where the area goes on. */
struct next {
	uint64_t at, length;
};

int sb_iso_attribute(struct sb_iso *iso, const struct sb_iso_rock *rock, const char *name, struct sb_span value, struct sb_err *err)
{
	const char *full = sb_arena_printf(iso->view->arena, "%s%s", rock->prefix, name);
	struct sb_span kept;

	if (!full)
		return sb_no_memory(err);
	int rc = sb_keep(iso->view, value, &kept, err);
	return rc ? rc : sb_xattrs_add(rock->xattrs, "", sb_span_text(full), kept, err);
}

static bool both(const struct entry *entry, unsigned at, uint64_t *out)
{
	return sb_iso_both(entry->whole, at, 4, out);
}

static bool take_px(struct sb_iso_rock *rock, const struct entry *entry)
{
	uint64_t mode, links, uid, gid, serial;

	if (rock->has_px || (entry->whole.n != 36 && entry->whole.n != 44) || !both(entry, 4, &mode) || mode > MODES || !both(entry, 12, &links) || !both(entry, 20, &uid) ||
	    !both(entry, 28, &gid) || (entry->whole.n == 44 && !both(entry, 36, &serial)))
		return false;
	rock->has_px = true;
	rock->mode = (uint32_t)mode;
	rock->links = (uint32_t)links;
	rock->uid = (uint32_t)uid;
	rock->gid = (uint32_t)gid;
	return true;
}

/* Linux writes and reads either two numbers or the lower one alone: fs/isofs/rock.c. */
static bool take_pn(struct sb_iso_rock *rock, const struct entry *entry)
{
	uint64_t high, low;

	if (entry->whole.n != 20 || !both(entry, 4, &high) || !both(entry, 12, &low) || (high == 0 && low > 0xff))
		return false;
	rock->major = high;
	rock->minor = low;
	return true;
}

static bool take_nm(struct sb_iso_rock *rock, const struct entry *entry)
{
	if (entry->whole.n < 5 || entry->whole.p[4] & ~CONTINUES || rock->name_ended)
		return false;
	rock->has_name = true;
	rock->name_ended = !(entry->whole.p[4] & CONTINUES);
	sb_buf_add(&rock->name, entry->whole.p + 5, entry->whole.n - 5);
	return true;
}

/* RRIP 4.1.3.1: text, or one of three words without text. */
static bool take_component(struct sb_iso_rock *rock, unsigned flags, struct sb_span text)
{
	static const struct {
		unsigned flag;
		const char *text;
	} words[] = {{0, NULL}, {CURRENT, "."}, {PARENT, ".."}, {ROOT, "/"}};
	size_t which = 0;

	while (which < sizeof words / sizeof *words && words[which].flag != (flags & ~(unsigned)GLUED))
		which++;
	if (which == sizeof words / sizeof *words || (which && (text.n || flags & GLUED)))
		return false;
	if (rock->link.len && !rock->link_glued)
		sb_buf_add(&rock->link, "/", 1);
	if (which)
		text = sb_span_text(words[which].text);
	sb_buf_add(&rock->link, text.p, text.n);
	rock->link_glued = flags & GLUED || flags & ROOT;
	rock->link_cut = flags & GLUED;
	return true;
}

static bool take_sl(struct sb_iso_rock *rock, const struct entry *entry)
{
	struct sb_rd rd = sb_rd_of(entry->whole, false);

	sb_rd_seek(&rd, 4);
	uint64_t more = sb_rd_uint(&rd, 1);
	if (more & ~(uint64_t)CONTINUES || rd.bad || (rock->has_link && !rock->link_goes_on))
		return false;
	rock->has_link = true;
	rock->link_goes_on = more;
	while (!rd.bad && rd.at < entry->whole.n) {
		unsigned flags = (unsigned)sb_rd_uint(&rd, 1);
		size_t n = (size_t)sb_rd_uint(&rd, 1);
		struct sb_span text = sb_rd_bytes(&rd, n);
		if (rd.bad || !take_component(rock, flags, text))
			return false;
	}
	return true;
}

static bool take_place(const struct entry *entry, uint64_t *out)
{
	uint64_t sector;

	if (*out || entry->whole.n != 12 || !both(entry, 4, &sector))
		return false;
	*out = sector * SB_ISO_SECTOR;
	return true;
}

/* Which times there are is told, the times are not. */
static int take_tf(struct sb_iso *iso, const struct sb_iso_rock *rock, const struct entry *entry, bool *good, struct sb_err *err)
{
	unsigned flags = entry->whole.n > 4 ? entry->whole.p[4] : 0, count = 0, width = flags & LONG_FORM ? SB_ISO_STAMP : SB_ISO_DATE;

	for (unsigned bit = 0; bit < 7; bit++)
		count += flags >> bit & 1;
	*good = entry->whole.n == 5 + (size_t)count * width;
	for (unsigned i = 0; *good && i < count; i++)
		*good = flags & LONG_FORM ? sb_iso_is_stamp(entry->whole, 5 + i * width) : sb_iso_is_date(entry->whole, 5 + i * width);
	return *good ? sb_iso_attribute(iso, rock, "TF", sb_span_of(entry->whole.p + 4, 1), err) : 0;
}

/* Linux gives up on an area that goes on behind the end of its sector, and on a 32nd one: fs/isofs/rock.c, rock_continue. */
static bool take_ce(const struct sb_iso *iso, const struct entry *entry, struct next *next)
{
	uint64_t sector, offset, length;
	struct sb_span area;

	if (next->length || entry->whole.n != 28 || !both(entry, 4, &sector) || !both(entry, 12, &offset) || !both(entry, 20, &length) || length < ENTRY || length > SB_ISO_SECTOR ||
	    offset > SB_ISO_SECTOR - length || !sb_span_cut(iso->view->file, sector * SB_ISO_SECTOR + offset, length, &area))
		return false;
	*next = (struct next){sector * SB_ISO_SECTOR + offset, length};
	return true;
}

static bool take_sp(const struct sb_iso *iso, const struct entry *entry)
{
	return entry->whole.n == 7 && entry->whole.p[4] == 0xbe && entry->whole.p[5] == 0xef && entry->whole.p[6] == iso->own->skip;
}

static bool is_named(const struct entry *entry, const char *name)
{
	return strcmp(entry->name, name) == 0;
}

/* An entry that is written as it must be leaves nothing behind but what it says. */
static int take_entry(struct sb_iso *iso, struct sb_iso_rock *rock, const struct entry *entry, struct next *next, struct sb_err *err)
{
	bool good = entry->whole.p[3] == 1;
	int rc = 0;

	if (!good)
		return sb_iso_attribute(iso, rock, entry->name, entry->whole, err);
	if (is_named(entry, "PX"))
		good = take_px(rock, entry);
	else if (is_named(entry, "PN"))
		good = take_pn(rock, entry);
	else if (is_named(entry, "NM"))
		good = take_nm(rock, entry);
	else if (is_named(entry, "SL"))
		good = take_sl(rock, entry);
	else if (is_named(entry, "CL"))
		good = take_place(entry, &rock->child);
	else if (is_named(entry, "PL"))
		good = take_place(entry, &rock->parent);
	else if (is_named(entry, "CE"))
		good = take_ce(iso, entry, next);
	else if (is_named(entry, "SP"))
		good = take_sp(iso, entry);
	else if (is_named(entry, "TF"))
		rc = take_tf(iso, rock, entry, &good, err);
	else if (is_named(entry, "RE"))
		good = rock->relocated = entry->whole.n == ENTRY;
	else
		good = is_named(entry, "PD") && sb_span_all_zero(sb_span_of(entry->whole.p + ENTRY, entry->whole.n - ENTRY));
	return rc || good ? rc : sb_iso_attribute(iso, rock, entry->name, entry->whole, err);
}

static bool next_entry(struct sb_span area, size_t at, struct entry *out)
{
	if (area.n - at < ENTRY || area.p[at + 2] < ENTRY || area.p[at + 2] > area.n - at)
		return false;
	out->whole = sb_span_of(area.p + at, area.p[at + 2]);
	out->name[0] = (char)area.p[at];
	out->name[1] = (char)area.p[at + 1];
	out->name[2] = 0;
	return true;
}

/* Entries up to the end, or up to zeros; anything else there is told. */
static int take_area(struct sb_iso *iso, struct sb_iso_rock *rock, struct sb_span area, struct next *next, struct sb_err *err)
{
	struct entry entry;
	size_t at = 0;
	int rc = 0;

	while (!rc && next_entry(area, at, &entry)) {
		at += entry.whole.n;
		if (is_named(&entry, "ST") && entry.whole.n == ENTRY)
			break;
		rc = take_entry(iso, rock, &entry, next, err);
	}
	struct sb_span rest = sb_span_of(area.p + at, area.n - at);
	return rc || sb_span_all_zero(rest) ? rc : sb_iso_attribute(iso, rock, "rest", rest, err);
}

static int follow(struct sb_iso *iso, struct sb_iso_rock *rock, struct next *next, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = {.offset = next->at, .length = next->length, .kind = SB_REGION_LAYOUT, .name = "continuation", .tag = SB_ISO_TAG_CONTINUATION, .member = member};
	struct sb_span area = sb_span_of(iso->view->file.p + next->at, (size_t)next->length);
	int rc = sb_tiles_share(&iso->tiles, iso->view->file.n, &region, err);

	*next = (struct next){0};
	return rc ? rc : take_area(iso, rock, area, next, err);
}

/* Readers disagree on a name or a target whose last part says that another one follows. */
static int check_ends(struct sb_iso *iso, const struct sb_iso_rock *rock, struct sb_err *err)
{
	int rc = rock->has_name && !rock->name_ended ? sb_iso_attribute(iso, rock, "NM without its end", sb_span_text(""), err) : 0;
	return rc || !rock->has_link || (!rock->link_goes_on && !rock->link_cut) ? rc : sb_iso_attribute(iso, rock, "SL without its end", sb_span_text(""), err);
}

int sb_iso_read_rock(struct sb_iso *iso, const struct sb_iso_record *record, uint32_t member, struct sb_iso_rock *rock, struct sb_err *err)
{
	size_t skip = record->use.n < iso->own->skip ? record->use.n : iso->own->skip;
	struct next next = {0};
	int rc = 0;

	rock->name.ceiling = rock->link.ceiling = (size_t)SB_LIMIT_OF(PATH_BYTES);
	if (skip)
		rc = sb_iso_attribute(iso, rock, "skipped", sb_span_of(record->use.p, skip), err);
	if (!rc)
		rc = take_area(iso, rock, sb_span_of(record->use.p + skip, record->use.n - skip), &next, err);
	for (unsigned i = 0; !rc && next.length; i++)
		rc = i < CHAIN ? follow(iso, rock, &next, member, err) : sb_damaged(err, "archive-damaged", record->at, "continuations without an end");
	if (!rc)
		rc = sb_buf_ok(&rock->name, err);
	if (!rc)
		rc = sb_buf_ok(&rock->link, err);
	return rc ? rc : check_ends(iso, rock, err);
}

void sb_iso_rock_release(struct sb_iso_rock *rock)
{
	sb_buf_release(&rock->name);
	sb_buf_release(&rock->link);
}
