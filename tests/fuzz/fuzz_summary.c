/* Files of result lines: whatever is read is summed up and printed; sums stay sums of what is not negative. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "score/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_summary summary;
    struct vr_err err = {0};
    enum vr_compat compat = size > 0 && data[size - 1] & 1 ? VR_COMPAT_WFDB : VR_COMPAT_NONE;
    if (vr_summary_read((const char *)data, size, "fuzz.L", compat, &summary, &err) < 0) {
        FUZZ_ASSERT(err.text[0] != '\0');
        return 0;
    }
    const char *const *names = vr_summary_count_names(summary.kind);
    for (size_t i = 0; names[i]; i++)
        FUZZ_ASSERT(summary.counts[i] >= 0);
    FUZZ_ASSERT(summary.record_count <= size);
    char *text = NULL;
    size_t text_size = 0;
    FILE *out = open_memstream(&text, &text_size);
    if (!out)
        return 0;
    vr_summary_print(out, &summary);
    fclose(out);
    FUZZ_ASSERT(text_size > 0);
    free(text);
    return 0;
}
