/* The rows of the fault matrix in virtual time, and those over real lines. */
#ifndef FAULT_MATRIX_H
#define FAULT_MATRIX_H

#include "fault_case.h"

typedef void fault_row_function(struct fault_row_run *row);

/* fault_unplug.c */
fault_row_function fault_l1, fault_l2, fault_l3, fault_l6, fault_l7;
/* fault_noise.c */
fault_row_function fault_l4, fault_l8, fault_l9, fault_l10, fault_l11;
/* fault_numbers.c */
fault_row_function fault_l12, fault_l16;
/* fault_hostile.c */
fault_row_function fault_l13, fault_l14, fault_l15;

#endif
