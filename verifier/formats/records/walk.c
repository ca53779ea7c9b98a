/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that follow each other in memory are one member; every other line is an owner by itself. */
#include "verifier/formats/records/records.h"
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

/** Where the walk is. */
struct walk {
	struct sb_view *view;
	struct sb_tiles tiles;
	struct sb_digits_reader reader;
	uint64_t from, to;      /* of the lines that make the member that is open; from == to: none is */
	uint64_t address, next; /* where its first byte belongs, and the one behind its last */
	uint64_t bases;         /* where lines with bases begin that stand behind it; UINT64_MAX: there are none */
};

static int close_member(struct walk *walk, struct sb_err *err)
{
	struct sb_region region = {.offset = walk->from, .length = walk->to - walk->from, .kind = SB_REGION_ENCODED, .loaded = true,
	                           .member = (uint32_t)walk->view->members.count + 1, .name = "records"};
	const char *name = sb_arena_printf(walk->view->arena, "0x%08llx", (unsigned long long)walk->address);

	if (region.length == 0)
		return 0;
	if (!name)
		return sb_no_memory(err);
	const struct sb_member member = {.name = sb_span_text(name), .type = SB_MEMBER_PART, .codec = walk->reader.motorola ? SB_CODEC_SREC : SB_CODEC_IHEX,
	                                 .offset = region.offset, .length = region.length, .size = UINT64_MAX};
	walk->from = walk->to;
	int rc = sb_tiles_add(&walk->tiles, walk->view->file.n, &region, err);
	return rc ? rc : sb_emit_member(walk->view, &member, err);
}

/* Data goes on where the last line of data ended, or begins another member, to which the bases before it belong. */
static int take_data(struct walk *walk, const struct sb_digits_record *record, struct sb_err *err)
{
	bool open = walk->to > walk->from;

	if (!open || record->address != walk->next) {
		int rc = close_member(walk, err);
		if (rc)
			return rc;
		walk->from = walk->bases != UINT64_MAX ? walk->bases : record->at;
		walk->address = record->address;
	}
	walk->to = record->end;
	walk->next = record->address + record->size;
	walk->bases = UINT64_MAX;
	return 0;
}

/* The data and the sum of such a line are looked at here, since no decoder does. */
static int take_line(struct walk *walk, const struct sb_digits_record *record, struct sb_err *err)
{
	static const char *const names[] = {[SB_RECORD_BASE] = "base without data", [SB_RECORD_TITLE] = "title", [SB_RECORD_COUNT] = "count of records",
	                                    [SB_RECORD_START] = "start address", [SB_RECORD_END] = "end"};
	struct sb_region region = {.offset = walk->bases != UINT64_MAX ? walk->bases : record->at, .kind = SB_REGION_HEADER, .loaded = true, .name = names[SB_RECORD_BASE]};
	uint8_t bytes[SB_RECORD_MOST];
	int rc = close_member(walk, err);

	region.length = record->at - region.offset;
	if (!rc)
		rc = sb_tiles_add(&walk->tiles, walk->view->file.n, &region, err);
	if (!rc && !sb_digits_read(&walk->reader, record, bytes))
		rc = sb_damaged(err, "archive-damaged", record->at, "a line with a wrong checksum");
	region = (struct sb_region){.offset = record->at, .length = record->end - record->at, .kind = SB_REGION_HEADER, .loaded = true, .tag = (uint32_t)record->kind,
	                            .name = names[record->kind]};
	walk->bases = UINT64_MAX;
	walk->from = walk->to = record->end;
	return rc ? rc : sb_tiles_add(&walk->tiles, walk->view->file.n, &region, err);
}

static int take_all(struct walk *walk, struct sb_err *err)
{
	struct sb_digits_record record = {0};
	int rc = 0;

	while (!rc && record.kind != SB_RECORD_END) {
		if (!sb_digits_next(&walk->reader, &record))
			return sb_damaged(err, "archive-damaged", record.at, "a line that is no record, or a file without its last one");
		if (record.kind == SB_RECORD_BASE && walk->bases == UINT64_MAX)
			walk->bases = record.at;
		else if (record.kind == SB_RECORD_DATA)
			rc = take_data(walk, &record, err);
		else if (record.kind != SB_RECORD_BASE)
			rc = take_line(walk, &record, err);
	}
	return rc ? rc : sb_tiles_emit(&walk->tiles, walk->view, err);
}

static int open_records(struct sb_view *view, bool motorola, struct sb_err *err)
{
	struct walk walk = {.view = view, .reader = {.file = view->file, .motorola = motorola}, .bases = UINT64_MAX};
	int rc = take_all(&walk, err);

	sb_tiles_release(&walk.tiles);
	return rc;
}

static int open_intel(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return open_records(view, false, err);
}

static int open_motorola(struct sb_view *view, const char *hint, struct sb_err *err)
{
	(void)hint;
	return open_records(view, true, err);
}

/* The data and the checksum of a line that stands alone. */
static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_digits_reader reader = {.file = view->file, .at = region->offset, .motorola = view->file.p[region->offset] == 'S'};
	struct sb_digits_record record;

	if (region->tag == 0 || !sb_digits_next(&reader, &record))
		return 0;
	const struct sb_field fields[] = {
		{.offset = record.at, .length = record.digits - record.at, .encoding = SB_ENC_TEXT, .name = "kind, length and address"},
		{.offset = record.digits, .length = 2 * record.size, .encoding = SB_ENC_TEXT, .name = "value"},
		{.offset = record.digits + 2 * record.size, .length = 2, .encoding = SB_ENC_HEX_TEXT, .name = "checksum"},
	};
	int rc = 0;
	for (size_t i = 0; !rc && i < sizeof fields / sizeof *fields; i++)
		if (fields[i].length)
			rc = sb_emit_field(view, &fields[i], err);
	return rc;
}

static unsigned probe_records(struct sb_span file, bool motorola)
{
	struct sb_digits_reader reader = {.file = file, .motorola = motorola};
	uint8_t bytes[SB_RECORD_MOST];
	struct sb_digits_record record;

	return sb_digits_next(&reader, &record) && sb_digits_read(&reader, &record, bytes) ? 40 : 0;
}

static unsigned probe_intel(struct sb_span file, const char *hint)
{
	(void)hint;
	return probe_records(file, false);
}

static unsigned probe_motorola(struct sb_span file, const char *hint)
{
	(void)hint;
	return probe_records(file, true);
}

const struct sb_format sb_format_ihex = {
	.name = "ihex",
	.spec = "Intel, Hexadecimal Object File Format Specification, revision A (1988)",
	.version = 2,
	.probe = probe_intel,
	.open = open_intel,
	.describe = describe,
	.container = true,
};

const struct sb_format sb_format_srec = {
	.name = "srec",
	.spec = "Motorola S-records, srec(5) of srecord 1.64",
	.version = 1,
	.probe = probe_motorola,
	.open = open_motorola,
	.describe = describe,
	.container = true,
};
