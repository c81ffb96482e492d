-- purpose: every name that a trust and those before it had
-- grain: organisation x name x today's trust
select
    ways.current_org_code as today,
    titles.display_name as org_name,
    titles.org_code,
    titles.kind,
    coalesce(titles.first_seen, titles.valid_from) as first_seen,
    coalesce(titles.last_seen, titles.valid_to) as last_seen,
    ways.relation,
    ways.since,
    ways.path,
    null as read_from,
    titles.position
from organisation_name as titles
inner join organisation_current as ways on titles.org_code = ways.org_code
where ways.current_org_code is not null
order by
    ways.current_org_code,
    titles.org_code <> ways.current_org_code,
    titles.org_code,
    titles.position
