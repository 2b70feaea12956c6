/* The first difference of two lists of outputs. */
#include "score/parity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct field {
    const char *name; /* NULL = none differs */
    int64_t value, golden_value;
};

static struct field differing_value(
    const struct vr_output_row *output, const struct vr_output_row *golden)
{
    static const char *const names[8] = {"value0", "value1", "value2", "value3",
                                         "value4", "value5", "value6", "value7"};
    for (int i = 0; i < output->value_count; i++)
        if (output->values[i] != golden->values[i])
            return (struct field){names[i], output->values[i], golden->values[i]};
    return (struct field){0};
}

/* The first field that differs, the number apart. */
static struct field differing_field(
    const struct vr_output_row *output, const struct vr_output_row *golden)
{
    const struct field fields[] = {
        {"stream", output->stream, golden->stream},
        {"kind", output->kind, golden->kind},
        {"sample_index", output->sample_index, golden->sample_index},
        {"at_index", output->at_index, golden->at_index},
        {"value_count", output->value_count, golden->value_count},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].value != fields[i].golden_value)
            return fields[i];
    return differing_value(output, golden);
}

static bool says_the_same(const struct vr_output_row *output, const struct vr_output_row *golden)
{
    return !differing_field(output, golden).name;
}

static void set_output(
    struct vr_parity *parity, const char *difference, const struct vr_output_row *at)
{
    parity->difference = difference;
    parity->number = at->number;
    parity->stream = at->stream;
    parity->sample_index = at->sample_index;
    parity->value = parity->golden_value = VR_STORE_NONE;
}

/* Two outputs at the same place: false when they are equal.  `next` and `golden_next` are those
 * after them, NULL = none. */
static bool differ(
    const struct vr_output_row *output, const struct vr_output_row *golden,
    const struct vr_output_row *next, const struct vr_output_row *golden_next,
    struct vr_parity *parity)
{
    struct field field = output->number == golden->number
                             ? differing_field(output, golden)
                             : (struct field){"number", output->number, golden->number};
    if (!field.name)
        return false;
    bool missing = golden_next && says_the_same(output, golden_next);
    bool extra = next && says_the_same(next, golden);
    set_output(parity, field.name, golden);
    if (missing && !extra) {
        parity->difference = VR_PARITY_MISSING;
    } else if (extra && !missing) {
        set_output(parity, VR_PARITY_EXTRA, output);
    } else {
        parity->value = field.value;
        parity->golden_value = field.golden_value;
    }
    return true;
}

void vr_parity_compare(
    const struct vr_output_row *outputs, size_t count, const struct vr_output_row *golden,
    size_t golden_count, struct vr_parity *ret_parity)
{
    struct vr_parity parity = {0};
    size_t both = count < golden_count ? count : golden_count, i = 0;
    while (i < both && !differ(
                           &outputs[i], &golden[i], i + 1 < count ? &outputs[i + 1] : NULL,
                           i + 1 < golden_count ? &golden[i + 1] : NULL, &parity))
        i++;
    if (i == both && count > golden_count)
        set_output(&parity, VR_PARITY_EXTRA, &outputs[i]);
    else if (i == both && count < golden_count)
        set_output(&parity, VR_PARITY_MISSING, &golden[i]);
    parity.agreeing = i;
    *ret_parity = parity;
}

void vr_parity_say(const struct vr_parity *parity, char ret_text[VR_PARITY_TEXT_SIZE])
{
    ret_text[0] = '\0';
    if (!parity->difference)
        return;
    int size = snprintf(
        ret_text, VR_PARITY_TEXT_SIZE, "output %" PRId64 ", sample %" PRId64 " of stream %" PRId64,
        parity->number, parity->sample_index, parity->stream);
    char *rest = ret_text + size;
    size_t room = VR_PARITY_TEXT_SIZE - (size_t)size;
    if (strcmp(parity->difference, VR_PARITY_MISSING) == 0)
        snprintf(rest, room, ": the golden run has it, this one has not");
    else if (strcmp(parity->difference, VR_PARITY_EXTRA) == 0)
        snprintf(rest, room, ": the golden run has it not");
    else
        snprintf(
            rest, room, ": %s is %" PRId64 ", golden %" PRId64, parity->difference, parity->value,
            parity->golden_value);
}
