/* The signal line of a WFDB header. */
#ifndef VR_DATASET_WFDB_HEADER_SIGNAL_H
#define VR_DATASET_WFDB_HEADER_SIGNAL_H

#include "dataset/slice.h"
#include "dataset/wfdb_header.h"
#include "dataset/wfdb_lines.h"

/* Read one line, the latest of `lines`, into *signal, which is zeroed; its name may stay empty. */
int vr_wfdb_header_signal_parse(
    const struct vr_wfdb_lines *lines, struct vr_slice line, struct vr_wfdb_signal *signal);

#endif
