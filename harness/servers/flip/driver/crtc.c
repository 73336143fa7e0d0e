/* SPDX-License-Identifier: MIT */
/* CRTCs: modes, power, the shadow of a turned or scaled picture, cursor, gamma. */

#include "flip.h"

#include <stdlib.h>
#include <string.h>

#include <X11/extensions/dpmsconst.h>

#include "xf86Modes.h"

#define SECOND 1e9

static void
power(xf86CrtcPtr crtc, int mode)
{
    struct head *head = crtc->driver_private;
    Bool on = mode == DPMSModeOn;

    if (on == head->on)
        return;
    head->on = on;
    scanout_show(head, on ? head->screen->flipped : NULL);
}

static Bool
set_mode_major(xf86CrtcPtr crtc, DisplayModePtr mode, Rotation rotation, int x, int y)
{
    struct head *head = crtc->driver_private;
    DisplayModeRec mode_before = crtc->mode;
    Rotation rotation_before = crtc->rotation;
    int x_before = crtc->x, y_before = crtc->y;
    double rate = xf86ModeVRefresh(mode);

    crtc->mode = *mode;
    crtc->rotation = rotation;
    crtc->x = x;
    crtc->y = y;
    if (!xf86CrtcRotate(crtc)) {
        crtc->mode = mode_before;
        crtc->rotation = rotation_before;
        crtc->x = x_before;
        crtc->y = y_before;
        return FALSE;
    }
    if (!head->clock.rate_is_set && rate >= 1)
        clock_set_period(head, SECOND / rate);
    if (head->on)
        scanout_show(head, head->flipped);
    else
        power(crtc, DPMSModeOn);
    return TRUE;
}

static void
set_origin(xf86CrtcPtr crtc, int x, int y)
{
    crtc->x = x;
    crtc->y = y;
}

static void *
shadow_allocate(xf86CrtcPtr crtc, int width, int height)
{
    struct head *head = crtc->driver_private;

    head->shadow_stride = PixmapBytePad(width, crtc->scrn->depth);
    head->shadow = calloc(height, head->shadow_stride);
    return head->shadow;
}

static PixmapPtr
shadow_create(xf86CrtcPtr crtc, void *data, int width, int height)
{
    struct head *head = crtc->driver_private;
    ScrnInfoPtr scrn = crtc->scrn;

    if (!data)
        data = shadow_allocate(crtc, width, height);
    if (!data)
        return NULL;
    return GetScratchPixmapHeader(scrn->pScreen, width, height, scrn->depth, scrn->bitsPerPixel,
                                  head->shadow_stride, data);
}

static void
shadow_destroy(xf86CrtcPtr crtc, PixmapPtr pixmap, void *data)
{
    struct head *head = crtc->driver_private;

    if (pixmap)
        FreeScratchPixmapHeader(pixmap);
    free(data);
    if (data == head->shadow)
        head->shadow = NULL;
}

static void
gamma_set(xf86CrtcPtr crtc, CARD16 *red, CARD16 *green, CARD16 *blue, int size)
{
    struct head *head = crtc->driver_private;
    CARD16 *channels[3] = { red, green, blue };

    for (int i = 0; i < 3 && size == GAMMA_SIZE; i++)
        memcpy(head->gamma[i], channels[i], sizeof head->gamma[i]);
}

static void
set_cursor_position(xf86CrtcPtr crtc, int x, int y)
{
    struct head *head = crtc->driver_private;

    head->cursor_x = x;
    head->cursor_y = y;
}

static void
show_cursor(xf86CrtcPtr crtc)
{
    ((struct head *) crtc->driver_private)->cursor_shown = TRUE;
}

static void
hide_cursor(xf86CrtcPtr crtc)
{
    ((struct head *) crtc->driver_private)->cursor_shown = FALSE;
}

static void
load_cursor_argb(xf86CrtcPtr crtc, CARD32 *image)
{
    struct head *head = crtc->driver_private;

    memcpy(head->cursor, image, sizeof head->cursor);
}

static const xf86CrtcFuncsRec functions = {
    .dpms = power,
    .set_mode_major = set_mode_major,
    .set_origin = set_origin,
    .shadow_allocate = shadow_allocate,
    .shadow_create = shadow_create,
    .shadow_destroy = shadow_destroy,
    .gamma_set = gamma_set,
    .set_cursor_position = set_cursor_position,
    .show_cursor = show_cursor,
    .hide_cursor = hide_cursor,
    .load_cursor_argb = load_cursor_argb,
};

Bool
crtc_create(struct head *head)
{
    head->crtc = xf86CrtcCreate(head->screen->scrn, &functions);
    if (!head->crtc)
        return FALSE;
    head->crtc->driver_private = head;
    return TRUE;
}
