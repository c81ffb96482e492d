-- purpose: trusts that were open at the end of a round and have no score in it
-- grain: instrument x round x trust
select
    instrument,
    period,
    org_display_name as org_name,
    org_code,
    cohort,
    reason
from maturity_nonresponse
order by instrument, period, org_code
