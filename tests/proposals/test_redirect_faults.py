# SPDX-License-Identifier: MIT
"""An implementation of redirection that tells the wrong things is found out by the rules."""

from dataclasses import replace

import pytest

from harness.clients.presenter import Presenter
from harness.clients.redirector import Redirector
from harness.proposals.present_redirect import PresentRedirect
from harness.protocol import present
from harness.protocol.present import CompleteNotify, IdleNotify, Option, RedirectNotify
from harness.proxy import wire
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxied import ProxiedServer
from harness.proxy.proxy import Proxy
from harness.timeline import rules
from harness.timeline.record import Timeline
from tests.proposals.meddler import Meddler

pytestmark = pytest.mark.xserver(fps=600)


class ForgivingLayer(Layer):
    """Lets errors of PresentIdle pass as success."""

    def start(self, proxy: Proxy) -> None:
        self._major = proxy.extensions[present.EXTENSION].major
        self.watches = {wire.ERROR}

    def message(self, link: Link, data: bytes) -> list[bytes]:
        minor, major = link.unpack("HB", data, 8)
        return [] if (major, minor) == (self._major, 240) else [data]


def honest(meddler, event):
    return [event]


def repeats_redirect(meddler, event):
    return [event] * (1 + isinstance(event, RedirectNotify))


def alters_target(meddler, event):
    changed = isinstance(event, RedirectNotify)
    return [replace(event, target_msc=event.target_msc + 1) if changed else event]


def swaps_redirects(meddler, event):
    if not isinstance(event, RedirectNotify):
        return [event]
    meddler.kept.append(event)
    return [] if len(meddler.kept) == 1 else [event, meddler.kept.pop(0)]


def idles_early(meddler, event):
    """Tells an Idle with the answer to a NotifyMSC: nothing was given back yet."""
    if isinstance(event, RedirectNotify):
        meddler.kept.append(event)
    if isinstance(event, CompleteNotify) and len(meddler.kept) == 2:
        first = meddler.kept.pop(0)
        idle = IdleNotify(
            event=event.event,
            window=first.window,
            serial=first.serial,
            pixmap=first.pixmap,
            idle_fence=0,
        )
        return [idle, event]
    return [event]


def names_alias(meddler, event):
    if isinstance(event, RedirectNotify):
        meddler.kept.append(event)
    if isinstance(event, IdleNotify) and meddler.kept:
        return [replace(event, pixmap=meddler.kept[0].pixmap)]
    return [event]


def loses_idle(meddler, event):
    return [] if isinstance(event, IdleNotify) else [event]


def repeats_idle(meddler, event):
    return [event] * (1 + isinstance(event, IdleNotify))


def completes_at_once(meddler, event):
    if isinstance(event, RedirectNotify):
        meddler.kept.append(event)
    if isinstance(event, CompleteNotify) and event.kind == present.CompleteKind.NOTIFY_MSC:
        told = replace(event, kind=0, serial=meddler.kept[0].serial)
        return [event, told]
    return [event]


FAULTS = {
    "repeats-redirect": (repeats_redirect, "redirect-asked"),
    "alters-target": (alters_target, "redirect-fields"),
    "swaps-redirects": (swaps_redirects, "redirect-order"),
    "forgives-idle": (honest, "redirect-owed"),
    "idles-early": (idles_early, "redirect-idle-after"),
    "names-alias": (names_alias, "redirect-idle-pixmap"),
    "loses-idle": (loses_idle, "redirect-idle-missing"),
    "repeats-idle": (repeats_idle, "redirect-told-once"),
    "completes-at-once": (completes_at_once, "redirect-executed"),
}


def play(front, *, twice):
    """Two presentations, one passed back, both given back; what the rules say of it."""
    timeline = Timeline()
    with Presenter(front, timeline, "c") as client, Presenter(front, timeline, "a") as application:
        parent = client.window(64, 48, events=0)
        redirector = Redirector(client, parent)
        window = application.window(32, 32, parent=parent)
        pixmaps = [window.pixmap("red"), window.pixmap("green")]
        shown = [window.present(pixmap, target_msc=5, options=Option.COPY) for pixmap in pixmaps]
        application.sync()
        handed = redirector.waiting()
        if window.context is not None:
            window.notify_msc()
        application.sync()
        redirector.pass_back(handed[0], target_msc=0)
        next(one for one in shown if one.serial == handed[0].serial).wait_complete()
        with client.catch_errors():
            for one in handed[:2]:
                redirector.give_back(one)
        if twice:
            redirector.give_back(handed[0])
        for client_ in (client, application) * 2:
            client_.sync()
        window.wait_msc(window.msc() + 2)
    return rules.check(timeline, rules.Family.COPY)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_out(server, fault):
    """The rule that it breaks says so."""
    falsify, rule = FAULTS[fault]
    profile = 1 if fault == "idles-early" else 2
    layers: list[Layer] = [Meddler(falsify), PresentRedirect(profile=profile)]
    if fault == "forgives-idle":
        layers.insert(0, ForgivingLayer())
    front = ProxiedServer(server, layers)
    try:
        spoken = {one.rule for one in play(front, twice=fault == "forgives-idle")}
        front.proxy.check()
    finally:
        front.proxy.close()
    assert rule in spoken


def test_no_fault_is_found_in_the_honest(server):
    """The same, told as it is, is legal."""
    front = ProxiedServer(server, [Meddler(honest), PresentRedirect()])
    try:
        violations = play(front, twice=False)
        front.proxy.check()
    finally:
        front.proxy.close()
    assert [one.sentence for one in violations] == []


def test_every_rule_of_redirection_is_broken():
    """No rule is left without a fault."""
    names = {rule.name for rule in rules.RULES if rule.name.startswith("redirect-")}
    assert names == {rule for _, rule in FAULTS.values()}
