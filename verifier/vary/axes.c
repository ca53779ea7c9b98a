/* SPDX-License-Identifier: Apache-2.0 */
/* The table of axes. Values differ in length and in every part, so that whatever is cut out of one differs too. */
#include "verifier/vary/vary.h"

#include <string.h>

/* 400 days and odd hours: another year, month, day, weekday, hour, minute and second. */
#define LATER INT64_C(34608461)
#define LAST_EPOCH (INT64_C(253402300799) - 2 * LATER)

/* Of a name; and of a path, below which there is room for what a build puts there. */
enum { LONGEST_NAME = 255, LONGEST_PATH = 4000 };

static enum sb_axis_state always(const struct sb_drop *drop)
{
	(void)drop;
	return SB_AXIS_UNDECIDED;
}

static bool sets(const struct sb_drop *drop, const char *name)
{
	for (size_t i = 0; i < drop->env_count; i++)
		if (strcmp(drop->env[i].name, name) == 0)
			return true;
	return false;
}

/* A word that is not what it was. */
static const char *other(const char *now, const char *word, const char *otherwise)
{
	return now && strcmp(now, word) == 0 ? otherwise : word;
}

static bool goes_on(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80; /* inside a character of UTF-8 */
}

/* So many bytes of @path as leave room for @more in its last name and in the whole; of what cannot be kept, the end goes. */
static size_t keep_of(const char *path, size_t more)
{
	size_t most = LONGEST_PATH - more, n = strlen(path), name;

	n = n > most ? most : n;
	while (n > 1 && path[n - 1] == '/')
		n--;
	for (name = n; name > 1 && path[name - 1] != '/';)
		name--;
	if (n - name > LONGEST_NAME - more)
		n = name + LONGEST_NAME - more;
	while (path[n] && n > name + 1 && goes_on(path[n]))
		n--;
	return n;
}

static const char *path_of(const struct sb_drop *drop, struct sb_arena *arena)
{
	static const char *const ends[] = {"-elsewhere", "-otherwise"};
	const char *made = NULL;

	for (size_t i = 0; i < 2 && (!made || strcmp(made, drop->build_path) == 0); i++) {
		made = sb_arena_printf(arena, "%.*s%s", (int)keep_of(drop->build_path, strlen(ends[i])), drop->build_path, ends[i]);
		if (!made)
			return NULL;
	}
	return made;
}

static enum sb_axis_state look_time(const struct sb_drop *drop)
{
	return drop->control.clock == SB_CLOCK_REAL ? SB_AXIS_FREE : SB_AXIS_UNDECIDED;
}

/* Later, so that no source comes from the future; the sources keep their times. */
static void vary_time(struct sb_drop *drop)
{
	if (!drop->control.source_time)
		drop->control.source_time = drop->control.epoch;
	drop->control.epoch += drop->control.epoch > LAST_EPOCH ? -LATER : LATER;
}

static enum sb_axis_state look_source_date(const struct sb_drop *drop)
{
	return sets(drop, "SOURCE_DATE_EPOCH") ? SB_AXIS_FIXED : SB_AXIS_UNDECIDED;
}

static void vary_user(struct sb_drop *drop)
{
	drop->control.user = other(drop->control.user, "somebodyelse", "someoneelse");
}

static void vary_host(struct sb_drop *drop)
{
	drop->control.hostname = other(drop->control.hostname, "elsewhere", "anotherplace");
}

static void vary_domain(struct sb_drop *drop)
{
	drop->control.domain = other(drop->control.domain, "elsewhere.example", "other.example");
}

static void vary_kernel(struct sb_drop *drop)
{
	drop->control.kernel = other(drop->control.kernel, "4.19.7-elsewhere", "5.10.7-elsewhere");
	drop->control.kernel_version = other(drop->control.kernel_version, "#7 SMP PREEMPT elsewhere", "#9 SMP elsewhere");
}

static enum sb_axis_state look_locale(const struct sb_drop *drop)
{
	return sets(drop, "LC_ALL") ? SB_AXIS_FIXED : SB_AXIS_UNDECIDED;
}

static void vary_locale(struct sb_drop *drop)
{
	drop->control.locale = other(drop->control.locale, "fr_FR.UTF-8", "de_DE.UTF-8");
}

static enum sb_axis_state look_timezone(const struct sb_drop *drop)
{
	return sets(drop, "TZ") ? SB_AXIS_FIXED : SB_AXIS_UNDECIDED;
}

