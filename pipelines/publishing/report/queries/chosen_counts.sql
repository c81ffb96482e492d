-- purpose: exemplars by care setting, and what became of them
-- grain: care setting
select
    coalesce(care_setting, 'all') as care_setting,
    count(*) as n_chosen,
    sum(case when inherited_status = 'same' then 1 else 0 end) as n_same,
    sum(case when inherited_status = 'enlarged_by_non_member' then 1 else 0 end) as n_enlarged,
    sum(case when inherited_status = 'absorbed_member' then 1 else 0 end) as n_absorbed
from programme_membership_current
where programme = 'GDE' and role = 'exemplar'
group by grouping sets ((care_setting), ())
order by care_setting
