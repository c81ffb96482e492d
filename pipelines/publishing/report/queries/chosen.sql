-- purpose: the exemplars, and the organisations of today that they are or are part of
-- grain: exemplar
select
    org_name_as_published as chosen,
    care_setting,
    period_start as chosen_on,
    current_org_name as today,
    current_org_code as code_today,
    case inherited_status
        when 'same' then 'the same body'
        when 'enlarged_by_non_member' then 'took over others'
        when 'absorbed_member' then 'taken over'
        else inherited_status
    end as became
from programme_membership_current
where programme = 'GDE' and role = 'exemplar'
order by care_setting, chosen
