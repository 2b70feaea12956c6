/* Fourteen nights of a sleep tracker against polysomnography, and what was published of them.  Needs VITALRIG_DATA. */
#include "score/stages.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "stats/agreement.h"

#define NIGHTS 14
#define EPOCHS_MAX 2000

static const char *const words[] = {"WAKE", "LIGHT", "DEEP", "REM"};

static struct {
    char subject[16];
    int8_t reference[EPOCHS_MAX], device[EPOCHS_MAX];
    size_t count;
    struct vr_stages item;
} nights[NIGHTS];
static struct vr_stages pooled;
static struct vr_json_doc *published;

static const char *data_path(const char *name)
{
    static char path[1024];
    const char *folder = getenv("VITALRIG_DATA");
    snprintf(path, sizeof path, "%s/sleep_sri/%s", folder ? folder : "", name);
    return path;
}

/* subject,epoch,reference,device; in the order of subjects and epochs. */
static void load(void)
{
    char line[64], subject[16];
    int night = -1, epoch, reference, device;
    struct vr_err err = {0};
    _cleanup_fclose_ FILE *file = fopen(data_path("sample_data_sri.csv"), "r");
    if (!getenv("VITALRIG_DATA") || !file)
        cr_skip_test("set VITALRIG_DATA to the folder of recordings that holds sleep_sri");
    cr_assert(fgets(line, sizeof line, file), "no heading");
    while (fgets(line, sizeof line, file)) {
        cr_assert_eq(
            sscanf(line, "%15[^,],%d,%d,%d", subject, &epoch, &reference, &device), 4, "%s", line);
        if (night < 0 || strcmp(nights[night].subject, subject) != 0)
            snprintf(nights[++night].subject, sizeof nights[0].subject, "%s", subject);
        nights[night].reference[nights[night].count] = (int8_t)reference;
        nights[night].device[nights[night].count++] = (int8_t)device;
    }
    cr_assert_eq(night, NIGHTS - 1);
    for (int i = 0; i < NIGHTS; i++) {
        cr_assert(vr_stages_compare(
            &nights[i].item, 4, nights[i].reference, nights[i].device, nights[i].count, 30));
        cr_assert(vr_stages_table.add(&pooled, &nights[i].item));
    }
    int r = vr_json_doc_load(data_path("evaluation_sri_full.json"), &published, &err);
    cr_assert_eq(r, 0, "%s", err.text);
}

/* Numbers are published with two digits.  Those of a subject agree to half of the last; those that were published of
 * numbers already rounded (means, differences, and all that PPV and prevalence go into) to two of it. */
#define EXACT (0.005 + 1e-9)
#define OF_ROUNDED 0.02

static int expect_near(const struct vr_json *of, const char *key, double value, double error)
{
    double number = vr_member_number(of, key, NAN);
    cr_assert(!isnan(number), "no %s", key);
    cr_expect(fabs(value - number) <= error, "%s: %.6f, published %.2f", key, value, number);
    return 1;
}

static int expect(const struct vr_json *of, const char *key, double value)
{
    return expect_near(of, key, value, EXACT);
}

static double pct(int64_t part, int64_t rest)
{
    return 100.0 * (double)part / (double)(part + rest);
}

enum { ACCURACY, SENSITIVITY, SPECIFICITY, PPV, NPV, KAPPA, PABAK, PREVALENCE, KINDS };
static const char *const kinds[] = {"accuracy", "sensitivity", "specificity", "ppv",
                                    "npv",      "kappa",       "pabak",       "pindex"};

static void measures_of(const struct vr_confusion *matrix, size_t class, double ret_values[KINDS])
{
    struct vr_one_against_rest one = vr_confusion_one(matrix, class);
    ret_values[ACCURACY] = pct(one.tp + one.tn, one.fp + one.fn);
    ret_values[SENSITIVITY] = pct(one.tp, one.fn);
    ret_values[SPECIFICITY] = pct(one.tn, one.fp);
    ret_values[PPV] = pct(one.tp, one.fp);
    ret_values[NPV] = pct(one.tn, one.fn);
    ret_values[KAPPA] = vr_one_kappa(&one);
    ret_values[PABAK] = vr_one_pabak(&one);
    ret_values[PREVALENCE] = vr_one_prevalence_index(&one);
}

Test(stages_golden, epochs_of_each_subject_are_the_published_ones)
{
    load();
    const struct vr_json *root = vr_json_doc_root(published);
    const struct vr_json *staging = vr_member(root, "per_subject");
    const struct vr_json *sleep_wake = vr_member(root, "per_subject_sleep_wake");
    int count = 0;
    for (int i = 0; i < NIGHTS; i++) {
        double values[KINDS];
        for (size_t class = 0; class < 4; class ++) {
            const struct vr_json *stage =
                vr_member(vr_member(staging, nights[i].subject), words[class]);
            measures_of(&nights[i].item.matrix, class, values);
            for (size_t k = 0; k <= SPECIFICITY; k++)
                count += expect(stage, kinds[k], values[k]);
        }
        const struct vr_json *sleep = vr_member(sleep_wake, nights[i].subject);
        measures_of(&nights[i].item.matrix, 0, values);
        count += expect(sleep, "accuracy", values[ACCURACY]);
        count += expect(sleep, "sensitivity", values[SPECIFICITY]);
        count += expect(sleep, "specificity", values[SENSITIVITY]);
    }
    cr_expect_eq(count, NIGHTS * 15);
}

