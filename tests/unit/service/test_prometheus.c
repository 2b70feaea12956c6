#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "service/metrics.h"

static struct vr_metrics *metrics;

static void make(void)
{
    cr_assert_eq(vr_metrics_create(&metrics, NULL), 0);
}

static void finish(void)
{
    vr_metrics_destroy(metrics);
}

TestSuite(prometheus, .init = make, .fini = finish);

static const char *text(void)
{
    static char buffer[1 << 20];
    FILE *out = fmemopen(buffer, sizeof buffer, "w");
    struct vr_err err;
    cr_assert_eq(vr_metrics_write(metrics, out, &err), 0, "%s", err.text);
    fclose(out);
    return buffer;
}

static bool has(const char *line)
{
    const char *found = strstr(text(), line);
    return found && (found == text() || found[-1] == '\n') && found[strlen(line)] == '\n';
}

Test(prometheus, tell_only_what_is_known)
{
    cr_expect(has("vitalrig_build_info{version=\"" VR_VERSION "\"} 1"));
    cr_expect(has("vitalrig_worker_deaths_total 0"));
    cr_expect_null(strstr(text(), "vitalrig_disk_free_bytes"));
    cr_expect_null(strstr(text(), "vitalrig_trials_total"));
    cr_expect_null(strstr(text(), "process_"));
}

Test(prometheus, counters_add_and_gauges_are_set)
{
    vr_metrics_count(metrics, VR_METRIC_TRIALS, "complete", 2);
    vr_metrics_count(metrics, VR_METRIC_TRIALS, "link_lost", 1);
    vr_metrics_count(metrics, VR_METRIC_TRIALS, "complete", 1);
    vr_metrics_set(metrics, VR_METRIC_LEASES, NULL, NULL, 5);
    vr_metrics_set(metrics, VR_METRIC_LEASES, NULL, NULL, 4);
    cr_expect(has("vitalrig_trials_total{outcome=\"complete\"} 3"));
    cr_expect(has("vitalrig_trials_total{outcome=\"link_lost\"} 1"));
    cr_expect(has("vitalrig_leases 4"));
    cr_expect(has("# TYPE vitalrig_trials_total counter"));
    cr_expect(has("# TYPE vitalrig_leases gauge"));
}

Test(prometheus, a_device_is_in_one_state)
{
    vr_metrics_set_dut(metrics, "band-a", "good");
    vr_metrics_set_dut(metrics, "band-a", "quarantined");
    cr_expect(has("vitalrig_dut_state{dut=\"band-a\",state=\"good\"} 0"));
    cr_expect(has("vitalrig_dut_state{dut=\"band-a\",state=\"quarantined\"} 1"));
    vr_metrics_clear(metrics, VR_METRIC_DUT_STATE);
    cr_expect_null(strstr(text(), "vitalrig_dut_state"));
}

Test(prometheus, values_are_escaped)
{
    vr_metrics_count(metrics, VR_METRIC_TRIALS, "a\\b\"c\nd", 1);
    cr_expect(has("vitalrig_trials_total{outcome=\"a\\\\b\\\"c\\nd\"} 1"));
}

Test(prometheus, numbers_keep_their_digits)
{
    vr_metrics_set(metrics, VR_METRIC_DISK_FREE_BYTES, NULL, NULL, 1234567890123.0);
    cr_expect(has("vitalrig_disk_free_bytes 1234567890123"));
    vr_metrics_set(metrics, VR_METRIC_DISK_FREE_BYTES, NULL, NULL, 0.1);
    cr_expect(has("vitalrig_disk_free_bytes 0.10000000000000001"));
    vr_metrics_set(metrics, VR_METRIC_DISK_FREE_BYTES, NULL, NULL, (double)INFINITY);
    cr_expect(has("vitalrig_disk_free_bytes +Inf"));
}

Test(prometheus, a_histogram_is_cumulated)
{
    static const double values[] = {0.0005, 0.0006, 0.9, 11};
    for (size_t i = 0; i < 4; i++)
        vr_metrics_observe(metrics, VR_METRIC_STORE_COMMIT_SECONDS, values[i]);
    cr_expect(has("vitalrig_store_commit_seconds_bucket{le=\"0.0005\"} 1"));
    cr_expect(has("vitalrig_store_commit_seconds_bucket{le=\"0.001\"} 2"));
    cr_expect(has("vitalrig_store_commit_seconds_bucket{le=\"0.5\"} 2"));
    cr_expect(has("vitalrig_store_commit_seconds_bucket{le=\"10\"} 3"));
    cr_expect(has("vitalrig_store_commit_seconds_bucket{le=\"+Inf\"} 4"));
    cr_expect(has("vitalrig_store_commit_seconds_count 4"));
    cr_expect(has("# TYPE vitalrig_store_commit_seconds histogram"));
}

Test(prometheus, no_client_makes_memory_grow)
{
    char value[16];
    for (int i = 0; i < 10000; i++) {
        snprintf(value, sizeof value, "%d", i);
        vr_metrics_count(metrics, VR_METRIC_HTTP_REQUESTS, value, 1);
    }
    char other[64];
    snprintf(
        other, sizeof other, "vitalrig_http_requests_total{code=\"other\"} %d",
        10000 - (VR_METRICS_VALUES_MAX - 1));
    cr_expect(has(other));
    cr_expect(has("vitalrig_http_requests_total{code=\"0\"} 1"));
}

Test(prometheus, the_process_is_this_one)
{
    vr_metrics_set_process(metrics);
    const char *found = strstr(text(), "\nprocess_resident_memory_bytes ");
    cr_assert(found);
    cr_expect_gt(strtod(strchr(found, ' '), NULL), 1e6);
    found = strstr(text(), "\nprocess_start_time_seconds ");
    cr_assert(found);
    cr_expect_gt(strtod(strchr(found, ' '), NULL), 1e9);
    found = strstr(text(), "\nprocess_open_fds ");
    cr_assert(found);
    int fd = dup(1);
    double before = strtod(strchr(found, ' '), NULL);
    vr_metrics_set_process(metrics);
    cr_expect_eq(strtod(strchr(strstr(text(), "\nprocess_open_fds "), ' '), NULL), before + 1);
    close(fd);
}

Test(prometheus, exit_codes_have_a_class)
{
    cr_expect_str_eq(vr_metrics_exit_class(0), "pass");
    cr_expect_str_eq(vr_metrics_exit_class(3), "rig_trouble");
    cr_expect_str_eq(vr_metrics_exit_class(5), "inconclusive");
    cr_expect_str_eq(vr_metrics_exit_class(70), "internal");
    cr_expect_str_eq(vr_metrics_exit_class(130), "cancelled");
    cr_expect_str_eq(vr_metrics_exit_class(-1), "other");
    cr_expect_str_eq(vr_metrics_exit_class(6), "other");
}

Test(prometheus, a_file_is_there_whole_or_not_at_all)
{
    char folder[] = "/tmp/vitalrig-metrics-XXXXXX", path[64], other[64];
    struct vr_err err;
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/v.prom", folder);
    snprintf(other, sizeof other, "%s/v.prom.tmp", folder);
    cr_assert_eq(vr_metrics_write_file(metrics, path, &err), 0, "%s", err.text);
    cr_expect_eq(access(path, R_OK), 0);
    cr_expect_neq(access(other, F_OK), 0);
    unlink(path);
    rmdir(folder);
    cr_expect_eq(vr_metrics_write_file(metrics, path, &err), -VR_ERR_IO);
    cr_expect(strstr(err.text, folder), "%s", err.text);
}
