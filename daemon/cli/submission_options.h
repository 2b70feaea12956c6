/* Options of `vitalrig run` that a daemon heeds. */
#ifndef VR_CLI_SUBMISSION_OPTIONS_H
#define VR_CLI_SUBMISSION_OPTIONS_H

#include <argp.h>

#include "cli/submission.h"

/* A child parser; its input is a struct vr_submission. */
extern const struct argp vr_submission_argp;

#endif
