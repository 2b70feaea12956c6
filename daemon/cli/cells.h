/* The cells of a campaign, and what has become of each: asked of the daemon that owns the bench, or of the catalogue. */
#ifndef VR_CLI_CELLS_H
#define VR_CLI_CELLS_H

#include "cli/client.h"
#include "replay/batch.h"
#include "store/store.h"

enum vr_cell_state {
    VR_CELL_MISSING,
    VR_CELL_PENDING, /* a job of the daemon will make it */
    VR_CELL_STORED,
};
#define VR_CELL_STATES 3

struct vr_cells {
    const char *rig; /* file; NULL = the daemon's, else the built-in devices only */
    const char *db;  /* catalogue without a daemon; NULL = at its usual place */
    struct vr_client_choice choice;

    struct vr_client *client; /* NULL = there is no daemon */
    struct vr_json_doc *info; /* what it says of itself */
    char *sim_program, *meter_program;
    struct vr_campaign *campaign;
    struct vr_expansion expansion;

    enum vr_cell_state *states; /* of each cell, after vr_cells_look */
    size_t counts[VR_CELL_STATES];
    struct vr_result_row *results; /* after vr_cells_judge; run "" = not stored, or not told */
};

/* Load the campaign and expand it.  A daemon's own rig file counts where none is named.  Finish it in any case. */
int vr_cells_open(struct vr_cells *cells, const char *file, struct vr_err *err);
void vr_cells_finish(struct vr_cells *cells);

const char *vr_cells_rig(const struct vr_cells *cells);

int vr_cells_look(struct vr_cells *cells, struct vr_err *err);

/* The runs that stored cells are of. */
int vr_cells_judge(struct vr_cells *cells, struct vr_err *err);

/* Over all stored cells: the worst exit code of their runs, how many have several different outputs, how many nobody knows a verdict of. */
struct vr_cells_verdict {
    int exit_code;
    size_t nondeterministic, unjudged;
};
struct vr_cells_verdict vr_cells_verdict(const struct vr_cells *cells);

#endif
