/* The one JSON object that a verb answers with. */
#include "cli/answer.h"

#include <stdio.h>

#define ANSWER_FORMAT 1 /* members are added while it is 1, never renamed or removed */

void vr_answer_begin(struct vr_json_writer *writer)
{
    vr_json_write_init(writer, stdout);
    vr_json_write_object(writer, NULL);
    vr_json_write_int(writer, "format", ANSWER_FORMAT);
}

int vr_answer_end(struct vr_json_writer *writer, struct vr_err *err)
{
    vr_json_write_end(writer);
    return vr_json_write_finish(writer, err);
}
