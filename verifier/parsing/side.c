/* SPDX-License-Identifier: Apache-2.0 */
/* Workers that see one side of one artifact, and the bytes that they are given. */
#include "verifier/parsing/side.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/** Copies up to this size stay in memory. */
enum { IN_MEMORY = 8 << 20 };

struct sb_parser_side *sb_parser_side_new(struct sb_parsers *parsers)
{
	struct sb_parser_side *side = calloc(1, sizeof *side);

	if (!side)
		return NULL;
	side->parsers = parsers;
	side->ceilings = (struct sb_parser_ceilings){.memory = SB_LIMIT_ROW_PARSER_MEMORY, .records = SB_LIMIT_ROW_PARTS_BYTES};
	pthread_mutex_init(&side->lock, NULL);
	return side;
}

void sb_parser_side_allow(struct sb_parser_side *side, struct sb_parser_ceilings ceilings)
{
	side->ceilings = ceilings;
}

void sb_parser_side_rest(struct sb_parser_side *side)
{
	pthread_mutex_lock(&side->lock);
	struct sb_worker *worker = side->idle;
	side->idle = NULL;
	pthread_mutex_unlock(&side->lock);
	while (worker) {
		struct sb_worker *next = worker->next;
		sb_worker_end(&worker);
		worker = next;
	}
}

void sb_parser_side_free(struct sb_parser_side **side)
{
	if (!*side)
		return;
	sb_parser_side_rest(*side);
	pthread_mutex_destroy(&(*side)->lock);
	free(*side);
	*side = NULL;
}

uint64_t sb_side_id(struct sb_parser_side *side)
{
	pthread_mutex_lock(&side->lock);
	uint64_t id = ++side->next_id;
	pthread_mutex_unlock(&side->lock);
	return id;
}

/* ---- bytes ---- */

void sb_source_init(struct sb_source *source, struct sb_parser_side *side, struct sb_reading *reading, struct sb_span bytes,
                    const struct sb_blob *blob)
{
	/* A part of a blob is copied: what else lies there is no business of this side's workers. */
	bool whole = blob && blob->mapped && blob->fd >= 0 && bytes.p == blob->bytes.p && bytes.n == blob->bytes.n;

	*source = (struct sb_source){.bytes = bytes, .fd = -1, .origin = whole ? blob->fd : -1, .id = sb_side_id(side), .reading = reading};
}

void sb_source_cut(struct sb_source *source, struct sb_parser_side *side, struct sb_span bytes, const struct sb_source *whole)
{
	bool within = whole->fd >= 0 && bytes.p >= whole->bytes.p && bytes.n <= whole->bytes.n &&
	              (size_t)(bytes.p - whole->bytes.p) <= whole->bytes.n - bytes.n;

	*source = (struct sb_source){.bytes = bytes, .fd = -1, .origin = within ? whole->fd : -1, .id = sb_side_id(side), .reading = whole->reading};
	source->offset = within ? whole->offset + (uint64_t)(bytes.p - whole->bytes.p) : 0;
}

