/* Files of a database: its own, and those that SQLite keeps beside it.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_FILE_H
#define VR_STORE_FILE_H

#include <stdbool.h>

#include "base/err.h"

/* Ends of the names of files that belong to a database, its own ("") last: whoever moves or removes them in this order never leaves a
 * log that the next file of the name would take for its own. */
#define VR_FILE_SUFFIXES 4
extern const char *const vr_file_suffixes[VR_FILE_SUFFIXES];

/* Is `path` + `suffix` there, with something in it?  True when memory is out. */
bool vr_file_side_exists(const char *path, const char *suffix);
/* With everything beside it; what is not there is no matter. */
void vr_file_remove(const char *path);
/* The folder that `path` lies in: a new name, or a name that is gone, outlives a power cut. */
int vr_file_sync_folder(const char *path, struct vr_err *err);
int vr_file_sync(const char *path, struct vr_err *err);
/* Sync, give it its name in place of what has it, and sync the folder: after a crash the name stands for the old file or the whole new
 * one. */
int vr_file_replace(const char *from, const char *to, struct vr_err *err);

/* "20261127T113000Z" of `utc_ns`. */
#define VR_FILE_TIME_SIZE 17
const char *vr_file_time(long long utc_ns, char *buffer);

#endif
