/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdint.h>

/*
 * The one table of ceilings. Hitting one is SB_LIMIT with the row's name, its value and what was asked.
 * Rows: X(NAME, name in messages, value, unit, why)
 */
#define SB_LIMITS(X) \
	X(ARENA, "arena", UINT64_C(1) << 30, "bytes", "records of one stage") \
	X(BUF, "buf", UINT64_C(256) << 20, "bytes", "one growing text") \
	X(DOCUMENT_BYTES, "document-bytes", UINT64_C(1) << 20, "bytes", "a drop manifest or facts document") \
	X(RECORD_BYTES, "record-bytes", UINT64_C(64) << 20, "bytes", "a result record or statement") \
	X(DOCUMENT_DEPTH, "document-depth", 32, "levels", "nesting of a YAML document; libyaml is quadratic in it") \
	X(JSON_DEPTH, "json-depth", 64, "levels", "nesting of a JSON document") \
	X(MAP_KEYS, "map-keys", 1000, "keys", "one mapping of a document") \
	X(DOCUMENT_EVENTS, "document-events", 100000, "events", "size of a YAML document") \
	X(NEST_DEPTH, "nest-depth", 16, "levels", "containers inside containers") \
	X(NEST_REPEAT, "nest-repeat", 0, "times", "a member that holds itself is not opened again") \
	X(UNPACKED_TOTAL, "unpacked-total", UINT64_C(64) << 30, "bytes", "unpacked bytes of one run") \
	X(UNPACK_RATIO_TOTAL, "unpack-ratio-total", 100, "times", "unpacked bytes against the packed input, over UNPACK_FLOOR") \
	X(UNPACK_RATIO_MEMBER, "unpack-ratio-member", 1000, "times", "unpacked bytes of one member against its packed bytes") \
	X(UNPACK_FLOOR, "unpack-floor", UINT64_C(64) << 20, "bytes", "below this total no ratio is judged") \
	X(MEMBER_BYTES, "member-bytes", UINT64_C(2) << 30, "bytes", "one unpacked member") \
	X(ENTRIES, "entries", 1000000, "entries", "members of all archives of one run") \
	X(PATH_BYTES, "path-bytes", 4096, "bytes", "a member's path") \
	X(NAME_BYTES, "name-bytes", 255, "bytes", "one component of a path") \
	X(PATH_DEPTH, "path-depth", 256, "components", "a member's path") \
	X(PAX_BYTES, "pax-bytes", UINT64_C(1) << 20, "bytes", "one pax extended header") \
	X(DECODER_MEMORY, "decoder-memory", UINT64_C(256) << 20, "bytes", "dictionary of one decoder") \
	X(REGIONS, "regions", 4000000, "regions", "regions of one file") \
	X(PARSER_SILENCE, "parser-silence", 120000, "milliseconds", "a worker that parses and says nothing") \
	X(PARSER_SECONDS, "parser-seconds", 600, "seconds", "CPU time of one worker that parses") \
	X(PARSER_MEMORY, "parser-memory", UINT64_C(208) << 20, "bytes", "heap of one worker that parses") \
	X(PARSER_BYTES, "parser-bytes", UINT64_C(1) << 30, "bytes", "decoded by one worker before the next one takes over") \
	X(PARSER_FAILURES, "parser-failures", 64, "workers", "that failed on one side of one artifact") \
	X(ENCODED_AGAIN, "encoded-again", UINT64_C(64) << 20, "bytes", "content of one artifact that is encoded again, to prove its encoded form; of the rest the form stays a choice") \
	X(PARTS_BYTES, "parts-bytes", UINT64_C(64) << 20, "bytes", "records of what one file consists of") \
	X(DROP_PARSER_MEMORY, "drop-parser-memory", UINT64_C(2) << 30, "bytes", "heap of one worker that parses an archive of a drop") \
	X(DROP_PARTS_BYTES, "drop-parts-bytes", UINT64_C(1) << 30, "bytes", "records of what one archive of a drop consists of") \
	X(ELF_SECTIONS, "elf-sections", 100000, "sections", "section table of an ELF file") \
	X(FINDINGS, "findings", 100000, "findings", "differences listed for one run; the rest is counted") \
	X(LOG_BYTES, "log-bytes", UINT64_C(256) << 20, "bytes", "the log of one build") \
	X(OUTPUT_BYTES, "output-bytes", UINT64_C(16) << 30, "bytes", "all collected outputs") \
	X(TRACE_FILES, "trace-files", 1 << 20, "files", "versions of files in the trace of one build") \
	X(TRACE_PROCESSES, "trace-processes", 1 << 18, "processes", "program instances in the trace of one build") \
	X(TRACE_EDGES, "trace-edges", 1 << 23, "edges", "meetings of a process and a file in the trace of one build") \
	X(TRACE_ATTEMPTS, "trace-attempts", 1 << 20, "attempts", "attempts in the trace of one build") \
	X(TRACE_NAMES, "trace-names", UINT64_C(256) << 20, "bytes", "names and arguments in the trace of one build") \
	X(TRACE_ARGUMENTS, "trace-arguments", 4096, "bytes", "arguments of one process kept in a trace; the digest is of all") \
	X(OUTPUT_DEPTH, "output-depth", 64, "levels", "folders of the collected outputs") \
	X(ARGON2_MEMORY, "argon2-memory", UINT64_C(1) << 30, "bytes", "key derivation asked for by a key file") \
	X(ARGON2_OPS, "argon2-ops", 10, "passes", "key derivation asked for by a key file") \
	X(SCRYPT_MEMORY, "scrypt-memory", UINT64_C(1) << 30, "bytes", "key derivation asked for by a minisign key file") \
	X(SCRYPT_OPS, "scrypt-ops", UINT64_C(1) << 25, "operations", "key derivation asked for by a minisign key file") \
	X(AGENT_BYTES, "agent-bytes", UINT64_C(256) << 10, "bytes", "one message to or from an ssh-agent") \
	X(EVIDENCE_BYTES, "evidence-bytes", UINT64_C(256) << 20, "bytes", "evidence of one gate") \
	X(EVIDENCE_FILES, "evidence-files", 100000, "files", "evidence of one gate") \
	X(VOICES, "voices", 100000, "statements", "signed statements about the files of one gate") \
	X(STRANGE_SIGNATURES, "strange-signatures", UINT64_C(4) << 30, "bytes", "hashed to find that no key of the policy made a signature; each trial counts as 16 KiB more") \
	X(TRUST_VERSIONS, "trust-versions", 1024, "versions", "the chain of one trust root in one installation") \
	X(SIGNATURES, "signatures", 64, "signatures", "one DSSE envelope") \
	X(LINEAGE_ENTRIES, "lineage-entries", 100000, "entries", "of each list that says what shipped files were made of; the rest is counted") \
	X(LINEAGE_LINKS, "lineage-links", 2000000, "links", "from shipped files to what they were made of; the rest is counted") \
	X(LINEAGE_STEPS, "lineage-steps", UINT64_C(4000000000), "edges", "of a trace that are followed") \
	X(LINEAGE_SEARCH, "lineage-search", UINT64_C(16) << 30, "bytes", "of shipped files that are searched for prebuilt ones") \
	X(NOTE_BYTES, "note-bytes", UINT64_C(1) << 20, "bytes", "a signed note, or a proof with one") \
	X(NOTE_LINES, "note-lines", 64, "signatures", "one signed note") \
	X(LOG_ENTRY_BYTES, "log-entry-bytes", 65535, "bytes", "one entry of a log: its length is written in two bytes") \
	X(LOG_HEADS, "log-heads", 10000, "heads", "different notes with a head of one log in the evidence of one gate") \
	X(LOG_PROOFS, "log-proofs", 100000, "proofs", "of one log in the evidence of one gate") \
	X(LOG_SUBJECTS, "log-subjects", 512, "subjects", "one entry of a log; more are several entries") \
	X(PREVIEW_BYTES, "preview-bytes", 32, "bytes", "old and new bytes shown with a finding")

#define SB_LIMIT_ENUM(id, name, value, unit, why) SB_LIMIT_ROW_##id,
enum sb_limit_row { SB_LIMITS(SB_LIMIT_ENUM) SB_LIMIT_ROWS };
#undef SB_LIMIT_ENUM

struct sb_limit {
	const char *name; /* lower case with dashes: "nest-depth" */
	uint64_t value;
	const char *unit, *why;
};

/** The row; never NULL for a valid enumerator. */
const struct sb_limit *sb_limit(enum sb_limit_row row);

/** SB_LIMIT with id "limit-exceeded" and a message that names the row, its value and @asked. */
struct sb_err;
int sb_fail_limit(struct sb_err *err, enum sb_limit_row row, uint64_t asked);

#define SB_LIMIT_OF(name) (sb_limit(SB_LIMIT_ROW_##name)->value)

#endif
