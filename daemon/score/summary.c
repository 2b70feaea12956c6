/* Reading lines, and the sums over them. */
#include "score/summary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FIELDS_MAX 40
#define COUNT_MAX (INT64_C(1) << 32) /* of beats in a column: room to add up a million records */
#define SECONDS_MAX 1e9              /* of a duration, for the same reason */

/* A line, cut at white space. */
struct fields {
    char *items[FIELDS_MAX];
    size_t count;
};

struct mean {
    double sum;
    double unit; /* of what is added up: 100 for fractions that become percentages */
    int64_t count;
};

struct reader {
    enum vr_compat compat;
    struct vr_summary *into;
    struct mean means[VR_SUMMARY_MEASURES];
    double reference_overlap_ms, test_overlap_ms; /* EPISODES */
};

/* part of part + rest, in percent */
struct fraction {
    int64_t part, rest;
};

static double percentage(struct fraction fraction)
{
    int64_t whole = fraction.part + fraction.rest;
    return whole > 0 ? 100.0 * (double)fraction.part / (double)whole : NAN;
}

static void mean_add(struct mean *mean, double value)
{
    if (isnan(value))
        return;
    mean->sum += value;
    mean->unit = 1;
    mean->count++;
}

/* Multiplied by 100 at the end, as sumstats does: which way a half is rounded depends on it. */
static void mean_add_fraction(struct mean *mean, struct fraction fraction)
{
    int64_t whole = fraction.part + fraction.rest;
    if (whole == 0)
        return;
    mean->sum += (double)fraction.part / (double)whole;
    mean->unit = 100;
    mean->count++;
}

/* --- numbers ---------------------------------------------------------------------------------- */

static bool parse_count(const char *text, int64_t *ret_count)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *ret_count = value;
    return errno == 0 && end != text && *end == '\0' && value >= 0 && value < COUNT_MAX;
}

/* "-" is no number: NaN. */
static bool parse_number(const char *text, double *ret_value)
{
    char *end;
    *ret_value = NAN;
    if (strcmp(text, "-") == 0)
        return true;
    *ret_value = strtod(text, &end);
    return end != text && *end == '\0' && fabs(*ret_value) < 1e15;
}

/* "0.000", "9:46.314", "23:08:53.331" in milliseconds. */
static bool parse_duration(const char *text, int64_t *ret_ms)
{
    double seconds = 0;
    for (int part = 0; part < 3; part++) {
        char *end;
        double value = strtod(text, &end);
        if (end == text || !(value >= 0))
            return false;
        seconds = 60 * seconds + value;
        if (!(seconds <= SECONDS_MAX))
            return false;
        if (*end == '\0') {
            *ret_ms = (int64_t)floor(seconds * 1000 + 0.5);
            return true;
        }
        if (*end != ':')
            return false;
        text = end + 1;
    }
    return false;
}

static bool parse_counts(char *const *fields, size_t count, int64_t *ret_counts)
{
    for (size_t i = 0; i < count; i++)
        if (!parse_count(fields[i], &ret_counts[i]))
            return false;
    return true;
}

static void add_counts(struct reader *reader, const int64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        reader->into->counts[i] += counts[i];
}

/* --- beats ------------------------------------------------------------------------------------ */

static void beats_fractions(const int64_t *c, struct fraction *ret)
{
    enum { NN, SN, VN, FN, ON, NS, SS, VS, FS, OS, NV, SV, VV, FV, OV, NO, SO, VO, FO };
    int64_t qtp = c[NN] + c[SN] + c[VN] + c[FN] + c[NS] + c[SS] + c[VS] + c[FS] + c[NV] + c[SV] +
                  c[VV] + c[FV];
    ret[0] = (struct fraction){qtp, c[NO] + c[SO] + c[VO] + c[FO]};
    ret[1] = (struct fraction){qtp, c[ON] + c[OS] + c[OV]};
    ret[2] = (struct fraction){c[VV], c[VN] + c[VS] + c[VO]};
    ret[3] = (struct fraction){c[VV], c[NV] + c[SV] + c[OV]};
    ret[4] = (struct fraction){c[SS], c[SN] + c[SV] + c[SO]};
    /* The column Fs' has Qs, too, which is no false alarm, and cannot be told apart: it is left out. */
    ret[5] = (struct fraction){c[SS], c[NS] + c[VS] + c[OS]};
}

static void beats_4_fractions(const int64_t *c, struct fraction *ret)
{
    enum { NN, VN, FN, ON, NV, VV, FV, OV, NO, VO, FO };
    int64_t qtp = c[NN] + c[VN] + c[FN] + c[NV] + c[VV] + c[FV];
    ret[0] = (struct fraction){qtp, c[NO] + c[VO] + c[FO]};
    ret[1] = (struct fraction){qtp, c[ON] + c[OV]};
    ret[2] = (struct fraction){c[VV], c[VN] + c[VO]};
    ret[3] = (struct fraction){c[VV], c[NV] + c[OV]};
    ret[4] = (struct fraction){c[NV] + c[OV], c[NN] + c[FN] + c[ON]};
}

