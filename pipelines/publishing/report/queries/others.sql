-- purpose: mean change of acute exemplars and of all other acute trusts of the matched panel, 2015/16 to 2017
-- grain: group
with panel as (
    select
        org_code,
        case when min(cohort) = 'exemplar' then 'exemplars' else 'all others' end as compared,
        max(case when period = '2015/16' and measure = 'capabilities_common_sections' then score end)
            as score_before,
        max(case when period = '2017' and measure = 'capabilities_common_sections' then score end)
            as score_after
    from cohort_score
    where instrument = 'DMSA' and care_type = 'acute' and panel = 'matched'
    group by org_code
),

others as (
    select avg(panel.score_before) as mean_of_others
    from panel
    where panel.compared = 'all others'
)

select
    panel.compared,
    count(*) as n_organisations,
    avg(panel.score_before) as mean_before,
    avg(panel.score_after - panel.score_before) as mean_change,
    sum(case when panel.score_before > others.mean_of_others then 1 else 0 end) as n_above_others,
    stddev_samp(panel.score_after - panel.score_before) as sd_of_change
from panel
cross join others
group by panel.compared
order by panel.compared
