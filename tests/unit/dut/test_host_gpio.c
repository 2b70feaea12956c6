/* The lines of a device that is a process: told in order and in full to one who is slow, and never waited for. */
#include "targets/host/host_gpio.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static struct host_dut_gpio gpio;
static struct host_gpio_event told[2 * HOST_GPIO_PENDING_MAX];
static size_t told_count;
static char name[64];
static int receiver = -1;

static void listen_to_it(void)
{
    struct sockaddr_un address;
    const socklen_t size = host_gpio_address(name, &address);
    receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(receiver, (struct sockaddr *)&address, size), 0);
}

static void take(void)
{
    ssize_t size;
    while ((size = recv(receiver, told + told_count, sizeof told[0] * HOST_GPIO_EVENTS_MAX, 0)) > 0)
        told_count += (size_t)size / sizeof told[0];
}

static void setup(void)
{
    snprintf(name, sizeof name, "vitalrig-test-gpio-%d", (int)getpid());
    cr_assert_eq(host_dut_gpio_open(&gpio, name), 0);
}

static void teardown(void)
{
    host_dut_gpio_close(&gpio);
    if (receiver >= 0)
        close(receiver);
}

TestSuite(host_gpio, .init = setup, .fini = teardown);

Test(host_gpio, tells_changes_and_nothing_else)
{
    listen_to_it();
    host_dut_gpio_set(&gpio, 2, true);
    host_dut_gpio_set(&gpio, 2, true);
    host_dut_gpio_set(&gpio, 8, true);
    host_dut_gpio_set(&gpio, 0, true);
    host_dut_gpio_reset(&gpio);
    host_dut_gpio_reset(&gpio);
    take();
    cr_assert_eq(told_count, 0, "not before it is flushed");
    cr_assert(host_dut_gpio_flush(&gpio));
    take();
    static const uint8_t levels[] = {4, 5, 0};
    cr_assert_eq(told_count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(told[i].number, i);
        cr_expect_eq(told[i].levels, levels[i]);
        cr_expect(i == 0 || told[i].monotonic_ns >= told[i - 1].monotonic_ns);
    }
}

Test(host_gpio, one_who_is_slow_gets_all)
{
    listen_to_it();
    for (unsigned i = 0; i < 5000; i++)
        host_dut_gpio_set(&gpio, 1, i % 2 == 0);
    while (!host_dut_gpio_flush(&gpio))
        take();
    take();
    cr_assert_eq(told_count, 5000);
    for (uint32_t i = 0; i < told_count; i++)
        cr_assert(told[i].number == i && told[i].levels == (i % 2 == 0 ? 2 : 0), "%u", i);
}

Test(host_gpio, one_who_does_not_read_sees_that_it_missed_some)
{
    listen_to_it();
    for (unsigned i = 0; i < HOST_GPIO_PENDING_MAX + 10; i++)
        host_dut_gpio_set(&gpio, 1, i % 2 == 0);
    while (!host_dut_gpio_flush(&gpio))
        take();
    take();
    cr_assert_eq(told_count, HOST_GPIO_PENDING_MAX);
    cr_assert_eq(told[0].number, 10);
}

Test(host_gpio, nobody_there_is_no_trouble)
{
    host_dut_gpio_set(&gpio, 1, true);
    cr_assert(host_dut_gpio_flush(&gpio));
    listen_to_it();
    host_dut_gpio_set(&gpio, 1, false);
    cr_assert(host_dut_gpio_flush(&gpio));
    take();
    cr_assert_eq(told_count, 1);
    cr_assert_eq(told[0].number, 1);
}
