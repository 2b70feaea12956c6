/* A meter's description, to and from JSON. */
#include "cli/power_info.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_error.h"
#include "base/nearest.h"

static const char *const quantities[] = {
    [VR_POWER_CURRENT] = "current",
    [VR_POWER_POWER] = "power",
    [VR_POWER_ENERGY] = "energy",
};

#define QUANTITIES (sizeof quantities / sizeof quantities[0])

const char *vr_power_quantity_name(enum vr_power_quantity quantity)
{
    return quantities[quantity];
}

/* --- reading --- */

static int take_number(
    const struct vr_json *node, double low, double high, double *ret, struct vr_err *err)
{
    if (vr_json_kind(node) != VR_JSON_NUMBER || !(vr_json_number(node) >= low) ||
        !(vr_json_number(node) <= high))
        return vr_json_error(
            err, node, "\"%s\" must be a number from %g to %g", vr_json_key(node), low, high);
    *ret = vr_json_number(node);
    return 0;
}

static int take_count(const struct vr_json *node, uint32_t high, uint32_t *ret, struct vr_err *err)
{
    double value = 0;
    int r = take_number(node, 0, high, &value, err);
    if (r == 0 && value != floor(value))
        r = vr_json_error(err, node, "\"%s\" must be a whole number", vr_json_key(node));
    *ret = (uint32_t)value;
    return r;
}

static int take_bool(const struct vr_json *node, bool *ret, struct vr_err *err)
{
    if (vr_json_kind(node) != VR_JSON_BOOL)
        return vr_json_error(err, node, "\"%s\" must be true or false", vr_json_key(node));
    *ret = vr_json_bool(node);
    return 0;
}

static int take_quantity(
    const struct vr_json *node, enum vr_power_quantity *ret, struct vr_err *err)
{
    const char *word = vr_json_kind(node) == VR_JSON_STRING ? vr_json_string(node) : "";
    for (size_t i = 0; i < QUANTITIES; i++) {
        if (strcmp(quantities[i], word) == 0) {
            *ret = (enum vr_power_quantity)i;
            return 0;
        }
    }
    return vr_json_error(err, node, "\"quantity\" is none of current, power, energy");
}

static int take_range(
    const struct vr_json *node, double a[3], double *ret_gain_err, struct vr_err *err)
{
    const struct vr_json *terms =
        vr_json_kind(node) == VR_JSON_OBJECT ? vr_json_get(node, "a") : NULL;
    if (!terms || vr_json_kind(terms) != VR_JSON_ARRAY || vr_json_count(terms) != 3)
        return vr_json_error(err, node, "a range of the scale is {\"a\": [a0, a1, a2]}");
    size_t i = 0;
    for (const struct vr_json *term = vr_json_first(terms); term; term = vr_json_next(term)) {
        if (vr_json_kind(term) != VR_JSON_NUMBER)
            return vr_json_error(err, term, "a term of the scale must be a number");
        a[i++] = vr_json_number(term);
    }
    const struct vr_json *gain_err = vr_json_get(node, "gain_err");
    if (!gain_err || vr_json_kind(gain_err) == VR_JSON_NULL)
        return 0;
    return take_number(gain_err, 0, 1, ret_gain_err, err);
}

