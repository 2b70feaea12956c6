/* dataset/synth and synth_heart: known beats where the truth says, the same samples however they are read, on every machine. */
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/synth_heart.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct vr_dataset *dataset;
static struct vr_annotations truth;

static void stop(void)
{
    vr_annotations_finish(&truth);
    vr_dataset_close(dataset);
    dataset = NULL;
}

TestSuite(synth, .fini = stop);

static const struct vr_record *open_record(const char *path, const char *record)
{
    struct vr_err err = {0};
    stop();
    cr_assert_eq(vr_dataset_open("auto", path, record, &dataset, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_truth(dataset, "atr", &truth, &err), 0, "%s", err.text);
    return vr_dataset_record(dataset);
}

static int32_t *read_all(const struct vr_record *record)
{
    int32_t *values = malloc((size_t)record->frame_count * sizeof *values);
    struct vr_err err = {0};
    cr_assert(values);
    cr_assert_eq(
        vr_dataset_read(dataset, 0, 0, (size_t)record->frame_count, values, &err), 0, "%s",
        err.text);
    return values;
}

/* Any change of a sample or a beat must raise RECIPE_VERSION, since stored runs name these records by
 * the digest of their recipe. */
static const struct {
    const char *path, *name;
    uint32_t rate_hz;
    int64_t frame_count;
    const char *recipe, *content;
} records[] = {
    {"builtin:smoke", "sinus", 360, 21600,
     "1f32a807478c1724f46eb69e1ab0832f4853e3bcee355b4edb3fdf5a2a7a6e44",
     "6b06fc8c8361df1cb5cbd39ffbc3ecac3ded6a85def660d047752d35000a7380"},
    {"builtin:smoke", "ectopy", 250, 15000,
     "ca5f3fb1b6cd7e76b4da6c0e569631303f7398c232691f9b15d205559f7a7d35",
     "24e91cfb24e48ad9ee6d6a0c386624c76269d2c579808ad4e9828f642b8f2673"},
    {"builtin:smoke", "noise", 300, 18000,
     "5c289ff9d49c23ccd77ffc9306d867029b460da1ac286f11c3272763bb16a7c6",
     "7aac539e74d8935f86600f57e37a5d92a17f490e5ae994d6c01b310d46db87f4"},
    {"builtin:smoke", "af", 500, 30000,
     "d87754dc968befd5575293abd977e7b0fc3e80ad1e671d7ec3c4a9e99b32f654",
     "e91ac6c112ddc136b26c5c0587f43583f6d9eae0bbc6f750cf8c02c462068719"},
    {"builtin:day", "day", 125, 10800000,
     "3394c17a71bb9401a1d179ca4182913baf1a792aa44cc302e5b3c22a1be26611",
     "6476850072fa80cc194ee735e935fcf0276d2f825e832e3658873ae29a5eebf6"},
};

static void content_digest(const struct vr_record *record, char hex[VR_DIGEST_HEX_SIZE])
{
    struct vr_digest digest;
    int32_t *values = read_all(record);
    vr_digest_init(&digest);
    for (int64_t i = 0; i < record->frame_count;) {
        uint8_t bytes[600]; /* of which every record has a whole number */
        for (size_t j = 0; j < sizeof bytes; j += 2, i++) {
            bytes[j] = (uint8_t)values[i];
            bytes[j + 1] = (uint8_t)(values[i] >> 8);
        }
        vr_digest_update(&digest, bytes, sizeof bytes);
    }
    for (size_t i = 0; i < truth.count; i++) {
        const struct vr_annotation *item = &truth.items[i];
        uint8_t bytes[5] = {
            item->code, (uint8_t)item->sample_index, (uint8_t)(item->sample_index >> 8),
            (uint8_t)(item->sample_index >> 16), (uint8_t)(item->sample_index >> 24)};
        vr_digest_update(&digest, bytes, sizeof bytes);
    }
    vr_digest_finish(&digest, hex);
    free(values);
}

Test(synth, every_record_has_the_content_that_its_recipe_stands_for)
{
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        char hex[VR_DIGEST_HEX_SIZE];
        const struct vr_record *record = open_record(records[i].path, records[i].name);
        cr_assert_str_eq(record->name, records[i].name);
        cr_assert(record->rate_num == records[i].rate_hz && record->rate_den == 1);
        cr_assert_eq(record->frame_count, records[i].frame_count);
        cr_assert_eq(record->signal_count, 1);
        const struct vr_signal *signal = &record->signals[0];
        cr_assert_str_eq(signal->name, "ECG");
        cr_assert_str_eq(signal->unit, "mV");
        cr_assert(signal->gain == 200 && signal->baseline == 1024);
        cr_assert_eq(signal->sample_count, record->frame_count);
        cr_assert_str_eq(record->warning, "");
        cr_assert_str_eq(record->sha256, records[i].recipe, "%s", records[i].name);
        content_digest(record, hex);
        cr_assert_str_eq(hex, records[i].content, "%s", records[i].name);
    }
}

