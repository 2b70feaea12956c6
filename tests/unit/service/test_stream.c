/* Streams: what is told, in which order, what is kept for who does not read, and how they end. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fake_daemon.h"
#include "service/stream.h"

static struct vr_daemon *daemon_;
static sd_event *loop;
static struct vr_stream_board *board;
static struct vr_stream *stream;
static struct vr_answer answer;
static int woken;

static const struct vr_user alice = {.uid = 5001, .name = "alice", .role = VR_ROLE_OPERATOR};

static void setup(void)
{
    struct vr_err err = {0};
    daemon_ = fake_daemon_create();
    cr_assert(sd_event_new(&loop) >= 0);
    cr_assert_eq(vr_stream_board_create(daemon_, loop, &board, &err), 0);
    stream = NULL;
    woken = 0;
}

static void teardown(void)
{
    if (stream)
        vr_stream_destroy(stream);
    vr_stream_board_destroy(board);
    sd_event_unref(loop);
    cr_assert_eq(daemon_->binds, 0);
    cr_assert_null(vr_daemon_lease_at(daemon_, 0));
    fake_daemon_destroy(daemon_);
}

TestSuite(stream, .init = setup, .fini = teardown);

static void note_woken(void *context)
{
    (void)context;
    woken++;
}

static int begin(int64_t job_id, int64_t after, bool binds)
{
    const struct vr_event_wish wish = {.job_id = job_id, .after = after, .binds = binds};
    answer = (struct vr_answer){0};
    int r = vr_stream_events(board, &alice, &wish, &stream, &answer);
    if (stream)
        stream->woken = note_woken;
    return r;
}

static void turn(void)
{
    while (sd_event_run(loop, 0) > 0)
        ;
}

/* Everything that can be read now; the last result of reading in *ret_end. */
static const char *read_all(ssize_t *ret_end)
{
    static char text[1 << 20];
    size_t size = 0;
    ssize_t got;
    while ((got = vr_stream_read(stream, text + size, 7)) > 0)
        size += (size_t)got;
    text[size] = '\0';
    *ret_end = got;
    return text;
}

static void expect(const char *text, ssize_t end)
{
    ssize_t got;
    cr_assert_str_eq(read_all(&got), text);
    cr_assert_eq(got, end);
}

static int count(const char *text, const char *part)
{
    int found = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        found++;
    return found;
}

Test(stream, what_happens_next)
{
    fake_daemon_tell(daemon_, 0, "dut", 2);
    cr_assert_eq(begin(0, -1, false), 0);
    expect("", 0);
    fake_daemon_tell(daemon_, 1, "said", 1);
    cr_assert_eq(woken, 0, "woken once a turn, not by each event");
    turn();
    cr_assert_eq(woken, 1);
    expect("id: 3\nevent: said\ndata: {\"job\": 1, \"text\": \"0\"}\n\n", 0);
    turn();
    cr_assert_eq(woken, 1);
}

Test(stream, of_one_job_from_its_first)
{
    fake_daemon_tell(daemon_, 1, "said", 1);
    fake_daemon_tell(daemon_, 3, "said", 1);
    fake_daemon_tell(daemon_, 0, "dut", 1);
    fake_daemon_tell(daemon_, 1, "said", 1);
    cr_assert_eq(begin(1, -1, false), 0);
    expect(
        "id: 1\nevent: said\ndata: {\"job\": 1, \"text\": \"0\"}\n\n"
        "id: 4\nevent: said\ndata: {\"job\": 1, \"text\": \"0\"}\n\n",
        0);
}

Test(stream, a_client_that_comes_back)
{
    fake_daemon_tell(daemon_, 1, "said", 100);
    cr_assert_eq(begin(1, 98, false), 0);
    ssize_t end;
    const char *text = read_all(&end);
    cr_assert_eq(count(text, "event: "), 2);
    cr_assert_not_null(strstr(text, "id: 99\n"));
}

Test(stream, little_is_kept_for_who_does_not_read)
{
    char byte;
    ssize_t end;
    cr_assert_eq(begin(0, -1, false), 0);
    fake_daemon_tell(daemon_, 1, "said", 1000);
    turn();
    cr_assert_eq(vr_stream_read(stream, &byte, 1), 1);
    cr_assert_leq(stream->size, 32 * 80);
    fake_daemon_tell(daemon_, 1, "said", 1000);
    turn();
    cr_assert_leq(stream->size, 32 * 80);
    const char *text = read_all(&end);
    cr_assert_eq(count(text, "event: said"), 2000);
    cr_assert_eq(count(text, "event: lost"), 0);
}

Test(stream, what_is_no_longer_stored)
{
    struct vr_err err = {0};
    fake_daemon_tell(daemon_, 0, "dut", 5);
    cr_assert_eq(begin(0, 1, false), 0);
    cr_assert_eq(vr_queue_prune(daemon_->queue, INT64_MAX, &err), 0, "%s", err.text);
    expect("event: lost\ndata: {\"first\": 2, \"last\": 5}\n\n", 0);
    fake_daemon_tell(daemon_, 0, "dut", 1);
    turn();
    expect("id: 6\nevent: dut\ndata: {\"job\": 0, \"text\": \"0\"}\n\n", 0);
}

Test(stream, what_is_lost_between_two_that_are_stored)
{
    struct vr_err err = {0};
    fake_daemon_tell(daemon_, 1, "said", 1);
    fake_daemon_tell(daemon_, 0, "dut", 2);
    fake_daemon_tell(daemon_, 1, "said", 1);
    cr_assert_eq(vr_queue_prune(daemon_->queue, INT64_MAX, &err), 0, "%s", err.text);
    cr_assert_eq(begin(0, 0, false), 0);
    ssize_t end;
    const char *text = read_all(&end);
    cr_assert_not_null(
        strstr(text, "\n\nevent: lost\ndata: {\"first\": 2, \"last\": 3}\n\nid: 4\n"));
}

