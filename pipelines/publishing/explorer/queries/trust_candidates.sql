-- purpose: trusts named for a programme that are not known to have joined it
-- grain: candidacy x today's trust
select
    current_org_code as today,
    programme,
    role,
    care_setting,
    display_name(org_name) as org_name,
    org_code,
    status,
    announced_on,
    evidence_grade,
    source_url,
    array[origin(programme_candidate_current)] as read_from,
    edition,
    path
from programme_candidate_current
where current_org_code is not null
order by current_org_code, programme, role, org_code, care_setting
