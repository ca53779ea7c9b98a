/* SPDX-License-Identifier: Apache-2.0 */
/* The report writers. Adding one is its file and one row here. */
#include "verifier/report/writers.h"

#include <string.h>

static const struct sb_report_format *const formats[] = {&sb_report_text, &sb_report_json};

const struct sb_report_format *const *sb_report_formats(size_t *count)
{
	*count = sizeof formats / sizeof *formats;
	return formats;
}

const struct sb_report_format *sb_report_format_named(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}
