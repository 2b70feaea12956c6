/* The server: sockets, clients and libmicrohttpd in the loop. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "service/access.h"
#include "service/http_parts.h"
#include "service/say.h"

#define ONE_TOO_MANY_MAX 16 /* clients beyond the limit that are told so at a time */
#define HEAD_BYTES (16 * 1024)
#define REPLY_S 60u
#define PAUSE_NS (100 * VR_NS_PER_MS) /* without a descriptor, until the next try */
#define SAY_NS (60 * VR_NS_PER_S)

/* --- clients --------------------------------------------------------------------------------- */

void vr_http_cut(struct vr_http_client *client)
{
    shutdown(client->fd, SHUT_RDWR);
}

static void know_peer(struct vr_http_client *client)
{
    const struct vr_config *config = vr_daemon_config(client->http->daemon);
    struct ucred peer = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
    socklen_t size = sizeof peer;
    int domain = AF_UNSPEC;
    getsockopt(client->fd, SOL_SOCKET, SO_DOMAIN, &domain, &(socklen_t){sizeof domain});
    client->is_tcp = domain != AF_UNIX;
    if (client->is_tcp) {
        client->user = (struct vr_user){.uid = (uid_t)-1, .name = "tcp", .role = config->tcp_role};
        return;
    }
    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return; /* no role */
    client->user.uid = peer.uid;
    client->user.pid = peer.pid;
    client->user.role = vr_access_role(config, peer.uid, peer.gid);
    vr_access_name(peer.uid, client->user.name, sizeof client->user.name);
}

static void client_begin(struct vr_http *http, struct MHD_Connection *connection, void **place)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct vr_http_client *client = info ? calloc(1, sizeof *client) : NULL;
    *place = client; /* NULL: its first request is closed on */
    if (!client)
        return;
    client->http = http;
    client->connection = connection;
    client->fd = info->connect_fd;
    client->deadline_ns = vr_clock_monotonic_ns() + VR_HTTP_REQUEST_NS;
    know_peer(client);
    client->next = http->clients;
    http->clients = client;
    http->client_count++;
    client->is_one_too_many =
        http->client_count > (size_t)vr_daemon_config(http->daemon)->max_clients;
}

static void client_end(struct vr_http *http, struct vr_http_client *client)
{
    struct vr_http_client **at = &http->clients;
    if (!client)
        return;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    http->client_count--;
    free(client);
}

static void accept_enable(struct vr_http *http, bool is_enabled)
{
    for (size_t i = 0; i < http->sockets.count; i++)
        if (http->accepts[i])
            sd_event_source_set_enabled(http->accepts[i], is_enabled ? SD_EVENT_ON : SD_EVENT_OFF);
}

static bool has_room(const struct vr_http *http)
{
    size_t limit = (size_t)vr_daemon_config(http->daemon)->max_clients + ONE_TOO_MANY_MAX;
    return http->client_count < limit && http->reserve_fd >= 0;
}

static void on_connection(
    void *context, struct MHD_Connection *connection, void **place,
    enum MHD_ConnectionNotificationCode code)
{
    struct vr_http *http = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        client_begin(http, connection, place);
    else
        client_end(http, *place);
    vr_http_kick(http);
}

/* --- accepting ------------------------------------------------------------------------------- */

static void reserve(struct vr_http *http)
{
    if (http->reserve_fd < 0)
        http->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* No descriptor is left: the one in reserve takes the client's place, so that it need not wait for nothing. */
static void turn_away(struct vr_http *http, int listener)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";
    int64_t now_ns = vr_clock_monotonic_ns();
    if (http->reserve_fd >= 0)
        close(http->reserve_fd);
    http->reserve_fd = -1;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        send(fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(fd);
    }
    reserve(http);
    if (http->said_ns == 0 || now_ns - http->said_ns > SAY_NS) {
        vr_say_of(
            VR_LOG_CLIENT, LOG_WARNING, NULL,
            "no descriptors are left: clients are turned away; see LimitNOFILE=");
        http->said_ns = now_ns;
    }
    vr_http_kick(http);
}

