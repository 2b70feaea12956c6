/* HELLO_R: who the device is, whether it will do, and whether it has restarted since. */
#include <stdio.h>
#include <string.h>

#include "replay/native_state.h"

void vr_native_copy_text(char *to, size_t capacity, struct wire_text text)
{
    size_t size = text.size < capacity - 1 ? text.size : capacity - 1;
    if (size > 0) /* data may be NULL then */
        memcpy(to, text.data, size);
    to[size] = '\0';
}

static void copy_hex(char *to, size_t capacity, struct wire_span span)
{
    to[0] = '\0';
    for (size_t i = 0; i < span.size && 2 * i + 3 <= capacity; i++)
        snprintf(to + 2 * i, 3, "%02x", span.data[i]);
}

static void keep_device(struct vr_session *session, const struct wire_hello *hello)
{
    struct vr_device_info *device = &session->device;
    vr_native_copy_text(device->name, sizeof device->name, hello->name);
    vr_native_copy_text(device->version, sizeof device->version, hello->version);
    vr_native_copy_text(device->git, sizeof device->git, hello->git);
    vr_native_copy_text(device->build, sizeof device->build, hello->build);
    vr_native_copy_text(device->cpu, sizeof device->cpu, hello->cpu);
    copy_hex(device->device_id, sizeof device->device_id, hello->device_id);
    copy_hex(device->firmware_hash, sizeof device->firmware_hash, hello->firmware_hash);
    device->clock_source = hello->clock_source;
    device->clock_hz = hello->clock_hz;
    device->boot_nonce = hello->boot_nonce;
    device->payload_max = hello->payload_max;
    device->output_window = hello->output_window;
    device->ring_size = hello->ring_size;
}

/* The id of the scenario's algorithm, or -1 with the session ended in words. */
static int find_algorithm(struct vr_session *session, const struct wire_hello *hello)
{
    const char *wanted = session->config.algorithm;
    char names[160] = "";
    for (size_t i = 0; i < hello->algorithm_count; i++) {
        struct wire_text name = hello->algorithms[i].name;
        if (name.size == strlen(wanted) && memcmp(name.data, wanted, name.size) == 0)
            return hello->algorithms[i].id;
        size_t used = strlen(names);
        snprintf(
            names + used, sizeof names - used, "%s%.*s", used ? ", " : "", (int)name.size,
            name.data);
    }
    vr_session_end(
        session, VR_OUTCOME_REFUSED, "the firmware has no algorithm \"%s\"; it has: %s", wanted,
        names);
    return -1;
}

static bool hello_acceptable(struct vr_session *session, const struct wire_hello *hello)
{
    const uint32_t needed = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) |
                            WIRE_HELLO_BIT(WIRE_HELLO_LIMITS) |
                            WIRE_HELLO_BIT(WIRE_HELLO_BOOT_NONCE);
    if (hello->protocol_major != WIRE_PROTOCOL_MAJOR &&
        hello->present & WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL)) {
        vr_session_end(
            session, VR_OUTCOME_REFUSED,
            "the device speaks protocol %u.%u, this host %u.%u: update the %s",
            hello->protocol_major, hello->protocol_minor, WIRE_PROTOCOL_MAJOR, WIRE_PROTOCOL_MINOR,
            hello->protocol_major < WIRE_PROTOCOL_MAJOR ? "firmware" : "host");
        return false;
    }
    if ((hello->present & needed) != needed) {
        vr_session_broken(session, "HELLO_R without PROTOCOL, LIMITS and BOOT_NONCE");
        return false;
    }
    if (hello->payload_max < WIRE_PAYLOAD_MIN) {
        vr_session_broken(session, "LIMITS with frames below 64 bytes");
        return false;
    }
    if (hello->present & WIRE_HELLO_BIT(WIRE_HELLO_REFUSAL)) {
        vr_session_end(
            session, VR_OUTCOME_REFUSED, "the device refuses: %.*s", (int)hello->refusal.size,
            hello->refusal.data);
        return false;
    }
    if (session->config.boot_nonce && session->config.boot_nonce != hello->boot_nonce) {
        if (vr_session_in_outage(session))
            vr_session_end(
                session, VR_OUTCOME_LINK_LOST,
                "the device restarted while its line was away, after the trial before");
        else
            vr_session_end(
                session, VR_OUTCOME_FW_REBOOT, "the device restarted since the trial before");
        return false;
    }
    return true;
}

