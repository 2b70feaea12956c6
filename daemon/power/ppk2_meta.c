/* Line by line, in any order; the formula of one sample as a polynomial of its code. */
#include "power/ppk2_meta.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- text -- */

static bool is_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isprint((unsigned char)text[i]) && !strchr("\r\n\t", text[i] ? text[i] : 'x'))
            return false;
    return true;
}

/* The next line without its end; false = there is none that has one. */
static bool next_line(const char **text, size_t *size, const char **ret_line, size_t *ret_length)
{
    const char *end = memchr(*text, '\n', *size);
    if (!end)
        return false;
    *ret_line = *text;
    *ret_length = (size_t)(end - *text);
    if (*ret_length > 0 && end[-1] == '\r')
        --*ret_length;
    *size -= (size_t)(end + 1 - *text);
    *text = end + 1;
    return true;
}

static bool is_end(const char *line, size_t length)
{
    return length == 3 && memcmp(line, "END", 3) == 0;
}

bool vr_ppk2_meta_is_whole(const char *text, size_t size)
{
    const char *line;
    size_t length;
    while (next_line(&text, &size, &line, &length))
        if (is_end(line, length))
            return true;
    return false;
}

/* Where the value of a key goes; NULL = the key is not known. */
static double *place_of(struct vr_ppk2_meta *meta, const char *key)
{
    const struct {
        const char *key;
        double *value;
    } single[] = {
        {"VDD", &meta->vdd_mv}, {"HW", &meta->hardware},
        {"mode", &meta->mode},  {"Calibrated", &meta->calibrated},
        {"IA", &meta->ia},
    };
    const struct {
        const char *key;
        double *values;
    } by_range[] = {
        {"R", meta->r}, {"GS", meta->gs}, {"GI", meta->gi}, {"O", meta->o},
        {"S", meta->s}, {"I", meta->i},   {"UG", meta->ug},
    };
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        if (strcmp(key, single[i].key) == 0)
            return single[i].value;
    size_t letters = strcspn(key, "0123456789");
    if (key[letters] < '0' || key[letters] >= '0' + VR_PPK2_RANGES || key[letters + 1])
        return NULL;
    for (size_t i = 0; i < sizeof by_range / sizeof by_range[0]; i++)
        if (strlen(by_range[i].key) == letters && memcmp(key, by_range[i].key, letters) == 0)
            return &by_range[i].values[key[letters] - '0'];
    return NULL;
}

/* NaN for "-nan", for what is no number, and for infinity. */
static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    return end == text || end[strspn(end, " \t")] || !isfinite(value) ? (double)NAN : value;
}

static void keep_other(struct vr_ppk2_meta *meta, const char *key, const char *value)
{
    size_t used = strlen(meta->others);
    if (used + strlen(key) + strlen(value) + 4 <= sizeof meta->others)
        snprintf(
            meta->others + used, sizeof meta->others - used, "%s%s %s", used ? ", " : "", key,
            value);
}

/* Whether it was a line of the kind "KEY: VALUE". */
static bool read_line(struct vr_ppk2_meta *meta, const char *line, size_t length)
{
    char text[128];
    if (length >= sizeof text)
        return false;
    memcpy(text, line, length);
    text[length] = '\0';
    char *colon = strchr(text, ':');
    if (!colon || colon == text)
        return false;
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    double *place = place_of(meta, text);
    if (place)
        *place = number(value);
    else
        keep_other(meta, text, value);
    return true;
}

static void forget_all(struct vr_ppk2_meta *meta)
{
    *meta = (struct vr_ppk2_meta){0};
    meta->vdd_mv = meta->hardware = meta->mode = meta->calibrated = meta->ia = (double)NAN;
    for (size_t range = 0; range < VR_PPK2_RANGES; range++) {
        meta->r[range] = meta->gs[range] = meta->gi[range] = meta->o[range] = (double)NAN;
        meta->s[range] = meta->i[range] = meta->ug[range] = (double)NAN;
    }
}

int vr_ppk2_meta_parse(
    const char *name, const char *text, size_t size, struct vr_ppk2_meta *ret_meta,
    struct vr_err *err)
{
    const char *line;
    size_t length, known = 0;
    forget_all(ret_meta);
    if (!is_text(text, size))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: samples of an earlier session stand in what the PPK2 says of itself; unplug it "
            "and plug it in again",
            name);
    while (next_line(&text, &size, &line, &length)) {
        if (is_end(line, length) && known > 0)
            return 0;
        if (is_end(line, length))
            break;
        known += read_line(ret_meta, line, length);
    }
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: what it says of itself is not what a PPK2 says (%zu lines of \"KEY: VALUE\", then "
        "%s); is this its measuring port, the lower of its two?",
        name, known, known > 0 ? "no END" : "nothing");
}

/* -- calibration -- */

/* V of one step of the converter; the formula counts four of them to a code. */
#define STEP_V (1.8 / 163840)
#define STEPS_PER_CODE 4

static bool is_calibrated(const struct vr_ppk2_meta *meta, size_t range)
{
    return meta->r[range] > 0 && meta->ug[range] > 0 && !isnan(meta->gs[range]) &&
           !isnan(meta->gi[range]) && !isnan(meta->o[range]) && !isnan(meta->s[range]) &&
           !isnan(meta->i[range]);
}

/* With x = p * code + q:  I = UG * (GS * x^2 + GI * x + S * V + I0). */
static void fill_range(
    const struct vr_ppk2_meta *meta, size_t range, double supply_v, double a[static 3])
{
    double step = STEP_V / meta->r[range];
    double p = STEPS_PER_CODE * step, q = -meta->o[range] * step;
    double gs = meta->gs[range], gi = meta->gi[range], ug = meta->ug[range];
    a[0] = ug * (q * (gs * q + gi) + meta->s[range] * supply_v + meta->i[range]);
    a[1] = ug * p * (gi + 2 * gs * q);
    a[2] = ug * gs * p * p;
}

bool vr_ppk2_scale(
    const struct vr_ppk2_meta *meta, double supply_v, struct vr_power_scale *ret_scale)
{
    /* Typical accuracy by the maker's data sheet. */
    static const double gain_err[VR_PPK2_RANGES] = {0.10, 0.10, 0.10, 0.10, 0.15};
    bool is_whole = true;
    ret_scale->ceiling = VR_PPK2_CODE_MAX;
    for (size_t range = 0; range < VR_POWER_RANGES; range++) {
        double *a = ret_scale->a[range];
        bool has = range < VR_PPK2_RANGES && is_calibrated(meta, range);
        a[0] = a[1] = a[2] = ret_scale->gain_err[range] = (double)NAN;
        if (has) {
            fill_range(meta, range, supply_v, a);
            ret_scale->gain_err[range] = gain_err[range];
        }
        is_whole = is_whole && (has || range >= VR_PPK2_RANGES);
    }
    return is_whole;
}
