/* SPDX-License-Identifier: Apache-2.0 */
/* Traces made by hand: programs and files are added, then what they did to each other. */
#ifndef TESTS_UNIT_TRACE_PLOT_H
#define TESTS_UNIT_TRACE_PLOT_H

#include "verifier/trace/trace.h"

enum { PLOT_FILES = 200, PLOT_PROCESSES = 100, PLOT_EDGES = 600, PLOT_SOURCES = 100 };

struct plot {
	struct sb_trace_file files[PLOT_FILES];
	struct sb_trace_process processes[PLOT_PROCESSES];
	struct sb_trace_edge edges[PLOT_EDGES];
	struct sb_trace_attempt attempts[20];
	struct sb_trace trace;
	struct sb_entry entries[PLOT_SOURCES]; /* of the drop */
	size_t entry_count;
	struct sb_entry members[PLOT_SOURCES]; /* of archives in it */
	size_t member_count;
	struct sb_blob spool;
	struct sb_inventory inventory, members_inventory;
	struct sb_tree source, packed;
	struct sb_package_base packages;
	struct sb_trace_artifact artifacts[32];
	struct sb_trace_readymade prebuilt[4];
	struct sb_trace_in in;
	struct sb_arena *arena;
	struct sb_lineage out;
};

/** Also starts the programs "make" and those that it runs. */
void plot_begin(struct plot *plot);
void plot_end(struct plot *plot);
/** A file of the drop with @text; a trace file when @touched. Index of that, or SB_TRACE_NONE. */
uint32_t plot_source(struct plot *plot, const char *path, const char *text, bool touched);
/** A file that lies in an archive of the drop: "a.tar!/a/x.c". */
void plot_member(struct plot *plot, const char *path, const char *text);
uint32_t plot_file(struct plot *plot, const char *path, enum sb_trace_origin origin);
uint32_t plot_process(struct plot *plot, uint32_t parent, uint32_t image);
void plot_edge(struct plot *plot, uint32_t process, uint32_t file, unsigned uses);
/** Sort what has to be, and run the analysis; what it returned. */
int plot_run(struct plot *plot, struct sb_err *err);
/** Input @path of output @name gets in so; NONE when it does not. */
enum sb_inflow plot_inflow(const struct plot *plot, const char *name, const char *path);

#endif
