-- purpose: change of the comparable overall score of the trusts between the two newest years
-- grain: trust x care setting
select
    org_code,
    org_display_name as org_name,
    care_setting,
    period_before,
    period_after,
    score_before,
    score_after,
    score_change,
    band,
    comparable,
    comparable_because
from maturity_change
where list_contains(getvariable('trusts'), current_org_code)
order by org_code, care_setting
