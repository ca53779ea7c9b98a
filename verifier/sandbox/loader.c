/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/loader.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HEADERS_MOST = 64 };

struct headers {
	Elf64_Ehdr head;
	Elf64_Phdr rows[HEADERS_MOST];
	size_t count;
};

static bool read_headers(int fd, struct headers *out)
{
	size_t bytes;

	if (fd < 0 || pread(fd, &out->head, sizeof(out->head), 0) != (ssize_t)sizeof(out->head) || memcmp(out->head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    out->head.e_ident[EI_CLASS] != ELFCLASS64 || out->head.e_phentsize != sizeof(out->rows[0]) || out->head.e_phnum > HEADERS_MOST ||
	    out->head.e_phoff > INT64_MAX)
		return false;
	out->count = out->head.e_phnum;
	bytes = out->count * sizeof(out->rows[0]);
	return pread(fd, out->rows, bytes, (off_t)out->head.e_phoff) == (ssize_t)bytes;
}

/** What the image names; false: nothing. */
static bool read_name(int image, char *out, size_t size)
{
	struct headers headers;

	if (!read_headers(image, &headers))
		return false;
	for (size_t i = 0; i < headers.count; i++) {
		const Elf64_Phdr *row = &headers.rows[i];

		if (row->p_type == PT_INTERP && row->p_filesz > 1 && row->p_filesz <= size && row->p_offset <= INT64_MAX)
			return pread(image, out, row->p_filesz, (off_t)row->p_offset) == (ssize_t)row->p_filesz && !out[row->p_filesz - 1];
	}
	return false;
}

/** Its code, from its base on. */
static void find_code(int fd, struct sb_loader *out)
{
	struct headers headers;

	if (!read_headers(fd, &headers))
		return;
	for (size_t i = 0; i < headers.count; i++)
		if (headers.rows[i].p_type == PT_LOAD && headers.rows[i].p_flags & PF_X) {
			out->begin = headers.rows[i].p_vaddr;
			out->end = headers.rows[i].p_vaddr + headers.rows[i].p_memsz;
		}
}

static void look(struct sb_tracing *tracing, const struct sb_kin *kin, struct sb_loader *out)
{
	const struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
	SB_CLOSING int image = openat(kin->folder - 1, "exe", O_RDONLY | O_CLOEXEC);
	char name[PATH_MAX];
	struct stat st;

	if (image < 0 || !read_name(image, name, sizeof(name)))
		return;
	SB_CLOSING int fd = name[0] == '/' ? (int)syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how)) : -1;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		sb_tracing_doubt(tracing, "process-unseen", name, false);
		return;
	}
	out->file = sb_tracing_file(tracing, fd, &st);
	if (!sb_tracing_is_scratch(tracing, st.st_dev) && strncmp(sb_path_base(name), "ld-linux", 8) == 0)
		find_code(fd, out);
}

static const struct sb_loader *loader_of(struct sb_tracing *tracing, const struct sb_kin *kin, uint32_t image)
{
	struct sb_loader *place = &tracing->loaders[image % SB_LOADERS];
	size_t count;
	bool lasting = sb_recorder_seen(tracing->recorder, &count)[image].origin == SB_TRACE_ROOT;

	if (place->known && place->image == image)
		return place;
	*place = (struct sb_loader){.image = image, .known = lasting, .file = SB_TRACE_NONE};
	look(tracing, kin, place);
	return place;
}

void sb_loader_note(struct sb_tracing *tracing, struct sb_kin *kin, uint64_t base)
{
	size_t count;
	const struct sb_recorded_process *rows = sb_recorder_processes(tracing->recorder, &count);
	uint32_t image = kin->process == SB_TRACE_NONE ? SB_TRACE_NONE : rows[kin->process].image;

	kin->loader_begin = kin->loader_end = 0;
	if (!base || image == SB_TRACE_NONE)
		return;
	const struct sb_loader *loader = loader_of(tracing, kin, image);
	sb_recorder_use(tracing->recorder, kin->process, loader->file, SB_TRACE_EXEC);
	if (loader->end > loader->begin && loader->end < UINT64_MAX - base) {
		kin->loader_begin = base + loader->begin;
		kin->loader_end = base + loader->end;
	}
}

bool sb_loader_asks(const struct sb_kin *kin, uint64_t caller)
{
	return caller >= kin->loader_begin && caller < kin->loader_end;
}
