/* Work on the store that must survive a power cut at any point of it. */
#ifndef TEST_SERVICE_POWER_CUTS_H
#define TEST_SERVICE_POWER_CUTS_H

#include <stdbool.h>

#include "store/store.h"

/* What one cut left, and what had been acknowledged before it. */
struct cut {
    int acknowledged[8]; /* by the work's own numbers */
    bool
        thorough; /* ask every constraint again, too, and merge again: 20 times as slow, so at each 32nd point */
    bool recovered; /* somebody has opened everything for writing once since */
};

struct work {
    const char *name;
    void (*prepare)(void); /* what was there before; may be NULL */
    void (*run)(void);     /* recorded; says what is stored with disk_acknowledge */
    void (*recover)(void); /* open for writing, and close */
    void (*prove)(const struct cut *cut);
};

extern const struct work work_run, work_trace, work_taken_up, work_merge, work_health, work_migrate,
    work_queue, work_care;

/* Path of a file in the folder; it stays valid. */
const char *work_path(const char *name);
/* Open, or die: the work itself must not fail.  With --normal the file is then written as it must not be, with synchronous=NORMAL. */
struct vr_store *work_open(const char *path, enum vr_store_mode mode);
/* A loss, or damage. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* integrity_check and references, and vr_store_check when thorough. */
void prove_whole(struct vr_store *store, const struct cut *cut);
/* First column of the first row, -1 = none. */
int64_t number_of(struct vr_store *store, const char *sql);
/* Opens for writing, as the next writer does; NULL = complained. */
struct vr_store *prove_opens(const char *path);
/* Close, and see that nothing is left beside it. */
void prove_closes(struct vr_store *store, const char *path);

#endif
