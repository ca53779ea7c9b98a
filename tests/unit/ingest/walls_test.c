/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers of a drop that were taken over: whatever one does, the drop is refused, the archive is named, and nothing of it is left. */
#include "tests/unit/ingest/parcel.h"
#include "tests/unit/parsing/hostile.h"

#include <string.h>

static struct parcel parcel;

/** What a parser does, and how the drop is refused. */
struct act {
	char letter;
	const char *id, *says, *name; /* of the archive; NULL: one that promises to be one */
};

static void expect_refused(const struct act *act, unsigned silence, uint64_t data, bool root)
{
	const uint8_t bytes[64] = {0x1f, 0x8b, 8, 0, (uint8_t)act->letter, 1};

	const char *name = act->name ? act->name : "evil.tar.gz";
	struct sb_parsers *parsers = hostile_pool(silence, data);
	parcel_open(&parcel);
	parcel.parsers = parsers;
	parcel_write(&parcel, name, sb_span_of(bytes, sizeof bytes));
	struct sb_drop_source *source = parcel_source(&parcel, name, ".", 0);
	if (root) {
		parcel.drop.toolchain.host = false;
		parcel.drop.toolchain.root = name;
		memcpy(parcel.drop.toolchain.sha256, source->sha256, sizeof source->sha256);
		source->unpack = false;
	}
	parcel_expect_failure(&parcel, act->id, act->says);
	cr_expect(strstr(parcel.err.where, name), "%c: where is %s", act->letter, parcel.err.where);
	cr_expect_null(parcel.taken.arena);
	cr_expect_eq(parcel.taken.inventory.count, 0);
	cr_expect_eq(parcel.taken.spools.count, 0);
	parcel_close(&parcel);
	sb_parsers_stop(&parsers);
}

#ifdef SB_SANITIZED
#define DIED "the parser"
#else
#define DIED "ended by signal 11"
#endif

Test(walls, a_parser_that_dies_or_lies)
{
	static const struct act acts[] = {
		{'c', "archive-parser-failed", DIED},
		{'e', "archive-parser-failed", "the parser died"},
		{'h', "archive-parser-failed", "makes no sense"},
		{'n', "archive-parser-failed", "makes no sense"},
		{'t', "archive-parser-failed", "a hole between regions"},
		{'C', "archive-parser-failed", DIED, "evil.gz"},
	};

	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		expect_refused(&acts[i], 0, 0, false);
}

Test(walls, a_parser_that_reaches_out)
{
	static const char letters[] = {'f', 's', 'p', 'k'};

	for (size_t i = 0; i < sizeof letters; i++)
		expect_refused(&(struct act){letters[i], "archive-parser-failed", "may not do"}, 0, 0, false);
}

Test(walls, a_parser_that_hangs)
{
	expect_refused(&(struct act){'l', "archive-parser-limit", "parser-silence"}, 300, 0, false);
}

#ifndef SB_SANITIZED /* there the heap has no limit */
Test(walls, a_parser_that_eats_memory)
{
	expect_refused(&(struct act){'m', "archive-parser-limit", "drop-parser-memory"}, 0, 96 << 20, false);
}
#endif

Test(walls, the_same_of_a_toolchain_root)
{
	expect_refused(&(struct act){'c', "archive-parser-failed", DIED}, 0, 0, true);
	expect_refused(&(struct act){'l', "archive-parser-limit", "parser-silence"}, 300, 0, true);
}

/* What is well meant goes through the same walls. */
Test(walls, an_honest_archive_beside_them)
{
	struct sb_parsers *parsers = hostile_pool(0, 0);
	struct sb_buf tar = {0};

	parcel_open(&parcel);
	parcel.parsers = parsers;
	tar_add(&tar, '0', "p-1/main.c", "int main;\n", 0644);
	tar_end(&tar);
	parcel_write(&parcel, "a.tar", sb_buf_span(&tar));
	parcel_source(&parcel, "a.tar", ".", 0);
	cr_assert_eq(parcel_take(&parcel), 0, "%s: %s", parcel.err.where, parcel.err.msg);
	parcel_expect(&parcel, "p-1/main.c", "int main;\n");
	sb_buf_release(&tar);
	parcel_close(&parcel);
	sb_parsers_stop(&parsers);
}
