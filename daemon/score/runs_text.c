/* Line and table, byte for byte as the golden outputs have them. */
#include "score/runs_text.h"

#include <inttypes.h>

#include "score/percent.h"

void vr_runs_line_header(FILE *out, enum vr_run_kind kind)
{
    if (kind == VR_RUN_SVE)
        fputs("(SVE run detection)\n", out);
    fputs("Record CTs CFN CTp CFP STs SFN STp SFP LTs LFN LTp LFP  CSe C+P SSe S+P LSe L+P\n", out);
}

void vr_runs_line(FILE *out, const char *record, const struct vr_runs_counts *counts)
{
    struct vr_runs_sums sums = vr_runs_sums(counts);
    const struct vr_runs_class classes[] = {sums.couplets, sums.short_runs, sums.long_runs};
    fprintf(out, "%4s", record);
    for (size_t i = 0; i < 3; i++) {
        const struct vr_runs_class *class = &classes[i];
        fprintf(
            out, " %3" PRId64 " %3" PRId64 " %3" PRId64 " %3" PRId64, class->tps, class->fn,
            class->tpp, class->fp);
    }
    fputc(' ', out);
    for (size_t i = 0; i < 3; i++) {
        vr_percent_whole(out, classes[i].tps, classes[i].fn);
        vr_percent_whole(out, classes[i].tpp, classes[i].fp);
    }
    fputc('\n', out);
}

static void print_matrix(FILE *out, const int64_t counts[VR_RUN_LENGTHS][VR_RUN_LENGTHS])
{
    fputs("\n               Algorithm Run Length\n", out);
    fputs("          0    1    2    3    4    5   >5\n", out);
    fputs("     ____________________________________\n", out);
    for (size_t row = 0; row < VR_RUN_LENGTHS; row++) {
        if (row == VR_RUN_LENGTHS - 1)
            fputs("  >5 |", out);
        else
            fprintf(out, "%4zu |", row);
        for (size_t column = 0; column < VR_RUN_LENGTHS; column++) {
            if (row == 0 && column == 0)
                fputs("     ", out); /* no run on either side: there is no such case */
            else
                fprintf(out, " %4" PRId64, counts[row][column]);
        }
        fputc('\n', out);
    }
}

static void print_fraction(FILE *out, const char *name, int64_t hits, int64_t misses)
{
    fprintf(out, "%31s:", name);
    vr_percent_whole(out, hits, misses);
    fprintf(
        out, "%s (%" PRId64 "/%" PRId64 ")\n", hits + misses > 0 ? "%" : " ", hits, hits + misses);
}

void vr_runs_table(
    FILE *out, enum vr_run_kind kind, const char *record, const char *reference, const char *test,
    const struct vr_runs_counts *counts)
{
    struct vr_runs_sums sums = vr_runs_sums(counts);
    fprintf(
        out, "%s run-by-run comparison results for record %s\n", kind == VR_RUN_VE ? "VE" : "SVE",
        record);
    fprintf(out, "Reference annotator: %s\n     Test annotator: %s\n", reference, test);
    print_matrix(out, counts->reference_runs);
    fputs("\n      (Run Sensitivity Summary Matrix)\n\n", out);
    print_matrix(out, counts->test_runs);
    fputs("\n (Run Positive Predictivity Summary Matrix)\n\n", out);
    print_fraction(out, "Couplet sensitivity", sums.couplets.tps, sums.couplets.fn);
    print_fraction(out, "Couplet positive predictivity", sums.couplets.tpp, sums.couplets.fp);
    print_fraction(out, "Short run sensitivity", sums.short_runs.tps, sums.short_runs.fn);
    print_fraction(out, "Short run positive predictivity", sums.short_runs.tpp, sums.short_runs.fp);
    print_fraction(out, "Long run sensitivity", sums.long_runs.tps, sums.long_runs.fn);
    print_fraction(out, "Long run positive predictivity", sums.long_runs.tpp, sums.long_runs.fp);
    fputc('\n', out);
}
