/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source line of an address: DWARF versions 2 to 5, section 6.2, ".debug_line", 32-bit form, one operation an instruction. A reader of our
 * own, because it reads hostile bytes: every step goes forward in a bounded cursor, and of one file only so many bytes are ever read.
 * For display only.
 */
#include "verifier/formats/elf/elf.h"

#include <inttypes.h>
#include <string.h>

enum {
	MOST_READ = 128 << 20, /* bytes of line programs for one file, over all questions */
	MOST_FORMATS = 16,     /* columns of a table of names */
	SHF_COMPRESSED = 0x800,
	LNS_COPY = 1, LNS_ADVANCE_PC = 2, LNS_ADVANCE_LINE = 3, LNS_SET_FILE = 4, LNS_CONST_ADD_PC = 8, LNS_FIXED_ADVANCE_PC = 9,
	LNE_END_SEQUENCE = 1, LNE_SET_ADDRESS = 2,
	LNCT_PATH = 1,
	FORM_BLOCK2 = 3, FORM_DATA2 = 5, FORM_DATA4 = 6, FORM_DATA8 = 7, FORM_STRING = 8, FORM_BLOCK = 9, FORM_DATA1 = 11, FORM_STRP = 14,
	FORM_UDATA = 15, FORM_DATA16 = 30, FORM_LINE_STRP = 31,
};

/** One line program. */
struct program {
	const struct sb_elf *elf;
	struct sb_rd rd;          /* the unit, from its version on */
	unsigned version, step;   /* step: bytes of the smallest instruction */
	int8_t line_base;
	uint8_t line_range, opcode_base;
	struct sb_span lengths;   /* operands of the standard opcodes */
	size_t tables, code;      /* where the tables of names begin, and the program */
};

struct row {
	uint64_t address, file, line;
	bool valid;
};

static bool read_header(struct program *p)
{
	struct sb_rd *rd = &p->rd;

	p->version = (unsigned)sb_rd_uint(rd, 2);
	if (p->version < 2 || p->version > 5)
		return false;
	if (p->version == 5)
		sb_rd_uint(rd, 2); /* sizes of addresses and of segment selectors */
	uint64_t length = sb_rd_uint(rd, 4);
	p->code = rd->at + length;
	p->step = (unsigned)sb_rd_uint(rd, 1);
	uint64_t most_operations = p->version >= 4 ? sb_rd_uint(rd, 1) : 1;
	sb_rd_uint(rd, 1); /* default_is_stmt */
	p->line_base = (int8_t)(uint8_t)sb_rd_uint(rd, 1);
	p->line_range = (uint8_t)sb_rd_uint(rd, 1);
	p->opcode_base = (uint8_t)sb_rd_uint(rd, 1);
	p->lengths = sb_rd_bytes(rd, p->opcode_base ? p->opcode_base - 1U : 0);
	p->tables = rd->at;
	return !rd->bad && most_operations == 1 && p->line_range && p->opcode_base && p->code >= rd->at && p->code <= rd->in.n;
}

/* A new row ends the one before it. */
static bool take_row(const struct row *now, struct row *before, uint64_t at, struct row *out)
{
	bool found = before->valid && at >= before->address && at < now->address;

	if (found)
		*out = *before;
	*before = *now;
	before->valid = true;
	return found;
}

/* True when the sequence ended. */
static bool run_extended(struct program *p, struct row *now)
{
	uint64_t length = sb_leb(&p->rd);
	size_t end = p->rd.at + (size_t)length;

	if (p->rd.bad || length == 0 || length > p->rd.in.n - p->rd.at) {
		p->rd.bad = true;
		return false;
	}
	uint64_t code = sb_rd_uint(&p->rd, 1);
	if (code == LNE_SET_ADDRESS && length <= 9)
		now->address = sb_rd_uint(&p->rd, (unsigned)length - 1);
	sb_rd_seek(&p->rd, end);
	return code == LNE_END_SEQUENCE;
}

static void run_standard(struct program *p, uint8_t code, struct row *now)
{
	switch (code) {
	case LNS_ADVANCE_PC:
		now->address += sb_leb(&p->rd) * p->step;
		return;
	case LNS_ADVANCE_LINE:
		now->line += (uint64_t)sb_signed_leb(&p->rd);
		return;
	case LNS_SET_FILE:
		now->file = sb_leb(&p->rd);
		return;
	case LNS_CONST_ADD_PC:
		now->address += (uint64_t)((255U - p->opcode_base) / p->line_range) * p->step;
		return;
	case LNS_FIXED_ADVANCE_PC:
		now->address += sb_rd_uint(&p->rd, 2);
		return;
	default:
		for (uint8_t i = 0; code <= p->lengths.n && i < p->lengths.p[code - 1]; i++)
			sb_leb(&p->rd);
	}
}

