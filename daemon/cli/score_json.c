/* Matrices and nights. */
#include "cli/score_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/labels.h"
#include "score/stages.h"

static bool is_task(const struct vr_scenario_score *config, const char *task)
{
    return strcmp(config->task, task) == 0;
}

static const char *class_name(const struct vr_scenario_score *config, size_t class)
{
    return is_task(config, "stages") ? vr_stage_name(config->stages, (int)class)
                                     : config->classes[class].name;
}

static const struct vr_confusion *matrix_of(
    const struct vr_scenario_score *config, const void *item)
{
    if (is_task(config, "labels"))
        return &((const struct vr_labels *)item)->matrix;
    return is_task(config, "stages") ? &((const struct vr_stages *)item)->matrix : NULL;
}

/* The caller frees the sum with vr_item_free. */
static int sum_up(const struct vr_by_record *records, void **ret_sum, struct vr_err *err)
{
    void *sum = calloc(1, records->table->item_size);
    bool is_done = sum != NULL;
    for (size_t i = 0; is_done && i < records->count; i++)
        is_done = records->table->add(sum, records->entries[i].item);
    if (!is_done) {
        vr_item_free(records->table, sum);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the scores of all records");
    }
    *ret_sum = sum;
    return 0;
}

/* --- json ------------------------------------------------------------------------------------- */

static double pct(int64_t part, int64_t rest)
{
    return part + rest > 0 ? 100.0 * (double)part / (double)(part + rest) : NAN;
}

static void write_class(
    struct vr_json_writer *writer, const struct vr_scenario_score *config,
    const struct vr_confusion *matrix, size_t class)
{
    struct vr_one_against_rest one = vr_confusion_one(matrix, class);
    vr_json_write_object(writer, class_name(config, class));
    vr_json_write_int(writer, "reference", vr_confusion_row(matrix, class));
    vr_json_write_int(writer, "test", vr_confusion_column(matrix, class));
    vr_json_write_double(writer, "accuracy_pct", pct(one.tp + one.tn, one.fp + one.fn));
    vr_json_write_double(writer, "sensitivity_pct", pct(one.tp, one.fn));
    vr_json_write_double(writer, "specificity_pct", pct(one.tn, one.fp));
    vr_json_write_double(writer, "ppv_pct", pct(one.tp, one.fp));
    vr_json_write_double(writer, "npv_pct", pct(one.tn, one.fn));
    vr_json_write_double(writer, "f1", vr_confusion_f1(matrix, class));
    vr_json_write_double(writer, "kappa", vr_one_kappa(&one));
    vr_json_write_double(writer, "pabak", vr_one_pabak(&one));
    vr_json_write_double(writer, "prevalence_index", vr_one_prevalence_index(&one));
    vr_json_write_end(writer);
}

