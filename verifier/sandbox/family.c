/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/family.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/** Resident without shared pages: fields 2 and 3 of /proc/PID/statm (proc(5)). */
static uint64_t own_memory(int proc, const char *pid)
{
	uint64_t resident = 0, shared = 0;
	char path[300], text[256];

	snprintf(path, sizeof(path), "%s/statm", pid);
	SB_CLOSING int fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = 0;
	if (sscanf(text, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) != 2 || shared > resident)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void sb_family_look(int proc, struct sb_family *family)
{
	int fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SB_CLOSEDIR DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	family->memory = family->processes = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		/* init is a copy of the supervisor, whose memory it shares */
		if (!isdigit((unsigned char)entry->d_name[0]) || strcmp(entry->d_name, "1") == 0)
			continue;
		family->processes++;
		family->memory += own_memory(proc, entry->d_name);
	}
	if (family->processes > family->most)
		family->most = family->processes;
}
