-- purpose: what the trusts, or those that became part of them, said of themselves in 2015/16 and 2017
-- grain: organisation at the time x round x theme
select
    current_org_code,
    org_code,
    org_display_name as org_name,
    period,
    measure,
    score
from cohort_score
where
    instrument = 'DMSA'
    and measure in ('readiness', 'capabilities_common_sections', 'infrastructure')
    and list_contains(getvariable('trusts'), current_org_code)
order by current_org_code, org_code, period, measure
