/* The calibration of a stream as JSON. */
#include "store/power_scale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/json_write.h"

/* --- writing --------------------------------------------------------------------------------- */

static unsigned ranges_used(const struct vr_power_scale *scale)
{
    unsigned count = VR_POWER_RANGES;
    for (; count > 0; count--) {
        const double *a = scale->a[count - 1];
        bool is_zero = a[0] == 0 && a[1] == 0 && a[2] == 0 && scale->gain_err[count - 1] == 0;
        if (!is_zero)
            break;
    }
    return count;
}

static void scale_put(struct vr_json_writer *writer, const struct vr_power_scale *scale)
{
    unsigned count = ranges_used(scale);
    vr_json_write_object(writer, NULL);
    vr_json_write_array(writer, "a");
    for (unsigned range = 0; range < count; range++) {
        vr_json_write_array(writer, NULL);
        for (unsigned i = 0; i < 3; i++)
            vr_json_write_double(writer, NULL, scale->a[range][i]);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_json_write_array(writer, "gain_err");
    for (unsigned range = 0; range < count; range++)
        vr_json_write_double(writer, NULL, scale->gain_err[range]);
    vr_json_write_end(writer);
    vr_json_write_int(writer, "ceiling", scale->ceiling);
    vr_json_write_end(writer);
}

char *vr_power_scale_write(const struct vr_power_scale *scale)
{
    char *text = NULL;
    size_t size = 0;
    struct vr_json_writer writer;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    vr_json_write_init(&writer, file);
    scale_put(&writer, scale);
    int result = vr_json_write_finish(&writer, NULL);
    if (fclose(file) != 0 || result < 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* --- reading --------------------------------------------------------------------------------- */

static bool number_get(const struct vr_json *node, double *ret_number)
{
    if (vr_json_kind(node) == VR_JSON_NULL)
        *ret_number = (double)NAN;
    else if (vr_json_kind(node) == VR_JSON_NUMBER)
        *ret_number = vr_json_number(node);
    else
        return false;
    return true;
}

/* An array of at most `max` items; NULL = it is none. */
static const struct vr_json *array_get(const struct vr_json *object, const char *key, size_t max)
{
    const struct vr_json *array = vr_json_get(object, key);
    bool fits = array && vr_json_kind(array) == VR_JSON_ARRAY && vr_json_count(array) <= max;
    return fits ? array : NULL;
}

static bool numbers_get(const struct vr_json *array, double *ret_numbers)
{
    for (const struct vr_json *item = vr_json_first(array); item; item = vr_json_next(item)) {
        if (!number_get(item, ret_numbers++))
            return false;
    }
    return true;
}

static bool scale_get(const struct vr_json *root, struct vr_power_scale *scale)
{
    int64_t ceiling = 0;
    if (vr_json_kind(root) != VR_JSON_OBJECT)
        return false;
    const struct vr_json *a = array_get(root, "a", VR_POWER_RANGES);
    const struct vr_json *gain_err = array_get(root, "gain_err", VR_POWER_RANGES);
    const struct vr_json *number = vr_json_get(root, "ceiling");
    if (!a || !gain_err || !number || vr_json_kind(number) != VR_JSON_NUMBER ||
        !vr_json_integer(number, &ceiling) || ceiling < 0 || ceiling > UINT16_MAX)
        return false;
    scale->ceiling = (uint16_t)ceiling;
    unsigned range = 0;
    for (const struct vr_json *item = vr_json_first(a); item; item = vr_json_next(item)) {
        if (vr_json_kind(item) != VR_JSON_ARRAY || vr_json_count(item) != 3 ||
            !numbers_get(item, scale->a[range++]))
            return false;
    }
    return numbers_get(gain_err, scale->gain_err);
}

int vr_power_scale_read(
    const char *text, const char *name, struct vr_power_scale *ret_scale, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    struct vr_power_scale scale = {0};
    struct vr_err cause;
    int result = vr_json_doc_create(text, strlen(text), "scale", &doc, &cause);
    if (result == -VR_ERR_NO_MEMORY)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s", cause.text);
    bool good = result == 0 && scale_get(vr_json_doc_root(doc), &scale);
    vr_json_doc_destroy(doc);
    if (!good)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: the scale of a power stream is damaged; look with `vitalrig db check`", name);
    *ret_scale = scale;
    return 0;
}
