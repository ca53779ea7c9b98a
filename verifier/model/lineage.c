/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/model/lineage.h"
#include "verifier/model/words.h"

static const char *const inflow_names[SB_INFLOWS] = {"none", "control", "run", "data"};
static const char *const use_names[SB_USES] = {"unknown", "unread", "copied", "read"};
static const char *const origin_names[SB_ORIGINS] = {"unknown", "source", "toolchain", "built", "given", "device"};
static const char *const trade_names[SB_TRADES] = {"other", "compiler", "assembler", "linker", "archiver", "interpreter", "carrier"};
static const char *const declared_names[SB_DECLARATIONS] = {"nothing", "yes", "other-version", "no"};

const char *sb_inflow_name(enum sb_inflow inflow)
{
	return sb_word_of(inflow_names, SB_INFLOWS, (size_t)inflow);
}

const char *sb_use_name(enum sb_use use)
{
	return sb_word_of(use_names, SB_USES, (size_t)use);
}

const char *sb_origin_name(enum sb_origin origin)
{
	return sb_word_of(origin_names, SB_ORIGINS, (size_t)origin);
}

const char *sb_trade_name(enum sb_trade trade)
{
	return sb_word_of(trade_names, SB_TRADES, (size_t)trade);
}

const char *sb_declaration_name(enum sb_declaration declaration)
{
	return sb_word_of(declared_names, SB_DECLARATIONS, (size_t)declaration);
}

bool sb_inflow_parse(const char *name, enum sb_inflow *out)
{
	size_t value;
	if (!sb_word_find(inflow_names, SB_INFLOWS, name, &value))
		return false;
	*out = (enum sb_inflow)value;
	return true;
}

bool sb_use_parse(const char *name, enum sb_use *out)
{
	size_t value;
	if (!sb_word_find(use_names, SB_USES, name, &value))
		return false;
	*out = (enum sb_use)value;
	return true;
}

bool sb_origin_parse(const char *name, enum sb_origin *out)
{
	size_t value;
	if (!sb_word_find(origin_names, SB_ORIGINS, name, &value))
		return false;
	*out = (enum sb_origin)value;
	return true;
}

bool sb_trade_parse(const char *name, enum sb_trade *out)
{
	size_t value;
	if (!sb_word_find(trade_names, SB_TRADES, name, &value))
		return false;
	*out = (enum sb_trade)value;
	return true;
}

bool sb_declaration_parse(const char *name, enum sb_declaration *out)
{
	size_t value;
	if (!sb_word_find(declared_names, SB_DECLARATIONS, name, &value))
		return false;
	*out = (enum sb_declaration)value;
	return true;
}
