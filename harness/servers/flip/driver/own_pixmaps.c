/* SPDX-License-Identifier: MIT */
/* Pixmaps that CRTCs scan out instead of the screen, by an extension of the harness's own.
 *
 * Freeze (0): all monitors go on showing what they show, whatever is set meanwhile.
 * Show (1): at the next frame of the first CRTC of the list that is on, all CRTCs of the list
 * scan out the pixmaps that it says, and frozen ones what is set by then; at once if all are off.
 * A pixmap that its client frees is no longer scanned out.
 * harness/servers/flip/own_pixmaps.py has the same layout. */

#include "flip.h"

#include <stdlib.h>

#include "dixstruct.h"
#include "extension.h"

#define NAME "XHARNESS-OWN-PIXMAPS"

enum { FREEZE, SHOW };

/* One entry of Show. */
struct entry {
    uint32_t crtc, pixmap;      /* the pixmap 0: the screen's */
    int16_t x, y;
    uint16_t rotation, unused;
};

/* What some heads scan out from a frame on. */
struct change {
    struct flip_screen *screen;
    unsigned count;
    struct { struct head *head; struct own_pixmap own; } part[MOST_HEADS];
};

static void
set_own(struct head *head, struct own_pixmap own)
{
    PixmapPtr before = head->own.pixmap;

    head->own = own;
    head->serial++;
    if (before)
        before->drawable.pScreen->DestroyPixmap(before);
}

static void
change_free(struct change *change)
{
    struct flip_screen *own = change->screen;

    for (unsigned i = 0; i < change->count; i++) {
        PixmapPtr pixmap = change->part[i].own.pixmap;

        if (pixmap)
            pixmap->drawable.pScreen->DestroyPixmap(pixmap);
    }
    free(change);
    if (--own->changes == 0)
        own->changing = NULL;
}

static void
thaw(struct flip_screen *own)
{
    for (int i = 0; i < own->count; i++)
        own->head[i].frozen = FALSE;
}

static void
carry_out(struct change *change)
{
    struct flip_screen *own = change->screen;

    for (unsigned i = 0; i < change->count; i++) {
        struct own_pixmap *part = &change->part[i].own;

        if (part->pixmap)
            part->pixmap->refcnt++;
        set_own(change->part[i].head, *part);
    }
    /* One that comes later has all that was set since. */
    if (own->changes == 1)
        thaw(own);
    change_free(change);
}

static void
change_reached(struct head *head, const struct vblank *vblank, uint64_t ust, uint64_t msc)
{
    carry_out(vblank->data);
}

static void
change_dropped(const struct vblank *vblank)
{
    change_free(vblank->data);
}

Bool
own_pixmaps_in_use(const struct flip_screen *own)
{
    for (int i = 0; i < own->count; i++)
        if (own->head[i].own.pixmap)
            return TRUE;
    return own->changes > 0;
}

void
own_pixmaps_drop(struct flip_screen *own)
{
    thaw(own);
    own->freezer = NULL;
    for (int i = 0; i < own->count; i++)
        if (own->head[i].own.pixmap)
            set_own(&own->head[i], (struct own_pixmap) { 0 });
}

/* Forget pixmaps of which no client knows any more. */
void
own_pixmaps_forget_freed(struct flip_screen *own)
{
    for (int i = 0; i < own->count; i++) {
        PixmapPtr pixmap = own->head[i].own.pixmap;
        int held = 0;

        for (int j = 0; j < own->count; j++)
            held += own->head[j].own.pixmap == pixmap;
        if (pixmap && pixmap->refcnt == held)
            for (int j = 0; j < own->count; j++)
                if (own->head[j].own.pixmap == pixmap)
                    set_own(&own->head[j], (struct own_pixmap) { 0 });
    }
}

static struct flip_screen *
screen_of(void)
{
    return flip_screen_of(xf86ScreenToScrn(screenInfo.screens[0]));
}

