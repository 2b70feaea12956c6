/* A beat-by-beat comparison for programs. */
#include "cli/beats_json.h"

#include <math.h>
#include <string.h>

/* The percentages and times of a comparison, in one order for records, gross and average. */
enum { MEASURE_COUNT = 11 };

struct measure {
    const char *name;
    double value; /* NaN = its denominator is 0 */
};

static double percentage(int64_t part, int64_t rest)
{
    return part + rest > 0 ? 100.0 * (double)part / (double)(part + rest) : NAN;
}

static void measure(const struct vr_beats_counts *counts, struct measure measures[MEASURE_COUNT])
{
    struct vr_beats_sums sums = vr_beats_sums(counts);
    const struct measure all[MEASURE_COUNT] = {
        {"qrs_sensitivity_pct", percentage(sums.qtp, sums.qfn)},
        {"qrs_ppv_pct", percentage(sums.qtp, sums.qfp)},
        {"veb_sensitivity_pct", percentage(sums.vtp, sums.vfn)},
        {"veb_ppv_pct", percentage(sums.vtp, sums.vfp)},
        {"veb_fpr_pct", percentage(sums.vfp, sums.vtn)},
        {"sveb_sensitivity_pct", percentage(sums.stp, sums.sfn)},
        {"sveb_ppv_pct", percentage(sums.stp, sums.sfp)},
        {"rr_error_ms", vr_beats_rr_error_ms(counts)},
        {"position_bias_ms", vr_beats_position_bias_ms(counts)},
        {"position_sd_ms", vr_beats_position_sd_ms(counts)},
        {"shutdown_s", counts->shutdown_s},
    };
    memcpy(measures, all, sizeof all);
}

static void write_measures(struct vr_json_writer *writer, const struct measure *measures)
{
    for (size_t i = 0; i < MEASURE_COUNT; i++)
        vr_json_write_double(writer, measures[i].name, measures[i].value);
}

static void write_counts(struct vr_json_writer *writer, const struct vr_beats_counts *counts)
{
    static const char *const rows[VR_BEAT_CLASSES] = {"N", "S", "V", "F", "Q", "O", "X"};
    static const char *const columns[VR_BEAT_CLASSES] = {"n", "s", "v", "f", "q", "o", "x"};

    vr_json_write_object(writer, "counts");
    for (size_t row = 0; row < VR_BEAT_CLASSES; row++) {
        vr_json_write_object(writer, rows[row]);
        for (size_t column = 0; column < VR_BEAT_CLASSES; column++)
            vr_json_write_int(writer, columns[column], counts->pairs[row][column]);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

/* Gross sums the counts; average takes each record's measure alike, where there is one. */
static void write_totals(
    struct vr_json_writer *writer, const struct vr_beats_result *results, size_t count)
{
    struct vr_beats_counts gross = {0};
    struct measure measures[MEASURE_COUNT], average[MEASURE_COUNT];
    size_t present[MEASURE_COUNT] = {0};

    measure(&gross, average);
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        average[m].value = 0;
    for (size_t i = 0; i < count; i++) {
        vr_beats_add(&gross, &results[i].counts);
        measure(&results[i].counts, measures);
        for (size_t m = 0; m < MEASURE_COUNT; m++) {
            if (isnan(measures[m].value))
                continue;
            average[m].value += measures[m].value;
            present[m]++;
        }
    }
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        average[m].value = present[m] > 0 ? average[m].value / (double)present[m] : NAN;

    measure(&gross, measures);
    vr_json_write_object(writer, "gross");
    write_counts(writer, &gross);
    write_measures(writer, measures);
    vr_json_write_end(writer);
    vr_json_write_object(writer, "average");
    write_measures(writer, average);
    vr_json_write_end(writer);
}

void vr_beats_json_write(
    struct vr_json_writer *writer, const struct vr_beats_result *results, size_t count)
{
    struct measure measures[MEASURE_COUNT];

    vr_json_write_array(writer, "records");
    for (size_t i = 0; i < count; i++) {
        measure(&results[i].counts, measures);
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "record", results[i].record);
        vr_json_write_string(writer, "ref", results[i].reference);
        vr_json_write_string(writer, "test", results[i].test);
        write_counts(writer, &results[i].counts);
        write_measures(writer, measures);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    write_totals(writer, results, count);
}
