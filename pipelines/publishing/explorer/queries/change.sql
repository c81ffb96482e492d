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
    shared_score_after
from maturity_change
where not boundary_changed and comparable
order by care_setting asc, score_change desc, org_code asc
