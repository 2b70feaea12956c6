/* Registry of reports, and the one place that gathers a run.  Adding a form is one file and one
 * word here. */
#include "report/report.h"

#include <string.h>

#include "base/nearest.h"

#define REPORT_DRIVERS(X) X(text) X(json) X(junit)

#define X(word) extern const struct vr_report_driver vr_report_##word;
REPORT_DRIVERS(X)
#undef X

static const struct vr_report_driver *const drivers[] = {
#define X(word) &vr_report_##word,
    REPORT_DRIVERS(X)
#undef X
};

#define DRIVER_COUNT (sizeof drivers / sizeof drivers[0])

const struct vr_report_driver *vr_report_driver(size_t index)
{
    return index < DRIVER_COUNT ? drivers[index] : NULL;
}

const struct vr_report_driver *vr_report_find(const char *name, struct vr_err *err)
{
    const char *names[DRIVER_COUNT];
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        names[i] = drivers[i]->name;
        if (strcmp(names[i], name) == 0)
            return drivers[i];
    }
    const char *nearest = vr_nearest(name, names, DRIVER_COUNT);
    vr_err_set(
        err, VR_ERR_USAGE, "no form of report is called \"%s\"%s%s%s; there are text, json, junit",
        name, nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    return NULL;
}