Test(synth, samples_do_not_depend_on_how_they_are_read)
{
    const struct vr_record *record = open_record("builtin:smoke", "ectopy");
    int32_t *all = read_all(record), part[700];
    for (int64_t first = record->frame_count - 700; first > 0; first -= 389) {
        cr_assert_eq(vr_dataset_read(dataset, 0, first, 700, part, NULL), 0);
        cr_assert_arr_eq(part, all + first, sizeof part);
    }
    for (int64_t i = 0; i < record->frame_count; i += 4999) {
        cr_assert_eq(vr_dataset_read(dataset, 0, i, 1, part, NULL), 0);
        cr_assert_eq(part[0], all[i]);
    }
    free(all);
}

/* The highest sample near a beat of a clean record lies where the truth says. */
Test(synth, r_peaks_stand_where_the_truth_says)
{
    static const char *const names[] = {"sinus", "ectopy", "af"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct vr_record *record = open_record("builtin:smoke", names[i]);
        int32_t *values = read_all(record);
        int64_t reach = record->rate_num / 10, near = (int64_t)record->rate_num * 8 / 1000;
        for (size_t j = 0; j < truth.count; j++) {
            int64_t at = truth.items[j].sample_index, peak = at;
            if (truth.items[j].code == VR_CODE_RHYTHM)
                continue;
            for (int64_t k = at - reach; k <= at + reach; k++)
                if (k >= 0 && k < record->frame_count && values[k] > values[peak])
                    peak = k;
            cr_assert(
                llabs(peak - at) <= near, "%s: beat at %lld, peak at %lld", names[i], (long long)at,
                (long long)peak);
            cr_assert_gt(
                values[at], 1024 + 160, "%s: %d at %lld", names[i], values[at], (long long)at);
        }
        free(values);
    }
}

static size_t count_code(int code)
{
    size_t count = 0;
    for (size_t i = 0; i < truth.count; i++)
        count += truth.items[i].code == code;
    return count;
}

Test(synth, records_show_what_their_names_say)
{
    open_record("builtin:smoke", "sinus");
    cr_assert_eq(count_code(VR_CODE_RHYTHM), 1);
    cr_assert_eq(truth.items[0].code, VR_CODE_RHYTHM);
    cr_assert_str_eq(truth.items[0].text, "(N");
    cr_assert(count_code(VR_CODE_NORMAL) >= 60 && count_code(VR_CODE_NORMAL) <= 76);
    cr_assert_eq(count_code(VR_CODE_PVC) + count_code(VR_CODE_APC), 0);

    open_record("builtin:smoke", "ectopy");
    cr_assert(count_code(VR_CODE_PVC) >= 4 && count_code(VR_CODE_APC) >= 3);

    open_record("builtin:smoke", "af");
    cr_assert_eq(count_code(VR_CODE_RHYTHM), 3);
    static const struct {
        int64_t at;
        const char *text;
    } rhythms[] = {{0, "(N"}, {20 * 500, "(AFIB"}, {40 * 500, "(N"}};
    for (size_t i = 0, found = 0; i < truth.count; i++) {
        if (truth.items[i].code != VR_CODE_RHYTHM)
            continue;
        cr_assert_eq(truth.items[i].sample_index, rhythms[found].at);
        cr_assert_str_eq(truth.items[i].text, rhythms[found++].text);
    }
}

Test(synth, a_premature_ventricular_beat_has_a_full_pause_behind_it)
{
    open_record("builtin:smoke", "ectopy");
    for (size_t i = 2; i + 1 < truth.count; i++) {
        const struct vr_annotation *beat = &truth.items[i];
        if (beat->code != VR_CODE_PVC)
            continue;
        double before = (double)(beat->sample_index - beat[-1].sample_index);
        double after = (double)(beat[1].sample_index - beat->sample_index);
        cr_assert(before / after > 0.40 && before / after < 0.50, "%g %g", before, after);
    }
}

