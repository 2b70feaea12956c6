/* What a fuzz target is: one function that takes any bytes, and must neither crash, leak, hang nor break a promise (FUZZ_ASSERT). */
#ifndef VR_TESTS_FUZZ_H
#define VR_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Holds in every build, unlike assert(). */
#define FUZZ_ASSERT(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
