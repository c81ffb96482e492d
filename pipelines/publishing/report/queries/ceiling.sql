-- purpose: how many acute trusts were near the top of a theme, where little room is left to rise
-- grain: round x theme
select
    period,
    measure,
    n_organisations,
    value as share_near_the_top
from maturity_statistic
where statistic = 'share_near_the_top' and care_type = 'acute'
order by period, measure
