/* Lines and tables, byte for byte as the golden outputs have them. */
#include "score/beats_text.h"

#include <inttypes.h>
#include <math.h>

#include "score/percent.h"

static const char row_letters[] = "NSVFQOX", column_letters[] = "nsvfqox";

static bool has_s(const struct vr_beats_style *style)
{
    return style->classes == VR_BEATS_FIVE_CLASSES;
}

static struct vr_beats_counts fold(
    const struct vr_beats_style *style, const struct vr_beats_counts *counts)
{
    struct vr_beats_counts folded = *counts;
    if (!has_s(style))
        vr_beats_fold(&folded);
    return folded;
}

/* --- line ------------------------------------------------------------------------------------- */

void vr_beats_line_header(FILE *out, const struct vr_beats_style *style)
{
    if (has_s(style))
        fputs(
            "Record Nn' Sn' Vn' Fn' On'  Ns  Ss  Vs  Fs' Os' Nv  Sv   Vv  Fv' Ov' No' So' Vo' Fo'"
            "  Q Se   Q +P   V Se   V +P   S Se   S +P RR err\n",
            out);
    else
        fputs(
            "Record Nn' Vn' Fn' On'  Nv   Vv  Fv' Ov' No' Vo' Fo'"
            "  Q Se   Q +P   V Se   V +P  V FPR\n",
            out);
}

/* A number behind a blank, six wide, or "-". */
static void print_number(FILE *out, double value, int decimals)
{
    if (isnan(value))
        fputs("      -", out);
    else
        fprintf(out, " %6.*f", decimals, value);
}

/* Three decimals, as no other percentage has. */
static void print_rate(FILE *out, int64_t part, int64_t rest)
{
    print_number(out, part + rest > 0 ? 100.0 * (double)part / (double)(part + rest) : NAN, 3);
}

void vr_beats_line(
    FILE *out, const struct vr_beats_style *style, const char *record,
    const struct vr_beats_counts *counts)
{
    static const struct {
        const char *rows, *columns;
        int width;
        bool is_of_s;
    } sums[] = {
        {"N", "nfq", 5, false},  {"S", "nfq", 3, true},   {"V", "nfq", 3, false},
        {"FQ", "nfq", 3, false}, {"OX", "nfq", 3, false}, {"N", "s", 3, true},
        {"S", "s", 3, true},     {"V", "s", 3, true},     {"FQ", "s", 3, true},
        {"OX", "s", 3, true},    {"N", "v", 3, false},    {"S", "v", 3, true},
        {"V", "v", 4, false},    {"FQ", "v", 3, false},   {"OX", "v", 3, false},
        {"N", "ox", 3, false},   {"S", "ox", 3, true},    {"V", "ox", 3, false},
        {"FQ", "ox", 3, false},
    };
    struct vr_beats_counts folded = fold(style, counts);
    fprintf(out, "%4s", record);
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        if (has_s(style) || !sums[i].is_of_s)
            fprintf(
                out, " %*" PRId64, sums[i].width,
                vr_beats_sum_of(&folded, sums[i].rows, sums[i].columns));

    struct vr_beats_sums s = vr_beats_sums(&folded);
    vr_percent(out, s.qtp, s.qfn);
    vr_percent(out, s.qtp, s.qfp);
    vr_percent(out, s.vtp, s.vfn);
    vr_percent(out, s.vtp, s.vfp);
    if (has_s(style)) {
        vr_percent(out, s.stp, s.sfn);
        vr_percent(out, s.stp, s.sfp);
        double rr_error_ms = vr_beats_rr_error_ms(counts);
        if (isnan(rr_error_ms))
            fputs("     -", out); /* one blank less than elsewhere */
        else
            print_number(out, rr_error_ms, 2);
    } else {
        print_rate(out, s.vfp, s.vtn);
    }
    fputc('\n', out);
}

/* --- table ------------------------------------------------------------------------------------ */

static void print_fraction(FILE *out, const char *name, int64_t hits, int64_t misses)
{
    fprintf(out, "%26s:", name);
    vr_percent(out, hits, misses);
    fprintf(
        out, "%s (%" PRId64 "/%" PRId64 ")\n", hits + misses > 0 ? "%" : " ", hits, hits + misses);
}

static void print_matrix(
    FILE *out, const struct vr_beats_style *style, const struct vr_beats_counts *counts)
{
    fputs("               Algorithm\n    ", out);
    for (int column = 0; column < VR_BEAT_CLASSES; column++)
        if (has_s(style) || column != VR_BEAT_S)
            fprintf(out, "    %c", column_letters[column]);
    fprintf(out, "\n   %.*s\n", has_s(style) ? 36 : 31, "____________________________________");
    for (int row = 0; row < VR_BEAT_CLASSES; row++) {
        if (!has_s(style) && row == VR_BEAT_S)
            continue;
        /* Nothing that was found nowhere. */
        int columns = row < VR_BEAT_O ? VR_BEAT_CLASSES : VR_BEAT_O;
        fprintf(out, " %c |", row_letters[row]);
        for (int column = 0; column < columns; column++)
            if (has_s(style) || column != VR_BEAT_S)
                fprintf(out, " %4" PRId64, counts->pairs[row][column]);
        fputc('\n', out);
    }
}

