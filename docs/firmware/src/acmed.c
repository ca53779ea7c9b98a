/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon that operators log in to. */
#include <stdio.h>
#include <string.h>

const char built[] = "built in " BUILT_IN " by " BUILT_BY " on " BUILT_ON " at " __DATE__ " " __TIME__;

__attribute__((noinline)) static int check_password(const char *user, const char *password)
{
	char line[128], expected[128];
	FILE *shadow = fopen("/settings/shadow", "r");
	int found = 0;

	snprintf(expected, sizeof expected, "%s:%s\n", user, password);
	while (shadow && !found && fgets(line, sizeof line, shadow))
		found = strcmp(line, expected) == 0;
	if (shadow)
		fclose(shadow);
	return found;
}

__attribute__((noinline)) static void serve(const char *user)
{
	printf("welcome, %s\n", user);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		puts(built);
		return 2;
	}
	if (!check_password(argv[1], argv[2]))
		return 1;
	serve(argv[1]);
	return 0;
}
