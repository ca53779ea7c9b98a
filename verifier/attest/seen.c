/* SPDX-License-Identifier: Apache-2.0 */
/* Which key has signed what, so that evidence that is there many times is heard once. */
#include "verifier/attest/gate.h"

#include <stdlib.h>
#include <string.h>

struct sb_gate_seen_row {
	uint8_t sha256[SB_SHA256_BYTES];
	size_t key; /* 1 + index; 0: the row is free */
};

/* The digest is as good as random to everybody but the key's holder. */
static struct sb_gate_seen_row *place_of(const struct sb_gate_seen *seen, const uint8_t sha256[SB_SHA256_BYTES], size_t key)
{
	size_t at;

	memcpy(&at, sha256, sizeof at);
	at = (at ^ key) & (seen->room - 1);
	while (seen->rows[at].key && (seen->rows[at].key != key || memcmp(seen->rows[at].sha256, sha256, SB_SHA256_BYTES) != 0))
		at = (at + 1) & (seen->room - 1);
	return &seen->rows[at];
}

static int grow(struct sb_gate_seen *seen, struct sb_err *err)
{
	struct sb_gate_seen wider = {.count = seen->count, .room = seen->room ? 2 * seen->room : 64};

	wider.rows = calloc(wider.room, sizeof *wider.rows);
	if (!wider.rows)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < seen->room; i++)
		if (seen->rows[i].key)
			*place_of(&wider, seen->rows[i].sha256, seen->rows[i].key) = seen->rows[i];
	free(seen->rows);
	*seen = wider;
	return 0;
}

int sb_gate_seen_add(struct sb_gate_seen *seen, const uint8_t sha256[SB_SHA256_BYTES], size_t key, bool *fresh, struct sb_err *err)
{
	int rc = 2 * seen->count >= seen->room ? grow(seen, err) : 0; /* never more than half full */

	if (rc)
		return rc;
	struct sb_gate_seen_row *row = place_of(seen, sha256, key + 1);
	*fresh = row->key == 0;
	if (*fresh) {
		memcpy(row->sha256, sha256, SB_SHA256_BYTES);
		row->key = key + 1;
		seen->count++;
	}
	return 0;
}

void sb_gate_seen_release(struct sb_gate_seen *seen)
{
	free(seen->rows);
	*seen = (struct sb_gate_seen){0};
}
