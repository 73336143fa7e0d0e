# SPDX-License-Identifier: MIT
"""The syntax tree of C sources."""

from collections.abc import Iterator

import tree_sitter_c
from tree_sitter import Language, Node, Parser


def functions_in(source: bytes) -> Iterator[Node]:
    """The definitions of functions, in the order of the text."""
    tree = Parser(Language(tree_sitter_c.language())).parse(source)
    yield from nodes(tree.root_node, "function_definition")


def nodes(node: Node, kind: str) -> Iterator[Node]:
    """The outermost nodes of ``kind``: ``node``, or those below it."""
    if node.type == kind:
        yield node
        return
    for child in node.children:
        yield from nodes(child, kind)


def name_of(function: Node) -> str:
    """The name that a definition gives to its function."""
    declarator = function.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "identifier":
        declarator = declarator.child_by_field_name("declarator")
    return text_of(declarator) if declarator is not None else ""


def text_of(node: Node) -> str:
    """The sources of ``node``."""
    return (node.text or b"").decode(errors="replace")
