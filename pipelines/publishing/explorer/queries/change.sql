-- purpose: change of the comparable DMA score of providers that stayed as they were, both scores on one level
-- grain: organisation x care setting
select
    org_display_name as org_name,
    org_code,
    care_setting,
    period_before,
    period_after,
    score_before,
    score_after,
    score_change,
    direction,
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
where not boundary_changed and comparable
order by care_setting asc, score_change desc, org_code asc
