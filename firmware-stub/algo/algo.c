/* The registry: adding an algorithm is one file and one line here. */
#include "algo/algo.h"

const struct algo *const algo_all[] = {
    &algo_echo,
    &algo_ecg_qrs,
};

const size_t algo_all_count = sizeof algo_all / sizeof *algo_all;
