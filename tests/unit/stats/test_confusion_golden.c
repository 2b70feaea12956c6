/* The matrix of a made-up predictor on 2010 real labels.  Needs VITALRIG_DATA. */
#include "stats/confusion.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* x = (1664525 x + 1013904223) mod 2^32 from 2017 on; x / 2^32 below 0.8 keeps the label, else it is
 * the one of number (x >> 8) % 4. */
Test(confusion_golden, of_the_rhythms_of_2017)
{
    static const char labels[] = "NAO~";
    static const int64_t expected[] = {515, 27, 33,  25, 23, 511, 27, 29,
                                       22,  31, 507, 40, 10, 12,  13, 185};
    static const double f1s[] = {0.8803, 0.8728, 0.8593, 0.7415};
    const char *folder = getenv("VITALRIG_DATA");
    char path[1024], line[64];
    snprintf(path, sizeof path, "%s/cinc2017/REFERENCE.csv", folder ? folder : "");
    _cleanup_fclose_ FILE *file = folder && folder[0] ? fopen(path, "r") : NULL;
    if (!file)
        cr_skip_test("set VITALRIG_DATA to the folder of recordings that holds cinc2017");

    struct vr_confusion matrix;
    uint32_t x = 2017;
    vr_confusion_init(&matrix, 4);
    cr_assert(fgets(line, sizeof line, file), "no heading");
    while (fgets(line, sizeof line, file)) {
        const char *comma = strchr(line, ',');
        cr_assert(comma && strchr(labels, comma[1]), "%s", line);
        size_t label = (size_t)(strchr(labels, comma[1]) - labels);
        x = 1664525 * x + 1013904223;
        vr_confusion_count(&matrix, label, x / 4294967296.0 < 0.8 ? (int64_t)label : (x >> 8) % 4);
    }
    double sum = 0;
    for (size_t i = 0; i < 16; i++)
        cr_expect_eq(vr_confusion_cell(&matrix, i / 4, i % 4), expected[i], "cell %zu", i);
    for (size_t i = 0; i < 4; i++) {
        double f1 = vr_confusion_f1(&matrix, i);
        cr_expect_float_eq(f1, f1s[i], 5e-5, "F1 of %c is %.6f", labels[i], f1);
        sum += i < 3 ? f1 : 0;
    }
    cr_expect_float_eq(sum / 3, 0.8708, 5e-5, "%.6f", sum / 3);
}