static void runs_fractions(const int64_t *c, struct fraction *ret)
{
    for (size_t i = 0; i < 6; i++)
        ret[i] = (struct fraction){c[2 * i], c[2 * i + 1]};
}

typedef void fractions_fn(const int64_t *counts, struct fraction *ret);

/* Of kinds whose measures follow from the counts. */
static bool add_fractions(
    struct reader *reader, const struct fields *fields, fractions_fn *fractions,
    size_t counts_count, size_t measure_count)
{
    int64_t counts[VR_SUMMARY_COUNTS];
    struct fraction measures[VR_SUMMARY_MEASURES];
    if (fields->count < 1 + counts_count || !parse_counts(fields->items + 1, counts_count, counts))
        return false;
    add_counts(reader, counts, counts_count);
    fractions(counts, measures);
    for (size_t i = 0; i < measure_count; i++)
        mean_add_fraction(&reader->means[i], measures[i]);
    reader->into->record_count++;
    return true;
}

static void finish_fractions(struct reader *reader, fractions_fn *fractions, size_t measure_count)
{
    struct fraction measures[VR_SUMMARY_MEASURES];
    fractions(reader->into->counts, measures);
    for (size_t i = 0; i < measure_count; i++)
        reader->into->gross[i] = percentage(measures[i]);
}

/* The RR error is the last column: it has an average, and no gross value follows from it. */
static bool add_beats(struct reader *reader, const struct fields *fields)
{
    double rr_error_ms;
    if (fields->count != 27 || !parse_number(fields->items[26], &rr_error_ms) ||
        !add_fractions(reader, fields, beats_fractions, 19, 6))
        return false;
    mean_add(&reader->means[6], rr_error_ms);
    return true;
}

static void finish_beats(struct reader *reader)
{
    finish_fractions(reader, beats_fractions, 6);
}

static bool add_beats_4(struct reader *reader, const struct fields *fields)
{
    return fields->count == 17 && add_fractions(reader, fields, beats_4_fractions, 11, 5);
}

static void finish_beats_4(struct reader *reader)
{
    finish_fractions(reader, beats_4_fractions, 5);
}

static bool add_runs(struct reader *reader, const struct fields *fields)
{
    return fields->count == 19 && add_fractions(reader, fields, runs_fractions, 12, 6);
}

static void finish_runs(struct reader *reader)
{
    finish_fractions(reader, runs_fractions, 6);
}

/* --- shutdown --------------------------------------------------------------------------------- */

/* Missed in shutdown, of all beats and of each class but Q; `missed` and `beats` are N S V F Q. */
static void shutdown_fractions(
    const int64_t *missed, const int64_t *beats, int64_t times, struct fraction *ret)
{
    int64_t all_missed = 0, all = 0;
    for (size_t i = 0; i < 5; i++) {
        all_missed += missed[i];
        all += beats[i];
    }
    ret[0] = (struct fraction){all_missed, times * all - all_missed};
    for (size_t i = 0; i < 4; i++)
        ret[1 + i] = (struct fraction){missed[i], times * beats[i] - missed[i]};
}

/* Columns: missed of each class; percentages; seconds "seconds"; beats of each class, all five. */
static bool read_shutdown(
    const struct fields *fields, bool has_s, int64_t missed[5], int64_t beats[5], int64_t *seconds)
{
    size_t classes = has_s ? 5 : 4, after = 1 + 2 * classes;
    int64_t columns[5];
    if (fields->count != after + 7 || strcmp(fields->items[after + 1], "seconds") != 0 ||
        !parse_counts(fields->items + 1, classes, columns) ||
        !parse_count(fields->items[after], seconds) ||
        !parse_counts(fields->items + after + 2, 5, beats))
        return false;
    for (size_t i = 0, column = 0; i < 5; i++)
        missed[i] = i == 1 && !has_s ? 0 : columns[column++];
    return true;
}

static bool add_shutdown_of(struct reader *reader, const struct fields *fields, bool has_s)
{
    struct vr_summary *into = reader->into;
    int64_t missed[5], beats[5], seconds;
    struct fraction measures[5];
    if (!read_shutdown(fields, has_s, missed, beats, &seconds))
        return false;
    add_counts(reader, missed, 5);
    int64_t all = 0;
    for (size_t i = 0; i < 5; i++) {
        into->beats[i] += beats[i];
        all += beats[i];
    }
    into->seconds += seconds;
    shutdown_fractions(missed, beats, 1, measures);
    for (size_t i = 0; i < 5; i++)
        mean_add_fraction(&reader->means[i], measures[i]);
    /* Quirk "records_without_beats": with four classes they are not counted. */
    bool is_counted = has_s || all > 0 || reader->compat == VR_COMPAT_NONE;
    into->record_count += is_counted ? 1 : 0;
    return true;
}

