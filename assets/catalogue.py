"""All sources, tables and marts put together."""

import importlib
import pkgutil
from functools import cache

from assets.contract.source import Source


def modules() -> dict[str, str]:
    """Return the module of every source: one in `assets/sources` (of a package, its module `source`)."""
    import assets.sources

    return {
        found.name: f"assets.sources.{found.name}" + (".source" if found.ispkg else "")
        for found in pkgutil.iter_modules(assets.sources.__path__)
    }


@cache
def sources() -> dict[str, Source]:
    """Return every source by name."""
    found = {name: importlib.import_module(module).SOURCE for name, module in sorted(modules().items())}
    for name, source in found.items():
        if source.name != name:
            raise ValueError(
                f"Loading the sources: expected assets/sources/{name}.py to define source {name!r}, found {source.name!r}; rename one of them."
            )
    return found