/* Needs no table of zones in the root. */
static void vary_timezone(struct sb_drop *drop)
{
	drop->control.timezone = other(drop->control.timezone, "ELSE-13", "OTHER-9");
}

static void vary_umask(struct sb_drop *drop)
{
	drop->control.umask = drop->control.umask == 027 ? 022 : 027;
}

static unsigned cpus_of(const struct sb_controls *control)
{
	return control->cpus ? control->cpus : control->jobs ? control->jobs : 1;
}

static void vary_cpus(struct sb_drop *drop)
{
	drop->control.cpus = cpus_of(&drop->control) == 1 ? 2 : 1;
}

static void vary_jobs(struct sb_drop *drop)
{
	drop->control.cpus = cpus_of(&drop->control);
	drop->control.jobs = drop->control.jobs > 1 ? 1 : 4;
}

static void vary_order(struct sb_drop *drop)
{
	drop->control.order = drop->control.order == SB_ORDER_SORTED ? SB_ORDER_REVERSED : SB_ORDER_SORTED;
}

static void vary_inodes(struct sb_drop *drop)
{
	drop->control.inode_offset = drop->control.inode_offset ? 0 : 3000;
}

static enum sb_axis_state look_seed(const struct sb_drop *drop)
{
	return drop->control.seed ? SB_AXIS_UNDECIDED : SB_AXIS_FREE;
}

static void vary_seed(struct sb_drop *drop)
{
	drop->control.seed = drop->control.seed == 1 ? 2 : 1;
}

static enum sb_axis_state look_addresses(const struct sb_drop *drop)
{
	return drop->control.aslr ? SB_AXIS_FREE : SB_AXIS_UNDECIDED;
}

static void vary_addresses(struct sb_drop *drop)
{
	drop->control.aslr = true;
}

static void vary_pids(struct sb_drop *drop)
{
	drop->control.pid_offset = drop->control.pid_offset ? 0 : 5000;
}

static enum sb_axis_state look_home(const struct sb_drop *drop)
{
	return sets(drop, "HOME") ? SB_AXIS_FIXED : SB_AXIS_UNDECIDED;
}

static void vary_home(struct sb_drop *drop)
{
	drop->control.home = other(drop->control.home, "/nowhere/else", "/no/where");
}

static void vary_ages(struct sb_drop *drop)
{
	drop->control.source_age = drop->control.source_age ? 0 : LATER;
}

/* ---- pins ---- */

static enum sb_axis_state only_if(bool useful)
{
	return useful ? SB_AXIS_UNDECIDED : SB_AXIS_FIXED;
}

static enum sb_axis_state look_pin_random(const struct sb_drop *drop)
{
	return only_if(drop->control.seed == 0);
}

static enum sb_axis_state look_pin_clock(const struct sb_drop *drop)
{
	return only_if(drop->control.clock != SB_CLOCK_FROZEN);
}

static void pin_clock(struct sb_drop *drop)
{
	drop->control.clock = SB_CLOCK_FROZEN;
}

static enum sb_axis_state look_pin_jobs(const struct sb_drop *drop)
{
	return only_if(drop->control.jobs > 1);
}

static void pin_jobs(struct sb_drop *drop)
{
	drop->control.jobs = drop->control.cpus = 1;
}

static enum sb_axis_state look_pin_addresses(const struct sb_drop *drop)
{
	return only_if(drop->control.aslr);
}

static void pin_addresses(struct sb_drop *drop)
{
	drop->control.aslr = false;
}

