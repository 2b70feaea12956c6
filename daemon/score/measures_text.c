/* Line and table, byte for byte as the golden outputs have them. */
#include "score/measures_text.h"

#include <inttypes.h>
#include <math.h>

static double error_of(
    const struct vr_measures_style *style, const struct vr_measures_counts *counts)
{
    return style->is_unnormalised ? vr_measures_rms_error(counts)
                                  : vr_measures_rms_error_pct(counts);
}

/* "-" when there is none. */
static void print_number(FILE *out, const char *none, const char *unit, int decimals, double value)
{
    if (isnan(value))
        fputs(none, out);
    else if (decimals < 0)
        fprintf(out, "%g", value);
    else
        fprintf(out, "%7.*f%s", decimals, value, unit);
}

void vr_measures_line_header(FILE *out, const struct vr_measures_style *style)
{
    fprintf(out, "(Measurement errors)\nMeasurement %d\n", style->measurement);
    fputs("Record\tRMS error (%)\tMean reference measurement\n", out);
}

void vr_measures_line(
    FILE *out, const struct vr_measures_style *style, const char *record,
    const struct vr_measures_counts *counts)
{
    fprintf(out, "%6s\t", record);
    print_number(out, "      -", "", 4, error_of(style, counts));
    fputs("\t\t", out);
    print_number(out, "-", "", -1, vr_measures_reference_mean(counts));
    fputs(style->is_unnormalised ? " (unnormalized)\n" : "\n", out);
}

void vr_measures_table(
    FILE *out, const struct vr_measures_style *style, const char *record, const char *reference,
    const char *test, const struct vr_measures_counts *counts)
{
    fprintf(out, "Measurement-by-measurement comparison results for record %s\n", record);
    fprintf(out, "Measurement number %d\n", style->measurement);
    fprintf(out, "Reference annotator: %s\n     Test annotator: %s\n\n", reference, test);
    fprintf(
        out, "%25s: ", style->is_unnormalised ? "Unnormalized RMS error" : "Normalized RMS error");
    const char *unit = style->is_unnormalised ? "" : "%";
    print_number(out, "      -", unit, 4, error_of(style, counts));
    fprintf(out, " (n = %" PRId64 ")\nMean reference measurement: ", counts->count);
    print_number(out, "-", "", -1, vr_measures_reference_mean(counts));
    fputc('\n', out);
}
