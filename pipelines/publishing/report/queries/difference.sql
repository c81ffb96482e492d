-- purpose: how much more or less acute exemplars changed than all other acute trusts, in four ways
-- grain: way
with compared as (
    select *
    from exemplars_difference
    where
        instrument = 'DMSA'
        and care_type = 'acute'
        and sample = 'matched_panel'
        and cohort = 'exemplar'
        and compared_with = 'all_others'
)

select
    'unadjusted, as published' as way,
    n_cohort,
    n_others,
    unadjusted_published as difference,
    unadjusted_published_lower as difference_lower,
    unadjusted_published_upper as difference_upper,
    unadjusted_published_permutation_lower as permutation_lower,
    unadjusted_published_permutation_upper as permutation_upper
from compared
union all
select
    'unadjusted, common sections' as way,
    n_cohort,
    n_others,
    unadjusted_common as difference,
    unadjusted_common_lower as difference_lower,
    unadjusted_common_upper as difference_upper,
    unadjusted_common_permutation_lower as permutation_lower,
    unadjusted_common_permutation_upper as permutation_upper
from compared
union all
select
    'adjusted, as published' as way,
    n_cohort,
    n_others,
    adjusted_published as difference,
    adjusted_published_lower as difference_lower,
    adjusted_published_upper as difference_upper,
    adjusted_published_permutation_lower as permutation_lower,
    adjusted_published_permutation_upper as permutation_upper
from compared
union all
select
    'adjusted, common sections' as way,
    n_cohort,
    n_others,
    adjusted_common as difference,
    adjusted_common_lower as difference_lower,
    adjusted_common_upper as difference_upper,
    adjusted_common_permutation_lower as permutation_lower,
    adjusted_common_permutation_upper as permutation_upper
from compared
order by way desc
