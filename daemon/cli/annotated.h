/* A record as far as annotations need it: its ticks and its length.  Its signals need not be there: often only the annotations are. */
#ifndef VR_CLI_ANNOTATED_H
#define VR_CLI_ANNOTATED_H

#include "dataset/dataset.h"

struct vr_annotated {
    const char *path; /* FOLDER/RECORD, as given; borrowed */
    const char *name; /* its last part */
    uint32_t rate_num, rate_den;
    int64_t frame_count;        /* 0 = not known */
    struct vr_dataset *dataset; /* of a built-in record, "builtin:NAME/RECORD"; else NULL */
};

/* Reads PATH.hea, or opens the built-in record.  The caller finishes *ret_record. */
int vr_annotated_open(const char *path, struct vr_annotated *ret_record, struct vr_err *err);
void vr_annotated_finish(struct vr_annotated *record);

/* Annotations in ticks of the record.  `annotator` is a name beside the record ("atr" reads PATH.atr), or a file: with a '/' in it, or found
 * where no file of that name lies beside the record.  The caller ends *ret_list. */
int vr_annotated_read(
    const struct vr_annotated *record, const char *annotator, struct vr_annotations *ret_list,
    struct vr_err *err);

#endif
