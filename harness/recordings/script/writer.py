# SPDX-License-Identifier: MIT
"""Writes a stand-alone script: xcffib and the standard library, a server, requests, a verdict."""

import re
from collections.abc import Collection, Mapping, Sequence
from pkgutil import iter_modules
from textwrap import fill

import xcffib

from harness.errors import HarnessError
from harness.recordings.device_buffers import DRI3
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.native_order import foreign_clients
from harness.recordings.recording import RecordingHead
from harness.recordings.references.finding import References
from harness.recordings.script import helpers
from harness.recordings.script.body import BodyWriter
from harness.recordings.script.buffers import REPLACED
from harness.recordings.script.checks import Expected, check_of
from harness.recordings.script.layout import COLUMNS, laid_out
from harness.recordings.script.shared_memory import ATTACHING
from harness.recordings.symptom import Symptom, SymptomKind

_SECONDS = 5.0
"""How long a script waits for what the server should send."""

_STANDARD = ("base64", "ctypes", "hashlib", "io", "os", "select", "struct", "subprocess", "sys",
             "threading", "time", "zlib")  # fmt: skip
_ENDS = (SymptomKind.DEATH, SymptomKind.HANG)
_LIVES = ('print("sound")', "return 0")
_VERDICT = (
    'print(f"bug: {__doc__.splitlines()[0]}" if wrong else "sound")',
    "return 1 if wrong else 0",
)
_MODULES = {one.name for one in iter_modules(xcffib.__path__)} - {"ffi"}


class NoScript(HarnessError):
    """A recording cannot be written as a script."""


def write_script(
    head: RecordingHead,
    messages: Sequence[RecordedMessage],
    symptom: Symptom,
    expected: Expected | None = None,
    title: str = "",
    ids: Mapping[int, int] | None = None,
    rewritten: Collection[int] = (),
) -> str:
    """The text of a script that shows ``symptom`` by the requests in ``messages``.

    It ends with status 0 where the server is sound, 1 where it shows the bug, 125 where that
    cannot be told.  ``expected`` is what a sound server does, which some symptoms need; ``title``
    its first line; ``ids`` are the recording's ids by those of the violation, where it is one of
    another server; ``rewritten`` are the clients that were of the other byte order, of which the
    script says so.  Raises NoScript for a symptom that a script cannot tell, for a client that is
    still of the other byte order, and for descriptors that it cannot do without;
    DescriptionMissing.
    """
    _check_orders(messages)
    settles = symptom.kind is SymptomKind.PICTURE
    looked_at = _reply_place(messages, expected)
    failing = _failing(head, messages, symptom)
    _check_memory(head, messages, failing)
    captions = _captions(messages, symptom, failing, expected)
    writer = BodyWriter(
        head, messages, failing, looked_at, captions, settles=settles, rewritten=rewritten
    )
    body = writer.write()
    ids = ids or {}
    reply = writer.variable(looked_at) if looked_at is not None else ""
    check = check_of(symptom, body, lambda one: writer.id_name(ids.get(one, one)), expected, reply)
    if check is None:
        if expected is not None:
            raise NoScript(
                f"{symptom}: a script cannot tell this: xcffib does not show it, or it is an id "
                f"that the server chose; show another symptom (--symptom)"
            )
        raise NoScript(
            f"{symptom}: a script can tell this only by what a sound server does: name one "
            f"(--against KIND)"
        )
    statements = [*body.opening, *body.lines, *map(laid_out, check)]
    return _text(statements, body.core_names, symptom.kind, title or _title(symptom))


def as_test(script: str, symptom: Symptom, name: str) -> str:
    """The script as a test of the suites, called ``test_<name>``."""
    body = script[: script.index("\n\n\ndef start(")]
    main = script[script.index("\n\n\ndef main(") : script.index("\n\n\ndef run(")]
    text = re.sub(r'^""".*?"""\n', "", body, count=1, flags=re.DOTALL)
    clause = _title(symptom)
    doc = (
        "To be reviewed: made from a recording by ``xharness repro --as-test``.\n\n"
        "Does it state a promise of the protocol, wait for all it needs, stand in the right file?\n"
    )
    used = f"{text}{main}"
    for one in ("subprocess", "sys", "os"):
        if len(re.findall(rf"\b{one}\.", used)) == 0:
            text = text.replace(f"import {one}\n", "", 1)
    main = main.replace("__doc__.splitlines()[0]", f'"{clause}"'.replace("{", "{{"))
    main = main.replace('print(f"bug: {"' + clause + '"}" if wrong else "sound")', "")
    test = (
        f"\n\n\ndef test_{name}(server, monkeypatch):\n"
        f'    """{fill(clause, COLUMNS - 7)}"""\n'
        f'    monkeypatch.setenv("DISPLAY", server.display)\n'
        f'    monkeypatch.setenv("XAUTHORITY", str(server.authority))\n'
        f"    assert main() == 0\n"
    )
    return f'# SPDX-License-Identifier: MIT\n"""{doc}"""\n{text}{main.rstrip()}{test}'


def _check_orders(messages: Sequence[RecordedMessage]) -> None:
    foreign = sorted(foreign_clients(messages))
    if foreign:
        raise NoScript(
            f"client {foreign[0]} is of the other byte order, which xcffib does not speak: write a "
            f"test with the harness's raw client"
        )


