/* Which operation a request means: method and target, before anything is looked up.  Pure.
 *
 * Strict, so that every request has one meaning: a target is a path that begins with "/", of segments without "." and "..", escapes are two
 * hexadecimal digits, and what they give is UTF-8 without control characters; a parameter that the operation does not know, or that is
 * given twice, is refused. */
#ifndef VR_SERVICE_ROUTE_H
#define VR_SERVICE_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "service/config.h"

#define VR_ROUTE_VALUE_SIZE 256
#define VR_ROUTE_PARAMETERS 4

/* X(operation, method, path, role that it needs, parameters).  In a path, # is a number and * a name. */
#define VR_OPERATIONS(X) \
    X(ABOUT, "GET", "/v1", VIEWER, "") \
    X(HEALTH, "GET", "/v1/health", NONE, "") \
    X(HEALTHZ, "GET", "/healthz", NONE, "") \
    X(READYZ, "GET", "/readyz", NONE, "") \
    X(METRICS, "GET", "/metrics", VIEWER, "") \
    X(JOBS, "GET", "/v1/jobs", VIEWER, "state user campaign limit") \
    X(JOB_SUBMIT, "POST", "/v1/jobs", OPERATOR, "") \
    X(JOB, "GET", "/v1/jobs/#", VIEWER, "") \
    X(JOB_CANCEL, "DELETE", "/v1/jobs/#", OPERATOR, "") \
    X(JOB_REPORT, "GET", "/v1/jobs/#/report", VIEWER, "format") \
    X(JOB_RUN_FILE, "GET", "/v1/jobs/#/run-file", VIEWER, "") \
    X(RUN_TAKE, "POST", "/v1/runs", OPERATOR, "") \
    X(BASELINE_SET, "POST", "/v1/baselines", OPERATOR, "") \
    X(BASELINE_REMOVE, "DELETE", "/v1/baselines/*", OPERATOR, "") \
    X(RESULTS_MISSING, "POST", "/v1/results/missing", VIEWER, "") \
    X(RESULTS_FIND, "POST", "/v1/results/find", VIEWER, "") \
    X(DUTS, "GET", "/v1/duts", VIEWER, "") \
    X(DUT, "GET", "/v1/duts/*", VIEWER, "") \
    X(DUT_RELEASE, "POST", "/v1/duts/*/release", ADMIN, "") \
    X(DUT_CHECK, "POST", "/v1/duts/*/check", OPERATOR, "") \
    X(LEASES, "GET", "/v1/leases", VIEWER, "") \
    X(LEASE_TAKE, "POST", "/v1/leases", OPERATOR, "") \
    X(LEASE_END, "DELETE", "/v1/leases/#", OPERATOR, "") \
    X(EVENTS, "GET", "/v1/events", VIEWER, "job bind after") \
    X(BACKUP, "POST", "/v1/backups", ADMIN, "") \
    X(SNAPSHOT, "GET", "/v1/snapshot", VIEWER, "")

enum vr_operation {
#define X(name, method, path, role, parameters) VR_OPERATION_##name,
    VR_OPERATIONS(X)
#undef X
        VR_OPERATION_COUNT
};

struct vr_route {
    enum vr_operation operation;
    enum vr_role role;              /* that it needs */
    int64_t number;                 /* of the path's #, from 1 */
    char name[VR_ROUTE_VALUE_SIZE]; /* of the path's * */
    struct {
        const char *name; /* in the program's text */
        char value[VR_ROUTE_VALUE_SIZE];
    } parameters[VR_ROUTE_PARAMETERS];
    size_t parameter_count;
};

struct vr_route_refusal {
    int status;     /* 400, 404, 405 */
    char allow[32]; /* of 405: "GET, POST" */
    struct vr_err err;
};

/* `target` as it stands in the request line.  0, or a negative VR_ERR_* with the refusal filled. */
int vr_route_find(
    const char *method, const char *target, struct vr_route *ret_route,
    struct vr_route_refusal *refusal);

/* Value of a parameter; NULL = it is not given. */
const char *vr_route_parameter(const struct vr_route *route, const char *name);
/* The same as a whole number of decimal digits from `min` to `max`; `missing` when it is not given. */
int vr_route_number(
    const struct vr_route *route, const char *name, int64_t min, int64_t max, int64_t missing,
    int64_t *ret_value, struct vr_err *err);

/* Decimal digits only, no sign, no leading zero but "0" itself; false = it is none, or above INT64_MAX. */
bool vr_route_digits(const char *text, int64_t *ret_value);

#endif
