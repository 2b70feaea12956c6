/* The one log of the process. */
#include "service/say.h"

#include <pthread.h>
#include <stdarg.h>

/* The loop speaks, and the catalogue's keeper. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct vr_log log_of_process;
static bool is_open;

static void open_log(bool is_json)
{
    vr_log_init(&log_of_process, is_json);
    is_open = true;
}

void vr_say_as_json(void)
{
    pthread_mutex_lock(&mutex);
    open_log(true);
    pthread_mutex_unlock(&mutex);
}

void vr_say(
    enum vr_log_class class, int priority, const struct vr_log_about *about, const char *format,
    ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&mutex);
    if (!is_open)
        open_log(false);
    vr_vlog(&log_of_process, class, priority, about, format, arguments);
    pthread_mutex_unlock(&mutex);
    va_end(arguments);
}
