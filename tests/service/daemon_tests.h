/* What the daemon's tests share. */
#ifndef TESTS_SERVICE_DAEMON_TESTS_H
#define TESTS_SERVICE_DAEMON_TESTS_H

#include "served.h"

/* Of the test that runs. */
extern struct served served;
extern char text[4096];

/* Jobs with the tag "held" may end. */
void let_go(void);
/* A job of alice's, to its end. */
struct served_job run(const char *tag, const char *dut, const char *more);
served_condition has_begun;
bool is_free(const char *dut);
void expect(const struct served_job *job, int exit_code, const char *verdict, const char *why);

/* daemon_leases.c */
void a_lease_keeps_others_out(void);
void a_lease_ends_with_its_time(void);
void a_lease_waits_for_a_job_and_goes_before_the_next(void);
void who_holds_it_beside_the_daemon_is_waited_for(void);

#endif
