/* Which records are selected, whom they are of, and once for each value of a sweep. */
#include "replay/plan_records.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/subjects.h"

/* --- by name --- */

static bool matches_any(const char *name, const char *const *globs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(globs[i], name, 0) == 0)
            return true;
    return false;
}

/* "100,22?": the command line's form of several globs. */
static bool matches_list(const char *name, const char *list)
{
    char glob[VR_NAME_SIZE];
    while (*list) {
        size_t size = strcspn(list, ",");
        snprintf(glob, sizeof glob, "%.*s", (int)size, list);
        if (fnmatch(glob, name, 0) == 0)
            return true;
        list += size + (list[size] == ',');
    }
    return false;
}

/* `source` is what the dataset calls it; globs may mean all values of a sweep, or one. */
static bool selected(
    const struct vr_scenario *scenario, const struct vr_plan_options *options, const char *name,
    const char *source)
{
    const struct vr_scenario_dataset *dataset = &scenario->dataset;
    if (options->records)
        return matches_list(name, options->records) || matches_list(source, options->records);
    if (dataset->record_count > 0 && !matches_any(name, dataset->records, dataset->record_count) &&
        !matches_any(source, dataset->records, dataset->record_count))
        return false;
    return !matches_any(name, dataset->exclude, dataset->exclude_count) &&
           !matches_any(source, dataset->exclude, dataset->exclude_count);
}

/* These words are scopes of metrics; a record of that name could not be told from them in a report. */
static bool is_scope(const char *name)
{
    static const char *const words[] = {"gross", "average",      "subject_average",
                                        "each",  "each_subject", "each_stratum"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return strncmp(name, "subject:", 8) == 0 || strncmp(name, "stratum:", 8) == 0;
}

int vr_plan_fit_streams(
    const struct vr_plan *plan, struct vr_streams *streams, int64_t *ret_cut_count,
    struct vr_err *err)
{
    const struct vr_dialect *dialect = plan->dialect;
    *ret_cut_count = 0;
    if (dialect->check) {
        int r = dialect->check(plan->dut, (uint8_t)plan->mode, streams->count, err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < streams->count && dialect->usable; i++) {
        struct vr_stream *stream = &streams->items[i];
        int64_t usable = dialect->usable(plan->dut, stream->sample_count);
        if (usable == 0)
            return vr_err_set(
                err, VR_ERR_INPUT, "record %s: %lld samples are too few for one input of %s",
                vr_dataset_record(streams->setup.dataset)->name, (long long)stream->sample_count,
                plan->dut->name);
        *ret_cut_count += stream->sample_count - usable;
        stream->sample_count = usable;
    }
    return 0;
}

/* --- each of them --- */

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a record of the plan");
}

static int check_strata(
    const struct vr_plan *plan, const struct vr_subject *subject, struct vr_err *err)
{
    for (size_t i = 0; subject && i < subject->stratum_count; i++)
        if (strchr(subject->strata[i], ';'))
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: line %lld of %s: \"%s\": a \";\" stands between groups",
                plan->dataset_path, (long long)subject->line, VR_SUBJECTS_FILE, subject->strata[i]);
    return 0;
}

static int describe(
    struct vr_plan_record *record, const struct vr_plan *plan, const struct vr_subject *subject,
    struct vr_err *err)
{
    char sweep[VR_SWEEP_TEXT_SIZE];
    size_t size;
    int r = check_strata(plan, subject, err);
    if (r < 0)
        return r;
    FILE *strata = open_memstream(&record->strata, &size);
    if (!strata)
        return no_memory(err);
    vr_sweep_text(plan->scenario, record->swept, sweep);
    for (size_t i = 0; subject && i < subject->stratum_count; i++)
        fprintf(strata, "%s%s", i ? ";" : "", subject->strata[i]);
    if (sweep[0])
        fprintf(strata, "%s%s", subject && subject->stratum_count ? ";" : "", sweep);
    if (fclose(strata) != 0)
        return no_memory(err);
    const char *between = sweep[0] && plan->noise_key[0] ? ";" : "";
    if (asprintf(&record->signal_key, "%s%s%s", sweep, between, plan->noise_key) < 0) {
        record->signal_key = NULL;
        return no_memory(err);
    }
    record->subject = strdup(subject ? subject->name : "");
    return record->subject ? 0 : no_memory(err);
}

