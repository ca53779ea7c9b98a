/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

TestSuite(base64, .fini = no_leaks);

Test(base64, vectors_of_rfc_4648)
{
	static const char *const texts[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"}; /* of the beginnings of "foobar" */

	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
		SB_BUF struct sb_buf text = {0}, plain = {0};
		sb_base64(sb_span_of("foobar", n), &text);
		cr_expect(sb_span_equal(sb_buf_span(&text), sb_span_text(texts[n])), "%s", texts[n]);
		cr_expect_eq(sb_unbase64(sb_span_text(texts[n]), &plain, NULL), 0);
		cr_expect(sb_span_equal(sb_buf_span(&plain), sb_span_of("foobar", n)), "%s", texts[n]);
	}
}

Test(base64, every_byte_comes_back_from_both_alphabets)
{
	uint8_t bytes[256];

	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	for (size_t n = 0; n <= sizeof bytes; n++) {
		SB_BUF struct sb_buf one = {0}, back = {0};
		sb_base64(sb_span_of(bytes + 256 - n, n), &one);
		for (size_t i = 0; i < one.len; i++)
			one.data[i] = one.data[i] == '+' ? '-' : one.data[i] == '/' ? '_' : one.data[i];
		cr_assert_eq(sb_unbase64(sb_buf_span(&one), &back, NULL), 0, "%zu", n);
		cr_assert(sb_span_equal(sb_buf_span(&back), sb_span_of(bytes + 256 - n, n)), "%zu", n);
	}
}

Test(base64, one_text_for_one_value)
{
	static const char *const refused[] = {"Zg", "Zg=", "Z", "Zg==\n", "Zm9v\n", " Zm9v", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm=v",
	                                      "Zm9vZg", "Zm9.", "Zm9\x80", "=m9v"};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		SB_BUF struct sb_buf out = {0};
		struct sb_err err = {0};
		cr_expect_eq(sb_unbase64(sb_span_text(refused[i]), &out, &err), SB_FORMAT, "%s", refused[i]);
		cr_expect_str_eq(err.id, "base64-malformed");
	}
}

Test(base64, a_nul_byte_is_no_digit)
{
	SB_BUF struct sb_buf out = {0};
	cr_expect_eq(sb_unbase64(sb_span_of("Zm\0v", 4), &out, NULL), SB_FORMAT);
}
