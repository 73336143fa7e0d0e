/* SPDX-License-Identifier: MIT */
/* The virtual terminal, which comes and goes. */

#include "flip.h"

static Bool
enter_vt(ScrnInfoPtr scrn)
{
    scrn->vtSema = TRUE;
    return xf86SetDesiredModes(scrn);
}

static void
leave_vt(ScrnInfoPtr scrn)
{
    scrn->vtSema = FALSE;
}

/* What the server does to a screen when its virtual terminal goes, xf86VTLeave in xf86Events.c, and
 * when it is back.  That itself asks the kernel first, and here is no terminal. */
Bool
terminal_switch(struct flip_screen *own, Bool here)
{
    ScrnInfoPtr scrn = own->scrn;

    if (here == scrn->vtSema)
        return TRUE;
    if (!here) {
        scrn->EnableDisableFBAccess(scrn, FALSE);
        scrn->LeaveVT(scrn);
        return TRUE;
    }
    scrn->vtSema = TRUE;
    if (!scrn->EnterVT(scrn))
        return FALSE;
    scrn->EnableDisableFBAccess(scrn, TRUE);
    dixSaveScreens(serverClient, SCREEN_SAVER_FORCER, ScreenSaverReset);
    return TRUE;
}

void
terminal_start(ScrnInfoPtr scrn)
{
    scrn->EnterVT = enter_vt;
    scrn->LeaveVT = leave_vt;
}
