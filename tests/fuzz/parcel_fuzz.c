/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a bundle: what is read is written again byte for byte. */
#include "manifests/manifests.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);
	SB_BUF struct sb_buf again = {0};
	struct sb_parcel bundle;
	struct sb_err err = {0};

	must(arena);
	int rc = sb_parcel_read(sb_span_of(data, n), arena, &bundle, &err);
	must(rc == 0 || ((rc == SB_EVIDENCE || rc == SB_LIMIT || rc == SB_NOMEM) && err.id));
	if (rc)
		return 0;
	struct sb_parcel_member *members = sb_arena_array(arena, bundle.count, sizeof *members);
	must(members && sb_parcel_is(sb_span_of(data, n)));
	memcpy(members, bundle.members, bundle.count * sizeof *members);
	must(sb_parcel_write(members + 1, bundle.count - 1, &again, NULL) == 0); /* the mark is added */
	must(sb_span_equal(sb_buf_span(&again), sb_span_of(data, n)));
	return 0;
}