/* Run the program until a row covers @at. */
static bool run(struct program *p, uint64_t at, struct row *out)
{
	const struct row start = {.file = 1, .line = 1};
	struct row now = start, before = {0};

	sb_rd_seek(&p->rd, p->code);
	while (!p->rd.bad && p->rd.at < p->rd.in.n) {
		uint8_t code = (uint8_t)sb_rd_uint(&p->rd, 1);
		bool end = false, row = code == LNS_COPY;
		if (code >= p->opcode_base) {
			uint8_t special = (uint8_t)(code - p->opcode_base);
			now.address += (uint64_t)(special / p->line_range) * p->step;
			now.line += (uint64_t)(int64_t)(p->line_base + special % p->line_range);
			row = true;
		} else if (code == 0) {
			end = run_extended(p, &now);
		} else if (!row) {
			run_standard(p, code, &now);
		}
		if (p->rd.bad)
			return false;
		if ((row || end) && take_row(&now, &before, at, out))
			return true;
		if (end) {
			now = start;
			before.valid = false;
		}
	}
	return false;
}

static const char *text_at(const struct sb_elf *elf, const char *section, uint64_t offset)
{
	const struct sb_elf_section *texts = sb_elf_section_named(elf, section);

	if (!texts || (texts->flags & SHF_COMPRESSED) || offset >= texts->bytes.n || !memchr(texts->bytes.p + offset, 0, texts->bytes.n - (size_t)offset))
		return NULL;
	return (const char *)texts->bytes.p + offset;
}

static const char *read_text(struct sb_rd *rd)
{
	struct sb_span text = sb_rd_cstring(rd);
	return rd->bad ? NULL : (const char *)text.p;
}

/* One value of a column of version 5; its text when it is one and @wanted. */
static const char *read_form(struct program *p, uint64_t form, bool wanted)
{
	struct sb_rd *rd = &p->rd;
	uint64_t offset;

	switch (form) {
	case FORM_STRING:
		return read_text(rd);
	case FORM_LINE_STRP:
	case FORM_STRP:
		offset = sb_rd_uint(rd, 4);
		return wanted ? text_at(p->elf, form == FORM_STRP ? ".debug_str" : ".debug_line_str", offset) : NULL;
	case FORM_DATA1: sb_rd_uint(rd, 1); return NULL;
	case FORM_DATA2: sb_rd_uint(rd, 2); return NULL;
	case FORM_DATA4: sb_rd_uint(rd, 4); return NULL;
	case FORM_DATA8: sb_rd_uint(rd, 8); return NULL;
	case FORM_DATA16: sb_rd_bytes(rd, 16); return NULL;
	case FORM_UDATA: sb_leb(rd); return NULL;
	case FORM_BLOCK: sb_rd_bytes(rd, (size_t)sb_leb(rd)); return NULL;
	case FORM_BLOCK2: sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 2)); return NULL;
	default: rd->bad = true; return NULL;
	}
}

/* A table of version 5: the path of entry @wanted, or NULL; the cursor ends behind the table when @wanted is beyond it. */
static const char *read_table(struct program *p, uint64_t wanted)
{
	uint64_t kind[MOST_FORMATS], form[MOST_FORMATS], columns = sb_rd_uint(&p->rd, 1);

	if (columns > MOST_FORMATS)
		p->rd.bad = true;
	for (uint64_t i = 0; i < columns && !p->rd.bad; i++) {
		kind[i] = sb_leb(&p->rd);
		form[i] = sb_leb(&p->rd);
	}
	uint64_t count = sb_leb(&p->rd);
	for (uint64_t i = 0; i < count && columns && !p->rd.bad; i++) {
		const char *path = NULL;
		for (uint64_t k = 0; k < columns && !p->rd.bad; k++) {
			const char *text = read_form(p, form[k], i == wanted && kind[k] == LNCT_PATH);
			path = kind[k] == LNCT_PATH ? text : path;
		}
		if (i == wanted)
			return p->rd.bad ? NULL : path;
	}
	return NULL;
}

/* Versions 2 to 4: directories, then files, each list ended by an empty name; files count from 1. */
static const char *read_list(struct program *p, uint64_t wanted)
{
	const char *text;

	while ((text = read_text(&p->rd)) && text[0])
		;
	for (uint64_t i = 1; (text = read_text(&p->rd)) && text[0]; i++) {
		if (i == wanted)
			return text;
		sb_leb(&p->rd);
		sb_leb(&p->rd);
		sb_leb(&p->rd);
	}
	return NULL;
}

static const char *file_name(struct program *p, uint64_t file)
{
	p->rd.bad = false;
	sb_rd_seek(&p->rd, p->tables);
	if (p->version < 5)
		return read_list(p, file);
	(void)read_table(p, UINT64_MAX);
	return read_table(p, file);
}

bool sb_elf_line_of(struct sb_elf *elf, uint64_t at, const char **file, uint64_t *line)
{
	const struct sb_elf_section *lines = elf->type == SB_ET_REL ? NULL : sb_elf_section_named(elf, ".debug_line");

	if (!lines || (lines->flags & SHF_COMPRESSED))
		return false;
	struct sb_rd rd = sb_rd_of(lines->bytes, elf->be);
	while (rd.in.n - rd.at > 4) {
		uint64_t length = sb_rd_uint(&rd, 4);
		struct row found;
		if (length >= 0xfffffff0 || length > MOST_READ - elf->lines_read)
			return false;
		struct program p = {.elf = elf, .rd = sb_rd_of(sb_rd_bytes(&rd, (size_t)length), elf->be)};
		elf->lines_read += length;
		if (rd.bad)
			return false;
		if (read_header(&p) && run(&p, at, &found) && (*file = file_name(&p, found.file))) {
			*line = found.line;
			return true;
		}
	}
	return false;
}
