/* Times are whole nanoseconds: a double would hold a third of a second in one way here and in another there. */
#include "dataset/edf_tal.h"

#include <string.h>

#include "dataset/edf_text.h"

#define AFTER_ONSET '\x15'
#define AFTER_TEXT '\x14'

/* Decimal seconds, rounded to the nearest nanosecond; a comma will do for the point. */
static bool seconds_read(struct vr_slice text, int64_t *ret_ns)
{
    text = vr_edf_text_trim(text);
    bool is_negative = vr_slice_skip(&text, '-');
    if (!is_negative)
        vr_slice_skip(&text, '+');
    int64_t ns = 0, unit = VR_EDF_NS_PER_S;
    bool has_digits = false, point = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.text[i];
        if ((c == '.' || c == ',') && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        int digit = c - '0';
        has_digits = true;
        if (!point) {
            if (ns > VR_EDF_TIME_MAX_NS / 10 - 10 * VR_EDF_NS_PER_S)
                return false;
            ns = ns * 10 + digit * VR_EDF_NS_PER_S;
        } else if (unit > 1) {
            unit /= 10;
            ns += digit * unit;
        } else if (unit == 1) { /* the tenth decimal rounds */
            ns += digit >= 5;
            unit = 0;
        }
    }
    *ret_ns = is_negative ? -ns : ns;
    return has_digits;
}

static const char *tal_read(struct vr_slice bytes, struct vr_edf_tal *ret_tal)
{
    static const char ends[] = {AFTER_TEXT, AFTER_ONSET, '\0'};
    struct vr_slice onset = vr_slice_take(&bytes, ends);
    ret_tal->duration_ns = VR_EDF_NO_DURATION;
    if (!seconds_read(onset, &ret_tal->onset_ns))
        return "its onset is no number of seconds";
    if (vr_slice_skip(&bytes, AFTER_ONSET)) {
        struct vr_slice duration = vr_slice_take(&bytes, ends);
        if (vr_edf_text_trim(duration).size &&
            (!seconds_read(duration, &ret_tal->duration_ns) || ret_tal->duration_ns < 0))
            return "its duration is no number of seconds";
    }
    if (!vr_slice_skip(&bytes, AFTER_TEXT))
        return "no text follows its onset";
    ret_tal->texts = bytes;
    return NULL;
}

int vr_edf_tal_next(struct vr_slice *bytes, struct vr_edf_tal *ret_tal, const char **ret_fault)
{
    while (vr_slice_skip(bytes, '\0'))
        ;
    if (bytes->size == 0)
        return 0;
    const char *end = memchr(bytes->text, '\0', bytes->size);
    struct vr_slice own = {bytes->text, end ? (size_t)(end - bytes->text) : bytes->size};
    bytes->text += own.size;
    bytes->size -= own.size;
    *ret_fault = tal_read(own, ret_tal);
    return *ret_fault ? -1 : 1;
}

bool vr_edf_tal_text(struct vr_edf_tal *tal, struct vr_slice *ret_text)
{
    static const char ends[] = {AFTER_TEXT, '\0'};
    if (tal->texts.size == 0)
        return false;
    *ret_text = vr_slice_take(&tal->texts, ends);
    vr_slice_skip(&tal->texts, AFTER_TEXT);
    return true;
}

bool vr_edf_tal_time(struct vr_edf_tal *tal, int64_t *ret_ns)
{
    if (tal->texts.size && !vr_slice_skip(&tal->texts, AFTER_TEXT))
        return false;
    *ret_ns = tal->onset_ns;
    return true;
}
