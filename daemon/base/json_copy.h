/* A value that was read, written again. */
#ifndef VR_BASE_JSON_COPY_H
#define VR_BASE_JSON_COPY_H

#include "base/json.h"
#include "base/json_write.h"

/* `key` as in vr_json_write_*; whole numbers stay whole.  The writer takes as many levels as the loader: what lies deeper, below levels of
 * the writer's own, is written as null. */
void vr_json_copy(struct vr_json_writer *writer, const char *key, const struct vr_json *node);

#endif
