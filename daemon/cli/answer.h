/* The one JSON object that a verb answers with under --json: {"format": 1, ...} on stdout. */
#ifndef VR_CLI_ANSWER_H
#define VR_CLI_ANSWER_H

#include "base/json_write.h"

/* Open the object.  Begin when nothing can be refused any more: what is begun must be ended. */
void vr_answer_begin(struct vr_json_writer *writer);

/* Close it.  VR_ERR_IO when anything could not be written. */
int vr_answer_end(struct vr_json_writer *writer, struct vr_err *err);

#endif