static int
freeze(ClientPtr client)
{
    struct flip_screen *own = screen_of();

    if (client->req_len != 1)
        return BadLength;
    own->freezer = client;
    for (int i = 0; i < own->count && own->folder; i++)
        if (!own->head[i].frozen)
            own->head[i].frozen = scanout_publish(&own->head[i]);
    return Success;
}

static struct head *
head_with(struct flip_screen *own, uint32_t crtc)
{
    for (int i = 0; i < own->count; i++)
        if (own->head[i].crtc->randr_crtc && own->head[i].crtc->randr_crtc->id == crtc)
            return &own->head[i];
    return NULL;
}

/* Put what an entry says into a change.  The pixmap is held by that. */
static int
take_entry(ClientPtr client, struct change *change, const struct entry *entry)
{
    struct flip_screen *own = change->screen;
    struct head *head = head_with(own, entry->crtc);
    PixmapPtr pixmap = NULL;

    if (!head) {
        client->errorValue = entry->crtc;
        return BadValue;
    }
    if (entry->pixmap) {
        int error = dixLookupResourceByType((void **) &pixmap, entry->pixmap, RT_PIXMAP, client,
                                            DixReadAccess);

        if (error != Success)
            return error;
        if (pixmap->drawable.bitsPerPixel != own->scrn->bitsPerPixel)
            return BadMatch;
        pixmap->refcnt++;
    }
    change->part[change->count].head = head;
    change->part[change->count++].own = (struct own_pixmap) {
        pixmap, entry->x, entry->y, entry->rotation
    };
    return Success;
}

static int
show(ClientPtr client)
{
    struct flip_screen *own = screen_of();
    const struct entry *entries = (const struct entry *) ((char *) client->requestBuffer + 4);
    size_t length = client->req_len * 4 - 4, count = length / sizeof *entries;
    struct change *change;
    struct head *first = NULL;

    if (count * sizeof *entries != length || count > MOST_HEADS)
        return BadLength;
    change = XNFcallocarray(1, sizeof *change);
    change->screen = own;
    own->changes++;
    own->freezer = NULL;
    for (size_t i = 0; i < count; i++) {
        int error = take_entry(client, change, &entries[i]);

        if (error != Success) {
            change_free(change);
            return error;
        }
        if (!first && change->part[i].head->on)
            first = change->part[i].head;
    }
    if (first) {
        uint64_t ust, msc;

        own->changing = first;
        clock_now(&first->clock, &ust, &msc);
        clock_queue(first, (struct vblank) {
            .msc = msc + 1, .reached = change_reached, .dropped = change_dropped, .data = change
        });
    }
    else
        carry_out(change);
    return Success;
}

static int
dispatch(ClientPtr client)
{
    switch (((xReq *) client->requestBuffer)->data) {
    case FREEZE:
        return freeze(client);
    case SHOW:
        return show(client);
    }
    return BadRequest;
}

static int _X_COLD
dispatch_swapped(ClientPtr client)
{
    xReq *request = client->requestBuffer;
    struct entry *entries = (struct entry *) (request + 1);

    swaps(&request->length);
    for (size_t i = 0; i < (client->req_len * 4 - 4) / sizeof *entries; i++) {
        swapl(&entries[i].crtc);
        swapl(&entries[i].pixmap);
        swaps(&entries[i].x);
        swaps(&entries[i].y);
        swaps(&entries[i].rotation);
    }
    return dispatch(client);
}

/* Who froze the monitors left without saying what they show. */
static void
client_changed(CallbackListPtr *list, void *data, void *info)
{
    struct flip_screen *own = data;
    ClientPtr client = ((NewClientInfoRec *) info)->client;

    if (client->clientState == ClientStateGone && client == own->freezer) {
        own->freezer = NULL;
        thaw(own);
    }
}

Bool
own_pixmaps_start(ScreenPtr screen)
{
    struct flip_screen *own = flip_screen_of(xf86ScreenToScrn(screen));

    return AddCallback(&ClientStateCallback, client_changed, own) &&
        AddExtension(NAME, 0, 0, dispatch, dispatch_swapped, NULL, StandardMinorOpcode);
}
