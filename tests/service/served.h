/* A daemon in this process, over a bench of devices that nobody opens, with scripted workers (scripted_worker.py). */
#ifndef TESTS_SERVICE_SERVED_H
#define TESTS_SERVICE_SERVED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "service/daemon.h"

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) { \
            printf("Bail out! %s:%d: %s: ", __FILE__, __LINE__, #condition); \
            printf(__VA_ARGS__); \
            printf("\n"); \
            fflush(stdout); \
            served_give_up(); \
        } \
    } while (0)

struct served {
    char folder[64];
    struct vr_config config;
    sd_event *loop;
    struct vr_daemon *daemon;
};

/* A job as the queue has it. */
struct served_job {
    bool is_found;
    enum vr_job_state state;
    int exit_code, starts, deaths, trials, trials_done;
    bool is_ingested;
    pid_t worker_pid;
    char verdict[32], why[1024], run_uid[160], on_dut[65], tried[256];
};

extern const struct vr_user served_alice, served_bob, served_admin, served_viewer;

/* Devices "one" and "two" of the model "band", and "alone"; `members` are more of the daemon's file, or "". */
void served_begin(struct served *served, const char *members);
/* The same with real workers and four simulated devices of the model "band": $VITALRIG, $VITALRIG_DUT_PROGRAM. */
void served_begin_real(struct served *served, const char *members);
/* Opens again over the same folder. */
void served_open(struct served *served);
void served_close(struct served *served);
/* Closes it and removes the folder. */
void served_end(struct served *served);
void served_give_up(void) __attribute__((noreturn));
const char *served_path(const struct served *served, const char *name);

/* `tag` says what the worker does; `more` are members of the order, or "". */
int64_t served_submit(
    struct served *served, const struct vr_user *user, const char *tag, const char *dut,
    const char *more);
/* The same, refused: returns the answer. */
struct vr_answer served_refuse(
    struct served *served, const struct vr_user *user, const char *tag, const char *dut,
    const char *more);
struct served_job served_job(struct served *served, int64_t job_id);

typedef bool served_condition(struct served *served, int64_t number);
/* Turns the loop until it holds; the test's time-out is the only clock. */
void served_until(struct served *served, served_condition *condition, int64_t number);
served_condition served_has_ended; /* and its run has come in, and it was told */
served_condition served_is_running, served_is_waiting;
/* Events of a job (0 = all) of this kind; the text of the last one. */
int served_events(struct served *served, int64_t job_id, const char *kind, char text[4096]);

#endif
