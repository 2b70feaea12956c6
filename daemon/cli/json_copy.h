/* A value that was read, written again: what a daemon answered, in an answer of ours. */
#ifndef VR_CLI_JSON_COPY_H
#define VR_CLI_JSON_COPY_H

#include "base/json.h"
#include "base/json_write.h"

/* `key` as in vr_json_write_*; whole numbers stay whole. */
void vr_json_copy(struct vr_json_writer *writer, const char *key, const struct vr_json *node);

#endif
