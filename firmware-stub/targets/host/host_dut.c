/* The port of the device library on Linux: a descriptor for the line, the monotonic clock for
 * ticks, ppoll for sleep. */
#include "targets/host/host_dut.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dut/dut.h"
#include "targets/host/costly.h"
#include "targets/host/host_gpio.h"

enum { TICKS_HZ = 1000000, INPUT_SIZE = 16 * 1024, TURNS_PER_CHECK = 64, RETRY_NS = 1000000 };

struct host_dut {
    struct dut dut;
    struct dut_port port;
    struct dut_config config;
    int fd;
    int stop_fd;
    bool hung_up;
    bool stopped;
    bool line_full;              /* the last write took less than it was given */
    int error;                   /* errno of a failed read or write */
    uint8_t *block;              /* all buffers of the device library */
    size_t input_at, input_size; /* read but not yet taken: one system call for many small takes */
    uint32_t unit;
    uint8_t input[INPUT_SIZE];
    struct host_dut_costly *costly; /* NULL = steps take as long as they take */
    struct host_dut_gpio gpio;
};

void host_dut_options_init(struct host_dut_options *options)
{
    *options = (struct host_dut_options){
        .payload_max = WIRE_PAYLOAD_MAX,
        .ring_size = 64 * 1024,
        .transmit_size = 16 * 1024,
        .output_window = 1024,
        .algorithms = algo_all,
        .algorithm_count = algo_all_count,
    };
}

/* A pty whose other end is closed says EIO, a socket end of file or EPIPE. */
static void note_failure(struct host_dut *host, int error)
{
    if (error == EAGAIN || error == EINTR)
        return;
    host->hung_up = true;
    if (error != EIO && error != EPIPE && error != ECONNRESET)
        host->error = error;
}

static size_t port_receive(void *context, uint8_t *buffer, size_t capacity)
{
    struct host_dut *const host = context;
    if (host->input_at == host->input_size && !host->hung_up) {
        const ssize_t size = read(host->fd, host->input, sizeof host->input);
        if (size < 0)
            note_failure(host, errno);
        if (size == 0)
            host->hung_up = true;
        host->input_at = 0;
        host->input_size = size > 0 ? (size_t)size : 0;
    }
    const size_t left = host->input_size - host->input_at;
    const size_t size = left < capacity ? left : capacity;
    memcpy(buffer, host->input + host->input_at, size);
    host->input_at += size;
    return size;
}

static size_t port_transmit(void *context, const uint8_t *data, size_t size)
{
    struct host_dut *const host = context;
    if (host->hung_up)
        return size; /* nobody is there any more */
    /* A socket whose peer is gone must not raise SIGPIPE in the process that we are a thread of. */
    ssize_t sent = send(host->fd, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == ENOTSOCK)
        sent = write(host->fd, data, size);
    if (sent < 0)
        note_failure(host, errno);
    host->line_full = sent < (ssize_t)size;
    return sent > 0 ? (size_t)sent : 0;
}

static uint32_t port_ticks(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * TICKS_HZ + (uint32_t)now.tv_nsec / (1000000000 / TICKS_HZ);
}

static void port_sleep(void *context)
{
    struct host_dut *const host = context;
    struct pollfd fds[] = {
        {.fd = host->fd, .events = (short)(host->line_full ? POLLIN | POLLOUT : POLLIN)},
        {.fd = host->stop_fd, .events = POLLIN},
    };
    struct timespec timeout = {0};
    uint32_t ticks;
    const bool has_timeout = dut_next_ticks(&host->dut, &ticks);
    if (has_timeout) {
        timeout.tv_sec = ticks / TICKS_HZ;
        timeout.tv_nsec = (long)(ticks % TICKS_HZ) * (1000000000 / TICKS_HZ);
    }
    const bool all_told = host_dut_gpio_flush(&host->gpio);
    if (!all_told && (!has_timeout || timeout.tv_sec || timeout.tv_nsec > RETRY_NS))
        timeout = (struct timespec){.tv_nsec = RETRY_NS};
    if (ppoll(fds, 2, has_timeout || !all_told ? &timeout : NULL, NULL) < 0)
        return;
    if (fds[1].revents)
        host->stopped = true;
    /* POLLHUP without POLLIN: all that was sent has been read. */
    if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) && !(fds[0].revents & POLLIN))
        host->hung_up = true;
}

static void port_mark(void *context, unsigned line, bool on)
{
    struct host_dut *const host = context;
    host_dut_gpio_set(&host->gpio, line, on);
}

static void flush_gpio(void *context)
{
    struct host_dut *const host = context;
    host_dut_gpio_flush(&host->gpio);
}

/* Power on, or restart: everything is as new but the line. */
static void boot(struct host_dut *host)
{
    uint32_t nonce = 0;
    if (getrandom(&nonce, sizeof nonce, 0) != sizeof nonce)
        host->error = errno;
    host->config.boot_nonce = nonce;
    host_dut_gpio_reset(&host->gpio);
    if (host->costly)
        host_dut_costly_prepare(host->costly, host->config.state);
    if (dut_init(&host->dut, &host->config) != DUT_OK)
        host->error = EINVAL;
}

static void port_reset(void *context)
{
    boot(context);
}

static size_t port_unique_id(void *context, uint8_t *id, size_t capacity)
{
    const struct host_dut *const host = context;
    assert(capacity >= 8);
    const uint32_t machine = (uint32_t)gethostid();
    memcpy(id, &machine, 4);
    memcpy(id + 4, &host->unit, 4);
    return 8;
}

