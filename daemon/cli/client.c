/* One easy handle, whose connection stays open between questions. */
#include "cli/client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "cli/client_request.h"
#include "cli/connect.h"

#define ANSWER_TIMEOUT_MS 10000L
#define FETCH_TIMEOUT_MS 60000L
#define FETCH_SIZE_MAX ((size_t)1 << 30) /* a report of a million trials */
#define HOST "http://vitalrig"

/* --- the connection ---------------------------------------------------------------------------- */

int vr_client_open(
    const struct vr_client_choice *choice, struct vr_client **ret_client, struct vr_err *err)
{
    char *socket = NULL;
    *ret_client = NULL;
    int r = vr_connect_choose(choice, &socket, err);
    if (r == 0 && socket)
        r = vr_curl_load(err);
    if (r < 0 || !socket) {
        free(socket);
        return r;
    }
    *ret_client = calloc(1, sizeof **ret_client);
    if (!*ret_client) {
        free(socket);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a connection");
    }
    (*ret_client)->socket = socket;
    (*ret_client)->fd = -1;
    return 0;
}

int vr_client_need(
    const struct vr_client_choice *choice, struct vr_client **ret_client, struct vr_err *err)
{
    int r = vr_client_open(choice, ret_client, err);
    if (r == 0 && !*ret_client)
        r = vr_err_set(
            err, VR_ERR_LINK,
            "there is no daemon here; start vitalrigd, or name its socket with --socket or "
            "VITALRIG_SOCKET");
    return r;
}

void vr_client_close(struct vr_client *client)
{
    if (!client)
        return;
    if (client->curl)
        vr_curl.easy_cleanup(client->curl);
    free(client->socket);
    free(client);
}

void vr_client_closep(struct vr_client **client)
{
    vr_client_close(*client);
}

const char *vr_client_socket(const struct vr_client *client)
{
    return client->socket;
}

/* Ours, to know its descriptor, and that no command inherits it. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct vr_client *client = context;
    (void)purpose;
    client->fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return client->fd < 0 ? CURL_SOCKET_BAD : client->fd;
}

/* --- requests ----------------------------------------------------------------------------------- */

int vr_client_add_header(struct curl_slist **headers, const char *header, struct vr_err *err)
{
    struct curl_slist *longer = vr_curl.slist_append(*headers, header);
    if (!longer)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a request");
    *headers = longer;
    return 0;
}

int vr_client_prepare(
    struct vr_client *client, CURL *curl, const char *method, const char *path, const char *body,
    struct curl_slist **headers, struct vr_err *err)
{
    _cleanup_free_ char *url = NULL;
    if (asprintf(&url, HOST "%s", path) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a request");
    vr_curl.easy_reset(curl);
    vr_curl.easy_setopt(curl, CURLOPT_URL, url);
    vr_curl.easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    vr_curl.easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    vr_curl.easy_setopt(curl, CURLOPT_OPENSOCKETDATA, client);
    vr_curl.easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    vr_curl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    vr_curl.easy_setopt(curl, CURLOPT_USERAGENT, "vitalrig/" VR_VERSION);
    if (strcmp(method, "GET") != 0)
        vr_curl.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (body) {
        vr_curl.easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        vr_curl.easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body);
    }
    int r = body ? vr_client_add_header(headers, "Content-Type: application/json", err) : 0;
    if (r == 0)
        r = vr_client_add_header(headers, "Expect:", err); /* no round trip before a body */
    vr_curl.easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
    return r;
}

size_t vr_client_keep(char *bytes, size_t one, size_t count, void *context)
{
    struct vr_client_text *text = context;
    size_t size = one * count;
    if (size > text->size_max - text->size)
        return 0;
    char *grown = realloc(text->bytes, text->size + size + 1);
    if (!grown)
        return 0;
    text->bytes = grown;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
    return size;
}

/* --- what went wrong ------------------------------------------------------------------------------ */

int vr_client_failed(
    struct vr_client *client, CURLcode code, const char *method, const char *path,
    struct vr_err *err)
{
    if (code == CURLE_OPERATION_TIMEDOUT)
        return vr_err_set(
            err, VR_ERR_TIMEOUT,
            "%s: the daemon took %s %s and does not answer; is it stopped, or too busy?",
            client->socket, method, path);
    if (code == CURLE_COULDNT_CONNECT)
        return vr_err_set(err, VR_ERR_LINK, "%s: no daemon answers any more", client->socket);
    return vr_err_set(
        err, VR_ERR_LINK, "%s: %s %s: the daemon's answer did not come whole: %s", client->socket,
        method, path, vr_curl.easy_strerror(code));
}

