/* Where files lie when nobody says otherwise.
 *
 *     $XDG_STATE_HOME/vitalrig/vitalrig.db       the catalogue        ($XDG_STATE_HOME defaults to
 * ~/.local/state) $XDG_STATE_HOME/vitalrig/runs/UID.db       one file per run
 *
 * Paths are allocated; the caller frees them.  Only vr_places_prepare touches the disk. */
#ifndef VR_CLI_PLACES_H
#define VR_CLI_PLACES_H

#include "base/err.h"

/* VR_ERR_USAGE when neither XDG_STATE_HOME nor HOME is an absolute path. */
int vr_places_catalogue(char **ret_path, struct vr_err *err);
int vr_places_run_file(const char *uid, char **ret_path, struct vr_err *err);

/* Create the folders that lead to a file, mode 0750, where they are missing. */
int vr_places_prepare(const char *path, struct vr_err *err);

/* The programs that are the simulated device and its meter: $VITALRIG_DUT_PROGRAM and $VITALRIG_METER_PROGRAM, else `vitalrig-dut` and
 * `vitalrig-meter` beside this program, else in the build tree that this program lies in, else where they are installed.
 * VR_ERR_NOT_FOUND names every place that was tried. */
int vr_places_meter_program(char **ret_path, struct vr_err *err);
int vr_places_dut_program(char **ret_path, struct vr_err *err);

/* The same for the simulated meter's: $VITALRIG_METER_PROGRAM, `vitalrig-meter`. */
int vr_places_meter_program(char **ret_path, struct vr_err *err);

#endif
