/* A folder of its own for each test, gone afterwards. */
#ifndef VR_TESTS_DATASET_SCRATCH_H
#define VR_TESTS_DATASET_SCRATCH_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[256];

static inline void scratch_make(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/vitalrig-XXXXXX", folder && folder[0] ? folder : "/tmp");
    cr_assert(mkdtemp(scratch), "no scratch folder");
}

static inline int scratch_remove_one(
    const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void scratch_remove(void)
{
    nftw(scratch, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in the folder; valid until the call after the next. */
static inline const char *scratch_path(const char *name)
{
    static char paths[2][512];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", scratch, name);
    return paths[turn];
}

static inline void scratch_write(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(scratch_path(name), "wb");
    cr_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static inline void scratch_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

#endif
