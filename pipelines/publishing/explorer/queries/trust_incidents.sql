-- purpose: cyber incidents that affected the trust, without what is unverified
-- grain: incident x organisation
select
    current_org_code as today,
    event_date,
    incident_title,
    affected,
    effect,
    org_name,
    org_code,
    evidence_grade,
    source_url
from cyber_incident_current
where current_org_code is not null and evidence_grade <> 'unverified'
order by current_org_code asc, event_date asc, incident_title asc, org_code asc
