/* The overview that is stored in a .ppk2 file: at most 10,000 columns of smallest and largest current, whatever the length of the trace.
 * When all columns are used, neighbours are joined, and each column holds twice as many samples from then on. */
#ifndef VR_POWER_PPK2_MINIMAP_H
#define VR_POWER_PPK2_MINIMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VR_PPK2_MINIMAP_MAX 10000

struct vr_ppk2_column {
    double time_us; /* mean of its samples */
    double min_na, max_na;
};

struct vr_ppk2_minimap {
    uint64_t per_column, in_last; /* samples in a whole column; in the last one, 0 = it is whole */
    uint32_t count;
    struct vr_ppk2_column columns[VR_PPK2_MINIMAP_MAX];
};

void vr_ppk2_minimap_start(struct vr_ppk2_minimap *minimap);
/* NaN = missing: it has its place, and no current. */
void vr_ppk2_minimap_add(struct vr_ppk2_minimap *minimap, double time_us, double current_na);

/* As the vendor's application stores it.  The caller frees *ret_text.  VR_ERR_NO_MEMORY. */
int vr_ppk2_minimap_text(
    const struct vr_ppk2_minimap *minimap, char **ret_text, size_t *ret_size, struct vr_err *err);

#endif
