/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_probe put STORE FILE   keep FILE by descriptor and once more by bytes, read it back; "kept" or "failed ID"
 * store_probe check STORE      "OBJECTS DAMAGED STRAYS"
 */
#include "hashing/hashing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int put(struct sb_store *store, const char *path, struct sb_err *err)
{
	SB_CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sb_digest digest, again;
	SB_BLOB struct sb_blob blob = {.fd = -1};

	if (fd < 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
	int rc = sb_store_put_fd(store, fd, 1 << 30, &digest, err);
	if (!rc)
		rc = sb_store_get(store, digest.blake2b, &blob, err);
	if (!rc)
		rc = sb_store_put(store, blob.bytes, &again, err);
	return rc || sb_digest_equal(&digest, &again) ? rc : sb_fail(err, SB_INTERNAL, "two-digests", "one content, two digests");
}

static int check(struct sb_store *store, struct sb_err *err)
{
	struct sb_store_report report = {0};
	int rc = sb_store_check(store, 1, &report, err);
	if (!rc)
		printf("%llu %llu %llu\n", (unsigned long long)report.objects, (unsigned long long)report.damaged, (unsigned long long)report.strays);
	sb_buf_release(&report.names);
	return rc;
}

int main(int argc, char **argv)
{
	struct sb_store *store = NULL;
	struct sb_err err = {0};

	if (argc < 3 || sb_hashing_start(NULL))
		return 2;
	int rc = sb_store_open(argv[2], &store, &err);
	if (!rc)
		rc = strcmp(argv[1], "put") == 0 && argc == 4 ? put(store, argv[3], &err) : check(store, &err);
	sb_store_close(&store);
	if (rc)
		printf("failed %s %d\n", err.id ? err.id : "none", rc);
	else if (argc == 4)
		printf("kept\n");
	return fflush(stdout) || rc ? 1 : 0;
}
