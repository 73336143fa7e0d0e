/* SPDX-License-Identifier: MIT */
/* What the server's loader asks of a module: one driver, without console or bus. */

#include "flip.h"

#define NAME "flip"
#define VERSION 1

static Bool
probe(DriverPtr driver, int flags)
{
    GDevPtr *devices;
    int count = xf86MatchDevice(NAME, &devices);

    for (int i = 0; i < count && !(flags & PROBE_DETECT); i++) {
        int entity = xf86ClaimNoSlot(driver, 0, devices[i], TRUE);
        ScrnInfoPtr scrn = xf86AllocateScreen(driver, 0);

        xf86AddEntityToScreen(scrn, entity);
        scrn->driverVersion = VERSION;
        scrn->driverName = NAME;
        scrn->name = NAME;
        scrn->Probe = probe;
        scrn->PreInit = flip_pre_init;
        scrn->ScreenInit = flip_screen_init;
    }
    free(devices);
    return count > 0;
}

static void
identify(int flags)
{
}

static Bool
driver_func(ScrnInfoPtr scrn, xorgDriverFuncOp operation, void *data)
{
    if (operation != GET_REQUIRED_HW_INTERFACES)
        return FALSE;
    *(xorgHWFlags *) data = HW_SKIP_CONSOLE;
    return TRUE;
}

static DriverRec driver = {
    .driverVersion = VERSION,
    .driverName = NAME,
    .Identify = identify,
    .Probe = probe,
    .AvailableOptions = flip_options,
    .driverFunc = driver_func,
};

static void *
set_up(void *module, void *options, int *error_major, int *error_minor)
{
    static Bool done;

    if (done) {
        *error_major = LDR_ONCEONLY;
        return NULL;
    }
    done = TRUE;
    xf86AddDriver(&driver, module, HaveDriverFuncs);
    return &driver;
}

static XF86ModuleVersionInfo version = {
    NAME, "xharness", MODINFOSTRING1, MODINFOSTRING2, XORG_VERSION_CURRENT, VERSION, 0, 0,
    ABI_CLASS_VIDEODRV, ABI_VIDEODRV_VERSION, MOD_CLASS_VIDEODRV, { 0 }
};

_X_EXPORT XF86ModuleData flipModuleData = { &version, set_up, NULL };
