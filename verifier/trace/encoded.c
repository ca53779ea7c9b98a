/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers between commas, "\xNN" after "\xNN", lines of digits, lines of base64: each is decoded as far as it goes on, and the longest stretch of the
 * file is kept. It is a guess by form, which the search for the decoded bytes in shipped files then proves or does not.
 */
#include "verifier/trace/encoded.h"

#include <string.h>

enum { LINE_LEAST = 32, NUMBER_MOST = 8 };

struct scan {
	struct sb_span text;
	size_t at;
	bool unclosed;       /* no comment ends any more */
	struct sb_buf run;   /* of the stretch that is being read */
	struct sb_buf *best;
	const char **form;
};

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The stretch is over: keep it when it is the longest so far. */
static void end_run(struct scan *s, const char *form)
{
	if (s->run.len >= SB_ENCODED_LEAST && s->run.len > s->best->len) {
		s->best->len = 0;
		sb_buf_add(s->best, s->run.data, s->run.len);
		*s->form = form;
	}
	s->run.len = 0;
}

static void add_number(struct sb_buf *out, uint64_t number, unsigned width)
{
	for (unsigned i = 0; i < width; i++) {
		uint8_t byte = (uint8_t)(number >> 8 * i);
		sb_buf_add(out, &byte, 1);
	}
}

/* Digits from the cursor on, which stays; one more than a number may have is looked at. */
static unsigned read_digits(struct sb_span text, unsigned base, uint64_t *number)
{
	unsigned n = 0;

	*number = 0;
	for (; n < text.n && n <= 2 * NUMBER_MOST; n++) {
		int digit = hex_digit(text.p[n]);
		if (digit < 0 || (unsigned)digit >= base)
			break;
		*number = *number * base + (uint64_t)digit;
	}
	return n;
}

static unsigned width_of(unsigned hex_digits)
{
	return hex_digits <= 2 ? 1 : hex_digits <= 4 ? 2 : hex_digits <= 8 ? 4 : 8;
}

/* "0x7f" has one byte, "0x464c457f" four, in the order of a little endian machine; decimal numbers have one. False: no number is here. */
static bool take_number(struct scan *s, uint64_t *number, unsigned *width)
{
	struct sb_span text = sb_span_of(s->text.p + s->at, s->text.n - s->at);
	bool hex = text.n > 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'X');
	size_t prefix = hex ? 2 : 0;
	unsigned digits = read_digits(sb_span_of(text.p + prefix, text.n - prefix), hex ? 16 : 10, number);

	if (digits == 0 || digits > 2 * NUMBER_MOST || (!hex && (digits > 3 || *number > UINT8_MAX)))
		return false;
	*width = hex ? width_of(digits) : 1;
	s->at += prefix + digits;
	while (s->at < s->text.n && strchr("uUlL", s->text.p[s->at]) && s->text.p[s->at])
		s->at++;
	return true;
}

static void skip_comment(struct scan *s)
{
	const uint8_t *p = s->text.p + s->at;
	size_t left = s->text.n - s->at;
	bool begins = !s->unclosed && left > 3 && p[0] == '/' && p[1] == '*';
	const uint8_t *end = begins ? memmem(p + 2, left - 2, "*/", 2) : NULL;

	if (end)
		s->at += (size_t)(end - p) + 2;
	s->unclosed |= begins && !end;
}

static void skip_blanks(struct scan *s)
{
	size_t before;

	do {
		before = s->at;
		while (s->at < s->text.n && is_blank(s->text.p[s->at]))
			s->at++;
		skip_comment(s);
	} while (s->at != before);
}

/* A number is as wide as it is written, and 0x0 among words as wide as they are. */
static void scan_numbers(struct scan *s)
{
	unsigned width = 1;

	for (s->at = 0; s->at < s->text.n;) {
		uint64_t number;
		unsigned one;
		skip_blanks(s);
		bool starts = s->at < s->text.n && s->text.p[s->at] >= '0' && s->text.p[s->at] <= '9';
		if (!starts || !take_number(s, &number, &one)) {
			end_run(s, "C array");
			s->at++;
			continue;
		}
		width = s->run.len == 0 || one > width ? one : width;
		add_number(&s->run, number, width);
		skip_blanks(s);
		if (s->at < s->text.n && s->text.p[s->at] == ',')
			s->at++;
		else
			end_run(s, "C array");
	}
	end_run(s, "C array");
}

