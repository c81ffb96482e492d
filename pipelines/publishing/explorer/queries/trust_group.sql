-- purpose: group and status in the Frontline Digitisation programme
-- grain: organisation x list
select
    current_org_code as today,
    as_of_date,
    epr_group,
    epr_status,
    display_name(org_name) as org_name,
    org_code,
    evidence_grade,
    array[origin(epr_group_current)] as read_from,
    edition,
    path
from epr_group_current
where current_org_code is not null
order by current_org_code asc, as_of_date desc, org_code asc
