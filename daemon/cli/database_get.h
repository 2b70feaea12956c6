/* A published database into a folder: by its list of checksums, resumed where an earlier try was, every file verified. */
#ifndef VR_CLI_DATABASE_GET_H
#define VR_CLI_DATABASE_GET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/catalog.h"

struct vr_database_choice {
    const struct vr_database *database;
    const char *base_url; /* without a slash at its end; then /SLUG/VERSION/NAME */
    const char *folder;   /* its files go here */
    const char *records;  /* pattern of record names; NULL = all files */
    long stall_s;
    int retries;          /* after a try that brought nothing */
    double retry_delay_s; /* before the first of them; doubled for each */
    bool dry_run, quiet;
    const atomic_int *stop; /* not 0 = stop */
};

struct vr_database_result {
    char sha256[VR_DIGEST_HEX_SIZE]; /* of the list of checksums */
    size_t files;                    /* wanted */
    size_t unselected;               /* those that `records` leaves out */
    size_t kept;                     /* were here, and right */
    size_t fetched;                  /* or to be fetched, in a dry run */
    size_t failed;
    int64_t received_bytes;
};

/* A file has its name only when it is verified; what is not whole lies in FOLDER/.vitalrig-get until it is.  One that does not have its
 * checksum is fetched once more, then counted in `failed`, as is one that is not there; then the first error is returned when all the others
 * are done.  Also VR_ERR_EMPTY when no record is chosen, VR_ERR_LINK when the server is lost for good, VR_ERR_INTERRUPTED.  *ret_result is
 * filled also on error, as far as it came. */
int vr_database_get(
    const struct vr_database_choice *choice, struct vr_database_result *ret_result,
    struct vr_err *err);

#endif
