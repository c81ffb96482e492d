-- purpose: every data security and protection status that a trust has published
-- grain: organisation x publication
select
    current_org_code as today,
    published_on,
    status,
    standard_year,
    regime,
    display_name(org_name) as org_name,
    org_code,
    publication,
    evidence_grade,
    array[origin(dspt_history_current)] as read_from,
    path
from dspt_history_current
where current_org_code is not null
order by current_org_code, org_code, publication, path
