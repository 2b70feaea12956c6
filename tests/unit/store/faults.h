/* A machine that fails: SQLite's writes, truncations, unlinks and creations, every fsync and every rename of the process, or else SQLite's
 * allocations, are counted and spoiled at the chosen one.
 *
 * fsync, fdatasync and rename are defined here, as symbols of the program, because SQLite's xSetSystemCall does not reach them; link with
 * export_dynamic.  They do not sync: what a power cut leaves is tests/service/power_cuts.c. */
#ifndef TEST_STORE_FAULTS_H
#define TEST_STORE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_ERROR,  /* the operation fails with fault.error */
    FAULT_MEMORY, /* as FAULT_ERROR, but the operations are allocations */
    FAULT_KILL    /* the process dies before the operation */
};

struct fault_plan {
    enum fault_kind kind;
    long at;      /* the operation that is hit, from 1; 0 = none */
    int error;    /* EIO, ENOSPC: of writes; a failing fsync is always EIO */
    bool forever; /* every operation from `at` on */
};

/* Take the place of SQLite's system calls, for good. */
void faults_install(void);
/* Start counting from 0 by this plan. */
void faults_plan(struct fault_plan plan);
/* Operations since faults_plan, and whether one was hit. */
long faults_count(void);
bool faults_fired(void);

#endif
