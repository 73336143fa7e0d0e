/* SPDX-License-Identifier: MIT */
/* The screen: its description, its memory, its start and its end. */

#include "flip.h"

#include <stdlib.h>
#include <string.h>

#include "fb.h"
#include "micmap.h"
#include "mipointer.h"
#include "xf86Cursor.h"
#include "xf86Modes.h"

enum { OPTION_HEADS, OPTION_CONNECTED, OPTION_FPS, OPTION_ASYNC, OPTION_FOLDER };

static const OptionInfoRec known_options[] = {
    { OPTION_HEADS, "Heads", OPTV_INTEGER, { 0 }, FALSE },
    { OPTION_CONNECTED, "Connected", OPTV_INTEGER, { 0 }, FALSE },
    { OPTION_FPS, "FPS", OPTV_INTEGER, { 0 }, FALSE },
    { OPTION_ASYNC, "Async", OPTV_BOOLEAN, { 0 }, FALSE },
    { OPTION_FOLDER, "Folder", OPTV_STRING, { 0 }, FALSE },
    { -1, NULL, OPTV_NONE, { 0 }, FALSE },
};

const OptionInfoRec *
flip_options(int chip, int bus)
{
    return known_options;
}

static size_t
stride_of(ScrnInfoPtr scrn, int width)
{
    return PixmapBytePad(width, scrn->depth);
}

static Bool
resize(ScrnInfoPtr scrn, int width, int height)
{
    struct flip_screen *own = flip_screen_of(scrn);
    ScreenPtr screen = scrn->pScreen;
    PixmapPtr pixmap = screen->GetScreenPixmap(screen);
    size_t before = pixmap->devKind, after = stride_of(scrn, width);
    uint8_t *memory = calloc(height, after);

    if (!memory)
        return FALSE;
    for (int y = 0; y < min(height, pixmap->drawable.height); y++)
        memcpy(memory + y * after, own->memory + y * before, min(before, after));
    if (!screen->ModifyPixmapHeader(pixmap, width, height, -1, -1, after, memory)) {
        free(memory);
        return FALSE;
    }
    free(own->memory);
    own->memory = memory;
    scrn->virtualX = width;
    scrn->virtualY = height;
    scrn->displayWidth = after * 8 / scrn->bitsPerPixel;
    return TRUE;
}

static const xf86CrtcConfigFuncsRec config_functions = {
    .resize = resize,
    .create_lease = lease_create,
    .terminate_lease = lease_terminate,
};

static void
create_provider_resources(ScrnInfoPtr scrn)
{
}

/* Without roles, and with whatever properties clients give it. */
static const xf86ProviderFuncsRec provider_functions = {
    .create_resources = create_provider_resources,
};

static Bool
take_options(struct flip_screen *own)
{
    ScrnInfoPtr scrn = own->scrn;
    OptionInfoRec options[ARRAY_SIZE(known_options)];
    int connected = 1;
    const char *folder;

    xf86CollectOptions(scrn, NULL);
    memcpy(options, known_options, sizeof options);
    xf86ProcessOptions(scrn->scrnIndex, scrn->options, options);
    own->count = 1;
    xf86GetOptValInteger(options, OPTION_HEADS, &own->count);
    if (own->count < 1 || own->count > MOST_HEADS) {
        xf86DrvMsg(scrn->scrnIndex, X_ERROR, "Option \"Heads\" must be 1 to %d, is %d\n",
                   MOST_HEADS, own->count);
        return FALSE;
    }
    xf86GetOptValInteger(options, OPTION_CONNECTED, &connected);
    for (int i = 0; i < own->count; i++)
        own->head[i].connected = i < connected;
    xf86GetOptValInteger(options, OPTION_FPS, &own->fps);
    own->async = xf86ReturnOptValBool(options, OPTION_ASYNC, FALSE);
    folder = xf86GetOptValString(options, OPTION_FOLDER);
    own->folder = folder ? XNFstrdup(folder) : NULL;
    return TRUE;
}

static Bool
create_heads(struct flip_screen *own)
{
    for (int i = 0; i < own->count; i++) {
        struct head *head = &own->head[i];

        head->screen = own;
        head->index = i;
        head->file = -1;
        if (!crtc_create(head) || !output_create(head) || !clock_open(head))
            return FALSE;
    }
    return TRUE;
}

static Bool
switch_mode(ScrnInfoPtr scrn, DisplayModePtr mode)
{
    return xf86SetSingleMode(scrn, mode, RR_Rotate_0);
}

static void
adjust_frame(ScrnInfoPtr scrn, int x, int y)
{
}

Bool
flip_pre_init(ScrnInfoPtr scrn, int flags)
{
    static const rgb weight = { 0 };
    static const Gamma gamma = { 0 };
    struct flip_screen *own;

    if (flags & PROBE_DETECT)
        return TRUE;
    own = scrn->driverPrivate = XNFcallocarray(1, sizeof *own);
    own->scrn = scrn;
    own->listener = -1;
    scrn->monitor = scrn->confScreen->monitor;
    scrn->SwitchMode = switch_mode;
    scrn->AdjustFrame = adjust_frame;
    terminal_start(scrn);
    scrn->rgbBits = 8;          /* of colour maps; else the server takes those of the pixels */
    if (!xf86SetDepthBpp(scrn, 24, 0, 0, Support32bppFb) || !xf86SetWeight(scrn, weight, weight) ||
        !xf86SetDefaultVisual(scrn, -1) || !xf86SetGamma(scrn, gamma) || !take_options(own))
        return FALSE;
    xf86CrtcConfigInit(scrn, &config_functions);
    xf86CrtcSetSizeRange(scrn, LEAST_PIXELS, LEAST_PIXELS, MOST_PIXELS, MOST_PIXELS);
    xf86ProviderSetup(scrn, &provider_functions, "flip");
    if (!create_heads(own) || !xf86InitialConfiguration(scrn, TRUE))
        return FALSE;
    scrn->currentMode = scrn->modes;
    scrn->displayWidth = scrn->virtualX;
    xf86SetDpi(scrn, 0, 0);
    return xf86LoadSubModule(scrn, "fb") && (!own->folder || control_open(own));
}

