/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/model/result.h"

#include <string.h>

const char *sb_property_named(const struct sb_properties *properties, const char *name)
{
	for (size_t i = 0; i < properties->count; i++)
		if (strcmp(properties->items[i].name, name) == 0)
			return properties->items[i].value;
	return NULL;
}
