/* Transfers of one endpoint: submitted, ended, taken up again in order. */
#include "port/usb_pipe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_in(const struct vr_usb_pipe *pipe)
{
    return pipe->endpoint.address & LIBUSB_ENDPOINT_IN;
}

static struct vr_usb_slot *slot_at(const struct vr_usb_pipe *pipe, unsigned offset)
{
    return &pipe->slots[(pipe->head + offset) % pipe->count];
}

static void fail(struct vr_usb_pipe *pipe, enum vr_usb_failure failure)
{
    if (pipe->shared->failure == VR_USB_FINE)
        pipe->shared->failure = failure;
}

/* --- libusb's callback --- */

/* The buffer is whole packets long: there is always room. */
static size_t fill_up(const struct vr_usb_slot *slot, size_t moved)
{
    size_t short_by = moved % slot->pipe->endpoint.packet_size;
    if (short_by == 0 || !slot->pipe->shared->whole_packets)
        return moved;
    size_t padding = slot->pipe->endpoint.packet_size - short_by;
    memset(slot->buffer + moved, 0, padding);
    return moved + padding;
}

/* An unplugged device is told as NO_DEVICE or as ERROR, whichever libusb learns first. */
static void note_status(struct vr_usb_slot *slot, enum libusb_transfer_status status)
{
    struct vr_usb_pipe *pipe = slot->pipe;
    struct vr_usb_counts *counts = &pipe->shared->counts;
    switch (status) {
    case LIBUSB_TRANSFER_COMPLETED:
        break;
    case LIBUSB_TRANSFER_STALL:
        pipe->is_halted = true;
        break;
    case LIBUSB_TRANSFER_OVERFLOW:
        counts->overflows++;
        break;
    case LIBUSB_TRANSFER_TIMED_OUT:
        counts->timeouts++;
        if (!is_in(pipe))
            fail(
                pipe,
                VR_USB_TIMED_OUT); /* what follows is already on its way: it cannot be mended */
        break;
    case LIBUSB_TRANSFER_CANCELLED:
        if (!pipe->is_halted)
            fail(pipe, VR_USB_GONE); /* not by us, unless we are closing or have failed already */
        break;
    case LIBUSB_TRANSFER_ERROR:
    case LIBUSB_TRANSFER_NO_DEVICE:
    default:
        slot->is_broken = true;
        fail(pipe, VR_USB_GONE);
    }
}

static void LIBUSB_CALL on_end(struct libusb_transfer *transfer)
{
    struct vr_usb_slot *slot = transfer->user_data;
    struct vr_usb_pipe *pipe = slot->pipe;
    struct vr_usb_counts *counts = &pipe->shared->counts;
    size_t moved = transfer->actual_length > 0 ? (size_t)transfer->actual_length : 0;

    slot->is_under_way = false;
    pipe->under_way--;
    if (is_in(pipe)) {
        slot->at = 0;
        slot->size = fill_up(slot, moved);
        counts->bytes_in += moved;
    } else {
        slot->at += moved;
        counts->bytes_out += moved;
    }
    if (moved > 0) {
        pipe->is_cleared = false;
        counts->partial += transfer->status != LIBUSB_TRANSFER_COMPLETED;
    }
    note_status(slot, transfer->status);
}

/* --- submitting --- */

/* OUT: from slot->at.  An OUT transfer of whole packets ends with an empty one, or a device that reads more at a time would wait. */
static int submit(struct vr_usb_pipe *pipe, struct vr_usb_slot *slot)
{
    const struct vr_usb_shared *shared = pipe->shared;
    size_t at = is_in(pipe) ? 0 : slot->at, size = is_in(pipe) ? pipe->transfer_size : slot->size;
    libusb_fill_bulk_transfer(
        slot->transfer, shared->handle, pipe->endpoint.address, slot->buffer + at, (int)(size - at),
        on_end, slot, 0);
    slot->transfer->flags = is_in(pipe) ? 0 : LIBUSB_TRANSFER_ADD_ZERO_PACKET;
    int r = shared->ops->submit_transfer(slot->transfer);
    if (r < 0) {
        fail(pipe, r == LIBUSB_ERROR_NO_MEM ? VR_USB_MEMORY : VR_USB_GONE);
        return r;
    }
    slot->is_under_way = true;
    pipe->under_way++;
    return 0;
}

int vr_usb_pipe_listen(struct vr_usb_pipe *pipe)
{
    assert(is_in(pipe));
    int r = 0;
    for (unsigned i = 0; i < pipe->count && r == 0; i++) {
        r = submit(pipe, slot_at(pipe, i));
        if (r == 0)
            pipe->used++;
    }
    return r;
}

/* --- bytes --- */

/* The head was taken: it becomes the ring's youngest, or leaves it when nothing more is asked for.  What came behind a broken
 * transfer does not follow on what was taken. */
static void advance_in(struct vr_usb_pipe *pipe)
{
    struct vr_usb_slot *slot = slot_at(pipe, 0);
    slot->at = slot->size = 0;
    pipe->head = (pipe->head + 1) % pipe->count;
    if (slot->is_broken)
        pipe->used = 0;
    else if (pipe->shared->failure != VR_USB_FINE || submit(pipe, slot) < 0)
        pipe->used--;
}

