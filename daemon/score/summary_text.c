/* The end of what sumstats prints, byte for byte. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "score/summary.h"

#include "score/episodes_text.h"

/* How a kind is laid out. */
struct layout {
    int rule;
    const char *title;
    int first, others; /* how wide sums are; between them stands a blank */
    int wide;          /* place of the one that is one wider, 0 = none */
    int measures_at;   /* column */
};

static const struct layout layouts[VR_SUMMARY_KINDS] = {
    [VR_SUMMARY_BEATS] = {132, "Sum ", 6, 3, 12, 83},
    [VR_SUMMARY_BEATS_4] = {86, "Sum  ", 6, 3, 5, 54},
    [VR_SUMMARY_SHUTDOWN] = {72, "Sum  ", 4, 4, 0, 66},
    [VR_SUMMARY_SHUTDOWN_4] = {68, "Sum   ", 4, 4, 0, 25},
    [VR_SUMMARY_RUNS] = {77, "Sum   ", 4, 3, 0, 55},
    [VR_SUMMARY_EPISODES] = {72, "Sum    ", 4, 4, 0, 27},
    [VR_SUMMARY_NUMBERS] = {50, "", 0, 0, 0, 0},
};

/* Of columns that a form with four classes does not have. */
static bool is_left_out(const struct vr_summary *summary, const char *name)
{
    return summary->kind == VR_SUMMARY_SHUTDOWN_4 &&
           (strcmp(name, "Sx") == 0 || strcmp(name, "s_in_shutdown_pct") == 0);
}

static void print_sums(FILE *out, const struct vr_summary *summary)
{
    const struct layout *layout = &layouts[summary->kind];
    const char *const *names = vr_summary_count_names(summary->kind);
    fprintf(out, "%s%*" PRId64, layout->title, layout->first, summary->counts[0]);
    for (int i = 1; names[i]; i++) {
        int width = layout->others + (layout->wide > 0 && i == layout->wide);
        if (!is_left_out(summary, names[i]))
            fprintf(out, " %*" PRId64, width, summary->counts[i]);
    }
}

static void print_measure(
    FILE *out, const struct vr_summary *summary, const char *name, double value)
{
    bool is_whole = summary->kind == VR_SUMMARY_RUNS || summary->kind == VR_SUMMARY_EPISODES;
    if (isnan(value))
        fputs(is_whole ? "   -" : "      -", out);
    else if (is_whole)
        fprintf(out, " %3.0f", value); /* halves to even, unlike the lines */
    else
        fprintf(out, " %6.*f", strcmp(name, "veb_fpr_pct") == 0 ? 3 : 2, value);
}

static void print_measures(
    FILE *out, const struct vr_summary *summary, const char *title, const double *measures)
{
    const char *const *names = vr_summary_measure_names(summary->kind);
    fprintf(out, "%-*s", layouts[summary->kind].measures_at, title);
    for (size_t i = 0; names[i]; i++) {
        bool has_gross = strcmp(names[i], "rr_error_ms") != 0;
        if (!is_left_out(summary, names[i]) && (has_gross || measures == summary->average))
            print_measure(out, summary, names[i], measures[i]);
    }
    fputc('\n', out);
}

static void print_gross_and_average(FILE *out, const struct vr_summary *summary)
{
    print_measures(out, summary, "Gross", summary->gross);
    print_measures(out, summary, "Average", summary->average);
}

static int64_t sum(const int64_t *counts, const int *places)
{
    int64_t total = 0;
    for (; *places >= 0; places++)
        total += counts[*places];
    return total;
}

static void print_beats(FILE *out, const struct vr_summary *summary)
{
    static const int qrs[] = {0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18, -1};
    static const int veb[] = {2, 7, 12, 17, -1}, sveb[] = {1, 6, 11, 16, -1};
    static const int qrs_4[] = {0, 1, 2, 4, 5, 6, 8, 9, 10, -1}, veb_4[] = {1, 5, 9, -1};
    bool has_s = summary->kind == VR_SUMMARY_BEATS;
    print_sums(out, summary);
    fputc('\n', out);
    print_gross_and_average(out, summary);
    fprintf(
        out, "Total QRS complexes: %" PRId64 "  Total VEBs: %" PRId64,
        sum(summary->counts, has_s ? qrs : qrs_4), sum(summary->counts, has_s ? veb : veb_4));
    if (has_s)
        fprintf(out, "  Total SVEBs: %" PRId64, sum(summary->counts, sveb));
    fputc('\n', out);
}

static void print_shutdown(FILE *out, const struct vr_summary *summary)
{
    bool has_s = summary->kind == VR_SUMMARY_SHUTDOWN;
    print_sums(out, summary);
    fprintf(out, "%*s %4" PRId64 " seconds\n", has_s ? 37 : 30, "", summary->seconds);
    if (!has_s)
        print_gross_and_average(out, summary);
}

static void print_runs(FILE *out, const struct vr_summary *summary)
{
    const int64_t *c = summary->counts;
    print_sums(out, summary);
    fputc('\n', out);
    print_gross_and_average(out, summary);
    fprintf(
        out,
        "Total couplets: %" PRId64 "  Total short runs: %" PRId64 "  Total long runs: %" PRId64
        "\n",
        c[0] + c[1], c[4] + c[5], c[8] + c[9]);
}

/* Where a line has "0.000", a sum has "0:00.000". */
static const char *duration(int64_t ms, char text[VR_DURATION_SIZE])
{
    if (ms == 0)
        return "    0:00.000";
    return vr_episodes_duration((double)ms / 1000, text);
}

static void print_episodes(FILE *out, const struct vr_summary *summary)
{
    char reference[VR_DURATION_SIZE], test[VR_DURATION_SIZE];
    print_sums(out, summary);
    fprintf(
        out, "%19s%s   %s\n", "", duration(summary->reference_ms, reference),
        duration(summary->test_ms, test));
    print_gross_and_average(out, summary);
}

static void print_numbers(FILE *out, const struct vr_summary *summary)
{
    const double *average = summary->average;
    fputs("Average", out);
    if (isnan(average[0]))
        fputs("   -", out);
    else
        fprintf(out, " %7.4f", average[0]);
    fputs("\t\t", out);
    if (isnan(average[1]))
        fputs("   -\n", out);
    else
        fprintf(out, "%g\n", average[1]);
}

void vr_summary_print(FILE *out, const struct vr_summary *summary)
{
    static void (*const print[VR_SUMMARY_KINDS])(FILE *, const struct vr_summary *) = {
        [VR_SUMMARY_BEATS] = print_beats,       [VR_SUMMARY_BEATS_4] = print_beats,
        [VR_SUMMARY_SHUTDOWN] = print_shutdown, [VR_SUMMARY_SHUTDOWN_4] = print_shutdown,
        [VR_SUMMARY_RUNS] = print_runs,         [VR_SUMMARY_EPISODES] = print_episodes,
        [VR_SUMMARY_NUMBERS] = print_numbers,
    };
    for (int i = 0; i < layouts[summary->kind].rule; i++)
        fputc('_', out);
    fputc('\n', out);
    print[summary->kind](out, summary);
    fprintf(
        out, "\nSummary of results from %zu record%s\n", summary->record_count,
        summary->record_count == 1 ? "" : "s");
}
