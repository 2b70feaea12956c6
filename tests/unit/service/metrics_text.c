/* Metrics as a daemon may have them, to stdout: for test_metrics_text.py. */
#include "service/metrics.h"

int main(void)
{
    struct vr_metrics *metrics;
    struct vr_err err;
    if (vr_metrics_create(&metrics, &err) < 0)
        return 1;
    vr_metrics_set_dut(metrics, "band-a", "good");
    vr_metrics_set_dut(metrics, "band-b", "absent");
    vr_metrics_set(metrics, VR_METRIC_JOBS, "queued", NULL, 412);
    vr_metrics_set(metrics, VR_METRIC_WAL_BYTES, "queue", NULL, 65536);
    vr_metrics_set(metrics, VR_METRIC_DISK_FREE_BYTES, NULL, NULL, 1.5e12);
    vr_metrics_count(metrics, VR_METRIC_TRIALS, "a\\b\"c\nd", 3);
    vr_metrics_count(metrics, VR_METRIC_RUN_RESULTS, vr_metrics_exit_class(3), 1);
    for (int i = 1; i < 100; i++)
        vr_metrics_observe(metrics, VR_METRIC_STORE_COMMIT_SECONDS, 0.0001 * i * i * i);
    vr_metrics_set_process(metrics);
    int r = vr_metrics_write(metrics, stdout, &err);
    vr_metrics_destroy(metrics);
    return r < 0;
}
