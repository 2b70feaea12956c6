#include "cli/heard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "report/plain.h"

static const struct kind {
    uint8_t number;
    const char *word;
} kinds[] = {
#define X(number, NAME, word, values) {number, word},
#include "schema/outputs.def"
#undef X
};

static const char *const mnemonics[] = {
#define X(code, identifier, mnemonic, class, text) [code] = mnemonic,
#include "schema/annotations.def"
#undef X
};

struct heard {
    struct vr_store *store;
    struct vr_err *err;
    const struct vr_trial_row *trial;
    const struct vr_output_row *outputs;
    size_t output_count;
    double rate_hz;
};

/* --- what they say --- */

static void put_beats(const struct heard *heard, uint8_t kind)
{
    size_t counts[64] = {0};
    const char *before = " (";
    for (size_t i = 0; i < heard->output_count; i++) {
        int32_t code = heard->outputs[i].values[0];
        if (heard->outputs[i].kind == kind && code >= 0 && code < 64)
            counts[code]++;
    }
    for (size_t code = 0; code < sizeof mnemonics / sizeof *mnemonics; code++) {
        if (counts[code] == 0 || !mnemonics[code])
            continue;
        printf("%s%s %zu", before, mnemonics[code], counts[code]);
        before = ", ";
    }
    printf("%s", before[0] == ',' ? ")" : "");
}

/* Of one measurement after the other: its smallest, mean and largest value. */
static void put_measures(const struct heard *heard, uint8_t kind)
{
    for (int32_t number = 0; number < 128; number++) {
        double low = 0, high = 0, sum = 0;
        size_t count = 0;
        for (size_t i = 0; i < heard->output_count; i++) {
            const struct vr_output_row *output = &heard->outputs[i];
            if (output->kind != kind || output->values[0] != number || output->value_count < 2)
                continue;
            double value = output->values[1] / 1000.0;
            low = count == 0 || value < low ? value : low;
            high = count == 0 || value > high ? value : high;
            sum += value;
            count++;
        }
        if (count > 0)
            printf(
                "; number %d: %zu from %g to %g, mean %.6g", number, count, low, high,
                sum / (double)count);
    }
}

static void put_labels(const struct heard *heard, uint8_t kind)
{
    for (int32_t label = -1; label < 32; label++) {
        size_t count = 0;
        for (size_t i = 0; i < heard->output_count; i++)
            count += heard->outputs[i].kind == kind && heard->outputs[i].values[0] == label;
        if (count > 0)
            printf("; class %d: %zu", label, count);
    }
}

/* --- each kind --- */

static void put_kind(const struct heard *heard, const struct kind *kind)
{
    const struct vr_output_row *first = NULL, *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < heard->output_count; i++) {
        const struct vr_output_row *output = &heard->outputs[i];
        if (output->kind != kind->number)
            continue;
        first = first ? first : output;
        last = output;
        count++;
    }
    if (count == 0)
        return;
    printf("heard  ");
    vr_plain_put(heard->trial->record, stdout);
    printf(": %zu %s", count, kind->word);
    if (kind->number == 1)
        put_beats(heard, kind->number);
    printf(
        ", from %.3f s to %.3f s", (double)first->sample_index / heard->rate_hz,
        (double)last->sample_index / heard->rate_hz);
    if (kind->number == 4)
        put_measures(heard, kind->number);
    if (kind->number == 5)
        put_labels(heard, kind->number);
    putchar('\n');
}

static int read_rate(void *context, const struct vr_record_row *record)
{
    struct heard *heard = context;
    heard->rate_hz = (double)record->rate_num / record->rate_den;
    return 0;
}

static int put_trial(void *context, const struct vr_trial_row *trial)
{
    struct heard *heard = context;
    _cleanup_free_ struct vr_output_row *outputs = NULL;
    heard->trial = trial;
    int r = vr_store_record_get(heard->store, trial->record_id, read_rate, heard, heard->err);
    if (r == 0)
        r = vr_store_outputs(
            heard->store, trial->trial_id, &outputs, &heard->output_count, heard->err);
    if (r < 0)
        return r;
    heard->outputs = outputs;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        put_kind(heard, &kinds[i]);
    if (heard->output_count == 0) {
        printf("heard  ");
        vr_plain_put(trial->record, stdout);
        printf(": nothing\n");
    }
    return 0;
}

int vr_heard_put(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    struct heard heard = {.store = store, .err = err};
    return vr_store_trials(store, run_id, put_trial, &heard, err);
}
