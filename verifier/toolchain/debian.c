/* SPDX-License-Identifier: Apache-2.0 */
/* A Debian root by mmdebstrap, and its lock. Everything is made in a folder of its own beside the result and put in place at the end. */
#include "verifier/toolchain/lock.h"
#include "verifier/toolchain/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORK ".samebuild-toolchain"
/* The same date for the same inputs, whenever it is made: the release of bookworm. */
#define DEFAULT_EPOCH INT64_C(1686355200)
enum { MOST_ARGUMENTS = 64 };

/* mmdebstrap hands "$1", the root, to each hook; none of these lines holds foreign text. */
static const char before[] = "--customize-hook=mkdir -p \"$1/sb-dsc\"";
static const char deps[] = "--customize-hook=for f in \"$1\"/sb-dsc/*.dsc; do chroot \"$1\" apt-get build-dep -y --no-install-recommends --arch-only "
                           "\"/sb-dsc/${f##*/}\" || exit 1; done";
static const char indep[] = "--customize-hook=for f in \"$1\"/sb-dsc/*.dsc; do chroot \"$1\" apt-get build-dep -y --no-install-recommends --indep-only "
                            "\"/sb-dsc/${f##*/}\" || exit 1; done";
static const char record[] =
	"--customize-hook=rm -rf \"$1/sb-dsc\"; chroot \"$1\" dpkg-query -W -f '${Package} ${Version} ${Architecture}\\n' > \"$1/sb-installed\"; "
	"cat \"$1\"/var/lib/apt/lists/*_Packages > \"$1/sb-index\"; (cd \"$1/var/lib/apt/lists\" && sha256sum *Release) > \"$1/sb-releases\"";
static const char after[] = "--customize-hook=rm -f \"$1/sb-installed\" \"$1/sb-index\" \"$1/sb-releases\"";

