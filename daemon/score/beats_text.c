/* Line and table, byte for byte as the golden outputs have them. */
#include "score/beats_text.h"

#include <inttypes.h>
#include <math.h>

static const char row_letters[VR_BEAT_CLASSES + 1] = "NSVFQOX";

void vr_beats_line_header(FILE *out)
{
    fputs(
        "Record Nn' Sn' Vn' Fn' On'  Ns  Ss  Vs  Fs' Os' Nv  Sv   Vv  Fv' Ov' No' So' Vo' Fo'"
        "  Q Se   Q +P   V Se   V +P   S Se   S +P RR err\n",
        out);
}

static void print_percentage(FILE *out, int64_t hits, int64_t misses)
{
    if (hits + misses > 0)
        fprintf(out, " %6.2f", 100.0 * (double)hits / (double)(hits + misses));
    else
        fputs("      -", out);
}

void vr_beats_line(FILE *out, const char *record, const struct vr_beats_counts *counts)
{
    static const struct {
        const char *rows, *columns;
        int width;
    } sums[] = {
        {"N", "nfq", 5}, {"S", "nfq", 3}, {"V", "nfq", 3}, {"FQ", "nfq", 3}, {"OX", "nfq", 3},
        {"N", "s", 3},   {"S", "s", 3},   {"V", "s", 3},   {"FQ", "s", 3},   {"OX", "s", 3},
        {"N", "v", 3},   {"S", "v", 3},   {"V", "v", 4},   {"FQ", "v", 3},   {"OX", "v", 3},
        {"N", "ox", 3},  {"S", "ox", 3},  {"V", "ox", 3},  {"FQ", "ox", 3},
    };
    fprintf(out, "%4s", record);
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        fprintf(
            out, " %*" PRId64, sums[i].width,
            vr_beats_sum_of(counts, sums[i].rows, sums[i].columns));

    struct vr_beats_sums s = vr_beats_sums(counts);
    print_percentage(out, s.qtp, s.qfn);
    print_percentage(out, s.qtp, s.qfp);
    print_percentage(out, s.vtp, s.vfn);
    print_percentage(out, s.vtp, s.vfp);
    print_percentage(out, s.stp, s.sfn);
    print_percentage(out, s.stp, s.sfp);
    double rr_error_ms = vr_beats_rr_error_ms(counts);
    if (isnan(rr_error_ms))
        fputs("      -\n", out);
    else
        fprintf(out, " %6.2f\n", rr_error_ms);
}

static void print_fraction(FILE *out, const char *name, int64_t hits, int64_t misses)
{
    fprintf(out, "%26s:", name);
    print_percentage(out, hits, misses);
    fprintf(
        out, "%s (%" PRId64 "/%" PRId64 ")\n", hits + misses > 0 ? "%" : " ", hits, hits + misses);
}

void vr_beats_table(
    FILE *out, const char *record, const char *reference, const char *test,
    const struct vr_beats_counts *counts)
{
    fprintf(out, "Beat-by-beat comparison results for record %s\n", record);
    fprintf(out, "Reference annotator: %s\n     Test annotator: %s\n\n", reference, test);
    fputs("               Algorithm\n        n    s    v    f    q    o    x\n", out);
    fputs("   ____________________________________\n", out);
    for (int row = 0; row < VR_BEAT_CLASSES; row++) {
        /* Nothing that was found nowhere. */
        int columns = row < VR_BEAT_O ? VR_BEAT_CLASSES : VR_BEAT_O;
        fprintf(out, " %c |", row_letters[row]);
        for (int column = 0; column < columns; column++)
            fprintf(out, " %4" PRId64, counts->pairs[row][column]);
        fputc('\n', out);
    }

    struct vr_beats_sums s = vr_beats_sums(counts);
    fputc('\n', out);
    print_fraction(out, "QRS sensitivity", s.qtp, s.qfn);
    print_fraction(out, "QRS positive predictivity", s.qtp, s.qfp);
    print_fraction(out, "VEB sensitivity", s.vtp, s.vfn);
    print_fraction(out, "VEB positive predictivity", s.vtp, s.vfp);
    print_fraction(out, "SVEB sensitivity", s.stp, s.sfn);
    print_fraction(out, "SVEB positive predictivity", s.stp, s.sfp);
    double rr_error_ms = vr_beats_rr_error_ms(counts);
    if (isnan(rr_error_ms))
        fprintf(out, "%26s:      -\n", "RMS RR interval error");
    else
        fprintf(out, "%26s: %6.2f ms\n", "RMS RR interval error", rr_error_ms);
}
