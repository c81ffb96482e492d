"""The pages of publishers with their real link texts, addresses and file names, and which file is of which edition.

Menus, documents, illustrations and announcements surround the files, as on the real pages; names that are known only in
part are completed with artificial words. `PAGES` gives, by source, its pages by address and its files by edition and part.
"""

from collections.abc import Callable
from dataclasses import dataclass

from assets.contract.periods import financial_year
from assets.sources import cqc, deflator, dma, dqmi, eric, nof
from assets.sources.kh03 import source as kh03
from assets.sources.tac import source as tac

Link = tuple[str, str]
UPLOADS = "https://www.england.nhs.uk/wp-content/uploads"
DIGITAL = "https://digital.nhs.uk"


@dataclass(frozen=True)
class Site:
    """Pages by address, and the address of the file of each edition and part."""

    pages: dict[str, bytes]
    files: dict[tuple[str, str], str]


def page(*links: Link, menu: tuple[Link, ...] = ()) -> bytes:
    """Return a web page: a menu, links with their texts, a document, and links that lead to no file."""

    def anchors(of: tuple[Link, ...]) -> str:
        return "".join(f'<li><a href="{url}"><span>{text}</span></a></li>' for url, text in of)

    return (
        f"<!doctype html><html><head><title>Publication</title></head><body><nav><ul>{anchors(menu)}</ul></nav>"
        f"<main><ul>{anchors(links)}</ul><p><a href='#top'>Back to top</a> <a href='mailto:data@nhs.net'>Ask</a> "
        "<a href='/documents/methodology.pdf'>Methodology (PDF)</a> <a href='/coming-soon'>Coming soon</a></p></main>"
        "</body></html>"
    ).encode()


def _tac() -> Site:
    """Return the accounts: two years in the web archive, one on two pages of its own, and the links of the landing page."""
    name = f"{UPLOADS}/{{}}/TAC-data-published-in-NHS-{{}}-accounts-for-{{}}.xlsx"
    folders = {2020: "2021/12", 2021: "2023/07", 2022: "2024/04", 2023: "2025/01", 2024: "2026/04"}
    files = {(str(remote.edition), remote.part): remote.url for remote in tac.REMOTES if remote.link is None}
    for start, folder in folders.items():
        year, named = financial_year(start), f"{start}-{(start + 1) % 100}"
        files[year, "trusts"] = name.format(folder, "trust" if start == 2020 else "trusts", named)
        files[year, "foundation_trusts"] = name.format(folder, "foundation-trust", named)
    listed = tuple(
        (url, f"TAC data published in NHS {part.replace('_', ' ')} accounts {year}")
        for (year, part), url in files.items()
        if year[:4] >= "2020"
    )
    alone = {}
    for part, kind in (("trusts", "trusts"), ("foundation_trusts", "foundation-trust")):
        address = f"https://www.england.nhs.uk/publication/tac-data-published-in-nhs-{kind}-2019-20-accounts/"
        files["2019/20", part] = name.format("2021/02", kind, "2019-20")
        alone[address] = page((files["2019/20", part], "Download"), menu=TAC_MENU)
    landing = page(
        *listed,
        *((address, "TAC data published in 2019/20 accounts") for address in alone),
        (
            f"{UPLOADS}/2025/01/2023-24-NHS-Provider-TAC-illustrative-file.xlsx",
            "Illustrative file for trusts",
        ),
        (
            f"{UPLOADS}/2025/01/NHS-trusts-accounts-2023-24.pdf",
            "Consolidated accounts of NHS trusts 2023/24 (PDF)",
        ),
        menu=TAC_MENU,
    )
    return Site({tac.LANDING_PAGE: landing, **alone}, files)


TAC_MENU = (
    ("https://www.england.nhs.uk/financial-accounting-and-reporting/", "Accounts of NHS trusts 2024/25"),
    ("https://www.england.nhs.uk/publication/accounts-of-nhs-foundation-trusts/", "NHS foundation trusts"),
)