static bool take_room(unsigned *room)
{
	unsigned left = __atomic_load_n(room, __ATOMIC_RELAXED);

	while (left && !__atomic_compare_exchange_n(room, &left, left - 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return left != 0;
}

void sb_source_rest(struct sb_source *source, unsigned *room)
{
	if (source->fd >= 0 && take_room(room))
		source->origin = -1;
	else
		sb_source_close(source);
}

void sb_source_close(struct sb_source *source)
{
	if (source->fd > 0)
		close(source->fd);
	source->fd = source->origin = -1;
	source->offset = 0;
}

/* The same file by a descriptor that can only read. */
static int reopen(int fd, int *out, struct sb_err *err)
{
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	*out = open(path, O_RDONLY | O_CLOEXEC);
	return *out >= 0 ? 0 : sb_fail_errno(err, "parser-start", "%s cannot be opened for a parser", path);
}

static int copy(struct sb_source *source, struct sb_err *err)
{
	SB_CLOSING int fd = source->bytes.n <= IN_MEMORY ? memfd_create("input", MFD_CLOEXEC) : -1;
	int rc = 0;

	if (fd < 0)
		rc = sb_io_spool(&fd, err);
	for (struct sb_span rest = source->bytes, piece; !rc && sb_reading_next(source->reading, &rest, &piece);)
		rc = sb_io_write(fd, piece, err);
	return rc ? rc : reopen(fd, &source->fd, err);
}

static int make(struct sb_source *source, struct sb_err *err)
{
	if (source->fd >= 0)
		return 0;
	if (source->origin >= 0)
		return reopen(source->origin, &source->fd, err);
	return copy(source, err);
}

static int give_input(struct sb_worker *worker, struct sb_source *source, struct sb_err *err)
{
	struct sb_wire_request request = {.ask = SB_ASK_INPUT, .a = source->offset, .b = source->bytes.n};

	if (worker->input == source->id)
		return 0;
	int rc = make(source, err);
	if (rc)
		return rc;
	worker->view = 0;
	worker->input = source->id;
	return sb_feed_ask(worker, &request, 0, source->fd) ? 0 : sb_fail(err, SB_INTERNAL, "parser-failed", "the parser died");
}

/* ---- workers ---- */

/* The idle worker that has most of what is wanted. */
static struct sb_worker *choose(struct sb_parser_side *side, uint64_t source, uint64_t view)
{
	struct sb_worker **best = NULL;

	for (struct sb_worker **at = &side->idle; *at; at = &(*at)->next) {
		if (!best || (*at)->input == source)
			best = at;
		if (view && (*at)->view == view) {
			best = at;
			break;
		}
	}
	struct sb_worker *chosen = best ? *best : NULL;
	if (chosen)
		*best = chosen->next;
	return chosen;
}

int sb_side_borrow(struct sb_parser_side *side, struct sb_source *source, uint64_t view, struct sb_worker **out, struct sb_err *err)
{
	pthread_mutex_lock(&side->lock);
	struct sb_worker *worker = choose(side, source->id, view);
	uint64_t failures = side->failures;
	pthread_mutex_unlock(&side->lock);

	if (worker && worker->decoded > SB_LIMIT_OF(PARSER_BYTES))
		sb_worker_end(&worker);
	if (!worker && failures >= SB_LIMIT_OF(PARSER_FAILURES))
		return sb_fail_limit(err, SB_LIMIT_ROW_PARSER_FAILURES, failures + 1);
	int rc = worker ? 0 : sb_worker_start(side->parsers, side->ceilings, &worker, err);
	if (!rc)
		rc = give_input(worker, source, err);
	if (rc && worker)
		sb_worker_end(&worker);
	if (!rc)
		*out = worker;
	return rc;
}

/* What its end says about why; more than "it died". */
static int explain_end(int status, const struct sb_feed *feed, struct sb_err *err)
{
	int signal = status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (feed->rc == SB_INTERNAL && signal == SIGXCPU)
		return sb_fail_limit(err, SB_LIMIT_ROW_PARSER_SECONDS, SB_LIMIT_OF(PARSER_SECONDS) + 1);
	if (feed->rc == SB_INTERNAL && signal == SIGSYS)
		return sb_fail(err, SB_INTERNAL, "parser-failed", "the parser tried what parsers may not do, and was ended");
	if (feed->rc == SB_INTERNAL && signal && signal != SIGKILL)
		return sb_fail(err, SB_INTERNAL, "parser-failed", "the parser was ended by signal %d", signal);
	if (err)
		*err = feed->err;
	return feed->rc;
}

int sb_side_return(struct sb_parser_side *side, struct sb_worker *worker, struct sb_feed *feed, struct sb_err *err)
{
	if (!feed->rc)
		sb_feed_finish(feed);
	if (feed->rc) {
		int status = sb_worker_end(&worker);
		pthread_mutex_lock(&side->lock);
		side->failures += feed->rc != SB_INTERRUPTED && feed->rc != SB_NOMEM;
		pthread_mutex_unlock(&side->lock);
		return explain_end(status, feed, err);
	}
	pthread_mutex_lock(&side->lock);
	worker->next = side->idle;
	side->idle = worker;
	pthread_mutex_unlock(&side->lock);
	return 0;
}
