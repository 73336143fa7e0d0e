# SPDX-License-Identifier: MIT
"""The last statements of a script: does the server show the symptom?

Each check takes what the script collected and decides by the same fact as the rule; see
``harness.timeline.rules`` for what the rules promise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.recordings.script.calls import module_of
from harness.recordings.script.events import SeenEvent
from harness.recordings.script.layout import COLUMNS
from harness.recordings.script.replies import ExpectedReply, reply_check
from harness.recordings.script.statements import Body, WrittenRequest
from harness.recordings.symptom import Symptom, SymptomKind
from harness.timeline.record import Event
from harness.x11.present import (
    CompleteKind,
    CompleteNotify,
    IdleNotify,
    NotifyMsc,
    PresentEvent,
    PresentPixmap,
    SelectInput,
)

IDLE = "xcffib.present.IdleNotifyEvent"


@dataclass(frozen=True, slots=True)
class ExpectedPicture:
    """What the part ``area`` (x, y, width, height) of a drawable must show.

    ``drawable`` is its id in the recording, 0 for the root.  ``probe`` is one pixel (x, y, value)
    in it that the faulty server shows otherwise.
    """

    drawable: int
    area: tuple[int, int, int, int]
    digest: str
    probe: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a sound server does and what the faulty one did; the picture or reply that differs."""

    sound: tuple[SeenEvent, ...] = ()
    faulty: tuple[SeenEvent, ...] = ()
    picture: ExpectedPicture | None = None
    reply: ExpectedReply | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """The presentation that a violation is about."""

    connection: str
    serial: int
    kind: int
    request: WrittenRequest | None
    event: PresentEvent | None
    contexts: str

    @property
    def completes(self) -> str:
        return f"{self.connection}.find(CompleteNotify, serial={self.serial}, kind={self.kind})"

    @property
    def idles(self) -> str:
        return f"{self.connection}.find({IDLE}, serial={self.serial})"

    def until(self, condition: str, seconds: str = "") -> str:
        end = f", {seconds}" if seconds else ""
        statement = f"{self.connection}.until(lambda: {condition}{end})"
        if len(statement) <= COLUMNS - 4 or " and " not in condition:
            return statement
        # Formatters put brackets around a lambda's body of several lines.
        return f"{self.connection}.until(lambda: ({condition}){end})"


def check_of(
    symptom: Symptom,
    body: Body,
    name: Callable[[int], str],
    expected: Expected | None = None,
    reply: str = "",
) -> list[str] | None:
    """The statements that end with a value for ``wrong``; None when a script cannot tell it.

    What ends a server, or lets it hang, needs no value.

    ``name`` gives the expression for an id of the recording; ``reply`` is the variable of the reply
    that differs, "" without one.
    """
    match symptom.kind:
        case SymptomKind.ERROR:
            return _error(symptom)
        case SymptomKind.SUCCESS:
            return ["wrong = error is None"]
        case SymptomKind.REPLY:
            return reply_check(expected.reply, reply, name) if expected and reply else None
        case SymptomKind.EVENT:
            return _events(symptom, body, expected)
        case SymptomKind.DEATH | SymptomKind.HANG:
            return _syncs(body)
        case SymptomKind.PICTURE:
            return _picture(expected, name)
    subject = _subject(symptom, body, name)
    if subject is not None and (made := _present(symptom.name, subject, name)) is not None:
        return made
    return _events(symptom, body, expected)


def _syncs(body: Body) -> list[str]:
    return [f"{one}.sync()" for one in body.connections.values()]


def _error(symptom: Symptom) -> list[str]:
    extension, _, bare = symptom.name.rpartition(":")
    module = module_of(extension)
    for name in (f"{bare}Error", f"Bad{bare}Error"):
        if module is not None and hasattr(module, name):
            where = module.__name__.rpartition(".")[2]
            return [f"wrong = isinstance(error, xcffib.{where}.{name})"]
    return ["wrong = error is not None"]


def _picture(expected: Expected | None, name: Callable[[int], str]) -> list[str] | None:
    if expected is None or expected.picture is None:
        return None
    one = expected.picture
    x, y, pixel = one.probe
    left, top, width, _ = one.area
    drawable = name(one.drawable) if one.drawable else "conn.setup.roots[0].root"
    area = ", ".join(map(str, one.area))
    return [
        "# this must show what a sound server shows",
        f"pixels = picture(conn, {drawable}, {area})",
        f'print(f"({x}, {y}): {{pixels[{(y - top) * width + x - left}]:#x}}, right is {pixel:#x}")',
        f'wrong = digest(pixels) != "{one.digest}"',
    ]


