#include "score/beats_text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Every cell another number, from 1 row by row. */
static struct vr_beats_counts telling_counts(void)
{
    struct vr_beats_counts counts = {.rr_count = 4, .rr_squares_ms2 = 100};
    int value = 1;
    for (int r = 0; r < VR_BEAT_CLASSES; r++)
        for (int t = 0; t < VR_BEAT_CLASSES; t++)
            counts.pairs[r][t] = value++;
    return counts;
}

static char *line(const char *record, const struct vr_beats_counts *counts)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    static const struct vr_beats_style style = {0};
    vr_beats_line_header(out, &style);
    vr_beats_line(out, &style, record, counts);
    fclose(out);
    return text;
}

Test(beats_text, line_puts_classes_together)
{
    struct vr_beats_counts counts = telling_counts();
    _cleanup_free_ char *text = line("x1", &counts);
    cr_expect_str_eq(
        text, "Record Nn' Sn' Vn' Fn' On'  Ns  Ss  Vs  Fs' Os' Nv  Sv   Vv  Fv' Ov' No' So' Vo' Fo'"
              "  Q Se   Q +P   V Se   V +P   S Se   S +P RR err\n"
              "  x1    10  31  52 167 251   2   9  16  53  81   3  10   17  55  83  13  27  41 124"
              "  67.46  50.60  13.49  15.04  11.69   6.87   5.00\n");
}

Test(beats_text, line_shows_what_does_not_exist_as_a_dash)
{
    struct vr_beats_counts counts = {0};
    _cleanup_free_ char *text = line("118e06", &counts);
    cr_expect_str_eq(
        strchr(text, '\n') + 1,
        "118e06     0   0   0   0   0   0   0   0   0   0   0   0    0   0   0   0   0   0   0"
        "      -      -      -      -      -      -     -\n");
}

Test(beats_text, table_shows_the_matrix)
{
    struct vr_beats_counts counts = {.rr_count = 1, .rr_squares_ms2 = 2.25};
    counts.pairs[VR_BEAT_N][VR_BEAT_N] = 3;
    counts.pairs[VR_BEAT_V][VR_BEAT_O] = 1;
    counts.pairs[VR_BEAT_X][VR_BEAT_Q] = 2;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    static const struct vr_beats_style style = {0};
    vr_beats_table(out, &style, "100", "atr", "dut", &counts);
    fclose(out);
    cr_expect_str_eq(
        text, "Beat-by-beat comparison results for record 100\n"
              "Reference annotator: atr\n"
              "     Test annotator: dut\n"
              "\n"
              "               Algorithm\n"
              "        n    s    v    f    q    o    x\n"
              "   ____________________________________\n"
              " N |    3    0    0    0    0    0    0\n"
              " S |    0    0    0    0    0    0    0\n"
              " V |    0    0    0    0    0    1    0\n"
              " F |    0    0    0    0    0    0    0\n"
              " Q |    0    0    0    0    0    0    0\n"
              " O |    0    0    0    0    0\n"
              " X |    0    0    0    0    2\n"
              "\n"
              "           QRS sensitivity:  75.00% (3/4)\n"
              " QRS positive predictivity:  60.00% (3/5)\n"
              "           VEB sensitivity:   0.00% (0/1)\n"
              " VEB positive predictivity:      -  (0/0)\n"
              "          SVEB sensitivity:      -  (0/0)\n"
              "SVEB positive predictivity:      -  (0/0)\n"
              "     RMS RR interval error:   1.50 ms\n");
    free(text);
}
