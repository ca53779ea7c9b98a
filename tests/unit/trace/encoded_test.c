/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "hashing/hashing.h"
#include "verifier/trace/encoded.h"

#include <string.h>

TestSuite(encoded, .fini = no_leaks);

enum { BYTES = 5000 };

static void scatter(uint8_t p[BYTES])
{
	uint32_t state = 7;
	for (size_t i = 0; i < BYTES; i++) {
		state = state * 1664525 + 1013904223;
		p[i] = (uint8_t)(state >> 24);
	}
}

static const char *find(const struct sb_buf *text, struct sb_buf *out)
{
	const char *form;
	cr_assert_eq(sb_encoded_find(sb_buf_span(text), &form, out, NULL), 0);
	return form;
}

/** How numbers are written. */
enum style { PADDED, SHORT_UPPER, DECIMAL, WORDS, COMMENTED };

static void add_value(struct sb_buf *out, enum style style, unsigned long value)
{
	switch (style) {
	case PADDED:
		sb_buf_printf(out, "0x%02lx", value);
		break;
	case SHORT_UPPER:
		sb_buf_printf(out, "0x%lX", value);
		break;
	case DECIMAL:
		sb_buf_printf(out, "%lu", value);
		break;
	case WORDS:
		sb_buf_printf(out, "0x%08lxU", value);
		break;
	case COMMENTED:
		sb_buf_printf(out, "/* x */ 0x%04lx", value);
		break;
	}
}

static void as_array(const uint8_t *p, enum style style, unsigned width, struct sb_buf *out)
{
	sb_buf_text(out, "/* firmware */\nstatic const unsigned char fw[] = {\n");
	for (size_t i = 0; i < BYTES; i += width) {
		unsigned long value = 0;
		for (unsigned k = 0; k < width; k++)
			value |= (unsigned long)p[i + k] << 8 * k;
		add_value(out, style, value);
		sb_buf_text(out, i % 16 ? ", " : ",\n");
	}
	sb_buf_text(out, "};\nint x = 3;\n");
}

Test(encoded, arrays_are_decoded)
{
	static const unsigned widths[] = {1, 1, 1, 4, 2};
	uint8_t bytes[BYTES];
	scatter(bytes);
	for (unsigned style = PADDED; style <= COMMENTED; style++) {
		SB_BUF struct sb_buf text = {0};
		SB_BUF struct sb_buf out = {0};
		as_array(bytes, (enum style)style, widths[style], &text);
		const char *form = find(&text, &out);
		cr_assert_not_null(form, "style %u", style);
		cr_assert_str_eq(form, "C array");
		cr_assert_eq(out.len, BYTES);
		cr_assert_eq(memcmp(out.data, bytes, BYTES), 0, "style %u", style);
	}
}

Test(encoded, lines_and_strings_are_decoded)
{
	uint8_t bytes[BYTES];
	scatter(bytes);
	for (int row = 0; row < 4; row++) {
		static const char *const forms[] = {"hex digits", "base64", "escaped string", "Intel hex"};
		SB_BUF struct sb_buf text = {0};
		SB_BUF struct sb_buf out = {0};
		SB_BUF struct sb_buf whole = {0};
		sb_base64(sb_span_of(bytes, BYTES), &whole);
		for (size_t i = 0; row == 1 && i < whole.len; i += 64)
			sb_buf_printf(&text, "%.64s\n", whole.data + i);
		if (row == 2)
			sb_buf_text(&text, "const char fw[] =\n");
		for (size_t i = 0; row != 1 && i < BYTES; i += 20) {
			char hex[41];
			sb_text_hex(sb_span_of(bytes + i, 20), hex);
			sb_buf_text(&text, row == 2 ? "\t\"" : row == 3 ? ":14000000" : "");
			for (size_t k = 0; row == 2 && k < 20; k++)
				sb_buf_printf(&text, "\\x%02x", bytes[i + k]);
			sb_buf_printf(&text, "%s%s\n", row == 2 ? "" : hex, row == 2 ? "\"" : row == 3 ? "00" : "");
		}
		const char *form = find(&text, &out);
		cr_assert_not_null(form, "%s", forms[row]);
		cr_assert_str_eq(form, forms[row]);
		cr_assert_eq(out.len, BYTES, "%s: %zu", forms[row], out.len);
		cr_assert_eq(memcmp(out.data, bytes, BYTES), 0, "%s", forms[row]);
	}
}

Test(encoded, ordinary_sources_are_none)
{
	SB_BUF struct sb_buf text = {0};
	SB_BUF struct sb_buf out = {0};
	for (unsigned i = 0; i < 3000; i++) /* small tables, text, calls */
		sb_buf_printf(&text, "static const int t%u[] = {1, 2, 3, 0x%x};\nfoo(%u, \"\\x41\");\nThe quick brown fox jumps over the lazy dog again\n", i, i, i);
	for (unsigned table = 0; table < 4; table++) { /* as of a CRC and of AES: 1,024 bytes each */
		sb_buf_printf(&text, "static const uint32_t crc%u[256] = {\n", table);
		for (unsigned i = 0; i < 256; i++)
			sb_buf_printf(&text, "0x%08x, ", i * 2654435761u);
		sb_buf_text(&text, "};\n");
	}
	cr_assert_null(find(&text, &out));
}

/* Comments that never end, numbers without end: linear all the same. */
Test(encoded, a_hostile_text_costs_no_more_than_its_size, .timeout = 20)
{
	SB_BUF struct sb_buf text = {0};
	SB_BUF struct sb_buf out = {0};
	for (unsigned i = 0; i < 1 << 20; i++)
		sb_buf_text(&text, i % 2 ? "/*" : "1,0");
	find(&text, &out);
}
