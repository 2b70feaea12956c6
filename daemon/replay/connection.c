/* Opening and closing, as often as it takes. */
#include "replay/connection.h"

int vr_connection_open(struct vr_connection *connection, struct vr_err *err)
{
    if (connection->link)
        return 0;
    return vr_link_open(connection->driver->name, &connection->config, &connection->link, err);
}

void vr_connection_close(struct vr_connection *connection)
{
    vr_link_close(connection->link);
    connection->link = NULL;
}
