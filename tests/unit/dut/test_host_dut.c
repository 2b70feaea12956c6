/* The device on a descriptor, in a thread: over a socket pair and over a pty. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "targets/host/host_dut.h"
#include "wire/frame.h"
#include "wire/msg.h"

struct served {
    pthread_t thread;
    int fd;
    int stop_fd;
    struct host_dut_options options;
    struct host_dut *host; /* one that lives on, or NULL */
    int result;
};

static void *serve(void *context)
{
    struct served *const served = context;
    served->result = served->host ? host_dut_run(served->host, served->fd, served->stop_fd)
                                  : host_dut_serve(served->fd, served->stop_fd, &served->options);
    return NULL;
}

static void start(struct served *served, int fd, int stop_fd)
{
    served->fd = fd;
    served->stop_fd = stop_fd;
    host_dut_options_init(&served->options);
    cr_assert_eq(pthread_create(&served->thread, NULL, serve, served), 0);
}

static void send_frame(
    int fd, const struct wire_header *header, const uint8_t *payload, size_t size)
{
    uint8_t line[WIRE_ENCODED_MAX(WIRE_PAYLOAD_MAX)];
    const size_t encoded = wire_frame_encode(header, payload, size, line, sizeof line);
    cr_assert_eq(write(fd, line, encoded), (ssize_t)encoded);
}

/* Block until a frame of that type comes. */
static void await(int fd, struct wire_decoder *decoder, uint8_t type)
{
    for (;;) {
        uint8_t byte;
        size_t used;
        cr_assert_eq(read(fd, &byte, 1), 1);
        if (wire_decoder_push(decoder, &byte, 1, &used) == WIRE_EVENT_FRAME &&
            decoder->header.type == type)
            return;
    }
}

static uint32_t greet(int fd, struct wire_decoder *decoder)
{
    uint8_t payload[64];
    const struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = 1,
        .host_nonce = 1,
    };
    struct wire_hello reply;
    const struct wire_header header = {.type = WIRE_HELLO};
    cr_assert_eq(write(fd, "", 1), 1); /* ends whatever half frame is on the line */
    send_frame(fd, &header, payload, wire_hello_pack(&hello, payload, sizeof payload));
    await(fd, decoder, WIRE_HELLO_R);
    cr_assert(wire_hello_unpack(decoder->payload, decoder->payload_size, &reply));
    cr_assert_eq(reply.clock_source, WIRE_CLOCK_HOST_NS);
    cr_assert_eq(reply.payload_max, 4096);
    return reply.boot_nonce;
}

/* A trial of 5000 samples in paced mode at 1000 times the speed, so that it sleeps now and then. */
static void run_trial(int fd, struct wire_decoder *decoder)
{
    uint8_t payload[WIRE_PAYLOAD_MAX] = {0};
    struct wire_fin_reply reply;
    const struct wire_open open = {
        .algorithm = 1,
        .mode = WIRE_MODE_PACED,
        .stream_count = 1,
        .speed_milli = 1000000,
        .streams = {{WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, 360, 1, 0}},
    };
    struct wire_header header = {.type = WIRE_OPEN, .session = 3};
    send_frame(fd, &header, payload, wire_open_pack(&open, payload, sizeof payload));
    await(fd, decoder, WIRE_CREDIT);
    for (uint32_t first = 0; first < 5000; first += 1000) {
        const struct wire_samples samples = {first, {payload + 4, 2000}};
        header = (struct wire_header){WIRE_SAMPLES, 3, (uint16_t)(header.seq + 1), 0, 0};
        send_frame(fd, &header, payload, wire_samples_pack(&samples, payload, sizeof payload));
    }
    header = (struct wire_header){WIRE_FIN, 3, (uint16_t)(header.seq + 1), 0, 0};
    const struct wire_fin fin = {1, {5000}};
    send_frame(fd, &header, payload, wire_fin_pack(&fin, payload, sizeof payload));
    await(fd, decoder, WIRE_FIN_R);
    cr_assert(wire_fin_reply_unpack(decoder->payload, decoder->payload_size, &reply));
    cr_assert_eq(reply.consumed[0], 5000);
    cr_assert_eq(reply.outputs_total, 5000 / 360 + 1);
}

static uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];

Test(host_dut, serves_a_socket_until_it_hangs_up)
{
    struct served served = {0};
    struct wire_decoder decoder;
    int pair[2];
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    start(&served, pair[0], -1);
    greet(pair[1], &decoder);
    run_trial(pair[1], &decoder);
    close(pair[1]);
    pthread_join(served.thread, NULL);
    cr_assert_eq(served.result, HOST_DUT_HANGUP);
    close(pair[0]);
}

Test(host_dut, serves_a_pty_until_it_hangs_up)
{
    struct served served = {0};
    struct wire_decoder decoder;
    struct termios raw;
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert_eq(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    cr_assert_eq(tcsetattr(slave, TCSANOW, &raw), 0);
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    start(&served, slave, -1);
    greet(master, &decoder);
    run_trial(master, &decoder);
    close(master);
    pthread_join(served.thread, NULL);
    cr_assert_eq(served.result, HOST_DUT_HANGUP);
    close(slave);
}

Test(host_dut, stops_when_asked)
{
    struct served served = {0};
    int pair[2], stop[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(pipe(stop), 0);
    start(&served, pair[0], stop[0]);
    cr_assert_eq(write(stop[1], "x", 1), 1);
    pthread_join(served.thread, NULL);
    cr_assert_eq(served.result, HOST_DUT_STOPPED);
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(stop[i]);
    }
}

Test(host_dut, restarts_with_another_nonce)
{
    struct served served = {0};
    struct wire_decoder decoder;
    uint8_t payload[4];
    int pair[2];
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    start(&served, pair[0], -1);
    const uint32_t nonce = greet(pair[1], &decoder);
    const struct wire_header header = {.type = WIRE_RESET};
    send_frame(pair[1], &header, payload, wire_reset_pack(payload, sizeof payload));
    cr_assert_neq(greet(pair[1], &decoder), nonce);
    close(pair[1]);
    pthread_join(served.thread, NULL);
    close(pair[0]);
}

Test(host_dut, is_the_same_boot_on_its_next_line)
{
    struct host_dut_options options;
    struct host_dut *host;
    uint32_t nonces[2];
    host_dut_options_init(&options);
    cr_assert_eq(host_dut_create(&options, &host), 0);
    for (int i = 0; i < 2; i++) {
        struct served served = {.host = host};
        struct wire_decoder decoder;
        int pair[2];
        wire_decoder_init(&decoder, buffer, sizeof buffer);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        start(&served, pair[0], -1);
        nonces[i] = greet(pair[1], &decoder);
        cr_assert_eq(
            write(pair[1], "half a frame", 12), 12); /* the cable is pulled in the middle of one */
        close(pair[1]);
        pthread_join(served.thread, NULL);
        cr_assert_eq(served.result, HOST_DUT_HANGUP);
        close(pair[0]);
    }
    cr_assert_eq(nonces[0], nonces[1]);
    host_dut_destroy(host);
}

Test(host_dut, refuses_options_out_of_range)
{
    struct host_dut_options options;
    host_dut_options_init(&options);
    options.payload_max = 63;
    cr_assert_lt(host_dut_serve(0, -1, &options), 0);
    host_dut_options_init(&options);
    options.output_window = 40000;
    cr_assert_lt(host_dut_serve(0, -1, &options), 0);
    host_dut_options_init(&options);
    options.ring_size = 10;
    cr_assert_lt(host_dut_serve(0, -1, &options), 0);
    cr_assert_lt(host_dut_serve(-1, -1, &options), 0);
}
