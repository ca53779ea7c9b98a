/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/listing.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOST = 48 };

static void add(struct sb_listing *list, const char *name, const char *value, bool is_int)
{
	char *copy = value ? sb_arena_copy(list->arena, sb_span_text(value)) : NULL;

	if (!list->to->items)
		list->to->items = sb_arena_array(list->arena, MOST, sizeof(*list->to->items));
	if (!list->to->items || !copy || list->to->count == MOST) {
		list->failed = true;
		return;
	}
	list->to->items[list->to->count++] = (struct sb_property){.name = name, .value = copy, .is_int = is_int};
}

void sb_listing_text(struct sb_listing *list, const char *name, const char *value)
{
	add(list, name, value, false);
}

void sb_listing_number(struct sb_listing *list, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(list, name, text, true);
}
