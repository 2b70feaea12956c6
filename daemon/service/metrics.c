/* Families, their samples, and the text. */
#include "service/metrics.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum type { COUNTER, GAUGE, HISTOGRAM };

static const char *const type_words[] = {"counter", "gauge", "histogram"};

static const struct {
    const char *name;
    enum type type;
    const char *label1, *label2, *help;
} families[] = {
#define X(name, text, type, label1, label2, help) {text, type, label1, label2, help},
#include "service/metrics.def"
#undef X
};

/* Commits: from one on tmpfs to a disk that is about to die. */
static const double bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                0.1,    0.25,  0.5,    1,     2.5,  5,     10};
#define BOUND_COUNT (sizeof bounds / sizeof *bounds)

struct sample {
    char *value1, *value2; /* of the labels; NULL where there is none */
    double value;
};

struct family {
    struct sample *samples;
    size_t count;
    uint64_t *buckets; /* of a histogram: not cumulated, the last is beyond all bounds */
    double sum;
};

struct vr_metrics {
    struct family families[VR_METRIC_COUNT];
};

/* --- life ------------------------------------------------------------------------------------ */

int vr_metrics_create(struct vr_metrics **ret_metrics, struct vr_err *err)
{
    struct vr_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < VR_METRIC_COUNT; i++)
        if (families[i].type == COUNTER && !families[i].label1 &&
            strncmp(families[i].name, "vitalrig_", 9) == 0)
            vr_metrics_count(metrics, (enum vr_metric)i, NULL, 0);
    vr_metrics_set(metrics, VR_METRIC_BUILD_INFO, VR_VERSION, NULL, 1);
    *ret_metrics = metrics;
    return 0;
}

void vr_metrics_clear(struct vr_metrics *metrics, enum vr_metric metric)
{
    struct family *family = &metrics->families[metric];
    for (size_t i = 0; i < family->count; i++) {
        free(family->samples[i].value1);
        free(family->samples[i].value2);
    }
    free(family->samples);
    free(family->buckets);
    *family = (struct family){0};
}

void vr_metrics_destroy(struct vr_metrics *metrics)
{
    for (size_t i = 0; metrics && i < VR_METRIC_COUNT; i++)
        vr_metrics_clear(metrics, (enum vr_metric)i);
    free(metrics);
}

void vr_metrics_destroyp(struct vr_metrics **metrics)
{
    vr_metrics_destroy(*metrics);
}

/* --- counting -------------------------------------------------------------------------------- */

