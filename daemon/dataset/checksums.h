/* A published list of checksums: which files make a database.  What PhysioNet calls SHA256SUMS.txt and what sha256sum prints: on each line 64
 * hexadecimal digits, a blank or two (or a blank and "*"), and a name. */
#ifndef VR_DATASET_CHECKSUMS_H
#define VR_DATASET_CHECKSUMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define VR_CHECKSUMS_NAME "SHA256SUMS.txt"
#define VR_CHECKSUMS_SIZE_MAX \
    ((size_t)64 << 20) /* bytes of text; PTB-XL, with 87,000 files, has 9 MB */
#define VR_CHECKSUMS_FILES_MAX 1000000
#define VR_CHECKSUMS_NAME_MAX 1024 /* bytes of a name, folders and all */

/* What lies beside the data of a database and is ours: no list may name it. */
#define VR_DATABASE_NOTE "dataset.json"
#define VR_DATABASE_PARTS ".vitalrig-get"

struct vr_checksum {
    const char *name;   /* "100.dat", "sub/100.dat": inside the folder, whatever stands there */
    const char *sha256; /* 64 lower-case digits */
};

/* Sorted by name, each once.  Zeroed = empty. */
struct vr_checksums {
    struct vr_checksum *items;
    size_t count, capacity;
    char *text; /* holds names and digits */
};

/* `display` names the list in errors.  VR_ERR_INPUT, with the line: no such list, a name that leads out of the folder or is ours, one name with
 * two checksums, or too much of anything.  A line for the list itself is passed over.  The caller ends *ret_list. */
int vr_checksums_parse(
    const char *text, size_t size, const char *display, struct vr_checksums *ret_list,
    struct vr_err *err);

/* Keep the files of the records that a pattern (fnmatch) names, by their last part or the whole, and those at the top that describe the
 * database (RECORDS, ANNOTATORS, LICENSE, README, tables).  The record of "sub/100.dat" is "sub/100".  False = no record is named. */
bool vr_checksums_select(struct vr_checksums *list, const char *pattern);

void vr_checksums_finish(struct vr_checksums *list);

#endif