static const struct sb_vary_axis axes[] = {
	{.name = "path", .cause = SB_CAUSE_BUILD_PATH, .control = "path", .look = always, .path = path_of,
	 .mend = "compile with -ffile-prefix-map=$PWD=. and write no absolute path of the build"},
	{.name = "time", .cause = SB_CAUSE_TIMESTAMP, .control = "epoch", .force = "clock", .look = look_time, .vary = vary_time,
	 .mend = "take times from SOURCE_DATE_EPOCH, not from the clock"},
	{.name = "source-date-epoch", .cause = SB_CAUSE_TIMESTAMP, .look = look_source_date,
	 .mend = "nothing to mend when it is the date of the release: whoever rebuilds sets the same SOURCE_DATE_EPOCH"},
	{.name = "source-times", .cause = SB_CAUSE_TIMESTAMP, .control = "source-age", .look = always, .vary = vary_ages,
	 .mend = "pack with clamped times, such as tar --mtime=@$SOURCE_DATE_EPOCH"},
	{.name = "user", .cause = SB_CAUSE_USER, .control = "user", .look = always, .vary = vary_user, .mend = "take the name of the user out, or set it in the recipe"},
	{.name = "host", .cause = SB_CAUSE_HOST, .control = "hostname", .look = always, .vary = vary_host, .mend = "take the name of the machine out, or set it in the recipe"},
	{.name = "domain", .cause = SB_CAUSE_HOST, .control = "domain", .look = always, .vary = vary_domain, .mend = "take the domain of the machine out"},
	{.name = "kernel", .cause = SB_CAUSE_KERNEL, .control = "kernel", .look = always, .vary = vary_kernel, .mend = "do not ask uname in the build"},
	{.name = "locale", .cause = SB_CAUSE_LOCALE, .control = "locale", .look = look_locale, .vary = vary_locale, .mend = "set LC_ALL=C.UTF-8 in the recipe"},
	{.name = "timezone", .cause = SB_CAUSE_TIMEZONE, .control = "timezone", .look = look_timezone, .vary = vary_timezone, .mend = "set TZ=UTC in the recipe, and write times in UTC"},
	{.name = "umask", .cause = SB_CAUSE_UMASK, .control = "umask", .look = always, .vary = vary_umask, .mend = "set the umask in the recipe, or install with explicit modes"},
	{.name = "cpus", .cause = SB_CAUSE_CPU_COUNT, .control = "cpus", .look = always, .vary = vary_cpus, .mend = "do not let nproc decide on anything but speed"},
	{.name = "jobs", .cause = SB_CAUSE_PARALLELISM, .control = "jobs", .look = always, .vary = vary_jobs, .mend = "make the output independent of -j: sort what parallel steps leave"},
	{.name = "directory-order", .cause = SB_CAUSE_READDIR, .control = "order", .look = always, .vary = vary_order, .mend = "sort lists of files before they are used"},
	{.name = "inode-numbers", .cause = SB_CAUSE_CONTAINER_METADATA, .control = "inode-offset", .look = always, .vary = vary_inodes,
	 .mend = "renumber inodes when packing, such as cpio --reproducible"},
	{.name = "seed", .cause = SB_CAUSE_RANDOM, .control = "seed", .force = "randomness", .look = look_seed, .vary = vary_seed, .mend = "draw nothing at random, or from a seed of the source"},
	{.name = "aslr", .cause = SB_CAUSE_ASLR, .control = "aslr", .random = true, .look = look_addresses, .vary = vary_addresses, .mend = "sort by content, not by address"},
	{.name = "pid", .cause = SB_CAUSE_PID, .control = "pid-offset", .look = always, .vary = vary_pids, .mend = "keep no process number"},
	{.name = "home", .cause = SB_CAUSE_BUILD_PATH, .control = "home", .look = look_home, .vary = vary_home, .mend = "set HOME in the recipe, or write no path below it"},
	{.name = "environment", .cause = SB_CAUSE_UNEXPLAINED, .look = always, .mend = "keep no dump of the variables; name those that matter in the recipe"},

	{.name = "randomness", .pin = true, .cause = SB_CAUSE_RANDOM, .control = "randomness", .look = look_pin_random, .vary = vary_seed,
	 .mend = "draw nothing at random, or from a seed of the source"},
	{.name = "running-clock", .pin = true, .cause = SB_CAUSE_TIMESTAMP, .control = "clock", .look = look_pin_clock, .vary = pin_clock,
	 .mend = "take times from SOURCE_DATE_EPOCH, not from the clock"},
	{.name = "parallel-jobs", .pin = true, .cause = SB_CAUSE_PARALLELISM, .control = "jobs", .look = look_pin_jobs, .vary = pin_jobs,
	 .mend = "make the output independent of -j: sort what parallel steps leave"},
	{.name = "addresses", .pin = true, .cause = SB_CAUSE_ASLR, .control = "aslr", .look = look_pin_addresses, .vary = pin_addresses, .mend = "sort by content, not by address"},
};

_Static_assert(sizeof axes / sizeof *axes <= SB_VARY_AXES_MOST, "sets of axes are masks of 32 bits");

const struct sb_vary_axis *sb_vary_axes(size_t *count)
{
	*count = sizeof axes / sizeof *axes;
	return axes;
}
