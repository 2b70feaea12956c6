/* dataset.json beside the files of a database: where they come from, their licence, and what to cite. */
#ifndef VR_CLI_DATABASE_NOTE_H
#define VR_CLI_DATABASE_NOTE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/database_get.h"

/* `source` is the address of the files. */
int vr_database_note_write(
    FILE *file, const struct vr_database_choice *choice, const struct vr_database_result *result,
    const char *source, bool is_complete, struct vr_err *err);

#endif
