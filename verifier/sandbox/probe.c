/* SPDX-License-Identifier: Apache-2.0 */
/* `doctor`: try everything out by doing it, in an environment with nothing to build. */
#include "verifier/sandbox/board.h"
#include "verifier/sandbox/landlock.h"
#include "verifier/sandbox/sandbox.h"

#include <fcntl.h>
#include <string.h>

/** How to get a wall that is not there. */
static const struct {
	const char *name, *mend;
} mends[] = {
	{"user-namespace", "sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone or kernel.apparmor_restrict_unprivileged_userns"},
	{"two-ids", "run as root, which has more than one id to give away"},
	{"time-namespace", "a kernel with CONFIG_TIME_NS (5.6 or newer)"},
	{"landlock", "boot with lsm=landlock,… and a kernel of 5.13 or newer"},
	{"cgroup-namespace", "a kernel with CONFIG_CGROUPS"},
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
		.control = {.jobs = 1, .umask = 022, .clock = SB_CLOCK_REAL},
		.limits = {.wall = 30, .disk = 16 << 20},
		.log = null,
	};
	return sb_sandbox_run(&spec, arena, out, err);
}

/* Nothing could be started: every wall is told as absent, with the one reason. */
static void fill_absent(struct sb_probe *probes, size_t count, const char *why)
{
	for (size_t i = 0; i < count; i++) {
		probes[i].name = sb_wall_name((enum sb_wall)i);
		probes[i].detail = why;
	}
}

int sb_sandbox_probe(struct sb_arena *arena, struct sb_probe **out, size_t *count, struct sb_err *err)
{
	struct sb_probe *probes = sb_arena_array(arena, SB_WALLS, sizeof(*probes));
	struct sb_sandbox_result result = {0};
	struct sb_err why = {0};

	if (!probes)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = try_out(arena, &result, &why);
	if (rc == SB_NOMEM)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	const char *reason = sb_arena_printf(arena, "the environment does not start: %s", why.msg);
	if (rc || result.end != SB_END_DONE)
		fill_absent(probes, SB_WALLS, reason ? reason : "the environment does not start");
	else
		for (size_t i = 0; i < SB_WALLS && i < result.environment.walls.count; i++) {
			const struct sb_property *wall = &result.environment.walls.items[i];
			probes[i].name = wall->name;
			probes[i].present = strncmp(wall->value, "off", 3) != 0;
			probes[i].detail = wall->value;
		}
	for (size_t i = 0; i < SB_WALLS; i++) {
		probes[i].required = is_required(probes[i].name);
		probes[i].mend = probes[i].present ? NULL : mend_of(probes[i].name);
	}
	sb_sandbox_release(&result);
	*out = probes;
	*count = SB_WALLS;
	return 0;
}
