-- purpose: data security and protection status by list
-- grain: organisation x list
select
    current_org_code as today,
    as_of_date,
    display_name(org_name) as org_name,
    org_code,
    status,
    standard_year,
    published_on,
    open_on_snapshot,
    evidence_grade,
    array[origin(dspt_status_current)] as read_from,
    edition,
    path
from dspt_status_current
where current_org_code is not null
order by current_org_code, as_of_date, org_code, standard_year
