/* A list of seconds. */
#include "score/energy_marks.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json_error.h"
#include "score/energy_window.h"

int vr_energy_marks_parse(
    const struct vr_json_doc *doc, double **ret_marks, size_t *ret_count, struct vr_err *err)
{
    const struct vr_json *root = vr_json_doc_root(doc);
    size_t count = 0;
    if (vr_json_kind(root) != VR_JSON_ARRAY)
        return vr_json_error(
            err, root, "marks are a list of seconds, as in [0.016, 9.148, 10.237]");
    _cleanup_free_ double *marks = calloc(vr_json_count(root) + 1, sizeof *marks);
    if (!marks)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu marks", vr_json_count(root));
    for (const struct vr_json *item = vr_json_first(root); item; item = vr_json_next(item)) {
        if (vr_json_kind(item) != VR_JSON_NUMBER)
            return vr_json_error(err, item, "mark %zu is no number of seconds", count);
        marks[count++] = vr_json_number(item);
        double pair[2] = {count > 1 ? marks[count - 2] : -1, marks[count - 1]};
        if (pair[1] < 0 || pair[1] <= pair[0])
            return vr_json_error(
                err, item, "mark %zu at %g s is not behind %g s", count - 1, pair[1],
                count > 1 ? pair[0] : 0);
    }
    struct vr_err why;
    if (vr_energy_marks_check(marks, count, &why) < 0)
        return vr_json_error(err, root, "%s", why.text);
    *ret_marks = marks;
    *ret_count = count;
    marks = NULL;
    return 0;
}
