/* SPDX-License-Identifier: MIT */
/* The hooks of the Present extension: vertical blanks, flips, and the way back. */

#include "flip.h"

#include <stdlib.h>

#include "present.h"

/* A change of what some heads scan out, on its way to them. */
struct flip {
    uint64_t event_id;
    PixmapPtr pixmap;           /* held; NULL: back to the screen's own */
    unsigned waiting;           /* heads that do not scan it out yet */
    struct head *reference;     /* whose frame is reported */
    uint64_t ust, msc;
};

static struct head *
head_of(RRCrtcPtr crtc)
{
    return ((xf86CrtcPtr) crtc->devPrivate)->driver_private;
}

static int
common_area(const BoxRec *box, const DrawableRec *drawable)
{
    int width = min(box->x2, drawable->x + drawable->width) - max(box->x1, drawable->x);
    int height = min(box->y2, drawable->y + drawable->height) - max(box->y1, drawable->y);

    return width > 0 && height > 0 ? width * height : 0;
}

/* The CRTC that shows most of the window. */
static RRCrtcPtr
get_crtc(WindowPtr window)
{
    struct flip_screen *own = flip_screen_of(xf86ScreenToScrn(window->drawable.pScreen));
    RRCrtcPtr best = NULL;
    int most = 0;

    for (int i = 0; i < own->count; i++) {
        struct head *head = &own->head[i];
        int area = head->on ? common_area(&head->crtc->bounds, &window->drawable) : 0;

        if (area > most) {
            most = area;
            best = head->crtc->randr_crtc;
        }
    }
    return best;
}

static int
get_ust_msc(RRCrtcPtr crtc, uint64_t *ust, uint64_t *msc)
{
    struct head *head = head_of(crtc);

    if (!head->on && head->screen->faults.lost_clocks)
        return BadMatch;
    clock_now(&head->clock, ust, msc);
    return Success;
}

static void
event_reached(struct head *head, const struct vblank *vblank, uint64_t ust, uint64_t msc)
{
    present_event_notify(vblank->event_id, ust, msc);
}

/* Present's header says Bool, and its code compares the result with Success. */
static int
queue_vblank(RRCrtcPtr crtc, uint64_t event_id, uint64_t msc)
{
    struct head *head = head_of(crtc);

    if (head->screen->faults.lost_vblanks)
        head->screen->faults.lost_vblanks--;
    else
        clock_queue(head, (struct vblank) {
            .msc = msc, .reached = event_reached, .event_id = event_id
        });
    return Success;
}

static void
abort_vblank(RRCrtcPtr crtc, uint64_t event_id, uint64_t msc)
{
    clock_abort(head_of(crtc), event_id);
}

static void
flush(WindowPtr window)
{
}

static Bool
check_flip(RRCrtcPtr crtc, WindowPtr window, PixmapPtr pixmap, Bool sync)
{
    ScrnInfoPtr scrn = xf86ScreenToScrn(window->drawable.pScreen);
    struct flip_screen *own = flip_screen_of(scrn);

    if (!sync && !own->async)
        return FALSE;
    /* A CRTC that is turned or scaled scans out a picture made of the screen. */
    for (int i = 0; i < own->count; i++)
        if (own->head[i].on && own->head[i].crtc->rotatedData)
            return FALSE;
    return crtc && scrn->vtSema && !own_pixmaps_in_use(own) && pixmap->drawable.bitsPerPixel == scrn->bitsPerPixel &&
        pixmap->drawable.width == scrn->virtualX && pixmap->drawable.height == scrn->virtualY;
}

/* In place of check_flip, while the format of every pixmap is one that no CRTC scans out. */
static Bool
check_format(RRCrtcPtr crtc, WindowPtr window, PixmapPtr pixmap, Bool sync,
             PresentFlipReason *reason)
{
    if (reason && check_flip(crtc, window, pixmap, sync))
        *reason = PRESENT_FLIP_REASON_BUFFER_FORMAT;
    return FALSE;
}

static void
remember(struct flip_screen *own, PixmapPtr pixmap)
{
    ScreenPtr screen = own->scrn->pScreen;
    PixmapPtr before = own->flipped;

    if (pixmap)
        pixmap->refcnt++;
    own->flipped = pixmap;
    if (before)
        screen->DestroyPixmap(before);
}