def _events(symptom: Symptom, body: Body, expected: Expected | None) -> list[str] | None:
    """Whether the events are those of a sound server: their kinds, else one field of some."""
    if expected is None:
        return None
    for client, connection in body.connections.items():
        sound, faulty = (
            [one for one in events if one.client == client]
            for events in (expected.sound, expected.faulty)
        )
        count = f"len({connection}.events)"
        enough = f"{connection}.until(lambda: {count} >= {len(sound)})"
        labels = [one.label for one in sound]
        if labels != [one.label for one in faulty]:
            names = ", ".join(f'"{one}"' for one in labels)
            return [
                enough,
                f"{connection}.until(lambda: {count} > {len(sound)}, 0.5)",
                f"wrong = kinds({connection}) != [{names}]",
            ]
        for here, there in zip(sound, faulty, strict=True):
            for path in here.fields:
                if here.fields[path] != there.fields.get(path) and "time" not in path:
                    if "." not in here.cls and here.cls != "CompleteNotify":
                        body.core_names.add(here.cls)
                    alike = [one.fields.get(path, 0) for one in sound if one.label == here.label]
                    code = f", subCode={here.fields['subCode']}" if "subCode" in here.fields else ""
                    found = f"{connection}.find({here.cls}{code})"
                    return [enough, f"wrong = [one.{path} for one in {found}] != {alike}"]
    if symptom.name == "randr-timestamps":
        return _timestamps(body)
    return None


def _timestamps(body: Body) -> list[str]:
    """Whether the events of a change have one timestamp."""
    lines, times = list[str](), list[str]()
    for connection in body.connections.values():
        lines += [
            f"{connection}.until(lambda: {connection}.find(xcffib.randr.NotifyEvent), 1.0)",
            # The others of the same change are on their way behind the first.
            f"{connection}.sync()",
        ]
        found = f"{connection}.find(xcffib.randr.NotifyEvent, subCode="
        times += [
            f"*(one.u.cc.timestamp for one in {found}0))",
            f"*(one.u.oc.timestamp for one in {found}1))",
        ]
    return [*lines, f"wrong = len({{{', '.join(times)}}}) > 1"]


def _subject(symptom: Symptom, body: Body, name: Callable[[int], str]) -> _Subject | None:
    violation = symptom.violation
    if violation is None or not violation.serials:
        return None
    events = [one for one in violation.entries if isinstance(one, Event) and one.content]
    content = events[-1].content if events else None
    serial = getattr(content, "serial", None) or violation.serials[-1]
    requested = [one for one in violation.entries if getattr(one, "content", None)]
    for one in requested:
        if isinstance(one.content, PresentPixmap | NotifyMsc):  # type: ignore[attr-defined]
            serial = one.content.serial  # type: ignore[attr-defined]
    client = int(violation.entries[-1].client.rpartition("-")[2])
    connection = body.connections.get(client)
    if connection is None:
        return None
    request = next(
        (
            one
            for one in reversed(body.requests)
            if isinstance(one.content, PresentPixmap | NotifyMsc)
            and one.content.serial == serial
            and one.message.client == client
        ),
        None,
    )
    kind = CompleteKind.PIXMAP
    if request is not None and isinstance(request.content, NotifyMsc):
        kind = CompleteKind.NOTIFY_MSC
    contexts = (
        name(one.content.event)
        for one in body.requests
        if isinstance(one.content, SelectInput) and one.message.client == client
    )
    return _Subject(connection, serial, int(kind), request, content, ", ".join(contexts))


_Presented = Callable[[_Subject, Callable[[int], str]], list[str]]


def _present(rule: str, subject: _Subject, name: Callable[[int], str]) -> list[str] | None:
    check = _PRESENT.get(rule)
    if check is None or (subject.request is None and rule != "unknown-serial"):
        return None
    return check(subject, name)


def _missing_idle(one: _Subject, name: Callable[[int], str]) -> list[str]:
    more = f"len({one.completes}) > len({one.idles})"
    return [
        one.until(f"{one.idles} and {one.completes}"),
        one.until(more, "0.5"),
        f"wrong = {more}",
    ]


