"""Great Expectations' own pages about the checks of files: a folder that a user asks for and opens.

No part of a release: the pages load fonts, styles and scripts from other sites. What a release tells of its checks is in
`check_result` and in its `index.html`. Each file in use is judged on its own, as it was when it was accepted.
"""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

from pipelines.judging import expectation_results, file_verdicts
from pipelines.orchestration import refresh_steps
from pipelines.storage.parquet import read_parquet, to_pandas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext

    from assets.contract.source import Source
    from pipelines.judging.file_verdicts import Judged
    from pipelines.storage.home import Home

SITE = "pages"
MARK = "static/styles/data_docs_default_styles.css"
"""A file by which older pages are known: no other folder is ever emptied."""


def write(
    sources: Iterable[Source], home: Home, folder: Path, *, tell: Callable[[str], None] = print
) -> Path:
    """Write the pages about every file in use of `sources` into `folder`; return the one to open.

    Raises FileExistsError where the folder holds something else.
    """
    _make_room(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = _context(folder)
        for source in sources:
            used = refresh_steps.stage(source, home).manifest.used
            _validate(context, source, used, home)
            tell(f"  {source.name}: files: {len(used)}, checks of each: {len(source.expectations)}")
        context.build_data_docs()
    return folder / "index.html"


def _make_room(folder: Path) -> None:
    """Remove older pages."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise FileExistsError(
            f"Writing pages to {folder}: expected an empty folder or older pages, found other files; name another folder with --out."
        )
    shutil.rmtree(folder, ignore_errors=True)


def _context(folder: Path) -> AbstractDataContext:
    """Return a context in memory whose only site is `folder`."""
    import great_expectations as gx
    from great_expectations.data_context.types import base

    defaults = base.InMemoryStoreBackendDefaults()
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.absolute())}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    site = {"class_name": "SiteBuilder", "store_backend": backend, "site_index_builder": index}
    defaults.data_docs_sites = {SITE: site}
    quiet = base.ProgressBarsConfig(globally=False)
    config = base.DataContextConfig(store_backend_defaults=defaults, progress_bars=quiet)
    return gx.get_context(mode="ephemeral", project_config=config)


def _validate(context: AbstractDataContext, source: Source, used: Iterable[Judged], home: Home) -> None:
    """Try the suite of a source on each of its files and keep the answers for the pages."""
    import great_expectations as gx

    rules, _ = expectation_results.build(source.expectations)
    suite = context.suites.add(gx.ExpectationSuite(name=source.table.name, expectations=rules))
    files = context.data_sources.add_pandas(source.name)
    for judged in used:
        name = f"{judged.copy.place} {judged.copy.key[:12]}"
        batch = files.add_dataframe_asset(name).add_batch_definition_whole_dataframe("whole")
        definition = gx.ValidationDefinition(name=f"{source.name} {name}", data=batch, suite=suite)
        rows = to_pandas(read_parquet(file_verdicts.parsed_path(source, judged.copy, home)))
        context.validation_definitions.add(definition).run(batch_parameters={"dataframe": rows})
