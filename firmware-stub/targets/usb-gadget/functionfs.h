/* A vendor-specific USB function with one bulk endpoint each way, as Linux's FunctionFS lets a process be one. */
#ifndef GADGET_FUNCTIONFS_H
#define GADGET_FUNCTIONFS_H

struct functionfs {
    int control, out, in; /* descriptors of ep0, ep1 (from the host) and ep2 (to the host) */
};

/* Describe the function in a mounted functionfs and open its endpoints; then the gadget can be bound to a controller.  Returns 0, or
 * -errno with *ret_what telling what failed. */
int functionfs_open(const char *folder, struct functionfs *ret, const char **ret_what);

/* Handle one event of `control`, when it is readable: requests that are not the kernel's own are refused.  Returns 0 or -errno. */
int functionfs_handle_event(const struct functionfs *function);

void functionfs_close(struct functionfs *function);

#endif
