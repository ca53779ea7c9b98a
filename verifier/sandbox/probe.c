/* SPDX-License-Identifier: Apache-2.0 */
/* `doctor`: try everything out by doing it, in an environment with nothing to build. */
#include "verifier/sandbox/board.h"
#include "verifier/sandbox/sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/** How to get what is not there. */
static const struct {
	const char *name, *mend;
} mends[] = {
	{"user-namespace", "sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone or kernel.apparmor_restrict_unprivileged_userns"},
	{"two-ids", "package uidmap, and a range for this user: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER; or run as root"},
	{"time-namespace", "a kernel with CONFIG_TIME_NS (5.6 or newer)"},
	{"landlock", "a kernel of 5.13 or newer, booted with landlock in lsm="},
	{"cgroup-namespace", "a kernel with CONFIG_CGROUPS"},
	{"nested-userns-limit", "a /proc that lets user.max_user_namespaces of an own namespace be written"},
	{"memory", "cgroup2 that is ours to divide: systemd-run --user --scope -p Delegate=yes samebuild …; as root cgroup1 will do"},
	{"processes", "as memory"},
};

static const char *mend_of(const char *name)
{
	for (size_t i = 0; i < sizeof(mends) / sizeof(mends[0]); i++)
		if (strcmp(mends[i].name, name) == 0)
			return mends[i].mend;
	return NULL;
}

/* Walls that a build can do without, when the record says that they were not there. */
static bool is_required(const char *name)
{
	static const char *const optional[] = {"two-ids", "time-namespace", "cgroup-namespace", "landlock", "nested-userns-limit"};

	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		if (strcmp(optional[i], name) == 0)
			return false;
	return true;
}

static int try_out(struct sb_arena *arena, struct sb_sandbox_result *out, struct sb_err *err)
{
	static const char *const argv[] = {"/bin/true", NULL};
	static const struct sb_drop_step step = {.kind = SB_STEP_RUN, .argv = argv};
	static const struct sb_inventory nothing;
	static const struct sb_tree empty = {.inventory = &nothing};
	SB_CLOSING int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct sb_sandbox_spec spec = {
		.host_root = true,
		.build_path = "/build/probe",
		.source = &empty,
		.steps = &step,
		.step_count = 1,
		.control = {.epoch = 1000000000, .jobs = 1, .umask = 022, .clock = SB_CLOCK_SHIFT, .seed = 1, .kernel = "6.1.0"},
		.limits = {.wall = 30, .disk = 16 << 20},
		.log = null,
	};
	return sb_sandbox_run(&spec, arena, out, err);
}

/* ---- rows ---- */

struct rows {
	struct sb_arena *arena;
	struct sb_probe *items;
	size_t count, most;
};

static void add(struct rows *rows, struct sb_probe probe)
{
	if (rows->count == rows->most)
		return;
	probe.mend = probe.present ? NULL : mend_of(probe.name);
	rows->items[rows->count++] = probe;
}

static bool says_no(const char *value)
{
	return strncmp(value, "off:", 4) == 0 || strcmp(value, "off") == 0 || strncmp(value, "not ", 4) == 0 || strstr(value, "not in force");
}

static void add_walls(struct rows *rows, const struct sb_properties *walls)
{
	for (size_t i = 0; i < walls->count; i++)
		add(rows, (struct sb_probe){.part = SB_PROBE_WALL, .name = walls->items[i].name, .detail = walls->items[i].value,
		                            .present = strncmp(walls->items[i].value, "off", 3) != 0, .required = is_required(walls->items[i].name)});
}

static const char *value_of(const struct sb_properties *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return all->items[i].value;
	return "";
}

/** Memory and processes hold for all together only in a control group; the rest the kernel and the supervisor always keep. */
static void add_limits(struct rows *rows, const struct sb_properties *limits)
{
	static const char *const kept[] = {"wall", "disk", "inodes", "file-size", "open-files", "log", "output-size", "output-count"};
	const char *kind = value_of(limits, "kind"), *why = value_of(limits, "kind-reason");
	bool grouped = strncmp(kind, "cgroup", 6) == 0;
	const char *detail = sb_arena_printf(rows->arena, "%s%s%s", kind, *why ? ": " : "", why);

	add(rows, (struct sb_probe){.part = SB_PROBE_LIMIT, .name = "memory", .present = grouped, .detail = detail});
	add(rows, (struct sb_probe){.part = SB_PROBE_LIMIT, .name = "processes", .present = grouped, .detail = detail});
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		add(rows, (struct sb_probe){.part = SB_PROBE_LIMIT, .name = kept[i], .present = true, .detail = "on"});
}

/** "off" of aslr is what is wanted of it. */
static void add_controls(struct rows *rows, const struct sb_properties *controls)
{
	for (size_t i = 0; i < controls->count; i++) {
		const struct sb_property *control = &controls->items[i];

		add(rows, (struct sb_probe){.part = SB_PROBE_CONTROL, .name = control->name, .detail = control->value,
		                            .present = strcmp(control->name, "aslr") == 0 || !says_no(control->value)});
	}
}

/** Nothing could be started: what is required is told as absent. */
static void add_absent(struct rows *rows)
{
	for (unsigned wall = 0; wall < SB_WALLS; wall++)
		add(rows, (struct sb_probe){.part = SB_PROBE_WALL, .name = sb_wall_name((enum sb_wall)wall), .detail = "not tried",
		                            .required = is_required(sb_wall_name((enum sb_wall)wall))});
}

static void add_all(struct rows *rows, const struct sb_environment *environment)
{
	add_walls(rows, &environment->walls);
	add_limits(rows, &environment->limits);
	add_controls(rows, &environment->controls);
}

int sb_sandbox_survey(struct sb_arena *arena, struct sb_survey *out, struct sb_err *err)
{
	struct rows rows = {.arena = arena, .most = 96};
	struct sb_sandbox_result result = {0};
	struct sb_survey made = {0};
	struct sb_err why = {0};

	rows.items = sb_arena_array(arena, rows.most, sizeof(*rows.items));
	int rc = rows.items ? try_out(arena, &result, &why) : SB_NOMEM;
	if (rc == SB_NOMEM)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	made.possible = rc == 0 && result.end == SB_END_DONE;
	if (made.possible)
		add_all(&rows, &result.environment);
	else
		add_absent(&rows);
	if (!made.possible)
		made.why = rc ? sb_arena_printf(arena, "%s", why.msg) : "the environment starts, but /bin/true fails in it";
	sb_sandbox_release(&result);
	made.probes = rows.items;
	made.count = rows.count;
	*out = made;
	return 0;
}
