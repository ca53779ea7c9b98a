/* SPDX-License-Identifier: Apache-2.0 */
/* Where functions begin, where data lies among code, and hints for linkers. Source: loader.h; the hints: LLVM, MC/MCLinkerOptimizationHint.h. */
#include "verifier/formats/macho/tables.h"

enum { DATA_IN_CODE = 8, MOST_ARGUMENTS = 3, MOST_KIND = 255 };

bool sb_macho_read_starts(struct sb_macho_telling *telling)
{
	uint64_t address = sb_macho_base(telling->macho);
	struct sb_rd rd = sb_rd_of(telling->bytes, false);

	while (rd.at < rd.in.n) {
		uint64_t at = rd.at, distance = sb_macho_leb(&rd);
		if (rd.bad)
			return false;
		if (distance == 0)
			return sb_macho_tell_fill(telling, at);
		address += distance;
		bool more = sb_macho_tell_row(telling, at, rd.at - at, sb_span_text("function")) &&
			    sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, telling->region->offset + at, rd.at - at, address, 0, 0});
		if (!more)
			return false;
	}
	return true;
}

/* struct data_in_code_entry: a distance from the header, of an object an address; a length; a kind. */
bool sb_macho_read_data_in_code(struct sb_macho_telling *telling)
{
	uint64_t base = sb_macho_base(telling->macho);

	for (uint64_t at = telling->region->offset; at + DATA_IN_CODE <= telling->region->offset + telling->bytes.n; at += DATA_IN_CODE)
		if (!sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, at, 4, base + sb_macho_uint(telling->macho, at, 4), 0, 0}))
			return false;
	return sb_macho_tell_rows(telling, DATA_IN_CODE);
}

/* A kind, how many addresses, and those. */
bool sb_macho_read_hints(struct sb_macho_telling *telling)
{
	struct sb_rd rd = sb_rd_of(telling->bytes, false);

	while (rd.at < rd.in.n) {
		uint64_t at = rd.at, kind = sb_macho_leb(&rd);
		if (!rd.bad && kind == 0)
			return sb_macho_tell_fill(telling, at);
		uint64_t count = sb_macho_leb(&rd);
		if (rd.bad || kind > MOST_KIND || count > MOST_ARGUMENTS)
			return false;
		for (uint64_t i = 0; i < count; i++) {
			uint64_t from = rd.at, address = sb_macho_leb(&rd);
			if (rd.bad || !sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, telling->region->offset + from, rd.at - from, address, 0, 0}))
				return false;
		}
		struct sb_span says = sb_macho_says(telling, (struct sb_span){0}, "hint of kind %u", (unsigned)kind);
		if (!says.p || !sb_macho_tell_row(telling, at, rd.at - at, says))
			return false;
	}
	return true;
}
