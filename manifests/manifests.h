/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of the room: every document that is read or written. */
#ifndef MANIFESTS_MANIFESTS_H
#define MANIFESTS_MANIFESTS_H

#include "manifests/checkpoint.h"
#include "manifests/demand.h"
#include "manifests/drop.h"
#include "manifests/dsc.h"
#include "manifests/dsse.h"
#include "manifests/facts.h"
#include "manifests/inventory.h"
#include "manifests/log_entry.h"
#include "manifests/making.h"
#include "manifests/moment.h"
#include "manifests/node.h"
#include "manifests/note.h"
#include "manifests/olpc.h"
#include "manifests/omnibor.h"
#include "manifests/parcel.h"
#include "manifests/policy.h"
#include "manifests/provenance.h"
#include "manifests/record.h"
#include "manifests/statement.h"
#include "manifests/trace_document.h"
#include "manifests/trust_root.h"
#include "manifests/trust_state.h"
#include "manifests/tlog_proof.h"
#include "manifests/vsa.h"

#endif
