/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/plan.h"
#include "verifier/sandbox/controls.h"
#include "verifier/sandbox/etc.h"
#include "verifier/sandbox/filter.h"
#include "verifier/sandbox/landlock.h"
#include "verifier/sandbox/masks.h"
#include "verifier/sandbox/order.h"
#include "verifier/sandbox/place.h"
#include "verifier/sandbox/sysctls.h"

#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *or(const char *text, const char *fallback)
{
	return text && *text ? text : fallback;
}

static int out_of_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** A release that is asked for must not stand beside the version of another kernel. */
static int plan_names(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	const struct sb_controls *control = &plan->spec->control;
	struct utsname machine;

	if (uname(&machine) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot ask the kernel for its name");
	plan->kernel = control->kernel ? control->kernel : sb_arena_copy(plan->arena, sb_span_text(machine.release));
	plan->kernel_version = control->kernel_version ? control->kernel_version
	                       : control->kernel       ? "#1 SMP"
	                                               : sb_arena_copy(plan->arena, sb_span_text(machine.version));
	return plan->kernel && plan->kernel_version ? 0 : out_of_memory(err);
}

static void plan_controls(struct sb_sandbox_plan *plan)
{
	const struct sb_controls *control = &plan->spec->control;

	plan->hostname = or(control->hostname, "build");
	plan->domain = or(control->domain, "(none)");
	plan->user = or(control->user, "builder");
	plan->locale = or(control->locale, "C.UTF-8");
	plan->timezone = or(control->timezone, "UTC");
	plan->home = or(control->home, "/nonexistent");
	plan->cpus = control->cpus ? control->cpus : control->jobs ? control->jobs : 1;
}

/** What a root that is filled into memory takes: whole pages a file, and room for the mount points. */
static uint64_t root_bytes(const struct sb_tree *root)
{
	return root ? root->inventory->bytes + (root->inventory->count + 256) * 4096 : 0;
}

static int plan_limits(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	uint64_t root = root_bytes(plan->spec->root);

	plan->bounds = sb_bounds_choose(&plan->spec->limits, root, sb_bounds_machine());
	sb_bounds_lower(&plan->bounds);
	plan->limits_why = "";
	plan->scratch_size = sb_arena_printf(plan->arena, "%" PRIu64, plan->bounds.disk);
	plan->scratch_inodes = sb_arena_printf(plan->arena, "%" PRIu64, plan->bounds.inodes);
	plan->root_size = sb_arena_printf(plan->arena, "%" PRIu64, root + (UINT64_C(16) << 20));
	plan->owner = sb_arena_printf(plan->arena, "%u", plan->id);
	return plan->scratch_size && plan->scratch_inodes && plan->root_size && plan->owner ? 0 : out_of_memory(err);
}

static int plan_places(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	int rc = sb_place_choose(plan->spec, plan->arena, &plan->work_mount, err);

	if (rc != 0)
		return rc;
	plan->out = sb_arena_printf(plan->arena, "%s/out", plan->spec->build_path);
	return plan->out ? 0 : out_of_memory(err);
}

/** execve(2) takes pointers to char that it does not write through. */
static char *const *exec_vector(const char *const *words)
{
	union {
		const char *const *words;
		char *const *vector;
	} same = {.words = words};
	return same.vector;
}

/* ---- environment variables ---- */

struct variables {
	struct sb_arena *arena;
	const char **items;
	size_t count;
	bool bad;
};

/** Set or replace. */
static void variable_set(struct variables *all, const char *name, const char *value)
{
	const char *line = value ? sb_arena_printf(all->arena, "%s=%s", name, value) : NULL;
	size_t n = strlen(name), at = 0;

	while (at < all->count && (strncmp(all->items[at], name, n) != 0 || all->items[at][n] != '='))
		at++;
	if (!line) {
		all->bad = true;
		return;
	}
	all->items[at] = line;
	if (at == all->count)
		all->count++;
}

static int plan_variables(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	const struct sb_sandbox_spec *spec = plan->spec;
	const struct sb_controls *control = &spec->control;
	struct variables all = {.arena = plan->arena};

	all.items = sb_arena_array(plan->arena, spec->env_count + 12, sizeof(char *));
	if (!all.items)
		return out_of_memory(err);
	variable_set(&all, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
	variable_set(&all, "HOME", plan->home);
	variable_set(&all, "LC_ALL", plan->locale);
	variable_set(&all, "TZ", plan->timezone);
	variable_set(&all, "SOURCE_DATE_EPOCH", sb_arena_printf(plan->arena, "%" PRId64, control->epoch));
	variable_set(&all, "USER", plan->user);
	variable_set(&all, "LOGNAME", plan->user);
	variable_set(&all, "TERM", "dumb");
	variable_set(&all, "TMPDIR", "/tmp");
	for (size_t i = 0; i < spec->env_count; i++)
		variable_set(&all, spec->env[i].name, spec->env[i].value);
	variable_set(&all, "OUT", plan->out);
	variable_set(&all, "JOBS", sb_arena_printf(plan->arena, "%u", control->jobs ? control->jobs : 1));
	plan->variables = exec_vector(all.items);
	for (size_t i = 0; i < all.count; i++)
		if (strncmp(all.items[i], "PATH=", 5) == 0)
			plan->search = all.items[i] + 5;
	return all.bad ? out_of_memory(err) : 0;
}

/* ---- steps ---- */

static const char *step_cwd(const struct sb_sandbox_plan *plan, const struct sb_drop_step *step)
{
	if (!step->cwd || strcmp(step->cwd, ".") == 0)
		return plan->spec->build_path;
	return sb_arena_printf(plan->arena, "%s/%s", plan->spec->build_path, step->cwd);
}

static const char *const *step_argv(struct sb_arena *arena, const struct sb_drop_step *step)
{
	const char **argv;

	if (step->kind == SB_STEP_RUN)
		return step->argv;
	argv = sb_arena_array(arena, 4, sizeof(*argv));
	if (!argv)
		return NULL;
	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = step->script;
	return argv;
}

static int plan_steps(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	size_t count = plan->spec->step_count;
	char *const **argv = sb_arena_array(plan->arena, count, sizeof(*argv));
	const char **cwd = sb_arena_array(plan->arena, count, sizeof(*cwd));

	if (!argv || !cwd)
		return out_of_memory(err);
	for (size_t i = 0; i < count; i++) {
		argv[i] = exec_vector(step_argv(plan->arena, &plan->spec->steps[i]));
		cwd[i] = step_cwd(plan, &plan->spec->steps[i]);
		if (!argv[i] || !cwd[i])
			return out_of_memory(err);
	}
	plan->argv = argv;
	plan->cwd = cwd;
	return 0;
}

int sb_plan_make(const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_board *board,
                 struct sb_sandbox_plan *out, struct sb_err *err)
{
	int rc;

	*out = (struct sb_sandbox_plan){.spec = spec, .arena = arena, .board = board, .control = -1, .log = -1, .terminal = -1};
	plan_controls(out);
	board->ids = sb_ids_choose(strcmp(out->user, "root") == 0);
	out->id = board->ids.build;
	out->landlock_abi = sb_landlock_abi();
	rc = plan_names(out, err);
	sb_controls_choose(out);
	if (rc == 0)
		rc = plan_limits(out, err);
	if (rc == 0)
		rc = plan_places(out, err);
	if (rc == 0 && spec->source)
		rc = sb_order_make(spec->control.order, spec->control.seed, spec->source->inventory, arena, &out->order, err);
	if (rc == 0)
		rc = plan_variables(out, err);
	if (rc == 0)
		rc = plan_steps(out, err);
	if (rc == 0)
		rc = sb_etc_choose(out, err);
	if (rc == 0)
		rc = sb_masks_choose(out, err);
	if (rc == 0)
		rc = sb_sysctls_choose(out, err);
	const struct sb_filter_wish wish = {.answers = out->answers, .debugging = spec->allow_ptrace};
	return rc ? rc : sb_filter_make(arena, &wish, &out->filter, err);
}