def _check_memory(
    head: RecordingHead, messages: Sequence[RecordedMessage], failing: Sequence[int]
) -> None:
    """Raise NoScript for a request whose descriptor a script cannot pass, nor do without."""
    references = References(head.extensions)
    majors = {one.major for one in head.extensions if one.name == DRI3}
    for place, one in enumerate(messages):
        if one.kind is not RecordedKind.REQUEST or not one.descriptors:
            continue
        name = references.request_name(one.data)
        replaced = one.data[0] in majors and one.data[1] in REPLACED
        if name not in ATTACHING and (not replaced or place in failing):
            raise NoScript(
                f"request {one.sequence} of client {one.client}, {name}, passes a file "
                f"descriptor, which xcffib cannot do, and nothing else stands for it: make the "
                f"recording shorter (--minimise), or record the client without "
                f"(xharness record --hide {name.partition(':')[0]})"
            )


def _failing(
    head: RecordingHead, messages: Sequence[RecordedMessage], symptom: Symptom
) -> list[int]:
    """The place of the last request that the symptom's error answers."""
    if symptom.kind not in (SymptomKind.ERROR, SymptomKind.SUCCESS):
        return []
    references = References(head.extensions)
    found = [
        place
        for place, one in enumerate(messages)
        if one.kind is RecordedKind.REQUEST and references.request_name(one.data) in symptom.about
    ]
    return found[-1:]


def _captions(
    messages: Sequence[RecordedMessage],
    symptom: Symptom,
    failing: Sequence[int],
    expected: Expected | None,
) -> dict[int, str]:
    """What is wrong, by the place of the request that it is about."""
    if symptom.kind is SymptomKind.REPLY and expected is not None and expected.reply is not None:
        client, sequence = expected.reply.client, expected.reply.sequence
        words = f"the reply is wrong: {', '.join(symptom.about)}"
        return {
            place: words
            for place, one in enumerate(messages)
            if one.kind is RecordedKind.REQUEST and (one.client, one.sequence) == (client, sequence)
        }
    words = "this must succeed"
    if symptom.kind is SymptomKind.SUCCESS:
        words = f"this must fail: {symptom.name}"
    return dict.fromkeys(failing, words)


def _reply_place(messages: Sequence[RecordedMessage], expected: Expected | None) -> int | None:
    """The place of the reply that differs."""
    reply = expected.reply if expected is not None else None
    if reply is None:
        return None
    return next(
        place
        for place, one in enumerate(messages)
        if one.kind is RecordedKind.REPLY
        and (one.client, one.sequence) == (reply.client, reply.sequence)
    )


def _title(symptom: Symptom) -> str:
    violation = symptom.violation
    if violation is None:
        return f"{symptom}."[0].upper() + f"{symptom}."[1:]
    return f"{violation.rule}: {violation.clause}."


def _text(lines: Sequence[str], core_names: Collection[str], kind: SymptomKind, title: str) -> str:
    if kind is SymptomKind.HANG:
        timer = ("timer = threading.Timer(SECONDS, hung)", "timer.daemon = True", "timer.start()")
        lines = [*map(laid_out, timer), *lines, laid_out("timer.cancel()")]
    main = "\n".join(
        [
            "def main() -> int:",
            '    """The status: 0 the server is sound, 1 it shows the bug."""',
            *lines,
            *map(laid_out, _LIVES if kind in _ENDS else _VERDICT),
        ]
    )
    run = helpers.RUN_TO_DEATH if kind is SymptomKind.DEATH else helpers.RUN
    rest = f"{main}\n\n\n{run.strip()}\n"
    parts = [text for pattern, text in helpers.PARTS if re.search(pattern, rest)]
    if helpers.CANNOT not in parts:
        parts.insert(0, helpers.CANNOT)
    methods = [text for pattern, text in helpers.METHODS if re.search(pattern, rest)]
    client = helpers.CLIENT + "".join(methods)
    code = "\n\n\n".join([client.strip(), *(one.strip() for one in parts), rest])
    return f'"""{_docstring(title)}"""\n\n{_imports(code, core_names)}\n\n\n{code}'


def _imports(code: str, core_names: Collection[str]) -> str:
    standard = [f"import {one}" for one in _STANDARD if re.search(rf"\b{one}\.", code)]
    standard += [
        f"from {module} import {name}"
        for module, name in (
            ("collections.abc", "Callable"),
            ("itertools", "pairwise"),
            ("typing", "Any"),
        )
        if re.search(rf"\b{name}\b", code)
    ]
    used = {"xproto", *re.findall(r"\bxcffib\.(\w+)\.", code)} & _MODULES
    foreign = ["import xcffib", *(f"import xcffib.{one}" for one in sorted(used))]
    if core_names:
        names = ", ".join(sorted(core_names, key=_isort_key))
        line = f"from xcffib.xproto import {names}"
        if len(line) > COLUMNS:
            line = laid_out(f"from xcffib.xproto import ({names},)", 0)
            line = line.replace(
                f"    {names},\n", "".join(f"    {one},\n" for one in names.split(", "))
            )
        foreign.append(line)
    seconds = [f"SECONDS = {_SECONDS}", '"""How long the server may take for what it should do."""']
    return "\n".join([*standard, "", *foreign, "", *seconds])


def _isort_key(name: str) -> tuple[int, str]:
    """Constants, classes, functions, each by name, as isort has it."""
    return (0 if name.isupper() and len(name) > 1 else 1), name.lower()


def _docstring(title: str) -> str:
    usage = (
        "Ends with status 0 where the server is sound, 1 where it shows the bug, 125 where that "
        "cannot be told. Give the command that starts the server, as in "
        "`python script.py Xvfb -screen 0 640x480x24`; without one the server of DISPLAY is judged."
    )
    if len(title) > COLUMNS - 6:
        title = f"{title[: COLUMNS - 6].rpartition(' ')[0].rstrip(',(')} ..."
    return f"{title}\n\n{fill(usage, COLUMNS - 1)}\n"
