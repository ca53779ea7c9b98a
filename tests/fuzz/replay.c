/* SPDX-License-Identifier: Apache-2.0 */
/* A main for harnesses without libFuzzer: runs each file given, and each file of each folder given, through the harness once. */
#include "base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The harness gets a block of exactly the file's size, so that a sanitizer sees each step outside. */
static int run_file(int dir, const char *name)
{
	SB_FREEING char *text = NULL;
	struct sb_err err = {0};
	size_t n;

	if (sb_io_slurp(dir, name, 64 << 20, &text, &n, &err) != 0) {
		fprintf(stderr, "%s: %s\n", name, err.msg);
		return -1;
	}
	SB_FREEING uint8_t *exact = malloc(n ? n : 1);
	if (!exact)
		return -1;
	memcpy(exact, text, n);
	LLVMFuzzerTestOneInput(exact, n);
	return 1;
}

/* How many files ran; negative when one could not be read. */
static int run_folder(const char *name)
{
	SB_CLOSEDIR DIR *folder = opendir(name);
	int count = 0;

	if (!folder)
		return -1;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		int ran = run_file(dirfd(folder), entry->d_name);
		if (ran < 0)
			return ran;
		count += ran;
	}
	return count;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		bool is_folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
		int ran = is_folder ? run_folder(argv[i]) : run_file(AT_FDCWD, argv[i]);
		if (ran < 0)
			return 1;
		count += ran;
	}
	printf("%d inputs\n", count);
	return count == 0;
}
