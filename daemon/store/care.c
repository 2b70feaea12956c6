/* The length of a store's log, and pages that nothing uses. */
#include "store/care.h"

#include <stdio.h>
#include <sys/stat.h>

#include "store/sql.h"

int64_t vr_store_wal_bytes(struct vr_store *store)
{
    struct stat info;
    _cleanup_free_ char *log = NULL;
    if (asprintf(&log, "%s-wal", store->path) < 0)
        return 0;
    return stat(log, &info) == 0 ? info.st_size : 0;
}

int vr_store_shrink(struct vr_store *store, struct vr_err *err)
{
    return vr_sql_script(store, "give back free pages", "PRAGMA incremental_vacuum", err);
}
