/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, encodings, what a person would not see, and where in a structure one is. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/compare/sides.h"
#include "verifier/compare/text.h"

TestSuite(text, .fini = no_leaks, .timeout = 120);

/** The pair of two texts; release the comparison. */
struct texts {
	struct sb_comparison all;
	const struct sb_pair *pair;
};

/* Hunks and what lies between them tile both sides. */
static void check_tiling(const struct sb_pair *pair)
{
	uint64_t at[SB_SIDES] = {0}, bytes = 0;
	for (size_t i = 0; i < pair->diff_count; i++) {
		const struct sb_diff *diff = &pair->diffs[i];
		uint64_t equal = diff->side[0].offset - at[0];
		cr_assert_eq(equal, diff->side[1].offset - at[1]);
		cr_assert(memcmp(pair->bytes[0].p + at[0], pair->bytes[1].p + at[1], equal) == 0);
		for (unsigned s = 0; s < SB_SIDES; s++)
			at[s] = diff->side[s].offset + diff->side[s].length;
		bytes += diff->bytes;
	}
	cr_assert_eq(pair->bytes[0].n - at[0], pair->bytes[1].n - at[1]);
	cr_assert_eq(pair->own_bytes, pair->own_equal + bytes);
}

static struct texts compare(struct sb_span shipped, struct sb_span rebuilt)
{
	struct texts texts;
	cr_assert_eq(compare_spans(shipped, rebuilt, 1, &texts.all), 0);
	texts.pair = texts.all.artifacts[0].pair;
	check_tiling(texts.pair);
	return texts;
}

static struct texts compare_lines(const char *shipped, const char *rebuilt)
{
	return compare(sb_span_text(shipped), sb_span_text(rebuilt));
}

#define BYTES(text) sb_span_of(text, sizeof(text) - 1)

Test(text, encodings_are_told_by_bytes)
{
	cr_assert_eq(sb_text_encoding(BYTES("plain\n")), SB_TEXT_UTF8);
	cr_assert_eq(sb_text_encoding(BYTES("gr\xc3\xbc\xc3\x9f\n")), SB_TEXT_UTF8);
	cr_assert_eq(sb_text_encoding(BYTES("gr\xfc\xdf der Welt, gr\xfc\xdf\n")), SB_TEXT_LATIN1);
	cr_assert_eq(sb_text_encoding(BYTES("\xff\xfe" "a\0\n\0")), SB_TEXT_UTF16_LE);
	cr_assert_eq(sb_text_encoding(BYTES("\xfe\xff" "\0a\0\n")), SB_TEXT_UTF16_BE);
	cr_assert_eq(sb_text_encoding(BYTES("\xff\xfe" "a\0\n")), SB_TEXT_NONE, "half a unit");
	cr_assert_eq(sb_text_encoding(BYTES("\xff\xfe" "\x00\xdc")), SB_TEXT_NONE, "a lone surrogate");
	cr_assert_eq(sb_text_encoding(BYTES("\xff\xfe" "\x01\x00")), SB_TEXT_NONE, "a control character");
	cr_assert_eq(sb_text_encoding(BYTES("a\0b")), SB_TEXT_NONE);
	cr_assert_eq(sb_text_encoding(BYTES("\xc0\xc1\xf8\xf9\xfa\xfb")), SB_TEXT_NONE, "hardly any ASCII");
	cr_assert_eq(sb_text_encoding(BYTES("abcdefgh\x85")), SB_TEXT_NONE, "a C1 control");
}

Test(text, a_line_that_comes_in_is_one_hunk_there)
{
	struct texts t = compare_lines("one\ntwo\nthree\nfour\n", "one\ntwo\nand a half\nthree\nfour!\n");
	cr_assert_eq(t.pair->diff_count, 2);
	cr_assert(!t.pair->diffs[0].side[SB_SHIPPED].present);
	cr_assert_eq(t.pair->diffs[0].side[SB_REBUILT].length, 11);
	cr_assert_eq(t.pair->diffs[0].line, 3);
	cr_assert_eq(t.pair->diffs[1].line, 4);
	sb_comparison_release(&t.all);
}

Test(text, lines_of_utf16_are_lines)
{
	struct texts t = compare(BYTES("\xff\xfe" "a\0\n\0" "b\0\n\0" "c\0\n\0"), BYTES("\xff\xfe" "a\0\n\0" "X\0\n\0" "c\0\n\0"));
	cr_assert_eq(t.pair->diff_count, 1);
	cr_assert_eq(t.pair->diffs[0].kind, SB_DIFF_TEXT);
	cr_assert_eq(t.pair->diffs[0].side[SB_SHIPPED].offset, 6);
	cr_assert_eq(t.pair->diffs[0].side[SB_SHIPPED].length, 4);
	cr_assert_eq(t.pair->diffs[0].line, 2);
	sb_comparison_release(&t.all);
}

static void check_remark(struct sb_span shipped, struct sb_span rebuilt, const char *holds, bool deceptive)
{
	struct texts t = compare(shipped, rebuilt);
	const struct sb_diff *diff = &t.pair->diffs[0];
	cr_assert_eq(diff->kind, SB_DIFF_TEXT);
	cr_assert(holds ? diff->remark && strstr(diff->remark, holds) : !diff->remark, "%s instead of %s", diff->remark ? diff->remark : "nothing", holds ? holds : "nothing");
	cr_assert_eq(diff->deceptive, deceptive);
	sb_comparison_release(&t.all);
}

