-- purpose: number of acute trusts that are not in the matched panel of the self-assessment
-- grain: one row
select count(distinct org_code) as n_left_out
from cohort_score
where instrument = 'DMSA' and care_type = 'acute' and panel <> 'matched'
order by 1
