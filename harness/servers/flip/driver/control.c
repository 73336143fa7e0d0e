/* SPDX-License-Identifier: MIT */
/* The socket of the harness: a command in each line, answered by a line.
 *
 * ``ok`` and numbers, or ``error`` and a sentence.  A command is done when it is answered. */

#include "flip.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LONGEST_LINE 128
#define MOST_FRAMES 1000000

struct session {
    struct session *next;
    struct flip_screen *screen;
    int fd;
    size_t length;
    char line[LONGEST_LINE];
    struct head *wanted;        /* what it scans out is asked for */
};

static void
answer(struct session *session, const char *format, ...)
{
    char line[256];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    length = min(length, (int) sizeof line - 2);
    line[length] = '\n';
    /* Each waits for its answer: so short a line always has room. */
    if (send(session->fd, line, length + 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        ErrorF("flip: the harness does not read its answers: %s\n", strerror(errno));
}

static void
answer_clock(struct session *session, struct head *head)
{
    uint64_t ust, msc;

    clock_now(&head->clock, &ust, &msc);
    answer(session, "ok %" PRIu64 " %" PRIu64 " %" PRIu64, msc, ust, head->serial);
}

/* A command for one head.  ``run`` returns why it cannot be done, NULL when it is. */
struct command {
    const char *name;
    const char *(*run)(struct session *, struct head *, int64_t);
    int64_t least, most;       /* of its number; both 0: it takes none */
};

static const char *
stop(struct session *session, struct head *head, int64_t number)
{
    clock_stop(head);
    return NULL;
}

static const char *
run(struct session *session, struct head *head, int64_t millihertz)
{
    head->clock.rate_is_set = TRUE;
    clock_set_period(head, UINT64_C(1000000000000) / millihertz);
    clock_run(head);
    return NULL;
}

static const char *
step(struct session *session, struct head *head, int64_t frames)
{
    if (head->clock.running)
        return "its clock runs: stop it before it is stepped";
    while (frames-- > 0)
        clock_step(head);
    return NULL;
}

static const char *
plug(struct session *session, struct head *head, int64_t number)
{
    output_connect(head, TRUE);
    return NULL;
}

static const char *
unplug(struct session *session, struct head *head, int64_t number)
{
    output_connect(head, FALSE);
    return NULL;
}

static const char *
clock_state(struct session *session, struct head *head, int64_t number)
{
    return NULL;
}

/* Answered by ``control_answer_waiting``. */
static const char *
scanout(struct session *session, struct head *head, int64_t number)
{
    session->wanted = head;
    return NULL;
}

static const struct command head_commands[] = {
    { "clock", clock_state, 0, 0 },
    { "stop", stop, 0, 0 },
    { "run", run, 1, 1000000 },
    { "step", step, 1, MOST_FRAMES },
    { "plug", plug, 0, 0 },
    { "unplug", unplug, 0, 0 },
    { "scanout", scanout, 0, 0 },
};

/* 0: as at the start. */
static void
limit_screen(struct flip_screen *own, uint64_t most)
{
    int pixels = most && most < MOST_PIXELS ? most : MOST_PIXELS;

    RRScreenSetSizeRange(own->scrn->pScreen, LEAST_PIXELS, LEAST_PIXELS, pixels, pixels);
}

/* Do what holds for the screen; FALSE when there is nothing of that name, or it cannot be done. */
static Bool
set_option(struct flip_screen *own, const char *name, uint64_t value)
{
    if (!strcmp(name, "async"))
        presentation_set_async(own, value != 0);
    else if (!strcmp(name, "failing-flips"))
        own->faults.failing_flips = value;
    else if (!strcmp(name, "hurried-flips"))
        own->faults.hurried_flips = value;
    else if (!strcmp(name, "lost-vblanks"))
        own->faults.lost_vblanks = value;
    else if (!strcmp(name, "unflip-delay"))
        own->faults.unflip_delay = value;
    else if (!strcmp(name, "lost-clocks"))
        own->faults.lost_clocks = value;
    else if (!strcmp(name, "foreign-format"))
        presentation_set_foreign(value != 0);
    else if (!strcmp(name, "vt"))
        return terminal_switch(own, value != 0);
    else if (!strcmp(name, "largest-screen"))
        limit_screen(own, value);
    else if (!strcmp(name, "restart")) {
        if (!terminal_switch(own, TRUE))
            return FALSE;
        own->faults = (struct faults) { 0 };
        presentation_set_foreign(FALSE);
        limit_screen(own, 0);
        for (int i = 0; i < own->count; i++)
            clock_run(&own->head[i]);
        own_pixmaps_drop(own);
    }
    else
        return FALSE;
    return TRUE;
}

static void
obey_for_head(struct session *session, const struct command *command, int64_t index,
              int64_t number)
{
    struct flip_screen *own = session->screen;
    const char *refusal;

    if (index < 0 || index >= own->count) {
        answer(session, "error there is no CRTC %" PRId64 ", only 0 to %d", index, own->count - 1);
        return;
    }
    if (number < command->least || number > command->most) {
        answer(session, "error %s takes %" PRId64 " to %" PRId64 ", not %" PRId64, command->name,
               command->least, command->most, number);
        return;
    }
    refusal = command->run(session, &own->head[index], number);
    if (refusal)
        answer(session, "error CRTC %" PRId64 ": %s", index, refusal);
    else if (!session->wanted)
        answer_clock(session, &own->head[index]);
}

static void
obey(struct session *session, const char *line)
{
    char name[32];
    int words;
    int64_t index = 0, number = 0;

    words = sscanf(line, "%31s %" SCNd64 " %" SCNd64, name, &index, &number);
    for (size_t i = 0; words >= 2 && i < ARRAY_SIZE(head_commands); i++) {
        if (!strcmp(name, head_commands[i].name)) {
            obey_for_head(session, &head_commands[i], index, number);
            return;
        }
    }
    if (words == 2 && index < 0)
        answer(session, "error %s takes 0 or more, not %" PRId64, name, index);
    else if (words == 2 && set_option(session->screen, name, index))
        answer(session, "ok %" PRId64, index);
    else
        answer(session, "error unknown command: %s", line);
}

static void
end(struct session *session)
{
    struct session **place = &session->screen->sessions;

    while (*place != session)
        place = &(*place)->next;
    *place = session->next;
    RemoveNotifyFd(session->fd);
    close(session->fd);
    free(session);
}

static void
input(int fd, int ready, void *data)
{
    struct session *session = data;
    char *room = session->line + session->length;
    ssize_t received = recv(fd, room, sizeof session->line - session->length, MSG_DONTWAIT);
    char *newline;

    if (received < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (received <= 0) {
        end(session);
        return;
    }
    session->length += received;
    newline = memchr(session->line, '\n', session->length);
    if (newline) {
        *newline = '\0';
        session->length = 0;
        obey(session, session->line);
    }
    else if (session->length == sizeof session->line) {
        answer(session, "error a command has at most %d bytes", LONGEST_LINE - 1);
        end(session);
    }
}

static void
accept_session(int fd, int ready, void *data)
{
    struct flip_screen *own = data;
    struct session *session;
    int accepted = accept(fd, NULL, NULL);

    if (accepted < 0)
        return;
    fcntl(accepted, F_SETFD, FD_CLOEXEC);
    fcntl(accepted, F_SETFL, O_NONBLOCK);
    session = XNFcallocarray(1, sizeof *session);
    session->screen = own;
    session->fd = accepted;
    session->next = own->sessions;
    own->sessions = session;
    SetNotifyFd(accepted, input, X_NOTIFY_READ, session);
}

/* What CRTCs are about to change to is waited for, unless no frame comes by itself. */
void
control_answer_waiting(struct flip_screen *own)
{
    if (own->changing && own->changing->clock.running)
        return;
    own_pixmaps_forget_freed(own);
    for (struct session *session = own->sessions; session; session = session->next) {
        struct head *head = session->wanted;

        session->wanted = NULL;
        if (head && scanout_publish(head))
            answer_clock(session, head);
        else if (head)
            answer(session, "error cannot write scanout.%d: %s", head->index, strerror(errno));
    }
}

Bool
control_open(struct flip_screen *own)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/control", own->folder);

    if (length < (int) sizeof address.sun_path) {
        own->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (own->listener >= 0 &&
            bind(own->listener, (struct sockaddr *) &address, sizeof address) == 0 &&
            listen(own->listener, SOMAXCONN) == 0)
            return TRUE;
    }
    xf86DrvMsg(own->scrn->scrnIndex, X_ERROR, "cannot listen at %s/control: %s\n", own->folder,
               length < (int) sizeof address.sun_path ? strerror(errno) : "the path is too long");
    return FALSE;
}

/* The server forgets its descriptors when it resets. */
void
control_start_screen(struct flip_screen *own)
{
    if (own->listener >= 0)
        SetNotifyFd(own->listener, accept_session, X_NOTIFY_READ, own);
    for (struct session *session = own->sessions; session; session = session->next)
        SetNotifyFd(session->fd, input, X_NOTIFY_READ, session);
}

void
control_close_screen(struct flip_screen *own)
{
    if (own->listener >= 0)
        RemoveNotifyFd(own->listener);
    for (struct session *session = own->sessions; session; session = session->next)
        RemoveNotifyFd(session->fd);
}
