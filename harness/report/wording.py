# SPDX-License-Identifier: MIT
"""Presentations in words, short enough for a picture."""

from harness.report.presentations import PresentationLife
from harness.x11.present import CompleteKind, CompleteMode, CompleteNotify, Option, PresentEvent


def mode_name(mode: int) -> str:
    """``suboptimal copy``; ``mode 9`` for an unknown one."""
    return mode.name.lower().replace("_", " ") if isinstance(mode, CompleteMode) else f"mode {mode}"


def event_name(content: PresentEvent | None) -> str:
    """A Complete or Idle event: ``copy at MSC 11``, ``idle``."""
    if not isinstance(content, CompleteNotify):
        return "idle"
    if content.kind == CompleteKind.NOTIFY_MSC:
        return f"MSC {content.msc}"
    timed = content.msc or content.ust
    return mode_name(content.mode) + f" at MSC {content.msc}" * bool(timed)


def short_name(life: PresentationLife) -> str:
    """A request with its result in a few words: ``#3 for 20: copy at 21``."""
    one, done = life.request, life.completed
    words = f"#{one.serial}" if life.presentation is not None else f"NotifyMSC #{one.serial}"
    if one.presentation is not None and life.presentation is None:
        words = f"#{one.serial}, notified"
    if life.target is not None:
        words += f" for {life.target}"
    if life.error is not None:
        return f"{words}: {life.error.name} error"
    if done is None:
        return f"{words}: not complete"
    mode = "" if done.kind == CompleteKind.NOTIFY_MSC else f" {mode_name(done.mode)}"
    return f"{words}:{mode}" + f" at {done.msc}" * bool(done.msc or done.ust)


def story(life: PresentationLife) -> str:
    """All that is known of a request, in one sentence."""
    one, request = life.request, life.presentation
    words = [f"{one.sent.stream.client}: serial {one.serial} on window {one.window:#x}"]
    if request is not None:
        words.append(f"pixmap {request.content.pixmap:#x}")
        if options := Option(request.content.options & 0xFFFFFFFF):
            words.append(f"options {options.name or int(options)}")
        if request.wait_fence:
            words.append(f"wait fence {request.wait_fence:#x}")
        if request.idle_fence:
            words.append(f"idle fence {request.idle_fence:#x}")
    elif one.presentation is None:
        words.append("NotifyMSC")
    if life.target is not None:
        words.append(f"target MSC {life.target}")
    if one.content.divisor:
        words.append(f"divisor {one.content.divisor}, remainder {one.content.remainder}")
    if life.error is not None:
        words.append(f"error {life.error.name}")
    else:
        words.append(event_name(life.completed) if life.completed else "not complete")
        if request is not None and not request.synced:
            words.append("idle" if life.idle else "not idle")
    return ", ".join(words)
