#ifndef VR_SERVICE_INTERIM_H
#define VR_SERVICE_INTERIM_H
#include "store/store.h"
int vr_store_snapshot(struct vr_store *store, const char *path, struct vr_err *err);
int vr_store_backup(struct vr_store *store, const char *folder, int keep, struct vr_err *err);
#endif