def _nof() -> Site:
    """Return the league tables: quarters in some names, none in those of the first and of the fourth quarter."""
    name = f"{UPLOADS}/{{}}/nhs-oversight-framework-{{}}-trust-{{}}{{}}.csv"
    quarters = (
        ("2025/26-Q1", "2025/09", "", ("acute",)),
        ("2025/26-Q2", "2025/12", "-q2-25-26-v2", ("acute",)),
        ("2025/26-Q3", "2026/03", "-q3-25-26", ("acute", "ambulance", "mental-health-and-community")),
        ("2025/26-Q4", "2026/06", "", ("acute", "ambulance")),
    )
    files = {
        (quarter, kind): name.format(folder, kind, "league-table", ending)
        for quarter, folder, ending, kinds in quarters
        for kind in kinds
    }
    metrics = [name.format(folder, kinds[0], "data", ending) for _, folder, ending, kinds in quarters]
    replaced = name.format("2025/12", "acute", "league-table", "-q2-25-26")
    links = [(url, "League table (CSV)") for url in (*files.values(), replaced)]
    landing = page(
        (nof.PAGES[0], "CSV metadata file"),
        (f"{UPLOADS}/2026/03/nhs-oversight-framework-acute-trust-league-table-q3-25-26.pdf", "Acute trusts"),
        menu=NOF_MENU,
    )
    listed = page(*links, *((url, "Data (CSV)") for url in metrics), menu=NOF_MENU)
    return Site({nof.PAGES[0]: listed, nof.PAGES[1]: landing}, files)


NOF_MENU = (
    ("https://www.england.nhs.uk/nhs-oversight-framework/", "NHS Oversight Framework league tables 2025/26"),
)


def _dqmi() -> Site:
    """Return the issues: the newest on the entry page, all on the archive page; folders are those of publication."""
    folder = f"{DIGITAL}/binaries/content/assets/website-assets/data-and-information/data-tools-and-services/data-services/data-quality/dqmi-2026/april"
    texts = {
        ("2026-01", ""): ("dqmi_100_csv-v1.csv", "DQMI-100 (Jan 2026) CSV"),
        ("2026-01-did", ""): ("dqmi_100_csv-v1-did.csv", "DQMI-100 (Jan 2026) CSV with DID"),
        ("2025-12", ""): ("dqmi_99_csv-v2.csv", "DQMI-99 (Dec 2025) CSV"),
        ("2025-11", ""): ("dqmi_98_csv-v1.csv", "DQMI-98 (Nov 2025) CSV"),
    }
    files = {edition: f"{folder}/{name}" for edition, (name, _) in texts.items()}
    links = [(files[edition], text) for edition, (_, text) in texts.items()]
    menu = (
        (dqmi.ENTRY_PAGE, "Data quality"),
        (dqmi.PAGES[1], "DQMI archive (Jan 2026)"),
        (f"{folder}/dqmi_100_report.pdf", "DQMI-100 (Jan 2026) report"),
    )
    replaced = (f"{folder}/dqmi_99_csv-v1.csv", "DQMI-99 (Dec 2025) CSV")
    return Site(
        {
            dqmi.ENTRY_PAGE: page(*links[:2], menu=menu),
            dqmi.PAGES[1]: page(
                *links, replaced, ("/binaries/dqmi_101.pdf", "DQMI-101 (Feb 2026)"), menu=menu
            ),
        },
        files,
    )


def _eric() -> Site:
    """Return the fixed addresses, and the collection with two summary pages, one of which only announces its file."""
    files = {
        (financial_year(start), ""): f"https://files.digital.nhs.uk/{at}" for start, at in eric.FILES.items()
    }
    publications = (
        f"{DIGITAL}/data-and-information/publications/statistical/estates-returns-information-collection"
    )
    summary = f"{publications}/summary-page-and-dataset-for-eric-{{}}"
    sites = "https://files.digital.nhs.uk/9A/DF80E7/ERIC%20-%202024_25%20-%20Site%20data.csv"
    return Site(
        {
            eric.COLLECTION: page(
                (summary.format("2025-26"), "Summary page and dataset for ERIC 2025/26 (Coming soon)"),
                (summary.format("2024-25"), "Summary page and dataset for ERIC 2024/25"),
                (f"{publications}/england-2024-25", "Estates Returns Information Collection 2024/25"),
            ),
            summary.format("2025-26"): page(),
            summary.format("2024-25"): page(
                (sites, "ERIC 2024/25 - Site data"),
                (files["2024/25", ""], "ERIC 2024/25 - Trust data"),
                (
                    "https://files.digital.nhs.uk/9A/ERIC%20-%202024_25%20-%20Trust%20data%20notes.pdf",
                    "Notes",
                ),
            ),
        },
        files,
    )