void vr_beats_table(
    FILE *out, const struct vr_beats_style *style, const char *record, const char *reference,
    const char *test, const struct vr_beats_counts *counts)
{
    struct vr_beats_counts folded = fold(style, counts);
    struct vr_beats_sums s = vr_beats_sums(&folded);
    fprintf(out, "Beat-by-beat comparison results for record %s\n", record);
    fprintf(out, "Reference annotator: %s\n     Test annotator: %s\n\n", reference, test);
    print_matrix(out, style, &folded);
    fputc('\n', out);
    print_fraction(out, "QRS sensitivity", s.qtp, s.qfn);
    print_fraction(out, "QRS positive predictivity", s.qtp, s.qfp);
    print_fraction(out, "VEB sensitivity", s.vtp, s.vfn);
    print_fraction(out, "VEB positive predictivity", s.vtp, s.vfp);
    if (!has_s(style)) {
        fprintf(out, "%26s:", "VEB false positive rate");
        print_rate(out, s.vfp, s.vtn);
        fprintf(
            out, "%s (%" PRId64 "/%" PRId64 ")\n\n", s.vfp + s.vtn > 0 ? "%" : " ", s.vfp,
            s.vfp + s.vtn);
        return;
    }
    print_fraction(out, "SVEB sensitivity", s.stp, s.sfn);
    print_fraction(out, "SVEB positive predictivity", s.stp, s.sfp);
    double rr_error_ms = vr_beats_rr_error_ms(counts);
    fprintf(out, "%26s:", "RMS RR interval error");
    print_number(out, rr_error_ms, 2);
    fputs(isnan(rr_error_ms) ? "\n" : " ms\n", out);
}

/* --- shutdown --------------------------------------------------------------------------------- */

static int64_t beats_of(const struct vr_beats_counts *counts, const char *classes)
{
    return vr_beats_sum_of(counts, classes, column_letters);
}

/* Of all beats, as the lines and tables have it: see quirk "beats_in_shutdown" of schema/metrics.md. */
static int64_t missed_of_all(
    const struct vr_beats_style *style, const struct vr_beats_counts *counts)
{
    bool is_s_left_out = has_s(style) && style->compat == VR_COMPAT_WFDB;
    return vr_beats_sum_of(counts, is_s_left_out ? "NVFQ" : "NSVFQ", "x");
}

static int64_t shutdown_seconds(const struct vr_beats_counts *counts)
{
    return (int64_t)floor(counts->shutdown_s + 0.5);
}

void vr_beats_shutdown_line_header(FILE *out, const struct vr_beats_style *style)
{
    if (has_s(style))
        fputs(
            "Record Nx   Sx   Vx   Fx   Qx  % beats  % N    % S    % V    % F   Total Shutdown\n"
            "                                missed missed missed missed missed      Time\n",
            out);
    else
        fputs(
            "Record Nx   Vx   Fx   Qx  % beats  % N    % V    % F   Total Shutdown\n"
            "                           missed missed missed missed      Time\n",
            out);
}

void vr_beats_shutdown_line(
    FILE *out, const struct vr_beats_style *style, const char *record,
    const struct vr_beats_counts *counts)
{
    static const char *const classes[] = {"N", "S", "V", "F", "Q"};
    struct vr_beats_counts folded = fold(style, counts);
    fprintf(out, "%4s", record);
    for (size_t i = 0; i < 5; i++)
        if (has_s(style) || i != VR_BEAT_S)
            fprintf(out, " %4" PRId64, vr_beats_sum_of(&folded, classes[i], "x"));
    fputs("  ", out);
    int64_t missed = missed_of_all(style, &folded);
    vr_percent(out, missed, beats_of(&folded, "NSVFQ") - missed);
    for (size_t i = 0; i < VR_BEAT_Q; i++) {
        if (!has_s(style) && i == VR_BEAT_S)
            continue;
        missed = vr_beats_sum_of(&folded, classes[i], "x");
        vr_percent(out, missed, beats_of(&folded, classes[i]) - missed);
    }
    fprintf(out, " %4" PRId64 " seconds", shutdown_seconds(counts));
    for (size_t i = 0; i < 5; i++)
        fprintf(out, " %" PRId64, beats_of(&folded, classes[i]));
    fputc('\n', out);
}

void vr_beats_shutdown_table(
    FILE *out, const struct vr_beats_style *style, const struct vr_beats_counts *counts)
{
    static const struct {
        const char *class, *name;
    } rows[] = {
        {"N", "N missed in shutdown"},
        {"S", "S missed in shutdown"},
        {"V", "V missed in shutdown"},
        {"F", "F missed in shutdown"},
    };
    struct vr_beats_counts folded = fold(style, counts);
    int64_t missed = missed_of_all(style, &folded);
    fputc('\n', out);
    print_fraction(out, "Beats missed in shutdown", missed, beats_of(&folded, "NSVFQ") - missed);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!has_s(style) && i == VR_BEAT_S)
            continue;
        missed = vr_beats_sum_of(&folded, rows[i].class, "x");
        print_fraction(out, rows[i].name, missed, beats_of(&folded, rows[i].class) - missed);
    }
    fprintf(out, "%26s: %5" PRId64 " seconds\n", "Total shutdown time", shutdown_seconds(counts));
}
