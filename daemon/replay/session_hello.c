/* HELLO_R: who the device is, whether it will do, and whether it has restarted since. */
#include <stdio.h>
#include <string.h>

#include "replay/session_state.h"

void vr_session_copy_text(char *to, size_t capacity, struct wire_text text)
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
    vr_session_copy_text(device->name, sizeof device->name, hello->name);
    vr_session_copy_text(device->version, sizeof device->version, hello->version);
    vr_session_copy_text(device->git, sizeof device->git, hello->git);
    vr_session_copy_text(device->build, sizeof device->build, hello->build);
    vr_session_copy_text(device->cpu, sizeof device->cpu, hello->cpu);
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
        vr_session_end(
            session, VR_OUTCOME_FW_REBOOT, "the device restarted since the trial before");
        return false;
    }
    return true;
}

void vr_session_take_hello(struct vr_session *session, int64_t now_ns)
{
    struct wire_hello hello;
    if (!wire_hello_unpack(session->decoder.payload, session->decoder.payload_size, &hello)) {
        vr_session_broken(session, "HELLO_R is malformed");
        return;
    }
    /* An answer to an earlier host, still on the line. */
    if (!(hello.present & WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE)) ||
        hello.host_nonce != session->config.host_nonce)
        return;
    if (session->state != VR_SESSION_HELLO) {
        if (hello.boot_nonce != session->device.boot_nonce &&
            session->state != VR_SESSION_REBOOTED) {
            session->rebooted_ns = now_ns;
            session->hello_due = true; /* the FAULT that follows may be lost: ask once more */
            vr_session_move(session, VR_SESSION_REBOOTED);
        }
        return;
    }
    if (!hello_acceptable(session, &hello))
        return;
    int algorithm = find_algorithm(session, &hello);
    if (algorithm < 0)
        return;

    keep_device(session, &hello);
    session->config.open.algorithm = (uint8_t)algorithm;
    if (hello.payload_max < session->window.payload_max)
        session->window.payload_max = hello.payload_max;
    session->hello_due = false;
    session->sync_due = true;
    vr_session_move(session, VR_SESSION_OPENING);
    vr_session_add_open(session);
    vr_session_progress(session, now_ns);
}
