/* vitalrig: the table of verbs, and what holds for all of them: exit codes, a closed pipe, a full
 * disk. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/verb.h"

#define VERBS(X) \
    X(run) \
    X(replay) \
    X(check) X(runs) X(show) X(compare) X(gate) X(rescore) X(baseline) X(score) X(dataset) X(db) \
        X(devices) X(doctor) X(power) X(export) X(sim) X(jobs) X(who) X(lock) X(unlock) X(worker) \
            X(campaign)

#define X(word) extern const struct vr_verb vr_verb_##word;
VERBS(X)
#undef X

static const struct vr_verb *const items[] = {
#define X(word) &vr_verb_##word,
    VERBS(X)
#undef X
};

static const struct vr_verbs verbs = {
    .intro = "VitalRig replays recorded physiology into firmware, and measures what the firmware "
             "says.\n",
    .examples =
        "  vitalrig run                                  a first run, without any hardware\n"
        "  vitalrig run scenarios/smoke.json --junit junit.xml   for a CI server\n"
        "  vitalrig check scenarios/*.json               are the files right?  No device is "
        "touched\n"
        "  vitalrig show last                            the last run's report\n"
        "  vitalrig score beats --record data/100 --ref atr --test qrs\n",
    .items = items,
    .count = sizeof items / sizeof items[0],
};

/* Runs at every exit, argp's own included: a result that was not written whole is no result.  A stdout that was closed from the start hurts
 * only those who write to it. */
static void close_stdout(void)
{
    bool is_cut = ferror(stdout) != 0, is_used = is_cut || __fpending(stdout) > 0;
    errno = 0;
    if (fclose(stdout) != 0 && (is_used || errno != EBADF))
        is_cut = true;
    if (!is_cut)
        return;
    fprintf(
        stderr, "vitalrig: the result could not be written to stdout%s%s\n", errno ? ": " : "",
        errno ? strerror(errno) : "");
    _exit(vr_err_exit(VR_ERR_IO));
}

int main(int argc, char **argv)
{
    static char name[] = "vitalrig";
    char *no_arguments[] = {name, NULL};

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other */
    atexit(close_stdout);
    argp_err_exit_status = vr_err_exit(VR_ERR_USAGE);
    if (argc < 1) /* execve with no argv at all */
        return vr_verbs_run(&verbs, 1, no_arguments);

    argv[0] = name;
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        printf("vitalrig %s\n", VR_VERSION);
        return EXIT_SUCCESS;
    }
    return vr_verbs_run(&verbs, argc, argv);
}
