/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: words of a trace document, in the order of their enumerators; NULL at the end. */
#ifndef MANIFESTS_TRACE_WORDS_H
#define MANIFESTS_TRACE_WORDS_H

extern const char *const sb_trace_origin_words[];
extern const char *const sb_trace_attempt_words[];

#endif
