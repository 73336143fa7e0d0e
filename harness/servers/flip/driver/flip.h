/* SPDX-License-Identifier: MIT */
/* A video driver without hardware: CRTCs whose vertical blanks a test decides. */

#ifndef FLIP_H
#define FLIP_H

#include "xorg-server.h"

#include <stdint.h>

#include "xf86.h"
#include "xf86Crtc.h"

#define MOST_HEADS 16
#define LEAST_PIXELS 8
#define MOST_PIXELS 32767       /* in either direction, as RANDR has 16 bits */
#define CURSOR_SIZE 64
#define GAMMA_SIZE 256

struct head;

/* What waits for a frame of a clock.  One of the two is called, once. */
struct vblank {
    struct vblank *next;
    uint64_t msc;
    void (*reached)(struct head *, const struct vblank *, uint64_t ust, uint64_t msc);
    void (*dropped)(const struct vblank *);     /* as the screen is closed; NULL: nothing to free */
    void *data;
    uint64_t event_id;          /* by which Present takes it back; 0: nobody does */
};

/* A pixmap that one CRTC alone scans out, from (x, y) on, reflected and turned. */
struct own_pixmap {
    PixmapPtr pixmap;           /* held; NULL: none */
    int x, y;
    Rotation rotation;
};

struct clock {
    Bool running;
    Bool rate_is_set;           /* by the harness: a mode does not change it */
    uint64_t msc, ns;           /* the last frame before the clock was changed, and its time */
    uint64_t period_ns;
    int timer;                  /* a timerfd, armed for the first of the queue */
    struct vblank *queue;       /* by MSC, then as they came */
};

/* A CRTC and its only output. */
struct head {
    struct flip_screen *screen;
    int index;
    xf86CrtcPtr crtc;
    xf86OutputPtr output;
    Bool connected;
    Bool on;
    struct clock clock;
    PixmapPtr flipped;          /* held; NULL: the screen's own pixmap is scanned out */
    struct own_pixmap own;
    Bool frozen;                /* shows what it showed, until a change of CRTCs is reached */
    uint64_t serial;            /* counts changes of what is scanned out */
    uint8_t *shadow;            /* of a CRTC that is rotated or transformed */
    int shadow_stride;
    uint32_t cursor[CURSOR_SIZE * CURSOR_SIZE];
    int cursor_x, cursor_y;
    Bool cursor_shown;
    uint16_t gamma[3][GAMMA_SIZE];
    int file;                   /* what is scanned out, as the harness reads it; -1: none yet */
    uint8_t *published;
    size_t published_size;
};

/* Misbehaviour on request, as numbers that count down unless they say otherwise. */
struct faults {
    uint64_t failing_flips;
    uint64_t hurried_flips;     /* in the present frame instead of the next */
    uint64_t lost_vblanks;
    uint64_t unflip_delay;      /* frames, for every unflip */
    uint64_t lost_clocks;       /* not 0: no clock of a CRTC that is off can be read */
};

struct flip_screen {
    ScrnInfoPtr scrn;
    int count;
    int fps;                    /* of all heads; 0: as their modes say */
    struct head head[MOST_HEADS];
    uint8_t *memory;            /* of the screen's own pixmap */
    PixmapPtr flipped;          /* what a head that is switched on scans out; held */
    Bool async;
    struct faults faults;
    struct head *changing;      /* at whose frame CRTCs change next; NULL: nothing waits */
    unsigned changes;           /* that wait */
    ClientPtr freezer;          /* who is to change what frozen monitors show; NULL: nobody */
    char *folder;               /* of the control socket and the published files; NULL: none */
    int listener;
    struct session *sessions;
    struct lease *leases;
    CloseScreenProcPtr close_screen;
    CreateScreenResourcesProcPtr create_screen_resources;
    ScreenBlockHandlerProcPtr block_handler;
};

static inline struct flip_screen *
flip_screen_of(ScrnInfoPtr scrn)
{
    return scrn->driverPrivate;
}

/* screen.c */
Bool flip_pre_init(ScrnInfoPtr scrn, int flags);
Bool flip_screen_init(ScreenPtr screen, int argc, char **argv);
const OptionInfoRec *flip_options(int chip, int bus);

/* terminal.c */
void terminal_start(ScrnInfoPtr scrn);
Bool terminal_switch(struct flip_screen *own, Bool here);

/* crtc.c */
Bool crtc_create(struct head *head);

/* output.c */
Bool output_create(struct head *head);
void output_connect(struct head *head, Bool connected);

/* clock.c */
Bool clock_open(struct head *head);
void clock_start_screen(struct head *head);
void clock_close_screen(struct head *head);
void clock_now(const struct clock *clock, uint64_t *ust, uint64_t *msc);
void clock_set_period(struct head *head, uint64_t period_ns);
void clock_stop(struct head *head);
void clock_run(struct head *head);
void clock_step(struct head *head);
void clock_queue(struct head *head, struct vblank what);
void clock_abort(struct head *head, uint64_t event_id);

/* presentation.c */
Bool presentation_start(ScreenPtr screen, struct flip_screen *own);
void presentation_set_async(struct flip_screen *own, Bool async);
void presentation_set_foreign(Bool foreign);

/* own_pixmaps.c */
Bool own_pixmaps_start(ScreenPtr screen);
Bool own_pixmaps_in_use(const struct flip_screen *own);
void own_pixmaps_drop(struct flip_screen *own);
void own_pixmaps_forget_freed(struct flip_screen *own);

/* scanout.c */
void scanout_show(struct head *head, PixmapPtr pixmap);
Bool scanout_publish(struct head *head);

/* lease.c */
int lease_create(RRLeasePtr randr, int *fd);
void lease_terminate(RRLeasePtr randr);
void lease_close_screen(struct flip_screen *own);

/* control.c */
Bool control_open(struct flip_screen *own);
void control_start_screen(struct flip_screen *own);
void control_close_screen(struct flip_screen *own);
void control_answer_waiting(struct flip_screen *own);

#endif