static Bool
create_screen_resources(ScreenPtr screen)
{
    ScrnInfoPtr scrn = xf86ScreenToScrn(screen);
    struct flip_screen *own = flip_screen_of(scrn);
    Bool done;

    screen->CreateScreenResources = own->create_screen_resources;
    done = screen->CreateScreenResources(screen);
    screen->CreateScreenResources = create_screen_resources;
    return done && xf86SetDesiredModes(scrn);
}

/* Below what redraws the shadows of CRTCs, so that these are drawn when it runs. */
static void
block_handler(ScreenPtr screen, void *timeout)
{
    struct flip_screen *own = flip_screen_of(xf86ScreenToScrn(screen));

    screen->BlockHandler = own->block_handler;
    screen->BlockHandler(screen, timeout);
    own->block_handler = screen->BlockHandler;
    screen->BlockHandler = block_handler;
    control_answer_waiting(own);
}

static Bool
save_screen(ScreenPtr screen, int mode)
{
    return TRUE;
}

static Bool
close_screen(ScreenPtr screen)
{
    ScrnInfoPtr scrn = xf86ScreenToScrn(screen);
    struct flip_screen *own = flip_screen_of(scrn);

    control_close_screen(own);
    lease_close_screen(own);
    for (int i = 0; i < own->count; i++) {
        clock_close_screen(&own->head[i]);
        scanout_show(&own->head[i], NULL);
        own->head[i].on = FALSE;
    }
    own_pixmaps_drop(own);
    if (own->flipped)
        screen->DestroyPixmap(own->flipped);
    own->flipped = NULL;
    scrn->vtSema = FALSE;
    xf86_cursors_fini(screen);
    screen->CloseScreen = own->close_screen;
    screen->CloseScreen(screen);
    free(own->memory);
    own->memory = NULL;
    return TRUE;
}

static void
order_channels(ScreenPtr screen, ScrnInfoPtr scrn)
{
    for (int i = 0; i < screen->numVisuals; i++) {
        VisualPtr visual = &screen->visuals[i];

        if ((visual->class | DynamicClass) != DirectColor)
            continue;
        visual->offsetRed = scrn->offset.red;
        visual->offsetGreen = scrn->offset.green;
        visual->offsetBlue = scrn->offset.blue;
        visual->redMask = scrn->mask.red;
        visual->greenMask = scrn->mask.green;
        visual->blueMask = scrn->mask.blue;
    }
}

Bool
flip_screen_init(ScreenPtr screen, int argc, char **argv)
{
    ScrnInfoPtr scrn = xf86ScreenToScrn(screen);
    struct flip_screen *own = flip_screen_of(scrn);
    size_t stride = stride_of(scrn, scrn->virtualX);

    scrn->pScreen = screen;
    scrn->displayWidth = stride * 8 / scrn->bitsPerPixel;
    own->memory = calloc(scrn->virtualY, stride);
    miClearVisualTypes();
    if (!own->memory ||
        !miSetVisualTypes(scrn->depth, miGetDefaultVisualMask(scrn->depth), scrn->rgbBits,
                          scrn->defaultVisual) ||
        !miSetPixmapDepths() ||
        !fbScreenInit(screen, own->memory, scrn->virtualX, scrn->virtualY, scrn->xDpi, scrn->yDpi,
                      scrn->displayWidth, scrn->bitsPerPixel))
        return FALSE;
    order_channels(screen, scrn);
    fbPictureInit(screen, NULL, 0);
    xf86SetBlackWhitePixels(screen);
    xf86SetBackingStore(screen);
    xf86SetSilkenMouse(screen);
    miDCInitialize(screen, xf86GetPointerScreenFuncs());
    if (!xf86_cursors_init(screen, CURSOR_SIZE, CURSOR_SIZE, HARDWARE_CURSOR_ARGB))
        return FALSE;
    own->block_handler = screen->BlockHandler;
    screen->BlockHandler = block_handler;
    own->create_screen_resources = screen->CreateScreenResources;
    screen->CreateScreenResources = create_screen_resources;
    scrn->vtSema = TRUE;
    if (!xf86CrtcScreenInit(screen) || !miCreateDefColormap(screen) ||
        !presentation_start(screen, own) || !own_pixmaps_start(screen))
        return FALSE;
    xf86DPMSInit(screen, xf86DPMSSet, 0);
    screen->SaveScreen = save_screen;
    own->close_screen = screen->CloseScreen;
    screen->CloseScreen = close_screen;
    for (int i = 0; i < own->count; i++)
        clock_start_screen(&own->head[i]);
    control_start_screen(own);
    return TRUE;
}
