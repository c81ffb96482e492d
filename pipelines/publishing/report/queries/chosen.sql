-- purpose: the exemplars, and the organisations of today that they are or are part of
-- grain: exemplar
select
    org_name_as_published as chosen,
    care_setting,
    period_start as chosen_on,
    current_org_name as today,
    current_org_code as code_today,
    inherited_status
from programme_membership_current
where programme = 'GDE' and role = 'exemplar'
order by care_setting, chosen
