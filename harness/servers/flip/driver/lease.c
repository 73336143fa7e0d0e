/* SPDX-License-Identifier: MIT */
/* Leases: a socket stands for what a kernel would lease, and its end for that of the lease. */

#include "flip.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct lease {
    struct lease *next;
    struct flip_screen *screen;
    RRLeasePtr randr;
    int fd;                     /* the other end is the client's */
};

static void
release(struct lease *lease)
{
    struct lease **at = &lease->screen->leases;

    while (*at != lease)
        at = &(*at)->next;
    *at = lease->next;
    RemoveNotifyFd(lease->fd);
    close(lease->fd);
    free(lease);
}

void
lease_terminate(RRLeasePtr randr)
{
    if (!randr->devPrivate)
        return;
    release(randr->devPrivate);
    randr->devPrivate = NULL;
    xf86CrtcLeaseTerminated(randr);
}

static void
hung_up(int fd, int ready, void *data)
{
    char byte;
    struct lease *lease = data;

    if (recv(fd, &byte, 1, MSG_DONTWAIT) == 0)
        lease_terminate(lease->randr);
}

int
lease_create(RRLeasePtr randr, int *fd)
{
    struct flip_screen *own = flip_screen_of(xf86ScreenToScrn(randr->screen));
    struct lease *lease = calloc(1, sizeof *lease);
    int ends[2];

    if (!lease || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        free(lease);
        return BadAlloc;
    }
    *lease = (struct lease) { own->leases, own, randr, ends[0] };
    own->leases = lease;
    randr->devPrivate = lease;
    *fd = ends[1];
    SetNotifyFd(lease->fd, hung_up, X_NOTIFY_READ, lease);
    xf86CrtcLeaseStarted(randr);
    return Success;
}

void
lease_close_screen(struct flip_screen *own)
{
    while (own->leases)
        release(own->leases);
}
