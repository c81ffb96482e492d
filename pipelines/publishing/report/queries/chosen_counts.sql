-- purpose: exemplars by care setting, and what became of them
-- grain: care setting
select
    coalesce(care_setting, 'all') as care_setting,
    count(distinct org_code) as n_chosen,
    count(distinct case when inherited_status = 'same' then org_code end) as n_same,
    count(distinct case when inherited_status = 'enlarged_by_non_member' then org_code end) as n_enlarged,
    count(distinct case when inherited_status = 'absorbed_member' then org_code end) as n_absorbed
from programme_membership_current
where programme = 'GDE' and role = 'exemplar'
group by grouping sets ((care_setting), ())
order by care_setting
