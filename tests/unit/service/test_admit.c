/* Admission: what may come over a port of the loopback, and what body. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/admit.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static struct vr_admit_port port = {.port = 8723};
static struct vr_admit_refusal refusal;

static void setup(void)
{
    vr_digest_bytes(TOKEN, strlen(TOKEN), port.token);
}

TestSuite(admit, .init = setup);

static struct vr_head good(const char *method)
{
    return (struct vr_head){
        .method = method,
        .host = "localhost:8723",
        .authorization = "Bearer " TOKEN,
        .vitalrig = "1"};
}

static void expect(const struct vr_head *head, int status)
{
    int r = vr_admit(head, &port, &refusal);
    cr_assert_eq(r < 0 ? refusal.status : 0, status, "%d: %s", refusal.status, refusal.err.text);
}

Test(admit, all_that_is_asked_for)
{
    struct vr_head head = good("POST");
    expect(&head, 0);
    head = good("GET");
    head.vitalrig = NULL;
    expect(&head, 0);
}

Test(admit, hosts)
{
    static const char *const ours[] = {"localhost", "localhost:8723", "LocalHost:8723",
                                       "127.0.0.1", "127.0.0.1:8723", "[::1]",
                                       "[::1]:8723"};
    static const char *const foreign[] = {
        "",
        "evil.example",
        "evil.example:8723",
        "localhost:80",
        "localhost:",
        "localhost.",
        "127.0.0.1:87230",
        "127.0.0.2",
        "::1",
        "[::1",
        "localhost.evil.example",
        "127.0.0.1.nip.io:8723",
        "0.0.0.0:8723",
        " localhost",
        "localhost@evil.example"};
    struct vr_head head = good("GET");
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        head.host = ours[i];
        expect(&head, 0);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        head.host = foreign[i];
        expect(&head, 403);
    }
    head.host = NULL;
    expect(&head, 403);
}

Test(admit, origins)
{
    static const char *const foreign[] = {
        "",
        "null",
        "http://evil.example",
        "https://localhost:8723",
        "localhost",
        "http://localhost:8080",
        "http://localhost:8723/"};
    struct vr_head head = good("GET");
    head.origin = "http://localhost:8723";
    expect(&head, 0);
    head.origin = "http://[::1]:8723";
    expect(&head, 0);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        head.origin = foreign[i];
        expect(&head, 403);
    }
}

Test(admit, tokens)
{
    static const char *const wrong[] = {
        "",
        "Bearer",
        "Bearer ",
        "Basic " TOKEN,
        "Bearer 0123456789abcdef0123456789abcdeF",
        TOKEN,
        "Bearer " TOKEN "0",
        "Bearer  " TOKEN,
        "Bearer 0123456789abcdef0123456789abcde"};
    struct vr_head head = good("GET");
    head.authorization = "bearer " TOKEN;
    expect(&head, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        head.authorization = wrong[i];
        expect(&head, 401);
    }
    head.authorization = NULL;
    expect(&head, 401);
}

Test(admit, writes_need_a_header_that_pages_cannot_send)
{
    static const char *const methods[] = {"POST", "DELETE", "PUT", "OPTIONS", "HEAD", "get"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct vr_head head = good(methods[i]);
        head.vitalrig = NULL;
        expect(&head, 403);
        head.vitalrig = "0";
        expect(&head, 403);
    }
}

Test(admit, a_unix_socket_has_its_mode)
{
    struct vr_head head = {.method = "POST", .host = "vitalrig"};
    cr_assert_eq(vr_admit(&head, NULL, &refusal), 0);
    head.is_repeated = true;
    cr_assert(vr_admit(&head, NULL, &refusal) < 0);
    cr_assert_eq(refusal.status, 400);
}

static void expect_body(struct vr_head head, bool wanted, int status, uint64_t size)
{
    uint64_t got = 1;
    int r = vr_admit_body(&head, wanted, &got, &refusal);
    cr_assert_eq(r < 0 ? refusal.status : 0, status, "%d: %s", refusal.status, refusal.err.text);
    if (status == 0)
        cr_assert_eq(got, size);
}

#define BODY(...) ((struct vr_head){.content_type = "application/json", __VA_ARGS__})

Test(admit, bodies)
{
    expect_body(BODY(.content_length = "12"), true, 0, 12);
    expect_body(BODY(.content_length = "262144"), true, 0, 262144);
    expect_body(BODY(.content_length = "262145"), true, 413, 0);
    expect_body(BODY(.content_length = "99999999999999999999999"), true, 400, 0);
    expect_body(BODY(.content_length = "-1"), true, 400, 0);
    expect_body(BODY(.content_length = "1,1"), true, 400, 0);
    expect_body(BODY(.content_length = ""), true, 400, 0);
    expect_body(BODY(.content_length = "0"), true, 400, 0);
    expect_body(BODY(.content_length = NULL), true, 400, 0);
    expect_body(BODY(.transfer_encoding = "chunked"), true, 411, 0);
    expect_body(BODY(.transfer_encoding = "chunked", .content_length = "1"), true, 411, 0);
    expect_body(BODY(.content_length = "1"), false, 400, 0);
    expect_body(BODY(.content_length = "0"), false, 0, 0);
    expect_body(BODY(.content_length = NULL), false, 0, 0);
    expect_body(BODY(.content_length = "300000"), false, 413, 0);
}

Test(admit, content_types)
{
    static const char *const good_types[] = {
        "application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json;charset=UTF-8"};
    static const char *const bad_types[] = {
        "",
        "text/plain",
        "application/jsonx",
        "application/json; charset=latin1",
        "text/json",
        "application/x-www-form-urlencoded"};
    for (size_t i = 0; i < sizeof good_types / sizeof *good_types; i++)
        expect_body(
            (struct vr_head){.content_type = good_types[i], .content_length = "2"}, true, 0, 2);
    for (size_t i = 0; i < sizeof bad_types / sizeof *bad_types; i++)
        expect_body(
            (struct vr_head){.content_type = bad_types[i], .content_length = "2"}, true, 415, 0);
    expect_body((struct vr_head){.content_length = "2"}, true, 415, 0);
}

static int load(const char *text, size_t size, mode_t mode, char *digest)
{
    char path[] = "/tmp/vr-token-XXXXXX";
    struct vr_err err = {0};
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && fchmod(fd, mode) == 0);
    cr_assert_eq(write(fd, text, size), (ssize_t)size);
    close(fd);
    int r = vr_admit_token_load(path, digest, &err);
    unlink(path);
    return r;
}

Test(admit, token_files)
{
    char digest[VR_DIGEST_HEX_SIZE] = "";
    cr_assert_eq(load(TOKEN, strlen(TOKEN), 0600, digest), 0);
    cr_assert_str_eq(digest, port.token);
    cr_assert_eq(load(TOKEN "\n", strlen(TOKEN) + 1, 0400, digest), 0);
    cr_assert_str_eq(digest, port.token);
    cr_assert_eq(load(TOKEN, strlen(TOKEN), 0640, digest), -VR_ERR_INPUT);
    cr_assert_eq(load(TOKEN, strlen(TOKEN), 0604, digest), -VR_ERR_INPUT);
    cr_assert_eq(load("short", 5, 0600, digest), -VR_ERR_INPUT);
    cr_assert_eq(load("", 0, 0600, digest), -VR_ERR_INPUT);
    cr_assert_eq(load(TOKEN "\n\n", strlen(TOKEN) + 2, 0600, digest), -VR_ERR_INPUT);
    cr_assert_eq(load(TOKEN " x", strlen(TOKEN) + 2, 0600, digest), -VR_ERR_INPUT);
    cr_assert_eq(load(TOKEN "\0x", strlen(TOKEN) + 2, 0600, digest), -VR_ERR_INPUT);
    char large[2000];
    memset(large, 'a', sizeof large);
    cr_assert_eq(load(large, sizeof large, 0600, digest), -VR_ERR_INPUT);
    struct vr_err err = {0};
    cr_assert_eq(vr_admit_token_load("/", digest, &err), -VR_ERR_INPUT);
    cr_assert_eq(vr_admit_token_load("/nonexistent/token", digest, &err), -VR_ERR_IO);
}
