/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/sysctls.h"

#include <sys/prctl.h>

/*
 * Those that C libraries, language runtimes and test suites read; values are the kernel's defaults (Documentation/admin-guide/sysctl),
 * but for what proc.c bounds.
 */
static const struct sb_given_file fixed[] = {
	{.path = "crypto/fips_enabled", .text = "0\n"},
	{.path = "fs/file-max", .text = "9223372036854775807\n"},
	{.path = "fs/inotify/max_user_instances", .text = "32\n"},
	{.path = "fs/inotify/max_user_watches", .text = "65536\n"},
	{.path = "fs/nr_open", .text = "1048576\n"},
	{.path = "fs/pipe-max-size", .text = "1048576\n"},
	{.path = "fs/suid_dumpable", .text = "0\n"},
	{.path = "kernel/core_pattern", .text = "core\n"},
	{.path = "kernel/msgmax", .text = "8192\n"},
	{.path = "kernel/msgmnb", .text = "16384\n"},
	{.path = "kernel/msgmni", .text = "32000\n"},
	{.path = "kernel/ngroups_max", .text = "65536\n"},
	{.path = "kernel/ostype", .text = "Linux\n"},
	{.path = "kernel/overflowgid", .text = "65534\n"},
	{.path = "kernel/overflowuid", .text = "65534\n"},
	{.path = "kernel/pid_max", .text = "4194304\n"},
	{.path = "kernel/random/boot_id", .text = "00000000-0000-4000-8000-000000000000\n"},
	{.path = "kernel/random/entropy_avail", .text = "256\n"},
	{.path = "kernel/random/poolsize", .text = "256\n"},
	{.path = "kernel/random/uuid", .text = "11111111-1111-4111-8111-111111111111\n"},
	{.path = "kernel/randomize_va_space", .text = "2\n"},
	{.path = "kernel/sem", .text = "32000\t1024000000\t500\t32000\n"},
	{.path = "kernel/shmall", .text = "1048576\n"},
	{.path = "kernel/shmmax", .text = "4294967296\n"},
	{.path = "kernel/shmmni", .text = "4096\n"},
	{.path = "kernel/tainted", .text = "0\n"},
	{.path = "kernel/threads-max", .text = "65536\n"},
	{.path = "net/core/rmem_max", .text = "212992\n"},
	{.path = "net/core/somaxconn", .text = "4096\n"},
	{.path = "net/core/wmem_max", .text = "212992\n"},
	{.path = "net/ipv4/ip_local_port_range", .text = "32768\t60999\n"},
	{.path = "net/ipv6/bindv6only", .text = "0\n"},
	{.path = "vm/max_map_count", .text = "65530\n"},
	{.path = "vm/mmap_min_addr", .text = "65536\n"},
	{.path = "vm/nr_hugepages", .text = "0\n"},
	{.path = "vm/overcommit_memory", .text = "0\n"},
	{.path = "vm/overcommit_ratio", .text = "50\n"},
	{.path = "vm/swappiness", .text = "60\n"},
};
#define FIXED (sizeof(fixed) / sizeof(fixed[0]))
enum { CHOSEN = 5 };

/** The only one of which a wrong value would lead astray: libraries drop capabilities up to it one by one. */
static unsigned last_capability(void)
{
	unsigned last = 0;

	while (prctl(PR_CAPBSET_READ, (unsigned long)last + 1, 0, 0, 0) >= 0)
		last++;
	return last;
}

int sb_sysctls_choose(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	struct sb_arena *arena = plan->arena;
	const struct sb_given_file chosen[CHOSEN] = {
		{.path = "kernel/cap_last_cap", .text = sb_arena_printf(arena, "%u\n", last_capability())},
		{.path = "kernel/hostname", .text = sb_arena_printf(arena, "%s\n", plan->hostname)},
		{.path = "kernel/domainname", .text = sb_arena_printf(arena, "%s\n", plan->domain)},
		{.path = "kernel/osrelease", .text = sb_arena_printf(arena, "%s\n", plan->kernel)},
		{.path = "kernel/version", .text = sb_arena_printf(arena, "%s\n", plan->kernel_version)},
	};
	struct sb_given_file *items = sb_arena_array(arena, FIXED + CHOSEN, sizeof(*items));

	for (size_t i = 0; items && i < CHOSEN; i++) {
		if (!chosen[i].text)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		items[i] = chosen[i];
	}
	if (!items)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < FIXED; i++)
		items[CHOSEN + i] = fixed[i];
	plan->sysctls = (struct sb_given_files){.items = items, .count = FIXED + CHOSEN};
	return 0;
}
