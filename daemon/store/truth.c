/* Truth as canonical text: one line an event, the text last with its size before it, so that two lists never read alike. */
#include "store/truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void vr_truth_digest(
    const struct vr_truth_row *rows, size_t count, char ret_hex[VR_DIGEST_HEX_SIZE])
{
    struct vr_digest digest;
    vr_digest_init(&digest);
    for (size_t i = 0; i < count; i++) {
        const struct vr_truth_row *row = &rows[i];
        size_t text_size = row->text ? strlen(row->text) : 0;
        char line[96];
        int size = snprintf(
            line, sizeof line, "%" PRId64 " %u %d %u %d ", row->sample_index, row->code,
            row->subtype, row->channel, row->number);
        size += row->text ? snprintf(line + size, sizeof line - (size_t)size, "%zu:", text_size)
                          : snprintf(line + size, sizeof line - (size_t)size, "-");
        vr_digest_update(&digest, line, (size_t)size);
        vr_digest_update(&digest, row->text ? row->text : "", text_size);
        vr_digest_update(&digest, "\n", 1);
    }
    vr_digest_finish(&digest, ret_hex);
}
