-- purpose: acute trusts that are not in the matched panel of the self-assessment, and why
-- grain: trust
select distinct
    scores.org_code,
    trust.org_display_name as today,
    scores.cohort,
    scores.panel
from cohort_score as scores
left join organisation as trust on scores.current_org_code = trust.org_code
where scores.instrument = 'DMSA' and scores.care_type = 'acute' and scores.panel <> 'matched'
order by scores.org_code, scores.panel