/* "\x7f\x45", over the quotes between two parts of one string. */
static void scan_escapes(struct scan *s)
{
	for (s->at = 0; s->at < s->text.n;) {
		const uint8_t *p = s->text.p + s->at;
		size_t left = s->text.n - s->at;
		int high = left > 3 && p[0] == '\\' && p[1] == 'x' ? hex_digit(p[2]) : -1, low = high < 0 ? -1 : hex_digit(p[3]);
		if (low >= 0) {
			add_number(&s->run, (uint64_t)(high * 16 + low), 1);
			s->at += 4;
		} else {
			if (p[0] != '"' && p[0] != '\\' && !is_blank(p[0]))
				end_run(s, "escaped string");
			s->at++;
		}
	}
	end_run(s, "escaped string");
}

static struct sb_span next_line(struct scan *s)
{
	const uint8_t *p = s->text.p + s->at, *end = memchr(p, '\n', s->text.n - s->at);
	size_t n = end ? (size_t)(end - p) : s->text.n - s->at;

	s->at += n + (end != NULL);
	while (n && (p[n - 1] == '\r' || p[n - 1] == ' '))
		n--;
	return sb_span_of(p, n);
}

static bool add_hex(struct sb_span digits, struct sb_buf *out)
{
	for (size_t i = 0; i < digits.n; i++)
		if (hex_digit(digits.p[i]) < 0)
			return false;
	for (size_t i = 0; i + 1 < digits.n; i += 2)
		add_number(out, (uint64_t)(hex_digit(digits.p[i]) * 16 + hex_digit(digits.p[i + 1])), 1);
	return digits.n > 0 && digits.n % 2 == 0;
}

/* Lines of digits alone; the last one may be shorter than the others. */
static void scan_hex_lines(struct scan *s)
{
	for (s->at = 0; s->at < s->text.n;) {
		struct sb_span line = next_line(s);
		size_t before = s->run.len;
		bool short_one = line.n < LINE_LEAST;
		if ((short_one && before == 0) || !add_hex(line, &s->run)) {
			s->run.len = before;
			short_one = true;
		}
		if (short_one)
			end_run(s, "hex digits");
	}
	end_run(s, "hex digits");
}

/* Data records (type 00) of Intel's hexadecimal object file format, revision A: ":LLAAAATT", data, checksum. */
static void scan_intel_hex(struct scan *s)
{
	for (s->at = 0; s->at < s->text.n;) {
		struct sb_span line = next_line(s);
		if (line.n < 11 || line.p[0] != ':') {
			end_run(s, "Intel hex");
			continue;
		}
		if (line.p[7] == '0' && line.p[8] == '0' && !add_hex(sb_span_of(line.p + 9, line.n - 11), &s->run))
			end_run(s, "Intel hex");
	}
	end_run(s, "Intel hex");
}

static bool add_base64(struct sb_span line, struct sb_buf *out)
{
	size_t n = line.n, before = out->len;

	while (n && line.n - n < 2 && line.p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		if (base64_digit(line.p[i]) < 0)
			return false;
	for (size_t i = 0; i + 1 < n; i += 4) {
		size_t left = n - i < 4 ? n - i : 4;
		uint32_t group = 0;
		for (size_t k = 0; k < 4; k++)
			group = group << 6 | (k < left ? (uint32_t)base64_digit(line.p[i + k]) : 0);
		for (size_t k = 0; k + 1 < left; k++)
			add_number(out, group >> (16 - 8 * k), 1);
	}
	return out->len > before && line.n % 4 == 0;
}

/* Lines of base64 of at least half of a usual line. Digits alone are hexadecimal, which was looked for before. */
static void scan_base64(struct scan *s)
{
	for (s->at = 0; s->at < s->text.n;) {
		struct sb_span line = next_line(s);
		size_t before = s->run.len;
		bool short_one = line.n < LINE_LEAST;
		if ((short_one && before == 0) || !add_base64(line, &s->run)) {
			s->run.len = before;
			short_one = true;
		}
		if (short_one)
			end_run(s, "base64");
	}
	end_run(s, "base64");
}

int sb_encoded_find(struct sb_span text, const char **form, struct sb_buf *out, struct sb_err *err)
{
	static void (*const scans[])(struct scan *) = {scan_numbers, scan_escapes, scan_hex_lines, scan_intel_hex, scan_base64};
	struct scan s = {.text = text, .best = out, .form = form};

	*form = NULL;
	out->len = 0;
	for (size_t i = 0; !*form && i < sizeof scans / sizeof *scans; i++)
		scans[i](&s);
	int rc = sb_buf_ok(&s.run, err);
	sb_buf_release(&s.run);
	return rc ? rc : sb_buf_ok(out, err);
}
