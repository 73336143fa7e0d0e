# SPDX-License-Identifier: MIT
"""The protocol descriptions of this machine: the XML files of xcb-proto.

They are data of their own package (Debian: xcb-proto) and list each request, reply and event of
the core protocol and of 31 extensions with its fields.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from harness.errors import HarnessError
from harness.x11.definitions import fields
from harness.x11.definitions.expressions import Expression, Scope, expression
from harness.x11.definitions.fields import EnumNames, Meaning, Reader, Scalar, Type
from harness.x11.definitions.messages import Definition, MessageForm

_CORE = "xproto"

_BASE: Mapping[str, Type] = {
    "CARD8": Scalar("B"),
    "CARD16": Scalar("H"),
    "CARD32": Scalar("I"),
    "CARD64": Scalar("Q"),
    "INT8": Scalar("b"),
    "INT16": Scalar("h"),
    "INT32": Scalar("i"),
    "INT64": Scalar("q"),
    "BYTE": Scalar("B", Meaning.BYTE),
    "void": Scalar("B", Meaning.BYTE),
    "BOOL": Scalar("B", Meaning.BOOL),
    "char": Scalar("B", Meaning.CHAR),
    "float": Scalar("f"),
    "double": Scalar("d"),
}
_NO_BYTES = {"doc", "fd", "required_start_align", "reply", "length"}
"""Elements that say something about a message and stand for none of its bytes."""
_EVENT_SIZE = 32
_IDS = {"VISUALID", "ClientSpec"}
"""Types derived from numbers whose values are resource ids."""
_SERVER_NAME = re.compile(rb'extension-xname="([^"]+)"')


class DefinitionError(HarnessError):
    """The protocol descriptions cannot be used."""


class Catalogue:
    """The definitions that ``folder`` holds; no file is read before it is needed.

    Raises DefinitionError for a file that is not what xcb-proto installs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, _File] = {}
        self._headers: dict[str, str] | None = None

    @property
    def core(self) -> Definition:
        """The core protocol."""
        return self.file(_CORE).definition()

    def extension(self, name: str) -> Definition | None:
        """What is known of the extension that servers call ``name``; None for nothing."""
        if self._headers is None:
            heads = {path.stem: path.read_bytes() for path in sorted(self.folder.glob("*.xml"))}
            found = {header: _SERVER_NAME.search(head) for header, head in heads.items()}
            self._headers = {one[1].decode(): header for header, one in found.items() if one}
        header = self._headers.get(name)
        return self.file(header).definition() if header else None

    def file(self, header: str) -> "_File":
        """The file ``header.xml``."""
        if header not in self._files:
            self._files[header] = _File(self, _parsed(self.folder / f"{header}.xml"))
        return self._files[header]


@cache
def installed() -> Catalogue | None:
    """The descriptions of this machine, in ``xcb`` of one of XDG_DATA_DIRS; None without any."""
    folders = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for folder in folders.split(":"):
        if (Path(folder) / "xcb" / f"{_CORE}.xml").is_file():
            return Catalogue(Path(folder) / "xcb")
    return None