static bool add_shutdown(struct reader *reader, const struct fields *fields)
{
    return add_shutdown_of(reader, fields, true);
}

static bool add_shutdown_4(struct reader *reader, const struct fields *fields)
{
    return add_shutdown_of(reader, fields, false);
}

static void finish_shutdown(struct reader *reader)
{
    struct vr_summary *into = reader->into;
    /* Quirk "shutdown_beats_twice". */
    bool is_twice = reader->compat == VR_COMPAT_WFDB && into->kind == VR_SUMMARY_SHUTDOWN_4;
    struct fraction measures[5];
    shutdown_fractions(into->counts, into->beats, is_twice ? 2 : 1, measures);
    for (size_t i = 0; i < 5; i++)
        into->gross[i] = percentage(measures[i]);
}

/* --- episodes --------------------------------------------------------------------------------- */

static void episodes_fractions(const int64_t *c, struct fraction *ret)
{
    ret[0] = (struct fraction){c[0], c[1]};
    ret[1] = (struct fraction){c[2], c[3]};
}

static struct fraction whole_percent(double percent)
{
    int64_t part = (int64_t)floor(percent + 0.5);
    return (struct fraction){part, 100 - part};
}

static bool add_episodes(struct reader *reader, const struct fields *fields)
{
    double sensitivity, predictivity;
    int64_t reference_ms, test_ms;
    if (fields->count != 11 || !parse_number(fields->items[7], &sensitivity) ||
        !parse_number(fields->items[8], &predictivity) ||
        !parse_duration(fields->items[9], &reference_ms) ||
        !parse_duration(fields->items[10], &test_ms) ||
        !add_fractions(reader, fields, episodes_fractions, 4, 2))
        return false;
    if (reference_ms > 0 && !isnan(sensitivity))
        mean_add_fraction(&reader->means[2], whole_percent(sensitivity));
    if (test_ms > 0 && !isnan(predictivity))
        mean_add_fraction(&reader->means[3], whole_percent(predictivity));
    reader->into->reference_ms += reference_ms;
    reader->into->test_ms += test_ms;
    /* The overlaps themselves are not in the file; they follow from percentages that are rounded to whole ones. */
    double of_reference = isnan(sensitivity) ? 0 : sensitivity / 100 * (double)reference_ms;
    double of_test = isnan(predictivity) ? 0 : predictivity / 100 * (double)test_ms;
    /* Quirk "one_overlap": one for both, from the side that lasts longer. */
    double longer = reference_ms > test_ms ? of_reference : of_test;
    bool is_one = reader->compat == VR_COMPAT_WFDB;
    reader->reference_overlap_ms += is_one ? longer : of_reference;
    reader->test_overlap_ms += is_one ? longer : of_test;
    return true;
}

static void finish_episodes(struct reader *reader)
{
    struct vr_summary *into = reader->into;
    finish_fractions(reader, episodes_fractions, 2);
    if (into->reference_ms > 0)
        into->gross[2] = 100 * reader->reference_overlap_ms / (double)into->reference_ms;
    if (into->test_ms > 0)
        into->gross[3] = 100 * reader->test_overlap_ms / (double)into->test_ms;
}

/* --- measurements ----------------------------------------------------------------------------- */

static bool add_numbers(struct reader *reader, const struct fields *fields)
{
    double error, mean;
    bool is_unnormalised = fields->count == 4 && strcmp(fields->items[3], "(unnormalized)") == 0;
    if ((fields->count != 3 && !is_unnormalised) || !parse_number(fields->items[1], &error) ||
        !parse_number(fields->items[2], &mean))
        return false;
    mean_add(&reader->means[0], error);
    mean_add(&reader->means[1], mean);
    reader->into->record_count++;
    return true;
}

/* Neither can be summed up without the number of pairs, which is not in the file. */
static void finish_numbers(struct reader *reader)
{
    (void)reader;
}

/* --- kinds ------------------------------------------------------------------------------------ */

struct kind {
    const char *header; /* how the line above the first record begins */
    bool (*add)(struct reader *reader, const struct fields *fields);
    void (*finish)(struct reader *reader);
    const char *const *counts, *const *measures;
};

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define QRS_VEB "qrs_sensitivity_pct", "qrs_ppv_pct", "veb_sensitivity_pct", "veb_ppv_pct"
#define MISSED \
    "beats_in_shutdown_pct", "n_in_shutdown_pct", "s_in_shutdown_pct", "v_in_shutdown_pct", \
        "f_in_shutdown_pct"