static int name_record(
    struct vr_plan_record *record, const struct vr_plan *plan, const char *source, double swept,
    struct vr_err *err)
{
    char sweep[VR_SWEEP_TEXT_SIZE];
    vr_sweep_text(plan->scenario, swept, sweep);
    *record = (struct vr_plan_record){.swept = swept};
    snprintf(record->source, sizeof record->source, "%s", source);
    int size =
        snprintf(record->name, sizeof record->name, "%s%s%s", source, sweep[0] ? "@" : "", sweep);
    if ((size_t)size >= sizeof record->name)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the name of record \"%s\" is too long for a sweep",
            plan->dataset_path, source);
    if (is_scope(record->name))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: a record is called \"%s\", which names a scope of metrics; rename it or exclude "
            "it",
            plan->dataset_path, record->name);
    return 0;
}

/* Makes the record's streams once, and looks at every sample that something is done to. */
static int check_streams(struct vr_plan *plan, struct vr_dataset *dataset, struct vr_err *err)
{
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    struct vr_plan_record *record = &plan->records[plan->record_count];
    const struct vr_streams_setup setup =
        vr_plan_streams_setup(plan, plan->record_count, plan->repeat_first, dataset);
    int64_t cut_count;
    int r = vr_streams_init(&streams, &setup, err);
    if (r == 0)
        r = vr_plan_fit_streams(plan, &streams, &cut_count, err);
    if (r == 0)
        r = vr_streams_scan(&streams, err);
    if (r < 0)
        return r;
    snprintf(record->sha256, sizeof record->sha256, "%s", vr_dataset_record(dataset)->sha256);
    record->window_start = streams.items[0].first;
    record->window_count = streams.items[0].sample_count;
    record->duration_s = vr_streams_duration_s(&streams);
    return 0;
}

/* Opens the record and its truth, so that whatever is malformed is said now.  A record without
 * signals is counted and left out. */
static int add_record(struct vr_plan *plan, const struct vr_subject *subject, struct vr_err *err)
{
    const struct vr_scenario *scenario = plan->scenario;
    struct vr_plan_record *record = &plan->records[plan->record_count];
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    _cleanup_(vr_annotations_finish) struct vr_annotations truth = {0};
    int r =
        vr_dataset_open(scenario->dataset.kind, plan->dataset_path, record->source, &dataset, err);
    if (r < 0)
        return r;
    if (vr_dataset_record(dataset)->signal_count == 0) {
        plan->signal_less_count++;
        return 0;
    }
    r = vr_record_check_whole(vr_dataset_record(dataset), err);
    if (r == 0)
        r = check_streams(plan, dataset, err);
    if (r < 0)
        return r;
    r = vr_dataset_truth(dataset, scenario->dataset.annotator, &truth, err);
    if (r < 0 && r != -VR_ERR_NOT_FOUND)
        return r;
    plan->record_count++; /* whatever it has is freed with the plan from here on */
    return describe(record, plan, subject, err);
}

/* Once, or once for each value of the sweep. */
static int add_values(
    struct vr_plan *plan, const struct vr_plan_options *options, const char *source,
    const struct vr_subjects *subjects, struct vr_err *err)
{
    const struct vr_scenario_sweep *sweep = &plan->scenario->sweep;
    const struct vr_subject *subject = subjects ? vr_subjects_find(subjects, source) : NULL;
    size_t signal_less_count = plan->signal_less_count;
    int r = 0;
    for (size_t i = 0; r == 0 && i < (sweep->parameter ? sweep->count : 1); i++) {
        struct vr_plan_record *record = &plan->records[plan->record_count];
        r = name_record(record, plan, source, sweep->parameter ? sweep->values[i] : 0, err);
        if (r == 0 && !selected(plan->scenario, options, record->name, source))
            plan->unselected_count++;
        else if (r == 0)
            r = add_record(plan, subject, err);
        if (plan->signal_less_count > signal_less_count)
            break; /* it has none for any value */
    }
    return r;
}