class _File:
    def __init__(self, catalogue: Catalogue, root: Element) -> None:
        self._root = root
        self._core = root.get("header") == _CORE
        self._imports = [catalogue.file(one.text or "") for one in root.findall("import")]
        self._types: dict[str, Type] = {}
        self._enums = {one.attrib["name"]: one for one in root.iter("enum")}
        self._definition: Definition | None = None
        for element in root:
            self._declare(element)

    def definition(self) -> Definition:
        if self._definition is None:
            made = Definition(enums={name: self._enum_names(name) for name in self._enums})
            for element in self._root:
                self._define(element, made)
            self._definition = made
        return self._definition

    def _declare(self, element: Element) -> None:
        name = element.get("name", "")
        match element.tag:
            case "xidtype" | "xidunion":
                meaning = Meaning.ATOM if name == "ATOM" else Meaning.XID
                self._types[name] = Scalar("I", meaning, self._whole_name(name))
            case "typedef" if element.get("newname") in _IDS:
                name = element.attrib["newname"]
                self._types[name] = Scalar("I", Meaning.XID, self._whole_name(name))
            case "typedef":
                name, type_ = element.attrib["newname"], self._type(element.attrib["oldname"])
                if isinstance(type_, Scalar):
                    type_ = replace(type_, name=self._whole_name(name))
                self._types[name] = type_
            case "struct":
                self._types[name] = fields.Struct(self._readers(element))
            case "union":
                self._types[name] = fields.Opaque(self._union_size(element))
            case "eventstruct":
                self._types[name] = fields.Opaque(_EVENT_SIZE)

    def _whole_name(self, name: str) -> str:
        return name if self._core else f"{self._root.get('header')}:{name}"

    def _find_type(self, name: str) -> Type | None:
        if name in self._types:
            return self._types[name]
        found = (one._find_type(name) for one in self._imports)
        return next((one for one in found if one is not None), None)

    def _type(self, name: str) -> Type:
        header, _, bare = name.rpartition(":")
        found = _BASE.get(bare)
        if found is None and header and header != self._root.get("header"):
            (file,) = (one for one in self._imports if one._root.get("header") == header)
            found = file._find_type(bare)
        found = found or self._find_type(bare)
        if found is None:
            raise DefinitionError(f"{self._root.get('header')}.xml: there is no type {name!r}")
        return found

    def _union_size(self, union: Element) -> int:
        return max(self._size(member) for member in union if member.tag in ("field", "list"))

    def _size(self, element: Element) -> int:
        type_ = self._type(element.attrib["type"])
        count = int(element.findtext("value", "1"))
        if isinstance(type_, fields.Struct):
            cursor = fields.Cursor(bytes(256), "<", 0)
            type_.read(cursor, Scope(), "", None)
            return cursor.at * count
        return type_.size * count

    def _enum_element(self, name: str) -> Element | None:
        bare = name.rpartition(":")[2]
        if bare in self._enums:
            return self._enums[bare]
        found = (one._enum_element(bare) for one in self._imports)
        return next((one for one in found if one is not None), None)

    def _enum_values(self, name: str) -> dict[str, int]:
        element, values, last = self._enum_element(name), dict[str, int](), -1
        for item in element.findall("item") if element is not None else ():
            bit, value = item.findtext("bit"), item.findtext("value")
            last = 1 << int(bit) if bit else int(value, 0) if value else last + 1
            values[item.attrib["name"]] = last
        return values

    def _enum_value(self, enum: str, item: str) -> int:
        return self._enum_values(enum)[item]

    def _enum_names(self, name: str, *, mask: bool = False) -> EnumNames:
        names = {value: item for item, value in self._enum_values(name).items()}
        return EnumNames(names, mask, name.rpartition(":")[2])

    def _enum_of(self, element: Element) -> EnumNames | None:
        for attribute in ("enum", "altenum", "mask", "altmask"):
            if name := element.get(attribute):
                return self._enum_names(name, mask=attribute.endswith("mask"))
        return None

    def _readers(self, elements: Iterable[Element]) -> list[Reader]:
        return [self._reader(one) for one in elements if self._stands_for_bytes(one)]

    def _stands_for_bytes(self, element: Element) -> bool:
        return element.tag not in _NO_BYTES and element.get("type") != "fd"

    def _reader(self, element: Element) -> Reader:
        name, enum = element.get("name", ""), self._enum_of(element)
        match element.tag:
            case "field" | "exprfield":
                return fields.one(self._type(element.attrib["type"]), name, enum)
            case "list":
                length = self._expression(element[0]) if len(element) else None
                return fields.several(self._type(element.attrib["type"]), name, length, enum)
            case "pad" if "align" in element.attrib:
                return fields.align(int(element.attrib["align"]))
            case "pad":
                return fields.pad(int(element.attrib["bytes"]))
            case "switch":
                return self._switch(element)
        raise DefinitionError(f"{self._root.get('header')}.xml: <{element.tag}> is no field")

    def _switch(self, element: Element) -> Reader:
        on, *parts = (one for one in element if self._stands_for_bytes(one))
        return fields.switch(self._expression(on), [self._case(one) for one in parts])

    def _case(self, element: Element) -> fields.Case:
        values = [self._expression(one) for one in element if one.tag == "enumref"]
        members = [one for one in element if one.tag != "enumref"]
        return fields.Case(values, element.tag == "bitcase", self._readers(members))

    def _expression(self, element: Element) -> Expression:
        return expression(element, self._enum_value)

    def _define(self, element: Element, made: Definition) -> None:
        name, number = element.get("name", ""), int(element.get("number", "0"))
        match element.tag:
            case "request":
                opcode = int(element.attrib["opcode"])
                made.requests[opcode] = self._form(name, element, 4, second_byte=self._core)
                if (reply := element.find("reply")) is not None:
                    made.replies[opcode] = self._form(name, reply, 8, second_byte=True)
            case "event":
                generic = element.get("xge") == "true" and not self._core
                events = made.generic if generic else made.events
                events[number] = self._event(name, element, generic=generic)
            case "eventcopy":
                for events in (made.events, made.generic):
                    for form in [one for one in events.values() if one.name == element.get("ref")]:
                        same = (form.readers, form.start, form.second_byte)
                        events[number] = MessageForm(name, *same)
            case "error" | "errorcopy":
                made.errors[number] = name
            case "struct" if self._core and name.startswith("Setup"):
                made.setup[name] = self._form(name, element, 0, second_byte=False)

    def _event(self, name: str, element: Element, *, generic: bool) -> MessageForm:
        if generic:
            return self._form(name, element, 10, second_byte=False)
        if element.get("no-sequence-number") == "true":
            return self._form(name, element, 1, second_byte=False)
        return self._form(name, element, 4, second_byte=True)

    def _form(
        self, name: str, elements: Sequence[Element] | Element, start: int, *, second_byte: bool
    ) -> MessageForm:
        return MessageForm(name, self._readers(elements), start, second_byte)


def _parsed(path: Path) -> Element:
    try:
        return ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise DefinitionError(
            f"{path} is not a protocol description as xcb-proto installs it: {error}"
        ) from error
