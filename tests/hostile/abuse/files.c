/* SPDX-License-Identifier: Apache-2.0 */
/* The working directory is the build's folder, where everything is allowed that makes no device. */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CREATES(what, path) static long create_##what(void) { return opens(path, O_CREAT | O_WRONLY); }
CREATES(root, "/evil")
CREATES(usr, "/usr/evil")
CREATES(etc, "/etc/evil")
CREATES(dev, "/dev/evil")
CREATES(proc, "/proc/evil")
CREATES(sys, "/sys/evil")
CREATES(var, "/var/evil")
CREATES(lib, "/lib/evil")

#define OPENS(what, path, how) static long open_##what(void) { return opens(path, how); }
OPENS(passwd, "/etc/passwd", O_WRONLY)
OPENS(passwd_truncate, "/etc/passwd", O_RDONLY | O_TRUNC)
OPENS(tool, "/usr/bin/env", O_RDWR)
OPENS(tmpfile_usr, "/usr", O_TMPFILE | O_WRONLY)
OPENS(tty, "/dev/tty", O_RDWR)
OPENS(console, "/dev/console", O_RDWR)
OPENS(ptmx, "/dev/ptmx", O_RDWR)
OPENS(mem, "/dev/mem", O_RDONLY)
OPENS(kmsg, "/dev/kmsg", O_RDONLY)
OPENS(fuse, "/dev/fuse", O_RDWR)
OPENS(kvm, "/dev/kvm", O_RDWR)
OPENS(tun, "/dev/net/tun", O_RDWR)
OPENS(loop, "/dev/loop-control", O_RDWR)
OPENS(shadow, "/etc/shadow", O_RDONLY)
OPENS(shadow_above, "/../../../etc/shadow", O_RDONLY)
OPENS(shadow_via_proc, "/proc/self/root/../../etc/shadow", O_RDONLY)
OPENS(machine_id, "/etc/machine-id", O_RDONLY)
OPENS(home, "/root/.", O_RDONLY)
OPENS(homes, "/home/.", O_RDONLY)
OPENS(log, "/var/log/.", O_RDONLY)
OPENS(run, "/run/systemd", O_RDONLY)
OPENS(cgroups, "/sys/fs/cgroup", O_RDONLY)
OPENS(dmi, "/sys/class/dmi/id/product_uuid", O_RDONLY)
OPENS(interfaces, "/sys/class/net/.", O_RDONLY)
OPENS(nodes, "/sys/devices/system/node/.", O_RDONLY)
OPENS(modules, "/sys/module/.", O_RDONLY)
OPENS(debugfs, "/sys/kernel/debug/.", O_RDONLY)
OPENS(core_pattern, "/proc/sys/kernel/core_pattern", O_WRONLY)
OPENS(sysrq, "/proc/sysrq-trigger", O_WRONLY)
OPENS(drop_caches, "/proc/sys/vm/drop_caches", O_WRONLY)
OPENS(hostname, "/proc/sys/kernel/hostname", O_WRONLY)
OPENS(userns, "/proc/sys/user/max_user_namespaces", O_WRONLY)
OPENS(last_pid, "/proc/sys/kernel/ns_last_pid", O_WRONLY)
OPENS(mask, "/proc/cpuinfo", O_WRONLY)

static long node(const char *name, mode_t kind, unsigned a, unsigned b) { return mknod(name, kind | 0666, makedev(a, b)); }
static long node_null(void) { return node("null", S_IFCHR, 1, 3); }
static long node_disk(void) { return node("disk", S_IFBLK, 8, 0); }
static long node_whiteout(void) { return node("whiteout", S_IFCHR, 0, 0); }
static long node_shm(void) { return node("/dev/shm/null", S_IFCHR, 1, 3); }
static long make_fifo(void) { return mkfifo("fifo-allowed", 0600); }

static long set_user_id_bit(void)
{
	return opens("suid-allowed", O_CREAT | O_RDWR) < 0 ? -1 : chmod("suid-allowed", 04755);
}