static int on_accept(sd_event_source *source, int listener, uint32_t events, void *context)
{
    (void)source, (void)events;
    struct vr_http *http = context;
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
        turn_away(http, listener);
    if (fd < 0)
        return 0;
    /* On failure libmicrohttpd has closed it. */
    MHD_add_connection(http->mhd, fd, (struct sockaddr *)&address, size);
    if (!has_room(http))
        accept_enable(http, false);
    vr_http_kick(http);
    return 0;
}

/* --- the loop -------------------------------------------------------------------------------- */

void vr_http_kick(struct vr_http *http)
{
    sd_event_source_set_enabled(http->kick, SD_EVENT_ONESHOT);
}

/* A request that does not come in its time: libmicrohttpd knows a time of silence only, and a byte a second is none. */
static int64_t expire(struct vr_http *http, int64_t now_ns)
{
    int64_t next_ns = VR_NEVER_NS;
    for (struct vr_http_client *client = http->clients; client; client = client->next) {
        if (client->deadline_ns <= now_ns) {
            client->deadline_ns = VR_NEVER_NS;
            vr_http_cut(client);
        } else if (client->deadline_ns < next_ns) {
            next_ns = client->deadline_ns;
        }
    }
    return next_ns;
}

static void arm(struct vr_http *http)
{
    MHD_UNSIGNED_LONG_LONG left_ms;
    int64_t now_ns = vr_clock_monotonic_ns(), next_ns = expire(http, now_ns);
    if (MHD_get_timeout(http->mhd, &left_ms) == MHD_YES &&
        left_ms < (MHD_UNSIGNED_LONG_LONG)((next_ns - now_ns) / VR_NS_PER_MS))
        next_ns = now_ns + (int64_t)left_ms * VR_NS_PER_MS;
    if (http->reserve_fd < 0 && now_ns + PAUSE_NS < next_ns)
        next_ns = now_ns + PAUSE_NS;
    if (next_ns == VR_NEVER_NS) {
        sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(http->timer, (uint64_t)(next_ns / VR_NS_PER_US));
    sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT);
}

static void run(struct vr_http *http)
{
    MHD_run(http->mhd);
    reserve(http);
    accept_enable(http, has_room(http));
    arm(http);
}

static int on_kick(sd_event_source *source, void *context)
{
    (void)source;
    run(context);
    return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    run(context);
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
    (void)source, (void)now_us;
    run(context);
    return 0;
}

/* --- beginning and end ----------------------------------------------------------------------- */

/* Of every reply over a Unix socket (it does not know that it is one), and of every stream whose client has gone. */
static bool is_noise(const char *text)
{
    static const char *const beginnings[] = {
        "Setting TCP_", "Failed to push the data",
        "Closing connection (application error generating response)"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

__attribute__((format(printf, 2, 0))) static void mhd_says(
    void *context, const char *format, va_list arguments)
{
    (void)context;
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    if (is_noise(text)) /* its formats are all "Setting %s option" */
        return;
    vr_say_of(VR_LOG_HTTP, LOG_INFO, NULL, "libmicrohttpd: %s", text);
}

/* Targets are decoded by the route, once. */
static size_t keep_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static int start(struct vr_http *http, struct vr_err *err)
{
    size_t limit = (size_t)vr_daemon_config(http->daemon)->max_clients + ONE_TOO_MANY_MAX;
    http->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, vr_http_request_go_on, http,    /* */
        MHD_OPTION_EXTERNAL_LOGGER, mhd_says, http, /* first: it is for the options, too */
        MHD_OPTION_URI_LOG_CALLBACK, vr_http_request_begin, http, /* */
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, http,         /* */
        MHD_OPTION_NOTIFY_COMPLETED, vr_http_request_end, http,   /* */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,        /* */
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)limit + 1,         /* */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES,   /* */
        MHD_OPTION_CONNECTION_TIMEOUT, REPLY_S,                   /* */
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                          /* */
        MHD_OPTION_END);
    if (!http->mhd)
        return vr_err_set(err, VR_ERR_INTERNAL, "the HTTP server does not start");
    return 0;
}