def _cqc() -> Site:
    files = {
        ("2026-07-01", ""): "https://www.cqc.org.uk/system/files/2026-07/01_July_2026_Latest_ratings_0.ods"
    }
    replaced = files["2026-07-01", ""].replace("_0.ods", ".ods")
    directory = "https://www.cqc.org.uk/system/files/2026-07/01_July_2026_CQC_directory.csv"
    return Site(
        {
            cqc.LANDING_PAGE: page(
                (directory, "Care directory (CSV)"),
                (replaced, "Care directory with ratings"),
                (files["2026-07-01", ""], "Care directory with ratings (1 July 2026)"),
                menu=(("/about-us/transparency/latest-ratings", "Latest ratings"),),
            )
        },
        files,
    )


def _kh03() -> Site:
    """Return the long files, and the page with a workbook for each quarter, some revised, one under another name."""
    long = {
        (kh03.LONG, part): f"{kh03.UPLOADS}/2024/09/KH03-{part.capitalize()}-Overnight-only.csv"
        for part in ("available", "occupied")
    }
    name = f"{kh03.UPLOADS}/{{}}/Beds-Open-Overnight-Web_File-{{}}.xlsx"
    quarters = {
        ("2024/25-Q1", ""): name.format("2024/11", "Q1-2024-25-revised"),
        ("2024/25-Q2", ""): name.format("2024/11", "Q2-2024-25"),
        ("2024/25-Q3", ""): name.format("2025/11", "Q3-2024-25-revised"),
        ("2024/25-Q4", ""): name.format("2025/05", "Q4-2024-25"),
        ("2025/26-Q1", ""): name.format("2025/11", "Q1-2025-26-revised"),
        ("2025/26-Q2", ""): name.format("2025/11", "Q2-2025-26"),
        ("2025/26-Q3", ""): name.format("2026/02", "Q3-2025-26"),
        ("2025/26-Q4", ""): name.format("2026/05", "Q4-2025-26"),
        (
            "2026/27-Q1",
            "",
        ): f"{kh03.UPLOADS}/2026/08/NHS-organisations-in-England-Quarter-1-2026-27-Overnight.xlsx",
    }
    replaced = name.format("2025/08", "Q1-2025-26")
    day_only = quarters["2025/26-Q4", ""].replace("Open-Overnight", "Open-Day-Only")
    workbooks = [*quarters.values(), replaced, day_only]
    links = [*((url, "NHS organisations in England (XLSX)") for url in workbooks)]
    texts = f"{kh03.UPLOADS}/2026/08/KH03-Quarter-1-2026-27-Statistical-commentary.pdf"
    menu = (
        ("/statistics/statistical-work-areas/bed-availability-and-occupancy/bed-data-day-only/", "Day only"),
    )
    return Site({kh03.PAGE: page(*links, (texts, "Commentary"), menu=menu)}, {**long, **quarters})


def _deflator() -> Site:
    """Return the collection, whose newest edition is announced and has no workbook yet, and the edition before."""
    pages = "https://www.gov.uk/government/statistics/gdp-deflators-at-market-prices-and-money-gdp-"
    media = "https://assets.publishing.service.gov.uk/media"
    file = f"{media}/0a/GDP_Deflators_Qtrly_National_Accounts_June_2026_update.xlsx"
    months = ("march-2026", "june-2026", "september-2026")
    older, newest, announced = (f"{pages}{month}-quarterly-national-accounts" for month in months)
    return Site(
        {
            deflator.COLLECTION: page(
                (announced, "GDP deflators: September 2026"),
                (newest, "GDP deflators: June 2026"),
                (older, "GDP deflators: March 2026"),
                (f"{pages}march-2013", "GDP deflators: March 2013"),
                menu=(("/government/collections/gdp-deflators", "GDP deflators and money GDP"),),
            ),
            announced: page(),
            newest: page((file, "GDP deflators (Excel)"), (f"{media}/0b/users_guide.pdf", "User guide")),
        },
        {("2026-06", ""): file},
    )


def _dma() -> Site:
    file = "https://files.digital.nhs.uk/xx/Digital+Maturity+Assessment+Results+Data+File+v2.xlsx"
    return Site(
        {
            dma.LANDING_PAGE: page(
                (file, "Digital Maturity Assessment Results Data File v2"),
                ("https://files.digital.nhs.uk/xx/Digital+Maturity+Assessment+Report.pdf", "Report (PDF)"),
                menu=((f"{DIGITAL}/data-and-information", "Digital Maturity Assessment results"),),
            )
        },
        {("2025", ""): file},
    )


PAGES: dict[str, Callable[[], Site]] = {
    "cqc": _cqc,
    "deflator": _deflator,
    "dma": _dma,
    "dqmi": _dqmi,
    "eric": _eric,
    "kh03": _kh03,
    "nof": _nof,
    "tac": _tac,
}
