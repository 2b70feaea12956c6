/* Events of a device's lines: in order, in any number to a datagram, missed, late, or garbage. */
#include "simulate/activity.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "targets/host/gpio.h"

static struct vr_world *world;
static struct vr_activity activity;
static char name[64];
static int sender;

static void setup(void)
{
    struct vr_world_model model;
    struct sockaddr_un address;
    struct vr_err err;
    vr_world_model_init(&model);
    model.tau_s = 0;
    snprintf(name, sizeof name, "vitalrig-test-activity-%d", (int)getpid());
    cr_assert_eq(vr_world_create(&model, 0, &world, &err), 0);
    cr_assert_eq(vr_activity_open(&activity, name, world, NULL, &err), 0, "%s", err.text);
    sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const socklen_t size = host_gpio_address(name, &address);
    cr_assert_eq(connect(sender, (struct sockaddr *)&address, size), 0);
}

static void teardown(void)
{
    close(sender);
    vr_activity_close(&activity);
    vr_world_destroy(world);
}

static void tell(int64_t at_ns, uint32_t number, uint8_t levels)
{
    const struct host_gpio_event event = {
        .monotonic_ns = at_ns, .number = number, .levels = levels};
    cr_assert_eq(send(sender, &event, sizeof event, 0), sizeof event);
    vr_activity_take(&activity);
}

static uint8_t lines(double at_ns)
{
    const struct vr_sim_world *view = vr_world_view(world);
    return view->lines(view->context, at_ns);
}

TestSuite(activity, .init = setup, .fini = teardown);

Test(activity, each_event_changes_the_world)
{
    tell(1000, 0, 1);
    tell(2000, 1, 3);
    cr_assert_eq(lines(1500), 1);
    cr_assert_eq(lines(2000), 3);
    cr_assert_eq(activity.lost + activity.late, 0);
}

Test(activity, a_datagram_holds_many)
{
    struct host_gpio_event events[HOST_GPIO_EVENTS_MAX] = {0};
    for (uint32_t i = 0; i < HOST_GPIO_EVENTS_MAX; i++)
        events[i] = (struct host_gpio_event){1000 * (i + 1), i, (uint8_t)(i + 1), {0}};
    cr_assert_eq(send(sender, events, sizeof events, 0), sizeof events);
    vr_activity_take(&activity);
    for (uint32_t i = 0; i < HOST_GPIO_EVENTS_MAX; i++)
        cr_expect_eq(lines(1000 * (i + 1)), i + 1);
    cr_assert_eq(activity.lost, 0);
}

Test(activity, what_is_missing_is_counted)
{
    tell(1000, 7, 1); /* the device ran before */
    cr_assert_eq(activity.lost, 0);
    tell(2000, 11, 0);
    cr_assert_eq(activity.lost, 3);
    tell(3000, 12, 0);
    cr_assert_eq(activity.lost, 3);
    tell(4000, 0, 0); /* it starts again */
    cr_assert_eq(activity.lost, 3);
}

Test(activity, what_is_late_is_counted)
{
    lines(5000);
    tell(4999, 0, 1);
    cr_assert_eq(activity.late, 1);
    tell(5001, 1, 1);
    cr_assert_eq(activity.late, 1);
}

Test(activity, garbage_is_counted)
{
    cr_assert_eq(send(sender, "?", 1, 0), 1);
    vr_activity_take(&activity);
    cr_assert_eq(activity.lost, 1);
    cr_assert_eq(send(sender, "", 0, 0), 0);
    vr_activity_take(&activity);
    cr_assert_eq(activity.lost, 2);
}

Test(activity, a_name_has_one_owner)
{
    struct vr_activity other;
    struct vr_err err;
    cr_assert_eq(vr_activity_open(&other, name, world, NULL, &err), -VR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "does another meter run?"), "%s", err.text);
    cr_assert_eq(vr_activity_open(&other, "", world, NULL, &err), -VR_ERR_USAGE);
    cr_assert_eq(vr_activity_open(&other, NULL, world, NULL, &err), 0);
    cr_assert_eq(other.fd, -1);
}
