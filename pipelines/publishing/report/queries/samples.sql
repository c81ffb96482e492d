-- purpose: the four differences for other choices of trusts, acute, 2015/16 to 2017
-- grain: sample x cohort x others
select
    sample,
    cohort,
    compared_with,
    n_cohort,
    n_others,
    baseline_cohort,
    baseline_others,
    unadjusted_published,
    adjusted_published,
    unadjusted_common,
    unadjusted_common_lower,
    unadjusted_common_upper,
    adjusted_common,
    adjusted_common_lower,
    adjusted_common_upper
from exemplars_difference
where instrument = 'DMSA' and care_type = 'acute'
order by sample, cohort, compared_with
