/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/trades.h"

#include <string.h>

static const struct trade {
	const char *name;
	enum sb_trade trade;
	enum sb_carriage carriage;
} trades[] = {
	{"gcc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"g++", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"cc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"c++", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"cpp", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"c89", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"c99", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"cc1", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"cc1plus", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"cc1obj", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"lto1", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"lto-wrapper", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"f951", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"gfortran", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"gnat1", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"gdc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"clang", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"clang++", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"tcc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"rustc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"javac", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"ghc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"ocamlopt", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"ocamlc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"fpc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"compile", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"valac", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"dtc", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
	{"as", SB_TRADE_ASSEMBLER, SB_CARRIAGE_NONE},
	{"gas", SB_TRADE_ASSEMBLER, SB_CARRIAGE_NONE},
	{"nasm", SB_TRADE_ASSEMBLER, SB_CARRIAGE_NONE},
	{"yasm", SB_TRADE_ASSEMBLER, SB_CARRIAGE_NONE},
	{"asm", SB_TRADE_ASSEMBLER, SB_CARRIAGE_NONE},
	{"llvm-as", SB_TRADE_ASSEMBLER, SB_CARRIAGE_NONE},
	{"ld", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"ld.bfd", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"ld.gold", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"ld.lld", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"lld", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"gold", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"mold", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"collect2", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"link", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
	{"ar", SB_TRADE_ARCHIVER, SB_CARRIAGE_NONE},
	{"gcc-ar", SB_TRADE_ARCHIVER, SB_CARRIAGE_NONE},
	{"llvm-ar", SB_TRADE_ARCHIVER, SB_CARRIAGE_NONE},
	{"ranlib", SB_TRADE_ARCHIVER, SB_CARRIAGE_NONE},
	{"gcc-ranlib", SB_TRADE_ARCHIVER, SB_CARRIAGE_NONE},
	{"jar", SB_TRADE_ARCHIVER, SB_CARRIAGE_NONE},
	{"sh", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"dash", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"bash", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"busybox", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"make", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"gmake", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"perl", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"python", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"ruby", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"node", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"java", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"lua", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"awk", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"mawk", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"gawk", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"m4", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
	{"cp", SB_TRADE_CARRIER, SB_CARRIAGE_MOVER},
	{"mv", SB_TRADE_CARRIER, SB_CARRIAGE_MOVER},
	{"ln", SB_TRADE_CARRIER, SB_CARRIAGE_MOVER},
	{"install", SB_TRADE_CARRIER, SB_CARRIAGE_MOVER},
	{"ginstall", SB_TRADE_CARRIER, SB_CARRIAGE_MOVER},
	{"rsync", SB_TRADE_CARRIER, SB_CARRIAGE_MOVER},
	{"tar", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"bsdtar", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"cpio", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"pax", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"zip", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"unzip", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"gzip", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"bzip2", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"xz", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"zstd", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"lz4", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"cat", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"dd", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"tee", SB_TRADE_CARRIER, SB_CARRIAGE_CODER},
	{"dpkg-deb", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"mksquashfs", SB_TRADE_CARRIER, SB_CARRIAGE_PACKER},
	{"md5sum", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"sha1sum", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"sha256sum", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"sha512sum", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"cksum", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"cmp", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"wc", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"file", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
	{"chmod", SB_TRADE_CARRIER, SB_CARRIAGE_LOOKER},
};

/* "-12", "-12.2", "3.11": a version at the end of a name is no part of it. A name of a program never begins with a digit. */
static size_t without_version(const char *name, size_t n)
{
	size_t end = n;

	while (end && ((name[end - 1] >= '0' && name[end - 1] <= '9') || name[end - 1] == '.'))
		end--;
	if (end < n && end && name[end - 1] == '-')
		end--;
	return end;
}

static const struct trade *named(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof trades / sizeof *trades; i++)
		if (strlen(trades[i].name) == n && memcmp(trades[i].name, name, n) == 0)
			return &trades[i];
	return NULL;
}

/* As it is, or without its version. */
static const struct trade *find(const char *name)
{
	const struct trade *found = named(name, strlen(name));
	return found ? found : named(name, without_version(name, strlen(name)));
}

/* Only what makes programs has names that begin with a target system: "x86_64-linux-gnu-gcc-12". */
enum sb_trade sb_trade_of(const char *path)
{
	const char *name = sb_path_base(path);
	const struct trade *found = find(name);

	while (!found && (name = strchr(name, '-'))) {
		found = find(++name);
		if (found && (found->trade == SB_TRADE_CARRIER || found->trade == SB_TRADE_INTERPRETER))
			found = NULL;
	}
	return found ? found->trade : SB_TRADE_OTHER;
}

enum sb_carriage sb_carriage_of(const char *path)
{
	const struct trade *found = named(sb_path_base(path), strlen(sb_path_base(path)));
	return found ? found->carriage : SB_CARRIAGE_NONE;
}
