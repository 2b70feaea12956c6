/* Care of a store that lives for years: copies, forgetting, a damaged file, the length of its log.  For the catalogue, by the one
 * process that writes it; all but the queue's own use is on struct vr_store. */
#ifndef VR_STORE_CARE_H
#define VR_STORE_CARE_H

#include "store/store.h"

/* Length of the write-ahead log beside the file; 0 = there is none.  A reader that does not end lets it grow: VR_STORE_WAL_ALARM_BYTES
 * is worth an alarm, at VR_STORE_WAL_MAX_BYTES nothing more is written. */
#define VR_STORE_WAL_ALARM_BYTES (INT64_C(256) << 20)
#define VR_STORE_WAL_MAX_BYTES (INT64_C(1) << 30)
int64_t vr_store_wal_bytes(struct vr_store *store);

/* Give pages that nothing uses back to the file system.  Not within a batch. */
int vr_store_shrink(struct vr_store *store, struct vr_err *err);

#endif