static Bool
release(struct flip *flip)
{
    if (--flip->waiting > 0)
        return FALSE;
    if (flip->pixmap)
        flip->pixmap->drawable.pScreen->DestroyPixmap(flip->pixmap);
    free(flip);
    return TRUE;
}

static void
flip_reached(struct head *head, const struct vblank *vblank, uint64_t ust, uint64_t msc)
{
    struct flip *flip = vblank->data;

    if (head == flip->reference) {
        flip->ust = ust;
        flip->msc = msc;
    }
    if (head->on)
        scanout_show(head, flip->pixmap);
    if (flip->waiting == 1)
        present_event_notify(flip->event_id, flip->ust, flip->msc);
    release(flip);
}

static void
flip_dropped(const struct vblank *vblank)
{
    release(vblank->data);
}

/* Have all heads that are on scan out a pixmap; FALSE when there is none.
 *
 * Each changes at a frame of its own: the reference at ``target``, others at their next. */
static Bool
send(struct flip_screen *own, struct flip *flip, uint64_t target, uint64_t delay, Bool sync)
{
    flip->waiting = 1;
    if (flip->pixmap)
        flip->pixmap->refcnt++;
    for (int i = 0; i < own->count; i++) {
        struct head *head = &own->head[i];
        uint64_t ust, msc;

        if (!head->on)
            continue;
        if (!flip->reference)
            flip->reference = head;
        clock_now(&head->clock, &ust, &msc);
        if (sync)
            msc += 1 + delay;
        if (head == flip->reference && target > msc)
            msc = target;
        flip->waiting++;
        clock_queue(head, (struct vblank) {
            .msc = msc, .reached = flip_reached, .dropped = flip_dropped, .data = flip
        });
    }
    remember(own, flip->pixmap);
    return !release(flip);
}

static struct flip *
new_flip(uint64_t event_id, PixmapPtr pixmap, struct head *reference)
{
    struct flip *flip = XNFcallocarray(1, sizeof *flip);

    flip->event_id = event_id;
    flip->pixmap = pixmap;
    flip->reference = reference;
    return flip;
}

static Bool
flip(RRCrtcPtr crtc, uint64_t event_id, uint64_t target_msc, PixmapPtr pixmap, Bool sync)
{
    struct head *head = head_of(crtc);
    struct flip_screen *own = head->screen;

    if (!head->on)
        return FALSE;
    if (own->faults.failing_flips) {
        own->faults.failing_flips--;
        return FALSE;
    }
    if (own->faults.hurried_flips) {
        own->faults.hurried_flips--;
        sync = FALSE;
    }
    return send(own, new_flip(event_id, pixmap, head), sync ? target_msc : 0, 0, sync);
}

static void
unflip(ScreenPtr screen, uint64_t event_id)
{
    struct flip_screen *own = flip_screen_of(xf86ScreenToScrn(screen));

    if (!send(own, new_flip(event_id, NULL, NULL), 0, own->faults.unflip_delay, TRUE))
        present_event_notify(event_id, 0, 0);
}

static present_screen_info_rec hooks = {
    .version = PRESENT_SCREEN_INFO_VERSION,
    .get_crtc = get_crtc,
    .get_ust_msc = get_ust_msc,
    .queue_vblank = (present_queue_vblank_ptr) queue_vblank,
    .abort_vblank = abort_vblank,
    .flush = flush,
    .check_flip = check_flip,
    .flip = flip,
    .unflip = unflip,
};

void
presentation_set_async(struct flip_screen *own, Bool async)
{
    own->async = async;
    hooks.capabilities = async ? PresentCapabilityAsync : PresentCapabilityNone;
}

void
presentation_set_foreign(Bool foreign)
{
    hooks.check_flip2 = foreign ? check_format : NULL;
}

Bool
presentation_start(ScreenPtr screen, struct flip_screen *own)
{
    presentation_set_async(own, own->async);
    presentation_set_foreign(FALSE);
    return present_screen_init(screen, &hooks);
}
