/* What the files of the queue share.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_QUEUE_FILE_H
#define VR_STORE_QUEUE_FILE_H

#include "store/queue.h"
#include "store/sql.h"

struct vr_queue {
    struct vr_store
        *store; /* of the kind "queue": the lock, the log, the transactions are the same */
};

#endif