static long link_tool(void) { return link("/usr/bin/env", "linked"); }
static long link_proc(void) { return linkat(AT_FDCWD, "/proc/self/exe", AT_FDCWD, "linked", AT_SYMLINK_FOLLOW) == 0 ? unlink("linked") : -1; }
static long unlink_passwd(void) { return unlink("/etc/passwd"); }
static long unlink_null(void) { return unlink("/dev/null"); }
static long rename_tool(void) { return rename("/usr/bin/env", "/usr/bin/env2"); }
static long make_dir_root(void) { return mkdir("/evil", 0755); }
static long make_link_usr(void) { return symlink("/tmp", "/usr/evil"); }
static long chmod_tool(void) { return chmod("/usr/bin/env", 0777); }
static long chmod_null(void) { return chmod("/dev/null", 0600); }
static long chown_tool(void) { return chown("/usr/bin/env", getuid(), getgid()); }
static long touch_tool(void) { return utimensat(AT_FDCWD, "/usr/bin/env", NULL, 0); }
static long truncate_passwd(void) { return truncate("/etc/passwd", 0); }

static long give_away(void)
{
	return opens("given", O_CREAT | O_RDWR) < 0 ? -1 : chown("given", 0, 0);
}

static long set_capability(void)
{
	static const unsigned char all[20] = {1, 0, 0, 2, 255, 255, 255, 255};

	return opens("capable", O_CREAT | O_RDWR) < 0 ? -1 : setxattr("capable", "security.capability", all, sizeof(all), 0);
}

static long set_trusted(void)
{
	return opens("trusted", O_CREAT | O_RDWR) < 0 ? -1 : setxattr("trusted", "trusted.overlay.opaque", "y", 1, 0);
}

static long set_immutable(void)
{
	int fd = open("immutable", O_CREAT | O_RDWR | O_CLOEXEC, 0644), flags = 0x10;

	return fd < 0 ? -1 : ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/** A descriptor for reading, opened again for writing. */
static long reopen_for_writing(void)
{
	char path[64];
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0 ? -1 : opens(path, O_RDWR);
}

static long log_is_read(void) { return opens("/proc/self/fd/2", O_RDONLY | O_NONBLOCK); }
static long log_is_read_and_written(void) { return opens("/dev/stderr", O_RDWR); }
static long stdin_is_written(void) { return write(0, "x", 1); }

static long name_to_handle(void)
{
	struct {
		struct file_handle head;
		unsigned char room[128];
	} handle = {.head = {.handle_bytes = 128}};
	int mount;

	return syscall(SYS_name_to_handle_at, AT_FDCWD, "/usr/bin/env", &handle, &mount, 0);
}

static long open_handle(void)
{
	struct {
		struct file_handle head;
		unsigned char room[8];
	} handle = {.head = {.handle_bytes = 8, .handle_type = 1}, .room = {2}};

	return syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
}

static long watch_opens(void) { return syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY); }

static long null_takes_output(void) { return opens("/dev/null", O_CREAT | O_TRUNC | O_WRONLY); }

