/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/dsc.h"
#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(dsc, .fini = no_leaks);

#define DIGEST "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
#define HEAD "Format: 3.0 (native)\nSource: ucf\nBinary: ucf, ucf-doc\nArchitecture: all\nVersion: 3.0043\n"
#define FILES "Checksums-Sha256:\n " DIGEST " 70560 ucf_3.0043.tar.xz\n"

static int read_text(const char *text, struct sb_arena *arena, struct sb_dsc *out, struct sb_err *err)
{
	return sb_dsc_read(sb_span_text(text), arena, out, err);
}

Test(dsc, reads_a_plain_control_file)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_dsc dsc;
	cr_assert_eq(read_text(HEAD FILES, arena, &dsc, NULL), 0);
	cr_assert_str_eq(dsc.source, "ucf");
	cr_assert_str_eq(dsc.version, "3.0043");
	cr_assert_str_eq(dsc.binaries, "ucf, ucf-doc");
	cr_assert_eq(dsc.file_count, 1);
	cr_assert_str_eq(dsc.files[0].name, "ucf_3.0043.tar.xz");
	cr_assert_eq(dsc.files[0].size, 70560);
	cr_assert_eq(dsc.files[0].sha256[0], 0xb5);
	cr_assert_not(dsc.clear_signed);
}

Test(dsc, reads_inside_a_clear_sign_frame_and_ignores_what_follows)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_dsc dsc;
	cr_assert_eq(read_text("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" HEAD FILES
	                       "\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n", arena, &dsc, NULL), 0);
	cr_assert(dsc.clear_signed);
	cr_assert_eq(dsc.file_count, 1);
}

Test(dsc, refuses_what_two_readers_could_see_differently)
{
	static const char *const hostile[] = {
		"",
		"\n\n",
		FILES,                                                    /* no source */
		HEAD,                                                     /* no files */
		HEAD "Checksums-Sha256:\n",
		HEAD "Version: 9\n" FILES,                                /* repeated */
		HEAD "VERSION: 9\n" FILES,                                /* repeated in other letters */
		" continued: first\n" HEAD FILES,
		HEAD "no colon here\n" FILES,
		HEAD "Bad\x01" "Name: x\n" FILES,
		HEAD "X: a\x1b[31m\n" FILES,
		HEAD "Checksums-Sha256:\n " DIGEST " 1 ../evil\n",
		HEAD "Checksums-Sha256:\n " DIGEST " 1 .hidden\n",
		HEAD "Checksums-Sha256:\n " DIGEST " -1 a\n",
		HEAD "Checksums-Sha256:\n " DIGEST " 1\n",
		HEAD "Checksums-Sha256:\n " DIGEST " 1 a b\n",
		HEAD "Checksums-Sha256:\n abc 1 a\n",
		HEAD "Checksums-Sha256:\n " DIGEST " 1 a\n " DIGEST " 1 a\n",
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512",
	};
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_dsc dsc = {.source = "untouched"};
		struct sb_err err = {0};
		cr_assert_eq(read_text(hostile[i], arena, &dsc, &err), SB_FORMAT, "case %zu was accepted", i);
		cr_assert_not_null(err.id);
		cr_assert_str_eq(dsc.source, "untouched");
	}
}

Test(dsc, fields_are_found_in_any_case_and_continuation_lines_are_joined)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_deb822 fields;
	cr_assert_eq(sb_deb822_read(sb_span_text("# comment\nPackage: a\nDescription: short\n long one\n .\n"), arena, &fields, NULL, NULL), 0);
	cr_assert_eq(fields.count, 2);
	cr_assert_str_eq(sb_deb822_get(&fields, "DESCRIPTION"), "short\nlong one\n.");
	cr_assert_null(sb_deb822_get(&fields, "Absent"));
}