static void write_matrix(
    struct vr_json_writer *writer, const struct vr_scenario_score *config,
    const struct vr_confusion *matrix)
{
    vr_json_write_array(writer, "matrix");
    for (size_t i = 0; i < matrix->class_count; i++) {
        vr_json_write_array(writer, NULL);
        for (size_t j = 0; j <= matrix->class_count; j++)
            vr_json_write_int(writer, NULL, vr_confusion_cell(matrix, i, j));
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_json_write_object(writer, "by_class");
    for (size_t i = 0; i < matrix->class_count; i++)
        write_class(writer, config, matrix, i);
    vr_json_write_end(writer);
}

static void write_side(
    struct vr_json_writer *writer, const struct vr_scenario_score *config, const char *key,
    const struct vr_night *night)
{
    vr_json_write_object(writer, key);
    vr_json_write_double(writer, "tib_min", night->tib_min);
    vr_json_write_double(writer, "tst_min", night->tst_min);
    vr_json_write_double(writer, "se_pct", night->se_pct);
    vr_json_write_double(writer, "sol_min", night->sol_min);
    vr_json_write_double(writer, "waso_min", night->waso_min);
    for (int i = 1; i < config->stages; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s_min", vr_stage_name(config->stages, i));
        vr_json_write_double(writer, name, night->stage_min[i]);
        snprintf(name, sizeof name, "%s_pct", vr_stage_name(config->stages, i));
        vr_json_write_double(writer, name, night->stage_pct[i]);
    }
    vr_json_write_end(writer);
}

static void write_nights(
    struct vr_json_writer *writer, const struct vr_scenario_score *config,
    const struct vr_stages *stages)
{
    vr_json_write_array(writer, "nights");
    for (size_t i = 0; i < stages->night_count; i++) {
        vr_json_write_object(writer, NULL);
        write_side(writer, config, "reference", &stages->nights[i].reference);
        write_side(writer, config, "test", &stages->nights[i].device);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static void write_record(
    struct vr_json_writer *writer, const struct vr_scenario_score *config,
    const struct vr_by_record_entry *entry)
{
    const struct vr_confusion *matrix = matrix_of(config, entry->item);
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "record", entry->name);
    vr_json_write_string(writer, "subject", entry->subject[0] ? entry->subject : NULL);
    if (matrix)
        write_matrix(writer, config, matrix);
    if (is_task(config, "stages"))
        write_nights(writer, config, entry->item);
    vr_json_write_end(writer);
}

static void write_classes(
    struct vr_json_writer *writer, const struct vr_scenario_score *config,
    const struct vr_confusion *matrix)
{
    vr_json_write_array(writer, "classes");
    for (size_t i = 0; i < matrix->class_count; i++)
        vr_json_write_string(writer, NULL, class_name(config, i));
    vr_json_write_end(writer);
}

int vr_score_json_write(
    struct vr_json_writer *writer, const struct vr_scenario_score *config,
    const struct vr_by_record *records, struct vr_err *err)
{
    void *sum;
    int r = sum_up(records, &sum, err);
    if (r < 0)
        return r;
    const struct vr_confusion *matrix = matrix_of(config, sum);
    if (matrix) {
        write_classes(writer, config, matrix);
        vr_json_write_object(writer, "gross");
        write_matrix(writer, config, matrix);
        vr_json_write_end(writer);
    }
    vr_item_free(records->table, sum);
    vr_json_write_array(writer, "records");
    for (size_t i = 0; i < records->count; i++)
        write_record(writer, config, &records->entries[i]);
    vr_json_write_end(writer);
    return 0;
}

/* --- text ------------------------------------------------------------------------------------- */

static void print_matrix(const struct vr_scenario_score *config, const struct vr_confusion *matrix)
{
    int64_t foreign = vr_confusion_column(matrix, matrix->class_count);
    size_t columns = matrix->class_count + (foreign > 0 ? 1 : 0);
    printf("%-14s", "truth \\ test");
    for (size_t j = 0; j < columns; j++)
        printf(" %9.9s", j < matrix->class_count ? class_name(config, j) : "none");
    printf(" %9s\n", "F1");
    for (size_t i = 0; i < matrix->class_count; i++) {
        printf("%-14.14s", class_name(config, i));
        for (size_t j = 0; j < columns; j++)
            printf(" %9" PRId64, vr_confusion_cell(matrix, i, j));
        double f1 = vr_confusion_f1(matrix, i);
        if (isnan(f1))
            printf(" %9s\n", "-");
        else
            printf(" %9.4f\n", f1);
    }
    putchar('\n');
}

int vr_score_matrix_print(
    const struct vr_scenario_score *config, const struct vr_by_record *records, struct vr_err *err)
{
    void *sum;
    int r = sum_up(records, &sum, err);
    if (r < 0)
        return r;
    const struct vr_confusion *matrix = matrix_of(config, sum);
    if (matrix && records->count > 0)
        print_matrix(config, matrix);
    vr_item_free(records->table, sum);
    return 0;
}
