-- purpose: the acute exemplars by the day on which they were announced
-- grain: day
select
    cast(period_start as varchar) as announced_on,
    count(distinct org_code) as n_chosen
from programme_membership
where programme = 'GDE' and role = 'exemplar' and care_setting = 'acute'
group by period_start
order by period_start
