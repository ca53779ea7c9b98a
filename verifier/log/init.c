/* SPDX-License-Identifier: Apache-2.0 */
/* A log begins: an empty tree with a signed head. */
#include "verifier/log/growing.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nothing of anybody else's: a log in a folder with other files would serve them too. */
static int check_empty(const char *path, struct sb_err *err)
{
	SB_CLOSEDIR DIR *folder = opendir(path);
	const char *name = NULL;

	if (!folder)
		return sb_log_unwritable(err, "open the folder of the log");
	int rc = sb_path_next(folder, &name, err);
	if (rc)
		return sb_log_unwritable(err, "list the folder of the log");
	return name ? sb_fail(err, SB_USAGE, "log-exists", "%s is not empty", path) : 0;
}

int sb_log_init(const char *path, const struct sb_note_key *log, const struct sb_secret *secret, struct sb_err *err)
{
	struct sb_checkpoint head = {.origin = log->name};
	struct sb_merkle_run empty = {0};
	SB_CLOSING int dir = -1;
	SB_CLOSING int lock = -1;
	SB_CLOSING int above = -1;

	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return sb_log_unwritable(err, "create the folder of the log");
	int rc = check_empty(path, err);
	if (!rc && (dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		rc = sb_log_unwritable(err, "open the folder of the log");
	if (!rc)
		rc = sb_log_lock(dir, &lock, err);
	if (!rc && ((above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || fsync(above) != 0))
		rc = sb_log_unwritable(err, "make the folder of the log durable");
	sb_merkle_run_root(&empty, head.root);
	return rc ? rc : sb_log_sign_head(dir, &head, log, secret, err);
}
