/* The turn of the main loop, and what must hold before the first one. */
#include "dut/dut.h"

#include "dut/consume.h"
#include "dut/hello.h"
#include "dut/receive.h"
#include "dut/transmit.h"

static bool is_complete(const struct dut_config *config)
{
    const struct dut_port *const port = config->port;
    return port && port->receive && port->transmit && port->ticks && port->sleep && port->mark &&
           port->reset && port->ticks_hz && config->algorithms && config->algorithm_count >= 1 &&
           config->algorithm_count <= WIRE_ALGORITHMS_MAX &&
           config->payload_max >= WIRE_PAYLOAD_MIN && config->payload_max <= WIRE_PAYLOAD_MAX &&
           config->ring_size <= DUT_RING_MAX && config->receive && config->transmit &&
           config->ring && config->outputs && config->state;
}

enum dut_error dut_init(struct dut *dut, const struct dut_config *config)
{
    unsigned outputs_max = 0;
    unsigned values_max = 0;
    unsigned state_size = 0;

    *dut = (struct dut){0};
    if (!is_complete(config))
        return DUT_BAD_CONFIG;
    dut->config = *config;
    for (unsigned i = 0; i < config->algorithm_count; i++) {
        const struct algo *const algo = config->algorithms[i];
        outputs_max = algo->outputs_max > outputs_max ? algo->outputs_max : outputs_max;
        values_max = algo->values_max > values_max ? algo->values_max : values_max;
        state_size = algo->state_size > state_size ? algo->state_size : state_size;
    }
    if (config->state_size < state_size)
        return DUT_SMALL_STATE;
    if (config->ring_size < DUT_STREAM_RING_MIN)
        return DUT_SMALL_RING;
    dut_outputs_init(&dut->outputs, config->outputs, config->outputs_size, values_max);
    if (dut->outputs.capacity < outputs_max)
        return DUT_SMALL_OUTPUTS;
    wire_decoder_init(
        &dut->decoder, config->receive, DUT_RECEIVE_SIZE((size_t)config->payload_max));

    /* Packed once for its size; every other frame is smaller than DUT_TRANSMIT_MIN. */
    const size_t size = dut_hello_pack(dut, config->transmit, config->transmit_size);
    dut->hello_size = (uint16_t)(size > DUT_REFUSAL_SIZE ? size : DUT_REFUSAL_SIZE);
    if (!size || config->transmit_size < DUT_TRANSMIT_MIN ||
        config->transmit_size < WIRE_ENCODED_MAX((size_t)dut->hello_size))
        return DUT_SMALL_TRANSMIT;
    return DUT_OK;
}

bool dut_run(struct dut *dut)
{
    const bool received = dut_receive(dut);
    const bool consumed = dut_consume(dut);
    const bool transmitted = dut_transmit(dut);
    return received || consumed || transmitted;
}

void dut_sleep(struct dut *dut)
{
    const struct dut_port *const port = dut->config.port;
    const uint32_t before = port->ticks(port->context);
    port->sleep(port->context);
    dut->trial.asleep_ticks += port->ticks(port->context) - before;
}

bool dut_next_ticks(const struct dut *dut, uint32_t *ret_ticks)
{
    const struct dut_port *const port = dut->config.port;
    const struct dut_trial *const trial = &dut->trial;

    if (!dut->pace.started || trial->state == DUT_FINISHED)
        return false;
    const unsigned next = dut_next_stream(dut);
    if (next == trial->stream_count)
        return false;
    const bool is_there = dut->streams[next].received != dut->streams[next].consumed;
    if (!is_there && dut->pace.late)
        return false;
    *ret_ticks = dut_pace_wait(&dut->pace, next, port->ticks(port->context));
    return true;
}
