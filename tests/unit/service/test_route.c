/* Routes: every path, and everything that is none. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "service/route.h"

static struct vr_route route;
static struct vr_route_refusal refusal;

static void expect(const char *method, const char *target, enum vr_operation operation)
{
    int r = vr_route_find(method, target, &route, &refusal);
    cr_assert_eq(r, 0, "%s %s: %s", method, target, refusal.err.text);
    cr_assert_eq(route.operation, operation, "%s %s: %d", method, target, (int)route.operation);
}

static void expect_refused(const char *method, const char *target, int status)
{
    int r = vr_route_find(method, target, &route, &refusal);
    cr_assert(r < 0, "%s %s was taken", method, target);
    cr_assert_eq(refusal.status, status, "%s %s: %d", method, target, refusal.status);
    cr_assert_eq(r, -refusal.err.code);
    cr_assert(strncmp(refusal.err.text, "request: ", 9) == 0);
}

Test(route, every_operation_has_its_path)
{
    expect("GET", "/v1", VR_OPERATION_ABOUT);
    expect("GET", "/v1/health", VR_OPERATION_HEALTH);
    expect("GET", "/healthz", VR_OPERATION_HEALTHZ);
    expect("GET", "/readyz", VR_OPERATION_READYZ);
    expect("GET", "/metrics", VR_OPERATION_METRICS);
    expect("GET", "/v1/jobs", VR_OPERATION_JOBS);
    expect("POST", "/v1/jobs", VR_OPERATION_JOB_SUBMIT);
    expect("GET", "/v1/jobs/12", VR_OPERATION_JOB);
    expect("DELETE", "/v1/jobs/12", VR_OPERATION_JOB_CANCEL);
    expect("GET", "/v1/jobs/12/report", VR_OPERATION_JOB_REPORT);
    expect("GET", "/v1/jobs/12/run-file", VR_OPERATION_JOB_RUN_FILE);
    expect("POST", "/v1/results/missing", VR_OPERATION_RESULTS_MISSING);
    expect("POST", "/v1/results/find", VR_OPERATION_RESULTS_FIND);
    expect("GET", "/v1/duts", VR_OPERATION_DUTS);
    expect("GET", "/v1/duts/band-a", VR_OPERATION_DUT);
    expect("POST", "/v1/duts/band-a/release", VR_OPERATION_DUT_RELEASE);
    expect("POST", "/v1/duts/band-a/check", VR_OPERATION_DUT_CHECK);
    expect("GET", "/v1/leases", VR_OPERATION_LEASES);
    expect("POST", "/v1/leases", VR_OPERATION_LEASE_TAKE);
    expect("DELETE", "/v1/leases/3", VR_OPERATION_LEASE_END);
    expect("GET", "/v1/events", VR_OPERATION_EVENTS);
    expect("POST", "/v1/backups", VR_OPERATION_BACKUP);
    expect("GET", "/v1/snapshot", VR_OPERATION_SNAPSHOT);
}

Test(route, a_path_has_parts)
{
    expect("GET", "/v1/jobs/9223372036854775807", VR_OPERATION_JOB);
    cr_assert_eq(route.number, INT64_MAX);
    cr_assert_eq(route.role, VR_ROLE_VIEWER);
    expect("POST", "/v1/duts/band%2Da/release", VR_OPERATION_DUT_RELEASE);
    cr_assert_str_eq(route.name, "band-a");
    cr_assert_eq(route.role, VR_ROLE_ADMIN);
    expect("GET", "/v1/duts/%c3%A9", VR_OPERATION_DUT);
    cr_assert_str_eq(route.name, "\xc3\xa9");
}

Test(route, no_such_path)
{
    static const char *const targets[] = {
        "/",
        "//",
        "/v1/",
        "/v2",
        "/V1",
        "/v1/job",
        "/v1/jobs/",
        "/v1/jobs/x",
        "/v1/jobs/0",
        "/v1/jobs/01",
        "/v1/jobs/-1",
        "/v1/jobs/+1",
        "/v1/jobs/1/",
        "/v1/jobs/1/x",
        "/v1/jobs/9223372036854775808",
        "/v1/jobs/99999999999999999999999999",
        "/v1/jobs/%",
        "/v1/jobs/1%",
        "/v1/jobs/%3",
        "/v1/jobs/%G1",
        "/v1//jobs",
        "/v1/duts/",
        "/v1/duts/..",
        "/v1/duts/.",
        "/v1/duts/%2e%2e",
        "/v1/duts/a%2fb",
        "/v1/duts/a%00",
        "/v1/duts/%0a",
        "/v1/duts/%7f",
        "/v1/duts/%ff",
        "/v1/duts/%c0%af",
        "/v1/duts/a/b",
        "/v1/./jobs",
        "/v1/jobs/../jobs",
        "/%76%31",
        "/v1/duts/%",
        "/v1/duts/%e"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        expect_refused("GET", targets[i], 404);
    char target[600] = "/v1/duts/";
    memset(target + 9, 'a', 300);
    expect_refused("GET", target, 404);
    target[9 + 255] = '\0';
    expect("GET", target, VR_OPERATION_DUT);
}

Test(route, not_a_path)
{
    expect_refused("GET", "", 400);
    expect_refused("GET", "*", 400);
    expect_refused("GET", "http://localhost/v1", 400);
    expect_refused("GET", "v1", 400);
    expect_refused("GET", "/v1#x", 400);
    expect_refused("GET", "/v1/jobs?limit=1#x", 400);
}

Test(route, not_with_this_method)
{
    expect_refused("PUT", "/v1/jobs", 405);
    cr_assert_str_eq(refusal.allow, "GET, POST");
    expect_refused("POST", "/v1/jobs/3", 405);
    cr_assert_str_eq(refusal.allow, "GET, DELETE");
    expect_refused("get", "/v1", 405);
    cr_assert_str_eq(refusal.allow, "GET");
    expect_refused("HEAD", "/v1", 405);
    expect_refused("OPTIONS", "/v1/leases", 405);
    expect_refused("GET", "/v1/duts/a/release", 405);
    cr_assert_str_eq(refusal.allow, "POST");
}

Test(route, parameters)
{
    struct vr_err err = {0};
    int64_t value;
    expect("GET", "/v1/jobs?state=ended&user=al%20ice&limit=7", VR_OPERATION_JOBS);
    cr_assert_str_eq(vr_route_parameter(&route, "state"), "ended");
    cr_assert_str_eq(vr_route_parameter(&route, "user"), "al ice");
    cr_assert_null(vr_route_parameter(&route, "campaign"));
    cr_assert_eq(vr_route_number(&route, "limit", 1, 7, 100, &value, &err), 0);
    cr_assert_eq(value, 7);
    cr_assert(vr_route_number(&route, "limit", 1, 6, 100, &value, &err) < 0);
    cr_assert(vr_route_number(&route, "state", 1, 6, 100, &value, &err) < 0);
    cr_assert_eq(vr_route_number(&route, "campaign", 1, 6, 100, &value, &err), 0);
    cr_assert_eq(value, 100);
    expect("GET", "/v1/jobs?user=a=b", VR_OPERATION_JOBS);
    cr_assert_str_eq(vr_route_parameter(&route, "user"), "a=b");
    expect("GET", "/v1/jobs?user=a+b", VR_OPERATION_JOBS);
    cr_assert_str_eq(vr_route_parameter(&route, "user"), "a+b");
}

Test(route, parameters_that_are_refused)
{
    static const char *const queries[] = {
        "",           "x=1",           "state",           "state=",
        "=ended",     "state=ended&",  "&state=ended",    "state=a&state=a",
        "stat=ended", "State=ended",   "state=%",         "state=%4",
        "state=%zz",  "state=%00",     "state=a%0a",      "state=%ff",
        "job=1",      "%73tate=ended", "state=a&&user=b", "state user=1",
        "ate=1"};
    char target[400];
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        snprintf(target, sizeof target, "/v1/jobs?%s", queries[i]);
        expect_refused("GET", target, 400);
    }
    snprintf(target, sizeof target, "/v1/jobs?user=%0300d", 1);
    expect_refused("GET", target, 400);
    expect_refused("GET", "/v1?x=1", 400);
    expect_refused("GET", "/v1?", 400);
    expect_refused("POST", "/v1/jobs?state=ended", 400);
}