static int add_accepts(struct vr_http *http)
{
    int r = 0;
    for (size_t i = 0; r >= 0 && i < http->sockets.count; i++)
        r = sd_event_add_io(
            http->loop, &http->accepts[i], http->sockets.fds[i], EPOLLIN, on_accept, http);
    return r;
}

/* Behind everything that concerns runs, and no better than the watchdog's beat: however many ask, neither waits for them. */
static int set_priorities(struct vr_http *http)
{
    int r = sd_event_source_set_priority(http->io, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = sd_event_source_set_priority(http->kick, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = sd_event_source_set_priority(http->timer, SD_EVENT_PRIORITY_IDLE);
    for (size_t i = 0; r >= 0 && i < http->sockets.count; i++)
        r = sd_event_source_set_priority(http->accepts[i], SD_EVENT_PRIORITY_IDLE);
    return r;
}

static int add_sources(struct vr_http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return -EINVAL;
    int r = sd_event_add_io(http->loop, &http->io, info->epoll_fd, EPOLLIN, on_io, http);
    if (r >= 0)
        r = sd_event_add_defer(http->loop, &http->kick, on_kick, http);
    if (r >= 0)
        r = sd_event_add_time(http->loop, &http->timer, CLOCK_MONOTONIC, 0, 1, on_timer, http);
    if (r >= 0)
        r = add_accepts(http);
    return r < 0 ? r : set_priorities(http);
}

static int create(struct vr_http *http, struct vr_err *err)
{
    const struct vr_config *config = vr_daemon_config(http->daemon);
    int r = 0;
    if (config->tcp_port) {
        http->port.port = config->tcp_port;
        r = vr_admit_token_load(config->tcp_token_file, http->port.token, err);
    }
    if (r == 0)
        r = vr_api_create(http->daemon, http->loop, &http->api, err);
    if (r == 0)
        r = vr_listen_open(config, &http->sockets, err);
    if (r == 0)
        r = start(http, err);
    if (r < 0)
        return r;
    reserve(http);
    r = add_sources(http);
    return r < 0 ? vr_err_set(err, VR_ERR_IO, "HTTP: the event loop: %s", strerror(-r)) : 0;
}

int vr_http_create(
    struct vr_daemon *daemon, sd_event *loop, struct vr_http **ret_http, struct vr_err *err)
{
    struct vr_http *http = calloc(1, sizeof *http);
    if (!http)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for HTTP");
    http->daemon = daemon;
    http->loop = loop;
    http->reserve_fd = -1;
    http->sockets.lock_fd = -1;
    int r = create(http, err);
    if (r < 0)
        vr_http_destroy(http);
    else
        *ret_http = http;
    return r;
}

void vr_http_drain(struct vr_http *http)
{
    http->is_draining = true;
}

void vr_http_destroy(struct vr_http *http)
{
    if (!http)
        return;
    for (size_t i = 0; i < VR_LISTEN_MAX; i++)
        sd_event_source_disable_unref(http->accepts[i]);
    /* libmicrohttpd panics at the end over a connection that is suspended. */
    for (struct vr_http_client *client = http->clients; client; client = client->next)
        if (client->is_suspended)
            MHD_resume_connection(client->connection);
    if (http->mhd)
        MHD_stop_daemon(http->mhd);
    sd_event_source_disable_unref(http->io);
    sd_event_source_disable_unref(http->kick);
    sd_event_source_disable_unref(http->timer);
    vr_listen_close(&http->sockets);
    vr_api_destroy(http->api);
    if (http->reserve_fd >= 0)
        close(http->reserve_fd);
    free(http);
}

size_t vr_http_clients(const struct vr_http *http)
{
    return http->client_count;
}
