/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/random_device.h"
#include "verifier/sandbox/random.h"

#include <fcntl.h>

static int fill(int fd, uint64_t seed, const char *name, struct sb_err *err)
{
	struct sb_random random;
	struct sb_random_kind kind;
	struct sb_hash hash;
	uint8_t piece[4096];
	int rc = 0;

	sb_random_kind_begin(&hash, seed, name);
	kind = sb_random_kind_end(&hash);
	random = sb_random_of(&kind, 0);
	for (size_t left = SB_RANDOM_DEVICE_BYTES; rc == 0 && left > 0; left -= sizeof(piece)) {
		sb_random_take(&random, piece, sizeof(piece));
		rc = sb_io_write(fd, sb_span_of(piece, sizeof(piece)), err);
	}
	return rc;
}

int sb_random_device_make(int root, uint64_t seed, struct sb_err *err)
{
	static const char *const names[] = {"dev/random", "dev/urandom"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		SB_CLOSING int fd = openat(root, names[i], O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

		rc = fd < 0 ? sb_fail_errno(err, "sandbox-setup", "cannot create /%s", names[i]) : fill(fd, seed, names[i], err);
	}
	return rc;
}
