/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/cgroup.h"
#include "verifier/sandbox/cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *sb_limits_kind_name(enum sb_limits_kind kind)
{
	static const char *const names[] = {[SB_LIMITS_RLIMIT] = "rlimit", [SB_LIMITS_CGROUP1] = "cgroup1", [SB_LIMITS_CGROUP2] = "cgroup2"};

	return names[kind];
}

void sb_cgroup_init(struct sb_cgroup *group)
{
	*group = (struct sb_cgroup){.memory = -1, .pids = -1, .memory_above = -1, .pids_above = -1};
}

static bool put_number(int group, const char *file, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return sb_cgroup_put(group, file, text);
}

static int make_below(int above, const char *name)
{
	if (mkdirat(above, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/** Init is one of them, and needs another to be of any use. */
static uint64_t tasks(const struct sb_bounds *bounds)
{
	return bounds->processes < 2 ? 2 : bounds->processes;
}

/* ---- the unified hierarchy ---- */

/** oom.group: a build of which the kernel has ended one process is not a build; and no swap, which would only hide the limit. */
static bool set_unified(int group, const struct sb_bounds *bounds)
{
	(void)!sb_cgroup_put(group, "memory.swap.max", "0");
	return put_number(group, "memory.max", bounds->ceiling) && sb_cgroup_put(group, "memory.oom.group", "1") &&
	       put_number(group, "pids.max", tasks(bounds));
}

/** A group with the controllers below @above, which gets them when it may give them: a group that holds processes itself may not. */
static bool make_unified(struct sb_cgroup *out, int above, const struct sb_bounds *bounds)
{
	SB_CLOSING int group = -1;

	sb_cgroup_sweep(above);
	(void)!sb_cgroup_put(above, "cgroup.subtree_control", "+memory +pids");
	group = make_below(above, out->name);
	if (group < 0)
		return false;
	if (!set_unified(group, bounds)) {
		unlinkat(above, out->name, AT_REMOVEDIR);
		return false;
	}
	out->kind = SB_LIMITS_CGROUP2;
	out->memory = sb_steal_fd(&group);
	out->pids = fcntl(out->memory, F_DUPFD_CLOEXEC, 0);
	out->memory_above = fcntl(above, F_DUPFD_CLOEXEC, 0);
	return true;
}

/** Beside our own group, which holds us and so has no groups with limits below it; or below it when it is the top. */
static bool try_unified(struct sb_cgroup *out, const struct sb_bounds *bounds)
{
	bool top = false;
	SB_CLOSING int own = sb_cgroup_own(NULL, &top);
	SB_CLOSING int above = own < 0 || top ? -1 : openat(own, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char controllers[256];

	if (own < 0) {
		snprintf(out->why, sizeof(out->why), "no cgroup2 hierarchy is mounted");
		return false;
	}
	if (!sb_cgroup_get(own, "cgroup.controllers", controllers, sizeof(controllers)) || !strstr(controllers, "memory") ||
	    !strstr(controllers, "pids")) {
		snprintf(out->why, sizeof(out->why), "the cgroup2 hierarchy has not both memory and pids for us");
		return false;
	}
	if ((above >= 0 && make_unified(out, above, bounds)) || make_unified(out, own, bounds))
		return true;
	snprintf(out->why, sizeof(out->why), "no group may be made in the cgroup2 hierarchy: %s", strerror(errno));
	return false;
}

/* ---- the old hierarchies ---- */

static bool set_old(const struct sb_cgroup *group, const struct sb_bounds *bounds)
{
	(void)!sb_cgroup_put(group->memory, "memory.use_hierarchy", "1");
	(void)!sb_cgroup_put(group->memory, "memory.swappiness", "0");
	if (!put_number(group->memory, "memory.limit_in_bytes", bounds->ceiling) ||
	    !put_number(group->pids, "pids.max", tasks(bounds)))
		return false;
	(void)!put_number(group->memory, "memory.memsw.limit_in_bytes", bounds->ceiling);
	return true;
}

static bool try_old(struct sb_cgroup *out, const struct sb_bounds *bounds)
{
	out->memory_above = sb_cgroup_own("memory", NULL);
	out->pids_above = sb_cgroup_own("pids", NULL);
	if (out->memory_above < 0 || out->pids_above < 0)
		return false;
	sb_cgroup_sweep(out->memory_above);
	sb_cgroup_sweep(out->pids_above);
	out->memory = make_below(out->memory_above, out->name);
	out->pids = make_below(out->pids_above, out->name);
	if (out->memory < 0 || out->pids < 0 || !set_old(out, bounds)) {
		size_t n = strlen(out->why);

		snprintf(out->why + n, sizeof(out->why) - n, "; nor in the old ones: %s", strerror(errno));
		return false;
	}
	out->kind = SB_LIMITS_CGROUP1;
	return true;
}

void sb_cgroup_make(struct sb_cgroup *group, const struct sb_bounds *bounds)
{
	sb_cgroup_init(group);
	if (!sb_cgroup_name(group->name, sizeof(group->name))) {
		snprintf(group->why, sizeof(group->why), "/proc does not tell about this process: it is not there, or of another pid namespace");
		return;
	}
	if (!try_unified(group, bounds) && !try_old(group, bounds))
		sb_cgroup_remove(group);
}

bool sb_cgroup_join(struct sb_cgroup *group, pid_t pid)
{
	if (group->kind == SB_LIMITS_RLIMIT)
		return true;
	if (put_number(group->memory, "cgroup.procs", (uint64_t)pid) && put_number(group->pids, "cgroup.procs", (uint64_t)pid))
		return true;
	snprintf(group->why, sizeof(group->why), "a %s was made but may not be entered: %s", sb_limits_kind_name(group->kind), strerror(errno));
	sb_cgroup_remove(group);
	return false;
}

/* ---- use ---- */

static void look_unified(const struct sb_cgroup *group, struct sb_cgroup_use *out)
{
	char text[8192];

	if (sb_cgroup_get(group->memory, "memory.stat", text, sizeof(text))) {
		out->anonymous = sb_cgroup_value(text, "anon");
		out->shared = sb_cgroup_value(text, "shmem");
	}
	if (sb_cgroup_get(group->memory, "memory.peak", text, sizeof(text)))
		out->peak = strtoull(text, NULL, 10);
	if (sb_cgroup_get(group->memory, "memory.events", text, sizeof(text)))
		out->oom_kills = sb_cgroup_value(text, "oom_kill");
}

static void look_old(const struct sb_cgroup *group, struct sb_cgroup_use *out)
{
	char text[8192];

	if (sb_cgroup_get(group->memory, "memory.stat", text, sizeof(text))) {
		out->anonymous = sb_cgroup_value(text, "total_rss");
		out->shared = sb_cgroup_value(text, "total_shmem");
	}
	if (sb_cgroup_get(group->memory, "memory.max_usage_in_bytes", text, sizeof(text)))
		out->peak = strtoull(text, NULL, 10);
	if (sb_cgroup_get(group->memory, "memory.oom_control", text, sizeof(text)))
		out->oom_kills = sb_cgroup_value(text, "oom_kill");
}

void sb_cgroup_look(const struct sb_cgroup *group, struct sb_cgroup_use *out)
{
	char text[256];

	*out = (struct sb_cgroup_use){0};
	if (group->kind == SB_LIMITS_RLIMIT)
		return;
	if (group->kind == SB_LIMITS_CGROUP2)
		look_unified(group, out);
	else
		look_old(group, out);
	if (sb_cgroup_get(group->pids, "pids.events", text, sizeof(text)))
		out->fork_refusals = sb_cgroup_value(text, "max");
}

void sb_cgroup_remove(struct sb_cgroup *group)
{
	if (group->memory >= 0)
		sb_cgroup_drop(group->memory_above, group->name);
	if (group->pids >= 0 && group->pids_above >= 0)
		sb_cgroup_drop(group->pids_above, group->name);
	sb_close_fd(&group->memory);
	sb_close_fd(&group->pids);
	sb_close_fd(&group->memory_above);
	sb_close_fd(&group->pids_above);
	group->kind = SB_LIMITS_RLIMIT;
}
