"""`digital-maturity site`: a static site of a release, in a folder or a bucket."""

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.exit_codes import DONE
from pipelines.commands.parameters import WebAddress, completed, release_names


@declared(
    "site",
    "a static site of a release: stable addresses, a page for each table, feeds, pins; earlier releases there are kept",
    "digital-maturity site --to public",
    "digital-maturity site --to s3://my-bucket/site --base-url https://data.example.org",
)
@click.argument(
    "release",
    default="latest",
    help="name of a release (default: latest)",
    shell_complete=completed(release_names),
)
@click.option(
    "--to",
    "place",
    metavar="DIR|URL",
    required=True,
    help="folder or URL (s3://bucket/prefix) to write it to",
)
@click.option(
    "--base-url",
    metavar="URL",
    type=WebAddress(),
    default="",
    help="address under which readers will find it; without it there is no sitemap and no Power BI file",
)
def command(release: str, place: str, base_url: str) -> int:
    """Write the site, and say where."""
    if not place:
        raise click.BadParameter("expected a folder or a URL, found nothing", param_hint="--to")
    from pipelines.publishing.website import site_writer

    print(site_writer.write(release, place, base_url))
    return DONE
