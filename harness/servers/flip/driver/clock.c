/* SPDX-License-Identifier: MIT */
/* The clock of one CRTC: its frames, and what waits for them.
 *
 * It goes on while the CRTC is off, so that nothing that waits is early or lost, and MSC and UST
 * never go back.  A stopped clock has a next frame when it is stepped. */

#include "flip.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define USUAL_PERIOD (SECOND / 60)

static uint64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static uint64_t
frames_since_change(const struct clock *clock)
{
    uint64_t now = now_ns();

    return clock->running && now > clock->ns ? (now - clock->ns) / clock->period_ns : 0;
}

void
clock_now(const struct clock *clock, uint64_t *ust, uint64_t *msc)
{
    uint64_t frames = frames_since_change(clock);

    *msc = clock->msc + frames;
    *ust = (clock->ns + frames * clock->period_ns) / 1000;
}

/* Make the present frame the one that the clock counts from. */
static void
rebase(struct clock *clock)
{
    uint64_t frames = frames_since_change(clock);

    clock->msc += frames;
    clock->ns += frames * clock->period_ns;
}

static void
arm(struct clock *clock)
{
    struct itimerspec when = { 0 };

    if (clock->queue && clock->queue->msc <= clock->msc)
        when.it_value.tv_nsec = 1;
    else if (clock->queue && clock->running) {
        uint64_t frames = clock->queue->msc - clock->msc;
        uint64_t furthest = (INT64_MAX - clock->ns) / clock->period_ns;
        uint64_t at = clock->ns + (frames < furthest ? frames : furthest) * clock->period_ns;

        when.it_value.tv_sec = at / SECOND;
        when.it_value.tv_nsec = at % SECOND;
    }
    timerfd_settime(clock->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Let happen what has reached its frame.  It may queue more meanwhile. */
static void
fire(struct head *head)
{
    struct clock *clock = &head->clock;
    uint64_t ust, msc;

    clock_now(clock, &ust, &msc);
    while (clock->queue && clock->queue->msc <= msc) {
        struct vblank *first = clock->queue;

        clock->queue = first->next;
        first->reached(head, first, ust, msc);
        free(first);
    }
    arm(clock);
}

static void
timer_expired(int fd, int ready, void *data)
{
    uint64_t expirations;

    if (read(fd, &expirations, sizeof expirations) == sizeof expirations)
        fire(data);
}

Bool
clock_open(struct head *head)
{
    struct clock *clock = &head->clock;
    int fps = head->screen->fps;

    clock->running = TRUE;
    clock->ns = now_ns();
    clock->rate_is_set = fps > 0;
    clock->period_ns = fps > 0 ? SECOND / fps : USUAL_PERIOD;
    clock->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return clock->timer >= 0;
}

/* The server forgets its descriptors when it resets. */
void
clock_start_screen(struct head *head)
{
    SetNotifyFd(head->clock.timer, timer_expired, X_NOTIFY_READ, head);
}

void
clock_close_screen(struct head *head)
{
    struct clock *clock = &head->clock;

    RemoveNotifyFd(clock->timer);
    while (clock->queue) {
        struct vblank *first = clock->queue;

        clock->queue = first->next;
        if (first->dropped)
            first->dropped(first);
        free(first);
    }
    arm(clock);
}

void
clock_set_period(struct head *head, uint64_t period_ns)
{
    rebase(&head->clock);
    head->clock.period_ns = period_ns;
    arm(&head->clock);
}

void
clock_stop(struct head *head)
{
    rebase(&head->clock);
    head->clock.running = FALSE;
    fire(head);
}

void
clock_run(struct head *head)
{
    struct clock *clock = &head->clock;
    uint64_t now = now_ns();

    /* A clock that was stepped may be ahead of time: its next frame waits for that. */
    if (!clock->running && clock->ns < now)
        clock->ns = now;
    clock->running = TRUE;
    arm(clock);
}

void
clock_step(struct head *head)
{
    head->clock.msc++;
    head->clock.ns += head->clock.period_ns;
    fire(head);
}

void
clock_queue(struct head *head, struct vblank what)
{
    struct vblank **place = &head->clock.queue;
    struct vblank *added = XNFalloc(sizeof *added);

    while (*place && (*place)->msc <= what.msc)
        place = &(*place)->next;
    *added = what;
    added->next = *place;
    *place = added;
    if (head->clock.queue == added)
        arm(&head->clock);
}

void
clock_abort(struct head *head, uint64_t event_id)
{
    for (struct vblank **place = &head->clock.queue; *place; place = &(*place)->next) {
        struct vblank *found = *place;

        if (found->event_id == event_id) {
            *place = found->next;
            free(found);
            return;
        }
    }
}