static bool is_value(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static struct sample *find(struct family *family, const char *value1, const char *value2)
{
    for (size_t i = 0; i < family->count; i++)
        if (is_value(family->samples[i].value1, value1) &&
            is_value(family->samples[i].value2, value2))
            return &family->samples[i];
    return NULL;
}

/* NULL = out of memory: the number is missing then, and says so by not being there. */
static struct sample *enter(struct family *family, const char *value1, const char *value2)
{
    struct sample *found = find(family, value1, value2);
    if (!found && family->count >= VR_METRICS_VALUES_MAX - 1 && value1) {
        value1 = "other";
        value2 = value2 ? "other" : NULL;
        found = find(family, value1, value2);
    }
    if (found)
        return found;
    struct sample *samples =
        reallocarray(family->samples, family->count + 1, sizeof *family->samples);
    if (!samples)
        return NULL;
    family->samples = samples;
    struct sample sample = {
        .value1 = value1 ? strdup(value1) : NULL, .value2 = value2 ? strdup(value2) : NULL};
    if ((value1 && !sample.value1) || (value2 && !sample.value2)) {
        free(sample.value1);
        free(sample.value2);
        return NULL;
    }
    samples[family->count] = sample;
    return &samples[family->count++];
}

void vr_metrics_count(
    struct vr_metrics *metrics, enum vr_metric metric, const char *value1, double add)
{
    assert(families[metric].type == COUNTER && add >= 0 && !value1 == !families[metric].label1);
    struct sample *sample = enter(&metrics->families[metric], value1, NULL);
    if (sample)
        sample->value += add;
}

static void put(
    struct vr_metrics *metrics, enum vr_metric metric, const char *value1, const char *value2,
    double value)
{
    struct sample *sample = enter(&metrics->families[metric], value1, value2);
    if (sample)
        sample->value = value;
}

void vr_metrics_set(
    struct vr_metrics *metrics, enum vr_metric metric, const char *value1, const char *value2,
    double value)
{
    assert(families[metric].type == GAUGE);
    assert(!value1 == !families[metric].label1 && !value2 == !families[metric].label2);
    put(metrics, metric, value1, value2, value);
}

void vr_metrics_observe(struct vr_metrics *metrics, enum vr_metric metric, double value)
{
    struct family *family = &metrics->families[metric];
    size_t bucket = 0;
    assert(families[metric].type == HISTOGRAM);
    if (!family->buckets)
        family->buckets = calloc(BOUND_COUNT + 1, sizeof *family->buckets);
    if (!family->buckets)
        return;
    while (bucket < BOUND_COUNT && !(value <= bounds[bucket]))
        bucket++;
    family->buckets[bucket]++;
    family->sum += value;
}

void vr_metrics_set_dut(struct vr_metrics *metrics, const char *dut, const char *word)
{
    static const char *const words[] = {"good", "busy", "suspect", "quarantined", "absent"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        vr_metrics_set(
            metrics, VR_METRIC_DUT_STATE, dut, words[i], strcmp(words[i], word) == 0 ? 1 : 0);
}

const char *vr_metrics_exit_class(int exit_code)
{
    static const char *const classes[] = {"pass",        "gate_failed",      "usage",
                                          "rig_trouble", "nothing_selected", "inconclusive"};
    if (exit_code >= 0 && exit_code < (int)(sizeof classes / sizeof *classes))
        return classes[exit_code];
    if (exit_code == 70)
        return "internal";
    return exit_code == 130 || exit_code == 143 ? "cancelled" : "other";
}

/* --- the process ----------------------------------------------------------------------------- */

static size_t count_descriptors(void)
{
    _cleanup_closedir_ DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    size_t count = 0;
    while (folder && (entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    return count > 0 ? count - 1 : 0; /* the folder's own */
}

/* Fields 14 utime, 15 stime, 22 starttime (ticks since boot), 23 vsize (bytes), 24 rss (pages) of proc(5). */
static bool read_stat(double fields[5])
{
    _cleanup_fclose_ FILE *file = fopen("/proc/self/stat", "re");
    char line[1024];
    size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
    line[size] = '\0';
    const char *behind_name = strrchr(line, ')');
    unsigned long long user, system, start, bytes;
    long long pages;
    if (!behind_name ||
        sscanf(
            behind_name + 1,
            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu "
            "%llu %lld",
            &user, &system, &start, &bytes, &pages) != 5)
        return false;
    fields[0] = (double)user;
    fields[1] = (double)system;
    fields[2] = (double)start;
    fields[3] = (double)bytes;
    fields[4] = (double)pages;
    return true;
}

static double boot_utc_s(void)
{
    _cleanup_fclose_ FILE *file = fopen("/proc/stat", "re");
    char line[4096];
    double boot_s = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "btime %lf", &boot_s) == 1)
            break;
    return boot_s;
}

void vr_metrics_set_process(struct vr_metrics *metrics)
{
    double fields[5], ticks_hz = (double)sysconf(_SC_CLK_TCK), boot_s = boot_utc_s();
    long max_fds = sysconf(_SC_OPEN_MAX);
    size_t open_fds = count_descriptors();
    if (open_fds > 0)
        put(metrics, VR_METRIC_PROCESS_OPEN_FDS, NULL, NULL, (double)open_fds);
    if (max_fds > 0)
        put(metrics, VR_METRIC_PROCESS_MAX_FDS, NULL, NULL, (double)max_fds);
    if (!read_stat(fields))
        return;
    put(metrics, VR_METRIC_PROCESS_CPU_SECONDS, NULL, NULL, (fields[0] + fields[1]) / ticks_hz);
    put(metrics, VR_METRIC_PROCESS_VIRTUAL_BYTES, NULL, NULL, fields[3]);
    put(metrics, VR_METRIC_PROCESS_RESIDENT_BYTES, NULL, NULL,
        fields[4] * (double)sysconf(_SC_PAGESIZE));
    if (boot_s > 0)
        put(metrics, VR_METRIC_PROCESS_START_SECONDS, NULL, NULL, boot_s + fields[2] / ticks_hz);
}

/* --- the text -------------------------------------------------------------------------------- */

static void write_value(FILE *out, double value)
{
    if (fabs(value) < 9007199254740992.0 && value == floor(value))
        fprintf(out, "%.0f\n", value);
    else if (isfinite(value))
        fprintf(out, "%.17g\n", value);
    else
        fprintf(out, "%s\n", isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
}

static void write_label(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\n')
            fputs("\\n", out);
        else if (*value == '\\' || *value == '"')
            fprintf(out, "\\%c", *value);
        else
            fputc(*value, out);
    }
    fputc('"', out);
}

static void write_sample(FILE *out, enum vr_metric metric, const struct sample *sample)
{
    fputs(families[metric].name, out);
    if (sample->value1) {
        fputc('{', out);
        write_label(out, families[metric].label1, sample->value1);
        if (sample->value2)
            fputc(',', out);
        if (sample->value2)
            write_label(out, families[metric].label2, sample->value2);
        fputc('}', out);
    }
    fputc(' ', out);
    write_value(out, sample->value);
}

static void write_histogram(FILE *out, enum vr_metric metric, const struct family *family)
{
    const char *name = families[metric].name;
    uint64_t count = 0;
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        count += family->buckets[i];
        fprintf(out, "%s_bucket{le=\"%g\"} %llu\n", name, bounds[i], (unsigned long long)count);
    }
    count += family->buckets[BOUND_COUNT];
    fprintf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum ", name, (unsigned long long)count, name);
    write_value(out, family->sum);
    fprintf(out, "%s_count %llu\n", name, (unsigned long long)count);
}

int vr_metrics_write(const struct vr_metrics *metrics, FILE *out, struct vr_err *err)
{
    for (size_t i = 0; i < VR_METRIC_COUNT; i++) {
        const struct family *family = &metrics->families[i];
        if (family->count == 0 && !family->buckets)
            continue;
        fprintf(
            out, "# HELP %s %s\n# TYPE %s %s\n", families[i].name, families[i].help,
            families[i].name, type_words[families[i].type]);
        for (size_t j = 0; j < family->count; j++)
            write_sample(out, (enum vr_metric)i, &family->samples[j]);
        if (family->buckets)
            write_histogram(out, (enum vr_metric)i, family);
    }
    if (fflush(out) == 0 && !ferror(out))
        return 0;
    return vr_err_set(err, VR_ERR_IO, "the metrics cannot be written: %s", strerror(errno));
}

static int fail(const char *path, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
}

int vr_metrics_write_file(const struct vr_metrics *metrics, const char *path, struct vr_err *err)
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%s.tmp", path) >= (int)sizeof name)
        return vr_err_set(err, VR_ERR_USAGE, "%s: the name is too long", path);
    FILE *out = fopen(name, "we");
    if (!out)
        return fail(name, err);
    int r = vr_metrics_write(metrics, out, err);
    if (r == 0 && fchmod(fileno(out), 0644) < 0)
        r = fail(name, err);
    if (fclose(out) != 0 && r == 0)
        r = fail(name, err);
    if (r == 0 && rename(name, path) < 0)
        r = fail(path, err);
    if (r < 0)
        unlink(name);
    return r;
}