Test(synth, beats_of_a_day_follow_each_other_as_a_heart_can)
{
    const struct vr_record *record = open_record("builtin:day", "day");
    int64_t before = -1;
    cr_assert(truth.count > 90000 && truth.count < 115000, "%zu", truth.count);
    for (size_t i = 0; i < truth.count; i++) {
        int64_t at = truth.items[i].sample_index;
        if (truth.items[i].code == VR_CODE_RHYTHM)
            continue;
        cr_assert(at >= 0 && at < record->frame_count);
        if (before >= 0)
            cr_assert(
                at - before > 125 * 25 / 100 && at - before < 125 * 25 / 10, "%lld after %lld",
                (long long)at, (long long)before);
        before = at;
    }
    cr_assert_eq(count_code(VR_CODE_RHYTHM), 1 + 2 * 24);
}

/* Beats keep clear of both ends of their block, which is what lets a block be drawn without the next. */
Test(synth, beats_stay_inside_their_block)
{
    static const struct vr_heart hearts[] = {
        {.rate_hz = 250,
         .seed = 1,
         .beats_per_minute = VR_HEART_BPM_MAX,
         .pvc_permille = 300,
         .apc_permille = 300},
        {.rate_hz = 250, .seed = 2, .beats_per_minute = 30, .pvc_permille = 500},
        {.rate_hz = 250,
         .seed = 3,
         .beats_per_minute = VR_HEART_BPM_MAX,
         .fibrillation_period = 1,
         .fibrillation_count = 1},
    };
    const int64_t block_ticks = (int64_t)VR_HEART_BLOCK_S * VR_HEART_TICKS_PER_S;
    for (size_t i = 0; i < sizeof hearts / sizeof hearts[0]; i++) {
        for (int64_t block = 0; block < 500; block++) {
            struct vr_heart_beat beats[VR_HEART_BLOCK_BEATS_MAX];
            size_t count = vr_heart_beats(&hearts[i], block, beats);
            cr_assert(count >= 1 && beats[0].code == VR_CODE_NORMAL);
            cr_assert_eq(beats[0].tick, block * block_ticks + VR_HEART_TICKS_PER_S * 3 / 10);
            for (size_t j = 1; j < count; j++)
                cr_assert_gt(beats[j].tick, beats[j - 1].tick);
            cr_assert_lt(beats[count - 1].tick, (block + 1) * block_ticks);
        }
    }
}

Test(synth, samples_stay_in_the_converters_range)
{
    static const struct vr_heart loud = {
        .rate_hz = 1000, .seed = 1, .beats_per_minute = 60, .wander_uv = 9000, .noise_uv = 3000};
    static int32_t values[VR_HEART_BLOCK_SAMPLES_MAX];
    int32_t low = INT32_MAX, high = INT32_MIN;
    vr_heart_render(&loud, 3, values);
    for (size_t i = 0; i < VR_HEART_BLOCK_SAMPLES_MAX; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    cr_assert(low == 0 && high == VR_HEART_VALUE_MAX);
}

Test(synth, what_is_not_there_is_told_with_what_is)
{
    struct vr_err err = {0};
    struct vr_names names = {0};
    struct vr_annotations list = {0};
    cr_assert_eq(vr_dataset_list("auto", "builtin:smoke", &names, &err), 0);
    cr_assert_eq(names.count, 4);
    cr_assert_str_eq(names.items[0], "af");
    cr_assert_str_eq(names.items[3], "sinus");
    vr_names_finish(&names);
    cr_assert_eq(vr_dataset_list("auto", "builtin:smoek", &names, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(
        err.text, "builtin:smoek: no such built-in dataset; there are: builtin:smoke, builtin:day");
    cr_assert_eq(vr_dataset_open("synth", "recordings", "x", &dataset, &err), -VR_ERR_NOT_FOUND);
    cr_assert_eq(
        vr_dataset_open("auto", "builtin:day", "sinus", &dataset, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(
        err.text,
        "builtin:day: no record \"sinus\"; `vitalrig dataset list builtin:day` names them");
    open_record("builtin:smoke", "sinus");
    cr_assert_eq(vr_dataset_truth(dataset, "qrs", &list, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(err.text, "record sinus has no annotator \"qrs\"; it has \"atr\"");
}
