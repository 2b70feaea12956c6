/* A beat-by-beat comparison for programs: the matrix and its measures of each record, gross and average. */
#ifndef VR_CLI_BEATS_JSON_H
#define VR_CLI_BEATS_JSON_H

#include "base/json_write.h"
#include "score/beats.h"

struct vr_beats_result {
    const char *record, *reference, *test; /* names, borrowed */
    struct vr_beats_counts counts;
};

/* Members "records", "gross" and "average" of the open object; a measure whose denominator is 0 is null. */
void vr_beats_json_write(
    struct vr_json_writer *writer, const struct vr_beats_result *results, size_t count);

#endif
