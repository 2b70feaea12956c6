/* Scope-bound cleanup, so that an early return leaks nothing.  Only for locals of host code (gnu11). */
#ifndef VR_BASE_CLEANUP_H
#define VR_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* `_cleanup_(f)` calls f(&variable) when the variable goes out of scope. */
#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void vr_freep(void *pointer)
{
    free(*(void **)pointer);
}

static inline void vr_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void vr_fclosep(FILE **file)
{
    if (*file)
        fclose(*file);
}

static inline void vr_closedirp(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

#define _cleanup_free_ _cleanup_(vr_freep)
#define _cleanup_close_ _cleanup_(vr_closep)
#define _cleanup_fclose_ _cleanup_(vr_fclosep)
#define _cleanup_closedir_ _cleanup_(vr_closedirp)

#endif
