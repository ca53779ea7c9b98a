/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_probe FOLDER SEED OUTPUT STEP…: build a copy of FOLDER (regular files and folders) in the controlled environment, under a trace, by
 * these shell steps, and print the trace in lines of tab-separated fields. The build's log goes to stderr. Foreign text is escaped. With "-"
 * for SEED it is the same build with seed 1 and without a trace. $TRACE_PROBE_DIGESTS: folder where digests of the root are kept.
 */
#include "hashing/hashing.h"
#include "verifier/sandbox/sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct taking {
	struct sb_arena *arena;
	struct sb_vec entries, spools;
};

static int take(struct taking *all, int top, const char *path, struct sb_err *err);

static int take_folder(struct taking *all, int top, const char *path, struct sb_err *err)
{
	int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	SB_CLOSEDIR DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const char *name = NULL;

	if (!folder)
		return sb_fail_errno(err, "file-unreadable", "cannot list %s", path);
	while (rc == 0 && (rc = sb_path_next(folder, &name, err)) == 0 && name) {
		const char *below = strcmp(path, ".") == 0 ? sb_arena_copy(all->arena, sb_span_text(name)) : sb_arena_printf(all->arena, "%s/%s", path, name);

		rc = below ? take(all, top, below, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	return rc;
}

static int take(struct taking *all, int top, const char *path, struct sb_err *err)
{
	SB_CLOSING int fd = openat(top, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	struct sb_entry entry = {.path = path, .type = SB_ENTRY_FILE};

	if (fd < 0 || fstat(fd, &st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
	entry.mode = st.st_mode & 07777;
	entry.mtime = st.st_mtime;
	if (S_ISDIR(st.st_mode)) {
		entry.type = SB_ENTRY_DIR;
	} else {
		struct sb_blob *blob = sb_vec_push(&all->spools);
		if (!blob)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		int rc = sb_blob_take(fd, UINT64_MAX, blob, err);
		if (rc)
			return rc;
		entry.spool = (unsigned)(all->spools.count - 1);
		entry.size = blob->bytes.n;
	}
	struct sb_entry *slot = sb_vec_push(&all->entries);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = entry;
	return S_ISDIR(st.st_mode) ? take_folder(all, top, path, err) : 0;
}

static void show(const char *text, size_t n)
{
	SB_BUF struct sb_buf shown = {0};

	sb_escape(&shown, sb_span_of(text, n));
	printf("\t%s", shown.data ? shown.data : "");
}

static void show_index(uint32_t index)
{
	if (index == SB_TRACE_NONE)
		printf("\t-");
	else
		printf("\t%" PRIu32, index);
}

static void print_files(const struct sb_trace *trace)
{
	static const char *const origins[SB_TRACE_ORIGINS] = {"unknown", "source", "root", "built", "given", "device", "channel"};

	for (size_t i = 0; i < trace->file_count; i++) {
		const struct sb_trace_file *file = &trace->files[i];
		char digest[2 * SB_SHA256_BYTES + 1] = "-", gitoid[2 * SB_SHA256_BYTES + 1] = "-";

		if (file->digested) {
			sb_text_hex(sb_span_of(file->sha256, sizeof(file->sha256)), digest);
			sb_text_hex(sb_span_of(file->gitoid, sizeof(file->gitoid)), gitoid);
		}
		printf("file\t%zu\t%s\t%s%s%s%s\t%" PRIu64 "\t%s\t%s", i, origins[file->origin], file->final ? "f" : "", file->output ? "o" : "",
		       file->witness ? "w" : "", file->witness_read ? "r" : "", file->size, digest, gitoid);
		show(file->path, strlen(file->path));
		show(file->from ? file->from : "", file->from ? strlen(file->from) : 0);
		putchar('\n');
	}
}

static void print_processes(const struct sb_trace *trace)
{
	for (size_t i = 0; i < trace->process_count; i++) {
		const struct sb_trace_process *process = &trace->processes[i];
		char digest[2 * SB_SHA256_BYTES + 1];

		sb_text_hex(sb_span_of(process->argv_sha256, sizeof(process->argv_sha256)), digest);
		printf("process\t%zu", i);
		show_index(process->parent);
		show_index(process->image);
		printf("\t%" PRIu32 "\t%s%s\t%s", process->step, process->adopted ? "a" : "", process->argv_cut ? "c" : "", digest);
		show(process->cwd, strlen(process->cwd));
		show(process->argv, process->argv_length);
		putchar('\n');
	}
}

static void print_rest(const struct sb_trace *trace)
{
	static const char *const kinds[SB_TRACE_ATTEMPT_KINDS] = {"unknown", "network", "resolver", "clock", "random", "host-fact", "absent", "times"};

	for (size_t i = 0; i < trace->edge_count; i++)
		printf("edge\t%" PRIu32 "\t%" PRIu32 "\t%s%s%s%s\n", trace->edges[i].process, trace->edges[i].file,
		       trace->edges[i].uses & SB_TRACE_READ ? "r" : "", trace->edges[i].uses & SB_TRACE_WRITE ? "w" : "",
		       trace->edges[i].uses & SB_TRACE_EXEC ? "x" : "", trace->edges[i].uses & SB_TRACE_HOLD ? "h" : "");
	for (size_t i = 0; i < trace->attempt_count; i++) {
		printf("attempt");
		show_index(trace->attempts[i].process);
		printf("\t%s\t%" PRIu64, kinds[trace->attempts[i].kind], trace->attempts[i].count);
		show(trace->attempts[i].text, strlen(trace->attempts[i].text));
		putchar('\n');
	}
	for (size_t i = 0; i < trace->doubt_count; i++) {
		printf("doubt\t%s\t%s", trace->doubts[i].id, trace->doubts[i].integrity ? "integrity" : "-");
		show(trace->doubts[i].text, strlen(trace->doubts[i].text));
		putchar('\n');
	}
	for (size_t i = 0; i < trace->limit_count; i++)
		printf("limit\t%s\n", trace->limits[i].name);
	for (size_t i = 0; i < trace->witness_count; i++)
		printf("witness\t%s\n", trace->witnesses[i]);
	printf("trace\t%s\t%s\n", trace->present ? "present" : "absent", trace->trusted ? "trusted" : "not trusted");
}

static int run(struct taking *all, char **argv, int argc, struct sb_err *err)
{
	struct sb_inventory inventory;
	struct sb_drop_step *steps = sb_arena_array(all->arena, (size_t)argc, sizeof(*steps));
	const char *const outputs[] = {argv[3]};
	struct sb_sandbox_result result;
	uint64_t seed = 1;
	bool traced = strcmp(argv[2], "-") != 0;

	if (!steps || (traced && !sb_text_uint(sb_span_text(argv[2]), &seed)))
		return sb_fail(err, SB_USAGE, "usage", "the seed is a number");
	int rc = sb_inventory_seal(all->entries.items, all->entries.count, all->arena, &inventory, err);
	if (rc)
		return rc;
	for (int i = 4; i < argc; i++)
		steps[i - 4] = (struct sb_drop_step){.kind = SB_STEP_SHELL, .script = argv[i]};
	const struct sb_tree source = {.inventory = &inventory, .spools = all->spools.items, .spool_count = all->spools.count};
	const struct sb_sandbox_spec spec = {.host_root = true, .build_path = "/build/x", .source = &source, .steps = steps, .step_count = (size_t)argc - 4,
	                                     .control = {.epoch = 1600000000, .clock = SB_CLOCK_SHIFT, .umask = 022, .jobs = 2, .seed = seed},
	                                     .outputs = outputs, .output_count = 1, .log = STDERR_FILENO, .trace = traced,
	                                     .digests = getenv("TRACE_PROBE_DIGESTS")};
	rc = sb_sandbox_run(&spec, all->arena, &result, err);
	if (rc)
		return rc;
	printf("end\t%d\t%d\n", (int)result.end, result.status);
	print_files(&result.trace);
	print_processes(&result.trace);
	print_rest(&result.trace);
	rc = result.end == SB_END_DONE ? 0 : sb_fail(err, SB_FAILED, "build-end", "the build failed");
	sb_sandbox_release(&result);
	return rc;
}

int main(int argc, char **argv)
{
	struct taking all = {.entries = {.size = sizeof(struct sb_entry)}, .spools = {.size = sizeof(struct sb_blob)}};
	struct sb_err err = {0};
	SB_CLOSING int top = argc > 4 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (top < 0 || sb_hashing_start(&err) || !(all.arena = sb_arena_new(0)))
		return 2;
	int rc = take_folder(&all, top, ".", &err);
	if (rc == 0)
		rc = run(&all, argv, argc, &err);
	if (rc)
		fprintf(stderr, "trace_probe: %s: %s\n", err.id, err.msg);
	for (size_t i = 0; i < all.spools.count; i++)
		sb_blob_release(sb_vec_at(&all.spools, i));
	sb_vec_release(&all.spools);
	sb_vec_release(&all.entries);
	sb_arena_free(&all.arena);
	return rc || fflush(stdout) ? 1 : 0;
}
