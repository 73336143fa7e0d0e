/* SPDX-License-Identifier: MIT */
/* Outputs, one for each CRTC: connected or not as the harness says. */

#include "flip.h"

#include <stdio.h>

#include <X11/Xatom.h>

#include "xf86Modes.h"

/* Which of the card's sockets it is: clients may read that, and nothing else. */
static void
create_resources(xf86OutputPtr output)
{
    static const char name[] = "ConnectorNumber";
    struct head *head = output->driver_private;
    Atom atom = MakeAtom(name, sizeof name - 1, TRUE);
    INT32 number = head->index;

    RRConfigureOutputProperty(output->randr_output, atom, FALSE, FALSE, TRUE, 0, NULL);
    RRChangeOutputProperty(output->randr_output, atom, XA_INTEGER, 32, PropModeReplace, 1, &number,
                           FALSE, FALSE);
}

static void
power(xf86OutputPtr output, int mode)
{
}

static xf86OutputStatus
detect(xf86OutputPtr output)
{
    struct head *head = output->driver_private;

    return head->connected ? XF86OutputStatusConnected : XF86OutputStatusDisconnected;
}

/* The server's own list is for monitors that do not say what they can. */
static int
mode_valid(xf86OutputPtr output, DisplayModePtr mode)
{
    if (mode->type & M_T_DEFAULT)
        return MODE_BAD;
    return mode->HDisplay <= MOST_PIXELS && mode->VDisplay <= MOST_PIXELS ? MODE_OK : MODE_BAD;
}

/* The mode of the configured screen, and usual sizes below it: the server takes larger ones away
 * when it starts, and not when it looks again. */
static DisplayModePtr
get_modes(xf86OutputPtr output)
{
    static const int sizes[][2] = { { 1024, 768 }, { 800, 600 }, { 640, 480 }, { 320, 240 } };
    DisplayModePtr modes = NULL, configured = output->scrn->monitor->Modes;

    /* Behind those of the configuration are the server's own; the first output has both. */
    while (configured && (configured->type & M_T_DEFAULT))
        configured = configured->next;
    if (configured && !output->conf_monitor) {
        modes = xf86DuplicateMode(configured);
        modes->type = M_T_DRIVER | M_T_PREFERRED;
    }
    for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
        DisplayModePtr mode;

        if (configured && (sizes[i][0] >= configured->HDisplay ||
                           sizes[i][1] >= configured->VDisplay))
            continue;
        mode = xf86CVTMode(sizes[i][0], sizes[i][1], 60, FALSE, FALSE);
        xf86SetModeDefaultName(mode);
        mode->type = M_T_DRIVER;
        modes = xf86ModesAdd(modes, mode);
    }
    return modes;
}

static void
destroy(xf86OutputPtr output)
{
}

static const xf86OutputFuncsRec functions = {
    .create_resources = create_resources,
    .dpms = power,
    .detect = detect,
    .mode_valid = mode_valid,
    .get_modes = get_modes,
    .destroy = destroy,
};

Bool
output_create(struct head *head)
{
    char name[16];
    xf86OutputPtr output;

    snprintf(name, sizeof name, "FLIP-%d", head->index);
    output = xf86OutputCreate(head->screen->scrn, &functions, name);
    if (!output)
        return FALSE;
    output->driver_private = head;
    output->possible_crtcs = 1u << head->index;
    output->interlaceAllowed = output->doubleScanAllowed = FALSE;
    output->subpixel_order = SubPixelHorizontalRGB;
    head->output = output;
    return TRUE;
}

/* Clients hear of it, as of a monitor that is plugged or unplugged. */
void
output_connect(struct head *head, Bool connected)
{
    ScreenPtr screen = head->screen->scrn->pScreen;

    if (head->connected == connected)
        return;
    head->connected = connected;
    RRGetInfo(screen, TRUE);
    RRTellChanged(screen);
}
