-- purpose: how sure the scores are: likeness within providers, regression to the mean, small changes
-- grain: statistic x instrument x period x measure x way of counting
select
    statistic,
    instrument,
    period,
    measure,
    counted_by,
    n_organisations,
    value,
    standard_error,
    lower,
    upper
from maturity_statistic
where
    care_type = 'all'
    and cohort = 'all'
    and edition in ('', '2015/16', '2017', '2025')
    and measure in ('overall_comparable', 'capabilities_common_sections', 'readiness')
order by statistic, instrument, period, measure, counted_by