def _missing_complete(one: _Subject, name: Callable[[int], str]) -> list[str]:
    return [one.until(one.completes), f"wrong = not {one.completes}"]


def _repeated(found: str) -> _Presented:
    def check(one: _Subject, name: Callable[[int], str]) -> list[str]:
        events = getattr(one, found)
        return [
            one.until(events),
            one.until(f"len({events}) > 1", "0.5"),
            f"wrong = len({events}) > 1",
        ]

    return check


def _idle_first(one: _Subject, name: Callable[[int], str]) -> list[str]:
    return [
        one.until(f"{one.idles} and {one.completes}"),
        f"order = [type(each).__name__ for each in {one.connection}.events "
        f'if getattr(each, "serial", 0) == {one.serial}]',
        'wrong = order[:1] == ["CompleteNotify"]',
    ]


def _completion(condition: str) -> _Presented:
    """A check of the completion, which ``condition`` calls ``complete``."""

    def check(one: _Subject, name: Callable[[int], str]) -> list[str]:
        fields = f"CompleteNotify, serial={one.serial}, kind={one.kind}"
        return [f"complete = {one.connection}.wait({fields})", f"wrong = {condition}"]

    return check


def _idle_field(field_: str) -> _Presented:
    def check(one: _Subject, name: Callable[[int], str]) -> list[str]:
        content = one.request.content if one.request else None
        value = getattr(content, field_, 0)
        return [
            f"idle = {one.connection}.wait({IDLE}, serial={one.serial})",
            f"wrong = idle.{field_} != {name(value) if value else 0}",
        ]

    return check


def _before_target(one: _Subject, name: Callable[[int], str]) -> list[str]:
    content = one.request.content if one.request else None
    target = getattr(content, "target_msc", 0)
    fields = f"CompleteNotify, serial={one.serial}, kind={one.kind}"
    by_name = one.request.target if one.request else ""
    return [
        f"complete = {one.connection}.wait({fields})",
        f"wrong = complete.msc < {by_name or target}",
    ]


def _unknown_serial(one: _Subject, name: Callable[[int], str]) -> list[str]:
    serial = getattr(one.event, "serial", one.serial)
    kind = IDLE if isinstance(one.event, IdleNotify) else "CompleteNotify"
    window = getattr(one.event, "window", 0)
    about = f", kind={int(one.event.kind)}" if isinstance(one.event, CompleteNotify) else ""
    found = f"{one.connection}.find({kind}, serial={serial}{about}, window={name(window)})"
    return [one.until(found, "1.0"), f"wrong = {found}"]


def _clock(one: _Subject, name: Callable[[int], str]) -> list[str]:
    conn = one.connection
    return [
        one.until(one.completes),
        f"clock = [(each.msc, each.ust) for each in {conn}.find(CompleteNotify)]",
        "wrong = any(a[0] > b[0] or a[1] > b[1] for a, b in pairwise(clock))",
    ]


def _context(one: _Subject, name: Callable[[int], str]) -> list[str]:
    serial = f'getattr(each, "serial", 0) == {one.serial}'
    return [
        one.until(one.completes),
        f"told = [each for each in {one.connection}.events if {serial}]",
        f"wrong = any(each.event not in ({one.contexts},) for each in told)",
    ]


_PRESENT: Mapping[str, _Presented] = {
    "idle-missing": _missing_idle,
    "complete-missing": _missing_complete,
    "overdue": _missing_complete,
    "complete-once": _repeated("completes"),
    "idle-once": _repeated("idles"),
    "unknown-serial": _unknown_serial,
    "idle-first": _idle_first,
    "idle-pixmap": _idle_field("pixmap"),
    "idle-fence": _idle_field("idle_fence"),
    "no-flip": _completion("complete.mode in (1, 3)  # Flip, SuboptimalCopy"),
    "flip-allowed": _completion("complete.mode == 1  # Flip"),
    "suboptimal-asked": _completion("complete.mode == 3  # SuboptimalCopy"),
    "skip-superseded": _completion("complete.mode == 2  # Skip"),
    "complete-values": _completion("complete.mode > 3"),
    "zero-clock": _completion("complete.msc == complete.ust == 0"),
    "event-context": _context,
    "target-reached": _before_target,
    "clock-forward": _clock,
}
