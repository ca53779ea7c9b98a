/* SPDX-License-Identifier: Apache-2.0 */
/* Times as file systems write them. The instant is 2023-11-14 22:13:20 UTC, 1700000000. */
#include "verifier/formats/formats.h"

#include <criterion/criterion.h>

enum { WHEN = 1700000000, DAY = WHEN / 86400 * 86400 };

static bool reads(const void *bytes, size_t n, enum sb_encoding encoding, uint64_t seconds, uint64_t unit)
{
	struct sb_moment moment;
	return sb_field_moment(sb_span_of(bytes, n), encoding, &moment) && moment.seconds == seconds && moment.unit == unit;
}

static bool fails(const void *bytes, size_t n, enum sb_encoding encoding)
{
	struct sb_moment moment;
	return !sb_field_moment(sb_span_of(bytes, n), encoding, &moment);
}

Test(moment, numbers_are_seconds)
{
	cr_assert(reads("\x00\xf1\x53\x65", 4, SB_ENC_LE, WHEN, 1));
	cr_assert(reads("\x65\x53\xf1\x00", 4, SB_ENC_BE, WHEN, 1));
	cr_assert(reads("14524770400", 11, SB_ENC_OCTAL, WHEN, 1));
}

Test(moment, dates_of_iso_9660_count_quarters_of_an_hour)
{
	cr_assert(reads("\x7b\x0b\x0e\x16\x0d\x14\x00", 7, SB_ENC_ISO_DATE, WHEN, 1));
	cr_assert(reads("\x7b\x0b\x0e\x17\x0d\x14\x04", 7, SB_ENC_ISO_DATE, WHEN, 1), "an hour east");
	cr_assert(reads("\x7b\x0b\x0e\x15\x0d\x14\xfc", 7, SB_ENC_ISO_DATE, WHEN, 1), "an hour west");
	cr_assert(fails("\x7b\x02\x1e\x16\x0d\x14\x00", 7, SB_ENC_ISO_DATE), "the 30th of February");
	cr_assert(fails("\0\0\0\0\0\0\0", 7, SB_ENC_ISO_DATE), "no date");
	cr_assert(fails("\x7b\x0b\x0e\x16\x0d\x14", 6, SB_ENC_ISO_DATE));
	cr_assert(reads("2023111422132000\0", 17, SB_ENC_ISO_STAMP, WHEN, 1));
	cr_assert(reads("2023111423132099\4", 17, SB_ENC_ISO_STAMP, WHEN, 1));
	cr_assert(fails("0000000000000000\0", 17, SB_ENC_ISO_STAMP));
	cr_assert(fails("202311142213200x\0", 17, SB_ENC_ISO_STAMP));
	cr_assert(fails("2023111422132000", 16, SB_ENC_ISO_STAMP));
}

Test(moment, times_of_fat_are_as_coarse_as_they_are)
{
	cr_assert(reads("\xaa\xb1\x6e\x57", 4, SB_ENC_DOS_TIME, WHEN, 2));
	cr_assert(reads("\0\xaa\xb1\x6e\x57", 5, SB_ENC_DOS_FINE, WHEN, 2));
	cr_assert(fails("\xc8\xaa\xb1\x6e\x57", 5, SB_ENC_DOS_FINE), "two seconds of hundredths");
	cr_assert(reads("\x6e\x57", 2, SB_ENC_DOS_DAY, DAY, 86400));
	cr_assert(fails("\xaa\xb1\0\0", 4, SB_ENC_DOS_TIME), "no day");
	cr_assert(fails("\x1f\xb1\x6e\x57", 4, SB_ENC_DOS_TIME), "second 62");
}