static size_t values_max(const struct host_dut_options *options)
{
    size_t most = 0;
    for (size_t i = 0; i < options->algorithm_count; i++)
        if (options->algorithms[i]->values_max > most)
            most = options->algorithms[i]->values_max;
    return most;
}

static size_t state_size(const struct host_dut_options *options)
{
    size_t most = 0;
    for (size_t i = 0; i < options->algorithm_count; i++)
        if (options->algorithms[i]->state_size > most)
            most = options->algorithms[i]->state_size;
    return most;
}

/* All buffers from one block.  Returns it, for the caller to free, or NULL. */
static uint8_t *allocate(const struct host_dut_options *options, struct dut_config *config)
{
    const size_t state = (state_size(options) + 15) / 16 * 16;
    const size_t header = HOST_DUT_COSTLY_HEADER;
    const size_t receive = DUT_RECEIVE_SIZE(options->payload_max);
    const size_t outputs = options->output_window * DUT_OUTPUT_SIZE(values_max(options));
    uint8_t *const block =
        malloc(header + state + receive + outputs + options->transmit_size + options->ring_size);
    if (!block)
        return NULL;
    config->state = block + header;
    config->state_size = state;
    config->receive = block + header + state;
    config->transmit = config->receive + receive;
    config->transmit_size = options->transmit_size;
    config->ring = config->transmit + options->transmit_size;
    config->ring_size = options->ring_size;
    config->outputs = config->ring + options->ring_size;
    config->outputs_size = outputs;
    return block;
}

static bool is_stop_asked(const struct host_dut *host)
{
    struct pollfd fd = {.fd = host->stop_fd, .events = POLLIN};
    return host->stop_fd >= 0 && poll(&fd, 1, 0) > 0;
}

static int serve(struct host_dut *host)
{
    for (unsigned turn = 0; !host->error && !host->hung_up && !host->stopped; turn++) {
        const bool is_busy = dut_run(&host->dut);
        host_dut_gpio_flush(&host->gpio);
        if (!is_busy)
            dut_sleep(&host->dut);
        if (turn % TURNS_PER_CHECK == 0 && is_stop_asked(host))
            host->stopped = true;
    }
    if (host->error)
        return -host->error;
    return host->stopped ? HOST_DUT_STOPPED : HOST_DUT_HANGUP;
}

static void configure(struct host_dut *host, const struct host_dut_options *options)
{
    host->unit = options->unit ? options->unit : (uint32_t)getpid();
    host->port = (struct dut_port){
        .context = host,
        .receive = port_receive,
        .transmit = port_transmit,
        .ticks = port_ticks,
        .sleep = port_sleep,
        .mark = port_mark,
        .reset = port_reset,
        .unique_id = port_unique_id,
        .ticks_hz = TICKS_HZ,
        .clock = WIRE_CLOCK_HOST_NS,
    };
    host->config = (struct dut_config){
        .port = &host->port,
        .algorithms = options->algorithms,
        .algorithm_count = options->algorithm_count,
        .payload_max = (uint16_t)options->payload_max,
        .name = "vitalrig-dut",
        .version = VR_VERSION,
        .build = "host " __VERSION__,
        .firmware_hash = options->firmware_hash,
    };
}

/* Returns 0 or errno. */
static int make_costly(struct host_dut *host, const struct host_dut_options *options)
{
    if (!options->inference_ns)
        return 0;
    host->costly = host_dut_costly_create(&(const struct host_dut_costly_options){
        .algorithms = options->algorithms,
        .algorithm_count = options->algorithm_count,
        .cost_ns = options->inference_ns,
        .before_wait = flush_gpio,
        .context = host,
    });
    if (!host->costly)
        return ENOMEM;
    host->config.algorithms = host_dut_costly_algorithms(host->costly);
    return 0;
}

int host_dut_create(const struct host_dut_options *options, struct host_dut **ret_host)
{
    if (options->payload_max < WIRE_PAYLOAD_MIN || options->payload_max > WIRE_PAYLOAD_MAX ||
        options->ring_size > DUT_RING_MAX || options->output_window > INT16_MAX ||
        options->transmit_size > DUT_RING_MAX)
        return -EINVAL;
    struct host_dut *const host = calloc(1, sizeof *host);
    if (!host)
        return -ENOMEM;
    configure(host, options);
    int error = -host_dut_gpio_open(&host->gpio, options->gpio);
    if (!error)
        error = make_costly(host, options);
    if (!error && !(host->block = allocate(options, &host->config)))
        error = ENOMEM;
    if (!error) {
        boot(host);
        error = host->error;
    }
    if (error) {
        host_dut_destroy(host);
        return -error;
    }
    *ret_host = host;
    return 0;
}

int host_dut_run(struct host_dut *host, int fd, int stop_fd)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    host->fd = fd;
    host->stop_fd = stop_fd;
    host->hung_up = host->stopped = host->line_full = false;
    host->input_at = host->input_size = 0;
    host->error = 0;
    return serve(host);
}

void host_dut_destroy(struct host_dut *host)
{
    if (!host)
        return;
    host_dut_costly_destroy(host->costly);
    host_dut_gpio_close(&host->gpio);
    free(host->block);
    free(host);
}

int host_dut_serve(int fd, int stop_fd, const struct host_dut_options *options)
{
    struct host_dut *host;
    int result = host_dut_create(options, &host);
    if (result < 0)
        return result;
    result = host_dut_run(host, fd, stop_fd);
    host_dut_destroy(host);
    return result;
}
