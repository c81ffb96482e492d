-- purpose: choices of trusts with all the figures of the matched panel, acute exemplars, 2015/16 to 2017
-- grain: sample
select
    replace(other.sample, '_', ' ') as sample,
    min(other.n_cohort) as n_exemplars
from exemplars_difference as other
inner join exemplars_difference as panel
    on
        other.instrument = panel.instrument
        and other.period_before = panel.period_before
        and other.period_after = panel.period_after
        and other.care_type = panel.care_type
        and other.cohort = panel.cohort
        and other.compared_with = panel.compared_with
where
    other.instrument = 'DMSA'
    and other.care_type = 'acute'
    and other.cohort = 'exemplar'
    and other.sample <> 'matched_panel'
    and panel.sample = 'matched_panel'
group by other.sample
having
    bool_and(
        coalesce(
            other.n_cohort = panel.n_cohort
            and other.n_others = panel.n_others
            and other.unadjusted_published = panel.unadjusted_published
            and other.adjusted_published = panel.adjusted_published
            and other.unadjusted_common = panel.unadjusted_common
            and other.adjusted_common = panel.adjusted_common,
            false
        )
    )
order by other.sample
