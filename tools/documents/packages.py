"""The drawing of the packages in `docs/architecture.md`, from what they import."""

from collections.abc import Iterable, Iterator

import grimp

from tools.documents.markdown import between

ROOTS = ("assets", "pipelines", "sql")
PAGE = "architecture.md"
MARKS = ("<!-- packages -->", "<!-- /packages -->")


def imports() -> dict[str, set[str]]:
    """Return by package the packages it imports: rooms of `assets` and `pipelines`, and `sql`."""
    graph = grimp.build_graph(*ROOTS)
    found: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        room = _room(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if room != _room(imported):
                found.setdefault(room, set()).add(_room(imported))
        found.setdefault(room, set())
    return {room: rooms for room, rooms in found.items() if room not in ROOTS[:2]}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2]) if module != "sql" else module


def without_shortcuts(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return imports without those that a longer path implies, so that the drawing stays readable."""
    return {
        room: {one for one in rooms if not any(one in _reached(other, edges) for other in rooms - {one})}
        for room, rooms in edges.items()
    }


def _reached(room: str, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [*edges.get(room, ())]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(edges.get(one, ()))
    return found


def drawing() -> str:
    """Return a Mermaid drawing of the packages: an arrow leads to what is imported."""
    edges = without_shortcuts(imports())
    return "\n".join(["```mermaid", "flowchart TD", *_boxes(edges), *_arrows(edges), "```"])


def _boxes(rooms: Iterable[str]) -> Iterator[str]:
    for root in ROOTS[:2]:
        yield f"  subgraph {root}"
        yield from (f'    {_name(room)}["{room}"]' for room in sorted(rooms) if room.startswith(f"{root}."))
        yield "  end"
    yield "  sql"


def _arrows(edges: dict[str, set[str]]) -> Iterator[str]:
    for room, rooms in sorted(edges.items()):
        yield from (f"  {_name(room)} --> {_name(one)}" for one in sorted(rooms))


def _name(room: str) -> str:
    return room.replace(".", "_")


def redrawn(page: str) -> str:
    """Return the page with the current drawing between its two marks."""
    return between(page, MARKS, f"\n\n{drawing()}\n\n")