/* The same boot: nothing was forgotten on either side.  What was on the line is sent again, frames from the first that is not
 * acknowledged, outputs from the first that is not here. */
static void resume(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    native->resuming = false;
    native->hello_due = false;
    native->ack_due = native->sync_due = true;
    native->ack_flags |= WIRE_FLAG_POLL | WIRE_FLAG_GAP;
    vr_native_go_back(session, now_ns);
    /* An answer moves nothing forward: only the time away does not count as standing still. */
    int64_t moved_ns = native->moved_ns + now_ns - session->outage_ns;
    vr_native_progress(session, now_ns);
    native->moved_ns = moved_ns;
    vr_session_outage_end(session);
    vr_session_log(
        session, now_ns, 4, "the same boot answers: going on behind sample %lld and output %lld",
        (long long)session->ledger.samples_consumed[0],
        (long long)session->ledger.outputs_received);
}

/* A unit that does not tell its id is known by its boot nonce alone, which two boards may share if it is a counter. */
static bool is_same_unit(struct vr_session *session, const struct wire_hello *hello)
{
    char device_id[sizeof session->device.device_id];
    copy_hex(device_id, sizeof device_id, hello->device_id);
    if (strcmp(device_id, session->device.device_id) == 0)
        return true;
    vr_session_end(
        session, VR_OUTCOME_DUT_ABSENT,
        "another unit answers on this port: device id %s, the trial began with %s",
        device_id[0] ? device_id : "not told",
        session->device.device_id[0] ? session->device.device_id : "one that did not tell");
    return false;
}

/* A device that knows the trial says HELLO again: after a reboot, after the line was away, or because it was asked in a long silence. */
static void take_hello_again(
    struct vr_session *session, int64_t now_ns, const struct wire_hello *hello)
{
    struct vr_native *native = vr_native_of(session);
    if (session->state == VR_SESSION_REBOOTED || !is_same_unit(session, hello))
        return;
    if (hello->boot_nonce == session->device.boot_nonce) {
        if (native->resuming)
            resume(session, now_ns);
        return;
    }
    native->resuming = false;
    native->rebooted_ns = now_ns;
    native->hello_due = true; /* the FAULT that follows may be lost: ask once more */
    vr_session_move(session, VR_SESSION_REBOOTED);
}

void vr_native_take_hello(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_hello hello;
    if (!wire_hello_unpack(native->decoder.payload, native->decoder.payload_size, &hello)) {
        vr_session_broken(session, "HELLO_R is malformed");
        return;
    }
    /* An answer to an earlier host, still on the line. */
    if (!(hello.present & WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE)) ||
        hello.host_nonce != session->config.host_nonce)
        return;
    if (session->state != VR_SESSION_HELLO) {
        take_hello_again(session, now_ns, &hello);
        return;
    }
    if (!hello_acceptable(session, &hello))
        return;
    keep_device(session, &hello);
    if (!vr_session_device_expected(session))
        return;
    int algorithm = find_algorithm(session, &hello);
    if (algorithm < 0)
        return;

    session->config.open.algorithm = (uint8_t)algorithm;
    if (hello.payload_max < native->window.payload_max)
        native->window.payload_max = hello.payload_max;
    native->hello_due = false;
    native->sync_due = true;
    vr_session_outage_end(session);
    vr_session_move(session, VR_SESSION_OPENING);
    vr_native_add_open(session);
    vr_native_progress(session, now_ns);
}
