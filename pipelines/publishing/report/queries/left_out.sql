-- purpose: acute trusts that are not in the matched panel of the self-assessment, and why
-- grain: trust
select distinct
    org_code,
    current_org_name as today,
    cohort,
    panel
from cohort_score
where instrument = 'DMSA' and care_type = 'acute' and panel <> 'matched'
order by org_code, panel
