-- purpose: every file that a row can have been read from, with what is known of it
-- grain: source x edition x file
select
    files.source,
    files.edition,
    files.source_file_sha256,
    coalesce(sources.title, 'Curated in the project') as title,
    sources.publisher,
    min(files.publisher_file_name) as file_name,
    min(files.file_url) as file_url,
    sources.landing_page,
    min(files.origin) as origin
from source_file as files
left join source_status as sources on files.source = sources.source
group by
    files.source,
    files.edition,
    files.source_file_sha256,
    sources.title,
    sources.publisher,
    sources.landing_page
order by files.source, files.edition, files.source_file_sha256