Test(text, what_nobody_sees_is_said)
{
	check_remark(BYTES("a\nb\n"), BYTES("a\nc\n"), NULL, false);
	check_remark(BYTES("a\r\nb\r\n"), BYTES("a\nb\n"), "only line ends differ: CRLF shipped, LF rebuilt", false);
	check_remark(BYTES("a\rb\r"), BYTES("a\nb\n"), "only line ends differ: CR shipped, LF rebuilt", false);
	check_remark(BYTES("a \t\nb\n"), BYTES("a\nb\n"), "only blanks at the ends of lines differ", false);
	check_remark(BYTES("a  b\n"), BYTES("a b\n"), NULL, false);
	check_remark(BYTES("if (admin\xe2\x80\x8b)\n"), BYTES("if (admin)\n"), "U+200B, which is not shown, on the shipped side: nothing else differs", true);
	check_remark(BYTES("x\n"), BYTES("x\xe2\x80\xae y\n"), "U+202E, which turns the order of what is shown, on the rebuilt side", true);
	check_remark(BYTES("x\xe2\x80\xae\n"), BYTES("y\xe2\x80\xae\n"), NULL, false);
	check_remark(BYTES("\xff\xfe" "a\0\n\0"), BYTES("a\n"), "UTF-16 shipped, UTF-8 rebuilt", true);
	check_remark(BYTES("caf\xe9 au lait\n"), BYTES("caf\xc3\xa9 au lait\n"), "Latin-1 shipped, UTF-8 rebuilt", false);
}

static const char *path(struct sb_arena *arena, const char *text, const char *at)
{
	struct sb_outline *outline = sb_outline_new(sb_span_text(text), arena);
	return outline ? sb_outline_at(outline, (uint64_t)(strstr(text, at) - text)) : NULL;
}

Test(text, json_and_xml_have_paths)
{
	static const char json[] = "{\"name\": \"x\", \"list\": [1, {\"deep\\\"er\": [10, 20]}, \"last\"], \"end\": true}";
	static const char xml[] = "<?xml version=\"1.0\"?><!-- <no> --><project><dep><v>1</v></dep><dep a=\">\"><v>TWO</v><empty/><v>3</v></dep></project>";
	struct sb_arena *arena = sb_arena_new(0);
	cr_assert_str_eq(path(arena, json, "x\""), "$.name");
	cr_assert_str_eq(path(arena, json, "20"), "$.list[1].deep\\\"er[1]");
	cr_assert_str_eq(path(arena, json, "last"), "$.list[2]");
	cr_assert_str_eq(path(arena, json, "true"), "$.end");
	cr_assert_str_eq(path(arena, xml, "1<"), "/project/dep/v");
	cr_assert_str_eq(path(arena, xml, "TWO"), "/project/dep[2]/v");
	cr_assert_str_eq(path(arena, xml, "3<"), "/project/dep[2]/v[2]");
	cr_assert_str_eq(path(arena, xml, "a=\""), "/project/dep", "in a tag");
	cr_assert_null(path(arena, "plain text", "text"));
	cr_assert_null(path(arena, "}{", "{"));
	cr_assert_null(path(arena, "[1}, 2]", "2"));
	sb_arena_free(&arena);
}

Test(text, the_value_that_differs_is_named)
{
	struct texts t = compare_lines("{\n \"a\": 1,\n \"version\": \"1.0\"\n}\n", "{\n \"a\": 1,\n \"version\": \"1.1\"\n}\n");
	cr_assert_eq(t.pair->diff_count, 1);
	cr_assert_str_eq(t.pair->diffs[0].name, "$.version");
	cr_assert_eq(t.pair->diffs[0].line, 3);
	sb_comparison_release(&t.all);
}

static char *repeat(const char *unit, size_t times, const char *tail)
{
	size_t n = strlen(unit);
	char *text = malloc(n * times + strlen(tail) + 1);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * n, unit, n);
	memcpy(text + n * times, tail, strlen(tail) + 1);
	return text;
}

static void check_hostile(char *shipped, char *rebuilt, uint64_t most)
{
	struct texts t = compare_lines(shipped, rebuilt);
	cr_assert(t.pair->diff_count > 0 && t.pair->diff_count <= 400);
	cr_assert(t.pair->own_bytes - t.pair->own_equal <= most, "%llu", (unsigned long long)(t.pair->own_bytes - t.pair->own_equal));
	sb_comparison_release(&t.all);
	free(shipped);
	free(rebuilt);
}

/* All lines equal, two kinds in turn, one line of many MB, a line that is nothing but blanks, many MB of open brackets. */
Test(text, hostile_texts_take_no_longer)
{
	enum { MANY = 1 << 20 };
	check_hostile(repeat("}\n", MANY, "x\n"), repeat("}\n", MANY + 7, "y\n"), 100);
	check_hostile(repeat("a\nb\n", MANY, ""), repeat("b\na\n", MANY, ""), 8 << 20);
	check_hostile(repeat("0123456789", MANY, ""), repeat("0123456789", MANY, "+"), 8192);
	check_hostile(repeat(" ", 8 * MANY, "x\n"), repeat(" ", 8 * MANY, "y"), 16 << 20);
	check_hostile(repeat(" x", 4 * MANY, "\n"), repeat("x ", 4 * MANY, "\n"), 16 << 20);
	check_hostile(repeat("[", 8 * MANY, "1"), repeat("[", 8 * MANY, "2"), 8192);
	check_hostile(repeat("{\"a\":\"", 2 * MANY, "1"), repeat("{\"a\":\"", 2 * MANY, "2"), 8192);
	check_hostile(repeat("<a>", 5 * MANY, "1"), repeat("<a>", 5 * MANY, "2"), 8192);
	check_hostile(repeat("<a b=\"", 2 * MANY, "1"), repeat("<a b=\"", 2 * MANY, "2"), 8192);
}
