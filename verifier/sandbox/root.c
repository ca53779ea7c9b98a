/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/root.h"
#include "verifier/sandbox/beneath.h"
#include "verifier/sandbox/dev.h"
#include "verifier/sandbox/fill.h"
#include "verifier/sandbox/mount.h"
#include "verifier/sandbox/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/*
 * What a Debian package build reads of the machine it runs on: the tools, the package database (dpkg-shlibdeps), and settings
 * of tools. Nothing that names the machine, its people or its network.
 */
const char *const sb_host_paths[] = {
	"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32",
	"etc/alternatives", "etc/ld.so.cache", "etc/ld.so.conf", "etc/ld.so.conf.d", "etc/debian_version", "etc/os-release",
	"etc/lsb-release", "etc/dpkg", "etc/perl", "etc/python3", "etc/java-11-openjdk", "etc/java-17-openjdk", "etc/java-21-openjdk",
	"etc/maven", "etc/xml", "etc/sgml", "etc/texmf", "etc/fonts", "etc/magic", "etc/magic.mime", "etc/mime.types", "etc/groff",
	"etc/papersize", "etc/protocols", "etc/services", "etc/rpc", "etc/ethertypes", "etc/ssl/openssl.cnf", "etc/ssl/certs",
	"etc/emacs", "etc/fpc.cfg", "etc/gnucobol", "etc/gprofng.rc", "etc/ghc", "etc/ImageMagick-6", "etc/vim", "etc/locale.alias",
	"etc/shells",
	"var/lib/dpkg", "var/lib/texmf", "var/lib/ghc", "var/lib/xml-core", "var/lib/sgml-base", "var/lib/ispell", "var/lib/dictionaries-common",
	NULL,
};

static int failed(const char *what, const char *path, struct sb_err *err)
{
	return sb_fail_errno(err, "sandbox-setup", "cannot %s /%s", what, path);
}

static int show_link(int root, const char *path, const char *from, struct sb_err *err)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return failed("read the link", path, err);
	target[n] = 0;
	return sb_beneath_put_link(root, path, target) == 0 ? 0 : failed("create the link", path, err);
}

static int show_host_path(int root, const char *path, struct sb_err *err)
{
	SB_CLOSING int mount = -1;
	char from[64];
	struct stat st;
	int rc;

	snprintf(from, sizeof(from), "/%s", path);
	if (lstat(from, &st) != 0)
		return 0;
	if (S_ISLNK(st.st_mode))
		return show_link(root, path, from, err);
	if ((S_ISDIR(st.st_mode) ? sb_beneath_make_dir(root, path) : sb_beneath_put_file(root, path, "")) != 0)
		return failed("create", path, err);
	rc = sb_mount_clone(AT_FDCWD, from, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, path, err) : rc;
}

static int show_host(int root, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && sb_host_paths[i]; i++)
		rc = show_host_path(root, sb_host_paths[i], err);
	return rc;
}

static int64_t latest_source(const struct sb_sandbox_plan *plan)
{
	return plan->spec->control.source_time ? plan->spec->control.source_time : plan->spec->control.epoch;
}

static int fill_root(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	struct sb_fill fill = {.top = root, .latest = latest_source(plan)};
	int rc = sb_fill_tree(&fill, plan->spec->root, err);

	plan->board->left_out += fill.left_out;
	return rc;
}

static int put_given(int root, const struct sb_given_files *files, struct sb_err *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct sb_given_file *file = &files->items[i];
		int rc = file->link ? sb_beneath_put_link(root, file->path, file->text)
		                    : sb_beneath_put_file(root, file->path, file->text);

		if (rc != 0)
			return failed("write", file->path, err);
	}
	return 0;
}

/** A folder of the scratch file system and where it is shown. */
struct scratch {
	const char *name, *path;
	mode_t mode;
	unsigned owner;
	int mount;
};

static int make_scratch(int store, struct scratch *scratch, struct sb_err *err)
{
	if (mkdirat(store, scratch->name, 0755) != 0 || fchownat(store, scratch->name, scratch->owner, scratch->owner, 0) != 0 ||
	    fchmodat(store, scratch->name, scratch->mode, 0) != 0)
		return failed("make room for", scratch->path, err);
	return sb_mount_clone(store, scratch->name, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &scratch->mount, err);
}

/** A root lets nobody but its owner into some folders, as into /root: whoever builds below one passes through it, and reads no more. */
static int open_way(int root, const char *path, struct sb_err *err)
{
	char part[PATH_MAX];
	struct stat st;

	for (const char *end = strchr(path, '/'); end; end = strchr(end + 1, '/')) {
		SB_CLOSING int fd = -1;

		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		fd = sb_beneath_open(root, part, O_RDONLY | O_DIRECTORY, 0);
		if (fd < 0 || fstat(fd, &st) != 0 || (!(st.st_mode & S_IXOTH) && fchmod(fd, (st.st_mode & 07777) | S_IXOTH) != 0))
			return failed("open the way through", part, err);
	}
	return 0;
}

static int show_scratch(int root, const struct scratch *scratch, struct sb_err *err)
{
	if (sb_beneath_make_dir(root, scratch->path) != 0)
		return failed("create", scratch->path, err);
	return sb_mount_attach(scratch->mount, root, scratch->path, err);
}