Test(stream, a_position_in_another_queue)
{
    fake_daemon_tell(daemon_, 0, "dut", 2);
    cr_assert_eq(begin(0, 7, false), 0);
    expect("event: lost\ndata: {\"first\": 3, \"last\": 7}\n\n", 0);
}

Test(stream, progress_is_the_latest_and_behind_what_is_stored)
{
    cr_assert_eq(begin(1, -1, false), 0);
    fake_daemon_progress(daemon_, 0.25);
    fake_daemon_progress(daemon_, 0.5);
    fake_daemon_tell(daemon_, 1, "said", 1);
    turn();
    expect(
        "id: 1\nevent: said\ndata: {\"job\": 1, \"text\": \"0\"}\n\n"
        "event: progress\ndata: {\"job\": 1, \"fraction\": 0.5}\n\n",
        0);
    expect("", 0);
    fake_daemon_progress(daemon_, 0.75);
    turn(); /* within 200 ms of the last look: not yet */
    expect("", 0);
    while (woken < 2)
        sd_event_run(loop, UINT64_MAX);
    expect("event: progress\ndata: {\"job\": 1, \"fraction\": 0.75}\n\n", 0);
}

Test(stream, progress_waits_until_all_that_is_stored_was_read)
{
    cr_assert_eq(begin(1, -1, false), 0);
    fake_daemon_progress(daemon_, 0.5);
    fake_daemon_tell(daemon_, 1, "said", 100);
    turn();
    ssize_t end;
    const char *text = read_all(&end);
    cr_assert_eq(count(text, "event: progress"), 1);
    cr_assert_gt(strstr(text, "event: progress"), strstr(text, "id: 100\n"));
}

Test(stream, no_progress_behind_the_end)
{
    ssize_t end;
    cr_assert_eq(begin(1, -1, false), 0);
    fake_daemon_progress(daemon_, 1);
    fake_daemon_tell(daemon_, 1, "job_ended", 1);
    turn();
    cr_assert_eq(count(read_all(&end), "event: "), 1);
    cr_assert_eq(end, -1);
}

Test(stream, of_a_job_that_has_ended)
{
    fake_daemon_tell(daemon_, 2, "said", 1);
    int64_t last = fake_daemon_tell(daemon_, 2, "job_ended", 1);
    cr_assert_eq(begin(2, -1, true), 0);
    cr_assert_eq(daemon_->binds, 0, "it needs nobody any more");
    ssize_t end;
    cr_assert_eq(count(read_all(&end), "event: "), 2);
    cr_assert_eq(end, -1);
    vr_stream_destroy(stream);
    cr_assert_eq(begin(2, last, false), 0);
    cr_assert_null(stream, "nothing will come");
}

Test(stream, binding)
{
    cr_assert_eq(begin(1, -1, true), 0);
    cr_assert_eq(daemon_->binds, 1);
    vr_stream_destroy(stream);
    stream = NULL;
    cr_assert_eq(daemon_->binds, 0);
    cr_assert(begin(3, -1, true) < 0);
    cr_assert_eq(answer.refusal, VR_REFUSED_FORBIDDEN);
    cr_assert_null(stream);
    cr_assert(begin(99, -1, true) < 0);
    cr_assert_eq(answer.refusal, VR_REFUSED_NOT_FOUND);
}

Test(stream, a_beat_when_nothing_is_said)
{
    cr_assert_eq(begin(0, -1, false), 0);
    stream->is_beat_due = true;
    expect(":\n\n", 0);
    expect("", 0);
}

Test(stream, text_of_several_lines)
{
    struct vr_event_row event = {.kind = "said", .data = "{\"a\":\n1}\n"};
    struct vr_err err = {0};
    cr_assert_eq(vr_queue_event_add(daemon_->queue, &event, &err), 0);
    cr_assert_eq(begin(0, 0, false), 0);
    expect("id: 1\nevent: said\ndata: {\"a\":\ndata: 1}\n\n", 0);
}

static int lease(const char *dut, bool waits)
{
    const struct vr_lease_wish wish = {.dut = dut, .reason = "scope", .for_s = 60, .waits = waits};
    answer = (struct vr_answer){0};
    return vr_stream_lease(board, &alice, &wish, &stream, &answer);
}

Test(stream, a_lease)
{
    ssize_t end;
    cr_assert_eq(lease("two", true), 0);
    stream->woken = note_woken;
    cr_assert_not_null(
        strstr(read_all(&end), "event: lease_taken\ndata: {\"id\": 1, \"dut\": \"two\""));
    cr_assert_eq(end, 0);
    fake_daemon_lease_end(daemon_, 1, "its time is over");
    cr_assert_eq(woken, 1);
    const char *text = read_all(&end);
    cr_assert_not_null(strstr(text, "event: lease_ended\n"));
    cr_assert_not_null(strstr(text, "\"why\": \"its time is over\""));
    cr_assert_eq(end, -1);
}

Test(stream, a_lease_that_waits)
{
    ssize_t end;
    cr_assert_eq(lease("one", true), 0);
    const char *text = read_all(&end);
    cr_assert_not_null(strstr(text, "event: lease_waiting\n"));
    cr_assert_not_null(strstr(text, "\"waiting_for\": \"one has job 1\""));
    vr_stream_destroy(stream);
    stream = NULL;
    cr_assert_null(vr_daemon_lease_at(daemon_, 0), "a lease ends with its stream");
    cr_assert(lease("one", false) < 0);
    cr_assert_eq(answer.refusal, VR_REFUSED_STATE);
}
