# SPDX-License-Identifier: MIT
"""The rules find every fault of an implementation of redirection."""

from dataclasses import replace
from functools import partial

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.present.redirector import Redirector
from harness.faults.fault import Fault
from harness.faults.layer import FaultLayer
from harness.faults.script import Script
from harness.faults.scripted import Alter, Drop, Duplicate, Scripted, Swap
from harness.proposals.present_redirect import PresentRedirect
from harness.proxy.proxied_server import ProxiedServer
from harness.timeline import rules
from harness.timeline.record import Timeline
from harness.x11.present import CompleteKind, CompleteNotify, IdleNotify, Option, RedirectNotify

pytestmark = pytest.mark.xserver(fps=600)


IDLE, REDIRECT = "PresentIdleNotify", "PresentRedirectNotify"


class Meddler(Fault):
    """``kept`` are the RedirectNotifys of all clients, as far as still needed."""

    def __init__(self, kept, link):
        super().__init__(link)
        self.kept = kept

    def event(self, event):
        if isinstance(event, RedirectNotify):
            self.kept.append(event)
        return self.falsify(event) if self.kept else [event]


class IdlesEarly(Meddler):
    """Sends IdleNotify with the answer to a NotifyMSC, before any PresentIdle."""

    def falsify(self, event):
        if not isinstance(event, CompleteNotify) or len(self.kept) != 2:
            return [event]
        first = self.kept.pop(0)
        idle = IdleNotify(
            event=event.event,
            window=first.window,
            serial=first.serial,
            pixmap=first.pixmap,
            idle_fence=0,
        )
        return [idle, event]


class NamesAlias(Meddler):
    """The application's IdleNotify names the redirecting client's pixmap."""

    def falsify(self, event):
        alias = isinstance(event, IdleNotify)
        return [replace(event, pixmap=self.kept[0].pixmap) if alias else event]


class CompletesAtOnce(Meddler):
    """A presentation completes with the answer to a NotifyMSC."""

    def falsify(self, event):
        if not isinstance(event, CompleteNotify) or event.kind != CompleteKind.NOTIFY_MSC:
            return [event]
        return [event, replace(event, kind=0, serial=self.kept[0].serial)]


FAULTS = {
    "repeats-redirect": (Duplicate(REDIRECT), "redirect-asked"),
    "alters-target": (Alter(REDIRECT, target_msc=lambda target: target + 1), "redirect-fields"),
    "swaps-redirects": (Swap(REDIRECT), "redirect-order"),
    "forgives-idle": (Drop("error for PresentIdle"), "redirect-owed"),
    "idles-early": (IdlesEarly, "redirect-idle-after"),
    "names-alias": (NamesAlias, "redirect-idle-pixmap"),
    "loses-idle": (Drop(IDLE), "redirect-idle-missing"),
    "repeats-idle": (Duplicate(IDLE), "redirect-told-once"),
    "completes-at-once": (CompletesAtOnce, "redirect-executed"),
}


def play(front, *, twice):
    """Two presentations, one passed back, both made idle; returns the violations."""
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
    happens, rule = FAULTS[fault]
    scripted = isinstance(happens, Scripted)
    layer = Script(happens) if scripted else FaultLayer(partial(happens, []))
    profile = 1 if fault == "idles-early" else 2
    front = ProxiedServer(server, [layer, PresentRedirect(profile=profile)])
    try:
        spoken = {one.rule for one in play(front, twice=fault == "forgives-idle")}
        front.proxy.check()
        if scripted:
            layer.check()
    finally:
        front.proxy.close()
    assert rule in spoken


def test_no_fault_is_found_in_the_honest(server):
    """The same without a fault is legal."""
    front = ProxiedServer(server, [FaultLayer(Fault), PresentRedirect()])
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