Test(stages_golden, means_and_pooled_epochs_are_the_published_ones)
{
    load();
    const struct vr_json *group = vr_member(vr_json_doc_root(published), "group_ebe_staging");
    for (size_t class = 0; class < 4; class ++) {
        double all[KINDS][NIGHTS], values[KINDS];
        const struct vr_json *mean = vr_member(vr_member(group, "advanced_avg"), words[class]);
        const struct vr_json *sum = vr_member(vr_member(group, "advanced_sum"), words[class]);
        for (int i = 0; i < NIGHTS; i++) {
            measures_of(&nights[i].item.matrix, class, values);
            for (size_t k = 0; k < KINDS; k++)
                all[k][i] = values[k];
        }
        measures_of(&pooled.matrix, class, values);
        for (size_t k = 0; k < KINDS; k++) {
            const struct vr_json *of = vr_member(mean, kinds[k]);
            expect_near(of, "mean", vr_mean(all[k], NIGHTS), OF_ROUNDED);
            expect_near(of, "sd", vr_sd(all[k], NIGHTS), OF_ROUNDED);
            expect_near(sum, kinds[k], values[k], k <= SPECIFICITY ? EXACT : OF_ROUNDED);
        }
    }
}

Test(stages_golden, the_pooled_matrix_and_its_numbers)
{
    static const int64_t cells[] = {871, 483,  29,  71, 303, 4381, 398, 521,
                                    34,  1142, 925, 16, 57,  564,  49,  922};
    load();
    double kappas[NIGHTS];
    for (size_t i = 0; i < 16; i++)
        cr_expect_eq(vr_confusion_cell(&pooled.matrix, i / 4, i % 4), cells[i], "cell %zu", i);
    for (int i = 0; i < NIGHTS; i++)
        kappas[i] = vr_confusion_kappa(&nights[i].item.matrix);
    cr_expect_float_eq(vr_confusion_accuracy(&pooled.matrix), 0.659391, 5e-7);
    cr_expect_float_eq(vr_confusion_kappa(&pooled.matrix), 0.450568, 5e-7);
    cr_expect_float_eq(vr_confusion_macro_f1(&pooled.matrix), 0.619245, 5e-7);
    cr_expect_float_eq(vr_mean(kappas, NIGHTS), 0.452916, 5e-7, "%.7f", vr_mean(kappas, NIGHTS));
    cr_expect_float_eq(vr_sd(kappas, NIGHTS), 0.121527, 5e-7, "%.7f", vr_sd(kappas, NIGHTS));
}

static void expect_side(const struct vr_json *of, const char *side, const struct vr_night *night)
{
    char key[32];
    const struct {
        const char *name;
        double value;
    } rows[] = {
        {"TST", night->tst_min},           {"SE", night->se_pct},
        {"SOL", night->sol_min},           {"WASO", night->waso_min},
        {"Light", night->stage_min[1]},    {"Deep", night->stage_min[2]},
        {"REM", night->stage_min[3]},      {"LightPerc", night->stage_pct[1]},
        {"DeepPerc", night->stage_pct[2]}, {"REMPerc", night->stage_pct[3]},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(key, sizeof key, "%s_%s", rows[i].name, side);
        expect(of, key, rows[i].value);
    }
}

Test(stages_golden, nights_are_the_published_ones)
{
    load();
    const struct vr_json *measures =
        vr_member(vr_json_doc_root(published), "per_subject_sleep_measures");
    const struct vr_json *differences =
        vr_member(vr_json_doc_root(published), "per_subject_discrepancies_staging");
    int count = 0;
    for (int i = 0; i < NIGHTS; i++) {
        const struct vr_json *of = vr_member(measures, nights[i].subject);
        const struct vr_json *difference = vr_member(differences, nights[i].subject);
        const struct vr_night_pair *pair = nights[i].item.nights;
        cr_assert_eq(nights[i].item.night_count, 1);
        if (!of || !difference)
            continue;
        expect(of, "TIB", pair->reference.tib_min);
        expect_side(of, "ref", &pair->reference);
        expect_side(of, "device", &pair->device);
        expect(difference, "WASO_diff", pair->device.waso_min - pair->reference.waso_min);
        double se = pair->device.se_pct - pair->reference.se_pct;
        expect_near(difference, "SE_diff", se, OF_ROUNDED);
        count++;
    }
    cr_expect_gt(count, 0);
    printf("# %d of %d nights are published\n", count, NIGHTS);
}