/* While halted, an emptied head stays: what is submitted now would stall too. */
size_t vr_usb_pipe_take(struct vr_usb_pipe *pipe, uint8_t *buffer, size_t capacity)
{
    size_t taken = 0;
    while (pipe->used > 0) {
        struct vr_usb_slot *slot = slot_at(pipe, 0);
        size_t part = slot->size - slot->at;
        if (slot->is_under_way)
            break;
        if (part > capacity - taken)
            part = capacity - taken;
        memcpy(buffer + taken, slot->buffer + slot->at, part);
        slot->at += part;
        taken += part;
        if (slot->at < slot->size || (pipe->is_halted && pipe->shared->failure == VR_USB_FINE))
            break;
        advance_in(pipe);
    }
    return taken;
}

static bool has_room(const struct vr_usb_pipe *pipe)
{
    return pipe->used < pipe->count && !pipe->is_halted && pipe->shared->failure == VR_USB_FINE;
}

size_t vr_usb_pipe_give(struct vr_usb_pipe *pipe, const uint8_t *data, size_t size)
{
    size_t given = 0;
    while (given < size && has_room(pipe)) {
        struct vr_usb_slot *slot = slot_at(pipe, pipe->used);
        size_t part = size - given < pipe->transfer_size ? size - given : pipe->transfer_size;
        memcpy(slot->buffer, data + given, part);
        slot->at = 0;
        slot->size = part;
        if (submit(pipe, slot) < 0)
            break;
        pipe->used++;
        given += part;
    }
    return given;
}

/* --- after events --- */

static void free_sent(struct vr_usb_pipe *pipe)
{
    while (pipe->used > 0) {
        const struct vr_usb_slot *slot = slot_at(pipe, 0);
        if (slot->is_under_way || slot->at < slot->size)
            break;
        pipe->head = (pipe->head + 1) % pipe->count;
        pipe->used--;
    }
}

/* In order, each from where it got to. */
static void resend(struct vr_usb_pipe *pipe)
{
    for (unsigned i = 0; i < pipe->used; i++) {
        struct vr_usb_slot *slot = slot_at(pipe, i);
        if (slot->at < slot->size && submit(pipe, slot) < 0)
            return;
    }
}

/* The other transfers of a halted endpoint end first, whether the host controller holds them or fails them: then the order in which
 * to go on is known. */
static void clear_halt(struct vr_usb_pipe *pipe)
{
    const struct vr_usb_shared *shared = pipe->shared;
    if (pipe->under_way > 0) {
        vr_usb_pipe_cancel(pipe);
        return;
    }
    if (pipe->is_cleared) {
        fail(pipe, VR_USB_STALLED);
        return;
    }
    int r = shared->ops->clear_halt(shared->handle, pipe->endpoint.address);
    if (r < 0) {
        fail(pipe, r == LIBUSB_ERROR_NO_DEVICE ? VR_USB_GONE : VR_USB_STALLED);
        return;
    }
    pipe->shared->counts.stalls++;
    pipe->is_halted = false;
    pipe->is_cleared = true;
}

void vr_usb_pipe_settle(struct vr_usb_pipe *pipe)
{
    if (pipe->count == 0 || pipe->shared->failure != VR_USB_FINE)
        return;
    bool was_halted = pipe->is_halted;
    if (was_halted)
        clear_halt(pipe);
    if (is_in(pipe) || pipe->is_halted)
        return;
    free_sent(pipe);
    if (was_halted)
        resend(pipe);
    else if (pipe->used > 0 && !slot_at(pipe, 0)->is_under_way)
        fail(pipe, VR_USB_GONE); /* it "completed" with bytes left */
}

void vr_usb_pipe_cancel(struct vr_usb_pipe *pipe)
{
    for (unsigned i = 0; i < pipe->count; i++)
        if (pipe->slots[i].is_under_way)
            pipe->shared->ops->cancel_transfer(
                pipe->slots[i].transfer); /* NOT_FOUND = it just ended */
}

bool vr_usb_pipe_is_ready(const struct vr_usb_pipe *pipe)
{
    if (pipe->is_halted)
        return pipe->under_way == 0;
    return is_in(pipe) ? pipe->used > 0 && !slot_at(pipe, 0)->is_under_way : has_room(pipe);
}

/* --- life --- */

int vr_usb_pipe_init(
    struct vr_usb_pipe *pipe, struct vr_usb_shared *shared, const struct vr_usb_endpoint *endpoint,
    size_t transfer_size, unsigned count, struct vr_err *err)
{
    *pipe = (struct vr_usb_pipe){.shared = shared, .endpoint = *endpoint};
    if (count == 0)
        return 0;
    size_t packet_size = endpoint->packet_size;
    pipe->transfer_size = (transfer_size + packet_size - 1) / packet_size * packet_size;
    pipe->slots = calloc(count, sizeof *pipe->slots);
    for (unsigned i = 0; pipe->slots && i < count; i++) {
        struct vr_usb_slot *slot = &pipe->slots[pipe->count++];
        slot->pipe = pipe;
        slot->buffer = malloc(pipe->transfer_size);
        slot->transfer = shared->ops->alloc_transfer(0);
        if (!slot->buffer || !slot->transfer)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for USB transfers");
    }
    return pipe->slots ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for USB transfers");
}

void vr_usb_pipe_finish(struct vr_usb_pipe *pipe)
{
    assert(pipe->under_way == 0);
    for (unsigned i = 0; i < pipe->count; i++) {
        if (pipe->slots[i].transfer)
            pipe->shared->ops->free_transfer(pipe->slots[i].transfer);
        free(pipe->slots[i].buffer);
    }
    free(pipe->slots);
    pipe->slots = NULL;
    pipe->count = 0;
}
