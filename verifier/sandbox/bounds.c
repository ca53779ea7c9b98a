/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/bounds.h"
#include "verifier/sandbox/cgroup_find.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>

#define DEFAULT_WALL 3600
#define DEFAULT_MEMORY (UINT64_C(4) << 30)
#define DEFAULT_DISK (UINT64_C(8) << 30)
#define DEFAULT_INODES 1048576
#define DEFAULT_PROCESSES 4096
#define DEFAULT_OPEN_FILES 4096
/* /dev/shm, the root's mount points, what the kernel needs for page tables and stacks. */
#define HEADROOM (UINT64_C(128) << 20)

static uint64_t or(uint64_t asked, uint64_t fallback)
{
	return asked ? asked : fallback;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t without(uint64_t whole, uint64_t part)
{
	return whole > part ? whole - part : 0;
}

uint64_t sb_bounds_machine(void)
{
	struct sysinfo info;
	uint64_t whole = sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : UINT64_C(1) << 30;

	return least(whole, sb_cgroup_memory_around());
}

static void share_memory(struct sb_bounds *bounds, uint64_t root_bytes, uint64_t machine_bytes)
{
	uint64_t room = without(machine_bytes - machine_bytes / 8, root_bytes + HEADROOM);
	uint64_t beside = without(room, bounds->asked_disk);

	bounds->memory = least(bounds->asked_memory, beside > room / 2 ? beside : room / 2);
	bounds->disk = least(bounds->asked_disk, without(room, bounds->memory));
	bounds->ceiling = bounds->memory + bounds->disk + root_bytes + HEADROOM;
}

struct sb_bounds sb_bounds_choose(const struct sb_drop_limits *limits, uint64_t root_bytes, uint64_t machine_bytes)
{
	struct sb_bounds bounds = {
		.wall = or(limits->wall, DEFAULT_WALL),
		.asked_memory = or(limits->memory, DEFAULT_MEMORY),
		.asked_disk = or(limits->disk, DEFAULT_DISK),
		.inodes = or(limits->inodes, DEFAULT_INODES),
		.processes = or(limits->processes, DEFAULT_PROCESSES),
		.open_files = or(limits->open_files, DEFAULT_OPEN_FILES),
		.log = or(limits->log, SB_LIMIT_OF(LOG_BYTES)),
		.output_size = or(limits->output_size, SB_LIMIT_OF(OUTPUT_BYTES)),
		.output_count = or(limits->output_count, SB_LIMIT_OF(ENTRIES)),
	};

	share_memory(&bounds, root_bytes, machine_bytes);
	bounds.file_size = or(limits->file_size, bounds.disk);
	bounds.output_file_size = or(limits->output_file_size, bounds.output_size);
	return bounds;
}

static void lower(int resource, uint64_t *value)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) == 0 && now.rlim_max != RLIM_INFINITY)
		*value = least(*value, now.rlim_max);
}

void sb_bounds_lower(struct sb_bounds *bounds)
{
	lower(RLIMIT_NPROC, &bounds->processes);
	lower(RLIMIT_NOFILE, &bounds->open_files);
	lower(RLIMIT_FSIZE, &bounds->file_size);
	lower(RLIMIT_DATA, &bounds->memory);
}
