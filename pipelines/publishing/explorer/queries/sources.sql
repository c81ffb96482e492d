-- purpose: how fresh each source of the release is
-- grain: source
with files as (
    select
        source,
        edition,
        max(published_on) as published_on,
        max(retrieved_on) as retrieved_on
    from source_file
    group by source, edition
)

select
    status.title,
    status.source,
    status.status,
    status.newest_edition,
    files.published_on,
    files.retrieved_on,
    status.why,
    status.cadence,
    status.editions,
    status.rows_staged,
    status.rows_rejected,
    status.publisher,
    status.licence,
    status.landing_page
from source_status as status
left join files on status.source = files.source and status.newest_edition = files.edition
order by status.source
