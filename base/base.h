/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of the room: errors, bytes, memory, files, threads, text. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/crc32c.h"
#include "base/depot.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/escape.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/reading.h"
#include "base/span.h"
#include "base/text.h"
#include "base/vec.h"

#endif
