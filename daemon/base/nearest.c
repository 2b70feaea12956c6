/* Levenshtein's distance with swaps of neighbours (optimal string alignment): the three last rows
 * of its table are enough. */
#include "base/nearest.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][VR_NEAREST_SIZE_MAX + 1]; /* row i is rows[i % 3] */
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = smaller(row[j - 1], above[j]) + 1;
            row[j] = smaller(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

const char *vr_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t size = strlen(word);
    if (size == 0 || size > VR_NEAREST_SIZE_MAX)
        return NULL;

    const char *best = NULL;
    size_t bound = smaller(size / 3 + 2, size); /* fewer edits than this */
    for (size_t i = 0; i < count; i++) {
        size_t candidate_size = strlen(candidates[i]);
        if (candidate_size > VR_NEAREST_SIZE_MAX)
            continue;
        size_t edits = distance(word, size, candidates[i], candidate_size);
        if (edits < bound) {
            bound = edits;
            best = candidates[i];
        }
    }
    return best;
}