/** The file system hangs below the root only while its folders are cloned: from one that is nowhere nothing can be. */
static int clone_scratches(int root, int store, struct scratch *scratches, size_t count, struct sb_err *err)
{
	int rc = sb_beneath_make_dir(root, "tmp") == 0 ? sb_mount_attach(store, root, "tmp", err) : failed("create", "tmp", err);
	char place[64];

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = make_scratch(store, &scratches[i], err);
	snprintf(place, sizeof(place), "/proc/self/fd/%d", store);
	if (umount2(place, MNT_DETACH) != 0 && rc == 0)
		return failed("detach what was at", "tmp", err);
	return rc;
}

/** One file system for everything that the build writes, so that the disk limit is one number; each folder is a mount of its own. */
static int make_scratches(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	const struct sb_mount_option options[] = {{"size", plan->scratch_size}, {"nr_inodes", plan->scratch_inodes}, {"mode", "0755"}};
	struct scratch scratches[] = {{"tmp", "tmp", 01777, plan->board->ids.init, -1},
	                              {"var-tmp", "var/tmp", 01777, plan->board->ids.init, -1},
	                              {"work", plan->work_mount + 1, 0755, plan->id, -1}};
	const size_t count = sizeof(scratches) / sizeof(scratches[0]);
	SB_CLOSING int store = -1;
	/* strict access times are the witness of which source was read */
	int rc = sb_mount_new("tmpfs", options, 3, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_STRICTATIME, &store, err);

	if (rc == 0)
		rc = clone_scratches(root, store, scratches, count, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = show_scratch(root, &scratches[i], err);
	if (rc == 0)
		rc = open_way(root, plan->work_mount + 1, err);
	for (size_t i = 0; i < count; i++)
		sb_close_fd(&scratches[i].mount);
	return rc;
}

static int fill_sources(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	const char *path = plan->spec->build_path + 1;
	const struct sb_controls *control = &plan->spec->control;
	struct sb_fill fill = {.mask = control->umask, .latest = latest_source(plan), .age = control->source_age, .skipped = control->inode_offset,
	                       .order = plan->order};
	SB_CLOSING int top = -1;
	int rc = 0;

	if (sb_beneath_make_dir(root, path) != 0)
		return failed("create", path, err);
	fill.top = top = sb_beneath_open(root, path, O_RDONLY | O_DIRECTORY, 0);
	if (top < 0)
		return failed("open", path, err);
	if (plan->spec->source)
		rc = sb_fill_tree(&fill, plan->spec->source, err);
	plan->board->left_out += fill.left_out;
	if (rc == 0 && sb_beneath_make_dir(top, "out") != 0)
		return failed("create", plan->out + 1, err);
	return rc;
}

/** As the build, so that everything is its own; the other rights of init come back with its own id. */
static int fill_sources_as_build(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	int rc;

	setfsgid(plan->id);
	setfsuid(plan->id);
	rc = fill_sources(plan, root, err);
	setfsuid(plan->board->ids.init);
	setfsgid(plan->board->ids.init);
	return rc;
}

/** The new root, attached somewhere in the old one: pivot_root wants a mount point. */
static int attach_root(const struct sb_sandbox_plan *plan, int *out, struct sb_err *err)
{
	static const char *const places[] = {"/tmp", "/mnt", "/run", "/media"};
	const struct sb_mount_option options[] = {{"size", plan->root_size}, {"mode", "0755"}};
	SB_CLOSING int mount = -1;
	int rc = sb_mount_new("tmpfs", options, 2, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &mount, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (move_mount(mount, "", AT_FDCWD, places[i], MOVE_MOUNT_F_EMPTY_PATH) == 0) {
			*out = sb_steal_fd(&mount);
			return 0;
		}
	return sb_fail_errno(err, "sandbox-setup", "no folder to assemble the root in");
}

static int switch_root(int root, struct sb_err *err)
{
	if (fchdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot change to the new root");
	return 0;
}

static int assemble(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	int rc = plan->spec->host_root ? show_host(root, err) : fill_root(plan, root, err);

	if (rc == 0)
		rc = put_given(root, &plan->etc, err);
	if (rc == 0)
		rc = sb_proc_make(plan, root, err);
	if (rc == 0)
		rc = put_given(root, &plan->sys, err);
	if (rc == 0)
		rc = make_scratches(plan, root, err);
	if (rc == 0)
		rc = sb_dev_make(plan, root, err);
	return rc;
}

int sb_root_enter(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	struct mount_attr private = {.propagation = MS_PRIVATE};
	SB_CLOSING int root = -1;
	int rc;

	umask(0);
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot detach from the mounts of this machine");
	rc = attach_root(plan, &root, err);
	if (rc == 0)
		rc = assemble(plan, root, err);
	if (rc == 0)
		rc = fill_sources_as_build(plan, root, err);
	if (rc == 0)
		rc = switch_root(root, err);
	if (rc == 0)
		rc = sb_mount_restrict("/", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
	if (rc == 0)
		rc = sb_mount_restrict("/dev", MOUNT_ATTR_RDONLY, err);
	if (rc == 0)
		sb_wall_on(plan->board, SB_WALL_ROOT, NULL);
	return rc;
}
