/* The daemon's file (schema/vitalrigd.schema.json), and what holds without one. */
#ifndef VR_SERVICE_CONFIG_H
#define VR_SERVICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

enum vr_role { VR_ROLE_NONE, VR_ROLE_VIEWER, VR_ROLE_OPERATOR, VR_ROLE_ADMIN };

struct vr_config {
    char *rig_file; /* "rig"; else $VITALRIG_RIG, ./rig.json, /etc/vitalrig/rig.json */
    char *
        state; /* "state": folder of catalogue, queue, runs/, backups/, snapshot/; else $STATE_DIRECTORY, $XDG_STATE_HOME/vitalrig, ~/.local/state/vitalrig */
    char *socket; /* "socket": as docs/reference-api.md; unused when systemd passes one */
    char *worker; /* "worker": the program `vitalrig`; else beside this one, else in $PATH */
    const struct vr_json *roles; /* {"admin": ["root", "@group", "*"], ...}; NULL = the default */
    int tcp_port;                /* 0 = no TCP */
    char *tcp_token_file;
    enum vr_role tcp_role;
    double lease_max_s; /* 28,800 */
    double
        bound_grace_s; /* 10: how long a bound job may be without its client after a submission or a restart */
    double worker_silence_s; /* 60: a worker that says nothing for so long is killed */
    int worker_deaths; /* 3: so often without a trial between, and the job ends with exit code 70 */
    double drain_s;    /* 5: how long workers may take to stop */
    int store_retries; /* 10: a job whose run file cannot be written waits 1, 2, 4 .. 60 s between so many starts */
    double recheck_s[4];
    size_t
        recheck_count; /* 60, 600, 3600: back-off of a quarantined device's golden record; the last one repeats */
    int recheck_passes;      /* 2 in a row release it */
    int64_t keep_free_bytes; /* 1 GiB and 5 %: below, nothing is started */
    int keep_run_files_days; /* 30; 0 = for ever */
    int keep_events_days;    /* 30 */
    int keep_backups;        /* 7 */
    double backup_every_s;   /* 86,400; 0 = only when asked */
    double snapshot_every_s; /* 60: at most so often after runs have come in */
    double
        catalogue_stuck_s; /* 600: longer with one piece of work, and the watchdog is told nothing */
    int max_clients;       /* 64 */
    char *metrics_file;    /* NULL = none */
    bool log_json;

    struct vr_json_doc *doc; /* private */
};

/* path NULL = the defaults.  VR_ERR_INPUT with place; nothing is opened or made. */
int vr_config_load(const char *path, struct vr_config *ret_config, struct vr_err *err);
void vr_config_finish(struct vr_config *config);

#endif
