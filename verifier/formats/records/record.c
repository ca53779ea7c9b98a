/* SPDX-License-Identifier: Apache-2.0 */
/* One line of digits. */
#include "verifier/formats/records/records.h"

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* @count pairs of digits at @at as one number, the first pair the most significant. */
static bool number(struct sb_span file, uint64_t at, unsigned count, uint64_t *out)
{
	struct sb_span digits;

	*out = 0;
	if (!sb_span_cut(file, at, 2 * (uint64_t)count, &digits))
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		int value = digit(digits.p[i]);
		if (value < 0)
			return false;
		*out = *out << 4 | (uint64_t)value;
	}
	return true;
}

/* A line ends in LF, CRLF or CR, the last one with the file. */
static bool end_line(struct sb_digits_reader *reader, uint64_t at, struct sb_digits_record *out)
{
	struct sb_span file = reader->file;

	if (at > file.n)
		return false;
	out->end = at;
	out->end += out->end < file.n && file.p[out->end] == '\r';
	out->end += out->end < file.n && file.p[out->end] == '\n';
	reader->at = out->end;
	return out->end > at || at == file.n;
}

/*
 * Some readers add both kinds of bases and some take the last one, and of several that stand together only one counts: a base of one kind may not stand while one of
 * the other does, and none without data behind it. BFD ends the one kind by a zero before it begins the other (bfd/ihex.c).
 */
static bool take_base(struct sb_digits_reader *reader, bool linear, uint64_t base)
{
	bool ended = reader->after == SB_AFTER_ZERO && linear;

	if ((linear ? reader->segment : reader->linear) != 0 || (reader->after != SB_AFTER_DATA && !ended))
		return false;
	*(linear ? &reader->linear : &reader->segment) = base << (linear ? 16 : 4);
	reader->after = !linear && base == 0 ? SB_AFTER_ZERO : SB_AFTER_BASE;
	reader->segmented = !linear;
	return true;
}

/* Types 0 to 5; the base of types 2 and 4 is in the data. */
static bool read_intel(struct sb_digits_reader *reader, struct sb_digits_record *out)
{
	static const enum sb_digits_kind kinds[] = {SB_RECORD_DATA, SB_RECORD_END, SB_RECORD_BASE, SB_RECORD_START, SB_RECORD_BASE, SB_RECORD_START};
	static const uint8_t sizes[] = {0, 0, 2, 4, 2, 4};
	uint64_t count, address, type, base = 0;

	out->pairs = out->at + 1;
	if (!number(reader->file, out->pairs, 1, &count) || !number(reader->file, out->pairs + 2, 2, &address) || !number(reader->file, out->pairs + 6, 1, &type) ||
	    type >= sizeof sizes || (type != 0 && count != sizes[type]))
		return false;
	out->kind = kinds[type];
	out->size = (size_t)count;
	out->total = out->size + 5;
	out->digits = out->pairs + 8;
	out->address = reader->linear + reader->segment + address;
	if (out->kind == SB_RECORD_BASE)
		return address == 0 && number(reader->file, out->digits, 2, &base) && take_base(reader, type == 4, base);
	reader->after = SB_AFTER_DATA;
	return out->kind != SB_RECORD_DATA || !reader->segmented || address + count <= 1 << 16;
}

/* S1, S2, S3 are data with addresses of two to four bytes; S7, S8, S9 end the file, with the same lengths. */
static bool read_motorola(struct sb_digits_reader *reader, struct sb_digits_record *out)
{
	static const struct {
		enum sb_digits_kind kind;
		uint8_t address;
	} types[] = {{SB_RECORD_TITLE, 2}, {SB_RECORD_DATA, 2}, {SB_RECORD_DATA, 3}, {SB_RECORD_DATA, 4}, {SB_RECORD_NONE, 0},
	             {SB_RECORD_COUNT, 2}, {SB_RECORD_COUNT, 3}, {SB_RECORD_END, 4}, {SB_RECORD_END, 3}, {SB_RECORD_END, 2}};
	unsigned type = out->at + 1 < reader->file.n ? reader->file.p[out->at + 1] - (unsigned)'0' : 10;
	uint64_t count;

	out->pairs = out->at + 2;
	if (type > 9 || types[type].kind == SB_RECORD_NONE || !number(reader->file, out->pairs, 1, &count) || count < types[type].address + 1u ||
	    !number(reader->file, out->pairs + 2, types[type].address, &out->address))
		return false;
	out->kind = types[type].kind;
	out->size = (size_t)count - types[type].address - 1;
	out->total = (size_t)count + 1;
	out->digits = out->pairs + 2 + 2 * (uint64_t)types[type].address;
	return true;
}

bool sb_digits_next(struct sb_digits_reader *reader, struct sb_digits_record *out)
{
	*out = (struct sb_digits_record){.at = reader->at};
	if (reader->at >= reader->file.n || reader->file.p[reader->at] != (reader->motorola ? 'S' : ':'))
		return false;
	bool read = reader->motorola ? read_motorola(reader, out) : read_intel(reader, out);
	return read && end_line(reader, out->pairs + 2 * (uint64_t)out->total, out);
}

bool sb_digits_read(const struct sb_digits_reader *reader, const struct sb_digits_record *record, uint8_t *bytes)
{
	size_t before = (size_t)(record->digits - record->pairs) / 2;
	uint8_t sum = 0;
	struct sb_span digits;

	if (!sb_span_cut(reader->file, record->pairs, 2 * (uint64_t)record->total, &digits))
		return false;
	for (size_t i = 0; i < record->total; i++) {
		int high = digit(digits.p[2 * i]), low = digit(digits.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		uint8_t byte = (uint8_t)(high << 4 | low);
		sum = (uint8_t)(sum + byte);
		if (i >= before && i < before + record->size)
			bytes[i - before] = byte;
	}
	return sum == (reader->motorola ? 0xff : 0);
}