#define NOT_THERE {ENOENT}
#define READ_ONLY {EACCES, EROFS}
static const struct attempt rows[] = {
	{"create in /", create_root, READ_ONLY, 0},
	{"create in /usr", create_usr, READ_ONLY, 0},
	{"create in /etc", create_etc, READ_ONLY, 0},
	{"create in /dev", create_dev, READ_ONLY, 0},
	{"create in /proc", create_proc, {EACCES, ENOENT}, 0},
	{"create in /sys", create_sys, READ_ONLY, 0},
	{"create in /var", create_var, READ_ONLY, 0},
	{"create in /lib", create_lib, READ_ONLY, 0},
	{"create a nameless file in /usr", open_tmpfile_usr, READ_ONLY, 0},
	{"make a folder in /", make_dir_root, READ_ONLY, 0},
	{"make a link in /usr", make_link_usr, READ_ONLY, 0},
	{"write /etc/passwd", open_passwd, READ_ONLY, 0},
	{"truncate /etc/passwd by open", open_passwd_truncate, READ_ONLY, 0},
	{"truncate /etc/passwd", truncate_passwd, READ_ONLY, 0},
	{"write a tool", open_tool, READ_ONLY, 0},
	{"unlink /etc/passwd", unlink_passwd, READ_ONLY, 0},
	{"unlink /dev/null", unlink_null, {EACCES, EROFS, EBUSY}, 0},
	{"rename a tool", rename_tool, READ_ONLY, 0},
	{"chmod a tool", chmod_tool, {EROFS, EPERM}, 0},
	{"chmod /dev/null", chmod_null, {EROFS, EPERM}, 0},
	{"chown a tool", chown_tool, {EROFS, EPERM}, 0},
	{"touch a tool", touch_tool, {EROFS, EPERM, EACCES}, 0},
	{"hard link to the toolchain", link_tool, {EXDEV}, 0},
	{"hard link to the own program", link_proc, {SUCCEEDS}, 0},
	{"open for reading, again for writing", reopen_for_writing, READ_ONLY, 0},
	{"give a file to root", give_away, {EPERM, EINVAL}, 0},
	{"set file capabilities", set_capability, {EPERM}, 0},
	{"set a trusted attribute", set_trusted, {EPERM}, 0},
	{"make a file immutable", set_immutable, {EPERM, ENOTTY}, 0},
	{"device node of /dev/null", node_null, {EPERM, EACCES}, 0},
	{"device node of a disk", node_disk, {EPERM, EACCES}, 0},
	{"device node in /dev/shm", node_shm, {EPERM, EACCES}, 0},
	{"whiteout node", node_whiteout, {EPERM, EACCES}, NEEDS_LANDLOCK},
	{"fifo in the build's folder", make_fifo, {SUCCEEDS}, 0},
	{"set-user-id bit on an own file", set_user_id_bit, {SUCCEEDS}, 0},
	{"/dev/tty", open_tty, {ENOENT, ENXIO}, 0},
	{"/dev/console", open_console, NOT_THERE, 0},
	{"/dev/ptmx", open_ptmx, NOT_THERE, 0},
	{"/dev/mem", open_mem, NOT_THERE, 0},
	{"/dev/kmsg", open_kmsg, NOT_THERE, 0},
	{"/dev/fuse", open_fuse, NOT_THERE, 0},
	{"/dev/kvm", open_kvm, NOT_THERE, 0},
	{"/dev/net/tun", open_tun, NOT_THERE, 0},
	{"/dev/loop-control", open_loop, NOT_THERE, 0},
	{"/etc/shadow", open_shadow, NOT_THERE, 0},
	{"/etc/shadow above the root", open_shadow_above, NOT_THERE, 0},
	{"/etc/shadow through /proc/self/root", open_shadow_via_proc, NOT_THERE, 0},
	{"/etc/machine-id", open_machine_id, NOT_THERE, 0},
	{"/root", open_home, NOT_THERE, 0},
	{"/home", open_homes, NOT_THERE, 0},
	{"/var/log", open_log, NOT_THERE, 0},
	{"/run/systemd", open_run, NOT_THERE, 0},
	{"/sys/fs/cgroup", open_cgroups, NOT_THERE, 0},
	{"DMI", open_dmi, NOT_THERE, 0},
	{"/sys/class/net", open_interfaces, NOT_THERE, 0},
	{"NUMA nodes", open_nodes, NOT_THERE, 0},
	{"/sys/module", open_modules, NOT_THERE, 0},
	{"debugfs", open_debugfs, NOT_THERE, 0},
	{"write core_pattern", open_core_pattern, {EACCES, EROFS, ENOENT}, 0},
	{"write sysrq-trigger", open_sysrq, {EACCES, EROFS, ENOENT}, 0},
	{"write drop_caches", open_drop_caches, {EACCES, EROFS, ENOENT}, 0},
	{"write the host name's sysctl", open_hostname, {EACCES, EROFS, ENOENT}, 0},
	{"allow user namespaces again", open_userns, {EACCES, EROFS, ENOENT}, 0},
	{"choose the next pid", open_last_pid, {EACCES, EROFS, ENOENT}, 0},
	{"write what covers /proc/cpuinfo", open_mask, {EACCES, EROFS, ENOENT}, 0},
	{"open own standard error, which is the log, for reading", log_is_read, {EACCES}, 0},
	{"open it for both", log_is_read_and_written, {EACCES}, 0},
	{"write to standard input", stdin_is_written, {EBADF}, 0},
	{"name_to_handle_at", name_to_handle, {EPERM}, CONTROL},
	{"open_by_handle_at", open_handle, {EPERM}, 0},
	{"fanotify_init", watch_opens, {EPERM}, CONTROL},
	{"/dev/null takes output", null_takes_output, {SUCCEEDS}, 0},
};

const struct family family_files = FAMILY("files", rows);