static int code_of(const char *name)
{
    for (int code = VR_OK + 1; code < VR_ERR_COUNT; code++)
        if (strcmp(vr_err_name(code), name) == 0)
            return code;
    return VR_ERR_INTERNAL; /* of a later version */
}

int vr_client_refused(
    struct vr_client *client, long status, const struct vr_client_text *answer, const char *method,
    const char *path, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r =
        vr_json_doc_create(answer->bytes ? answer->bytes : "", answer->size, "answer", &doc, NULL);
    const struct vr_json *error = r == 0 ? vr_member(vr_json_doc_root(doc), "error") : NULL;
    const char *code = vr_member_text(error, "code"), *text = vr_member_text(error, "text");
    if (code[0] && text[0])
        r = vr_err_set(err, (enum vr_err_code)code_of(code), "%s", text);
    else
        r = vr_err_set(
            err, VR_ERR_LINK,
            "%s: %s %s was answered with status %ld and no reason; is that a vitalrigd?",
            client->socket, method, path, status);
    vr_json_doc_destroy(doc);
    return r;
}

/* --- questions ------------------------------------------------------------------------------------ */

static int perform(
    struct vr_client *client, const char *method, const char *path, const char *body,
    long timeout_ms, struct vr_client_text *answer, struct vr_err *err)
{
    struct curl_slist *headers = NULL;
    long status = 0;
    if (!client->curl)
        client->curl = vr_curl.easy_init();
    if (!client->curl)
        return vr_err_set(err, VR_ERR_INTERNAL, "libcurl does not start");
    int r = vr_client_prepare(client, client->curl, method, path, body, &headers, err);
    if (r == 0) {
        vr_curl.easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
        vr_curl.easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, vr_client_keep);
        vr_curl.easy_setopt(client->curl, CURLOPT_WRITEDATA, answer);
        CURLcode code = vr_curl.easy_perform(client->curl);
        if (code != CURLE_OK)
            r = vr_client_failed(client, code, method, path, err);
        vr_curl.easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    }
    if (r == 0 && (status < 200 || status > 299))
        r = vr_client_refused(client, status, answer, method, path, err);
    vr_curl.slist_free_all(headers);
    return r;
}

/* What the daemon says wrong is no fault of the input. */
static int read_answer(
    struct vr_client *client, const char *method, const char *path,
    const struct vr_client_text *answer, struct vr_json_doc **ret_doc, struct vr_err *err)
{
    struct vr_err why = {0};
    if (vr_json_doc_create(
            answer->bytes ? answer->bytes : "", answer->size, "answer", ret_doc, &why) == 0)
        return 0;
    return vr_err_set(
        err, VR_ERR_LINK, "%s: %s %s: %s; is that a vitalrigd?", client->socket, method, path,
        why.text);
}

int vr_client_call(
    struct vr_client *client, const char *method, const char *path, const char *body,
    struct vr_json_doc **ret_doc, struct vr_err *err)
{
    struct vr_client_text answer = {.size_max = VR_JSON_SIZE_MAX};
    if (ret_doc)
        *ret_doc = NULL;
    int r = perform(client, method, path, body, ANSWER_TIMEOUT_MS, &answer, err);
    if (r == 0 && ret_doc)
        r = read_answer(client, method, path, &answer, ret_doc, err);
    free(answer.bytes);
    return r;
}

int vr_client_list(
    struct vr_client *client, const char *path, const char *key, struct vr_json_doc **ret_doc,
    const struct vr_json **ret_list, struct vr_err *err)
{
    int r = vr_client_call(client, "GET", path, NULL, ret_doc, err);
    if (r < 0)
        return r;
    *ret_list = vr_member(vr_json_doc_root(*ret_doc), key);
    if (*ret_list && vr_json_kind(*ret_list) == VR_JSON_ARRAY)
        return 0;
    return vr_err_set(
        err, VR_ERR_LINK, "%s: GET %s: there is no list \"%s\" in the answer; is that a vitalrigd?",
        client->socket, path, key);
}

int vr_client_fetch(struct vr_client *client, const char *path, FILE *out, struct vr_err *err)
{
    struct vr_client_text answer = {.size_max = FETCH_SIZE_MAX};
    int r = perform(client, "GET", path, NULL, FETCH_TIMEOUT_MS, &answer, err);
    if (r == 0 && answer.size > 0)
        fwrite(answer.bytes, 1, answer.size, out);
    free(answer.bytes);
    return r;
}

char *vr_client_escape(struct vr_client *client, const char *word)
{
    (void)client;
    char *escaped = vr_curl.easy_escape(NULL, word, 0), *copy = escaped ? strdup(escaped) : NULL;
    vr_curl.free(escaped);
    return copy;
}
