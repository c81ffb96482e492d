"""The main job over a few sources, for workers of a cluster: they resolve it by name, as they do the real one."""

import dagster as dg

from assets.source import Source, sources
from pipelines.definitions import build_defs

FEW = ("dma", "gde", "ods")


def few() -> dict[str, Source]:
    return {name: sources()[name] for name in FEW}


def refresh() -> dg.JobDefinition:
    return build_defs(found=few()).resolve_job_def("refresh")
