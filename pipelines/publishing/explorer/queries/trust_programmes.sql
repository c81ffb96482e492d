-- purpose: programmes, also of those a trust took over
-- grain: membership x today's trust
select
    current_org_code as today,
    programme,
    role,
    care_setting,
    display_name(org_name) as org_name,
    org_code,
    start_date,
    end_date,
    date_precision,
    inherited_status,
    inherited_through,
    inherited_since,
    status,
    accredited_on,
    basis,
    evidence_grade,
    source_url,
    array[origin(programme_membership_current)] as read_from,
    edition,
    path
from programme_membership_current
where current_org_code is not null
order by current_org_code, programme, role, org_code, start_date, care_setting