static const struct kind kinds[VR_SUMMARY_KINDS] = {
    [VR_SUMMARY_BEATS] =
        {"Record Nn' Sn' ", add_beats, finish_beats,
         NAMES(
             "Nn'", "Sn'", "Vn'", "Fn'", "On'", "Ns", "Ss", "Vs", "Fs'", "Os'", "Nv", "Sv", "Vv",
             "Fv'", "Ov'", "No'", "So'", "Vo'", "Fo'"),
         NAMES(QRS_VEB, "sveb_sensitivity_pct", "sveb_ppv_pct", "rr_error_ms")},
    [VR_SUMMARY_BEATS_4] =
        {"Record Nn' Vn' ", add_beats_4, finish_beats_4,
         NAMES("Nn'", "Vn'", "Fn'", "On'", "Nv", "Vv", "Fv'", "Ov'", "No'", "Vo'", "Fo'"),
         NAMES(QRS_VEB, "veb_fpr_pct")},
    [VR_SUMMARY_SHUTDOWN] =
        {"                                missed missed ", add_shutdown, finish_shutdown,
         NAMES("Nx", "Sx", "Vx", "Fx", "Qx"), NAMES(MISSED)},
    [VR_SUMMARY_SHUTDOWN_4] =
        {"                           missed missed ", add_shutdown_4, finish_shutdown,
         NAMES("Nx", "Sx", "Vx", "Fx", "Qx"), NAMES(MISSED)},
    [VR_SUMMARY_RUNS] =
        {"Record CTs CFN ", add_runs, finish_runs,
         NAMES("CTs", "CFN", "CTp", "CFP", "STs", "SFN", "STp", "SFP", "LTs", "LFN", "LTp", "LFP"),
         NAMES(
             "couplet_sensitivity_pct", "couplet_ppv_pct", "short_run_sensitivity_pct",
             "short_run_ppv_pct", "long_run_sensitivity_pct", "long_run_ppv_pct")},
    [VR_SUMMARY_EPISODES] =
        {"Record  TPs ", add_episodes, finish_episodes, NAMES("TPs", "FN", "TPp", "FP"),
         NAMES("sensitivity_pct", "ppv_pct", "duration_sensitivity_pct", "duration_ppv_pct")},
    [VR_SUMMARY_NUMBERS] =
        {"Record\tRMS error ", add_numbers, finish_numbers, NAMES(NULL),
         NAMES("rms_error", "reference_mean")},
};

const char *const *vr_summary_count_names(enum vr_summary_kind kind)
{
    return kinds[kind].counts;
}

const char *const *vr_summary_measure_names(enum vr_summary_kind kind)
{
    return kinds[kind].measures;
}

/* --- reading ---------------------------------------------------------------------------------- */

static const struct kind *kind_of_header(const char *line)
{
    for (size_t i = 0; i < VR_SUMMARY_KINDS; i++)
        if (strncmp(line, kinds[i].header, strlen(kinds[i].header)) == 0)
            return &kinds[i];
    return NULL;
}

static bool split(char *line, struct fields *ret)
{
    char *rest = NULL;
    *ret = (struct fields){0};
    for (char *field = strtok_r(line, " \t\r\n", &rest); field;
         field = strtok_r(NULL, " \t\r\n", &rest)) {
        if (ret->count == FIELDS_MAX)
            return false;
        ret->items[ret->count++] = field;
    }
    return true;
}

static void finish(struct reader *reader, const struct kind *kind)
{
    struct vr_summary *into = reader->into;
    for (size_t i = 0; i < VR_SUMMARY_MEASURES; i++) {
        const struct mean *mean = &reader->means[i];
        into->gross[i] = NAN;
        into->average[i] = mean->count > 0 ? mean->unit * mean->sum / (double)mean->count : NAN;
    }
    kind->finish(reader);
}

int vr_summary_read(
    const char *text, size_t size, const char *display, enum vr_compat compat,
    struct vr_summary *ret_summary, struct vr_err *err)
{
    _cleanup_free_ char *copy = strndup(text, size);
    if (!copy)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", display);
    *ret_summary = (struct vr_summary){0};
    struct reader reader = {.compat = compat, .into = ret_summary};
    const struct kind *kind = NULL;
    int number = 0;
    for (char *line = copy, *next; line && *line; line = next) {
        struct fields fields;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        if (!kind)
            kind = kind_of_header(line);
        else if (!split(line, &fields) || !kind->add(&reader, &fields))
            return vr_err_set(
                err, VR_ERR_INPUT, "%s:%d: this is no line of such results as its header names",
                display, number);
        if (kind)
            ret_summary->kind = (enum vr_summary_kind)(kind - kinds);
    }
    if (!kind)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: no header of results line by line: give what `vitalrig score ... --format line` "
            "prints, or bxb, rxr, epicmp or mxm with -l or -L",
            display);
    finish(&reader, kind);
    return 0;
}
