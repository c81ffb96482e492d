-- purpose: the exemplars, and the organisations of today that they are or are part of
-- grain: exemplar
select
    chosen.org_name_as_published as chosen,
    chosen.care_setting,
    chosen.period_start as chosen_on,
    trust.org_display_name as today,
    chosen.current_org_code as code_today,
    case chosen.inherited_status
        when 'same' then 'the same body'
        when 'enlarged_by_non_member' then 'took over others'
        when 'absorbed_member' then 'taken over'
        else chosen.inherited_status
    end as became
from programme_membership_current as chosen
left join organisation as trust on chosen.current_org_code = trust.org_code
where chosen.programme = 'GDE' and chosen.role = 'exemplar'
order by chosen.care_setting, chosen.org_name_as_published
