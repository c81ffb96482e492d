-- purpose: how much more or less exemplars changed than all others between the DMA years
-- grain: care setting
select
    care_type,
    n_cohort,
    n_others,
    unadjusted_common,
    unadjusted_common_lower,
    unadjusted_common_upper,
    adjusted_common,
    adjusted_common_lower,
    adjusted_common_upper,
    common_status
from exemplars_difference
where
    instrument = 'DMA'
    and edition = '2025'
    and sample = 'matched_panel'
    and cohort = 'exemplar'
    and compared_with = 'all_others'
order by care_type
