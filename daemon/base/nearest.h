/* "Did you mean ...": the candidate that a misspelt word is nearest to. */
#ifndef VR_BASE_NEAREST_H
#define VR_BASE_NEAREST_H

#include <stddef.h>

#define VR_NEAREST_SIZE_MAX \
    64 /* bytes; longer words have no nearest one, longer candidates are passed over */

/* The candidate with the fewest edits from `word` (a letter more, less, other, or two swapped); the
 * first of equals. NULL when the best needs more than a third of the word's length + 1, or as many
 * edits as the word has letters. */
const char *vr_nearest(const char *word, const char *const *candidates, size_t count);

#endif
