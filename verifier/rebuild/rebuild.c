/* SPDX-License-Identifier: Apache-2.0 */
/* The recipe in the sandbox: log kept, facts recorded, ends turned into errors that say what happened. */
#include "verifier/rebuild/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TAIL_LINES = 20, TAIL_BYTES = 8192 };

static int list_outputs(const struct sb_drop *drop, struct sb_arena *arena, const char *const **out, struct sb_err *err)
{
	const char **outputs = sb_arena_array(arena, drop->output_count, sizeof *outputs);

	if (!outputs)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < drop->output_count; i++)
		outputs[i] = drop->outputs[i].built;
	*out = outputs;
	return 0;
}

static struct sb_facts facts_of(const struct sb_drop *drop, const struct sb_environment *environment)
{
	const struct sb_controls *control = &drop->control;
	struct sb_facts facts = {
		.epoch = control->epoch,
		.path = drop->build_path,
		.user = control->user,
		.host = control->hostname,
		.locale = control->locale,
		.timezone = control->timezone,
		.jobs = control->jobs,
		.kernel = control->kernel,
	};

	if (!facts.kernel)
		facts.kernel = sb_property_named(&environment->host, "kernel");
	return facts;
}

/* What was read, not what was run: a program gives its output, but not its own words. */
static int list_tools(const struct sb_trace *trace, struct sb_arena *arena, struct sb_facts *out, struct sb_err *err)
{
	bool *read = sb_arena_array(arena, trace->file_count, sizeof *read);
	const char **paths = sb_arena_array(arena, trace->file_count, sizeof *paths);

	if (!read || !paths)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < trace->edge_count; i++)
		if (trace->edges[i].file < trace->file_count && (trace->edges[i].uses & SB_TRACE_READ))
			read[trace->edges[i].file] = true;
	for (size_t i = 0; i < trace->file_count; i++)
		if (read[i] && trace->files[i].origin == SB_TRACE_ROOT)
			paths[out->tool_count++] = trace->files[i].path;
	out->tools = paths;
	out->tools_known = trace->present && trace->trusted;
	return 0;
}

/* The last lines of a log that may be long: read from near its end, cut at a line. */
static int read_tail(int log, struct sb_buf *out, struct sb_err *err)
{
	char piece[TAIL_BYTES];
	off_t end = lseek(log, 0, SEEK_END), from = end > TAIL_BYTES ? end - TAIL_BYTES : 0;
	size_t got = 0, start, lines = 0;

	if (end < 0 || lseek(log, from, SEEK_SET) < 0)
		return sb_fail_errno(err, "log-failed", "cannot read the log of the build");
	int rc = sb_io_read(log, piece, (size_t)(end - from), &got, err);
	if (rc)
		return rc;
	for (start = got; start > 0; start--)
		if (piece[start - 1] == '\n' && start != got && ++lines == TAIL_LINES)
			break;
	out->len = 0;
	sb_buf_add(out, piece + start, got - start);
	return sb_buf_ok(out, err);
}

static int keep_log(const struct sb_rebuild_in *in, int log, struct sb_rebuilt *out, struct sb_err *err)
{
	int rc = read_tail(log, &out->log_tail, err);

	if (rc || !in->store)
		return rc;
	if (lseek(log, 0, SEEK_SET) < 0)
		return sb_fail_errno(err, "log-failed", "cannot read the log of the build");
	return sb_store_put_fd(in->store, log, SB_LIMIT_OF(LOG_BYTES), &out->log_digest, err);
}

static int fail_step(const struct sb_drop *drop, const struct sb_sandbox_result *run, struct sb_err *err)
{
	const char *name = drop->steps[run->step].name;
	const char *what = name ? name : drop->steps[run->step].kind == SB_STEP_SHELL ? drop->steps[run->step].script : drop->steps[run->step].argv[0];

	if (WIFSIGNALED(run->status))
		return sb_fail(err, SB_FAILED, "build-step-failed", "step %zu of %zu (%s) was ended by signal %d", run->step + 1, drop->step_count, what,
		               WTERMSIG(run->status));
	return sb_fail(err, SB_FAILED, "build-step-failed", "step %zu of %zu (%s) ended with status %d", run->step + 1, drop->step_count, what,
	               WEXITSTATUS(run->status));
}

static int fail_limit(const struct sb_drop *drop, const struct sb_sandbox_result *run, struct sb_err *err)
{
	char text[200];

	sb_sandbox_limit_text(&run->limit, text, sizeof text);
	return sb_fail(err, SB_FAILED, "build-limit", "step %zu of %zu met a limit: %s", run->step + 1, drop->step_count, text);
}

static int conclude(const struct sb_drop *drop, const struct sb_sandbox_result *run, struct sb_err *err)
{
	switch (run->end) {
	case SB_END_DONE:
		return 0;
	case SB_END_STEP_FAILED:
		return fail_step(drop, run, err);
	case SB_END_LIMIT:
		return fail_limit(drop, run, err);
	case SB_END_INTERRUPTED:
		return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
	case SB_END_UNKNOWN:
		break;
	}
	return sb_fail(err, SB_INTERNAL, "build-end", "the build ended in no known way");
}

static int run_recipe(const struct sb_rebuild_in *in, int log, struct sb_rebuilt *out, struct sb_err *err)
{
	const struct sb_drop *drop = in->drop;
	struct sb_sandbox_spec spec = {
		.host_root = in->root == NULL,
		.root = in->root,
		.build_path = drop->build_path,
		.source = in->source,
		.env = drop->env,
		.env_count = drop->env_count,
		.steps = drop->steps,
		.step_count = drop->step_count,
		.control = drop->control,
		.limits = drop->limits,
		.allow_ptrace = drop->allow_ptrace,
		.trace = in->trace,
		.digests = in->digests,
		.output_count = drop->output_count,
		.log = log,
		.progress = in->progress,
	};

	int rc = list_outputs(drop, out->arena, &spec.outputs, err);
	return rc ? rc : sb_sandbox_run(&spec, out->arena, &out->run, err);
}

int sb_rebuild_run(const struct sb_rebuild_in *in, struct sb_rebuilt *out, struct sb_err *err)
{
	SB_CLOSING int spool = -1;

	*out = (struct sb_rebuilt){.arena = sb_arena_new(0), .log_tail = {.ceiling = 2 * TAIL_BYTES}};
	if (!out->arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = in->log >= 0 ? 0 : sb_io_spool(&spool, err);
	int log = in->log >= 0 ? in->log : spool;
	if (!rc)
		rc = run_recipe(in, log, out, err);
	if (!rc)
		rc = keep_log(in, log, out, err);
	if (rc)
		return rc;
	out->facts = facts_of(in->drop, &out->run.environment);
	rc = list_tools(&out->run.trace, out->arena, &out->facts, err);
	return rc ? rc : conclude(in->drop, &out->run, err);
}

void sb_rebuild_release(struct sb_rebuilt *rebuilt)
{
	sb_sandbox_release(&rebuilt->run);
	sb_buf_release(&rebuilt->log_tail);
	sb_arena_free(&rebuilt->arena);
	*rebuilt = (struct sb_rebuilt){0};
}
