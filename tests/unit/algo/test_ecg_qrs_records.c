/* The QRS detector on recorded ECG: gross sensitivity and positive predictivity after five minutes,
 * 150 ms window, as EC57 counts them.  Skipped where the recordings are not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "algo/algo.h"

enum { RATE_HZ = 360, WINDOW = 54, SKIP = 300 * RATE_HZ, SAMPLES_MAX = 700000, BEATS_MAX = 8000 };

static int16_t ecg[SAMPLES_MAX];
static size_t ecg_count;
static uint32_t truth[BEATS_MAX];
static size_t truth_count;
static uint32_t found[BEATS_MAX];
static size_t found_count;

static FILE *open_record(const char *set, const char *record, const char *extension)
{
    const char *const data = getenv("VITALRIG_DATA");
    char path[512];
    if (!data)
        cr_skip_test("VITALRIG_DATA is not set");
    snprintf(path, sizeof path, "%s/%s/%s.%s", data, set, record, extension);
    FILE *const file = fopen(path, "rb");
    if (!file)
        cr_skip_test("%s is not there", path);
    return file;
}

/* Formats 212 (two 12-bit samples in 3 B) and 16; the first of two signals, zero at 1024. */
static void read_signal(const char *set, const char *record, int format)
{
    FILE *const file = open_record(set, record, "dat");
    const size_t group = format == 212 ? 3 : 4;
    uint8_t bytes[4];
    for (ecg_count = 0; fread(bytes, group, 1, file) == 1; ecg_count++) {
        const int second = format == 212 ? (bytes[1] & 15) << 8 : bytes[1] << 8;
        const int value = bytes[0] | second;
        const int sign = format == 212 ? 0x800 : 0x8000;
        cr_assert_lt(ecg_count, SAMPLES_MAX);
        ecg[ecg_count] = (int16_t)((value ^ sign) - sign - 1024);
    }
    fclose(file);
}

static bool is_beat(unsigned code)
{
    return (code >= 1 && code <= 13) || code == 25 || code == 30 || code == 34 || code == 35 ||
           code == 38;
}

/* MIT annotations: words of a 6-bit code and 10 bits of time; 59 is a long skip, 63 a note. */
static void read_truth(const char *set, const char *record)
{
    FILE *const file = open_record(set, record, "atr");
    uint8_t bytes[6];
    uint32_t time = 0;
    truth_count = 0;
    while (fread(bytes, 2, 1, file) == 1) {
        const unsigned code = bytes[1] >> 2;
        const unsigned low = bytes[0] | (bytes[1] & 3u) << 8;
        if (!code && !low)
            break;
        if (code == 59 && fread(bytes, 4, 1, file) == 1)
            time += (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 24 | bytes[2] |
                    (uint32_t)bytes[3] << 8;
        else if (code == 63)
            fseek(file, (long)(low + (low & 1)), SEEK_CUR);
        else if (code < 59) {
            time += low;
            if (is_beat(code))
                truth[truth_count++] = time;
        }
    }
    fclose(file);
}

static void hear(void *context, const struct algo_output *output)
{
    (void)context;
    cr_assert_lt(found_count, BEATS_MAX);
    cr_assert(found_count == 0 || output->sample_index > found[found_count - 1]);
    found[found_count++] = output->sample_index;
}

static void detect(void)
{
    static uint64_t state[128];
    const struct algo_sink sink = {.emit = hear, .context = NULL};
    const struct wire_open open = {
        .stream_count = 1,
        .streams = {{WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, RATE_HZ, 1, 5000}},
    };
    found_count = 0;
    cr_assert_null(algo_ecg_qrs.open(state, &open));
    for (size_t i = 0; i < ecg_count; i++)
        algo_ecg_qrs.step(state, 0, &ecg[i], &sink);
    while (algo_ecg_qrs.finish(state, &sink))
        continue;
}

struct tally {
    unsigned hits, misses, false_alarms;
};

static long distance(size_t i, size_t j)
{
    return labs((long)found[j] - (long)truth[i]);
}

/* One to one, in order; of two beats found in one window the nearer counts. */
static void compare(struct tally *tally)
{
    size_t i = 0, j = 0;
    while (i < truth_count && truth[i] < SKIP)
        i++;
    while (j < found_count && found[j] < SKIP - WINDOW)
        j++;
    while (i < truth_count || j < found_count) {
        if (j == found_count || (i < truth_count && found[j] > truth[i] + WINDOW)) {
            tally->misses++;
            i++;
        } else if (
            i == truth_count || found[j] + WINDOW < truth[i] ||
            (j + 1 < found_count && distance(i, j + 1) < distance(i, j))) {
            tally->false_alarms += found[j] >= SKIP;
            j++;
        } else {
            tally->hits++;
            i++;
            j++;
        }
    }
}

Test(ecg_qrs_records, finds_the_beats_of_seven_records)
{
    static const char *const records[] = {"100", "104", "108", "121", "202", "223", "232"};
    struct tally tally = {0};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        read_signal("mitdb", records[i], 212);
        read_truth("mitdb", records[i]);
        detect();
        compare(&tally);
    }
    const double sensitivity = 100.0 * tally.hits / (tally.hits + tally.misses);
    const double predictivity = 100.0 * tally.hits / (tally.hits + tally.false_alarms);
    cr_log_info("Se %.2f %%, +P %.2f %%", sensitivity, predictivity);
    cr_assert_geq(sensitivity, 99.80, "Se %.3f %%", sensitivity);
    cr_assert_geq(predictivity, 99.70, "+P %.3f %%", predictivity);
}

Test(ecg_qrs_records, keeps_its_head_in_noise)
{
    struct tally tally = {0};
    read_signal("nstdb", "118e06", 16);
    read_truth("nstdb", "118e06");
    detect();
    compare(&tally);
    cr_assert_leq(tally.misses, 50, "%u missed", tally.misses);
    cr_assert_leq(tally.false_alarms, 450, "%u false", tally.false_alarms);
}
