/* Which files a recording was read from, whoever opened them (vr_folder_set_witness), each with its SHA-256. */
#ifndef VR_DATASET_INPUTS_H
#define VR_DATASET_INPUTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/folder.h"

struct vr_input {
    char name[VR_NAME_SIZE]; /* without folders; a longer one is cut */
    int64_t size;
    char sha256[VR_DIGEST_HEX_SIZE];
    dev_t device;
    ino_t inode;
};

/* Zeroed = empty. */
struct vr_inputs {
    struct vr_input *items;
    size_t count, capacity;
    struct vr_err err; /* the first thing that went wrong while files were opened */
    struct vr_folder_witness witness;
};

/* Note every file that this thread opens from now on, until vr_inputs_end; a file that was noted already is not noted again. */
void vr_inputs_begin(struct vr_inputs *inputs);
/* An error of vr_inputs_begin's time, or 0.  Again is nothing. */
int vr_inputs_end(struct vr_inputs *inputs, struct vr_err *err);
void vr_inputs_finish(struct vr_inputs *inputs);

#endif
