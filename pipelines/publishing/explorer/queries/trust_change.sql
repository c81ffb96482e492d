-- purpose: the comparable score of both years
-- grain: organisation x care setting
select
    current_org_code as today,
    care_setting,
    org_code,
    org_display_name as org_name,
    period_before,
    period_after,
    score_before,
    score_after,
    case when not (boundary_changed or levels_differ) then score_change end as score_change,
    case
        when boundary_changed then 'no: it took over another in between'
        when levels_differ then 'no: one year has one score for several settings'
        when comparable then 'yes'
        else 'no'
    end as may_be_compared,
    shared_score_before,
    shared_score_after,
    (
        select list(origin(scores, scores.period) order by scores.period)
        from maturity_score as scores
        where
            scores.instrument = 'DMA'
            and scores.measure = 'overall_comparable'
            and scores.edition = maturity_change.edition
            and scores.org_code = maturity_change.org_code
            and scores.care_setting = maturity_change.care_setting
            and scores.period in (maturity_change.period_before, maturity_change.period_after)
    ) as read_from,
    edition
from maturity_change
where current_org_code is not null
order by current_org_code, org_code, care_setting
