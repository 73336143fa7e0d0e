/* SPDX-License-Identifier: MIT */
/* What a CRTC scans out, and the file in which the harness reads it. */

#include "flip.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC "XHFLIP1"
#define CURSOR_AT 4096
#define PIXELS_AT (CURSOR_AT + CURSOR_SIZE * CURSOR_SIZE * 4)

/* The start of the file; harness/servers/flip/scanned_out.py has the same layout. */
struct header {
    char magic[8];
    uint64_t serial, msc, ust;
    uint32_t on, pixmap, flipped, own, rotation;
    int32_t x, y;
    uint32_t width, height, stride, depth, bits_per_pixel;
    uint32_t cursor_shown;
    int32_t cursor_x, cursor_y;
    uint16_t gamma[3][GAMMA_SIZE];
};

void
scanout_show(struct head *head, PixmapPtr pixmap)
{
    PixmapPtr before = head->flipped;

    head->serial++;
    if (pixmap)
        pixmap->refcnt++;
    head->flipped = pixmap;
    if (before)
        before->drawable.pScreen->DestroyPixmap(before);
}

/* Have at least ``size`` bytes of the file mapped. */
static Bool
grow(struct head *head, size_t size)
{
    if (head->file < 0) {
        char name[4096];

        snprintf(name, sizeof name, "%s/scanout.%d", head->screen->folder, head->index);
        head->file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (size <= head->published_size)
        return TRUE;
    if (head->published)
        munmap(head->published, head->published_size);
    head->published = NULL;
    head->published_size = 0;
    if (head->file < 0 || ftruncate(head->file, size) < 0)
        return FALSE;
    head->published = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, head->file, 0);
    if (head->published == MAP_FAILED) {
        head->published = NULL;
        return FALSE;
    }
    head->published_size = size;
    return TRUE;
}

/* Copy the CRTC's part of the pixmap; what lies beyond that is black. */
static void
copy_part(uint8_t *to, const struct header *header, PixmapPtr pixmap)
{
    int bytes = header->bits_per_pixel / 8;
    int left = max(0, -header->x), top = max(0, -header->y);
    int right = min((int) header->width, pixmap->drawable.width - header->x);
    int bottom = min((int) header->height, pixmap->drawable.height - header->y);
    const uint8_t *from = pixmap->devPrivate.ptr;

    memset(to, 0, (size_t) header->stride * header->height);
    for (int y = top; y < bottom && left < right; y++)
        memcpy(to + (size_t) y * header->stride + left * bytes,
               from + (size_t) (y + header->y) * pixmap->devKind + (left + header->x) * bytes,
               (size_t) (right - left) * bytes);
}

static void
copy_shadow(uint8_t *to, const struct header *header, const struct head *head)
{
    for (uint32_t y = 0; y < header->height; y++)
        memcpy(to + (size_t) y * header->stride, head->shadow + (size_t) y * head->shadow_stride,
               header->stride);
}

/* Copy a part of the pixmap as large as the picture, reflected and then turned: of a pixel of the
 * picture, where it comes from is found by going back. */
static void
copy_turned(uint8_t *to, const struct header *header, const struct own_pixmap *own)
{
    int bytes = header->bits_per_pixel / 8, width = header->width, height = header->height;
    Bool sideways = own->rotation & (RR_Rotate_90 | RR_Rotate_270);
    int last_x = (sideways ? height : width) - 1, last_y = (sideways ? width : height) - 1;
    const uint8_t *from = own->pixmap->devPrivate.ptr;

    memset(to, 0, (size_t) header->stride * height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int left = x, top = y;

            switch (own->rotation & 0xf) {
            case RR_Rotate_90:
                left = last_x - y;
                top = x;
                break;
            case RR_Rotate_180:
                left = last_x - x;
                top = last_y - y;
                break;
            case RR_Rotate_270:
                left = y;
                top = last_y - x;
                break;
            }
            left = own->x + (own->rotation & RR_Reflect_X ? last_x - left : left);
            top = own->y + (own->rotation & RR_Reflect_Y ? last_y - top : top);
            if (left >= 0 && left < own->pixmap->drawable.width &&
                top >= 0 && top < own->pixmap->drawable.height)
                memcpy(to + (size_t) y * header->stride + x * bytes,
                       from + (size_t) top * own->pixmap->devKind + left * bytes, bytes);
        }
}

/* A monitor that is frozen has new frames of an old picture. */
static Bool
publish_frozen(struct head *head)
{
    struct header *header = (struct header *) head->published;

    clock_now(&head->clock, &header->ust, &header->msc);
    return TRUE;
}

Bool
scanout_publish(struct head *head)
{
    xf86CrtcPtr crtc = head->crtc;
    ScrnInfoPtr scrn = crtc->scrn;
    ScreenPtr screen = scrn->pScreen;
    PixmapPtr pixmap = head->flipped ? head->flipped : screen->GetScreenPixmap(screen);
    struct header header = {
        .magic = MAGIC, .serial = head->serial, .on = head->on, .rotation = crtc->rotation,
        .depth = scrn->depth, .bits_per_pixel = scrn->bitsPerPixel,
        .cursor_shown = head->cursor_shown, .cursor_x = head->cursor_x, .cursor_y = head->cursor_y,
    };

    if (head->frozen && head->published)
        return publish_frozen(head);
    clock_now(&head->clock, &header.ust, &header.msc);
    memcpy(header.gamma, head->gamma, sizeof header.gamma);
    if (head->on) {
        header.x = crtc->x;
        header.y = crtc->y;
        header.width = crtc->mode.HDisplay;
        header.height = crtc->mode.VDisplay;
        header.stride = header.width * header.bits_per_pixel / 8;
        header.flipped = !head->shadow && head->flipped;
        header.pixmap = header.flipped ? pixmap->drawable.id : 0;
        if (head->own.pixmap) {
            header.own = TRUE;
            header.flipped = FALSE;
            header.pixmap = head->own.pixmap->drawable.id;
            header.x = head->own.x;
            header.y = head->own.y;
            header.rotation = head->own.rotation;
        }
    }
    if (!grow(head, PIXELS_AT + (size_t) header.stride * header.height))
        return FALSE;
    memcpy(head->published, &header, sizeof header);
    memcpy(head->published + CURSOR_AT, head->cursor, sizeof head->cursor);
    if (header.own)
        copy_turned(head->published + PIXELS_AT, &header, &head->own);
    else if (head->on && head->shadow)
        copy_shadow(head->published + PIXELS_AT, &header, head);
    else if (head->on)
        copy_part(head->published + PIXELS_AT, &header, pixmap);
    return TRUE;
}