/* --- that nothing is missed --- */

/* A name that selects nothing is a mistake: a run without it would pass for one with it. */
static int check_entry(const struct vr_plan *plan, const char *entry, struct vr_err *err)
{
    for (size_t i = 0; i < plan->record_count; i++)
        if (fnmatch(entry, plan->records[i].name, 0) == 0 ||
            fnmatch(entry, plan->records[i].source, 0) == 0)
            return 0;
    return vr_err_set(
        err, VR_ERR_EMPTY, "%s: \"%s\" selects no record with signals in %s", plan->scenario->file,
        entry, plan->dataset_path);
}

static int check_entries(
    const struct vr_plan *plan, const struct vr_plan_options *options, struct vr_err *err)
{
    const struct vr_scenario_dataset *dataset = &plan->scenario->dataset;
    int r = 0;
    for (size_t i = 0; r == 0 && !options->records && i < dataset->record_count; i++)
        r = check_entry(plan, dataset->records[i], err);
    const char *list = options->records;
    while (r == 0 && list && *list) {
        char entry[VR_NAME_SIZE];
        size_t size = strcspn(list, ",");
        snprintf(entry, sizeof entry, "%.*s", (int)size, list);
        r = check_entry(plan, entry, err);
        list += size + (list[size] == ',');
    }
    return r;
}

static int nothing_selected(
    const struct vr_plan *plan, const struct vr_plan_options *options, size_t found,
    struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_EMPTY,
        "%s: nothing selected in %s: %zu records there, %zu not matching%s%s, "
        "%zu without signals",
        plan->scenario->file, plan->dataset_path, found, plan->unselected_count,
        options->records ? " --records " : "", options->records ? options->records : "",
        plan->signal_less_count);
}

/* A table that is there and cannot be read is an error: statistics without it would be others. */
static int load_subjects(
    const struct vr_plan *plan, struct vr_subjects **ret_subjects, struct vr_err *err)
{
    struct vr_err cause = {0};
    if (strncmp(plan->dataset_path, "builtin:", 8) == 0)
        return 0;
    int r = vr_subjects_load(plan->dataset_path, ret_subjects, &cause);
    return r == 0 || r == -VR_ERR_NOT_FOUND ? 0 : vr_err_set(err, cause.code, "%s", cause.text);
}

static int list_records(const struct vr_plan *plan, struct vr_names *names, struct vr_err *err)
{
    const struct vr_scenario *scenario = plan->scenario;
    int r = vr_dataset_list(scenario->dataset.kind, plan->dataset_path, names, err);
    if (r == -VR_ERR_NOT_FOUND && strncmp(plan->dataset_path, "builtin:", 8) != 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "%s:%d:%d: the dataset \"%s\" is looked for in %s, and there is no such folder; put "
            "the "
            "recordings there, or set VITALRIG_DATA to the folder of your datasets",
            scenario->file, scenario->dataset.path_place.line, scenario->dataset.path_place.column,
            scenario->dataset.path, plan->dataset_path);
    return r;
}

int vr_plan_select_records(
    struct vr_plan *plan, const struct vr_plan_options *options, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names names = {0};
    _cleanup_(vr_subjects_destroyp) struct vr_subjects *subjects = NULL;
    const struct vr_scenario_sweep *sweep = &plan->scenario->sweep;
    int r = list_records(plan, &names, err);
    if (r == 0)
        r = load_subjects(plan, &subjects, err);
    if (r == 0)
        r = vr_noise_key(plan->scenario, plan->noise_key, err);
    if (r < 0)
        return r;
    size_t most = names.count * (sweep->parameter ? sweep->count : 1);
    plan->records = calloc(most + 1, sizeof *plan->records);
    if (!plan->records)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu records", most);
    for (size_t i = 0; i < names.count && r == 0; i++)
        r = add_values(plan, options, names.items[i], subjects, err);
    if (r < 0)
        return r;
    if (plan->record_count == 0)
        return nothing_selected(plan, options, names.count, err);
    return check_entries(plan, options, err);
}