static int take_scale(const struct vr_json *node, struct vr_power_scale *scale, struct vr_err *err)
{
    if (vr_json_kind(node) != VR_JSON_ARRAY || vr_json_count(node) > VR_POWER_RANGES)
        return vr_json_error(
            err, node, "\"scale\" is a list of at most %d ranges", VR_POWER_RANGES);
    size_t range = 0;
    for (const struct vr_json *item = vr_json_first(node); item;
         item = vr_json_next(item), range++) {
        int r = take_range(item, scale->a[range], &scale->gain_err[range], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int take_member(const struct vr_json *node, struct vr_power_info *info, struct vr_err *err)
{
    static const char *const keys[] = {"rate_num",  "rate_den",  "quantity",      "is_coded",
                                       "has_volts", "has_lines", "is_calibrated", "supply_v",
                                       "scale",     "ceiling"};
    const char *key = vr_json_key(node);
    uint32_t ceiling = 0;
    int r;
    if (strcmp(key, "rate_num") == 0)
        return take_count(node, UINT32_MAX, &info->rate_num, err);
    if (strcmp(key, "rate_den") == 0)
        return take_count(node, UINT32_MAX, &info->rate_den, err);
    if (strcmp(key, "quantity") == 0)
        return take_quantity(node, &info->quantity, err);
    if (strcmp(key, "is_coded") == 0)
        return take_bool(node, &info->is_coded, err);
    if (strcmp(key, "has_volts") == 0)
        return take_bool(node, &info->has_volts, err);
    if (strcmp(key, "has_lines") == 0)
        return take_bool(node, &info->has_lines, err);
    if (strcmp(key, "is_calibrated") == 0)
        return take_bool(node, &info->is_calibrated, err);
    if (strcmp(key, "supply_v") == 0)
        return vr_json_kind(node) == VR_JSON_NULL ? 0
                                                  : take_number(node, 0, 100, &info->supply_v, err);
    if (strcmp(key, "scale") == 0)
        return take_scale(node, &info->scale, err);
    if (strcmp(key, "ceiling") == 0) {
        r = take_count(node, UINT16_MAX, &ceiling, err);
        info->scale.ceiling = (uint16_t)ceiling;
        return r;
    }
    if (strcmp(key, "instrument") == 0 || strcmp(key, "serial") == 0 ||
        strcmp(key, "firmware") == 0 || strcmp(key, "settings") == 0)
        return 0; /* for people */
    const char *nearest = vr_nearest(key, keys, sizeof keys / sizeof keys[0]);
    return vr_json_key_error(
        err, node, "\"%s\" is unknown%s%s%s", key, nearest ? "; did you mean \"" : "",
        nearest ? nearest : "", nearest ? "\"?" : "");
}

int vr_power_info_load(const char *path, struct vr_power_info *ret_info, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    struct vr_power_info info = {.rate_den = 1, .supply_v = (double)NAN};
    for (size_t i = 0; i < VR_POWER_RANGES; i++)
        info.scale.gain_err[i] = (double)NAN;
    int r = vr_json_doc_load(path, &doc, err);
    if (r < 0)
        return r;
    const struct vr_json *root = vr_json_doc_root(doc);
    if (vr_json_kind(root) != VR_JSON_OBJECT)
        r = vr_json_error(err, root, "must be an object");
    for (const struct vr_json *n = vr_json_first(root); r == 0 && n; n = vr_json_next(n))
        r = take_member(n, &info, err);
    if (r == 0 && (info.rate_num == 0 || info.rate_den == 0))
        r = vr_json_error(
            err, root, "\"rate_num\" samples in \"rate_den\" seconds: neither can be 0");
    vr_json_doc_destroy(doc);
    *ret_info = info;
    return r;
}

/* --- writing --- */

static void write_scale(struct vr_json_writer *writer, const struct vr_power_info *info)
{
    vr_json_write_array(writer, "scale");
    for (size_t range = 0; info->is_coded && range < VR_POWER_RANGES; range++) {
        vr_json_write_object(writer, NULL);
        vr_json_write_array(writer, "a");
        for (size_t i = 0; i < 3; i++)
            vr_json_write_double(writer, NULL, info->scale.a[range][i]);
        vr_json_write_end(writer);
        vr_json_write_double(writer, "gain_err", info->scale.gain_err[range]);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_json_write_uint(writer, "ceiling", info->scale.ceiling);
}

void vr_power_info_write(const struct vr_power_info *info, struct vr_json_writer *writer)
{
    vr_json_write_object(writer, "info");
    vr_json_write_string(writer, "instrument", info->instrument);
    vr_json_write_string(writer, "serial", info->serial);
    vr_json_write_string(writer, "firmware", info->firmware);
    vr_json_write_string(writer, "settings", info->settings);
    vr_json_write_uint(writer, "rate_num", info->rate_num);
    vr_json_write_uint(writer, "rate_den", info->rate_den);
    vr_json_write_string(writer, "quantity", vr_power_quantity_name(info->quantity));
    vr_json_write_bool(writer, "is_coded", info->is_coded);
    vr_json_write_bool(writer, "has_volts", info->has_volts);
    vr_json_write_bool(writer, "has_lines", info->has_lines);
    vr_json_write_bool(writer, "is_calibrated", info->is_calibrated);
    vr_json_write_double(writer, "supply_v", info->supply_v);
    write_scale(writer, info);
    vr_json_write_end(writer);
}
