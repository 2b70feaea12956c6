/* score/energy_marks and score/energy_window: any text is refused with its place, or is marks whose windows follow each other; both rules
 * count each sample between the first mark and the last once. */
#include "fuzz.h"
#include "score/energy_marks.h"
#include "score/energy_window.h"

#include <math.h>
#include <string.h>

#define SAMPLES 500
#define RATE 100.0

static void sum(enum vr_energy_rule rule, const double *marks, size_t count)
{
    struct vr_energy_windows *windows;
    struct vr_err err = {0};
    FUZZ_ASSERT(vr_energy_windows_create(rule, RATE, marks, count, &windows, &err) == 0);
    for (int i = 0; i < SAMPLES; i++)
        vr_energy_windows_add(windows, 1);
    int r = vr_energy_windows_end(windows, &err);
    FUZZ_ASSERT((r == 0) == (round(marks[count - 1] * RATE) <= SAMPLES));
    double total = 0;
    for (size_t i = 0; i < windows->count; i++) {
        const struct vr_energy_window *window = &windows->items[i];
        FUZZ_ASSERT(window->energy == (double)window->samples && window->lost == 0);
        total += window->energy;
        if (r == 0 && rule == VR_ENERGY_EXACT)
            FUZZ_ASSERT(window->edge_err >= 0 && window->edge_err <= 2);
    }
    if (r == 0)
        FUZZ_ASSERT(fabs(total - (marks[count - 1] - marks[0]) * RATE) <= 2);
    vr_energy_windows_destroy(windows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_json_doc *doc;
    struct vr_err err = {0};
    double *marks = NULL;
    size_t count;
    if (vr_json_doc_create((const char *)data, size, "fuzz", &doc, &err) < 0)
        return 0;
    int r = vr_energy_marks_parse(doc, &marks, &count, &err);
    if (r == 0) {
        FUZZ_ASSERT(vr_energy_marks_check(marks, count, &err) == 0);
        sum(VR_ENERGY_EXACT, marks, count);
        sum(VR_ENERGY_EEMBC, marks, count);
    } else {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && strncmp(err.text, "fuzz:", 5) == 0 && !marks);
    }
    free(marks);
    vr_json_doc_destroy(doc);
    return 0;
}