struct making {
	const struct sb_toolchain_in *in;
	struct sb_arena *arena;
	const char *argv[MOST_ARGUMENTS];
	size_t count;
	int64_t epoch;
	int out, work; /* folders */
	bool no_memory;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static void add(struct making *make, const char *argument)
{
	make->no_memory |= !argument || make->count + 1 >= MOST_ARGUMENTS;
	if (!make->no_memory)
		make->argv[make->count++] = argument;
}

/* Copied into the work folder under names of ours: a hook line is read by a shell, so no foreign name may enter it. */
static int copy_dsc(struct making *make, const char *path, size_t number, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	size_t n = 0;
	char *name = sb_arena_printf(make->arena, "%zu.dsc", number);

	int rc = name ? sb_io_slurp(AT_FDCWD, path, SB_LIMIT_OF(DOCUMENT_BYTES), &text, &n, err) : no_memory(err);
	if (!rc)
		rc = sb_io_publish(make->work, name, 0644, sb_span_of(text, n), err);
	add(make, sb_arena_printf(make->arena, "--customize-hook=copy-in %zu.dsc /sb-dsc", number));
	return rc;
}

static int add_dependencies(struct making *make, struct sb_err *err)
{
	size_t number = 0;
	int rc = 0;

	if (!make->in->build_deps || !make->in->build_deps[0])
		return 0;
	add(make, before);
	for (; !rc && make->in->build_deps[number]; number++)
		rc = copy_dsc(make, make->in->build_deps[number], number, err);
	add(make, deps);
	if (make->in->indep)
		add(make, indep);
	return rc;
}

/* The tool runs in the work folder: a file of sources goes there, and its ending says how apt reads it. */
static int copy_list(struct making *make, const char *path, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	size_t n = 0, length = strlen(path);
	bool deb822 = length > 8 && strcmp(path + length - 8, ".sources") == 0;

	int rc = sb_io_slurp(AT_FDCWD, path, SB_LIMIT_OF(DOCUMENT_BYTES), &text, &n, err);
	if (!rc)
		rc = sb_io_publish(make->work, deb822 ? "mirror.sources" : "mirror.list", 0644, sb_span_of(text, n), err);
	add(make, deb822 ? "mirror.sources" : "mirror.list");
	return rc;
}

/* The Debian sources of this machine: the tool would add sources of its own otherwise. */
static int copy_sources(struct making *make, struct sb_err *err)
{
	static const char *const places[] = {"/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"};
	struct stat st;

	for (size_t i = 0; i < 2; i++)
		if (stat(places[i], &st) == 0 && st.st_size != 0)
			return copy_list(make, places[i], err);
	return sb_fail(err, SB_ABSENT, "toolchain-no-sources", "this machine has no Debian sources of its own; name a mirror with --mirror");
}

static int add_mirror(struct making *make, struct sb_err *err)
{
	struct stat st;

	if (!make->in->mirror)
		return copy_sources(make, err);
	if (stat(make->in->mirror, &st) == 0 && S_ISREG(st.st_mode))
		return copy_list(make, make->in->mirror, err);
	add(make, make->in->mirror);
	return 0;
}

static int plan(struct making *make, struct sb_err *err)
{
	const struct sb_toolchain_in *in = make->in;

	add(make, "mmdebstrap");
	add(make, geteuid() == 0 ? "--mode=root" : "--mode=unshare");
	add(make, "--variant=buildd");
	add(make, "--format=tar");
	add(make, "--dpkgopt=force-unsafe-io");
	add(make, "--include=fakeroot"); /* dpkg-buildpackage of an ordinary user asks for it */
	for (size_t i = 0; in->include && in->include[i]; i++)
		add(make, sb_arena_printf(make->arena, "--include=%s", in->include[i]));
	int rc = add_dependencies(make, err);
	add(make, record);
	add(make, "--customize-hook=download /sb-installed installed");
	add(make, "--customize-hook=download /sb-index index");
	add(make, "--customize-hook=download /sb-releases releases");
	add(make, after);
	add(make, in->suite);
	add(make, "root.tar");
	if (!rc)
		rc = add_mirror(make, err);
	return rc ? rc : make->no_memory ? no_memory(err) : 0;
}

/* One thread and a fixed level: the same bytes from the same archive. */
static int compress(struct making *make, struct sb_err *err)
{
	static const char *const argv[] = {"zstd", "-q", "-3", "--single-thread", "--rm", "-f", "root.tar", "-o", "root.tar.zst", NULL};
	return sb_tool_run(make->work, argv, "log", make->epoch, make->in->progress, err);
}

static int slurp(const struct making *make, const char *name, char **out, struct sb_span *text, struct sb_err *err)
{
	size_t n = 0;
	int rc = sb_io_slurp(make->work, name, SB_LIMIT_OF(BUF), out, &n, err);
	*text = sb_span_of(*out, n);
	return rc;
}

static int write_lock(struct making *make, struct sb_toolchain_out *out, struct sb_err *err)
{
	SB_FREEING char *a = NULL;
	SB_FREEING char *b = NULL;
	SB_FREEING char *c = NULL;
	SB_FREEING char *d = NULL;
	SB_BUF struct sb_buf lock = {0};
	SB_CLOSING int fd = -1;
	struct sb_lock_in in = {.root = &out->root, .suite = make->in->suite, .epoch = make->epoch};

	int rc = sb_path_open_file(make->work, "root.tar.zst", &fd, err);
	if (!rc)
		rc = sb_hash_fd(fd, SB_DIGEST_BOTH, &out->root, err);
	if (!rc)
		rc = slurp(make, "installed", &a, &in.installed, err);
	if (!rc)
		rc = slurp(make, "index", &b, &in.index, err);
	if (!rc)
		rc = slurp(make, "releases", &c, &in.releases, err);
	if (!rc)
		rc = sb_tool_run(make->work, (const char *const[]){"mmdebstrap", "--version", NULL}, "tool", make->epoch, make->in->progress, err);
	if (!rc)
		rc = slurp(make, "tool", &d, &in.tool, err);
	if (!rc)
		rc = sb_toolchain_lock(&in, &lock, &out->packages, err);
	return rc ? rc : sb_io_publish(make->work, "root.lock.json", 0644, sb_buf_span(&lock), err);
}

static int put_in_place(struct making *make, struct sb_err *err)
{
	static const char *const names[] = {"root.tar.zst", "root.lock.json"};

	for (size_t i = 0; i < 2; i++)
		if (renameat(make->work, names[i], make->out, names[i]) != 0)
			return sb_fail_errno(err, "write-failed", "cannot put %s in its place", names[i]);
	return fsync(make->out) == 0 ? 0 : sb_fail_errno(err, "write-failed", "cannot make the root durable");
}

static int open_folders(struct making *make, struct sb_err *err)
{
	int rc = sb_path_make_dirs(AT_FDCWD, make->in->out_dir, err);

	if (rc)
		return rc;
	make->out = open(make->in->out_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (make->out < 0)
		return sb_fail_errno(err, "write-failed", "cannot open %s", make->in->out_dir);
	rc = sb_path_remove_tree(make->out, WORK, err); /* what an interrupted run left */
	if (!rc && mkdirat(make->out, WORK, 0755) != 0)
		rc = sb_fail_errno(err, "write-failed", "cannot create a folder in %s", make->in->out_dir);
	return rc ? rc : sb_path_open_dir(make->out, WORK, &make->work, err);
}

/* The commonest failure of an ordinary user has a mend of its own. */
static int run_mmdebstrap(struct making *make, struct sb_err *err)
{
	struct sb_err failure = {0};
	int rc = sb_tool_run(make->work, make->argv, "log", make->epoch, make->in->progress, &failure);

	if (rc == SB_FAILED && geteuid() != 0 && (strstr(failure.msg, "subuid") || strstr(failure.msg, "newuidmap")))
		rc = sb_reidentify(&failure, "toolchain-no-ranges");
	if (rc && err)
		*err = failure;
	return rc;
}

static int make_root(struct making *make, struct sb_toolchain_out *out, struct sb_err *err)
{
	int rc = open_folders(make, err);

	if (!rc)
		rc = plan(make, err);
	if (!rc)
		rc = run_mmdebstrap(make, err);
	if (!rc)
		rc = compress(make, err);
	if (!rc)
		rc = write_lock(make, out, err);
	return rc ? rc : put_in_place(make, err);
}

int sb_toolchain_debian(const struct sb_toolchain_in *in, struct sb_toolchain_out *out, struct sb_err *err)
{
	struct sb_toolchain_out made = {.arena = sb_arena_new(0)};
	struct making make = {.in = in, .arena = made.arena, .epoch = in->epoch == INT64_MIN ? DEFAULT_EPOCH : in->epoch, .out = -1, .work = -1};

	if (!made.arena)
		return no_memory(err);
	made.root_path = sb_arena_printf(made.arena, "%s/root.tar.zst", in->out_dir);
	made.lock_path = sb_arena_printf(made.arena, "%s/root.lock.json", in->out_dir);
	int rc = made.root_path && made.lock_path ? make_root(&make, &made, err) : no_memory(err);
	if (make.out >= 0 && sb_path_remove_tree(make.out, WORK, NULL) != 0 && !rc)
		rc = sb_fail(err, SB_IO, "write-failed", "cannot remove the work folder below %s", in->out_dir);
	sb_close_fd(&make.work);
	sb_close_fd(&make.out);
	if (rc)
		sb_toolchain_release(&made);
	else
		*out = made;
	return rc;
}

void sb_toolchain_release(struct sb_toolchain_out *out)
{
	sb_arena_free(&out->arena);
	*out = (struct sb_toolchain_out){0};
}
